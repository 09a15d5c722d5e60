/**
 * Picture: a header's line -> how the rows of a model are drawn.
 *
 *   -- picture  bars of category_count by country, note category, most 25
 *   -- picture  groups of median_follower_count by age_group and join_year
 *   -- picture  heat of category_count by post_year and category
 *   -- picture  figure of follower_count by country          one row, as large text
 *   -- picture  table                                        nothing beside the rows
 */
/** Names are those of columns; `value` is what is measured. */
export type Picture =
  | { kind: "table" }
  | { kind: "figure"; value: string; label: string }
  | {
    kind: "bars";
    value: string;
    label: string;
    /** Stands beside each bar. */
    note?: string | undefined;
    /** Lying bars, the longest so many of them; default: all, standing, in order. */
    most?: number | undefined;
  }
  | { kind: "groups" | "heat"; value: string; label: string; series: string };

/** What can be written in place of one that is missing or cannot be read. */
export const pictureForms =
  "'-- picture  bars of <number> by <column>' (more, if wanted: ', note <column>', ', most <rows>'), " +
  "'groups of <number> by <column> and <column>', 'heat of <number> by <column> and <column>', " +
  "'figure of <number> by <column>' or 'table'";

const form = /^(\w+) of (\w+) by (\w+)(?: and (\w+))?(?:, note (\w+))?(?:, most ([0-9]{1,4}))?$/;

/** @throws {SyntaxError} with the line */
export function readPicture(text: string, line: number): Picture {
  if (text === "table") return { kind: "table" };
  const [, kind, value, label, series, note, most] = form.exec(text) ?? [];
  if (value !== undefined && label !== undefined) {
    const isPlain = note === undefined && most === undefined;
    if (kind === "bars" && series === undefined) {
      return { kind, value, label, note, most: most === undefined ? most : Number(most) };
    }
    if (kind === "figure" && series === undefined && isPlain) return { kind, value, label };
    if ((kind === "groups" || kind === "heat") && series !== undefined && isPlain) {
      return { kind, value, label, series };
    }
  }
  throw new SyntaxError(`Cannot read the picture '${text}' at line ${line}: write ${pictureForms}`);
}

const numeric = /^(tinyint|smallint|int|bigint|float|double|decimal\(.*\))$/i;

/** What keeps a picture from being drawn of these columns; null if nothing does. */
export function pictureProblem(
  picture: Picture,
  output: readonly { name: string; type: string }[],
): string | null {
  const { kind, ...rest } = picture;
  const named = Object.values({ ...rest, most: undefined }).filter((name) => name !== undefined);
  const missing = named.find((name) => !output.some((column) => column.name === name));
  if (missing !== undefined) {
    const columns = output.map(({ name }) => name).join(", ");
    return `The picture names '${missing}': write one of the output's columns, ${columns}`;
  }
  const value = "value" in picture ? output.find(({ name }) => name === picture.value) : undefined;
  if (value === undefined || numeric.test(value.type)) return null;
  return `The picture's ${kind} are of '${value.name}', which is no number but ${value.type}: ` +
    "write a column of numbers behind 'of', or '-- picture  table'";
}
