/**
 * ListBuckets: all buckets by name.
 *
 * Source: S3 API reference, ListBuckets.
 * Left out: pages; there are never so many here.
 */
import { onService } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { ownerXml } from "../listed.ts";
import { isoDate } from "../metadata.ts";
import { element, result, wrap } from "../xml.ts";

export const listBuckets: Action = {
  name: "ListBuckets",
  needs: onService("s3:ListAllMyBuckets"),
  run,
};

function run({ parameters }: S3Request, { objects }: S3Context): Reply {
  const prefix = parameters.get("prefix") ?? "";
  const buckets = objects.buckets().filter(({ name }) => name.startsWith(prefix))
    .map(({ name, createdMs }) =>
      wrap("Bucket", element("Name", name) + element("CreationDate", isoDate(createdMs)))
    );
  const content = wrap("Owner", ownerXml()) + wrap("Buckets", buckets.join(""));
  return { status: 200, body: result("ListAllMyBucketsResult", content) };
}
