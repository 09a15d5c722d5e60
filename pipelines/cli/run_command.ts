/**
 * What every command does around its work: Ctrl-C, exit codes, and errors in plain words.
 *
 * Exit codes: 0 done and reconciled, 1 failed or does not add up, 2 wrong usage, 130 Ctrl-C.
 *
 * The first signal asks for an end, a later one takes it. Through `deno task` one press arrives
 * twice or three times within a millisecond, so a second signal counts only after a second. A
 * terminal that has gone (SIGHUP) asks like Ctrl-C does: what is on the way is finished all the
 * same, with nobody to read it.
 */
import { withoutPasswords } from "../addresses.ts";
import { UsageError } from "../errors.ts";
import { noRoom } from "../no_room.ts";
import { sayOn } from "./output.ts";

export interface CommandContext {
  /** Fires at the first Ctrl-C, SIGTERM or SIGHUP. */
  signal: AbortSignal;
  /** What is done, and said last, if the person does not wait for the end. */
  beforeLeaving(lastWords: () => string): void;
}

/** A press that arrives more than once is over by then, and a person has read what was said. */
const samePressMs = 1000;

const stopSignals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs one command to its exit code. */
export async function runCommand(
  work: (context: CommandContext) => Promise<number>,
  { debug = false }: { debug?: boolean } = {},
): Promise<never> {
  const stop = new AbortController();
  let lastWords = () => "";
  const presses = pressesOf(() => performance.now(), {
    onFirst() {
      say("Stopping: finishing what is on the way. Ctrl-C again to leave at once");
      stop.abort(new Interrupted());
    },
    onLater() {
      say(`Left at once: what was on the way is not finished. ${lastWords()}`.trimEnd());
      Deno.exit(130);
    },
  });
  for (const signal of stopSignals) Deno.addSignalListener(signal, presses);
  const beforeLeaving = (words: () => string) => void (lastWords = words);
  try {
    Deno.exit(await work({ signal: stop.signal, beforeLeaving }));
  } catch (error) {
    if (stop.signal.aborted) Deno.exit(130);
    say(describe(error, debug));
    Deno.exit(exitCodeOf(error));
  }
}

/** Tells the first signal from those that repeat it, and both from a later one. */
export function pressesOf(
  nowMs: () => number,
  { onFirst, onLater }: { onFirst(): void; onLater(): void },
): () => void {
  let firstMs: number | undefined;
  return () => {
    if (firstMs !== undefined) return nowMs() - firstMs < samePressMs ? undefined : onLater();
    firstMs = nowMs();
    onFirst();
  };
}

/** The reason of an abort by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("Interrupted");
  }
}

/**
 * A file, flag or folder that the person can mend is wrong usage; all else is a failed run, a
 * disk that took no more included, whatever was being written.
 */
export function exitCodeOf(error: unknown): number {
  if (noRoom(error) !== null) return 1;
  const usage = ["SourceFileError", "SimError"];
  if (error instanceof UsageError) return 2;
  return error instanceof Error && usage.includes(error.name) ? 2 : 1;
}

/** One line a problem, causes included; the stack only on request; never a password. */
export function describe(error: unknown, debug: boolean): string {
  return withoutPasswords(told(error, debug));
}

function told(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `Error: ${String(error)}`;
  if (debug) return `${error.stack ?? error.message}${causeOf(error)}`;
  const full = noRoom(error);
  if (full !== null) return `Error: ${full}: ${error.message}`;
  const unexpected = error instanceof TypeError || error instanceof RangeError;
  const hint = unexpected ? "\nThis is a mistake in the program: run again with --debug" : "";
  return `Error: ${error.message}${hint}`;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
}

/** Everything that is not a result goes to standard error. */
export function say(text: string): void {
  sayOn(text);
}
