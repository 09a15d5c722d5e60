/**
 * Settings of buckets and objects that nobody can change here: what S3 answers for a bucket as
 * it is made, so that clients which look before they write go on.
 *
 * Source: S3 API reference, the Get... action of each.
 */
import { refusal, S3Error } from "./errors.ts";
import { type Action, owner } from "./http.ts";
import { element, result, wrap } from "./xml.ts";
import { needObject } from "./actions/get_object.ts";

const grant = `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
  `xsi:type="CanonicalUser">${element("ID", owner.id)}</Grantee>` +
  `${element("Permission", "FULL_CONTROL")}</Grant>`;
const acl = result(
  "AccessControlPolicy",
  wrap("Owner", element("ID", owner.id)) + wrap("AccessControlList", grant),
);
const encryption = result(
  "ServerSideEncryptionConfiguration",
  wrap(
    "Rule",
    wrap("ApplyServerSideEncryptionByDefault", element("SSEAlgorithm", "AES256")) +
      element("BucketKeyEnabled", false),
  ),
);

/** By query parameter: a document, or the code and words of a 404. */
const bucketDefaults: Readonly<Record<string, string | readonly [code: string, words: string]>> = {
  acl,
  encryption,
  accelerate: result("AccelerateConfiguration", ""),
  logging: result("BucketLoggingStatus", ""),
  notification: result("NotificationConfiguration", ""),
  ownershipControls: result(
    "OwnershipControls",
    wrap("Rule", element("ObjectOwnership", "BucketOwnerEnforced")),
  ),
  requestPayment: result("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
  versioning: result("VersioningConfiguration", ""),
  cors: ["NoSuchCORSConfiguration", "The CORS configuration does not exist"],
  lifecycle: ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"],
  "object-lock": [
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
  ],
  policy: ["NoSuchBucketPolicy", "The bucket policy does not exist"],
  publicAccessBlock: [
    "NoSuchPublicAccessBlockConfiguration",
    "The public access block configuration was not found",
  ],
  replication: [
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found",
  ],
  tagging: ["NoSuchTagSet", "The TagSet does not exist"],
  website: [
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration",
  ],
};

/** The answer to a GET of a bucket's setting; null if S3 has none of this name. */
export function bucketSetting(name: string): Action | null {
  const found = bucketDefaults[name];
  if (found === undefined) return null;
  return ({ bucket }, { objects }) => {
    objects.needBucket(bucket);
    if (typeof found === "string") return { status: 200, body: found };
    throw new S3Error(found[0], found[1], 404, { BucketName: bucket });
  };
}

export const getAcl: Action = ({ bucket, key }, { objects }) => {
  needObject(objects, bucket, key);
  return { status: 200, body: acl };
};

/** Documented: a bucket with owner enforced, the default, takes none. */
export const putAcl: Action = () => {
  throw refusal("AccessControlListNotSupported");
};

export const notImplemented: Action = () => {
  throw refusal("NotImplemented");
};
