/**
 * Tokens: SQL text -> tokens with positions; joined together again they are the text.
 *
 * Everything else in this folder works on these tokens. It throws at nothing: what cannot be
 * read is a token of kind `bad`, and the linter says so. An unclosed string or comment runs to
 * the end of the text.
 */
export type TokenKind =
  | "space"
  | "comment"
  | "word"
  | "backticked"
  | "double-quoted"
  | "string"
  | "number"
  | "parameter"
  | "symbol"
  | "bad";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Both count from 1; a column is a UTF-16 unit. */
  line: number;
  column: number;
}

/**
 * Who refuses: Spark too, because it cannot read it (`syntax`) or knows no such column (`column`);
 * Spark too, unless it has that function (`function`); or the dialect alone.
 */
export type ProblemKind = "syntax" | "column" | "function" | "dialect";

/** Adds a problem at a token; default: what is DuckDB's is a matter of syntax, else the dialect's. */
export type Report = (token: Token, what: string, instead: string, kind?: ProblemKind) => void;

// What a token is shows in its first character; each pattern then takes as much as it can.
const space = /\s+/y;
const comment = /--[^\n]*/y;
const string = /'(?:[^']|'')*'/y;
const backticked = /`(?:[^`]|``)*`/y;
const doubleQuoted = /"(?:[^"]|"")*"/y;
const number = /(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?[\p{L}\p{N}_]*/uy;
const word = /[\p{L}_][\p{L}\p{N}_]*/uy;
const parameter = /:[A-Za-z_][A-Za-z0-9_]*/y;
const symbol = /<=>|->>|::|->|<=|>=|<>|!=|==|\|\||\/\/|\*\*|&&|=>|:=|<<|>>|!~|[^]/uy;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  while (at < text.length) {
    const { kind, end } = next(text, at);
    const piece = text.slice(at, end);
    tokens.push({ kind, text: piece, line, column: at - lineStart + 1 });
    for (let newline = piece.indexOf("\n"); newline !== -1;) {
      line++;
      lineStart = at + newline + 1;
      newline = piece.indexOf("\n", newline + 1);
    }
    at = end;
  }
  return tokens;
}

interface Next {
  kind: TokenKind;
  end: number;
}

function next(text: string, at: number): Next {
  const first = text[at] ?? "";
  if (first === "'") return quoted("string", string, text, at);
  if (first === "`") return quoted("backticked", backticked, text, at);
  if (first === '"') return quoted("double-quoted", doubleQuoted, text, at);
  if (first === "/" && text[at + 1] === "*") return blockComment(text, at);
  return taken("space", space, text, at) ??
    taken("word", word, text, at) ??
    (first === "-" ? taken("comment", comment, text, at) : undefined) ??
    taken("number", number, text, at) ??
    (first === ":" && text[at + 1] !== ":" ? taken("parameter", parameter, text, at) : undefined) ??
    taken("symbol", symbol, text, at) ??
    { kind: "bad", end: text.length };
}

function taken(kind: TokenKind, pattern: RegExp, text: string, at: number): Next | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? { kind, end: pattern.lastIndex } : undefined;
}

function quoted(kind: TokenKind, pattern: RegExp, text: string, at: number): Next {
  return taken(kind, pattern, text, at) ?? { kind: "bad", end: text.length };
}

/** Block comments nest, in both engines. */
function blockComment(text: string, at: number): Next {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return { kind: "comment", end: edge.lastIndex };
  }
  return { kind: "bad", end: text.length };
}

/** Without white space and comments. */
export function significant(tokens: readonly Token[]): Token[] {
  return tokens.filter(({ kind }) => kind !== "space" && kind !== "comment");
}

/** Is it this word, however it is capitalised? Quoted names are no words. */
export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === "word" && words.includes(token.text.toLowerCase());
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === "symbol" && token.text === symbol;
}

/** The name a token stands for: backticks taken off, capitals made small. */
export function nameOf(token: Token): string {
  const bare = token.kind === "backticked"
    ? token.text.slice(1, -1).replaceAll("``", "`")
    : token.text;
  return bare.toLowerCase();
}

/** The index of the bracket that closes the one at `open`, or the end. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isSymbol(tokens[at], "(")) depth++;
    else if (isSymbol(tokens[at], ")") && --depth === 0) return at;
  }
  return tokens.length;
}

/** The arguments between the bracket at `open` and its partner, cut at their commas. */
export function argumentsOf(tokens: readonly Token[], open: number): Token[][] {
  const end = closing(tokens, open);
  const parts: Token[][] = [];
  let part: Token[] = [];
  let depth = 0;
  for (const token of tokens.slice(open + 1, end)) {
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")")) depth--;
    if (depth === 0 && isSymbol(token, ",")) {
      parts.push(part);
      part = [];
    } else part.push(token);
  }
  return part.length > 0 || parts.length > 0 ? [...parts, part] : [];
}
