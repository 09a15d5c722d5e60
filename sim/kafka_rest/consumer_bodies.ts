/**
 * Small JSON bodies of the consumer resources -> checked fields.
 *
 * Source: Confluent REST Proxy, entities of v2.
 */
import { restError } from "./errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface PartitionFields {
  topic: string;
  partition: number;
  /** -1 where the request has none. */
  offset: bigint;
  metadata: string | null;
}

/** @throws {ServiceError} 400 for what is no JSON object, 422 for a field that nobody knows. */
export function bodyFields(body: Uint8Array, known: readonly string[]): Fields {
  const value = parsed(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw restError(400, "Cannot deserialize the request: it is no JSON object");
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw restError(422, `Unrecognized field: ${unknown}`);
  return value as Fields; // An object that is no array: its fields are still unknown.
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw restError(400, error instanceof Error ? error.message : String(error));
  }
}

/** A string, or a number or boolean as Jackson makes a string of it; null if absent. */
export function text(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value === "object") {
    throw restError(400, `Cannot deserialize value of type \`java.lang.String\` from '${name}'`);
  }
  return String(value);
}

/** @throws {ServiceError} 422 if it is absent or no list. */
export function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw restError(422, `${name} must not be null (was ${JSON.stringify(value ?? null)})`);
}

/** The partitions of a request, with offsets where it has them. */
export function partitionsIn(fields: Fields, name: string): PartitionFields[] {
  return list(fields, name).map((item) => {
    const { topic, partition, offset = -1, metadata = null } = Object(item);
    if (typeof topic !== "string" || !Number.isInteger(partition) || !Number.isInteger(offset)) {
      throw restError(400, `Cannot deserialize a partition from ${JSON.stringify(item)}`);
    }
    return {
      topic,
      partition,
      offset: BigInt(offset),
      metadata: typeof metadata === "string" ? metadata : null,
    };
  });
}
