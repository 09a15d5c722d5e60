import assert from "node:assert/strict";
import fc from "fast-check";
import type { Outcome } from "../../../pipelines/clients/delivery.ts";
import {
  noKey,
  openGatewayStreams,
  type StreamRecord,
} from "../../../pipelines/clients/gateway_streams.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { firstSequence, type Put, StreamsGateway } from "./streams_gateway.ts";
import { testTiming } from "./testing.ts";

const limits = { limitMs: 10_000, baseMs: 100, capMs: 1_000 };
const options = () => ({ timing: testTiming(), limits });

const record = (text: string, partitionKey = text): StreamRecord => ({
  partitionKey,
  data: JSON.stringify({ text }),
});
const records = ["a", "b", "c"].map((text) => record(text));
const texts = ({ records }: Put) => records.map(({ data }) => data.text).join("");

const error = (type: string, message = "as the test asked", status = 400) =>
  Response.json({ __type: type, message }, { status });

Deno.test("Records are put as the course puts them, and every entry is read", async () => {
  await using gateway = new StreamsGateway();
  const streams = openGatewayStreams(gateway.url, options());
  const keyed = [record('line\n"quoted" Ω', "97"), record("x", "98")];
  const { outcomes, resentCount, failure } = await streams.putRecords("streaming-ab-pin", keyed);
  assert.deepEqual(outcomes, [
    { partition: (57 + 55) % 4, offset: firstSequence + 3n },
    { partition: (57 + 56) % 4, offset: firstSequence + 6n },
  ]);
  assert.equal(resentCount, 0);
  assert.equal(failure, undefined);
  assert.deepEqual(gateway.puts, [{
    stream: "streaming-ab-pin",
    method: "PUT",
    contentType: "application/json",
    records: [
      { data: { text: 'line\n"quoted" Ω' }, "partition-key": "97" },
      { data: { text: "x" }, "partition-key": "98" },
    ],
  }]);
});

Deno.test("Exactly the entries that failed are sent again, after a pause that grows", async () => {
  await using gateway = new StreamsGateway();
  gateway.entry = ({ data }) => {
    if (data.text === "a") return undefined;
    if (gateway.puts.length === 1) return "ProvisionedThroughputExceededException";
    return data.text === "b" && gateway.puts.length === 2 ? "InternalFailure" : undefined;
  };
  const timing = testTiming();
  const streams = openGatewayStreams(gateway.url, { timing, limits });
  const { outcomes, resentCount, failure } = await streams.putRecords("s", records);
  assert.deepEqual(gateway.puts.map(texts), ["abc", "bc", "b"]);
  assert.deepEqual(outcomes.map((outcome) => offsetOf(outcome) - firstSequence), [3n, 9n, 6n]);
  assert.deepEqual([resentCount, failure], [3, undefined]);
  assert.deepEqual(timing.sleptMs, [75, 150]);
});

function offsetOf(outcome: Outcome | undefined): bigint {
  assert.ok(outcome !== undefined && "offset" in outcome);
  return outcome.offset;
}

Deno.test("Of one key only one record is in a request, and the next waits until it is stored", async () => {
  await using gateway = new StreamsGateway();
  let failuresLeft = 2;
  gateway.entry = ({ data }) =>
    data.text === "1" && failuresLeft-- > 0 ? "ProvisionedThroughputExceededException" : undefined;
  const streams = openGatewayStreams(gateway.url, options());
  const { outcomes } = await streams.putRecords("s", [
    record("1", "k"),
    record("2", "k"),
    record("x", "m"),
    record("3", "k"),
    record("-", noKey),
    record("=", noKey),
  ]);
  assert.deepEqual(gateway.puts.map(texts), ["1x-=", "1", "1", "2", "3"]);
  assert.deepEqual(
    gateway.stored.get("s")?.filter(({ key }) => key === "k").map(({ data }) => data.text),
    ["1", "2", "3"],
  );
  const [one, two, , three] = outcomes.map((outcome) => offsetOf(outcome));
  assert.ok(one! < two! && two! < three!);
});

