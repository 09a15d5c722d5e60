/**
 * Lines: a file -> its lines as text, without the line feed.
 * @throws {SourceFileError} at the first line that is not UTF-8.
 */
import { SourceFileError } from "./errors.ts";

const lineFeed = 0x0a;

export async function* readLines(path: string): AsyncGenerator<string> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(256 * 1024);
  let line = 0;
  let begun: Uint8Array[] = [];
  const finish = (): string => {
    line++;
    const bytes = join(begun);
    begun = [];
    try {
      return decoder.decode(bytes);
    } catch {
      throw new SourceFileError(path, "Expected UTF-8, found other bytes", { line });
    }
  };
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    let from = 0;
    for (;;) {
      const end = buffer.subarray(0, count).indexOf(lineFeed, from);
      if (end < 0) break;
      begun.push(buffer.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    if (from < count) begun.push(buffer.slice(from, count));
  }
  if (begun.length > 0) yield finish();
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
