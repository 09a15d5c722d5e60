/**
 * S3: objects by key in one bucket.
 *
 * A put is there whole or not at all, and putting the same again changes nothing. Trouble that
 * may pass (no answer, 5xx, SlowDown) is tried again until the limit, then ends clearly.
 *
 * The SDK is loaded at the first use: it is large, and nothing else needs it.
 *
 * Left out: multipart uploads (our objects are bounded by `s3.part.size`), versions, tags.
 */
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { OutsideError } from "../errors.ts";
import type { S3Target } from "../target.ts";
import { credentialsFor, hasRenewed } from "./identity.ts";
import { outside } from "./outside.ts";
import { gaveUp, inTime, retrying, type RetryOptions } from "./retry.ts";

export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
}

export interface Objects {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The object's bytes; undefined if there is no such object. */
  get(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** All objects below a prefix, in the order of their keys. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
}

export interface ListedObject extends ObjectInfo {
  modifiedMs: number;
}

export interface S3Objects extends Objects, Disposable {
  /** `s3://` and the bucket. */
  readonly uri: string;
  /** Loads the SDK and asks for the bucket, so that wrong settings show before the work starts. */
  check(): Promise<void>;
  /**
   * Puts if there is no object of this key. After trouble on the way it is tried again, and
   * `exists` may then mean our own first attempt, whose answer was lost: read it to know.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<"stored" | "exists">;
  /** Puts a local file, which is read into memory. */
  putFile(key: string, path: string): Promise<void>;
  /** The whole object in memory; undefined if there is no such object. */
  getBytes(key: string): Promise<Uint8Array | undefined>;
  /** The objects below a prefix whose keys come after this one, in the order of their keys. */
  listAfter(prefix: string, after: string): AsyncIterable<ListedObject>;
}

export function openObjects(target: S3Target, options: RetryOptions): S3Objects {
  const { bucket: Bucket } = target;
  const where = `s3://${Bucket}`;
  const { signal, limits } = options;
  const setting = target.endpoint === null
    ? "S3_BUCKET and AWS_REGION"
    : `AWS_ENDPOINT_URL_S3 (${target.endpoint})`;
  const abort = signal === undefined ? {} : { abortSignal: signal };
  let opened: S3Client | undefined;

  async function ready(): Promise<{ sdk: typeof import("@aws-sdk/client-s3"); client: S3Client }> {
    const sdk = await import("@aws-sdk/client-s3");
    opened ??= new sdk.S3Client(clientConfig(target));
    return { sdk, client: opened };
  }

  /** One action with its retries; what the service says is missing becomes undefined. */
  async function act<T>(
    what: string,
    action: (sdk: typeof import("@aws-sdk/client-s3"), client: S3Client) => Promise<T>,
  ): Promise<T | undefined> {
    await ready(); // To load the SDK is no wait for anybody.
    return await retrying(what, async () => {
      const { sdk, client } = await ready();
      try {
        return await action(sdk, client);
      } catch (error) {
        if (isMissing(error)) return undefined;
        signal?.throwIfAborted();
        if (hasRenewed(error, target.credentials)) {
          opened = undefined;
          throw outside(what, error, { retryable: true });
        }
        throw trouble(what, error);
      }
    }, { ...options, setting });
  }

  /** @throws {OutsideError} the bucket is missing */
  async function put(
    Key: string,
    Body: Uint8Array,
    condition: { IfNoneMatch?: string } = {},
  ): Promise<"stored" | "exists"> {
    const what = `write ${where}/${Key}`;
    const outcome = await act(what, async (sdk, client) => {
      try {
        await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ...condition }), abort);
        return "stored" as const;
      } catch (error) {
        if (answerOf(error).status === 412) return "exists" as const;
        throw error;
      }
    });
    if (outcome !== undefined) return outcome;
    throw new OutsideError(`Cannot ${what}: there is no such bucket. Check S3_BUCKET`, {
      retryable: false,
    });
  }

  /** All pages of a list. */
  async function* list(Prefix: string, StartAfter?: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const position = {
        ...(StartAfter && { StartAfter }),
        ...(token !== undefined && { ContinuationToken: token }),
      };
      const page = await act(
        `list ${where}/${Prefix}`,
        (sdk, client) =>
          client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, ...position }), abort),
      );
      for (const { Key: key, Size: size, LastModified: modified } of page?.Contents ?? []) {
        if (key !== undefined) {
          yield { key, size: size ?? 0, modifiedMs: modified?.getTime() ?? 0 };
        }
      }
      token = page?.NextContinuationToken;
    } while (token !== undefined);
  }

  /** A body that is silent in its middle is given up as a whole answer would be. */
  async function* chunksInTime(what: string, body: ReadableStream<Uint8Array>) {
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await inTime(limits.limitMs, reader.read());
        if (done) return;
        yield value;
      }
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      throw gaveUp(what, 1, limits.limitMs, error, setting);
    } finally {
      reader.cancel().catch(() => {}); // How it ends does not matter any more.
    }
  }

  return {
    uri: where,
    async check() {
      // HeadBucket asks for the same permission, but a refusal has no words then.
      const found = await act(
        `reach ${where}`,
        (sdk, client) => client.send(new sdk.ListObjectsV2Command({ Bucket, MaxKeys: 1 }), abort),
      );
      if (found !== undefined) return;
      throw new OutsideError(`Cannot use ${where}: there is no such bucket. Check S3_BUCKET`, {
        retryable: false,
      });
    },
    async put(Key, bytes) {
      await put(Key, bytes);
    },
    putIfAbsent: (Key, bytes) => put(Key, bytes, { IfNoneMatch: "*" }),
    async putFile(Key, path) {
      await put(Key, await Deno.readFile(path));
    },
    async get(Key) {
      const got = await act(
        `read ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.GetObjectCommand({ Bucket, Key }), abort),
      );
      const body = got?.Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
      return body && ReadableStream.from(chunksInTime(`read ${where}/${Key}`, body));
    },
    async getBytes(Key) {
      const what = `read ${where}/${Key}`;
      // The body is part of the attempt: a connection cut in its middle is tried again.
      return await act(what, async (sdk, client) => {
        const got = await client.send(new sdk.GetObjectCommand({ Bucket, Key }), abort);
        return await got.Body?.transformToByteArray() ?? new Uint8Array();
      });
    },
    async head(Key) {
      const got = await act(
        `look at ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.HeadObjectCommand({ Bucket, Key }), abort),
      );
      return got === undefined ? undefined : { key: Key, size: got.ContentLength ?? 0 };
    },
    async *list(prefix) {
      for await (const { key, size } of list(prefix)) yield { key, size };
    },
    listAfter: list,
    async delete(Key) {
      await act(
        `delete ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key }), abort),
      );
    },
    [Symbol.dispose]() {
      opened?.destroy();
    },
  };
}

function clientConfig({ endpoint, region, credentials }: S3Target): S3ClientConfig {
  return {
    region,
    // Retries are ours: the SDK would give up after three, and pause by a chance of its own.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
    },
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...credentialsFor(credentials),
  };
}

interface Answer {
  name: string;
  status: number | undefined;
}

function answerOf(error: unknown): Answer {
  const name = error instanceof Error ? error.name : "";
  const metadata = typeof error === "object" && error !== null && "$metadata" in error
    ? error.$metadata
    : undefined;
  const status = typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
  return { name, status };
}

function isMissing(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 404 || name === "NoSuchKey" || name === "NotFound" || name === "NoSuchBucket";
}

const advice: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "check AWS_ACCESS_KEY_ID",
  SignatureDoesNotMatch: "check AWS_SECRET_ACCESS_KEY",
  AccessDenied: "these credentials may not do this: check their policy",
  CredentialsProviderError: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  RequestTimeTooSkewed: "set this machine's clock",
};

function trouble(what: string, error: unknown): Error {
  const { name, status } = answerOf(error);
  // After a skewed clock the SDK knows by how much, and signs the next attempt right.
  const passing = [
    ...["SlowDown", "RequestTimeout", "TimeoutError", "RequestTimeTooSkewed"],
    // Another put of the same key was under way: either may have won.
    ...["ConditionalRequestConflict", "OperationAborted"],
  ];
  const retryable = status === undefined
    ? name !== "CredentialsProviderError"
    : status >= 500 || status === 429 || passing.includes(name);
  const told = outside(what, error, { retryable });
  const hint = advice[name];
  if (hint === undefined || !(told instanceof OutsideError)) return told;
  return new OutsideError(`${told.message}: ${hint}`, { retryable, cause: error });
}
