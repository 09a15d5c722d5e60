/**
 * Java's regular expressions in terms of ours: replaceAll, replaceFirst, matches, split.
 *
 * What the two languages write alike passes through; what they write alike and mean differently,
 * or only Java has, is refused.
 *
 * Source: Java SE 8, java.util.regex.Pattern, Matcher.appendReplacement and String.split.
 * Left out: possessive quantifiers, inline flags, `\Q…\E`, `\p{…}`, intersections of classes,
 * anchors other than `^`, `$`, `\b` and `\B`.
 */
import { TemplateFailure } from "./errors.ts";

export type PatternUse = "all" | "first" | "whole";

const notAlike = /\\[QEpPGzZAhHvVRX]|\(\?[a-zA-Z-]|[+*?}]\+|&&/;
const patternsMax = 1000;
const patterns = new Map<string, RegExp>();

/** Compiled once; the last ones are remembered. */
export function javaPattern(source: string, use: PatternUse): RegExp {
  const name = `${use} ${source}`;
  let pattern = patterns.get(name);
  if (pattern === undefined) {
    pattern = compile(source, use);
    if (patterns.size >= patternsMax) patterns.clear();
    patterns.set(name, pattern);
  }
  pattern.lastIndex = 0;
  return pattern;
}

function compile(source: string, use: PatternUse): RegExp {
  if (notAlike.test(source)) throw new TemplateFailure(`Pattern '${source}' is not supported`);
  try {
    if (use === "whole") return new RegExp(`^(?:${source})$`);
    return new RegExp(source, use === "all" ? "g" : "");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TemplateFailure(`Pattern '${source}' is malformed`, { cause: error });
  }
}

/** `$1` is a group, a backslash takes the meaning of the next character. */
export function javaReplacement(text: string): (...found: unknown[]) => string {
  if (!/[\\$]/.test(text)) return () => text;
  const parts = partsOf(text);
  return (...found) =>
    parts.map((part) => typeof part === "string" ? part : String(found[part] ?? "")).join("");
}

function partsOf(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (sign === "\\" || sign === "$") at += 1;
    const next = text[at];
    if (next === undefined) throw new TemplateFailure(`Replacement '${text}' is malformed`);
    if (sign !== "$") parts.push(next);
    else if (/[0-9]/.test(next)) parts.push(Number(next));
    else throw new TemplateFailure(`Replacement '${text}' is malformed`);
  }
  return parts;
}

/** Limit 0 drops empty texts at the end, a negative one keeps them. */
export function javaSplit(text: string, source: string, limit: number): string[] {
  const pattern = javaPattern(source, "all");
  const parts: string[] = [];
  let start = 0;
  for (const found of text.matchAll(pattern)) {
    if (limit > 0 && parts.length === limit - 1) break;
    // Documented, since Java 8: a match without width at the beginning gives no empty text.
    if (found[0] === "" && (found.index === 0 || found.index === text.length)) continue;
    parts.push(text.slice(start, found.index));
    start = found.index + found[0].length;
  }
  if (start === 0 && parts.length === 0) return [text];
  parts.push(text.slice(start));
  if (limit === 0) { while (parts.at(-1) === "") parts.pop(); }
  return parts;
}
