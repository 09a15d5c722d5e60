/**
 * Lint of regular expressions: what Java (Spark) and RE2 (DuckDB) read differently.
 *
 * A backslash is not looked for: no text may hold one.
 */
import type { Report, Token } from "./tokens.ts";

export function lintPattern(token: Token, report: Report): void {
  for (const { found, what, instead } of problemsOf(token.text.slice(1, -1))) {
    report(token, `in this pattern, ${found} ${what}`, instead);
  }
}

interface PatternProblem {
  found: string;
  what: string;
  instead: string;
}

function problemsOf(pattern: string): PatternProblem[] {
  const problems = new Map<string, PatternProblem>();
  const add = (found: string, what: string, instead: string) =>
    problems.set(found, { found, what, instead });
  let inList = false;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at, at + 3);
    if (inList) {
      if (rest.startsWith("[")) {
        add("[ in a bracket list", "nests on Java", "the characters one by one");
      }
      if (rest.startsWith("&&")) add("&& in a bracket list", "intersects on Java", "one & only");
      if (rest.startsWith("]")) inList = false;
    } else if (rest.startsWith("[")) {
      inList = true;
      // A bracket that closes at once is a character on one engine only.
      if (/^\[\^?\]/.test(rest)) add("an empty bracket list", "differs", "the characters it means");
    } else if (rest.startsWith("$")) {
      add(
        "$",
        "also stands before a last line break on Java",
        "regexp_extract(x, '^…', 0) = x: what was matched is the whole",
      );
    } else if (rest.startsWith(".")) {
      add(
        ".",
        "leaves out different line breaks",
        "a bracket list such as [^,], or [.] for a full stop",
      );
    } else if (rest.startsWith("(?")) {
      add("(?", "is look-around, a flag or a name that one engine lacks", "a plain group");
    } else if (/^[*+?}]\+/.test(rest)) {
      add(`${rest.slice(0, 2)}`, "is possessive on Java", "one of the two signs");
    }
  }
  return [...problems.values()];
}
