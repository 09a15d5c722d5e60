/**
 * Explain: an error of the engine -> what was tried, what was found, what to do next.
 */
import { RunError } from "../errors.ts";

/** Errors that are ours already, and bugs, stay what they are. */
export function explain(error: unknown, doing: string, file?: string): unknown {
  if (!(error instanceof Error) || error instanceof RunError || error instanceof TypeError) {
    return error;
  }
  const [first = "", ...rest] = error.message.split("\n");
  const line = /^LINE ([0-9]+):/m.exec(rest.join("\n"))?.[1];
  const where = file === undefined ? "" : ` from ${file}${line === undefined ? "" : `:${line}`}`;
  return new RunError(`${doing}${where}: ${first}${advice(error.message)}`, { cause: error });
}

function advice(message: string): string {
  if (/No space left on device|os error 28/.test(message)) {
    return "; make room, or choose another folder";
  }
  if (/File too large|os error 27/.test(message)) {
    return "; a limit on the size of files is in force";
  }
  if (/^Out of Memory/.test(message)) {
    return "; give it more memory, or a folder to spill into";
  }
  return "";
}
