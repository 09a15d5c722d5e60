/**
 * JSON text: UTF-8 bytes -> where each value stands, and the same value written compactly.
 *
 * Numbers keep their text (`12.0` stays `12.0`, integers beyond 2^53 stay whole) and fields their
 * order, which a parse into JavaScript values and back would lose. Blanks between tokens go, and
 * an escape in a string becomes the character itself unless JSON requires the escape, as Jackson
 * does. A value that is compact already is returned as a window on the input: no byte is moved.
 *
 * Source: RFC 8259; Jackson's reader for the words of its errors.
 * Left out: Jackson prints doubles anew (`1e3` as 1000.0) and, before 2.18, writes characters
 * beyond U+FFFF as two \u escapes. The text means the same.
 */

/** The text is no JSON; the message is Jackson's. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** Documented: Jackson's StreamReadConstraints, default nesting. */
const depthMax = 1000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const minus = 0x2d;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class JsonScanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** From here on the value being scanned is not yet in `#pieces`. */
  #copyFrom = 0;
  /** Finished parts of a value that had to be changed. */
  #pieces: Uint8Array[] = [];

  /** @param bytes valid UTF-8. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The first byte of the next token, not consumed; -1 at the end. */
  peek(): number {
    this.#skipBlanks();
    return this.#at < this.#bytes.length ? this.#byte() : -1;
  }

  /** Reads `{`, hands each name to `field`, which must read its value, and `}`. */
  object(field: (name: string) => void): void {
    this.#expect(openBrace, "Object");
    if (this.#takes(closeBrace)) return;
    do {
      if (this.peek() !== quote) throw this.#unexpected("double-quote to start field name");
      const name = this.string();
      if (!this.#takes(colon)) throw this.#unexpected("a colon to separate field name and value");
      field(name);
    } while (this.#takes(comma));
    if (!this.#takes(closeBrace)) throw this.#unexpected("comma to separate Object entries");
  }

  /** Reads `[`, calls `item` for each value, which must read it, and `]`. */
  array(item: () => void): void {
    this.#expect(openBracket, "Array");
    if (this.#takes(closeBracket)) return;
    do item(); while (this.#takes(comma));
    if (!this.#takes(closeBracket)) throw this.#unexpected("comma to separate Array entries");
  }

  /** The next value, which must be a string, unescaped. */
  string(): string {
    if (this.peek() !== quote) throw this.#unexpected("a String");
    const start = this.#at;
    this.#copyFrom = start;
    const end = this.#skipString();
    const inner = this.#bytes.subarray(start, end);
    this.#pieces.length = 0;
    const text = decoder.decode(inner);
    return inner.includes(backslash) ? JSON.parse(text) : text.slice(1, -1);
  }

  /** The next value of any kind, compact. */
  value(): Uint8Array {
    this.#skipBlanks();
    const start = this.#at;
    this.#copyFrom = start;
    this.#skipValue(0);
    if (this.#pieces.length === 0) return this.#bytes.subarray(start, this.#at);
    this.#pieces.push(this.#bytes.subarray(this.#copyFrom, this.#at));
    const joined = join(this.#pieces);
    this.#pieces = [];
    return joined;
  }

  #byte(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let byte = bytes[at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at];
    this.#at = at;
  }

  /** Blanks inside a value: what stands before them is kept, they are not. */
  #dropBlanks(): void {
    const byte = this.#byte();
    if (byte > 0x20 || byte < 0) return;
    const start = this.#at;
    this.#skipBlanks();
    if (this.#at > start) this.#replace(start, this.#at, null);
  }

  /** The input from `start` to `end` is left out of the value, `instead` stands in its place. */
  #replace(start: number, end: number, instead: Uint8Array | null): void {
    if (start > this.#copyFrom) this.#pieces.push(this.#bytes.subarray(this.#copyFrom, start));
    if (instead !== null) this.#pieces.push(instead);
    // An empty piece marks the value as changed, even if nothing stood before the blanks.
    else if (this.#pieces.length === 0) this.#pieces.push(none);
    this.#copyFrom = end;
  }

  #takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number, kind: string): void {
    if (!this.#takes(byte)) throw this.#unexpected(kind);
  }

  #skipValue(depth: number): void {
    const byte = this.#byte();
    if (byte === quote) this.#skipString();
    else if (byte === openBrace) this.#skipObject(depth);
    else if (byte === openBracket) this.#skipArray(depth);
    else if (byte === minus || isDigit(byte)) this.#skipNumber();
    else this.#skipWord();
  }

  #skipObject(depth: number): void {
    checkDepth(depth);
    this.#at++;
    this.#dropBlanks();
    if (this.#byte() === closeBrace) {
      this.#at++;
      return;
    }
    for (;;) {
      if (this.#byte() !== quote) throw this.#unexpected("double-quote to start field name");
      this.#skipString();
      this.#dropBlanks();
      if (this.#byte() !== colon) {
        throw this.#unexpected("a colon to separate field name and value");
      }
      this.#at++;
      this.#dropBlanks();
      this.#skipValue(depth + 1);
      this.#dropBlanks();
      const byte = this.#byte();
      if (byte !== comma && byte !== closeBrace) {
        throw this.#unexpected("comma to separate Object entries");
      }
      this.#at++;
      if (byte === closeBrace) return;
      this.#dropBlanks();
    }
  }

  #skipArray(depth: number): void {
    checkDepth(depth);
    this.#at++;
    this.#dropBlanks();
    if (this.#byte() === closeBracket) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#skipValue(depth + 1);
      this.#dropBlanks();
      const byte = this.#byte();
      if (byte !== comma && byte !== closeBracket) {
        throw this.#unexpected("comma to separate Array entries");
      }
      this.#at++;
      if (byte === closeBracket) return;
      this.#dropBlanks();
    }
  }

  /** The hot loop: nearly all bytes of a body are inside strings. Returns where the string ends. */
  #skipString(): number {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === quote) break;
      if (byte === backslash) {
        at = this.#escape(at);
        continue;
      }
      if (byte === undefined) {
        this.#at = at;
        throw new JsonSyntaxError(
          "Unexpected end-of-input: was expecting closing quote for a string value",
        );
      }
      if (byte < 0x20) {
        throw new JsonSyntaxError(
          `Illegal unquoted character ((CTRL-CHAR, code ${byte})): has to be escaped using ` +
            "backslash to be included in string value",
        );
      }
      at++;
    }
    this.#at = at + 1;
    return this.#at;
  }

  /** Checks the escape at `at`, writes it as Jackson would, and returns where it ends. */
  #escape(at: number): number {
    const letter = this.#bytes[at + 1];
    if (letter === undefined) {
      throw new JsonSyntaxError("Unexpected end-of-input in character escape sequence");
    }
    if (letter === 0x75) return this.#unicodeEscape(at);
    if (letter === 0x2f) this.#replace(at, at + 1, null);
    else if (!isShortEscape(letter)) {
      throw new JsonSyntaxError(
        `Unrecognized character escape ${character(letter)}`,
      );
    }
    return at + 2;
  }

  #unicodeEscape(at: number): number {
    const unit = this.#hexAt(at + 2);
    const isPair = isHighSurrogate(unit) && this.#bytes[at + 6] === backslash &&
      this.#bytes[at + 7] === 0x75;
    const low = isPair ? this.#hexAt(at + 8) : 0;
    if (isPair && low >= 0xdc00 && low <= 0xdfff) {
      this.#replace(at, at + 12, encoder.encode(String.fromCharCode(unit, low)));
      return at + 12;
    }
    this.#replace(at, at + 6, encodedCharacter(unit));
    return at + 6;
  }

  #hexAt(at: number): number {
    const text = decoder.decode(this.#bytes.subarray(at, at + 4));
    if (!/^[0-9a-fA-F]{4}$/.test(text)) {
      throw new JsonSyntaxError(
        `Unexpected character in '\\u${text}': expected a hex-digit for character escape sequence`,
      );
    }
    return parseInt(text, 16);
  }

  #skipNumber(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === minus) at++;
    const first = bytes[at] ?? -1;
    if (!isDigit(first)) throw this.#badNumber(at, "Expected a digit (0-9) to follow '-'");
    at = first === 0x30 ? at + 1 : skipDigits(bytes, at);
    if (first === 0x30 && isDigit(bytes[at] ?? -1)) {
      throw new JsonSyntaxError("Invalid numeric value: Leading zeroes not allowed");
    }
    if (bytes[at] === 0x2e) {
      if (!isDigit(bytes[at + 1] ?? -1)) {
        throw this.#badNumber(at + 1, "Decimal point not followed by a digit");
      }
      at = skipDigits(bytes, at + 1);
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1] === 0x2b || bytes[at + 1] === minus ? 1 : 0;
      at += 1 + sign;
      if (!isDigit(bytes[at] ?? -1)) {
        throw this.#badNumber(at, "Exponent indicator not followed by a digit");
      }
      at = skipDigits(bytes, at);
    }
    this.#at = at;
  }

  #badNumber(at: number, reason: string): JsonSyntaxError {
    if (at >= this.#bytes.length) {
      return new JsonSyntaxError("Unexpected end-of-input within a number");
    }
    this.#at = at;
    return new JsonSyntaxError(
      `Unexpected character (${character(this.#byte())}) in numeric value: ${reason}`,
    );
  }

  #skipWord(): void {
    for (const word of words) {
      if (word.every((byte, index) => this.#bytes[this.#at + index] === byte)) {
        this.#at += word.length;
        if (isWordByte(this.#byte())) break;
        return;
      }
    }
    throw this.#unexpected(
      "a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
    );
  }

  #unexpected(wanted: string): JsonSyntaxError {
    const byte = this.peek();
    if (byte < 0) return new JsonSyntaxError(`Unexpected end-of-input: was expecting ${wanted}`);
    if (isWordByte(byte) && !isDigit(byte) && wanted.startsWith("a valid value")) {
      return new JsonSyntaxError(
        `Unrecognized token '${this.#word()}': was expecting (JSON String, Number, Array, ` +
          "Object or token 'null', 'true' or 'false')",
      );
    }
    return new JsonSyntaxError(
      `Unexpected character (${character(byte)}): was expecting ${wanted}`,
    );
  }

  #word(): string {
    let start = this.#at;
    while (start > 0 && isWordByte(this.#bytes[start - 1] ?? -1)) start--;
    let end = start;
    while (end < start + 256 && isWordByte(this.#bytes[end] ?? -1)) end++;
    return decoder.decode(this.#bytes.subarray(start, end));
  }
}

const none = new Uint8Array(0);
const words = ["true", "false", "null"].map((word) => encoder.encode(word));

function checkDepth(depth: number): void {
  if (depth < depthMax) return;
  throw new JsonSyntaxError(
    `Document nesting depth (${depth + 1}) exceeds the maximum allowed (${depthMax}, from ` +
      "`StreamReadConstraints.getMaxNestingDepth()`)",
  );
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isWordByte(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f || byte === 0x24 || byte >= 0x80;
}

function isShortEscape(letter: number): boolean {
  // " \ b f n r t: written as they came, because Jackson writes the same ones.
  return letter === quote || letter === backslash || letter === 0x62 || letter === 0x66 ||
    letter === 0x6e || letter === 0x72 || letter === 0x74;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at] ?? -1)) at++;
  return at;
}

function character(byte: number): string {
  return `'${String.fromCharCode(byte)}' (code ${byte})`;
}

/** One UTF-16 unit as it stands in a string: raw, or escaped where it must be. */
function encodedCharacter(unit: number): Uint8Array {
  if (unit >= 0xd800 && unit <= 0xdfff) {
    return encoder.encode(`\\u${unit.toString(16).toUpperCase()}`); // Half a pair has no UTF-8.
  }
  const text = String.fromCharCode(unit);
  if (unit >= 0x20) return encoder.encode(text === '"' || text === "\\" ? `\\${text}` : text);
  const escaped = JSON.stringify(text).slice(1, -1);
  const isLong = escaped.startsWith("\\u");
  return encoder.encode(isLong ? `\\u${escaped.slice(2).toUpperCase()}` : escaped);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
