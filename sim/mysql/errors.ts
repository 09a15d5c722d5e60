/**
 * The errors of the simulated MySQL: number, SQLSTATE and words as MySQL 8.0 has them.
 *
 * Source: MySQL 8.0 error reference, Server Error Message Reference.
 */
import { ServiceError } from "../errors.ts";

/** Symbol to number and SQLSTATE. */
const errorCodes = {
  ER_CON_COUNT_ERROR: [1040, "08004"],
  ER_HANDSHAKE_ERROR: [1043, "08S01"],
  ER_DBACCESS_DENIED_ERROR: [1044, "42000"],
  ER_ACCESS_DENIED_ERROR: [1045, "28000"],
  ER_NO_DB_ERROR: [1046, "3D000"],
  ER_UNKNOWN_COM_ERROR: [1047, "08S01"],
  ER_BAD_DB_ERROR: [1049, "42000"],
  ER_NON_UNIQ_ERROR: [1052, "23000"],
  ER_BAD_FIELD_ERROR: [1054, "42S22"],
  ER_WRONG_FIELD_WITH_GROUP: [1055, "42000"],
  ER_PARSE_ERROR: [1064, "42000"],
  ER_EMPTY_QUERY: [1065, "42000"],
  ER_NONUNIQ_TABLE: [1066, "42000"],
  ER_NO_SUCH_THREAD: [1094, "HY000"],
  ER_UNKNOWN_TABLE: [1051, "42S02"],
  ER_UNKNOWN_ERROR: [1105, "HY000"],
  ER_UNKNOWN_CHARACTER_SET: [1115, "42000"],
  ER_INVALID_GROUP_FUNC_USE: [1111, "HY000"],
  ER_TABLEACCESS_DENIED_ERROR: [1142, "42000"],
  ER_MIX_OF_GROUP_FUNC_AND_FIELDS_V2: [1140, "42000"],
  ER_NO_SUCH_TABLE: [1146, "42S02"],
  ER_NET_PACKET_TOO_LARGE: [1153, "08S01"],
  ER_NET_PACKETS_OUT_OF_ORDER: [1156, "08S01"],
  ER_UNKNOWN_SYSTEM_VARIABLE: [1193, "HY000"],
  ER_WRONG_ARGUMENTS: [1210, "HY000"],
  ER_SPECIFIC_ACCESS_DENIED_ERROR: [1227, "42000"],
  ER_INCORRECT_GLOBAL_LOCAL_VAR: [1238, "HY000"],
  ER_UNKNOWN_STMT_HANDLER: [1243, "HY000"],
  ER_NOT_SUPPORTED_AUTH_MODE: [1251, "08004"],
  ER_OPTION_PREVENTS_STATEMENT: [1290, "HY000"],
  ER_TRUNCATED_WRONG_VALUE: [1292, "22007"],
  ER_UNSUPPORTED_PS: [1295, "HY000"],
  ER_SP_DOES_NOT_EXIST: [1305, "42000"],
  ER_QUERY_INTERRUPTED: [1317, "70100"],
  ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT: [1582, "42000"],
  ER_MALFORMED_PACKET: [1835, "HY000"],
} as const;

export type ErrorSymbol = keyof typeof errorCodes;

/** What the simulated MySQL answers in an ERR packet. */
export class MysqlError extends ServiceError {
  readonly errno: number;
  readonly sqlState: string;
  constructor(symbol: ErrorSymbol, message: string) {
    super(symbol, message);
    [this.errno, this.sqlState] = errorCodes[symbol];
  }
}

/** The error text shows at most this many characters of the statement. */
const nearLengthMax = 80;

/** A syntax error at an offset of a statement: what stands there, and in which line. */
export function syntaxError(sql: string, at: number): MysqlError {
  const near = [...sql.slice(at, at + 2 * nearLengthMax)].slice(0, nearLengthMax).join("");
  const line = sql.slice(0, at).split("\n").length;
  return new MysqlError(
    "ER_PARSE_ERROR",
    "You have an error in your SQL syntax; check the manual that corresponds to your MySQL " +
      `server version for the right syntax to use near '${near}' at line ${line}`,
  );
}

export function interrupted(): MysqlError {
  return new MysqlError("ER_QUERY_INTERRUPTED", "Query execution was interrupted");
}

export function unknownTable(database: string, table: string): MysqlError {
  return new MysqlError("ER_NO_SUCH_TABLE", `Table '${database}.${table}' doesn't exist`);
}

export function unknownDatabase(database: string): MysqlError {
  return new MysqlError("ER_BAD_DB_ERROR", `Unknown database '${database}'`);
}
