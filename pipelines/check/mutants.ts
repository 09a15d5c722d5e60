/**
 * Mutants: the text of a model -> the same text with one thing changed, for each thing that can be.
 *
 *   in    Databricks SQL that the linter let through
 *   out   in the order of the text: comparisons, arithmetic, AND and OR, NOT, joins, the order of
 *         rows, DISTINCT, the sides of a trim, a few functions, numbers by one, texts, and the
 *         signs of regular expressions
 *
 * A mutant that no test notices is a thing that nobody has promised. Comments, names and types
 * stay as they are: the header promises those, and the engine checks them.
 */
import { closing, isSymbol, isWord, nameOf, significant } from "../../sql/dialect/tokens.ts";
import { type Token, tokenize } from "../../sql/dialect/mod.ts";
import { patternMutants } from "./mutant_patterns.ts";

export interface Mutant {
  line: number;
  column: number;
  was: string;
  becomes: string;
  /** The mutated line, spaces at its ends taken off: how a list of exceptions names it. */
  shown: string;
  /** The whole file with the change. */
  text: string;
}

interface Change {
  /** Index of its first token. */
  at: number;
  /** As many tokens, white space between them included. */
  count: number;
  becomes: string;
}

export function mutantsOf(text: string): Mutant[] {
  const all = tokenize(text);
  const tokens = significant(all);
  const starts = new Map<Token, number>();
  let at = 0;
  for (const token of all) {
    starts.set(token, at);
    at += token.text.length;
  }
  return tokens.flatMap((_, index) =>
    changesAt(tokens, index).map((change) => mutant(text, tokens, change, starts))
  );
}

function mutant(
  text: string,
  tokens: readonly Token[],
  { at, count, becomes }: Change,
  starts: ReadonlyMap<Token, number>,
): Mutant {
  const [first, last] = [tokens[at], tokens[at + count - 1]];
  if (first === undefined || last === undefined) throw new RangeError(`No token ${at}`);
  const from = starts.get(first) ?? 0;
  const to = (starts.get(last) ?? 0) + last.text.length;
  const mutated = text.slice(0, from) + becomes + text.slice(to);
  return {
    line: first.line,
    column: first.column,
    was: text.slice(from, to),
    becomes,
    shown: (mutated.split("\n")[first.line - 1] ?? "").trim(),
    text: mutated,
  };
}

function changesAt(tokens: readonly Token[], at: number): Change[] {
  const token = tokens[at];
  if (token === undefined) return [];
  const becoming = (texts: readonly string[], count = 1) =>
    texts.map((becomes) => ({ at, count, becomes }));
  if (token.kind === "number") return isInType(tokens, at) ? [] : becoming(numbers(token.text));
  if (token.kind === "string") return becoming(strings(tokens, at));
  if (token.kind === "symbol") return becoming(symbolsAt(tokens, at));
  if (token.kind === "word") return wordsAt(tokens, at, becoming);
  return [];
}

const comparisons: Readonly<Record<string, readonly string[]>> = {
  "=": ["<>"],
  "<>": ["="],
  "!=": ["="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "<=>": ["="],
  "/": ["*"],
  "%": ["*"],
};

/** A sign between two values; elsewhere `*` is all columns and `-` a negative number. */
const arithmetic: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
};

function symbolsAt(tokens: readonly Token[], at: number): readonly string[] {
  const { text } = tokens[at] ?? { text: "" };
  const always = comparisons[text];
  if (always !== undefined) return always;
  return isValueBefore(tokens[at - 1]) ? arithmetic[text] ?? [] : [];
}

const noValues =
  ("select where and or not on by when then else in like between case having distinct " +
    "limit returning union all except").split(" ");

function isValueBefore(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === "symbol") return token.text === ")";
  return token.kind !== "word" || !isWord(token, ...noValues);
}

type Becoming = (texts: readonly string[], count?: number) => Change[];

const replacements: Readonly<Record<string, readonly string[]>> = {
  or: ["and"],
  asc: ["desc"],
  desc: ["asc"],
  distinct: [""],
  like: ["not like"],
  in: ["not in"],
  between: ["not between"],
  both: ["leading", "trailing"],
  leading: ["both"],
  trailing: ["both"],
  true: ["false"],
  false: ["true"],
};

/** Each in place of another of its kind, where the two differ in more than the type. */
const functions: Readonly<Record<string, readonly string[]>> = {
  min: ["max"],
  max: ["min"],
  sum: ["max"],
  avg: ["max"],
  median: ["min", "max"],
  rank: ["row_number"],
  dense_rank: ["rank"],
  row_number: ["rank"],
  round: ["floor", "ceil"],
  floor: ["ceil"],
  ceil: ["floor"],
  year: ["month"],
  month: ["day"],
  lag: ["lead"],
  lead: ["lag"],
  least: ["greatest"],
  greatest: ["least"],
  date_add: ["date_sub"],
  date_sub: ["date_add"],
};

