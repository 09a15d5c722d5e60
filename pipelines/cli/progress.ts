/**
 * Progress: events of stages and counts -> bars on a terminal, nothing anywhere else.
 *
 * Everything goes to standard error, so that standard output holds results only.
 */
// @ts-types="@types/cli-progress"
import { MultiBar, type SingleBar } from "cli-progress";
import process from "node:process";
import { Writable } from "node:stream";
import type { Hop, Listener } from "../events.ts";
import type { TableName } from "../tables.ts";
import { sayThrough } from "./output.ts";

export interface Progress {
  readonly listener: Listener;
  /** Leaves the last state on screen and gives the terminal back. */
  stop(): void;
}

/** Shows nothing: for `--quiet` and pipes. */
export const noProgress: Progress = { listener: {}, stop() {} };

/** The stages whose work is counted record by record. */
const stageOf: Readonly<Partial<Record<Hop, string>>> = {
  posted: "ingest",
  landed: "land",
  read: "read",
  committed: "write",
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
  const shown = new Map<string, SingleBar>();
  const counts = new Map<string, Map<TableName, number>>();
  let stopped = false;
  const begin = (stage: string, unit: string) => {
    const bar = bars.create(0, 0, payload(stage, unit));
    shown.set(stage, bar);
    sayThrough((text) => drawAbove(bars, text));
    return bar;
  };
  return {
    listener: {
      stage({ stage, unit, done, total, note }) {
        const bar = shown.get(stage) ?? begin(stage, unit);
        bar.setTotal(total ?? 0);
        update(bar, done, note);
      },
      counts({ hop, table, count }) {
        const stage = stageOf[hop] ?? "";
        const bar = shown.get(stage);
        if (bar === undefined) return;
        const tables = counts.get(stage) ?? new Map<TableName, number>();
        counts.set(stage, tables.set(table, count));
        update(bar, tables.values().reduce((sum, one) => sum + one, 0));
      },
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
function update(bar: SingleBar, done: number, note?: string): void {
  if (bar.getTotal() > 0 && done > bar.getTotal()) bar.setTotal(done);
  bar.update(done, note === undefined ? {} : { note });
}
