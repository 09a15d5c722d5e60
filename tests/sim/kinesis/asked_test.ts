/** What each action of Kinesis asks the door for, and that a refused one does nothing. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { Events } from "../../../sim/events.ts";
import { roleKey } from "../../../sim/iam/principal.ts";
import { actions } from "../../../sim/kinesis/actions.ts";
import { testKey, testUserArn } from "../keys.ts";
import { accountId, arnOf, credentials, GuardedKinesis } from "./door_support.ts";

const StreamName = "s";
const StreamARN = arnOf("s");
const ResourceARN = StreamARN;
const record = { Data: "eA==", PartitionKey: "k" };

type Row = [request: Record<string, unknown>, ...resources: string[]];
const onStream = (more: Record<string, unknown> = {}): Row => [{ StreamName, ...more }, StreamARN];

/** `iterator` and `token` are put in as they are made. */
const rows: Record<string, Row> = {
  AddTagsToStream: onStream({ Tags: { team: "a" } }),
  CreateStream: [{ StreamName: "new", ShardCount: 1 }, arnOf("new")],
  DecreaseStreamRetentionPeriod: onStream({ RetentionPeriodHours: 24 }),
  DeleteResourcePolicy: [{ ResourceARN }, StreamARN],
  DeleteStream: onStream(),
  DescribeLimits: [{}, "*"],
  DescribeStream: onStream(),
  DescribeStreamSummary: onStream(),
  GetRecords: [{ ShardIterator: "" }, StreamARN],
  GetResourcePolicy: [{ ResourceARN }, StreamARN],
  GetShardIterator: onStream({ ShardId: "shardId-000000000000", ShardIteratorType: "LATEST" }),
  IncreaseStreamRetentionPeriod: onStream({ RetentionPeriodHours: 48 }),
  ListShards: onStream(),
  ListStreams: [{}, "*"],
  ListTagsForStream: onStream(),
  MergeShards: onStream({
    ShardToMerge: "shardId-000000000000",
    AdjacentShardToMerge: "shardId-000000000001",
  }),
  PutRecord: onStream(record),
  PutRecords: onStream({ Records: [record] }),
  PutResourcePolicy: [{ ResourceARN, Policy: "{}" }, StreamARN],
  RemoveTagsFromStream: onStream({ TagKeys: ["team"] }),
  SplitShard: onStream({ ShardToSplit: "shardId-000000000000", NewStartingHashKey: "9" }),
  UpdateMaxRecordSize: [{ StreamARN, MaxRecordSizeInKiB: 2048 }, StreamARN],
  UpdateShardCount: onStream({ TargetShardCount: 4, ScalingType: "UNIFORM_SCALING" }),
  UpdateStreamMode: [
    { StreamARN, StreamModeDetails: { StreamMode: "ON_DEMAND" } },
    StreamARN,
  ],
};

function withStream(): GuardedKinesis {
  const kinesis = new GuardedKinesis();
  kinesis.ask("CreateStream", { StreamName, ShardCount: 2, Tags: { Team: "a" } });
  kinesis.ask("PutRecord", { StreamName, ...record });
  kinesis.door.taken();
  return kinesis;
}

function iterator(kinesis: GuardedKinesis): string {
  const request = {
    StreamName,
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  };
  const { body } = kinesis.ask("GetShardIterator", request);
  kinesis.door.taken();
  return String(body.ShardIterator);
}

function filesBelow(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? filesBelow(`${dir}/${name}`)
      : [`${dir}/${name} ${Deno.readFileSync(`${dir}/${name}`).toHex()}`]
  ).sort();
}

Deno.test("every action of Kinesis has a row in the table of what it asks", () => {
  assert.deepEqual(Object.keys(rows).sort(), [...actions.keys()].sort());
});

Deno.test("every action of Kinesis asks for itself on its stream, and does nothing if it is refused", async (t) => {
  using kinesis = withStream();
  const { door } = kinesis;
  const ShardIterator = iterator(kinesis);
  const before = filesBelow(kinesis.dir);
  door.refuses = () => true;
  for (const [name, [request, resource]] of Object.entries(rows)) {
    await t.step(name, () => {
      const given = "ShardIterator" in request ? { ShardIterator } : request;
      const { status, body } = kinesis.ask(name, given);
      const message = `User: ${testUserArn} is not authorized to perform: kinesis:${name} on ` +
        `resource: ${resource} because no identity-based policy allows the kinesis:${name} action`;
      assert.deepEqual([status, body], [400, {
        __type: "AccessDeniedException",
        Message: message,
      }]);
      assert.deepEqual(door.taken(), [`kinesis:${name} ${resource}`]);
      assert.deepEqual(filesBelow(kinesis.dir), before);
    });
  }
});

