/**
 * Gateway streams: records -> a Kinesis stream, through API Gateway's integration with PutRecords.
 *
 *   PUT  <gateway>/streams/<stream>/records   application/json
 *        {"records":[{"data":{…},"partition-key":"7"},…]}
 *   200  {"FailedRecordCount":1,"Records":[{"SequenceNumber":"4965…","ShardId":"shardId-…"},
 *         {"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"…"}]}
 *   400  {"__type":"ResourceNotFoundException","message":"…"}
 *
 * A 200 can carry failures, so every entry is read, and only those that failed are sent again.
 * PutRecords stores what it can of a request: a record that was throttled would come after the
 * next of its key. Therefore records of one key are never in one request, and keep their order.
 * Kinesis refuses a request for one record that is too large: the halves are tried, and in the
 * end that record alone is refused. What is sent again, and when, is delivery.ts's.
 *
 * A gateway without a mapping for errors answers 200 with Kinesis's error in the body: what the
 * body says counts, whatever the status.
 *
 * Source: Kinesis API reference, PutRecords; API Gateway developer guide, Kinesis proxy tutorial.
 * Left out: PUT …/record.
 */
import { shardNumberOf } from "../tables.ts";
import { excerpt, fieldOf, listIn, parsed } from "./answers.ts";
import {
  deliver,
  type Exchange,
  type GatewayOptions,
  mayPass,
  type Produced,
  refusal,
  type TooMuch,
  type Verdict,
  wrongCount,
} from "./delivery.ts";
import { forbiddenAdvice } from "./gateway_auth.ts";

export interface StreamRecord {
  /** 1 to 256 characters; `noKey` for records without one. */
  partitionKey: string;
  /** JSON text. */
  data: string;
}

export interface GatewayStreams {
  /**
   * Sends at most `requestRecordsMax` records. Those of one key keep their order; trouble comes
   * back as `failure`, beside what was stored before it.
   */
  putRecords(stream: string, records: readonly StreamRecord[]): Promise<Produced>;
}

/** PutRecords takes no more. */
export const requestRecordsMax = 500;
/** The partition key of records that have no key: they may pass each other. */
export const noKey = "none";

export function openGatewayStreams(gatewayUrl: string, options: GatewayOptions): GatewayStreams {
  return {
    putRecords(stream, records) {
      const url = `${gatewayUrl}/streams/${encodeURIComponent(stream)}/records`;
      return deliver(exchangeWith(url), records, options);
    },
  };
}

function exchangeWith(url: string): Exchange<StreamRecord> {
  return {
    url,
    method: "PUT",
    contentType: "application/json",
    orderOf: ({ partitionKey }) => partitionKey === noKey ? undefined : partitionKey,
    body: (records) => `{"records":[${records.map(recordText).join(",")}]}`,
    read: (status, text, count) => read(url, status, text, count),
  };
}

function recordText({ partitionKey, data }: StreamRecord): string {
  return `{"data":${data},"partition-key":${JSON.stringify(partitionKey)}}`;
}

function read(url: string, status: number, text: string, count: number): Verdict[] | TooMuch {
  if (status === 413) return { tooMuch: `413: ${excerpt(text)}` };
  const body = parsed(text);
  const error = errorIn(body);
  if (error !== null && isAboutRecords(error)) {
    return { tooMuch: `${error.type}: ${error.message}` };
  }
  const entries = status === 200 && error === null ? listIn(body, "Records") : null;
  if (entries === null) {
    const retryable = mayPass(status) || (error !== null && passing.has(error.type));
    const said = status === 403 ? forbiddenAdvice(text) : statusAdvice[status];
    const hint = error === null ? said : errorAdvice[error.type];
    throw refusal(url, { status, text }, { retryable, advice: hint });
  }
  if (entries.length !== count) throw wrongCount(url, "entries", entries.length, count);
  return entries.map(verdictOf);
}

function verdictOf(entry: Record<string, unknown>): Verdict {
  const { SequenceNumber: sequence, ShardId: shard, ErrorCode: code, ErrorMessage: error } = entry;
  if (typeof sequence === "string" && typeof shard === "string") {
    const partition = shardNumberOf(shard);
    const isNumber = /^[0-9]+$/.test(sequence);
    if (partition !== undefined && isNumber) return { partition, offset: BigInt(sequence) };
    return { fatal: `no shard and sequence number: ${excerpt(`${shard} ${sequence}`)}` };
  }
  const told = `${code ?? "no sequence number"}: ${error ?? "no reason given"}`;
  return typeof code === "string" && passing.has(code) ? { later: told } : { fatal: told };
}

interface KinesisError {
  type: string;
  message: string;
}

/** What Kinesis says went wrong; null if this is no error of Kinesis. */
function errorIn(body: unknown): KinesisError | null {
  const type = fieldOf(body, "__type");
  if (typeof type !== "string") return null;
  const message = fieldOf(body, "message") ?? fieldOf(body, "Message") ?? "";
  return { type: type.slice(type.indexOf("#") + 1), message: String(message) };
}

/**
 * A request is refused as a whole for one record that is too large (`Value '…' at
 * 'records.3.member.data' failed to satisfy constraint: …`), or for what all weigh together. A
 * key or a stream that is refused is not the record's fault: the mapping template lost it.
 */
function isAboutRecords({ type, message }: KinesisError): boolean {
  if (type !== "ValidationException" && type !== "InvalidArgumentException") return false;
  const places = [...message.matchAll(/ at '([\w.]+)' failed/g)].map(([, place = ""]) => place);
  if (places.length > 0) {
    return places.every((place) => /^records(\.\d+\.member\.data)?$/.test(place));
  }
  return /\brecords?\b|\bdata\b/i.test(message) && /size|large|exceed/i.test(message);
}

/** Errors that say "later", of a request or of one record. */
const passing: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
  "ThrottlingException",
  "KMSThrottlingException",
  "InternalFailure",
  "InternalFailureException",
  "InternalServiceFault",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  // The stream is being made.
  "ResourceInUseException",
]);

const errorAdvice: Readonly<Record<string, string>> = {
  ResourceNotFoundException: "there is no such stream in the gateway's region and account",
  ValidationException: "check the mapping template of PUT /streams/{stream-name}/records",
  InvalidArgumentException: "check the mapping template of PUT /streams/{stream-name}/records",
  SerializationException: "check the mapping template of PUT /streams/{stream-name}/records",
  UnknownOperationException: "the integration of PUT /streams/{stream-name}/records must be " +
    "Kinesis's action PutRecords",
  AccessDeniedException: "the gateway's role needs kinesis:PutRecords on the stream",
};

const statusAdvice: Readonly<Record<number, string>> = {
  200: "this is not an answer of PutRecords: check GATEWAY_URL and the integration of " +
    "PUT /streams/{stream-name}/records",
  404: "check the path of GATEWAY_URL",
  415: "the method has no mapping template for application/json",
};
