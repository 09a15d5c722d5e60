/**
 * Tables of results, and how their cells are shown.
 */

/** One value of a result, as a table shows it. */
export type Cell = string | number | bigint | boolean | null;

/** A result: column names, and rows with one cell for each of them. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

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
