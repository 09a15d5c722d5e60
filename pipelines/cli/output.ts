/**
 * Output: a text of any size -> standard output, and what it means when that takes no more.
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
    if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone();
    throw cannotWrite(error);
  }
}

/** Prints a text and a line feed; a reader that has left is none of our business. */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (error) {
    throw cannotWrite(error);
  }
}

function cannotWrite(error: unknown): RunError {
  const { message } = error as Error;
  return new RunError(`Cannot write the results to standard output: ${message}`);
}
