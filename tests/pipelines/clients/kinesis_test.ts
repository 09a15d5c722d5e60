import assert from "node:assert/strict";
import {
  ExpiredIterator,
  type KinesisStreams,
  openKinesis,
  UnknownSequence,
} from "../../../pipelines/clients/kinesis.ts";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import { type KinesisTarget, Secret } from "../../../pipelines/target.ts";

const timing = { nowMs: () => performance.now(), random: () => 0.5, sleep };
const limits = { limitMs: 600, baseMs: 5, capMs: 20 };
const stream = "streaming-0123456789ab-pin";

/** One answer of the service: its JSON, or an error by name, or no answer at all. */
type Answer =
  | { body: unknown }
  | { error: string; status?: number; message?: string; date?: Date }
  | "cut"
  | "hang";
type Asked = { action: string; input: Record<string, unknown> };
type Answering = (asked: Asked, count: number) => Answer;

interface Given {
  kinesis: KinesisStreams;
  target: KinesisTarget;
  asked: Asked[];
  /** `X-Amz-Date` of each request. */
  signedAt: string[];
  stop(): Promise<void>;
}

/** A service that answers from a script; it knows nothing of Kinesis but its envelope. */
async function withAnswers(answering: Answering, run: (given: Given) => Promise<void>) {
  const asked: Asked[] = [];
  const signedAt: string[] = [];
  const hanging = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const target = request.headers.get("x-amz-target") ?? "";
      assert.match(target, /^Kinesis_20131202\./);
      const one = { action: target.split(".")[1] ?? "", input: await request.json() };
      asked.push(one);
      signedAt.push(request.headers.get("x-amz-date") ?? "");
      return await response(answering(one, asked.length), hanging.signal);
    },
  );
  const target: KinesisTarget = {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    region: "us-east-1",
    credentials: {
      accessKeyId: "AKIAEXAMPLE",
      secretAccessKey: new Secret("very-secret"),
      sessionToken: null,
    },
  };
  let stopped: Promise<void> | undefined;
  const stop = () => stopped ??= server.shutdown();
  try {
    using kinesis = openKinesis(target, { timing, limits });
    await run({ kinesis, target, asked, signedAt, stop });
  } finally {
    hanging.abort();
    await stop();
  }
}

async function response(answer: Answer, hanging: AbortSignal): Promise<Response> {
  if (answer === "hang") {
    await new Promise((resolve) => hanging.addEventListener("abort", resolve, { once: true }));
    return new Response("{}");
  }
  if (answer === "cut") {
    const text = '{"Records":[{"Data":"YQ==","Par';
    return new Response(text, { headers: { "content-type": "application/x-amz-json-1.1" } });
  }
  if ("body" in answer) return json(200, answer.body, {});
  const { error, status = 400, message = `${error} it is`, date } = answer;
  const headers: Record<string, string> = date === undefined ? {} : { date: date.toUTCString() };
  return json(status, { __type: error, message }, headers);
}

function json(status: number, body: unknown, headers: Record<string, string>): Response {
  const type = { "content-type": "application/x-amz-json-1.1" };
  return new Response(JSON.stringify(body), { status, headers: { ...type, ...headers } });
}

const noRecords: Answer = { body: { Records: [], NextShardIterator: "n", MillisBehindLatest: 0 } };

Deno.test("A page tells its records, where to go on, and how far behind it is", () =>
  withAnswers(
    () => ({
      body: {
        Records: [{
          ApproximateArrivalTimestamp: 1_545_084_650.987,
          Data: "aGVsbG8=",
          PartitionKey: "7528",
          SequenceNumber: "49545115243490985018280067714973144582180062593244200961",
        }],
        NextShardIterator: "next",
        MillisBehindLatest: 1_200,
      },
    }),
    async ({ kinesis, asked }) => {
      assert.deepEqual(await kinesis.records("here", 500), {
        records: [{
          sequenceNumber: "49545115243490985018280067714973144582180062593244200961",
          partitionKey: "7528",
          data: new TextEncoder().encode("hello"),
          arrivalMs: 1_545_084_650_987,
        }],
        nextIterator: "next",
        behindMs: 1_200,
      });
      await kinesis.records("here");
      assert.deepEqual(asked, [
        { action: "GetRecords", input: { ShardIterator: "here", Limit: 500 } },
        { action: "GetRecords", input: { ShardIterator: "here" } },
      ]);
    },
  ));

