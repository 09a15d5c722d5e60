/**
 * Kinesis as the vendor's client sees it: by default against the simulator, over both protocols
 * that the client speaks (its default handler is HTTP/2); with `TARGET=aws` against AWS itself.
 */
import assert from "node:assert/strict";
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListShardsCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  SplitShardCommand,
  UpdateMaxRecordSizeCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { type Faults, faultsWithOdds, noFaults } from "../../sim/faults/plan.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testDoor } from "../sim/keys.ts";

const isAws = Deno.env.get("TARGET") === "aws";
const region = isAws ? Deno.env.get("AWS_REGION") ?? "us-east-1" : "us-east-1";
const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };

interface Contract extends AsyncDisposable {
  client: KinesisClient;
  stream: string;
  /** Waits until a stream is ACTIVE again. */
  active(stream?: string): Promise<void>;
  endpoint: string;
}

async function connect(
  { config = {}, faults = noFaults, nowMs = Date.now }: {
    config?: KinesisClientConfig;
    faults?: Faults;
    nowMs?: () => number;
  } = {},
): Promise<Contract> {
  const dir = await Deno.makeTempDir();
  const context = { world: worldFromSeed(1, nowMs), faults, dir };
  const options = { port: 0, region, door: testDoor(credentials), limits: "off" } as const;
  const service = isAws ? null : await startKinesis(context, options);
  const endpoint = `http://127.0.0.1:${service?.port ?? 0}`;
  const client = new KinesisClient({
    region,
    ...(!isAws && { endpoint, credentials }),
    ...config,
  });
  const stream = `contract-${crypto.randomUUID().slice(0, 8)}`;
  return {
    client,
    stream,
    endpoint,
    async active(name = stream) {
      const waiter = { client, maxWaitTime: 120, minDelay: isAws ? 5 : 0.03, maxDelay: 10 };
      await waitUntilStreamExists(waiter, { StreamName: name });
    },
    async [Symbol.asyncDispose]() {
      if (isAws) {
        await client.send(new DeleteStreamCommand({ StreamName: stream })).catch(() => {});
      }
      client.destroy();
      await service?.[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** HTTP/1.1 in place of the client's default handler. */
function http1Config(): KinesisClientConfig {
  return { requestHandler: new NodeHttpHandler() };
}

async function refusal(work: Promise<unknown>): Promise<{ name: string; message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new assert.AssertionError({ message: "It was not refused" });
}

const utf8 = new TextEncoder();

for (const protocol of ["HTTP/2", "HTTP/1.1"]) {
  const name = `${protocol}: a stream is made, filled, read, resharded, tagged and deleted`;
  Deno.test(name, async () => {
    await using contract = await connect({
      config: protocol === "HTTP/1.1" ? http1Config() : {},
    });
    const { client, stream: StreamName } = contract;
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
    await contract.active();

    const one = await client.send(
      new PutRecordCommand({ StreamName, PartitionKey: "ä", Data: utf8.encode("one") }),
    );
    const Records = ["two", "three"].map((text) => ({
      PartitionKey: "ä",
      Data: utf8.encode(text),
    }));
    const more = await client.send(new PutRecordsCommand({ StreamName, Records }));
    assert.equal(more.FailedRecordCount, 0);
    const numbers = [one, ...more.Records ?? []].map((put) => BigInt(put.SequenceNumber ?? ""));
    assert.ok(numbers[0]! < numbers[1]! && numbers[1]! < numbers[2]!);

    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: one.ShardId,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 100 }));
    assert.deepEqual(
      page.Records?.map(({ PartitionKey, Data }) => [PartitionKey, new TextDecoder().decode(Data)]),
      [["ä", "one"], ["ä", "two"], ["ä", "three"]],
    );
    const arrival = page.Records?.[0]?.ApproximateArrivalTimestamp;
    assert.ok(arrival !== undefined && Math.abs(arrival.getTime() - Date.now()) < 60_000);
    assert.equal(page.MillisBehindLatest, 0);
    assert.ok(page.NextShardIterator);

    const { Shards: before = [] } = await client.send(new ListShardsCommand({ StreamName }));
    await client.send(
      new SplitShardCommand({
        StreamName,
        ShardToSplit: before[0]?.ShardId,
        NewStartingHashKey: "1000",
      }),
    );
    await contract.active();
    await client.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000003",
        AdjacentShardToMerge: "shardId-000000000001",
      }),
    );
    await contract.active();
    const { Shards: after = [] } = await client.send(new ListShardsCommand({ StreamName }));
    assert.deepEqual(
      after.map(({ ParentShardId, AdjacentParentShardId }) => [
        ParentShardId,
        AdjacentParentShardId,
      ]),
      [
        [undefined, undefined],
        [undefined, undefined],
        ["shardId-000000000000", undefined],
        ["shardId-000000000000", undefined],
        ["shardId-000000000003", "shardId-000000000001"],
      ],
    );

    await client.send(new AddTagsToStreamCommand({ StreamName, Tags: { team: "data" } }));
    const { Tags } = await client.send(new ListTagsForStreamCommand({ StreamName }));
    assert.deepEqual(Tags, [{ Key: "team", Value: "data" }]);
    await client.send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys: ["team"] }));

    const { StreamNames } = await client.send(new ListStreamsCommand({}));
    assert.ok(StreamNames?.includes(StreamName));
    await client.send(new DeleteStreamCommand({ StreamName }));
    await waitUntilStreamNotExists(
      { client, maxWaitTime: 120, minDelay: isAws ? 5 : 0.03, maxDelay: 10 },
      { StreamName },
    );
  });
}

