/**
 * Statements: SQL text -> its statements, in order, without the semicolons.
 *
 * A statement's text begins where the one before it ended, and keeps the comments above it.
 * Pieces of nothing but comments are no statements.
 */
import { isSymbol, significant, type Token, tokenize } from "./tokens.ts";

export interface Statement {
  text: string;
  /** With white space and comments; positions count in the whole text. */
  tokens: Token[];
  /** Line of its first significant token, in the whole text. */
  line: number;
}

export function splitStatements(text: string): Statement[] {
  return splitTokens(tokenize(text));
}

export function splitTokens(all: readonly Token[]): Statement[] {
  const statements: Statement[] = [];
  let tokens: Token[] = [];
  const close = () => {
    const first = significant(tokens)[0];
    if (first !== undefined) {
      statements.push({ text: join(tokens), tokens, line: first.line });
    }
    tokens = [];
  };
  for (const token of all) {
    if (isSymbol(token, ";")) close();
    else tokens.push(token);
  }
  close();
  return statements;
}

function join(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join("");
}
