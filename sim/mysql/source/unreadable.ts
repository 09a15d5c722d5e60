/**
 * Unreadable: the rows of source files that no reader can take -> JSON lines that whoever loads
 * the source can show, `{"table", "reason", "bytes"}` with the bytes as they stood, in base64.
 *
 * The file is made when there is a first row. A row of more than 8 MiB ends the load: its line
 * would be longer than most readers of JSON lines take.
 */
import type { SourceTableName } from "../schema.ts";
import { type Place, placed, SourceFileError } from "./errors.ts";
import { LineWriter } from "./lines.ts";

const rowBytesMax = 8 << 20;

export class UnreadableRows implements Disposable {
  readonly path: string;
  readonly rowCounts: Partial<Record<SourceTableName, number>> = {};
  readonly #encoder = new TextEncoder();
  #writer: LineWriter | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws {SourceFileError} if the row is too long. */
  add(
    table: SourceTableName,
    file: string,
    { bytes, fault }: { bytes: Uint8Array; fault: { text: string; place: Place } },
  ): void {
    if (bytes.length > rowBytesMax) {
      const problem = `${fault.text}; a row of ${bytes.length} bytes is too long to be put aside`;
      throw new SourceFileError(file, problem, fault.place);
    }
    const fileName = file.slice(file.lastIndexOf("/") + 1);
    const reason = `unreadable: ${placed(fileName, fault.text, fault.place)}`;
    this.#writer ??= new LineWriter(this.path);
    const row = { table, reason, bytes: bytes.toBase64() };
    this.#writer.add(this.#encoder.encode(JSON.stringify(row)));
    this.rowCounts[table] = (this.rowCounts[table] ?? 0) + 1;
  }

  /** Everything is in the file. */
  finish(): void {
    this.#writer?.flush();
  }

  [Symbol.dispose](): void {
    this.#writer?.[Symbol.dispose]();
  }
}
