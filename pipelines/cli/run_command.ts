/**
 * What every command does around its work: Ctrl-C, exit codes, and errors in plain words.
 *
 * Exit codes: 0 done and reconciled, 1 failed or does not add up, 2 wrong usage, 130 Ctrl-C.
 */
import { withoutPasswords } from "../addresses.ts";
import { UsageError } from "../errors.ts";

export interface CommandContext {
  /** Fires at the first Ctrl-C (or SIGTERM); the second one ends the process at once. */
  signal: AbortSignal;
}

/** Runs one command to its exit code. */
export async function runCommand(
  work: (context: CommandContext) => Promise<number>,
  { debug = false }: { debug?: boolean } = {},
): Promise<never> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) Deno.exit(130);
    stop.abort(new Interrupted());
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  try {
    Deno.exit(await work({ signal: stop.signal }));
  } catch (error) {
    if (stop.signal.aborted) Deno.exit(130);
    say(describe(error, debug));
    Deno.exit(exitCodeOf(error));
  }
}

/** The reason of an abort by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("Interrupted");
  }
}

/** A file, flag or folder that the person can mend is wrong usage; all else is a failed run. */
export function exitCodeOf(error: unknown): number {
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
  const unexpected = error instanceof TypeError || error instanceof RangeError;
  const hint = unexpected ? "\nThis is a mistake in the program: run again with --debug" : "";
  return `Error: ${error.message}${hint}`;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
}

/** Everything that is not a result goes to standard error. */
export function say(text: string): void {
  console.error(text);
}
