/**
 * System variables: what `@@name` and SHOW VARIABLES say.
 *
 * Documented: names and defaults of MySQL 8.0; a client that asks for one that 8.0 no longer
 * has (`query_cache_size`, `tx_isolation`) is told so, as by the real one.
 * Assumed: RDS's own settings where they differ (`time_zone`, `version_comment`).
 * Left out: most of the some 600 variables; global ones cannot be set.
 */
import { MysqlError } from "../errors.ts";
import type { SqlValue } from "../sql/context.ts";
import { payloadMax } from "../wire/channel.ts";

/** A boolean shows as 1 or 0, and as ON or OFF in SHOW VARIABLES. */
export type Setting = string | number | boolean;

export const serverVersion = "8.0.40";
export const connectionsMax = 151;
const utf8mb4 = "utf8mb4";
const collation = "utf8mb4_0900_ai_ci";

const defaults: Readonly<Record<string, Setting>> = {
  auto_increment_increment: 1,
  auto_increment_offset: 1,
  autocommit: true,
  big_tables: false,
  bind_address: "127.0.0.1",
  character_set_client: utf8mb4,
  character_set_connection: utf8mb4,
  character_set_database: utf8mb4,
  character_set_filesystem: "binary",
  character_set_results: utf8mb4,
  character_set_server: utf8mb4,
  character_set_system: "utf8mb3",
  collation_connection: collation,
  collation_database: collation,
  collation_server: collation,
  completion_type: "NO_CHAIN",
  default_authentication_plugin: "mysql_native_password",
  default_storage_engine: "InnoDB",
  default_week_format: 0,
  div_precision_increment: 4,
  error_count: 0,
  explicit_defaults_for_timestamp: true,
  foreign_key_checks: true,
  group_concat_max_len: 1024,
  have_openssl: "YES",
  have_ssl: "YES",
  hostname: "127.0.0.1",
  identity: 0,
  init_connect: "",
  innodb_lock_wait_timeout: 50,
  interactive_timeout: 28_800,
  last_insert_id: 0,
  lc_messages: "en_US",
  lc_time_names: "en_US",
  license: "GPL",
  local_infile: false,
  lock_wait_timeout: 31_536_000,
  log_bin: false,
  lower_case_file_system: false,
  lower_case_table_names: 0,
  max_allowed_packet: payloadMax,
  max_connections: connectionsMax,
  max_execution_time: 0,
  max_join_size: "18446744073709551615",
  net_buffer_length: 16_384,
  net_read_timeout: 30,
  net_retry_count: 10,
  net_write_timeout: 60,
  optimizer_switch: "index_merge=on",
  performance_schema: false,
  port: 0,
  protocol_version: 10,
  read_only: true,
  require_secure_transport: false,
  secure_file_priv: "/tmp/",
  server_id: 1,
  socket: "/tmp/mysql.sock",
  sql_auto_is_null: false,
  sql_big_selects: true,
  sql_log_bin: true,
  sql_mode: "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE," +
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
  sql_notes: true,
  sql_quote_show_create: true,
  sql_safe_updates: false,
  sql_select_limit: "18446744073709551615",
  sql_warnings: false,
  super_read_only: false,
  system_time_zone: "UTC",
  time_zone: "UTC",
  tls_version: "TLSv1.2,TLSv1.3",
  transaction_isolation: "REPEATABLE-READ",
  transaction_read_only: false,
  unique_checks: true,
  updatable_views_with_limit: "YES",
  version: serverVersion,
  version_comment: "Source distribution",
  version_compile_machine: "x86_64",
  version_compile_os: "Linux",
  wait_timeout: 28_800,
  warning_count: 0,
};

const readOnly = new Set(["version", "version_comment", "port", "hostname", "license", "socket"]);

/** The variables of one session. */
export class Variables {
  readonly #own = new Map<string, Setting>();
  readonly #user = new Map<string, SqlValue>();

  constructor(readonly fixed: Readonly<Record<string, Setting>>) {}

  /** `@@name`, `@@session.name`, `@@global.name` or `@name`. */
  read(written: string): SqlValue {
    if (!written.startsWith("@@")) return this.#user.get(written.slice(1).toLowerCase()) ?? null;
    const [, scope = "", name = ""] = /^@@(?:(global|session|local)\.)?(.*)$/i.exec(written) ?? [];
    const value = this.setting(name, scope.toLowerCase() === "global");
    return typeof value === "boolean" ? Number(value) : value;
  }

  /** @throws {MysqlError} if there is no such variable. */
  setting(written: string, isGlobal = false): Setting {
    const name = written.toLowerCase();
    const own = isGlobal ? undefined : this.#own.get(name);
    const value = own ?? this.fixed[name] ?? defaults[name];
    if (value === undefined) {
      throw new MysqlError("ER_UNKNOWN_SYSTEM_VARIABLE", `Unknown system variable '${written}'`);
    }
    return value;
  }

  setUser(name: string, value: SqlValue): void {
    this.#user.set(name.toLowerCase(), value);
  }

  set(written: string, value: SqlValue): void {
    const before = this.setting(written);
    const name = written.toLowerCase();
    if (readOnly.has(name)) {
      throw new MysqlError(
        "ER_INCORRECT_GLOBAL_LOCAL_VAR",
        `Variable '${name}' is a read only variable`,
      );
    }
    this.#own.set(name, typeof before === "boolean" ? isOn(value) : toSetting(value, name));
  }

  /** `SET NAMES`. */
  setCharset(charset: string): void {
    for (const part of ["client", "connection", "results"]) {
      this.#own.set(`character_set_${part}`, charset);
    }
  }

  /** Pairs for SHOW VARIABLES, by name. */
  list(): [string, string][] {
    const names = new Set([...Object.keys(defaults), ...Object.keys(this.fixed)]);
    return [...names].sort().map((name) => {
      const value = this.setting(name);
      return [name, typeof value === "boolean" ? (value ? "ON" : "OFF") : String(value)];
    });
  }
}

function isOn(value: SqlValue): boolean {
  return /^(1|on|true)$/i.test(String(value));
}

function toSetting(value: SqlValue, name: string): Setting {
  if (value === null) return defaults[name] ?? "";
  return typeof value === "bigint" ? String(value) : value;
}