for (
  const answer of [
    ...[408, 429, 500, 502, 503, 504].map((status) => Response.json({ message: "x" }, { status })),
    error("ProvisionedThroughputExceededException"),
    error("LimitExceededException"),
    error("com.amazonaws.kinesis.v20131202#LimitExceededException"),
    error("InternalFailure", "", 500),
    error("ServiceUnavailable", "", 503),
    // A gateway without a mapping for errors.
    error("ProvisionedThroughputExceededException", "Rate exceeded", 200),
  ]
) {
  const name = `${answer.status} ${await answer.clone().text()}`;
  Deno.test(`All of a request is sent again after ${name}`, async () => {
    await using gateway = new StreamsGateway();
    gateway.before = (_, count) => count === 1 ? answer.clone() : undefined;
    const streams = openGatewayStreams(gateway.url, options());
    const { outcomes, resentCount, failure } = await streams.putRecords("s", records);
    assert.deepEqual(gateway.puts.map(texts), ["abc", "abc"]);
    assert.equal(outcomes.filter((outcome) => outcome !== undefined).length, 3);
    assert.deepEqual([resentCount, failure], [3, undefined]);
  });
}

for (
  const [answer, told] of [
    [error("ResourceNotFoundException", "Stream s under account 1 not found."), /no such stream/],
    [error("ResourceNotFoundException", "Stream s not found.", 200), /no such stream/],
    [
      error("ValidationException", "Value '!' at 'streamName' failed to satisfy constraint"),
      /mapping template/,
    ],
    [
      error("ValidationException", "Value '' at 'records.1.member.partitionKey' failed to satisfy"),
      /mapping template/,
    ],
    [error("SerializationException", ""), /mapping template/],
    [error("AccessDeniedException", "User: arn is not authorized"), /kinesis:PutRecords/],
    [Response.json({ message: "Missing Authentication Token" }, { status: 403 }), /GATEWAY_URL/],
    [Response.json({ message: "Unsupported Media Type" }, { status: 415 }), /mapping template/],
    [new Response("<html>welcome</html>"), /not an answer of PutRecords.*GATEWAY_URL/],
    [Response.json({ FailedRecordCount: 0, Records: [] }), /0 entries for 3 records/],
    [Response.json({ Records: [{}, {}, {}] }), /no sequence number: no reason given/],
    [
      Response.json({ Records: Array(3).fill({ SequenceNumber: "x", ShardId: "shardId-0" }) }),
      /no shard and sequence number: shardId-0 x/,
    ],
    [
      Response.json({ Records: Array(3).fill({ ErrorCode: "KMSDisabledException" }) }),
      /a record was answered KMSDisabledException: no reason given/,
    ],
  ] as const
) {
  Deno.test(`It ends at once, with advice or what was found: ${told.source}, ${answer.status}`, async () => {
    await using gateway = new StreamsGateway();
    gateway.before = () => answer.clone();
    const streams = openGatewayStreams(gateway.url, options());
    const { outcomes, failure } = await streams.putRecords("s", records);
    assert.deepEqual(outcomes, [undefined, undefined, undefined]);
    assert.ok(failure instanceof OutsideError && !failure.retryable);
    assert.match(failure.message, told);
    assert.equal(gateway.puts.length, 1);
  });
}

const tooLarge =
  "1 validation error detected: Value 'a partition key' at 'records.2.member.data' " +
  "failed to satisfy constraint: Member must have length less than or equal to 1048576";

