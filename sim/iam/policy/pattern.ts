/**
 * Pattern: one value of a policy -> whether a text matches it.
 *
 *   ${key}             the request's value of that key; a star in it is only a star
 *   ${key, 'default'}  the default where the request has no such key, or several values of it;
 *                      without a default nothing is equal to it, nor like it
 *   ${*} ${?} ${$}     the character itself
 *   * ?                any run, any one, where the element knows wildcards
 *
 * In an ARN a wildcard stays within its part (`arn:partition:service:region:account:resource`),
 * but may run on from the resource, and from wherever it is the last character.
 *
 * Source: IAM user guide, "IAM policy elements: Variables and tags" ("Policy variables with no
 * value"); "Resource".
 */
import { globMatches, oneAny, oneInside, starAny, starInside } from "./glob.ts";
import type { Context } from "./types.ts";

/** null: the two are not of a type that could be compared. */
export type Answer = boolean | null;
export type Matcher = (text: string, context: Context) => Answer;

export interface PatternOptions {
  /** `*` and `?` are wildcards. */
  wildcards: boolean;
  /** `${…}` is a variable: since version 2012-10-17. */
  variables: boolean;
  /** Wildcards stay within the parts of an ARN. */
  arn?: boolean;
  ignoreCase?: boolean;
}

interface Variable {
  /** In lower case. */
  key: string;
  /** As it is spelled. */
  name: string;
  fallback: string | null;
}

/** Plain text, a wildcard, or a variable. */
type Piece = string | number | Variable;

export interface Pattern {
  matches: Matcher;
  /** Keys of its variables, as they are spelled. */
  keys: readonly string[];
}

export function pattern(text: string, options: PatternOptions): Pattern {
  const pieces = piecesOf(text, options);
  const variables = pieces.filter((piece) => typeof piece === "object");
  return {
    matches: variables.length === 0 ? fixed(pieces, options) : variable(pieces, options),
    keys: variables.map(({ name }) => name),
  };
}

/** The value of a key, if it has exactly one. */
export function singleValue(context: Context, key: string): string | undefined {
  const value: unknown = context[key];
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1) return value[0];
  return undefined;
}

function piecesOf(text: string, options: PatternOptions): Piece[] {
  const pieces: Piece[] = [];
  let colons = 0;
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const inner = options.variables ? innerAt(text, at) : null;
    let piece: Piece = char;
    if (inner !== null) {
      piece = variableOf(inner);
      at += inner.length + 2;
    } else if (options.wildcards && (char === "*" || char === "?")) {
      piece = wildcard(char, options.arn === true && colons < 5 && at < text.length - 1);
    } else if (char === ":") {
      colons++;
    }
    if (typeof piece === "string") {
      plain += piece;
    } else {
      if (plain !== "") pieces.push(plain);
      plain = "";
      pieces.push(piece);
    }
  }
  if (plain !== "") pieces.push(plain);
  return pieces;
}

/** What stands in the braces of `${…}`; null: there is none. */
function innerAt(text: string, at: number): string | null {
  if (!text.startsWith("${", at)) return null;
  const end = text.indexOf("}", at);
  return end < 0 ? null : text.slice(at + 2, end);
}

/** A character that is meant as such, a variable, or text that only looks like one. */
function variableOf(inner: string): string | Variable {
  if (inner === "*" || inner === "?" || inner === "$") return inner;
  const comma = inner.indexOf(",");
  const name = (comma < 0 ? inner : inner.slice(0, comma)).trim();
  const fallback = comma < 0 ? null : quoted.exec(inner.slice(comma + 1).trim())?.[1];
  if (name === "" || /['{}]/.test(name) || fallback === undefined) return `\${${inner}}`;
  return { key: name.toLowerCase(), name, fallback };
}

const quoted = /^'([^']*)'$/;

function wildcard(char: "*" | "?", isInside: boolean): number {
  if (char === "*") return isInside ? starInside : starAny;
  return isInside ? oneInside : oneAny;
}

function fixed(
  pieces: readonly Piece[],
  { ignoreCase = false }: PatternOptions,
): (text: string) => boolean {
  if (!ignoreCase) return fixedExactly(pieces);
  const matches = fixedExactly(
    pieces.map((piece) => typeof piece === "string" ? piece.toLowerCase() : piece),
  );
  return (text) => matches(text.toLowerCase());
}

function fixedExactly(pieces: readonly Piece[]): (text: string) => boolean {
  const [first = "", second] = pieces;
  const prefix = typeof first === "string" ? first : "";
  if (pieces.length === 1 && first === starAny) return () => true;
  if (prefix === first && pieces.length <= 1) return (text) => text === prefix;
  if (prefix !== "" && pieces.length === 2 && second === starAny) {
    return (text) => text.startsWith(prefix);
  }
  const units = unitsOf(pieces);
  return (text) => text.startsWith(prefix) && globMatches(units, text);
}

/** Values change from one principal to another, so what the last ones made is kept. */
function variable(pieces: readonly Piece[], options: PatternOptions): Matcher {
  const variables = pieces.filter((piece) => typeof piece === "object");
  const values: string[] = [];
  let matches = (_: string) => false;
  return (text, context) => {
    let isNew = false;
    let place = 0;
    for (const { key, fallback } of variables) {
      const value = singleValue(context, key) ?? fallback;
      if (value === null) {
        values.length = 0; // Half of them are new, and `matches` is made of none of these.
        return false;
      }
      if (value !== values[place]) isNew = true;
      values[place++] = value;
    }
    if (isNew) matches = fixed(filled(pieces, values), options);
    return matches(text);
  };
}

/** Values in the places of variables, each run of text in one piece. */
function filled(pieces: readonly Piece[], values: readonly string[]): Piece[] {
  const whole: Piece[] = [];
  let next = 0;
  for (const piece of pieces) {
    const part = typeof piece === "object" ? values[next++] ?? "" : piece;
    const last = whole.at(-1);
    if (typeof part === "string" && typeof last === "string") whole[whole.length - 1] = last + part;
    else whole.push(part);
  }
  return whole;
}

/** One unit a character; variables have become text. */
function unitsOf(pieces: readonly Piece[]): number[] {
  const units: number[] = [];
  for (const piece of pieces) {
    if (typeof piece === "number") units.push(piece);
    if (typeof piece !== "string") continue;
    for (let at = 0; at < piece.length; at++) units.push(piece.charCodeAt(at));
  }
  return units;
}
