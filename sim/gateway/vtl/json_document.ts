/**
 * JSON document: a text -> its values, each read when it is looked into.
 *
 * One pass checks the whole text and notes where each object and list ends, so that later looks
 * jump over what they do not want. A value that is written compactly is handed out as the piece
 * of the text that it is: numbers keep their spelling, and no record is parsed and printed again
 * only to be passed on.
 *
 * Source: RFC 8259. Assumed: the gateway prints JSON compactly, characters unescaped where JSON
 * lets them be.
 * Left out: a name that stands twice in a compact object stays twice in its text.
 */
import { JsonError } from "./errors.ts";
import { Double, JavaList, JavaMap, type Value, whole } from "./values.ts";

const depthMax = 1000;
const quote = 0x22;
const backslash = 0x5c;
// deno-lint-ignore no-control-regex -- JSON allows none of these in a text
const controls = /[\x00-\x1f]/;
const numbers = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** Escapes that a compact writer would use itself. */
const keptEscapes = '"\\bfnrt';

export class JsonDocument {
  readonly text: string;
  /** Start of each object and list -> its end, negative if it is not written compactly. */
  readonly #ends = new Map<number, number>();
  readonly root: Value;

  /** @throws {JsonError} if the text is no JSON. */
  constructor(text: string) {
    this.text = text;
    const start = new Scanner(text, this.#ends).scan();
    this.root = this.#value(start)[0];
  }

  /** The text of the object or list that starts here; null if it must be written anew. */
  compact(start: number): string | null {
    const end = this.#ends.get(start) ?? -1;
    return end < 0 ? null : this.text.slice(start, end);
  }

  members(start: number): Map<string, Value> {
    const members = new Map<string, Value>();
    let at = skipBlanks(this.text, start + 1);
    while (this.text[at] !== "}") {
      const nameEnd = stringEnd(this.text, at);
      const name = stringOf(this.text, at, nameEnd);
      const [value, end] = this.#value(skipBlanks(this.text, skipBlanks(this.text, nameEnd) + 1));
      members.set(name, value);
      at = this.#next(end);
    }
    return members;
  }

  items(start: number): Value[] {
    const items: Value[] = [];
    let at = skipBlanks(this.text, start + 1);
    while (this.text[at] !== "]") {
      const [value, end] = this.#value(at);
      items.push(value);
      at = this.#next(end);
    }
    return items;
  }

  /** Past the comma, if there is one. */
  #next(at: number): number {
    const next = skipBlanks(this.text, at);
    return this.text[next] === "," ? skipBlanks(this.text, next + 1) : next;
  }

