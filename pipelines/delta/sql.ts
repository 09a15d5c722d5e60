/** SQL: the few pieces of DuckDB's own SQL that the modules of a Delta table share. */

import { literal } from "../warehouse/quoting.ts";

/**
 * Parquet files as a relation. DuckDB would take `[`, `*` and `?` in a path for a pattern, and
 * `p=1` for a column.
 */
export function parquetFiles(paths: readonly string[], options = ""): string {
  const files = paths.map((path) => literal(path.replaceAll(/[*?[]/g, "[$&]")));
  return `read_parquet([${files.join(", ")}], hive_partitioning = false, union_by_name = true` +
    `${options})`;
}
