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

/** Loads with the account deciding, beside the same with everything allowed to known keys. */
const pairs = 9;
const here = new URL(".", import.meta.url).pathname;
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-read", "--allow-write"],
];

async function output(command: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}\n${text(stderr)}`);
  return text(stdout);
}

/** CPU seconds of a load, which a process of its own prints. */
async function loadSeconds(load: string, mode: string): Promise<number> {
  const words = ["run", ...permissions, `${here}iam_load.ts`, load, mode];
  return Number((await output(Deno.execPath(), words)).trim());
}

/** CPU seconds of a whole batch, as the shell counts those of its children. */
async function batchSeconds(mode: string): Promise<number> {
  const out = await Deno.makeTempDir();
  const words = ["run", ...permissions, `${here}../../main.ts`, "batch"];
  const command = [Deno.execPath(), ...words, "--iam", mode, "--out", out, "--quiet"].join(" ");
  const text = await output("sh", ["-c", `${command} > ${out}/log 2>&1 && times`]);
  await Deno.remove(out, { recursive: true });
  const [, children = ""] = text.trim().split("\n");
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** Two ways of the same in turn, so that what else the machine does meets both. */
async function compared(one: () => Promise<number>, other: () => Promise<number>) {
  const measured: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    measured[0].push(await one());
    measured[1].push(await other());
  }
  const [before, after] = [median(measured[0]), median(measured[1])];
  return { before, after, more: ((after / before - 1) * 100).toFixed(1) };
}

for (const load of ["kinesis", "s3", "kafka", "batch"]) {
  const secondsOf = (mode: string) =>
    load === "batch" ? batchSeconds(mode) : loadSeconds(load, mode);
  const { before, after, more } = await compared(
    () => secondsOf("off"),
    () => secondsOf("enforce"),
  );
  console.log(
    `${load.padEnd(8)} --iam off ${before.toFixed(2)} s, enforce ${after.toFixed(2)} s of CPU  ` +
      `(${more} % more; target: 3)`,
  );
}
const { before, after, more } = await compared(
  () => loadSeconds("kafka", "enforce"),
  () => loadSeconds("kafka with TLS", "enforce"),
);
console.log(
  `kafka    plain text ${before.toFixed(2)} s, TLS ${after.toFixed(2)} s of CPU  (${more} % more)`,
);
