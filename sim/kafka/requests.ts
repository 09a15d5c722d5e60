/**
 * Requests: the bytes of one frame -> the parts of its answer.
 *
 *   request   api_key INT16, api_version INT16, correlation_id INT32, client_id NULLABLE_STRING
 *             (with its fixed length in all versions), tags (flexible versions); then the body
 *   response  correlation_id INT32, tags (flexible versions, but never of ApiVersions); the body
 *
 * What we do not speak is never guessed at: an unknown API or version, or a request cut short, ends
 * the connection, as Kafka does it. Only ApiVersions has a way back.
 *
 * Source: Apache Kafka, RequestHeader.json and ResponseHeader.json; KIP-511.
 */
import { Reader, Writer } from "../net/bytes.ts";
import type { RequestNote } from "../events.ts";
import { apis } from "./apis/mod.ts";
import { encodeApiVersions } from "./apis/api_versions.ts";
import type { Broker } from "./broker.ts";
import { errors } from "./errors.ts";
import { apiVersionsKey, type Session, sessionProblem } from "./session.ts";

/** Why the connection ends. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Null: the client expects no answer. The frame is used up when this returns. */
export type Answer = Uint8Array<ArrayBuffer>[] | null;

/**
 * @throws {ProtocolError} if the connection must end.
 */
export function answerTo(
  frame: Uint8Array,
  session: Session,
  broker: Broker,
  note: RequestNote | null = null,
): Answer | Promise<Answer> {
  const { key, version } = readKey(frame);
  const api = apis.get(key);
  if (api === undefined) throw new ProtocolError(`Cannot serve API ${key}: not known`);
  const isKnown = version >= api.versions.min && version <= api.versions.max;
  if (!isKnown && key === apiVersionsKey) return refuseApiVersions(frame);
  if (!isKnown) throw new ProtocolError(`Cannot serve ${api.name} v${version}: not supported`);
  const problem = sessionProblem(session, key, broker.nowMs);
  if (problem !== null) throw new ProtocolError(`Cannot serve ${api.name}: ${problem}`);
  const flexible = version >= api.flexibleFrom;
  const { correlationId, run } = orProtocolError(`${api.name} v${version}`, () => {
    const reader = new Reader(frame, { flexible, offset: 4 });
    const correlationId = reader.int32();
    const clientId = readClientId(reader);
    reader.tags();
    return {
      correlationId,
      run: api.prepare(reader, { broker, version, clientId, session, note }),
    };
  });
  const hasTags = flexible && key !== apiVersionsKey;
  const result = run();
  if (!(result instanceof Promise)) return result && framed(correlationId, hasTags, result);
  return result.then((body) => body && framed(correlationId, hasTags, body));
}

function readKey(frame: Uint8Array): { key: number; version: number } {
  return orProtocolError("a request header", () => {
    const reader = new Reader(frame);
    return { key: reader.int16(), version: reader.int16() };
  });
}

/** The client's bytes are at fault here, and nothing else: our own RangeErrors come later. */
function orProtocolError<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProtocolError(`Cannot read ${what}: ${error.message}`, { cause: error });
  }
}

function readClientId(reader: Reader): string {
  const length = reader.int16();
  return length < 0 ? "" : reader.text(length);
}

/** Documented: v0, the error, and at least the range of ApiVersions itself. */
function refuseApiVersions(frame: Uint8Array): Answer {
  const correlationId = orProtocolError(
    "a request header",
    () => new Reader(frame, { offset: 4 }).int32(),
  );
  const { min, max } = apis.get(apiVersionsKey)?.versions ?? { min: 0, max: 0 };
  const body = new Writer();
  const ranges = [{ key: apiVersionsKey, min, max }];
  encodeApiVersions(body, { error: errors.UNSUPPORTED_VERSION, ranges }, 0);
  return framed(correlationId, false, body);
}

function framed(correlationId: number, hasTags: boolean, body: Writer): Uint8Array<ArrayBuffer>[] {
  const parts = body.parts();
  const header = new Writer({ flexible: hasTags, capacity: 9 });
  const size = parts.reduce((sum, { length }) => sum + length, hasTags ? 5 : 4);
  header.int32(size).int32(correlationId).tags();
  return [header.finish(), ...parts];
}
