/** A place in a template's text that moves forward; knows its line and column for errors. */
import type { Position } from "./ast.ts";
import { TemplateSyntaxError } from "./errors.ts";

/** ASCII only; hyphens belong to the name. */
const identifier = /[A-Za-z_][A-Za-z0-9_-]*/y;
const lineEnd = /[ \t]*(?:\r\n|\r|\n)/y;
const blanks = /[ \t\r\n]*/y;

export class Cursor {
  at = 0;
  readonly text: string;
  /** Where a text that stands inside of another is told to be, for errors. */
  readonly #origin: Position | null;
  #lineStarts: readonly number[] | null = null;

  constructor(text: string, origin: Position | null = null) {
    this.text = text;
    this.#origin = origin;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here, or one further on; empty past the end. */
  peek(offset = 0): string {
    return this.text[this.at + offset] ?? "";
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Moves past `text` if it stands here. */
  takes(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Moves past what the sticky pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }

  identifier(): string | null {
    return this.match(identifier)?.[0] ?? null;
  }

  skipBlanks(): void {
    this.match(blanks);
  }

  /** Blanks and one line break, if nothing else stands before it. */
  skipLineEnd(): void {
    this.match(lineEnd);
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.error(`Expected '${text}'${this.found()}`);
  }

  found(): string {
    return this.isAtEnd ? ", found the end" : `, found '${this.peek()}'`;
  }

  position(at = this.at): Position {
    if (this.#origin !== null) return this.#origin;
    this.#lineStarts ??= lineStarts(this.text);
    let [low, high] = [0, this.#lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: at - (this.#lineStarts[low] ?? 0) + 1 };
  }

  error(reason: string, at = this.at): TemplateSyntaxError {
    const { line, column } = this.position(at);
    return new TemplateSyntaxError(reason, line, column);
  }
}

function lineStarts(text: string): number[] {
  return [
    0,
    ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length),
  ];
}
