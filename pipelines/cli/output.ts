/**
 * Output: a text of any size -> standard output or error, and what it means when that takes no
 * more.
 *
 * A reader that has left (`head`, a terminal that was closed) ends no run: its work is worth as
 * much unread, and what it came to stands in files.
 */
import { RunError } from "../errors.ts";

export interface Writer {
  write(bytes: Uint8Array): Promise<number>;
}

/** Whoever read has left, as `head` does: nothing failed, and there is nobody to write for. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/**
 * Writes all of a text.
 * @throws {ReaderGone} the other end is closed
 * @throws {RunError} it cannot be written, e.g. into a file on a full disk
 */
export async function writeTo(writer: Writer, text: string): Promise<void> {
  try {
    for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(await writer.write(bytes));
    }
  } catch (error) {
    if (isGone(error, wasTerminal)) throw new ReaderGone();
    throw cannotWrite(error);
  }
}

/** Prints a text and a line feed; a reader that has left is none of our business. */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (error) {
    if (!isGone(error, wasTerminal)) throw cannotWrite(error);
  }
}

type Line = (text: string) => void;

let line: Line = (text) => console.error(text);

/** Lets whoever draws on standard error put lines where they are not drawn over; null: nobody. */
export function sayThrough(drawer: Line | null): void {
  line = drawer ?? ((text) => console.error(text));
}

/** A line on standard error. If that cannot be written there is nobody left to be told. */
export function sayOn(text: string): void {
  try {
    line(text);
  } catch (error) {
    if (error instanceof TypeError) throw error; // Our bug.
  }
}

/** Asked at the start: a terminal that has gone does not say any more that it was one. */
const wasTerminal = Deno.stdout.isTerminal();

/** A closed pipe; from a terminal EIO means that it was closed, from a file that a disk is bad. */
export function isGone(error: unknown, isTerminal: boolean): boolean {
  if (error instanceof Deno.errors.BrokenPipe) return true;
  return isTerminal && error instanceof Error && /\bos error 5\b/.test(error.message);
}

function cannotWrite(error: unknown): RunError {
  const { message } = error as Error;
  return new RunError(`Cannot write the results to standard output: ${message}`, { cause: error });
}