Deno.test("the settings of a stream are changed and told", async () => {
  await using contract = await connect();
  const { client, stream: StreamName } = contract;
  const settings = { StreamMode: "ON_DEMAND" } as const;
  await client.send(new CreateStreamCommand({ StreamName, StreamModeDetails: settings }));
  await contract.active();
  const describe = async () =>
    (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary!;
  const { StreamARN, OpenShardCount, StreamModeDetails } = await describe();
  assert.equal(OpenShardCount, 4);
  assert.deepEqual(StreamModeDetails, settings);

  const hours = { StreamARN, RetentionPeriodHours: 48 };
  await client.send(new IncreaseStreamRetentionPeriodCommand(hours));
  await contract.active();
  assert.equal((await describe()).RetentionPeriodHours, 48);
  await client.send(
    new DecreaseStreamRetentionPeriodCommand({ ...hours, RetentionPeriodHours: 24 }),
  );
  await contract.active();

  await client.send(
    new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: "PROVISIONED" } }),
  );
  await contract.active();
  const scaled = await client.send(
    new UpdateShardCountCommand({
      StreamARN,
      TargetShardCount: 2,
      ScalingType: "UNIFORM_SCALING",
    }),
  );
  assert.equal(scaled.CurrentShardCount, 4);
  await contract.active();
  assert.equal((await describe()).OpenShardCount, 2);
  await client.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 2048 }));
  await contract.active();
  assert.equal((await describe()).MaxRecordSizeInKiB, 2048);

  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamARN }));
  assert.equal(StreamDescription?.Shards?.length, 6);
  assert.ok(StreamDescription.StreamCreationTimestamp instanceof Date);
  const limits = await client.send(new DescribeLimitsCommand({}));
  assert.ok((limits.OpenShardCount ?? 0) >= 2);
});

for (const protocol of ["HTTP/2", "HTTP/1.1"]) {
  const name = `${protocol}: 500 records of 1,000 bytes go in at once and come out in pages`;
  Deno.test(name, () => putAndRead(protocol));
}

async function putAndRead(protocol: string): Promise<void> {
  await using contract = await connect({
    config: protocol === "HTTP/1.1" ? http1Config() : {},
  });
  const { client, stream: StreamName } = contract;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await contract.active();
  const Records = Array.from({ length: 500 }, (_, index) => ({
    PartitionKey: String(index),
    Data: new Uint8Array(1000).fill(index),
  }));
  await client.send(new PutRecordsCommand({ StreamName, Records }));
  let { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const found: { PartitionKey: string | undefined; Data: Uint8Array | undefined }[] = [];
  while (found.length < 500) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 333 }));
    for (const { PartitionKey, Data } of page.Records ?? []) {
      found.push({ PartitionKey, Data: new Uint8Array(Data!) });
    }
    ShardIterator = page.NextShardIterator;
  }
  assert.deepEqual(found, Records);
}