Deno.test("a stream is asked for by whichever name counts, and whether it is there or not", () => {
  using kinesis = withStream();
  const { door } = kinesis;
  door.refuses = () => true;
  const askedBy = (action: string, request: unknown) => {
    const { body } = kinesis.ask(action, request);
    assert.equal(body.__type, "AccessDeniedException");
    return door.taken();
  };
  const other = `arn:aws:kinesis:eu-west-1:${accountId}:stream/s`;
  const put = { Records: [record] };
  assert.deepEqual(askedBy("PutRecords", { StreamARN, ...put }), [
    `kinesis:PutRecords ${StreamARN}`,
  ]);
  assert.deepEqual(askedBy("PutRecords", { StreamARN: other, StreamName, ...put }), [
    `kinesis:PutRecords ${other}`,
  ]);
  assert.deepEqual(askedBy("PutRecords", { StreamName: "nobody", ...put }), [
    `kinesis:PutRecords ${arnOf("nobody")}`,
  ]);
  // Its shape is wrong too, and not told.
  assert.deepEqual(askedBy("PutRecords", { StreamName, Records: 7 }), [
    `kinesis:PutRecords ${StreamARN}`,
  ]);
  // CreateStream knows no ARN: one that is sent all the same does not count.
  assert.deepEqual(askedBy("CreateStream", { StreamName: "new", StreamARN, ShardCount: 1 }), [
    `kinesis:CreateStream ${arnOf("new")}`,
  ]);
});

Deno.test("a body that names no stream is refused by its shape", () => {
  using kinesis = withStream();
  for (
    const [name, request] of [
      ["PutRecords", { Records: [record] }],
      ["PutRecords", { StreamName: 7, Records: [record] }],
      ["GetRecords", { ShardIterator: "made up" }],
      ["GetRecords", {}],
      ["ListShards", { NextToken: "made up" }],
      ["ListShards", {}],
      ["CreateStream", { ShardCount: 1 }],
      ["PutResourcePolicy", { Policy: "{}" }],
      ["UpdateStreamMode", { StreamName, StreamModeDetails: { StreamMode: "ON_DEMAND" } }],
    ] as const
  ) {
    kinesis.door.taken();
    const { status, body } = kinesis.ask(name, request);
    const asked = kinesis.door.taken();
    assert.equal(status, 400, name);
    assert.match(String(body.__type), /^(Validation|Serialization|InvalidArgument)Exception$/);
    assert.deepEqual(asked, name === "UpdateStreamMode" ? [`kinesis:${name} ${StreamARN}`] : []);
  }
});

Deno.test("a list of shards that goes on is asked for by the stream of its token", () => {
  using kinesis = withStream();
  const { body } = kinesis.ask("ListShards", { StreamName, MaxResults: 1 });
  kinesis.door.taken();
  kinesis.ask("ListShards", { NextToken: body.NextToken });
  assert.deepEqual(kinesis.door.taken(), [`kinesis:ListShards ${StreamARN}`]);
});

Deno.test("an iterator that has expired is told as expired only to who may read", () => {
  using kinesis = withStream();
  const ShardIterator = iterator(kinesis);
  kinesis.nowMs += 301_000;
  kinesis.door.refuses = () => true;
  assert.equal(kinesis.ask("GetRecords", { ShardIterator }).body.__type, "AccessDeniedException");
  kinesis.door.refuses = () => false;
  assert.equal(
    kinesis.ask("GetRecords", { ShardIterator }).body.__type,
    "ExpiredIteratorException",
  );
});

Deno.test("tags are condition keys: the stream's, those brought, those taken away", () => {
  using kinesis = withStream();
  const { door } = kinesis;
  const keysOf = (action: string, request: unknown) => {
    kinesis.ask(action, request);
    const contexts = door.asked.map(({ context }) => context);
    door.taken();
    return contexts;
  };
  assert.deepEqual(keysOf("PutRecord", { StreamName, ...record }), [{
    "aws:resourcetag/team": "a",
  }]);
  assert.deepEqual(keysOf("AddTagsToStream", { StreamName, Tags: { Cost: "1" } }), [{
    "aws:resourcetag/team": "a",
    "aws:requesttag/cost": "1",
    "aws:tagkeys": ["Cost"],
  }]);
  assert.deepEqual(keysOf("RemoveTagsFromStream", { StreamName, TagKeys: ["Cost"] }), [{
    "aws:resourcetag/team": "a",
    "aws:resourcetag/cost": "1",
    "aws:tagkeys": ["Cost"],
  }]);
  const tagged = { "aws:requesttag/a": "b", "aws:tagkeys": ["a"] };
  assert.deepEqual(keysOf("CreateStream", { StreamName: "t", ShardCount: 1, Tags: { a: "b" } }), [
    tagged,
    tagged,
  ]);
});

