/**
 * Kinesis: streams, their shards, and pages of records.
 *
 * Trouble that may pass (no answer, 5xx, too many reads, a stream that is being made) is tried
 * again until the limit, then ends clearly; an iterator that has expired is the caller's to
 * replace, because only the caller knows its position.
 *
 * The SDK is loaded at the first use: it is large, and nothing else needs it. It speaks HTTP/1.1
 * here. Observed (client 3.1143, Deno 2.9.6 at both ends, 2026-11-22): its default handler opens
 * an HTTP/2 session per request, 50 ms over TLS in place of 1.4, and says goodbye before the
 * answer's body has come, of which only 65,535 bytes arrive then; with HTTP/2 sessions that are
 * shared, six answers of 400 KiB at a time took 1.5 s over TLS in place of 12 ms.
 *
 * Left out: enhanced fan-out, encryption, aggregated records of the Kinesis Producer Library.
 */
import type {
  _Record as WireRecord,
  KinesisClient,
  KinesisClientConfig,
  ListShardsCommandInput,
  ListShardsCommandOutput,
  Shard as WireShard,
} from "@aws-sdk/client-kinesis";
import { OutsideError } from "../errors.ts";
import type { KinesisTarget } from "../target.ts";
import { credentialsFor, hasRenewed } from "./identity.ts";
import { outside } from "./outside.ts";
import { retrying, type RetryOptions } from "./retry.ts";

export interface Shard {
  shardId: string;
  /** The shards it was split or merged from; none for a first one. */
  parents: string[];
  startingSequenceNumber: string;
  /** Null while it is open. */
  endingSequenceNumber: string | null;
}

export interface KinesisRecord {
  /** Decimal, of about 56 digits. */
  sequenceNumber: string;
  partitionKey: string;
  data: Uint8Array;
  arrivalMs: number;
}

export interface KinesisPage {
  records: KinesisRecord[];
  /** Null once a closed shard is drained. */
  nextIterator: string | null;
  /** Zero at the tip of the shard. An empty page may be behind. */
  behindMs: number;
  /** The shard refused an attempt before this one: it is read too often. */
  throttled?: boolean;
}