Deno.test("errors reach the client under their names, with their words", async () => {
  await using contract = await connect();
  const { client, stream: StreamName } = contract;
  const missing = await refusal(client.send(new DescribeStreamCommand({ StreamName })));
  assert.equal(missing.name, "ResourceNotFoundException");
  assert.match(missing.message, /^Stream contract-.* under account [0-9]{12} not found\.$/);
  const invalid = await refusal(
    client.send(
      new PutRecordCommand({ StreamName: "no such!", PartitionKey: "", Data: utf8.encode("") }),
    ),
  );
  assert.equal(invalid.name, "ValidationException");
  assert.equal(
    invalid.message,
    "2 validation errors detected: Value '' at 'partitionKey' failed to satisfy constraint: Member " +
      "must have length greater than or equal to 1; Value 'no such!' at 'streamName' failed to " +
      "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  );
});

if (!isAws) {
  Deno.test("an action that is left out is an UnknownOperationException", async () => {
    await using contract = await connect();
    const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    const error = await refusal(
      contract.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" })),
    );
    assert.equal(error.name, "UnknownOperationException");
  });

  Deno.test("signatures by strangers, with a wrong secret, or for elsewhere are refused", async () => {
    await using contract = await connect();
    const cases: [KinesisClientConfig, string, RegExp][] = [
      [
        { credentials: { accessKeyId: "AKIAOTHER", secretAccessKey: "secret" } },
        "UnrecognizedClientException",
        /^The security token included in the request is invalid\.$/,
      ],
      [
        { credentials: { ...credentials, secretAccessKey: "wrong" } },
        "InvalidSignatureException",
        /^The request signature we calculated does not match the signature you provided\./,
      ],
      [{ region: "eu-west-1" }, "InvalidSignatureException", /^Credential should be scoped/],
    ];
    for (const [config, name, message] of cases) {
      const { endpoint } = contract;
      const client = new KinesisClient({ region, endpoint, credentials, ...config });
      const error = await refusal(client.send(new ListStreamsCommand({})));
      assert.equal(error.name, name);
      assert.match(error.message, message);
      client.destroy();
    }
  });

  Deno.test("a client whose clock is ten minutes late is told both times", async () => {
    await using contract = await connect({ nowMs: () => Date.now() + 600_000 });
    const client = new KinesisClient({
      region,
      endpoint: contract.endpoint,
      credentials,
      maxAttempts: 1,
    });
    const error = await refusal(client.send(new ListStreamsCommand({})));
    assert.equal(error.name, "InvalidSignatureException");
    assert.match(
      error.message,
      /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
    );
    client.destroy();
  });

  for (const protocol of ["HTTP/2", "HTTP/1.1"]) {
    Deno.test(`${protocol}: an answer that is lost leaves its work behind`, async () => {
      const faults = faultsWithOdds(worldFromSeed(1), { "net.answer_lost": 1 });
      let isLossy = false;
      const wrapped: Faults = { strikes: (point) => isLossy && faults.strikes(point) };
      await using contract = await connect({
        config: { maxAttempts: 1, ...(protocol === "HTTP/1.1" && http1Config()) },
        faults: wrapped,
      });
      const { client, stream: StreamName } = contract;
      await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      await contract.active();
      isLossy = true;
      const put = { StreamName, PartitionKey: "k", Data: utf8.encode("x") };
      await refusal(client.send(new PutRecordCommand(put)));
      isLossy = false;
      await client.send(new PutRecordCommand(put));
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({
          StreamName,
          ShardId: "shardId-000000000000",
          ShardIteratorType: "TRIM_HORIZON",
        }),
      );
      const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
      // The runtime's own HTTP client may have sent the lost one again, unasked.
      assert.ok((Records?.length ?? 0) >= 2);
    });
  }
}
