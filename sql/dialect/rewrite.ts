/**
 * Rewrite: Databricks SQL that the linter let through -> the same for DuckDB.
 *
 * Only what a macro alone cannot bridge is changed, token by token. Lines stay lines, so that a
 * line in an error of the engine is a line of the file. A column after a change may have moved.
 */
import { castTypes } from "./casts.ts";
import { formatted, readFormat } from "./formats.ts";
import { readJsonShape } from "./json.ts";
import {
  argumentsOf,
  closing,
  isSymbol,
  isWord,
  nameOf,
  significant,
  type Token,
  tokenize,
} from "./tokens.ts";

/** Aggregates keep their place before OVER and FILTER: what is bridged is their argument. */
const aggregates: Readonly<Record<string, { name: string; argument: string }>> = {
  avg: { name: "avg", argument: "no_decimal(" },
  count_if: { name: "count_if", argument: "or_false(" },
  median: { name: "median", argument: "as_double(" },
  percentile: { name: "quantile_cont", argument: "as_double(" },
};

const renamed: Readonly<Record<string, string>> = {
  array: "list_value",
  explode: "unnest",
  percentile_approx: "quantile_disc",
};

const collections: Readonly<Record<string, string>> = {
  collect_list: "collected(list(",
  collect_set: "collected(list(distinct ",
};

/** An INT on Spark, and of 64 bits on DuckDB. */
const ranks = new Set(["dense_rank", "rank", "row_number"]);

/** Other text for some tokens. */
type Replaced = Map<Token, string>;

export function rewriteForDuckDb(text: string): string {
  return rewriteTokens(tokenize(text));
}

export function rewriteTokens(tokens: readonly Token[]): string {
  const kept = significant(tokens);
  const replaced: Replaced = new Map();
  for (let at = 0; at < kept.length; at++) rewriteAt(kept, at, replaced);
  return tokens.map((token) => replaced.get(token) ?? token.text).join("");
}

/** The names of the parameters, `:name`, in the order of their first use. */
export function parametersOf(text: string): string[] {
  const found = tokenize(text).filter(({ kind }) => kind === "parameter");
  return [...new Set(found.map((token) => token.text.slice(1)))];
}

function rewriteAt(tokens: readonly Token[], at: number, replaced: Replaced): void {
  const token = tokens[at];
  if (token === undefined) return;
  if (token.kind === "backticked") replaced.set(token, quoted(token));
  else if (token.kind === "parameter") replaced.set(token, `$${token.text.slice(1)}`);
  else if (token.kind === "symbol") rewriteSymbol(token, replaced);
  else if (token.kind === "word") rewriteWord(tokens, at, token, replaced);
}

function rewriteSymbol(token: Token, replaced: Replaced): void {
  if (token.text === "<=>") replaced.set(token, "IS NOT DISTINCT FROM");
  if (token.text === "||") replaced.set(token, "|||"); // A macro that prints as Spark does.
}

function rewriteWord(
  tokens: readonly Token[],
  at: number,
  token: Token,
  replaced: Replaced,
): void {
  const next = tokens[at + 1];
  if (isSymbol(next, "(")) rewriteCall(tokens, at, token, replaced);
  else if (isWord(token, "div")) replaced.set(token, "//");
  else if (isWord(token, "left") && isWord(next, "semi", "anti")) replaced.set(token, "");
  else if (isWord(token, "timestamp") && next?.kind === "string") {
    replaced.set(token, "TIMESTAMPTZ");
  }
}

function rewriteCall(tokens: readonly Token[], at: number, token: Token, replaced: Replaced): void {
  const name = nameOf(token);
  const aggregate = aggregates[name];
  const collection = collections[name];
  const other = renamed[name];
  if (name === "cast" || name === "try_cast") rewriteCast(tokens, at, token, replaced);
  else if (name === "except" && isSymbol(tokens[at - 1], "*")) replaced.set(token, "EXCLUDE");
  else if (name === "div") replaced.set(token, "//");
  else if (name === "posexplode" || (name === "explode" && isWord(tokens[at - 1], "lateral"))) {
    rewriteGenerator(tokens, at, name, replaced);
  } else if (name === "from_json") rewriteJson(tokens, at, token, replaced);
  else if (ranks.has(name)) rewriteRank(tokens, at, replaced);
  else if (other !== undefined) replaced.set(token, other);
  else if (name === "concat" && ofTextAlone(tokens, at + 1)) {
    replaced.set(token, "system.main.concat");
  } else if (formatted.has(name)) rewriteFormat(tokens, at, name, replaced);
  else if (aggregate !== undefined) {
    replaced.set(token, aggregate.name);
    wrapFirst(tokens, at + 1, aggregate.argument, replaced);
  } else if (collection !== undefined) {
    replaced.set(token, "");
    replace(tokens[at + 1], collection, replaced);
    replace(tokens[closing(tokens, at + 1)], "))", replaced);
  }
}

/**
 * Are these arguments texts and `chr(9)`s? None is null or of another type then, and the macro,
 * which cares for those, only costs: it is unfolded again in each place of each query.
 */
function ofTextAlone(tokens: readonly Token[], open: number): boolean {
  return argumentsOf(tokens, open).every(([first, ...more]) =>
    more.length === 0
      ? first?.kind === "string"
      : isWord(first, "chr") && more.length === 3 && more[1]?.kind === "number"
  );
}

