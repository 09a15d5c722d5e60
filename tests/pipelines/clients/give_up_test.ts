/**
 * One table: every outside system, and each way in which it can stay away. Whatever it is, the
 * client ends when its limit has passed, and names the place and the setting.
 */
import assert from "node:assert/strict";
import { openDatabricks } from "../../../pipelines/clients/databricks.ts";
import { openGateway } from "../../../pipelines/clients/gateway.ts";
import { openGatewayStreams } from "../../../pipelines/clients/gateway_streams.ts";
import { openKafka } from "../../../pipelines/clients/kafka.ts";
import { openKinesis } from "../../../pipelines/clients/kinesis.ts";
import { openSource } from "../../../pipelines/clients/mysql.ts";
import { type RetryOptions, sleep } from "../../../pipelines/clients/retry.ts";
import { openObjects } from "../../../pipelines/clients/s3.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { Secret } from "../../../pipelines/target.ts";

const limitMs = 1500;
const options: RetryOptions = {
  timing: { nowMs: () => performance.now(), random: () => 0.5, sleep },
  limits: { limitMs, baseMs: 100, capMs: 500 },
};
const credentials = { accessKeyId: "AKIA", secretAccessKey: new Secret("s"), sessionToken: null };
const open = { tls: null, auth: { kind: "none" } } as const;
const account = { user: "me", password: new Secret("pw"), database: "db", tls: false };

/** How each client says that it cannot, given the port of a server of no use. */
const clients: Record<string, { setting: string; ask(port: number): Promise<unknown> }> = {
  kafka: {
    setting: "KAFKA_BROKERS",
    async ask(port) {
      const kafka = await openKafka({ brokers: [`127.0.0.1:${port}`], ...open }, options);
      await using _kafka = kafka;
      await kafka.ensureTopics(["t"], 1);
    },
  },
  "kafka as a consumer": {
    setting: "KAFKA_BROKERS",
    async ask(port) {
      const kafka = await openKafka({ brokers: [`127.0.0.1:${port}`], ...open }, options);
      await using _kafka = kafka;
      await kafka.consume(["t"], "g");
    },
  },
  mysql: {
    setting: "MYSQL_URL",
    async ask(port) {
      await using source = openSource({ ...account, host: "127.0.0.1", port }, options.limits);
      await Array.fromAsync(source.readTable("pin"));
    },
  },
  gateway: {
    setting: "GATEWAY_URL",
    async ask(port) {
      const gateway = openGateway(`http://127.0.0.1:${port}/prod`, options);
      throw (await gateway.produce("t", [{ value: "{}" }])).failure;
    },
  },
  "gateway streams": {
    setting: "GATEWAY_URL",
    async ask(port) {
      const gateway = openGatewayStreams(`http://127.0.0.1:${port}/prod`, options);
      throw (await gateway.putRecords("s", [{ partitionKey: "1", data: "{}" }])).failure;
    },
  },
  kinesis: {
    setting: "AWS_ENDPOINT_URL_KINESIS",
    async ask(port) {
      const endpoint = `http://127.0.0.1:${port}`;
      using kinesis = openKinesis({ endpoint, region: "us-east-1", credentials }, options);
      await kinesis.ensureStreams(["s"]);
    },
  },
  s3: {
    setting: "AWS_ENDPOINT_URL_S3",
    async ask(port) {
      const endpoint = `http://127.0.0.1:${port}`;
      const target = { endpoint, region: "us-east-1", bucket: "b", credentials };
      using objects = openObjects(target, options);
      await objects.getBytes("k");
    },
  },
  "s3 as a stream": {
    setting: "AWS_ENDPOINT_URL_S3",
    async ask(port) {
      const endpoint = `http://127.0.0.1:${port}`;
      const target = { endpoint, region: "us-east-1", bucket: "b", credentials };
      using objects = openObjects(target, options);
      await Array.fromAsync(await objects.get("k") ?? []);
    },
  },
  databricks: {
    setting: "DATABRICKS_HOST",
    async ask(port) {
      using databricks = openDatabricks({
        host: `http://127.0.0.1:${port}`,
        auth: { kind: "token", token: new Secret("dapi") },
        warehouseId: "w",
        catalog: null,
        schema: null,
      }, options);
      await databricks.run("select 1 as one");
    },
  },
};

/** What a server does with a connection; none: nobody listens. */
const servers: Record<string, ((connection: Deno.Conn) => Promise<unknown>) | null> = {
  "accepts and is silent": () => Promise.resolve(),
  "answers half": (connection) =>
    connection.read(new Uint8Array(65_536)).then(() =>
      connection.write(text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"))
    ),
  "speaks in another way": (connection) => connection.write(text("SSH-2.0-OpenSSH_9.2\r\n")),
  // Behind the others, so that none of them is given its port.
  "refuses": null,
};

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

/** A port of such a server, for as long as the work takes. */
async function withServer<T>(
  behave: ((connection: Deno.Conn) => Promise<unknown>) | null,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  if (behave === null) {
    listener.close();
    return await work(port);
  }
  const open: Deno.Conn[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      open.push(connection);
      behave(connection).catch(() => {}); // The client was faster with its goodbye.
    }
  })();
  try {
    return await work(port);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) connection.close();
  }
}

const cases = Object.entries(servers).flatMap(([way, behave]) =>
  Object.entries(clients).map(([name, client]) => ({ name: `${name} that ${way}`, behave, client }))
);

interface GivenUp {
  port: number;
  error: unknown;
  tookMs: number;
}

function giveUp({ behave, client }: typeof cases[number]): Promise<GivenUp> {
  return withServer(behave, async (port) => {
    const beginMs = performance.now();
    const error = await client.ask(port).then(() => null, (error: unknown) => error);
    return { port, error, tookMs: performance.now() - beginMs };
  });
}

let begun: Promise<GivenUp>[] | undefined;

/** All are asked when the first is wanted: they do little but wait. */
function givenUp(at: number): Promise<GivenUp> | undefined {
  begun ??= cases.map(giveUp);
  return begun[at];
}

for (const [at, { name, client: { setting } }] of cases.entries()) {
  Deno.test({
    name: `${name} is given up within the limit, and named`,
    // What was given up is let be; the process ends soon after.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const found = await givenUp(at);
      assert.ok(found !== undefined);
      const { port, error, tookMs } = found;
      assert.ok(error instanceof OutsideError, String(error));
      assert.match(error.message, new RegExp(`\\b${setting}\\b`));
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}\\b`));
      assert.ok(tookMs < limitMs + 6000, `it took ${Math.round(tookMs)} ms: ${error.message}`);
    },
  });
}
