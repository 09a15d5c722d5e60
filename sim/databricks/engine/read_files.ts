/**
 * Read files: `read_files(…)` of a statement -> a temporary relation of its connection.
 *
 *   value       string: a line each, or with `wholeText => true` an object each
 *   and         columns of folders named `name=value`, and `_metadata` where it is asked for
 *
 * Source: Databricks SQL language manual, read_files.
 * Left out: formats but text, schemas, rescued data, streaming.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { notHere } from "../errors.ts";
import { quoted } from "../sql/names.ts";
import type { FilesRead } from "../sql/rewrite.ts";
import type { Listed, Objects } from "./objects.ts";

const knownOptions = new Set(["format", "wholetext", "recursivefilelookup"]);
/** Asked for at the same time. */
const objectsAtOnce = 8;

/** Fills a relation of the name that the rewritten query uses. */
export async function readFiles(
  connection: DuckDBConnection,
  objects: Objects,
  files: FilesRead,
  checkCanceled: () => void,
): Promise<void> {
  checkFormat(files);
  const listed = await objects.list(files.path);
  const folders = foldersOf(listed);
  const lines = `${files.relation}_lines`;
  await connection.run(`CREATE TEMP TABLE ${lines} (object INTEGER, value VARCHAR)`);
  await connection.run(`CREATE TEMP TABLE ${files.relation}_objects (object INTEGER,
    file_path VARCHAR, file_name VARCHAR, file_size BIGINT, file_modification_time TIMESTAMPTZ
    ${folders.map((name) => `, ${quoted(name)} VARCHAR`).join("")})`);
  await fillObjects(connection, `${files.relation}_objects`, listed, folders);
  const isWhole = files.options.get("wholetext")?.toLowerCase() === "true";
  await fillLines(connection, lines, { objects, listed, isWhole, checkCanceled });
  const metadata = files.withMetadata
    ? [`struct_pack(file_path := file_path, file_name := file_name, file_size := file_size,
        file_modification_time := file_modification_time) AS _metadata`]
    : [];
  const columns = ["value", ...metadata, ...await folderColumns(connection, files, folders)];
  await connection.run(`CREATE TEMP VIEW ${files.relation} AS
    SELECT ${columns.join(", ")}
    FROM ${lines} AS lines JOIN ${files.relation}_objects AS objects USING (object)`);
}

function checkFormat({ options, path }: FilesRead): void {
  for (const name of options.keys()) {
    if (!knownOptions.has(name)) throw notHere(`read_files has no option ${name} here`);
  }
  const given = options.get("format")?.toLowerCase() ?? /[.](txt)(?:[.]gz)?$/.exec(path)?.[1];
  if (given === "text" || given === "txt") return;
  throw notHere(`read_files reads text alone, not ${given ?? "a format that it must guess"}`);
}

/** The names of folders `name=value` that all objects lie in. */
function foldersOf(listed: readonly Listed[]): string[] {
  const [first] = listed;
  const names = [...first?.key.matchAll(/([^/=]+)=[^/]*\//g) ?? []].map(([, name = ""]) => name);
  return names.filter((name) => listed.every(({ key }) => key.includes(`${name}=`)));
}

async function fillObjects(
  connection: DuckDBConnection,
  table: string,
  listed: readonly Listed[],
  folders: readonly string[],
): Promise<void> {
  const { DuckDBTimestampTZValue } = await import("@duckdb/node-api");
  const appender = await connection.createAppender(table);
  for (const [index, { bucket, key, size, modifiedMs }] of listed.entries()) {
    appender.appendInteger(index);
    appender.appendVarchar(`s3://${bucket}/${key}`);
    appender.appendVarchar(key.slice(key.lastIndexOf("/") + 1));
    appender.appendBigInt(BigInt(size));
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(modifiedMs) * 1000n));
    for (const name of folders) {
      const value = new RegExp(`(?:^|/)${name}=([^/]*)/`).exec(key)?.[1] ?? "";
      appender.appendVarchar(decodeURIComponent(value));
    }
    appender.endRow();
  }
  appender.closeSync();
}

async function fillLines(
  connection: DuckDBConnection,
  table: string,
  { objects, listed, isWhole, checkCanceled }: {
    objects: Objects;
    listed: readonly Listed[];
    isWhole: boolean;
    checkCanceled: () => void;
  },
): Promise<void> {
  // Broken UTF-8 becomes replacement characters, as in Spark; a mark at the beginning stays.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const appender = await connection.createAppender(table);
  try {
    for (let from = 0; from < listed.length; from += objectsAtOnce) {
      checkCanceled();
      const some = listed.slice(from, from + objectsAtOnce);
      const bodies = await Promise.all(some.map((object) => objects.read(object)));
      for (const [index, bytes] of bodies.entries()) {
        const text = decoder.decode(bytes);
        for (const line of isWhole ? [text] : linesOf(text)) {
          appender.appendInteger(from + index);
          appender.appendVarchar(line);
          appender.endRow();
        }
      }
      appender.flushSync();
    }
  } finally {
    appender.closeSync();
  }
}

/** Ended by LF, CR LF or CR; the last need not be ended. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Whole numbers where all values are, as Spark takes them. */
async function folderColumns(
  connection: DuckDBConnection,
  files: FilesRead,
  folders: readonly string[],
): Promise<string[]> {
  const columns: string[] = [];
  for (const name of folders) {
    const column = quoted(name);
    const found = await connection.runAndReadAll(
      `SELECT bool_and(try_cast(${column} AS INTEGER) IS NOT NULL) FROM ${files.relation}_objects`,
    );
    const isWhole = found.getRows()[0]?.[0] === true;
    columns.push(isWhole ? `CAST(${column} AS INTEGER) AS ${column}` : column);
  }
  return columns;
}
