/**
 * Statements: one SQL statement, as tokens -> its answer.
 *
 * The account may read and nothing else, as the course's: what would write is refused by name.
 *
 * Documented: error texts as in the MySQL 8.0 reference.
 * Left out: PREPARE and EXECUTE as SQL, HANDLER, stored programs.
 */
import { type Answer, done, rowsOf } from "./admin/answers.ts";
import { describe, show, type ShowContext } from "./admin/show.ts";
import { MysqlError, syntaxError, unknownDatabase } from "./errors.ts";
import { systemDatabases } from "./login.ts";
import { query } from "./query.ts";
import type { Session } from "./session.ts";
import { assign } from "./sql/assignments.ts";
import type { Token } from "./sql/tokens.ts";

export async function execute(
  sql: string,
  tokens: readonly Token[],
  session: Session,
): Promise<Answer> {
  const first = tokens.find(({ key }) => key !== "(");
  switch (first?.key) {
    case "SELECT":
    case "WITH":
    case "TABLE":
    case "VALUES":
      return await query(sql, tokens, session);
    case "SHOW":
      return await show(showContext(sql, tokens, session));
    case "DESC":
    case "DESCRIBE":
    case "EXPLAIN":
      return await explain(sql, tokens, session);
    case "SET":
      assign(sql, tokens, session.variables);
      return done;
    case "USE":
      chooseDatabase(tokens[1]?.value ?? "", session);
      return done;
    case "BEGIN":
    case "START":
      session.isInTransaction = true;
      return done;
    case "COMMIT":
    case "ROLLBACK":
      session.isInTransaction = tokens[1]?.key === "TO";
      return done;
    case "SAVEPOINT":
    case "RELEASE":
    case "UNLOCK":
    case "DO":
      return done;
    case "KILL":
      return kill(sql, tokens, session);
    default:
      throw refusal(sql, tokens, session);
  }
}

/** @throws {MysqlError} if there is no such database. */
export function chooseDatabase(name: string, session: Session): void {
  const all = [...systemDatabases, session.server.database];
  if (!all.includes(name)) throw unknownDatabase(name);
  session.database = name;
}

export function showContext(
  sql: string,
  tokens: readonly Token[],
  session: Session,
): ShowContext {
  const { server } = session;
  return {
    sql,
    tokens,
    ownDatabase: server.database,
    database: session.database,
    user: session.user,
    variables: session.variables,
    tables: () => server.engine.tables(),
    processes: () => processes(session),
    status: () => status(session),
    now: session.now,
  };
}

export function processes({ server }: Session): (string | number | null)[][] {
  return [...server.sessions.values()].map((other) => [
    other.id,
    other.user,
    "127.0.0.1",
    other.database,
    other.running === null ? "Sleep" : "Query",
    Math.floor((server.nowMs() - other.sinceMs) / 1000),
    other.running === null ? "" : "executing",
    other.running,
  ]);
}

function status({ server, isTls }: Session): [string, string][] {
  return [
    ["Aborted_clients", "0"],
    ["Connections", String(server.sessions.size)],
    ["Questions", String(server.questions)],
    ["Ssl_cipher", isTls ? "TLS_AES_256_GCM_SHA384" : ""],
    ["Ssl_version", isTls ? "TLSv1.3" : ""],
    ["Threads_connected", String(server.sessions.size)],
    ["Uptime", String(Math.floor((server.nowMs() - server.startedMs) / 1000))],
  ];
}

/** `DESCRIBE table`; of a query only that it is one, since there is no MySQL to plan it. */
async function explain(
  sql: string,
  tokens: readonly Token[],
  session: Session,
): Promise<Answer> {
  const isQuery = ["SELECT", "WITH", "(", "FORMAT", "ANALYZE"].includes(tokens[1]?.key ?? "");
  if (!isQuery) return await describe(showContext(sql, tokens, session));
  const headings = "id select_type table partitions type possible_keys key key_len ref rows " +
    "filtered Extra";
  const from = tokens.findIndex(({ key }) => key === "FROM");
  const table = from < 0 ? null : tokens[from + 1]?.value ?? null;
  const row = [1, "SIMPLE", table, null, table === null ? null : "ALL", null, null, null, null];
  return rowsOf(headings.split(" "), [[
    ...row,
    null,
    null,
    table === null ? "No tables used" : "",
  ]]);
}

