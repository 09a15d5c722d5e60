/**
 * Settings of buckets and objects that nobody can change here: what S3 answers for a bucket as
 * it is made, so that clients which look before they write go on.
 *
 * Source: S3 API reference, the Get... action of each.
 */
import { refusal, S3Error } from "./errors.ts";
import { onBucket, onTagged } from "./access.ts";
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

type Answered = string | readonly [code: string, words: string];

/**
 * By query parameter: the action, as S3 and then as policies name it, and its answer: a document, or
 * the code and words of a 404.
 */
const bucketDefaults: Readonly<Record<string, readonly [string, string, Answered]>> = {
  acl: ["GetBucketAcl", "s3:GetBucketAcl", acl],
  encryption: ["GetBucketEncryption", "s3:GetEncryptionConfiguration", encryption],
  accelerate: [
    "GetBucketAccelerateConfiguration",
    "s3:GetAccelerateConfiguration",
    result("AccelerateConfiguration", ""),
  ],
  logging: ["GetBucketLogging", "s3:GetBucketLogging", result("BucketLoggingStatus", "")],
  notification: [
    "GetBucketNotificationConfiguration",
    "s3:GetBucketNotification",
    result("NotificationConfiguration", ""),
  ],
  ownershipControls: [
    "GetBucketOwnershipControls",
    "s3:GetBucketOwnershipControls",
    result(
      "OwnershipControls",
      wrap("Rule", element("ObjectOwnership", "BucketOwnerEnforced")),
    ),
  ],
  requestPayment: [
    "GetBucketRequestPayment",
    "s3:GetBucketRequestPayment",
    result("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
  ],
  versioning: [
    "GetBucketVersioning",
    "s3:GetBucketVersioning",
    result("VersioningConfiguration", ""),
  ],
  cors: [
    "GetBucketCors",
    "s3:GetBucketCORS",
    ["NoSuchCORSConfiguration", "The CORS configuration does not exist"],
  ],
  lifecycle: [
    "GetBucketLifecycleConfiguration",
    "s3:GetLifecycleConfiguration",
    ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"],
  ],
  "object-lock": ["GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration", [
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
  ]],
  publicAccessBlock: ["GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", [
    "NoSuchPublicAccessBlockConfiguration",
    "The public access block configuration was not found",
  ]],
  replication: ["GetBucketReplication", "s3:GetReplicationConfiguration", [
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found",
  ]],
  tagging: [
    "GetBucketTagging",
    "s3:GetBucketTagging",
    ["NoSuchTagSet", "The TagSet does not exist"],
  ],
  website: ["GetBucketWebsite", "s3:GetBucketWebsite", [
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration",
  ]],
};

/** The answers to a GET of a bucket's setting, by its query parameter. */
export const bucketSettings: ReadonlyMap<string, Action> = new Map(
  Object.entries(bucketDefaults).map(([parameter, row]) => [parameter, settingOf(...row)]),
);

function settingOf(name: string, action: string, answer: Answered): Action {
  return {
    name,
    needs: onBucket(action),
    run({ bucket }, { objects }) {
      objects.needBucket(bucket);
      if (typeof answer === "string") return { status: 200, body: answer };
      throw new S3Error(answer[0], answer[1], 404, { BucketName: bucket });
    },
  };
}

export const getObjectAcl: Action = {
  name: "GetObjectAcl",
  needs: onTagged("s3:GetObjectAcl"),
  run(request, s3) {
    needObject(request, s3);
    return { status: 200, body: acl };
  },
};

/** Documented: a bucket with owner enforced, the default, takes none. */
export const putBucketAcl: Action = {
  name: "PutBucketAcl",
  needs: onBucket("s3:PutBucketAcl"),
  run: refuseAcl,
};

export const putObjectAcl: Action = {
  name: "PutObjectAcl",
  needs: onTagged("s3:PutObjectAcl"),
  run: refuseAcl,
};

function refuseAcl(): never {
  throw refusal("AccessControlListNotSupported");
}

/** What is not here is told to everybody who has proven who he is. */
export const notImplemented: Action = {
  name: "NotImplemented",
  needs: () => [],
  run({ principal }) {
    throw refusal(principal.kind === "anonymous" ? "AccessDenied" : "NotImplemented");
  },
};
