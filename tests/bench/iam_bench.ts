/**
 * What identity costs, by parts.
 *
 *   decision   ten policies in force (eight of the role, its boundary, the bucket's): who asks,
 *              the keys of the request and the decision, in microseconds, beside ten look-ups in
 *              a Map and a comparison of two ARNs (the floor). Target: under 5 µs
 *
 * Allowed, refused and denied requests in turn; median of the rounds, after some that warm up.
 */
import process from "node:process";
import { askerOf, contextOf, type Known } from "../../sim/iam/policy/context.ts";
import { compiled, decide, type Policies, type Policy } from "../../sim/iam/policy/mod.ts";
import { roleKey } from "../../sim/iam/principal.ts";
import { median } from "./median.ts";

const account = "111122223333";
const document = (...statements: unknown[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** One of the eight: reads, writes under a condition, and a Deny that looks at the request. */
function roleDocument(place: number): string {
  return document(
    {
      Effect: "Allow",
      Action: ["kinesis:DescribeStream", "kinesis:Put*", `s3:Get${place}*`],
      Resource: `arn:aws:kinesis:us-east-1:${account}:stream/streaming-*-${place}`,
    },
    {
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: [
        `arn:aws:s3:::other-${place}/*`,
        "arn:aws:s3:::posts/${aws:PrincipalTag/team, 'none'}/*",
      ],
      Condition: { StringEquals: { "aws:PrincipalAccount": account } },
    },
    {
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { IpAddress: { "aws:SourceIp": `10.${place}.0.0/16` } },
    },
  );
}

const boundary = document({ Effect: "Allow", Action: ["s3:*", "kinesis:*"], Resource: "*" });
const bucketPolicy = document({
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: "arn:aws:s3:::posts/*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

const policies: Policies<Policy> = {
  identity: Array.from(
    { length: 8 },
    (_, place) => compiled(roleDocument(place), "identity", `role-${place}`),
  ),
  resource: compiled(bucketPolicy, "resource", "bucket"),
  resourceMustAllow: false,
  boundary: compiled(boundary, "boundary", "boundary"),
  session: [],
};
const names = { role: "worker", sessionName: "run1" };
const { principal } = roleKey({ accessKeyId: "A", secretAccessKey: "s" }, account, names);
const known: Known = { tags: { team: "data" } };
const requests = [
  { resource: "arn:aws:s3:::posts/data/pin/000001.json", isSecure: true, effect: "allowed" },
  { resource: "arn:aws:s3:::posts/web/pin/000001.json", isSecure: true, effect: "implicitDeny" },
  { resource: "arn:aws:s3:::posts/data/pin/000002.json", isSecure: false, effect: "explicitDeny" },
] as const;

function decisionOf({ resource, isSecure }: typeof requests[number]): string {
  const moment = { nowMs: 0, sourceIp: "127.0.0.1", isSecure, region: "us-east-1" };
  const context = contextOf(principal, moment, { known, own: { "s3:versionid": "1" } });
  const asker = askerOf(principal, known);
  return decide({ asker, action: "s3:PutObject", resource, context }, policies).effect;
}

const looked = new Map(Array.from({ length: 10 }, (_, place) => [`key:${place}`, place]));
const wanted = [...looked.keys()];

function floorOf({ resource }: typeof requests[number]): string {
  let sum = 0;
  for (const key of wanted) sum += looked.get(key) ?? 0;
  return resource === "arn:aws:s3:::posts/web/pin/000001.json" ? String(sum) : "other";
}

const [rounds, warming, times] = [25, 5, 20_000];

/** Microseconds of CPU time of one: others may be at work on this machine. */
function microseconds(work: (request: typeof requests[number]) => string): number {
  const measured: number[] = [];
  let length = 0;
  for (let round = 0; round < rounds + warming; round++) {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) {
      for (const request of requests) length += work(request).length;
    }
    const { user, system } = process.cpuUsage(before);
    measured.push((user + system) / (times * requests.length));
  }
  if (length === 0) throw new Error("Nothing was decided");
  return median(measured.slice(warming));
}

for (const request of requests) {
  const effect = decisionOf(request);
  if (effect !== request.effect) throw new Error(`${request.resource}: ${effect}`);
}
const [floor, decision] = [microseconds(floorOf), microseconds(decisionOf)];
console.log(`decision, ten look-ups (floor)  ${floor.toFixed(3).padStart(7)} µs`);
console.log(`decision, ten policies          ${decision.toFixed(3).padStart(7)} µs  (target: 5)`);