export type IteratorStart =
  | { kind: "TRIM_HORIZON" }
  | { kind: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER"; sequenceNumber: string };

/** A signal given to a call stands in place of the one the client was opened with. */
export interface KinesisStreams extends Disposable {
  /** Makes the streams that are missing, on demand, and waits until all are ready. */
  ensureStreams(streams: readonly string[]): Promise<void>;
  /** All shards that can be read, closed ones included. */
  shards(stream: string, signal?: AbortSignal): Promise<Shard[]>;
  /** @throws {UnknownSequence} the stream never gave out this sequence number */
  iterator(
    stream: string,
    shardId: string,
    start: IteratorStart,
    signal?: AbortSignal,
  ): Promise<string>;
  /** @throws {ExpiredIterator} make a new one */
  records(iterator: string, limit?: number, signal?: AbortSignal): Promise<KinesisPage>;
}

/** An iterator lives for five minutes; then another one is made from the position. */
export class ExpiredIterator extends OutsideError {}

/** A position of another stream, maybe of one with the same name that was deleted. */
export class UnknownSequence extends OutsideError {}

type Sdk = typeof import("@aws-sdk/client-kinesis");
type Action<T> = (sdk: Sdk, client: KinesisClient, abort: Abort) => Promise<T>;
type Abort = { abortSignal?: AbortSignal };

export function openKinesis(target: KinesisTarget, options: RetryOptions): KinesisStreams {
  const where = `Kinesis at ${target.endpoint ?? target.region}`;
  const setting = target.endpoint === null ? "AWS_REGION" : "AWS_ENDPOINT_URL_KINESIS";
  let opened: KinesisClient | undefined;

  async function ready(): Promise<{ sdk: Sdk; client: KinesisClient }> {
    const sdk = await import("@aws-sdk/client-kinesis");
    opened ??= new sdk.KinesisClient(await clientConfig(target));
    return { sdk, client: opened };
  }

  /** One attempt, whose trouble is told in our words. */
  async function once<T>(what: string, action: Action<T>, signal = options.signal): Promise<T> {
    const { sdk, client } = await ready();
    try {
      return await action(sdk, client, signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (hasRenewed(error, target.credentials)) {
        opened = undefined;
        throw outside(what, error, { retryable: true });
      }
      throw trouble(what, error);
    }
  }

  async function act<T>(what: string, action: Action<T>, signal = options.signal): Promise<T> {
    await ready(); // To load the SDK is no wait for anybody.
    return await retrying(what, () => once(what, action, signal), { ...options, signal, setting });
  }

  /** What the service says of the stream; made if it says that there is none. */
  async function statusOf(stream: string): Promise<string> {
    try {
      const { StreamDescriptionSummary: summary } = await once(
        `look at the stream ${stream} on ${where}`,
        (sdk, client, abort) =>
          client.send(new sdk.DescribeStreamSummaryCommand({ StreamName: stream }), abort),
      );
      return summary?.StreamStatus ?? "UNKNOWN";
    } catch (error) {
      if (nameOfCause(error) !== "ResourceNotFoundException") throw error;
    }
    await create(stream);
    return "CREATING";
  }

  /** Somebody else may have been faster. */
  async function create(stream: string): Promise<void> {
    try {
      await once(`make the stream ${stream} on ${where}`, (sdk, client, abort) =>
        client.send(
          new sdk.CreateStreamCommand({
            StreamName: stream,
            StreamModeDetails: { StreamMode: "ON_DEMAND" },
          }),
          abort,
        ));
    } catch (error) {
      if (nameOfCause(error) !== "ResourceInUseException") throw error;
    }
  }

  async function ensureStream(stream: string): Promise<void> {
    const what = `have the stream ${stream} on ${where}`;
    await ready();
    await retrying(what, async () => {
      const status = await statusOf(stream);
      if (status === "ACTIVE" || status === "UPDATING") return;
      throw new OutsideError(`Cannot ${what}: it is ${status}`, { retryable: true });
    }, { ...options, setting });
  }

  return {
    async ensureStreams(streams) {
      await Promise.all(streams.map(ensureStream));
    },
    async shards(stream, signal) {
      const what = `list the shards of ${stream} on ${where}`;
      return await act(what, (sdk, client, abort) => {
        const send = (input: ListShardsCommandInput) =>
          client.send(new sdk.ListShardsCommand(input), abort);
        return allShards(stream, send);
      }, signal);
    },
    async iterator(stream, shardId, start, signal) {
      const what = `begin to read ${shardId} of ${stream} on ${where}`;
      const input = {
        StreamName: stream,
        ShardId: shardId,
        ShardIteratorType: start.kind,
        ...(start.kind === "TRIM_HORIZON" ? {} : { StartingSequenceNumber: start.sequenceNumber }),
      };
      try {
        const { ShardIterator } = await act(
          what,
          (sdk, client, abort) => client.send(new sdk.GetShardIteratorCommand(input), abort),
          signal,
        );
        return told(ShardIterator, `${what}: the answer has no ShardIterator`);
      } catch (error) {
        if (start.kind === "TRIM_HORIZON") throw error;
        throw nameOfCause(error) === "InvalidArgumentException" ? unknownSequence(error) : error;
      }
    },
    async records(iterator, limit, signal) {
      let isThrottled = false;
      const { Records = [], NextShardIterator, MillisBehindLatest } = await act(
        `read records from ${where}`,
        async (sdk, client, abort) => {
          try {
            const input = {
              ShardIterator: iterator,
              ...(limit === undefined ? {} : { Limit: limit }),
            };
            return await client.send(new sdk.GetRecordsCommand(input), abort);
          } catch (error) {
            isThrottled ||= throttling.has(answerOf(error).name);
            throw error;
          }
        },
        signal,
      );
      return {
        records: Records.map(recordOf),
        nextIterator: NextShardIterator ?? null,
        behindMs: MillisBehindLatest ?? 0,
        ...(isThrottled ? { throttled: true } : {}),
      };
    },
    [Symbol.dispose]() {
      opened?.destroy();
    },
  };
}

/** All pages of the listing; a later page is asked for by its token alone. */
async function allShards(
  stream: string,
  send: (input: ListShardsCommandInput) => Promise<ListShardsCommandOutput>,
): Promise<Shard[]> {
  const shards: Shard[] = [];
  let input: ListShardsCommandInput | undefined = { StreamName: stream };
  while (input !== undefined) {
    const { Shards, NextToken }: ListShardsCommandOutput = await send(input);
    shards.push(...(Shards ?? []).map(shardOf));
    input = NextToken === undefined ? undefined : { NextToken };
  }
  return shards;
}

function shardOf({ ShardId, ParentShardId, AdjacentParentShardId, ...shard }: WireShard): Shard {
  const range = shard.SequenceNumberRange;
  return {
    shardId: told(ShardId, "list shards: one has no ShardId"),
    parents: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
    startingSequenceNumber: told(range?.StartingSequenceNumber, "list shards: one has no begin"),
    endingSequenceNumber: range?.EndingSequenceNumber ?? null,
  };
}

function recordOf(record: WireRecord): KinesisRecord {
  return {
    sequenceNumber: told(record.SequenceNumber, "read records: one has no SequenceNumber"),
    partitionKey: record.PartitionKey ?? "",
    data: record.Data ?? new Uint8Array(),
    arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}

/** What the service always tells, although the SDK's types cannot promise it. */
function told(text: string | undefined, what: string): string {
  if (text !== undefined) return text;
  throw new OutsideError(`Cannot ${what}`, { retryable: false });
}

async function clientConfig(target: KinesisTarget): Promise<KinesisClientConfig> {
  const { endpoint, region, credentials } = target;
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  return {
    region,
    // Retries are ours: the SDK would give up after three, and pause by a chance of its own.
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      // One for each shard that is read: below that, requests would wait for one another.
      httpAgent: { keepAlive: true, maxSockets: 256 },
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    }),
    ...(endpoint === null ? {} : { endpoint }),
    ...credentialsFor(credentials),
  };
}

interface Answer {
  name: string;
  status: number | undefined;
  /** The SDK saw by how much the clock is wrong, and signs the next attempt right. */
  isClockKnown: boolean;
}

/** The SDK corrects itself by every answer, but says so only from four minutes on. */
const isAboutTime = /^Signature (expired|not yet current)\b/;

function answerOf(error: unknown): Answer {
  const name = error instanceof Error ? error.name : "";
  const metadata = typeof error === "object" && error !== null && "$metadata" in error
    ? error.$metadata
    : undefined;
  if (typeof metadata !== "object" || metadata === null) {
    return { name, status: undefined, isClockKnown: false };
  }
  return {
    name,
    status: "httpStatusCode" in metadata ? Number(metadata.httpStatusCode) : undefined,
    isClockKnown: "clockSkewCorrected" in metadata && metadata.clockSkewCorrected === true ||
      error instanceof Error && isAboutTime.test(error.message),
  };
}

/** The name of the service's error behind one of ours. */
function nameOfCause(error: unknown): string {
  return error instanceof OutsideError ? answerOf(error.cause).name : "";
}

const throttling: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
  "ThrottlingException",
  "KMSThrottlingException",
]);