  /** The value that starts here and where it ends; the text is known to be right. */
  #value(start: number): [Value, number] {
    const first = this.text[start];
    if (first === "{") return [new JsonMap(this, start), Math.abs(this.#ends.get(start) ?? 0)];
    if (first === "[") return [new JsonList(this, start), Math.abs(this.#ends.get(start) ?? 0)];
    if (first === '"') {
      const end = stringEnd(this.text, start);
      return [stringOf(this.text, start, end), end];
    }
    if (first === "t") return [true, start + 4];
    if (first === "f") return [false, start + 5];
    if (first === "n") return [null, start + 4];
    return numberAt(this.text, start);
  }
}

class JsonMap extends JavaMap {
  readonly #document: JsonDocument;
  readonly #start: number;

  constructor(document: JsonDocument, start: number) {
    super(null);
    this.#document = document;
    this.#start = start;
  }

  protected override load(): Map<string, Value> {
    return this.#document.members(this.#start);
  }

  override json(): string | null {
    return this.isChanged ? null : this.#document.compact(this.#start);
  }
}

class JsonList extends JavaList {
  readonly #document: JsonDocument;
  readonly #start: number;

  constructor(document: JsonDocument, start: number) {
    super(null, true);
    this.#document = document;
    this.#start = start;
  }

  protected override load(): Value[] {
    return this.#document.items(this.#start);
  }

  override json(): string | null {
    return this.isChanged ? null : this.#document.compact(this.#start);
  }
}

/** Checks a text from end to end. */
class Scanner {
  readonly #text: string;
  readonly #ends: Map<number, number>;
  #at = 0;
  #depth = 0;
  /** Places so far that a compact writer would write differently. */
  #oddities = 0;
  readonly #hasControls: boolean;
  /** The first backslash that was not before the last string. */
  #backslashAt = -1;

  constructor(text: string, ends: Map<number, number>) {
    this.#text = text;
    this.#hasControls = controls.test(text);
    this.#ends = ends;
  }

  /** Where the one value starts. */
  scan(): number {
    this.#blanks();
    const start = this.#at;
    this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return start;
  }

  #value(): void {
    switch (this.#text.charCodeAt(this.#at)) {
      case quote:
        return this.#string();
      case 0x7b: // {
        return this.#container("}", true);
      case 0x5b: // [
        return this.#container("]", false);
      default:
        return this.#scalar();
    }
  }

  #container(closing: string, hasNames: boolean): void {
    if (++this.#depth > depthMax) throw new JsonError(`More than ${depthMax} levels deep`);
    const start = this.#at++;
    const odditiesBefore = this.#oddities;
    this.#blanks();
    if (this.#text[this.#at] !== closing) this.#members(closing, hasNames);
    this.#at += 1;
    this.#depth -= 1;
    this.#ends.set(start, this.#oddities === odditiesBefore ? this.#at : -this.#at);
  }

  #members(closing: string, hasNames: boolean): void {
    for (;;) {
      if (hasNames) this.#name();
      this.#value();
      this.#blanks();
      const next = this.#text[this.#at];
      if (next === closing) return;
      if (next !== ",") throw this.#unexpected();
      this.#at += 1;
      this.#blanks();
    }
  }

  #name(): void {
    if (this.#text.charCodeAt(this.#at) !== quote) throw this.#unexpected();
    this.#string();
    this.#blanks();
    if (this.#text[this.#at] !== ":") throw this.#unexpected();
    this.#at += 1;
    this.#blanks();
  }

  #string(): void {
    if (!this.#hasControls) {
      const end = this.#text.indexOf('"', this.#at + 1);
      if (end >= 0 && end < this.#nextBackslash(this.#at)) {
        this.#at = end + 1;
        return;
      }
    }
    this.#oddString();
  }

  /** Character by character: there are escapes in it, or perhaps what must not be. */
  #oddString(): void {
    const text = this.#text;
    for (let at = this.#at + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return;
      }
      if (code < 0x20) break;
      if (code === backslash) at += this.#escape(at);
    }
    throw new JsonError(`A text that begins at character ${this.#at} does not end`);
  }

  #nextBackslash(from: number): number {
    if (this.#backslashAt < from) {
      const found = this.#text.indexOf("\\", from);
      this.#backslashAt = found < 0 ? Infinity : found;
    }
    return this.#backslashAt;
  }

  /** How many characters follow the backslash. */
  #escape(at: number): number {
    const next = this.#text[at + 1] ?? "";
    if (next !== "" && keptEscapes.includes(next)) return 1;
    this.#oddities += 1;
    if (next === "/") return 1;
    if (next === "u" && /^[0-9a-fA-F]{4}$/.test(this.#text.slice(at + 2, at + 6))) return 5;
    this.#at = at;
    throw this.#unexpected();
  }

  #scalar(): void {
    for (const word of ["true", "false", "null"]) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return;
    }
    numbers.lastIndex = this.#at;
    if (!numbers.test(this.#text)) throw this.#unexpected();
    this.#at = numbers.lastIndex;
  }

  #blanks(): void {
    const start = this.#at;
    this.#at = skipBlanks(this.#text, start);
    if (this.#at !== start) this.#oddities += 1;
  }

  #unexpected(): JsonError {
    const found = this.#text[this.#at];
    const what = found === undefined ? "end of text" : `character '${found}'`;
    return new JsonError(`Unexpected ${what} at character ${this.#at}`);
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** Past the closing quote of a string that is known to be right. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (text.charCodeAt(end - 1) === backslash && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end + 1;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let count = 0;
  while (text.charCodeAt(at - 1 - count) === backslash) count += 1;
  return count % 2 === 1;
}

function stringOf(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? String(JSON.parse(text.slice(start, end))) : inner;
}

function numberAt(text: string, start: number): [Value, number] {
  numbers.lastIndex = start;
  const [spelling = "", fraction, exponent] = numbers.exec(text) ?? [];
  const end = start + spelling.length;
  if (fraction !== undefined || exponent !== undefined) {
    return [new Double(Number(spelling), spelling), end];
  }
  return [spelling.length < 16 ? Number(spelling) : whole(BigInt(spelling)), end];
}