Deno.test("The last page of a closed shard has no next iterator", () =>
  withAnswers(
    () => ({ body: { Records: [], MillisBehindLatest: 0, ChildShards: [] } }),
    async ({ kinesis }) => {
      assert.deepEqual(await kinesis.records("here"), {
        records: [],
        nextIterator: null,
        behindMs: 0,
      });
    },
  ));

Deno.test("A page of several megabytes arrives whole", () => {
  const Data = btoa("x".repeat(30_000));
  const record = { Data, PartitionKey: "k", SequenceNumber: "1" };
  const body = { Records: Array(100).fill(record), NextShardIterator: "n", MillisBehindLatest: 0 };
  return withAnswers(() => ({ body }), async ({ kinesis }) => {
    const { records } = await kinesis.records("here");
    assert.equal(records.length, 100);
    assert.ok(records.every(({ data }) => data.length === 30_000));
  });
});

Deno.test("Shards are listed over all pages, the later ones by their token alone", () =>
  withAnswers(
    ({ input }) =>
      input.NextToken === undefined
        ? {
          body: {
            NextToken: "more",
            Shards: [{
              ShardId: "shardId-000000000000",
              HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
              SequenceNumberRange: { StartingSequenceNumber: "10", EndingSequenceNumber: "19" },
            }],
          },
        }
        : {
          body: {
            Shards: [{
              ShardId: "shardId-000000000002",
              ParentShardId: "shardId-000000000000",
              AdjacentParentShardId: "shardId-000000000001",
              HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
              SequenceNumberRange: { StartingSequenceNumber: "20" },
            }],
          },
        },
    async ({ kinesis, asked }) => {
      assert.deepEqual(await kinesis.shards(stream), [
        {
          shardId: "shardId-000000000000",
          parents: [],
          startingSequenceNumber: "10",
          endingSequenceNumber: "19",
        },
        {
          shardId: "shardId-000000000002",
          parents: ["shardId-000000000000", "shardId-000000000001"],
          startingSequenceNumber: "20",
          endingSequenceNumber: null,
        },
      ]);
      assert.deepEqual(asked.map(({ input }) => input), [
        { StreamName: stream },
        { NextToken: "more" },
      ]);
    },
  ));

Deno.test("A listing whose token has expired begins again", () =>
  withAnswers(
    ({ input }, count) =>
      count === 2
        ? { error: "ExpiredNextTokenException" }
        : input.NextToken === undefined
        ? { body: { NextToken: "more", Shards: [] } }
        : { body: { Shards: [] } },
    async ({ kinesis, asked }) => {
      assert.deepEqual(await kinesis.shards(stream), []);
      assert.equal(asked.length, 4);
    },
  ));

Deno.test("An iterator is asked for at the place it is to begin", () =>
  withAnswers(() => ({ body: { ShardIterator: "here" } }), async ({ kinesis, asked }) => {
    const shardId = "shardId-000000000003";
    assert.equal(await kinesis.iterator(stream, shardId, { kind: "TRIM_HORIZON" }), "here");
    const start = { kind: "AT_SEQUENCE_NUMBER", sequenceNumber: "17" } as const;
    await kinesis.iterator(stream, shardId, start);
    const name = { StreamName: stream, ShardId: shardId };
    assert.deepEqual(asked.map(({ input }) => input), [
      { ...name, ShardIteratorType: "TRIM_HORIZON" },
      { ...name, ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: "17" },
    ]);
  }));

Deno.test("A sequence number of another stream is told by its own class", () =>
  withAnswers(
    () => ({ error: "InvalidArgumentException", message: "it did not come from this stream" }),
    async ({ kinesis }) => {
      const start = { kind: "AT_SEQUENCE_NUMBER", sequenceNumber: "17" } as const;
      await assert.rejects(kinesis.iterator(stream, "shardId-000000000000", start), (error) => {
        assert.ok(error instanceof UnknownSequence && !error.retryable);
        assert.match(error.message, /did not come from this stream/);
        return true;
      });
    },
  ));

