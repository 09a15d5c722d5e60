/**
 * Formats: a date format of Spark ('dd.MM.yyyy HH:mm') -> DuckDB's, and what a text of it looks like.
 *
 * Only fields of a fixed number of digits, and signs between them: there the engines agree once
 * the pattern has been checked, because DuckDB alone reads '2020-2-9' by 'yyyy-MM-dd'.
 */
export interface Format {
  /** For strftime and strptime. */
  duckDb: string;
  /** What a text must match before it is read. */
  pattern: string;
  /** Whether it names an instant: a year, and for each field all larger ones. */
  complete: boolean;
}

const fields: readonly [field: string, duckDb: string, digits: number][] = [
  ["yyyy", "%Y", 4],
  ["MM", "%m", 2],
  ["dd", "%d", 2],
  ["HH", "%H", 2],
  ["mm", "%M", 2],
  ["ss", "%S", 2],
];

/** Null when a part of it is none of the fields, or stands there twice. */
export function readFormat(text: string): Format | null {
  const found = new Set<number>();
  let [duckDb, pattern] = ["", "^"];
  for (const part of text.match(/y+|M+|d+|H+|m+|s+|[^]/g) ?? []) {
    const index = fields.findIndex(([field]) => field === part);
    const field = fields[index];
    if (field !== undefined && !found.has(index)) {
      found.add(index);
      duckDb += field[1];
      pattern += `[0-9]{${field[2]}}`;
    } else if (/^[-/.:, _]$/.test(part)) {
      duckDb += part;
      pattern += `[${part}]`;
    } else return null;
  }
  const largest = [...found].every((index) => index < found.size);
  return { duckDb, pattern: `${pattern}$`, complete: largest && found.has(0) };
}

/** Where these functions have their format: the second argument. */
export const formatted: ReadonlySet<string> = new Set([
  "date_format",
  "to_date",
  "to_timestamp",
  "try_to_timestamp",
]);