for (
  const [answer, told] of [
    [error("ValidationException", tooLarge), `ValidationException: ${tooLarge}`],
    [
      error("InvalidArgumentException", "Records size exceeds 10 MB limit"),
      "InvalidArgumentException: Records size exceeds 10 MB limit",
    ],
    [
      Response.json({ message: "Request Too Long" }, { status: 413 }),
      '413: {"message":"Request Too Long"}',
    ],
  ] as const
) {
  Deno.test(`A request that is too large is halved, until one record is refused: ${told.slice(0, 30)}`, async () => {
    await using gateway = new StreamsGateway();
    gateway.before = (put) => texts(put).includes("b") ? answer.clone() : undefined;
    const streams = openGatewayStreams(gateway.url, options());
    const { outcomes, failure } = await streams.putRecords("s", records);
    assert.deepEqual(gateway.puts.map(texts), ["abc", "a", "bc", "b", "c"]);
    assert.deepEqual(outcomes[1], { refused: told });
    assert.ok(offsetOf(outcomes[0]) < offsetOf(outcomes[2]));
    assert.equal(failure, undefined);
  });
}

Deno.test("An answer that is lost leaves its records twice in the stream", async () => {
  await using gateway = new StreamsGateway();
  gateway.after = (_, count) => count === 1 ? new Response("", { status: 504 }) : undefined;
  const { outcomes } = await openGatewayStreams(gateway.url, options()).putRecords("s", records);
  assert.equal(gateway.stored.get("s")?.map(({ data }) => data.text).join(""), "abcabc");
  assert.equal(offsetOf(outcomes[0]), gateway.stored.get("s")?.[3]?.sequence);
});

Deno.test("Time is up only when nothing was stored for so long", async () => {
  await using gateway = new StreamsGateway();
  const many = Array.from({ length: 30 }, (_, n) => record(String(n)));
  // One record of each request is stored: thirty times the pauses are more than the limit.
  let count = 0;
  gateway.entry = () => {
    const { length } = gateway.puts;
    return count < length ? void (count = length) : "ProvisionedThroughputExceededException";
  };
  const timing = testTiming();
  const streams = openGatewayStreams(gateway.url, {
    timing,
    limits: { ...limits, limitMs: 2_000 },
  });
  const slow = await streams.putRecords("s", many);
  assert.equal(slow.failure, undefined);
  assert.ok(timing.nowMs() > 4_000);
  gateway.entry = () => "ProvisionedThroughputExceededException";
  const { failure } = await streams.putRecords("s", many);
  assert.match(String(failure?.message), /tried \d+ times in .* s, last trouble: a record was/);
});

Deno.test("Whatever fails, every record is stored, and those of a key in their order", async () => {
  const key = fc.constantFrom("1", "2", "3", "41", noKey);
  await fc.assert(
    fc.asyncProperty(
      fc.array(key, { minLength: 1, maxLength: 24 }),
      fc.array(fc.constantFrom("", "", "throttled", "lost", "entry"), { maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 17 }),
      async (keys, fates, strikes) => {
        await using gateway = new StreamsGateway();
        let roll = 0;
        gateway.before = (_, count) =>
          fates[count] === "throttled" ? new Response("", { status: 429 }) : undefined;
        gateway.after = (_, count) =>
          fates[count] === "lost" ? new Response("", { status: 504 }) : undefined;
        gateway.entry = () =>
          fates[gateway.puts.length] === "entry" && strikes[roll++ % strikes.length]
            ? "ProvisionedThroughputExceededException"
            : undefined;
        const given = keys.map((key, n) => record(String(n), key));
        const { outcomes, failure } = await openGatewayStreams(gateway.url, options())
          .putRecords("s", given);
        assert.equal(failure, undefined);
        const log = gateway.stored.get("s") ?? [];
        for (const [n, outcome] of outcomes.entries()) {
          const found = log.find(({ sequence }) => sequence === offsetOf(outcome));
          assert.equal(found?.data.text, String(n));
        }
        for (const key of new Set(keys)) {
          const firsts = gateway.firsts("s").filter((one) => one.key === key);
          const order = firsts.map(({ data }) => Number(data.text));
          const expected = keys.flatMap((one, n) => one === key ? [n] : []);
          if (key === noKey) order.sort((a, b) => a - b);
          assert.deepEqual(order, expected);
        }
      },
    ),
    { seed: 11, numRuns: 120 },
  );
});
