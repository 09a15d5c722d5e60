/**
 * CSV: a file -> its records with the line each begins in. Used for the header, and to find what
 * is wrong after DuckDB, which is faster, has refused a file.
 *
 * One separator, double quotes, doubled quotes inside, line breaks inside quotes, LF or CRLF,
 * UTF-8 with or without a byte order mark. A record that breaks the rules comes with its problem,
 * and the next one begins in the next line.
 *
 * Source: RFC 4180.
 */
import { readLines, textOf } from "./lines.ts";

export interface CsvField {
  text: string;
  isQuoted: boolean;
}

export interface CsvProblem {
  text: string;
  /** From 1. */
  line: number;
}

export interface CsvRecord {
  /** From 1. */
  line: number;
  fields: CsvField[];
  /** As they stand in the file. */
  lines: Uint8Array[];
  problem: CsvProblem | null;
}

/** Bare, these are NULL; in quotes they are texts. Documented by what mysql, MySQL Workbench
 * and phpMyAdmin export (`\N`, `NULL`), and pandas and DataGrip (nothing). */
export const nullTexts = ["", "NULL", "\\N"];

/** A quote that nobody closes would take the rest of the file into memory. */
const recordBytesMax = 4 << 20;

export function fieldValue({ text, isQuoted }: CsvField): string | null {
  return !isQuoted && nullTexts.includes(text) ? null : text;
}

export async function* readCsv(path: string, separator = ","): AsyncGenerator<CsvRecord> {
  const parser = new CsvParser(separator);
  for await (const line of readLines(path)) {
    const record = parser.push(line);
    if (record !== null) yield record;
  }
  const last = parser.finish();
  if (last !== null) yield last;
}

class CsvParser {
  readonly #separator: string;
  #line = 0;
  #record = newRecord(1);
  #recordBytes = 0;
  #text = "";
  #state: "start" | "bare" | "quoted" | "after" | "broken" = "start";

  constructor(separator: string) {
    this.#separator = separator;
  }

  /** Takes a line; gives the record that ends with it, unless none does. */
  push(bytes: Uint8Array): CsvRecord | null {
    this.#line++;
    this.#record.lines.push(bytes.slice());
    this.#recordBytes += bytes.length;
    const { text, isUtf8 } = textOf(bytes);
    if (!isUtf8) this.#refuse("Expected UTF-8, found other bytes");
    for (const character of text) this.#take(character);
    if (this.#state !== "quoted") return this.#endRecord();
    this.#text += "\n";
    return this.#recordBytes > recordBytesMax ? this.#openQuote() : null;
  }

  #take(character: string): void {
    if (this.#state === "broken") return;
    if (this.#state === "quoted") {
      if (character === '"') this.#state = "after";
      else this.#text += character;
    } else if (character === '"' && this.#state === "after") {
      this.#text += character;
      this.#state = "quoted";
    } else if (character === '"' && this.#state === "start") {
      this.#state = "quoted";
    } else if (character === this.#separator) {
      this.#endField();
    } else if (character !== "\r") {
      this.#addBare(character);
    }
  }

  #addBare(character: string): void {
    if (this.#state === "after") return this.#misplaced(character);
    this.#state = "bare";
    this.#text += character;
  }

  #misplaced(character: string): void {
    const hint = this.#text.endsWith("\\")
      ? '; a quote inside a value is doubled here, not escaped (Spark: .option("escape", "\\""))'
      : "";
    this.#refuse(
      "Expected a separator or a line break after a closing quote, found " +
        `'${character}'${hint}`,
    );
    this.#state = "broken";
  }

  #refuse(text: string, line = this.#line): void {
    this.#record.problem ??= { text, line };
  }

  #endField(): void {
    this.#record.fields.push({ text: this.#text, isQuoted: this.#state === "after" });
    this.#text = "";
    this.#state = "start";
  }

  /** Null for a blank line. */
  #endRecord(): CsvRecord | null {
    const record = this.#record;
    const isBlank = record.fields.length === 0 && this.#text === "" && this.#state === "start" &&
      record.problem === null;
    this.#endField();
    this.#record = newRecord(this.#line + 1);
    this.#recordBytes = 0;
    return isBlank ? null : record;
  }

  #openQuote(): CsvRecord | null {
    this.#refuse("The record that begins here has an open quote", this.#record.line);
    return this.#endRecord();
  }

  finish(): CsvRecord | null {
    return this.#state === "quoted" ? this.#openQuote() : null;
  }
}

function newRecord(line: number): CsvRecord {
  return { line, fields: [], lines: [], problem: null };
}