const passing: ReadonlySet<string> = new Set([
  ...throttling,
  "ExpiredNextTokenException",
  "RequestTimeout",
  "RequestTimeoutException",
  "ResourceInUseException",
  "TimeoutError",
]);

const policy = "these credentials may not do this: check their policy";
const advice: Readonly<Record<string, string>> = {
  AccessDeniedException: policy,
  CredentialsProviderError: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  ExpiredTokenException: "get new credentials: AWS_SESSION_TOKEN is too old",
  IncompleteSignatureException: "check AWS_ACCESS_KEY_ID",
  InvalidSignatureException: "check AWS_SECRET_ACCESS_KEY, and set this machine's clock",
  KMSAccessDeniedException: policy,
  RequestExpired: "set this machine's clock",
  ResourceNotFoundException: "check PIPELINE_ID and AWS_REGION",
  UnrecognizedClientException: "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN",
};

function trouble(what: string, error: unknown): Error {
  const { name, status } = answerOf(error);
  const retryable = mayPass(answerOf(error));
  if (name === "ExpiredIteratorException") {
    return new ExpiredIterator(outside(what, error, { retryable }).message, {
      retryable: false,
      cause: error,
    });
  }
  const said = outside(what, error, { retryable });
  if (!(said instanceof OutsideError) || said === error) return said;
  const code = status === undefined || said.message.includes(name) ? "" : ` (${name})`;
  const hint = advice[name] === undefined ? "" : `: ${advice[name]}`;
  const message = `${said.message.replace(/[.]$/, "")}${code}${hint}`;
  return new OutsideError(message, { retryable, cause: error });
}

/** An answer below 300 that could not be understood was cut off on its way. */
function mayPass({ name, status, isClockKnown }: Answer): boolean {
  if (status === undefined) return name !== "CredentialsProviderError";
  return status >= 500 || status === 429 || status < 300 || isClockKnown || passing.has(name);
}

function unknownSequence(error: unknown): UnknownSequence {
  const message = error instanceof Error ? error.message : String(error);
  return new UnknownSequence(message, { retryable: false, cause: error });
}
