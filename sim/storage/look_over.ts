/**
 * Look over: the logs that a service finds at its start -> each opened once, so that what is damaged
 * is told although nobody has asked for it yet.
 *
 * One after another, between the requests: a service is ready before its logs were looked over, and
 * whoever needs one earlier opens it.
 */
import { StorageError } from "./append_file.ts";

/** @param logs each opens one, if it is there */
export async function lookOver(
  logs: readonly (() => unknown)[],
  isEnded: () => boolean,
): Promise<void> {
  for (const open of logs) {
    await new Promise((resolve) => setTimeout(resolve));
    if (isEnded()) return;
    try {
      open();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error; // Told; who uses the log hears it again.
    }
  }
}