function kill(sql: string, tokens: readonly Token[], session: Session): Answer {
  const isQuery = tokens[1]?.key === "QUERY";
  const target = tokens[isQuery || tokens[1]?.key === "CONNECTION" ? 2 : 1];
  if (target?.kind !== "number") throw syntaxError(sql, target?.at ?? sql.length);
  killSession(Number(target.value), isQuery, session);
  return done;
}

export function killSession(id: number, isQuery: boolean, { server }: Session): void {
  const other = server.sessions.get(id);
  if (other === undefined) throw new MysqlError("ER_NO_SUCH_THREAD", `Unknown thread id: ${id}`);
  if (isQuery) other.interrupt();
  else other.kill();
}

/** First words of statements that write, and the privilege that they lack. */
const writing: Readonly<Record<string, string>> = {
  INSERT: "INSERT",
  REPLACE: "INSERT",
  UPDATE: "UPDATE",
  DELETE: "DELETE",
  CREATE: "CREATE",
  DROP: "DROP",
  ALTER: "ALTER",
  TRUNCATE: "DROP",
  RENAME: "ALTER",
  LOCK: "LOCK TABLES",
  OPTIMIZE: "INSERT",
  ANALYZE: "INSERT",
};

const fillers = new Set(
  ("INTO FROM TABLE TABLES LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE TEMPORARY IF NOT " +
    "EXISTS").split(" "),
);

function refusal(sql: string, tokens: readonly Token[], session: Session): MysqlError {
  const first = tokens[0];
  if (first === undefined) return syntaxError(sql, 0);
  const privilege = writing[first.key];
  const table = tokens.slice(1).find(({ key }) => !fillers.has(key));
  const host = `'${session.user}'@'127.0.0.1'`;
  const isTable = table?.kind === "name" || table?.kind === "word";
  if (privilege !== undefined && isTable && !notTables.has(table.key)) {
    return new MysqlError(
      "ER_TABLEACCESS_DENIED_ERROR",
      `${privilege} command denied to user ${host} for table '${lastName(tokens, table)}'`,
    );
  }
  if (privilege !== undefined || readOnlyWords.has(first.key)) {
    return new MysqlError(
      "ER_OPTION_PREVENTS_STATEMENT",
      "The MySQL server is running with the --read-only option so it cannot execute this statement",
    );
  }
  if (first.key === "CALL") {
    const name = `${session.database ?? ""}.${tokens[1]?.value ?? ""}`;
    return new MysqlError("ER_SP_DOES_NOT_EXIST", `PROCEDURE ${name} does not exist`);
  }
  if (["PREPARE", "EXECUTE", "DEALLOCATE", "HANDLER"].includes(first.key)) {
    return new MysqlError(
      "ER_UNSUPPORTED_PS",
      "This command is not supported in the prepared statement protocol yet",
    );
  }
  return syntaxError(sql, first.at);
}

/** What CREATE, DROP and ALTER have beside tables. */
const notTables = new Set(
  "DATABASE SCHEMA USER INDEX UNIQUE VIEW FUNCTION PROCEDURE TRIGGER EVENT ROLE OR".split(" "),
);
const readOnlyWords = new Set(
  "GRANT REVOKE LOAD FLUSH RESET PURGE INSTALL UNINSTALL CHANGE STOP IMPORT REPAIR".split(" "),
);

/** `database.table` is told as `table`. */
function lastName(tokens: readonly Token[], table: Token): string {
  const at = tokens.indexOf(table);
  return tokens[at + 1]?.key === "." ? tokens[at + 2]?.value ?? "" : table.value;
}
