/**
 * The packets of login and of answers: values -> payloads, and the client's login back.
 *
 * Source: MySQL client/server protocol: HandshakeV10, HandshakeResponse41, AuthSwitchRequest,
 * OK, ERR and EOF packets, Column Definition 41; mysql_com.h for the capability bits.
 * Left out: protocol 3.20 (HandshakeResponse320), compression, query attributes, session state.
 */
import type { MysqlError } from "../errors.ts";
import { PayloadReader, PayloadWriter } from "./bytes.ts";

export const capability = {
  longPassword: 1,
  foundRows: 2,
  longFlag: 4,
  connectWithDb: 8,
  odbc: 0x40,
  ignoreSpace: 0x100,
  protocol41: 0x200,
  interactive: 0x400,
  ssl: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  multiStatements: 0x1_0000,
  multiResults: 0x2_0000,
  psMultiResults: 0x4_0000,
  pluginAuth: 0x8_0000,
  connectAttributes: 0x10_0000,
  pluginAuthLenenc: 0x20_0000,
  expiredPasswords: 0x40_0000,
  deprecateEof: 0x100_0000,
} as const;

/** Everything above: what the greeting offers. */
export const serverCapabilities = Object.values(capability).reduce((all, bit) => all | bit, 0);

export const serverStatus = {
  inTransaction: 1,
  autocommit: 2,
  moreResults: 8,
} as const;

/** utf8mb4_0900_ai_ci: the collation of everything that is text. */
export const utf8mb4 = 255;
export const binaryCharset = 63;

/** Column types that we send. */
export const columnType = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newdecimal: 246,
  blob: 252,
  varString: 253,
  string: 254,
} as const;

export const columnFlag = { notNull: 1, blob: 16, unsigned: 32, binary: 128, number: 0x8000 };

export interface Column {
  name: string;
  type: number;
  charset: number;
  /** Longest value in bytes, as it would be shown. */
  length: number;
  flags: number;
  decimals: number;
  /** Where the column comes from; empty for an expression. */
  schema: string;
  table: string;
}

export interface Greeting {
  version: string;
  connectionId: number;
  /** 20 bytes, none of them 0. */
  scramble: Uint8Array;
  plugin: string;
}

export function greeting({ version, connectionId, scramble, plugin }: Greeting): Uint8Array {
  return new PayloadWriter()
    .uint8(10)
    .zeroText(version)
    .uint32(connectionId)
    .bytes(scramble.subarray(0, 8))
    .uint8(0)
    .uint16(serverCapabilities & 0xffff)
    .uint8(utf8mb4)
    .uint16(serverStatus.autocommit)
    .uint16(serverCapabilities >>> 16)
    .uint8(scramble.length + 1)
    .zeros(10)
    .bytes(scramble.subarray(8))
    .uint8(0)
    .zeroText(plugin)
    .finish();
}

export interface LoginRequest {
  capabilities: number;
  charset: number;
  user: string;
  proof: Uint8Array;
  /** Empty: none asked for. */
  database: string;
  /** Empty: a client that knows only the native one. */
  plugin: string;
}

/** A login cut off after its fixed part asks for TLS first. */
export function isSslRequest(payload: Uint8Array): boolean {
  return payload.length === 32 && (new PayloadReader(payload).uint32() & capability.ssl) !== 0;
}

export function readLogin(payload: Uint8Array): LoginRequest {
  const reader = new PayloadReader(payload);
  const capabilities = reader.uint32();
  reader.uint32(); // The largest packet that the client takes: ours are split anyway.
  const charset = reader.uint8();
  reader.bytes(23);
  const user = reader.zeroText();
  const proof = readProof(reader, capabilities);
  const database = capabilities & capability.connectWithDb && reader.remaining > 0
    ? reader.zeroText()
    : "";
  const plugin = capabilities & capability.pluginAuth && reader.remaining > 0
    ? reader.zeroText()
    : "";
  return { capabilities, charset, user, proof, database, plugin };
}