Deno.test("a stream that is made with tags asks for the tags too", () => {
  using kinesis = withStream();
  const { door } = kinesis;
  door.refuses = ({ action }) => action === "kinesis:AddTagsToStream";
  const request = { StreamName: "t", ShardCount: 1, Tags: { a: "b" } };
  assert.equal(kinesis.ask("CreateStream", request).status, 400);
  assert.deepEqual(door.taken(), [
    `kinesis:CreateStream ${arnOf("t")}`,
    `kinesis:AddTagsToStream ${arnOf("t")}`,
  ]);
  assert.equal(
    kinesis.ask("DescribeStream", { StreamName: "t" }).body.__type,
    "ResourceNotFoundException",
  );
  assert.equal(kinesis.ask("CreateStream", { ...request, Tags: {} }).status, 200);
});

Deno.test("a session signs with its token, and is refused without it and after its end", () => {
  const session = { accessKeyId: "ASIATEST", secretAccessKey: "secret", sessionToken: "token" };
  const key = roleKey(session, accountId, { role: "sink", sessionName: "one" });
  const endsMs = Date.parse("2026-01-02T03:10:00Z");
  const ends = key.principal.session && { ...key.principal.session, expiresMs: endsMs };
  const principal = { ...key.principal, session: ends };
  const keys = [testKey(credentials), { ...key, sessionToken: "token", principal }];
  using kinesis = new GuardedKinesis({ keys });
  const list = (signer: Parameters<GuardedKinesis["ask"]>[2]) => {
    const { status, body } = kinesis.ask("ListStreams", {}, signer);
    return status === 200 ? "good" : body.__type;
  };
  assert.equal(list(session), "good");
  const [asked] = kinesis.door.asked;
  assert.equal(asked?.who.kind === "aws" && asked.who.arn, key.principal.arn);
  const { sessionToken: _, ...bare } = session;
  assert.equal(list(bare), "UnrecognizedClientException");
  assert.equal(list({ ...session, sessionToken: "other" }), "UnrecognizedClientException");
  kinesis.nowMs = endsMs;
  assert.equal(list(session), "ExpiredTokenException");
});

Deno.test("whoever watches is told of no stream where a body names none", () => {
  using kinesis = withStream();
  const events = new Events(() => 0);
  const heard: string[] = [];
  events.hear(({ resource }) => heard.push(resource));
  // What is no text may have no text either.
  for (const name of [{ toString: 1, valueOf: 1 }, 7, "s"]) {
    const note = events.begin("kinesis");
    kinesis.ask("DescribeStream", { StreamName: name }, credentials, note);
    note?.answered(0);
  }
  assert.deepEqual(heard, ["", "", "s"]);
});

Deno.test("an ARN that is too long is refused for that, before anybody looks at its form", () => {
  using kinesis = withStream();
  // Each of its parts could be one of many: 23 KiB of it kept the form's pattern busy for 40 s.
  const parts = [":kinesis:", ":111111111111:", "stream"].map((part) => part.repeat(20_000));
  for (
    const [action, name] of [["DescribeStream", "StreamARN"], ["GetResourcePolicy", "ResourceARN"]]
  ) {
    const { body } = kinesis.ask(action!, { [name!]: `arn:aws${parts.join("")} ` });
    assert.equal(body.__type, "ValidationException");
    assert.match(String(body.message), /Member must have length less than or equal to 2048$/);
  }
});

/** How tokens are sealed is no secret, so anybody can make one. */
function forged(...parts: string[]): string {
  const text = parts.join("/");
  const seal = hash("sha256", `token of the simulator ${text}`, "hex").slice(0, 24);
  return new TextEncoder().encode(`${text}/${seal}`).toBase64();
}

Deno.test("a token that was made up is refused, whatever it holds", () => {
  using kinesis = withStream();
  const made = new TextDecoder().decode(Uint8Array.fromBase64(iterator(kinesis))).split("/");
  const [kind = "", stream = "", createdMs = "", shard = "", offset = "", madeMs = ""] = made;
  const whole = forged(kind, stream, createdMs, shard, offset, madeMs);
  assert.equal(kinesis.ask("GetRecords", { ShardIterator: whole }).status, 200);
  for (const wrong of ["x", "", "1e4x", "0x1"]) {
    const ShardIterator = forged(kind, stream, createdMs, shard, wrong, madeMs);
    assert.equal(
      kinesis.ask("GetRecords", { ShardIterator }).body.__type,
      "InvalidArgumentException",
    );
    const NextToken = forged("shards", stream, createdMs, "0", madeMs, wrong === "" ? "%" : wrong);
    assert.equal(kinesis.ask("ListShards", { NextToken }).body.__type, "InvalidArgumentException");
  }
});
