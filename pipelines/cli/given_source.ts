/**
 * Given source: the words behind `--source` -> a folder of files, or a MySQL server, or what to do
 * instead. Nothing is opened here.
 */
import { isMysqlUrl } from "../addresses.ts";
import { UsageError } from "../errors.ts";
import { type MysqlTarget, mysqlUrl } from "../forms.ts";

export type GivenSource =
  | { kind: "folder"; words: string; dir: string }
  | { kind: "server"; words: string; url: string; mysql: MysqlTarget };

/** A drive of Windows has one letter; `./a:b` is a folder. */
const urlLike = /^([a-z][a-z0-9+.-]+):/i;

/** @throws {UsageError} if it is neither; what was given is not repeated, it may hold a password. */
export function givenSource(source: string): GivenSource {
  if (isMysqlUrl(source)) return serverOf(source);
  const scheme = urlLike.exec(source)?.[1]?.toLowerCase();
  if (scheme !== undefined) throw new UsageError(`--source is ${adviceFor(scheme)}`);
  if (/[.]sql([.]gz)?$/i.test(source)) throw sqlDump(source);
  return { kind: "folder", words: source, dir: source };
}

function serverOf(url: string): GivenSource {
  const mysql = mysqlUrl("--source", url);
  const words = `mysql://${mysql.host}:${mysql.port}/${mysql.database}`;
  return { kind: "server", words, url, mysql };
}

const exported = "export the three tables as CSV, JSON Lines or Parquet, and name their folder";

function adviceFor(scheme: string): string {
  if (/^(postgres|postgresql|psql)\b/.test(scheme)) {
    return `a PostgreSQL database, which is not read: ${exported} ` +
      "(psql: \\copy user_data to 'user_data.csv' csv header)";
  }
  if (/^s3[an]?$/.test(scheme)) {
    return "a place in S3, which is not read: copy it to a folder first " +
      "(aws s3 cp --recursive) and name that";
  }
  if (/^(mysql|mariadb)/.test(scheme)) {
    return "a malformed address of MySQL: must be mysql://user:password@host:port/database";
  }
  return `an address of a kind (${scheme}:) that is not read: must be a folder, or ` +
    `mysql://user:password@host:port/database; otherwise ${exported}`;
}

/** What to do with a dump of SQL statements. */
export function sqlDump(path: string): UsageError {
  return new UsageError(
    `Cannot read ${path}: a dump of SQL statements is no table. Load it into a MySQL server and ` +
      `give that as --source mysql://user:password@host/database, or ${exported}`,
  );
}
