/**
 * What an action of S3 is given and gives back. Nothing here knows the server.
 */
import type { World } from "../world.ts";
import type { ChunkSignatures, Claim } from "../net/sigv4.ts";
import type { Faults } from "../faults/plan.ts";
import type { Door } from "../iam/door.ts";
import type { Context } from "../iam/policy/types.ts";
import type { Principal } from "../iam/principal.ts";
import type { Objects, StoredObject } from "./store/objects.ts";
import type { BucketPolicies } from "./store/policies.ts";
import type { Uploads } from "./store/uploads.ts";

/** How the body of a request is to be read and checked, as its headers say. */
export interface PayloadPlan {
  /** Hex SHA-256 that the body must have; null if it is not told beforehand. */
  sha256: string | null;
  /** The body is `aws-chunked`. */
  isChunked: boolean;
  /** Checks the chunks, if they are signed. */
  signatures: ChunkSignatures | null;
}

export interface S3Request {
  id: string;
  principal: Principal;
  /** Its signature; null if it is anonymous. */
  claim: Claim | null;
  method: string;
  /** Raw, without the query: what was signed. */
  path: string;
  /** Raw, without the question mark. */
  query: string;
  /** By lower-case name, repeated ones joined by a comma. */
  headers: ReadonlyMap<string, string>;
  /** The query, decoded. */
  parameters: ReadonlyMap<string, string>;
  /** Empty for requests to the service. */
  bucket: string;
  /** Empty for requests to a bucket. */
  key: string;
  payload: PayloadPlan;
  /**
   * Hands the bytes of the body over as they come, and ends with them; to be called once. What
   * `take` throws ends it too.
   */
  read(take: (bytes: Uint8Array) => void): Promise<void>;
  /** Looks an object up, once for who asks about its tags and for who sends it right after. */
  find(objects: Objects, bucket: string, key: string): StoredObject | null;
}

export interface FileSlice {
  file: Deno.FsFile;
  start: number;
  length: number;
}

export interface Reply {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** A text is XML. */
  body?: string | Uint8Array | FileSlice;
}

export interface S3Context {
  world: World;
  faults: Faults;
  region: string;
  objects: Objects;
  uploads: Uploads;
  policies: BucketPolicies;
  door: Door;
}

/** Something that has to be allowed. */
export interface Need {
  /** As policies name it: `s3:PutObject`. */
  action: string;
  /** Whose policy counts too; empty: all buckets. */
  bucket: string;
  /** Empty: the bucket itself. */
  key: string;
  /** Condition keys beside those that every request has. */
  keys?: KeysOf | undefined;
}

export type KeysOf = (request: S3Request, s3: S3Context, need: Need) => Context;

export interface Action {
  /** As S3 calls it: `PutObject`. */
  name: string;
  /**
   * What has to be allowed before it runs, in this order. What depends on its body it asks itself,
   * by `mustAllow`.
   */
  needs(request: S3Request, s3: S3Context): Iterable<Need>;
  run(request: S3Request, s3: S3Context): Promise<Reply> | Reply;
}

/** The owner of everything. Assumed: S3 shows a canonical id of 64 hex digits. */
export const owner = { id: "a".repeat(64) };
