/**
 * Progress: how far each stage is -> bars on a terminal, nothing anywhere else.
 *
 * Everything goes to standard error, so that standard output holds results only.
 */
// @ts-types="@types/cli-progress"
import { MultiBar, type SingleBar } from "cli-progress";
import process from "node:process";
import { Writable } from "node:stream";
import { sayThrough } from "./output.ts";

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
    format: lineOf,
    fps: 10,
    hideCursor: true,
    noTTYOutput: false,
    stream: new Screen(),
  });
  let stopped = false;
  return {
    stage(name, unit, total = 0) {
      const bar = bars.create(total, 0, payload(name, unit));
      sayThrough((text) => drawAbove(bars, text));
      return stageOf(bar);
    },
    stop() {
      // A second stop would move the cursor up into what was printed after the first.
      if (!stopped) bars.stop();
      stopped = true;
      sayThrough(null);
    },
  };
}

/** A line that stays, where the bars were; they go on below it. */
function drawAbove(bars: MultiBar, text: string): void {
  bars.log(`${clearBelow}${text}\n`);
  bars.update();
}

const clearBelow = "\x1B[0J";

/** Standard error; a terminal that was closed ends the drawing and nothing else. */
class Screen extends Writable {
  readonly isTTY = true;

  get columns(): number {
    return process.stderr.columns;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    try {
      Deno.stderr.writeSync(chunk);
    } catch (error) {
      if (error instanceof TypeError) throw error; // Our bug.
    }
    done();
  }
}

const barWidth = 24;

/** A bar where the end is known, a counter where it is not. */
function lineOf(
  _options: unknown,
  { value, total, progress }: { value: number; total: number; progress: number },
  { stage, unit, note }: ReturnType<typeof payload>,
): string {
  const filled = Math.round(barWidth * Math.min(1, Math.max(0, progress)));
  const bar = total === 0
    ? "\u00b7".repeat(barWidth)
    : "\u2588".repeat(filled) + "\u2591".repeat(barWidth - filled);
  const shown = (count: number) => count.toLocaleString("en-GB");
  const done = total === 0 ? shown(value) : `${shown(value)}/${shown(total)}`;
  return ` ${stage} ${bar} ${done} ${unit}  ${note}`;
}

function payload(name: string, unit: string) {
  return { stage: name.padEnd(10), unit, note: "" };
}

/** A total that is passed by what is done grows with it: a guess must not look finished. */
function stageOf(bar: SingleBar): StageProgress {
  return {
    update(done, note) {
      if (bar.getTotal() > 0 && done > bar.getTotal()) bar.setTotal(done);
      bar.update(done, note === undefined ? {} : { note });
    },
    setTotal: (total) => bar.setTotal(total),
  };
}
