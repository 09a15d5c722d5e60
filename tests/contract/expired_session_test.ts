/** Sessions that end while a stream is read and objects are written: renewed, with nothing lost. */
import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import assert from "node:assert/strict";
import { openKinesis } from "../../pipelines/clients/kinesis.ts";
import { sleep } from "../../pipelines/clients/retry.ts";
import { openObjects } from "../../pipelines/clients/s3.ts";
import { readStream } from "../../pipelines/stream/read.ts";
import { type RoleToAssume, Secret } from "../../pipelines/target.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import type { Door } from "../../sim/iam/door.ts";
import { type AccessKey, roleKey } from "../../sim/iam/principal.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { startS3 } from "../../sim/s3/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testKey } from "../sim/keys.ts";

const region = "us-east-1";
const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const stream = "streaming-0123456789ab-pin";
const options = {
  timing: { nowMs: () => performance.now(), random: Math.random, sleep },
  limits: { limitMs: 10_000, baseMs: 20, capMs: 100 },
};

/** Hands out sessions whose true life is shorter than it says: the service has the last word. */
class Sessions {
  readonly given: AccessKey[] = [];
  readonly #ended = new Set<string>();

  readonly door: Door = {
    keyOf: (id) =>
      id === keys.accessKeyId
        ? testKey(keys)
        : this.given.find(({ accessKeyId }) => accessKeyId === id),
    refusalOf: () => null,
  };

  /** All that were given until now. */
  end(): void {
    for (const { accessKeyId, principal } of this.given) {
      this.#ended.add(accessKeyId);
      Object.assign(principal.session!, { expiresMs: 0 });
    }
  }

  open(): string {
    const accessKeyId = `ASIA${this.given.length}`;
    const names = { role: "reader", sessionName: "s" };
    const key = roleKey({ ...keys, accessKeyId }, "111122223333", names);
    this.given.push({ ...key, sessionToken: `token ${accessKeyId}` });
    return `<AssumeRoleResponse><AssumeRoleResult><Credentials>
      <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>token ${accessKeyId}</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
    </Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  }
}

async function withSessions(
  work: (sessions: Sessions, role: RoleToAssume, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const sessions = new Sessions();
  await using sts = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(sessions.open(), { headers: { "content-type": "text/xml" } }),
  );
  try {
    await work(sessions, {
      roleArn: "arn:aws:iam::111122223333:role/reader",
      sessionName: "s",
      by: { ...keys, secretAccessKey: new Secret(keys.secretAccessKey), sessionToken: null },
      region,
      endpoint: `http://127.0.0.1:${sts.addr.port}`,
    }, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a stream is read to its end over sessions that end in the middle", async () => {
  await withSessions(async (sessions, role, dir) => {
    await using server = await startKinesis(
      { world: worldFromSeed(1), faults: noFaults, dir },
      { port: 0, region, door: sessions.door, limits: "off" },
    );
    const endpoint = `http://127.0.0.1:${server.port}`;
    const vendor = new KinesisClient({
      endpoint,
      region,
      credentials: keys,
      requestHandler: new NodeHttpHandler(),
    });
    await vendor.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }));
    await sleep(100);
    using kinesis = openKinesis({ endpoint, region, credentials: role }, options);
    const signal = AbortSignal.timeout(20_000);
    const reading = readStream(kinesis, stream, {}, { timing: options.timing, signal });
    const texts: string[] = [];
    const put = async (round: number) => {
      const Records = Array.from({ length: 50 }, (_, at) => ({
        PartitionKey: String(at),
        Data: new TextEncoder().encode(`${round} ${at}`),
      }));
      await vendor.send(new PutRecordsCommand({ StreamName: stream, Records }));
    };
    await put(0);
    let round = 0;
    for await (const { records } of reading) {
      texts.push(...records.map(({ data }) => new TextDecoder().decode(data)));
      if (texts.length < 50 * (round + 1)) continue;
      if (++round === 4) break;
      sessions.end();
      await put(round);
    }
    const expected = [0, 1, 2, 3].flatMap((round) =>
      Array.from({ length: 50 }, (_, at) => `${round} ${at}`)
    );
    assert.deepEqual(texts, expected);
    assert.ok(sessions.given.length >= 4, `${sessions.given.length} sessions`);
    vendor.destroy();
  });
});

Deno.test("objects are written and read over sessions that end in between", async () => {
  await withSessions(async (sessions, role, dir) => {
    await using server = await startS3(
      { world: worldFromSeed(1), faults: noFaults, dir },
      { region, door: sessions.door, buckets: ["bucket"] },
    );
    const endpoint = `http://127.0.0.1:${server.port}`;
    using objects = openObjects({ endpoint, region, bucket: "bucket", credentials: role }, options);
    for (let round = 0; round < 4; round++) {
      await objects.put(`k${round}`, new TextEncoder().encode(String(round)));
      sessions.end();
      assert.equal(new TextDecoder().decode(await objects.getBytes(`k${round}`)), String(round));
    }
    assert.equal(sessions.given.length, 5);
  });
});
