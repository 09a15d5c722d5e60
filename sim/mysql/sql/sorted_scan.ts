/**
 * Sorted scan: a query of one table in the order of its key needs no sort, because the table is
 * stored in that order and a scan keeps it.
 */
import type { Token } from "./tokens.ts";

/** Anything of these makes a new order, or a name of another meaning. */
const disturbing = new Set(
  "AS DISTINCT DISTINCTROW GROUP HAVING UNION INTERSECT EXCEPT JOIN OVER WINDOW WITH".split(" "),
);

/** The tokens without `ORDER BY key [ASC]` where it changes nothing, else as they are. */
export function withoutNeedlessOrder(
  tokens: readonly Token[],
  keyOf: (table: string) => string | undefined,
): readonly Token[] {
  if (tokens[0]?.key !== "SELECT") return tokens;
  const from = tokens.findIndex(({ key }) => key === "FROM");
  const table = tokens[from + 1];
  const key = table === undefined || from < 0 ? undefined : keyOf(table.value);
  if (key === undefined || !isPlainList(tokens.slice(1, from))) return tokens;
  if (
    tokens.some((token) =>
      disturbing.has(token.key) || token.key === "SELECT" && token.at > 0 &&
        token !== tokens[0]
    )
  ) return tokens;
  if (![undefined, "WHERE", "ORDER", "LIMIT", ""].includes(tokens[from + 2]?.key)) return tokens;
  const order = tokens.findIndex((token) => token.key === "ORDER");
  const column = tokens[order + 2];
  const isKey = order > 0 && tokens[order + 1]?.key === "BY" &&
    (column?.kind === "name" || column?.kind === "word") && column.value.toLowerCase() === key;
  if (!isKey || column.key === "INDEX") return tokens;
  const end = order + (tokens[order + 3]?.key === "ASC" ? 4 : 3);
  const after = tokens[end];
  if (after?.kind !== "end" && after?.key !== "LIMIT") return tokens;
  return [...tokens.slice(0, order), ...tokens.slice(end)];
}

/** `*`, or names with commas between them. */
function isPlainList(tokens: readonly Token[]): boolean {
  return tokens.every(({ kind, key }, at) =>
    at % 2 === 0 ? key === "*" || kind === "name" || kind === "word" : key === ","
  );
}
