/**
 * The simulated S3: HTTP requests -> objects as plain files at `<dir>/<bucket>/<key>`.
 *
 * Whatever was answered with success survives the end of the process, however it ends; nothing
 * half-written is ever to be seen, neither over the wire nor in the folder.
 *
 * Source: S3 API reference.
 * Left out: versions, access lists, lifecycle, object lock, website, select, HTTPS.
 */
import type { Door } from "../iam/door.ts";
import type { Service, ServiceContext } from "../service.ts";
import { makeBucket } from "./actions/create_bucket.ts";
import type { S3Context } from "./http.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import { serve } from "./server.ts";
import { Disk } from "./store/disk.ts";
import { Objects } from "./store/objects.ts";
import { BucketPolicies } from "./store/policies.ts";
import { Uploads } from "./store/uploads.ts";

export interface S3Options {
  /** Default 0: any free port. */
  port?: number;
  region: string;
  /** Whom it asks who may do what. */
  door: Door;
  /** Made at start where they are not there yet. */
  buckets: readonly string[];
}

export type S3Server = Service;

/** Opens the port; it answers when this returns. */
// deno-lint-ignore require-await -- so that what throws here rejects
export async function startS3(ctx: ServiceContext, options: S3Options): Promise<S3Server> {
  const { dir, world, faults, tell } = ctx;
  const disk = new Disk(new SafeFolder(dir), faults, tell);
  const objects = new Objects(disk, world, tell);
  const uploads = new Uploads(disk, world);
  const policies = new BucketPolicies(objects, faults, tell);
  for (const bucket of options.buckets) {
    if (!objects.hasBucket(bucket)) makeBucket(bucket, { objects, policies });
  }
  const s3: S3Context = {
    world,
    faults,
    region: options.region,
    objects,
    uploads,
    policies,
    door: options.door,
  };
  return serve(s3, options.port ?? 0, ctx.events);
}
