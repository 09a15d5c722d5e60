/**
 * Request: the JSON body of an execute call -> what is asked for, checked.
 *
 * Documented: fields, their values and their defaults. Assumed: the words of the refusals.
 */
import { ServiceError } from "../errors.ts";
import { defaultSession } from "./engine/mod.ts";
import type { Session } from "./sql/names.ts";
import type { Parameter } from "./sql/rewrite.ts";

export interface ExecuteRequest {
  statement: string;
  warehouseId: string;
  session: Session;
  parameters: ReadonlyMap<string, Parameter>;
  waitMs: number;
  onWaitTimeout: "CONTINUE" | "CANCEL";
  disposition: "INLINE" | "EXTERNAL_LINKS";
  rowLimit: number;
  byteLimit: number;
}

/** 16 MiB. */
const statementBytesMax = 16 << 20;
const defaultWaitMs = 10_000;

/** @throws {ServiceError} INVALID_PARAMETER_VALUE, MALFORMED_REQUEST */
export function readRequest(body: unknown): ExecuteRequest {
  if (!isObject(body)) {
    throw new ServiceError("MALFORMED_REQUEST", "Request body is no JSON object");
  }
  const statement = needText(body, "statement");
  if (new TextEncoder().encode(statement).length > statementBytesMax) {
    throw invalid(`The statement is longer than ${statementBytesMax} bytes`);
  }
  const disposition = oneOf(body, "disposition", ["INLINE", "EXTERNAL_LINKS"]);
  checkFormat(body, disposition);
  return {
    statement,
    warehouseId: needText(body, "warehouse_id"),
    session: {
      catalog: (text(body, "catalog") || defaultSession.catalog).toLowerCase(),
      schema: (text(body, "schema") || defaultSession.schema).toLowerCase(),
    },
    parameters: readParameters(body["parameters"]),
    waitMs: readWait(text(body, "wait_timeout")),
    onWaitTimeout: oneOf(body, "on_wait_timeout", ["CONTINUE", "CANCEL"]),
    disposition,
    rowLimit: limit(body, "row_limit"),
    byteLimit: limit(body, "byte_limit"),
  };
}

function checkFormat(body: Record<string, unknown>, disposition: string): void {
  const format = oneOf(body, "format", ["JSON_ARRAY", "ARROW_STREAM", "CSV"]);
  if (format === "JSON_ARRAY") return;
  if (disposition === "INLINE") {
    throw invalid(`The format ${format} is not supported for the disposition INLINE`);
  }
  throw new ServiceError("NOT_IMPLEMENTED", `The simulator has no results in ${format}`, 501);
}

function readParameters(given: unknown): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  if (given === undefined || given === null) return parameters;
  if (!Array.isArray(given)) throw invalid("parameters is no list");
  for (const entry of given) {
    if (!isObject(entry)) throw invalid("A parameter is no object");
    const name = needText(entry, "name");
    const { value, type } = entry;
    if (value !== undefined && value !== null && typeof value !== "string") {
      throw invalid(`The value of the parameter ${name} is no text`);
    }
    const isType = typeof type === "string" && type !== "";
    parameters.set(name.toLowerCase(), { value: value ?? null, type: isType ? type : "STRING" });
  }
  return parameters;
}

/** `0s`, or 5 to 50 seconds. */
function readWait(given: string): number {
  if (given === "") return defaultWaitMs;
  const seconds = Number(/^(\d+)s$/.exec(given)?.[1] ?? NaN);
  if (seconds === 0 || (seconds >= 5 && seconds <= 50)) return seconds * 1000;
  throw invalid(`wait_timeout is '${given}': must be 0s, or between 5s and 50s`);
}

function limit(body: Record<string, unknown>, field: string): number {
  const given = body[field];
  if (given === undefined || given === null) return Infinity;
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw invalid(`${field} is no positive number`);
  return number;
}

function oneOf<T extends string>(
  body: Record<string, unknown>,
  field: string,
  values: readonly [T, ...T[]],
): T {
  const given = text(body, field);
  if (given === "") return values[0];
  const found = values.find((value) => value === given);
  if (found === undefined) throw invalid(`${field} is '${given}': must be ${values.join(" or ")}`);
  return found;
}

function needText(body: Record<string, unknown>, field: string): string {
  const given = text(body, field);
  if (given === "") throw invalid(`The field ${field} is required`);
  return given;
}

function text(body: Record<string, unknown>, field: string): string {
  const given = body[field];
  if (given === undefined || given === null) return "";
  if (typeof given !== "string") throw invalid(`${field} is no text`);
  return given;
}

function invalid(message: string): ServiceError {
  return new ServiceError("INVALID_PARAMETER_VALUE", message);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
