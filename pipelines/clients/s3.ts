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
import { outside } from "./outside.ts";
import { retrying, type RetryOptions } from "./retry.ts";

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

export interface S3Objects extends Objects, Disposable {
  /** Loads the SDK and asks for the bucket, so that wrong settings show before the work starts. */
  check(): Promise<void>;
}

export function openObjects(target: S3Target, options: RetryOptions): S3Objects {
  const { bucket: Bucket } = target;
  const where = `s3://${Bucket}`;
  const { signal } = options;
  const abort = signal === undefined ? {} : { abortSignal: signal };
  let client: S3Client | undefined;

  async function ready(): Promise<{ sdk: typeof import("@aws-sdk/client-s3"); client: S3Client }> {
    const sdk = await import("@aws-sdk/client-s3");
    client ??= new sdk.S3Client(clientConfig(target));
    return { sdk, client };
  }

  /** One action with its retries; what the service says is missing becomes undefined. */
  async function act<T>(
    what: string,
    action: (sdk: typeof import("@aws-sdk/client-s3"), client: S3Client) => Promise<T>,
  ): Promise<T | undefined> {
    const { sdk, client } = await ready();
    return await retrying(what, async () => {
      try {
        return await action(sdk, client);
      } catch (error) {
        if (isMissing(error)) return undefined;
        signal?.throwIfAborted();
        throw trouble(what, error);
      }
    }, options);
  }

  return {
    async check() {
      const found = await act(
        `reach ${where}`,
        (sdk, client) => client.send(new sdk.HeadBucketCommand({ Bucket }), abort),
      );
      if (found !== undefined) return;
      throw new OutsideError(`Cannot use ${where}: there is no such bucket. Check S3_BUCKET`, {
        retryable: false,
      });
    },
    async put(Key, bytes) {
      const what = `write ${where}/${Key}`;
      const written = await act(
        what,
        (sdk, client) => client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: bytes }), abort),
      );
      if (written !== undefined) return;
      throw new OutsideError(`Cannot ${what}: there is no such bucket. Check S3_BUCKET`, {
        retryable: false,
      });
    },
    async get(Key) {
      const got = await act(
        `read ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.GetObjectCommand({ Bucket, Key }), abort),
      );
      return got?.Body?.transformToWebStream() as ReadableStream<Uint8Array> | undefined;
    },
    async head(Key) {
      const got = await act(
        `look at ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.HeadObjectCommand({ Bucket, Key }), abort),
      );
      return got === undefined ? undefined : { key: Key, size: got.ContentLength ?? 0 };
    },
    async *list(Prefix) {
      let token: string | undefined;
      do {
        const page = await act(
          `list ${where}/${Prefix}`,
          (sdk, client) =>
            client.send(
              new sdk.ListObjectsV2Command({
                Bucket,
                Prefix,
                ...(token === undefined ? {} : { ContinuationToken: token }),
              }),
              abort,
            ),
        );
        for (const { Key: key, Size: size } of page?.Contents ?? []) {
          if (key !== undefined) yield { key, size: size ?? 0 };
        }
        token = page?.NextContinuationToken;
      } while (token !== undefined);
    },
    async delete(Key) {
      await act(
        `delete ${where}/${Key}`,
        (sdk, client) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key }), abort),
      );
    },
    [Symbol.dispose]() {
      client?.destroy();
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
    ...(credentials === null ? {} : {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken === null
          ? {}
          : { sessionToken: credentials.sessionToken.reveal() }),
      },
    }),
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
  const passing = ["SlowDown", "RequestTimeout", "TimeoutError", "RequestTimeTooSkewed"];
  const retryable = status === undefined
    ? name !== "CredentialsProviderError"
    : status >= 500 || status === 429 || passing.includes(name);
  const told = outside(what, error, { retryable });
  const hint = advice[name];
  if (hint === undefined || !(told instanceof OutsideError)) return told;
  return new OutsideError(`${told.message}: ${hint}`, { retryable, cause: error });
}