/** `cast(x as int)` -> `cast_to_int(x)`; a decimal keeps its cast, around the number's text. */
function rewriteCast(tokens: readonly Token[], at: number, token: Token, replaced: Replaced): void {
  const end = closing(tokens, at + 1);
  const last = tokens[end - 1];
  const as = isSymbol(last, ")") ? lastAs(tokens, end) : end - 2;
  const type = tokens[as + 1];
  if (type === undefined || !isWord(tokens[as], "as")) return;
  const name = nameOf(type);
  if (name === "decimal") {
    replace(tokens[at + 1], "(number_text(", replaced);
    replace(tokens[as], ") as", replaced);
  } else if (castTypes.has(name)) {
    replaced.set(token, `${token.text}_to_${name}`);
    replace(tokens[as], "", replaced);
    replace(type, "", replaced);
  }
}

/** `as decimal(18, 3))`: the word before the type, seen from the closing bracket. */
function lastAs(tokens: readonly Token[], end: number): number {
  let at = end - 1;
  while (at > 0 && !isWord(tokens[at], "as")) at--;
  return at;
}

/** `rank() over (…)` -> `CAST(rank() over (…) AS INTEGER)` */
function rewriteRank(tokens: readonly Token[], at: number, replaced: Replaced): void {
  const [token, over] = [tokens[at], closing(tokens, at + 1) + 1];
  const open = over + 1;
  const last = tokens[isSymbol(tokens[open], "(") ? closing(tokens, open) : open];
  if (token === undefined || last === undefined || !isWord(tokens[over], "over")) return;
  replaced.set(token, `CAST(${token.text}`);
  replaced.set(last, `${last.text} AS INTEGER)`);
}

/** Puts the first argument into a call of its own, a DISTINCT before it left outside. */
function wrapFirst(
  tokens: readonly Token[],
  open: number,
  call: string,
  replaced: Replaced,
): void {
  const distinct = tokens[open + 1];
  if (isWord(distinct, "distinct")) replace(distinct, `distinct ${call}`, replaced);
  else replace(tokens[open], `(${call}`, replaced);
  const first = argumentsOf(tokens, open)[0]?.length ?? 0;
  const after = tokens[open + 1 + first];
  if (after !== undefined) replaced.set(after, `)${after.text}`);
}

/**
 * `select posexplode(x) as (pos, col)` and `from t, lateral posexplode(x) as p(pos, col)`: the list
 * and its places side by side.
 */
function rewriteGenerator(
  tokens: readonly Token[],
  at: number,
  name: string,
  replaced: Replaced,
): void {
  const close = closing(tokens, at + 1);
  if (isWord(tokens[at - 1], "lateral")) return rewriteLateral(tokens, at, name, replaced);
  const list = rewriteTokens(spaced(tokens.slice(at + 2, close)));
  const [place, column] = argumentsOf(tokens, close + 2).map(([only]) => only);
  if (place === undefined) return;
  const written = place.kind === "backticked" ? quoted(place) : place.text;
  replace(tokens[at], `${placesOf(list)} AS ${written}, unnest`, replaced);
  for (const token of tokens.slice(close + 2, closing(tokens, close + 2) + 1)) {
    if (token !== column) replaced.set(token, "");
  }
}

const placesOf = (list: string): string =>
  `unnest(CAST(range(system.main.len(${list})) AS INTEGER[]))`;

/**
 * The list stands in a relation of its own: DuckDB joins a lateral query by all that it reads, and
 * would copy a text to each of the parts that it is split into.
 */
function rewriteLateral(
  tokens: readonly Token[],
  at: number,
  name: string,
  replaced: Replaced,
): void {
  const list = `__list_${tokens[at]?.line}_${tokens[at]?.column}`;
  const parts = `${name === "explode" ? "" : `${placesOf(list)}, `}unnest(${list})`;
  replace(tokens[at], "(SELECT ", replaced);
  replace(tokens[at + 1], "", replaced);
  replace(
    tokens[closing(tokens, at + 1)],
    ` AS ${list}) AS of${list}, LATERAL (SELECT ${parts})`,
    replaced,
  );
}

/** As they would stand on one line. */
const spaced = (tokens: readonly Token[]): Token[] =>
  tokens.flatMap((token) => [token, { ...token, kind: "space", text: " " }]);

/** The linter has seen that the schema is one that can be read, and what the options say. */
function rewriteJson(tokens: readonly Token[], at: number, token: Token, replaced: Replaced): void {
  const [, [schema] = [], options] = argumentsOf(tokens, at + 1);
  const shape = schema?.kind === "string" ? readJsonShape(schema.text.slice(1, -1)) : null;
  if (schema === undefined || shape === null) return;
  replaced.set(token, shape.macro);
  replaced.set(schema, `'${shape.structure}'`);
  if (options === undefined) return;
  const end = closing(tokens, at + 1);
  for (let next = tokens.indexOf(schema) + 1; next < end; next++) {
    replace(tokens[next], "", replaced);
  }
}

/** The linter has seen that the format is a text of known fields. */
function rewriteFormat(
  tokens: readonly Token[],
  at: number,
  name: string,
  replaced: Replaced,
): void {
  const literal = argumentsOf(tokens, at + 1)[1]?.[0];
  const format = literal?.kind === "string" ? readFormat(literal.text.slice(1, -1)) : null;
  if (literal === undefined || format === null) return;
  const pattern = name === "date_format" ? "" : `, '${format.pattern}'`;
  replaced.set(literal, `'${format.duckDb}'${pattern}`);
}

function replace(token: Token | undefined, text: string, replaced: Replaced): void {
  if (token !== undefined) replaced.set(token, text);
}

function quoted(token: Token): string {
  const name = token.text.slice(1, -1).replaceAll("``", "`");
  return `"${name.replaceAll('"', '""')}"`;
}