Deno.test("An expired iterator is the caller's, and is not tried again", () =>
  withAnswers(() => ({ error: "ExpiredIteratorException" }), async ({ kinesis, asked }) => {
    await assert.rejects(kinesis.records("old"), ExpiredIterator);
    assert.equal(asked.length, 1);
  }));

Deno.test("A throttled shard is read after a pause, and the page says so", () =>
  withAnswers(
    (_asked, count) => count <= 3 ? { error: "ProvisionedThroughputExceededException" } : noRecords,
    async ({ kinesis, asked }) => {
      assert.equal((await kinesis.records("here")).throttled, true);
      assert.equal(asked.length, 4);
      assert.equal("throttled" in await kinesis.records("here"), false);
    },
  ));

for (
  const [name, answer] of Object.entries<Answer>({
    "an error of the service": { error: "InternalFailure", status: 500 },
    "a service that is not there for now": { error: "ServiceUnavailable", status: 503 },
    "a limit of the account": { error: "LimitExceededException" },
    "an answer that was cut off": "cut",
  })
) {
  Deno.test(`What may pass is tried again: ${name}`, () =>
    withAnswers(
      (_asked, count) => count <= 2 ? answer : noRecords,
      async ({ kinesis, asked }) => {
        assert.deepEqual((await kinesis.records("here")).records, []);
        assert.equal(asked.length, 3);
      },
    ));
}

Deno.test("Throttling without end is an error after the limit that says what was tried", () =>
  withAnswers(
    () => ({ error: "ProvisionedThroughputExceededException", message: "Rate exceeded for shard" }),
    async ({ kinesis }) => {
      await assert.rejects(kinesis.records("here"), (error) => {
        assert.ok(error instanceof OutsideError);
        assert.match(
          error.message,
          /^Cannot read records from Kinesis at http:\/\/127.0.0.1:\d+: /,
        );
        assert.match(error.message, /tried \d+ times in [\d.]+ s, last trouble: .*Rate exceeded/);
        return true;
      });
    },
  ));

for (
  const [error, advice] of Object.entries({
    AccessDeniedException: /check their policy/,
    ExpiredTokenException: /AWS_SESSION_TOKEN is too old/,
    InvalidSignatureException: /check AWS_SECRET_ACCESS_KEY.*clock/,
    ResourceNotFoundException: /check PIPELINE_ID and AWS_REGION/,
    UnrecognizedClientException: /check AWS_ACCESS_KEY_ID/,
  })
) {
  Deno.test(`${error} ends at once, with advice and without secrets`, () =>
    withAnswers(() => ({ error }), async ({ kinesis, asked }) => {
      await assert.rejects(kinesis.shards(stream), (thrown) => {
        assert.ok(thrown instanceof OutsideError && !thrown.retryable);
        assert.match(thrown.message, advice);
        assert.match(thrown.message, new RegExp(`${error} it is`));
        assert.doesNotMatch(thrown.message, /very-secret/);
        return true;
      });
      assert.equal(asked.length, 1);
    }));
}

Deno.test("A clock that is wrong is learned from the answer, and the next attempt signs right", () => {
  const date = new Date(Date.now() + 3_600_000);
  const message = "Signature expired: 20261122T000000Z is now earlier than 20261122T010000Z";
  return withAnswers(
    (_asked, count) =>
      count === 1 ? { error: "InvalidSignatureException", message, date } : noRecords,
    async ({ kinesis, signedAt }) => {
      await kinesis.records("here");
      const instant = (text = "") =>
        Date.parse(text.replace(/^(....)(..)(..T..)(..)(..)Z$/, "$1-$2-$3:$4:$5Z"));
      assert.equal(signedAt.length, 2);
      const aheadMs = instant(signedAt[1]) - instant(signedAt[0]);
      assert.ok(Math.abs(aheadMs - 3_600_000) < 10_000, `${aheadMs} ms ahead`);
    },
  );
});

