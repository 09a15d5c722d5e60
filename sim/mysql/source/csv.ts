/**
 * CSV: a file -> its records with the line each begins in. Used for the header, and to find what
 * is wrong after DuckDB, which is faster, has refused a file.
 *
 * Comma, double quotes, doubled quotes inside, line breaks inside quotes, LF or CRLF, UTF-8 with
 * or without a byte order mark.
 *
 * Source: RFC 4180.
 */
import { SourceFileError } from "./errors.ts";
import { readLines } from "./lines.ts";

export interface CsvField {
  text: string;
  isQuoted: boolean;
}

export interface CsvRecord {
  /** From 1. */
  line: number;
  fields: CsvField[];
}

/** Bare, these are NULL; in quotes they are texts. Documented by what mysql, MySQL Workbench
 * and phpMyAdmin export (`\N`, `NULL`), and pandas and DataGrip (nothing). */
export const nullTexts = ["", "NULL", "\\N"];

export function fieldValue({ text, isQuoted }: CsvField): string | null {
  return !isQuoted && nullTexts.includes(text) ? null : text;
}

/** @throws {SourceFileError} at a line that is not UTF-8, or a quote that is out of place. */
export async function* readCsv(path: string): AsyncGenerator<CsvRecord> {
  const parser = new CsvParser(path);
  for await (const line of readLines(path)) yield* parser.push(`${line}\n`);
  yield* parser.finish();
}

class CsvParser {
  line = 1;
  readonly #path: string;
  #recordLine = 1;
  #fields: CsvField[] = [];
  #text = "";
  #state: "start" | "bare" | "quoted" | "after" = "start";

  constructor(path: string) {
    this.#path = path;
  }

  *push(text: string): Generator<CsvRecord> {
    for (const character of text) {
      if (character === "\n") this.line++;
      if (this.#state === "quoted") {
        if (character === '"') this.#state = "after";
        else this.#text += character;
      } else if (character === '"' && this.#state === "after") {
        this.#text += character;
        this.#state = "quoted";
      } else if (character === '"' && this.#state === "start") {
        this.#state = "quoted";
      } else if (character === ",") {
        this.#endField();
      } else if (character === "\n") {
        yield* this.#endRecord();
      } else if (character !== "\r") {
        this.#addBare(character);
      }
    }
  }

  #addBare(character: string): void {
    if (this.#state === "after") {
      throw new SourceFileError(
        this.#path,
        `Expected a comma or a line break after a closing quote, found '${character}'`,
        { line: this.line },
      );
    }
    this.#state = "bare";
    this.#text += character;
  }

  #endField(): void {
    this.#fields.push({ text: this.#text, isQuoted: this.#state === "after" });
    this.#text = "";
    this.#state = "start";
  }

  *#endRecord(): Generator<CsvRecord> {
    const isBlank = this.#fields.length === 0 && this.#text === "" && this.#state === "start";
    if (!isBlank) {
      this.#endField();
      yield { line: this.#recordLine, fields: this.#fields };
    }
    this.#fields = [];
    this.#recordLine = this.line;
  }

  *finish(): Generator<CsvRecord> {
    if (this.#state === "quoted") {
      throw new SourceFileError(this.#path, "The record that begins here has an open quote", {
        line: this.#recordLine,
      });
    }
    yield* this.#endRecord();
  }
}
