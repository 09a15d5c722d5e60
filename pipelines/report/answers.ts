/**
 * The ten answers: the title and the picture that fits each, for whoever shows them.
 *
 * The order is the order of the questions in the course's brief.
 */

/** One value of a result, as a table shows it. */
export type Cell = string | number | bigint | boolean | null;

/** A result: column names, and rows with one cell for each of them. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** How an answer is drawn. Column names are those of its question. */
export type Picture =
  | { kind: "bars"; label: string; value: string; note?: string; most?: number }
  | { kind: "groups"; label: string; series: string; value: string }
  | { kind: "heat"; x: string; y: string; value: string }
  | { kind: "figure"; label: string; value: string };

export interface Question {
  name: string;
  title: string;
  picture: Picture;
}

export const questions: readonly Question[] = [
  {
    name: "most_popular_category_by_country",
    title: "Most popular category in each country",
    picture: {
      kind: "bars",
      label: "country",
      value: "category_count",
      note: "category",
      most: 25,
    },
  },
  {
    name: "posts_by_category_and_year",
    title: "Posts in each category, 2018 to 2022",
    picture: { kind: "heat", x: "post_year", y: "category", value: "category_count" },
  },
  {
    name: "most_popular_category_by_year",
    title: "Most popular category of each year, 2018 to 2022",
    picture: { kind: "bars", label: "post_year", value: "category_count", note: "category" },
  },
  {
    name: "most_followed_user_by_country",
    title: "Most followed user in each country",
    picture: {
      kind: "bars",
      label: "country",
      value: "follower_count",
      note: "poster_name",
      most: 25,
    },
  },
  {
    name: "most_followed_country",
    title: "Country of the most followed user",
    picture: { kind: "figure", label: "country", value: "follower_count" },
  },
  {
    name: "most_popular_category_by_age_group",
    title: "Most popular category in each age group",
    picture: { kind: "bars", label: "age_group", value: "category_count", note: "category" },
  },
  {
    name: "median_followers_by_age_group",
    title: "Median number of followers in each age group",
    picture: { kind: "bars", label: "age_group", value: "median_follower_count" },
  },
  {
    name: "users_joined_by_year",
    title: "Users who joined in each year, 2015 to 2020",
    picture: { kind: "bars", label: "join_year", value: "number_users_joined" },
  },
  {
    name: "median_followers_by_join_year",
    title: "Median number of followers by year of joining",
    picture: { kind: "bars", label: "join_year", value: "median_follower_count" },
  },
  {
    name: "median_followers_by_join_year_and_age_group",
    title: "Median number of followers by year of joining and age group",
    picture: {
      kind: "groups",
      label: "age_group",
      series: "join_year",
      value: "median_follower_count",
    },
  },
];

/** The cells of one column. */
export function column(table: Table, name: string): Cell[] {
  const at = table.columns.indexOf(name);
  if (at < 0) throw new RangeError(`No column ${name} among ${table.columns.join(", ")}`);
  return table.rows.map((row) => row[at] ?? null);
}

/** A number as people read it: 1,234,567 and 12.5. Anything else as it stands; null as nothing. */
export function shown(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number" || typeof cell === "bigint") return grouped(cell);
  return String(cell);
}

const numbers = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });

function grouped(value: number | bigint): string {
  return numbers.format(value);
}

/** Whether a column holds numbers that are amounts: aligned right, and grouped by thousands. */
export function isAmount(name: string): boolean {
  return /count|number|^(pin|geo|user|records|rows|cells|bytes)$/.test(name);
}