Deno.test("Streams that are missing are made on demand, and waited for", () => {
  const statuses = ["CREATING", "CREATING", "ACTIVE"];
  return withAnswers(
    ({ action }, count) => {
      if (count === 1) return { error: "ResourceNotFoundException" };
      if (action === "CreateStream") return { body: {} };
      return { body: { StreamDescriptionSummary: { StreamStatus: statuses.shift() } } };
    },
    async ({ kinesis, asked }) => {
      await kinesis.ensureStreams([stream]);
      assert.deepEqual(asked.map(({ action }) => action), [
        "DescribeStreamSummary",
        "CreateStream",
        ...Array(3).fill("DescribeStreamSummary"),
      ]);
      assert.deepEqual(asked[1]?.input, {
        StreamName: stream,
        StreamModeDetails: { StreamMode: "ON_DEMAND" },
      });
    },
  );
});

Deno.test("Streams that are there are left alone, also while they reshard", () =>
  withAnswers(
    () => ({ body: { StreamDescriptionSummary: { StreamStatus: "UPDATING" } } }),
    async ({ kinesis, asked }) => {
      await kinesis.ensureStreams([stream, `${stream}2`]);
      assert.deepEqual(asked.map(({ action }) => action), Array(2).fill("DescribeStreamSummary"));
    },
  ));

Deno.test("Somebody who made the stream at the same moment is no trouble", () =>
  withAnswers(
    ({ action }, count) => {
      if (action === "CreateStream") return { error: "ResourceInUseException" };
      if (count === 1) return { error: "ResourceNotFoundException" };
      return { body: { StreamDescriptionSummary: { StreamStatus: "ACTIVE" } } };
    },
    async ({ kinesis, asked }) => {
      await kinesis.ensureStreams([stream]);
      assert.equal(asked.length, 3);
    },
  ));

Deno.test("A stream that never gets ready is an error that says in which state it is", () =>
  withAnswers(
    () => ({ body: { StreamDescriptionSummary: { StreamStatus: "CREATING" } } }),
    async ({ kinesis }) => {
      await assert.rejects(kinesis.ensureStreams([stream]), (error) => {
        assert.ok(error instanceof OutsideError);
        assert.match(error.message, new RegExp(`^Cannot have the stream ${stream} .*is CREATING`));
        return true;
      });
    },
  ));

Deno.test("Credentials that may not make streams are told, and not tried again", () =>
  withAnswers(
    ({ action }) =>
      action === "CreateStream"
        ? { error: "AccessDeniedException" }
        : { error: "ResourceNotFoundException" },
    async ({ kinesis, asked }) => {
      await assert.rejects(kinesis.ensureStreams([stream]), /make the stream .*check their policy/);
      assert.equal(asked.length, 2);
    },
  ));

Deno.test("A Kinesis that is gone is an error after the limit", () =>
  withAnswers(() => noRecords, async ({ kinesis, stop }) => {
    await kinesis.records("here");
    await stop();
    await assert.rejects(kinesis.records("here"), /tried \d+ times in [\d.]+ s, last trouble/);
  }));

Deno.test("A signal ends a request that has no answer, with the signal's reason", () =>
  withAnswers(() => "hang", async ({ kinesis }) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("Ctrl-C")), 50);
    const fromMs = performance.now();
    await assert.rejects(kinesis.records("here", 1, controller.signal), { message: "Ctrl-C" });
    assert.ok(performance.now() - fromMs < 1_000);
  }));

Deno.test("The client's own signal ends its pauses", () =>
  withAnswers(() => ({ error: "InternalFailure", status: 500 }), async ({ target }) => {
    const controller = new AbortController();
    const patient = { ...limits, limitMs: 60_000, baseMs: 10_000, capMs: 10_000 };
    const options = { timing, limits: patient, signal: controller.signal };
    using kinesis = openKinesis(target, options);
    setTimeout(() => controller.abort(new Error("Ctrl-C")), 50);
    await assert.rejects(kinesis.shards(stream), { message: "Ctrl-C" });
  }));

Deno.test("A host that the task may not speak to names the task that may", () =>
  withAnswers(() => noRecords, async ({ target }) => {
    const elsewhere = { ...target, endpoint: "http://10.255.255.1:9000" };
    using kinesis = openKinesis(elsewhere, { timing, limits });
    await assert.rejects(kinesis.shards(stream), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /no network access to 10\.255\.255\.1:9000/);
      return true;
    });
  }));
