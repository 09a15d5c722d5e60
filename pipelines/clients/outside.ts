/**
 * Outside: what a library threw -> one of our errors, told the same way by every client.
 *
 * A refused network permission is not trouble outside but a flag that is missing: the offline
 * tasks may only speak to this machine, and the message names the tasks that may do more.
 */
import { OutsideError, UsageError } from "../errors.ts";

/**
 * @param what what was tried, as in "Cannot <what>"
 * @param retryable whether the same again may help
 */
export function outside(
  what: string,
  error: unknown,
  { retryable }: { retryable: boolean },
): OutsideError | UsageError {
  if (error instanceof OutsideError || error instanceof UsageError) return error;
  const host = deniedHost(error);
  if (host !== undefined) {
    return new UsageError(
      `Cannot ${what}: this task has no network access to ${host}. ` +
        `Use the task of the same name that ends in :aws, or run with --allow-net=${host}`,
    );
  }
  return new OutsideError(`Cannot ${what}: ${reasonOf(error)}`, { retryable, cause: error });
}

/** The host that the runtime refused to let us speak to, wherever in the chain it says so. */
export function deniedHost(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const host = /Requires net access to "([^"]+)"/.exec(at.message)?.[1];
    if (host !== undefined) return host;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const within = partsOf(error)[0] ?? error.cause;
  const cause = within instanceof Error ? within.message : "";
  const text = error.message || error.name;
  return cause !== "" && !text.includes(cause) ? `${text} (${cause})` : text;
}

/** The errors that one error stands for, where it stands for several. */
export function partsOf(error: Error): unknown[] {
  return "errors" in error && Array.isArray(error.errors) ? error.errors : [];
}
