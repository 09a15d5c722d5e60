/**
 * Mutants of regular expressions: a pattern -> the same with one sign changed.
 *
 *   out   without its `^`; `?` and `*` and `+` with other counts; the ends of a range such as
 *         `0-9` one further in; the bounds of `{1,8}` by one; one alternative or one character
 *         of a list taken out
 */

export function patternMutants(pattern: string): string[] {
  const found = new Set<string>();
  let listStart = -1;
  for (let at = 0; at < pattern.length; at++) {
    const change = (text: string, size = 1) =>
      found.add(pattern.slice(0, at) + text + pattern.slice(at + size));
    const rest = pattern.slice(at);
    if (listStart >= 0) {
      if (rest.startsWith("]") && at > listStart + 1) listStart = -1;
      else at += mutateList(rest, change) - 1;
    } else if (rest.startsWith("[")) {
      listStart = at;
      if (rest.startsWith("[^")) at++;
    } else if (rest.startsWith("^")) change("");
    else if (rest.startsWith("(?")) at++;
    else if (rest.startsWith("?")) change("");
    else if (rest.startsWith("+")) change("");
    else if (rest.startsWith("*")) change("+");
    else if (/^\{[0-9,]+\}/.test(rest)) at += mutateBounds(rest, change) - 1;
    else if (rest.startsWith("|")) {
      const last = alternativeAfter(rest);
      change("", last);
    }
  }
  found.delete(pattern);
  return [...found];
}

type ChangeText = (text: string, size?: number) => void;

/** `0-9` or one character of a list; how many characters it took. */
function mutateList(rest: string, change: ChangeText): number {
  const range = /^([^\]])-([^\]])/.exec(rest);
  if (range?.[1] !== undefined && range[2] !== undefined) {
    change(`${next(range[1], 1)}-${range[2]}`, 3);
    change(`${range[1]}-${next(range[2], -1)}`, 3);
    return 3;
  }
  // An empty list is no pattern: one that has a single character becomes another one.
  change(/^.\]/.test(rest) ? "~" : "");
  return 1;
}

function mutateBounds(rest: string, change: ChangeText): number {
  const [whole = "", inner = ""] = /^\{([0-9,]+)\}/.exec(rest) ?? [];
  const bounds = inner.split(",");
  for (const [index, bound] of bounds.entries()) {
    if (bound === "") continue;
    for (const step of [1, -1]) {
      const moved = bounds.map((text, at) => at === index ? String(Number(text) + step) : text);
      const [least, most] = moved.map(Number);
      if (Number(moved[index]) < 0 || (most !== undefined && (least ?? 0) > most)) continue;
      change(`{${moved.join(",")}}`, whole.length);
    }
  }
  return whole.length;
}

/** From a bar to the end of what it offers. */
function alternativeAfter(rest: string): number {
  let depth = 0;
  for (let at = 1; at < rest.length; at++) {
    if (rest[at] === "(") depth++;
    if (rest[at] === ")" && depth-- === 0) return at;
    if (rest[at] === "|" && depth === 0) return at;
  }
  return rest.length;
}

function next(char: string, step: number): string {
  return String.fromCodePoint((char.codePointAt(0) ?? 0) + step);
}
