/**
 * Copy: a table's columns -> the COPY statement that writes it to a file other programs can read.
 */
import { literal, quoted } from "./quoting.ts";

export type FileFormat = "csv" | "parquet";

interface Column {
  name: string;
  type: string;
}

/** Types whose Parquet form readers of Delta tables misread or refuse. */
const misread: Readonly<Record<string, string>> = {
  HUGEINT: "becomes a DOUBLE",
  TIMESTAMP: "is a time without zone",
  TIMESTAMP_NS: "has nanoseconds",
  UUID: "is refused by Spark",
};

/**
 * Whoever writes or reads a file holds a whole group in memory, for each thread: with DuckDB's
 * own 122,880 rows that is more than the memory we allow it. A multiple of its vectors of 2,048.
 */
const rowGroupRows = 20_480;

/** @throws {TypeError} a column's type would not survive Parquet: cast it where the table is made. */
export function copyStatement(
  table: string,
  columns: readonly Column[],
  path: string,
  format: FileFormat,
): string {
  const to = literal(path);
  if (format === "parquet") {
    for (const { name, type } of columns) {
      if (misread[type] === undefined) continue;
      throw new TypeError(`Cannot write ${name} to Parquet: ${type} ${misread[type]}`);
    }
    return `COPY ${table} TO ${to} (FORMAT parquet, ROW_GROUP_SIZE ${rowGroupRows})`;
  }
  const selected = columns.map((column) => csvColumn(column)).join(", ");
  return `COPY (SELECT ${selected} FROM ${table}) TO ${to} (FORMAT csv, HEADER)`;
}

/** Times and lists as other programs write them. */
function csvColumn({ name, type }: Column): string {
  const column = quoted(name);
  if (type === "TIMESTAMP WITH TIME ZONE") {
    const fraction = `rtrim(rtrim(strftime(${column}, '.%f'), '0'), '.')`;
    return `strftime(${column}, '%Y-%m-%dT%H:%M:%S') || ${fraction} || 'Z' AS ${column}`;
  }
  return type.endsWith("]") ? `to_json(${column}) AS ${column}` : column;
}
