/**
 * Progress: how far each stage is -> bars on a terminal, nothing anywhere else.
 *
 * Everything goes to standard error, so that standard output holds results only.
 */
// @ts-types="@types/cli-progress"
import { MultiBar, type SingleBar } from "cli-progress";

export interface StageProgress {
  /** How much is done, in the unit of the stage; `note` stands behind the bar. */
  update(done: number, note?: string): void;
  /** How much there is in all, once that is known. */
  setTotal(total: number): void;
}

export interface Progress {
  stage(name: string, unit: string, total?: number): StageProgress;
  /** Leaves the last state on screen and gives the terminal back. */
  stop(): void;
}

/** Shows nothing: for `--quiet`, pipes and tests. */
export const noProgress: Progress = {
  stage: () => ({ update() {}, setTotal() {} }),
  stop() {},
};

/** Bars on standard error, if that is a terminal. */
export function terminalProgress(): Progress {
  if (!Deno.stderr.isTerminal()) return noProgress;
  const bars = new MultiBar({
    format: " {stage} {bar} {value}/{total} {unit}  {note}",
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 24,
    fps: 10,
    hideCursor: true,
    noTTYOutput: false,
    formatValue: (value, _options, type) =>
      type === "value" || type === "total" ? value.toLocaleString("en-GB") : String(value),
  });
  return {
    stage: (name, unit, total = 0) => stageOf(bars.create(total, 0, payload(name, unit))),
    stop: () => bars.stop(),
  };
}

function payload(name: string, unit: string) {
  return { stage: name.padEnd(10), unit, note: "" };
}

/** A total that is passed by what is done grows with it: a guess must not look finished. */
function stageOf(bar: SingleBar): StageProgress {
  return {
    update(done, note) {
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done, note === undefined ? {} : { note });
    },
    setTotal: (total) => bar.setTotal(total),
  };
}
