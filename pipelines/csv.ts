/**
 * CSV: bytes or text of a file -> its lines as cells, with the number of the line that each begins at.
 *
 * RFC 4180: commas, quotes doubled inside quotes, line breaks inside quotes, LF or CR LF between
 * lines; a byte order mark is skipped, and so are empty lines. A cell that is empty and was not
 * quoted is null, as DuckDB writes it. Only one line is in memory at a time.
 */
export interface CsvLine {
  /** From 1. */
  lineNumber: number;
  cells: (string | null)[];
}

/** What is wrong, and where; it is up to the caller to say in which file. */
export class CsvSyntaxError extends Error {
  override readonly name = "CsvSyntaxError";
  readonly lineNumber: number;
  constructor(message: string, lineNumber: number) {
    super(message);
    this.lineNumber = lineNumber;
  }
}

/** @throws {CsvSyntaxError} */
export async function* readCsv(bytes: ReadableStream<Uint8Array>): AsyncGenerator<CsvLine> {
  const parser = new CsvParser();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const chunk of bytes) {
    yield* parser.push(decode(() => decoder.decode(chunk, { stream: true }), parser.lineNumber));
  }
  yield* parser.push(decode(() => decoder.decode(), parser.lineNumber));
  yield* parser.end();
}

/** @throws {CsvSyntaxError} */
export function* parseCsv(text: string): Generator<CsvLine> {
  const parser = new CsvParser();
  yield* parser.push(text);
  yield* parser.end();
}

function decode(work: () => string, lineNumber: number): string {
  try {
    return work();
  } catch {
    throw new CsvSyntaxError("not UTF-8 text, on this line or soon after it", lineNumber);
  }
}

/** Whole cells are found by one expression: text is not looked at letter by letter. */
class CsvParser {
  lineNumber = 1;
  #rest = "";
  #cells: (string | null)[] = [];
  #beganAt = 1;

  *push(text: string): Generator<CsvLine> {
    this.#rest += text;
    yield* this.#take(false);
  }

  *end(): Generator<CsvLine> {
    if (this.#rest !== "" || this.#cells.length > 0) {
      this.#rest += "\n";
      yield* this.#take(true);
    }
  }

  *#take(isEnd: boolean): Generator<CsvLine> {
    // A cell is complete with the comma or line break behind it.
    const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n)/y;
    let at = 0;
    for (;;) {
      cell.lastIndex = at;
      const match = cell.exec(this.#rest);
      if (match === null) break;
      const [whole, quoted, plain, end] = match;
      at += whole.length;
      if (quoted !== undefined) this.lineNumber += quoted.split("\n").length - 1;
      this.#cells.push(quoted?.replaceAll('""', '"') ?? (plain || null));
      if (end !== ",") yield* this.#endLine();
    }
    this.#rest = this.#rest.slice(at);
    if (this.#rest !== "" && (isEnd || isBroken(this.#rest))) throw this.#error();
  }

  *#endLine(): Generator<CsvLine> {
    const [first, second] = this.#cells;
    const isEmpty = first === null && second === undefined && this.#cells.length === 1;
    if (!isEmpty) yield { lineNumber: this.#beganAt, cells: this.#cells };
    this.#cells = [];
    this.#beganAt = ++this.lineNumber;
  }

  #error(): CsvSyntaxError {
    return this.#rest.startsWith('"')
      ? new CsvSyntaxError("a quote is not closed, or text follows it", this.#beganAt)
      : new CsvSyntaxError(
        "a quote or a lone carriage return stands in a cell without quotes",
        this.#beganAt,
      );
  }
}

/** No text that may still come can make a cell of this. */
function isBroken(rest: string): boolean {
  return /^[^",\r\n]+"/.test(rest) || /^"[^"]*(?:""[^"]*)*"[^",\r\n]/.test(rest);
}
