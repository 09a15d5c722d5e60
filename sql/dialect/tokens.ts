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

// The order matters: the longest symbols first, a double colon before a parameter.
const pattern = new RegExp(
  [
    /(?<space>\s+)/,
    /(?<comment>--[^\n]*)/,
    /(?<string>'(?:[^']|'')*')/,
    /(?<backticked>`(?:[^`]|``)*`)/,
    /(?<doubleQuoted>"(?:[^"]|"")*")/,
    /(?<number>(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?[\p{L}\p{N}_]*)/u,
    /(?<word>[\p{L}_][\p{L}\p{N}_]*)/u,
    /(?<long><=>|->>|::|->|<=|>=|<>|!=|==|\|\||\/\/|\*\*|&&|=>|:=|<<|>>|!~|\/\*)/,
    /(?<parameter>:[A-Za-z_][A-Za-z0-9_]*)/,
    /(?<symbol>[^'"`])/,
  ].map((part) => part.source).join("|"),
  "uy",
);

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

function next(text: string, at: number): { kind: TokenKind; end: number } {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return { kind: "bad", end: text.length }; // An opening quote alone.
  const end = pattern.lastIndex;
  const groups = match.groups ?? {};
  if (groups["space"] !== undefined) return { kind: "space", end };
  if (groups["comment"] !== undefined) return { kind: "comment", end };
  if (groups["word"] !== undefined) return { kind: "word", end };
  if (groups["string"] !== undefined) return { kind: "string", end };
  if (groups["number"] !== undefined) return { kind: "number", end };
  if (groups["backticked"] !== undefined) return { kind: "backticked", end };
  if (groups["doubleQuoted"] !== undefined) return { kind: "double-quoted", end };
  if (groups["parameter"] !== undefined) return { kind: "parameter", end };
  if (groups["long"] === "/*") return blockComment(text, at);
  return { kind: "symbol", end };
}

/** Block comments nest, in both engines. */
function blockComment(text: string, at: number): { kind: TokenKind; end: number } {
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
