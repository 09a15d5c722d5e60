/**
 * Sift: a file that DuckDB refused -> where its first fault is, or the rows that can be read in a
 * file of their own and the others one by one.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { quoteName } from "../sql/rewrite.ts";
import { type JudgedRow, judgeJsonLines } from "./diagnose.ts";
import { SourceFileError } from "./errors.ts";
import { LineWriter } from "./lines.ts";
import type { SourceFile } from "./plain.ts";
import { engineProblem, pathLiteral, type SourceReader } from "./reader.ts";

/** The rows of a file, and what a copy of some of them is. */
interface Rows {
  type: SourceFile["type"];
  judge(): AsyncGenerator<JudgedRow>;
}

/** The first fault of a file; null: none was found. */
export async function firstFault(
  connection: DuckDBConnection,
  file: SourceFile,
  reader: SourceReader,
  prefix: string,
): Promise<SourceFileError | null> {
  const { judge } = await rowsOf(connection, file, reader, prefix);
  for await (const { fault } of judge()) {
    if (fault !== null) return new SourceFileError(file.name, fault.text, fault.place);
  }
  return null;
}

/**
 * Copies the rows that can be read.
 * @param onBad told of every other one; its bytes are good until it returns
 * @throws {SourceFileError} if the file has no rows that could be told apart
 */
export async function sift(
  connection: DuckDBConnection,
  file: SourceFile,
  reader: SourceReader,
  prefix: string,
  onBad: (row: { bytes: Uint8Array; fault: NonNullable<JudgedRow["fault"]> }) => void,
): Promise<SourceFile> {
  const { type, judge } = await rowsOf(connection, file, reader, prefix);
  const path = `${prefix}.good`;
  using good = new LineWriter(path);
  for await (const { bytes, fault } of judge()) {
    if (fault === null) good.add(bytes);
    else onBad({ bytes, fault });
  }
  good.flush();
  return { name: file.name, path, type };
}

/** Rows of a file without lines are written as lines first: as JSON of their texts. */
async function rowsOf(
  connection: DuckDBConnection,
  { name, type }: SourceFile,
  { from, cells, judge }: SourceReader,
  prefix: string,
): Promise<Rows> {
  if (judge !== null) return { type, judge };
  const path = `${prefix}.rows`;
  const columns = cells.map(({ column }) => column);
  const texts = cells.map(({ sql, column }) => `${sql} AS ${quoteName(column.inFile)}`);
  try {
    await connection.run(
      `COPY (SELECT ${texts.join(", ")} FROM ${from}) TO ${pathLiteral(path)} (FORMAT json)`,
    );
  } catch (error) {
    throw new SourceFileError(name, engineProblem(error));
  }
  return { type: "json", judge: () => judgeJsonLines(path, columns, "row") };
}