function readProof(reader: PayloadReader, capabilities: number): Uint8Array {
  if (capabilities & capability.pluginAuthLenenc) return reader.lenencBytes() ?? new Uint8Array();
  return reader.bytes(reader.uint8());
}

/** COM_CHANGE_USER without its command byte. */
export function readChangeUser(payload: Uint8Array, capabilities: number): LoginRequest {
  const reader = new PayloadReader(payload);
  const user = reader.zeroText();
  const proof = reader.bytes(reader.uint8());
  const database = reader.zeroText();
  const charset = reader.remaining >= 2 ? reader.uint16() : utf8mb4;
  const plugin = capabilities & capability.pluginAuth && reader.remaining > 0
    ? reader.zeroText()
    : "";
  return { capabilities, charset, user, proof, database, plugin };
}

export function authSwitch(plugin: string, scramble: Uint8Array): Uint8Array {
  return new PayloadWriter().uint8(0xfe).zeroText(plugin).bytes(scramble).uint8(0).finish();
}

/** AuthMoreData: what a plugin says to its other half. */
export function authMore(data: Uint8Array): Uint8Array {
  return new PayloadWriter().uint8(1).bytes(data).finish();
}

export interface OkFields {
  affectedRows?: number;
  status: number;
  warnings?: number;
  /** Shown to people by the client; the proof of the certificate travels here too. */
  info?: string;
}

export function ok(fields: OkFields): Uint8Array {
  return okBody(0x00, fields);
}

function okBody(header: number, { affectedRows = 0, status, warnings = 0, info }: OkFields) {
  const writer = new PayloadWriter().uint8(header).lenenc(affectedRows).lenenc(0)
    .uint16(status).uint16(warnings);
  return (info ? writer.lenencText(info) : writer).finish();
}

/** After the columns, where the client still wants it; never after the rows of a newer one. */
export function eof(status: number, warnings = 0): Uint8Array {
  return new PayloadWriter().uint8(0xfe).uint16(warnings).uint16(status).finish();
}

/** The end of the rows, in the form this client expects. */
export function endOfRows(capabilities: number, status: number): Uint8Array {
  return capabilities & capability.deprecateEof ? okBody(0xfe, { status }) : eof(status);
}

export function err(error: MysqlError): Uint8Array {
  return new PayloadWriter().uint8(0xff).uint16(error.errno).text(`#${error.sqlState}`)
    .text(error.message).finish();
}

/** An error before the client has said that it speaks protocol 4.1: without SQLSTATE. */
export function errBeforeLogin(error: MysqlError): Uint8Array {
  return new PayloadWriter().uint8(0xff).uint16(error.errno).text(error.message).finish();
}

export function columnDefinition(column: Column): Uint8Array {
  return columnWriter(column).finish();
}

/** The answer to COM_FIELD_LIST ends each column with its default value: NULL. */
export function fieldListEntry(column: Column): Uint8Array {
  return columnWriter(column).uint8(0xfb).finish();
}

function columnWriter(column: Column): PayloadWriter {
  return new PayloadWriter()
    .lenencText("def")
    .lenencText(column.schema)
    .lenencText(column.table)
    .lenencText(column.table)
    .lenencText(column.name)
    .lenencText(column.table === "" ? "" : column.name)
    .uint8(0x0c)
    .uint16(column.charset)
    .uint32(column.length)
    .uint8(column.type)
    .uint16(column.flags)
    .uint8(column.decimals)
    .uint16(0);
}

/** One row of the text protocol: every value as text, NULL as the byte FB. */
export function textRow(values: readonly (string | null)[]): Uint8Array {
  const writer = new PayloadWriter();
  for (const value of values) {
    if (value === null) writer.uint8(0xfb);
    else writer.lenencText(value);
  }
  return writer.finish();
}

export function prepared(id: number, columnCount: number, parameterCount: number): Uint8Array {
  return new PayloadWriter().uint8(0).uint32(id).uint16(columnCount).uint16(parameterCount)
    .uint8(0).uint16(0).finish();
}