function wordsAt(tokens: readonly Token[], at: number, becoming: Becoming): Change[] {
  const token = tokens[at];
  const [before, next, third] = [tokens[at - 1], tokens[at + 1], tokens[at + 2]];
  if (token === undefined || isSymbol(before, ".") || isWord(before, "as")) return [];
  if (isWord(token, "and")) return isPartOfBetween(tokens, at) ? [] : becoming(["or"]);
  if (isWord(token, "not")) return isWord(before, "is") ? [] : becoming([""]);
  if (isWord(token, "is")) return becoming(...nullTest(next));
  if (isWord(token, "join")) return becoming(isPlainJoin(before) ? ["left join"] : []);
  if (isWord(token, "inner") && isWord(next, "join")) return becoming(["left"]);
  if (isWord(token, "left") && isWord(next, "join")) return becoming(["inner"]);
  if (isWord(token, "nulls") && isWord(next, "last")) return becoming(["nulls first"], 2);
  if (isWord(token, "nulls") && isWord(next, "first")) return becoming(["nulls last"], 2);
  if (isWord(token, "union")) return becoming(isWord(next, "all") ? ["union"] : [], 2);
  if (isWord(token, "like", "in", "between") && isWord(before, "not")) return [];
  if (isWord(token, "order") && isWord(next, "by")) return descending(tokens, at);
  if (isSymbol(next, "(") && !isSymbol(third, "*")) {
    return becoming(functions[nameOf(token)] ?? replacements[nameOf(token)] ?? []);
  }
  return becoming(replacements[nameOf(token)] ?? []);
}

/** `is null` and its opposite. */
function nullTest(next: Token | undefined): [string[], number] {
  if (isWord(next, "null")) return [["is not null"], 2];
  return isWord(next, "not") ? [["is"], 2] : [[], 1];
}

function isPlainJoin(before: Token | undefined): boolean {
  return !isWord(before, "inner", "left", "right", "full", "outer", "cross", "semi", "anti");
}

/** Is this AND the second half of a BETWEEN? */
function isPartOfBetween(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  for (let back = at - 1; back >= 0; back--) {
    const token = tokens[back];
    if (isSymbol(token, ")")) depth++;
    if (isSymbol(token, "(") && depth-- === 0) return false;
    if (depth > 0) continue;
    if (isWord(token, "between")) return true;
    if (isWord(token, "and", "or", "where", "on", "when", "then", "case", "select", "having")) {
      return false;
    }
  }
  return false;
}

/** Each key of an ORDER BY that says no direction is ascending: the other way round. */
function descending(tokens: readonly Token[], order: number): Change[] {
  const changes: Change[] = [];
  let depth = 0;
  let inCase = 0;
  for (let at = order + 2; at <= tokens.length; at++) {
    const token = tokens[at];
    if (isSymbol(token, "(")) depth++;
    if (isWord(token, "case")) inCase++;
    if (isWord(token, "end")) inCase--;
    const ends = token === undefined || (depth === 0 && isSymbol(token, ")")) ||
      isWord(token, "limit", "rows", "range");
    if (isSymbol(token, ")")) depth--;
    const last = tokens[at - 1];
    if (!ends && !(depth === 0 && inCase === 0 && isSymbol(token, ","))) continue;
    if (last !== undefined && !isWord(last, "asc", "desc", "first", "last", "by")) {
      changes.push({ at: at - 1, count: 1, becomes: `${last.text} desc` });
    }
    if (ends) break;
  }
  return changes;
}

/** `decimal(18, 8)`: the digits of a type. */
function isInType(tokens: readonly Token[], at: number): boolean {
  for (let open = at - 1; open >= at - 4 && open > 0; open--) {
    if (!isSymbol(tokens[open], "(")) continue;
    return isWord(tokens[open - 1], "decimal") && closing(tokens, open) > at;
  }
  return false;
}

/** One more and one less; a fraction by its last digit. */
function numbers(text: string): string[] {
  if (!/^[0-9]+([.][0-9]+)?$/.test(text)) return [];
  const digits = text.split(".")[1]?.length ?? 0;
  const step = 10 ** -digits;
  const [more, less] = [Number(text) + step, Number(text) - step];
  return (less < 0 ? [more] : [more, less]).map((number) => number.toFixed(digits));
}

const patternFunctions = ["regexp_extract", "regexp_like", "regexp_replace", "split"];

function strings(tokens: readonly Token[], at: number): string[] {
  const text = tokens[at]?.text.slice(1, -1) ?? "";
  if (isPattern(tokens, at)) return patternMutants(text).map((pattern) => `'${pattern}'`);
  if (text === "") return ["'mutant'"];
  if (isWord(tokens[at - 1], "like")) return likeMutants(text).map((pattern) => `'${pattern}'`);
  // What is compared or given out: another text, whatever it was.
  return [`'${text}~'`];
}

/** Without one of its percent signs, and without its last letter. */
function likeMutants(pattern: string): string[] {
  const texts = [
    pattern.replace(/^%/, ""),
    pattern.replace(/%$/, ""),
    pattern.replace(/[^%'](?=%*$)/, ""),
  ];
  return [...new Set(texts)].filter((text) => text !== pattern);
}

/** The second argument of a function that takes a regular expression. */
function isPattern(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  let commas = 0;
  for (let back = at - 1; back > 0; back--) {
    const token = tokens[back];
    if (isSymbol(token, ")")) depth++;
    if (depth === 0 && isSymbol(token, ",")) commas++;
    if (!isSymbol(token, "(") || depth-- > 0) continue;
    const call = tokens[back - 1];
    return commas === 1 && call !== undefined && patternFunctions.includes(nameOf(call));
  }
  return false;
}
