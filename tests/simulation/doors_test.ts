/**
 * The doors of the whole simulated cloud: who comes by a foreign name, or from a foreign page, is
 * refused on every port before anything is done.
 */
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { startSim } from "../start_sim.ts";
import { exchange } from "../sim/net/raw_http.ts";
import { inFolder } from "./harness.ts";

const id = "0123456789ab";
const record = JSON.stringify({ records: [{ value: { index: 1 } }] });

/** Of each service that speaks HTTP: a request, and what its refusals look like. */
const doors: [setting: string, head: string, refusal: RegExp][] = [
  ["GATEWAY_URL", `POST /prod/topics/${id}.pin`, /^\{"message":"[^"]+"\}$/],
  ["KAFKA_REST_URL", `POST /topics/${id}.pin`, /^\{"error_code":403,"message":"[^"]+"\}$/],
  [
    "AWS_ENDPOINT_URL_KINESIS",
    "POST /",
    /^\{"__type":"AccessDeniedException","message":"[^"]+"\}$/,
  ],
  ["AWS_ENDPOINT_URL_S3", "PUT /b/k", /<Code>AccessDenied<\/Code><Message>[^<]+<\/Message>/],
  [
    "DATABRICKS_HOST",
    "POST /oidc/v1/token",
    /^\{"error_code":"PERMISSION_DENIED","message":"[^"]+"\}$/,
  ],
];

const foreign: [what: string, host: string, origin: string][] = [
  ["a name of its own", "evil.example", ""],
  ["a name that resolves to here", "127.0.0.1.nip.io", ""],
  ["a page from elsewhere", "", "https://evil.example"],
  ["a page without an origin", "", "null"],
];

function requestOf(head: string, port: number, host: string, origin: string): string {
  const from = origin === "" ? "" : `Origin: ${origin}\r\n`;
  return `${head} HTTP/1.1\r\nHost: ${host || "127.0.0.1"}:${port}\r\n${from}` +
    `Content-Type: application/vnd.kafka.json.v2+json\r\nContent-Length: ${record.length}\r\n` +
    `Accept: */*\r\nConnection: close\r\n\r\n${record}`;
}

async function makeTopic(broker: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
}

Deno.test("every port refuses foreign names and pages, and stores nothing of theirs", () =>
  inFolder(async (dir) => {
    await using sim = await startSim({ dir: `${dir}/sim`, seed: 1, id });
    await makeTopic(sim.settings.KAFKA_BROKERS ?? "", `${id}.pin`);
    for (const [setting, head, refusal] of doors) {
      const port = Number(new URL(sim.settings[setting] ?? "").port);
      for (const [what, host, origin] of foreign) {
        const answer = await exchange(port, [requestOf(head, port, host, origin)]);
        assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/, `${setting}: ${what}`);
        assert.match(answer.split("\r\n\r\n")[1] ?? "", refusal, `${setting}: ${what}`);
        assert.match(answer, /127\.0\.0\.1 or localhost/);
      }
      const own = requestOf(head, port, "localhost", "http://localhost:8000");
      const served = await exchange(port, [own]);
      assert.doesNotMatch(served, /not of this machine/, setting);
    }
    const rest = `${sim.settings.KAFKA_REST_URL}/topics/${id}.pin/partitions/0/offsets`;
    const { end_offset } = await (await fetch(rest)).json();
    assert.equal(end_offset, 2, "ours, through the gateway and directly");
  }));

Deno.test("no page is permitted anything, not even one of this machine", () =>
  inFolder(async (dir) => {
    await using sim = await startSim({ dir: `${dir}/sim`, seed: 1, id });
    for (const [setting, head] of doors) {
      const url = `${sim.settings[setting]}`.replace(/\/prod$/, "") + (head.split(" ")[1] ?? "");
      for (const origin of ["http://localhost:8000", "https://evil.example"]) {
        const headers = { Origin: origin, "Access-Control-Request-Method": "POST" };
        const response = await fetch(url, { method: "OPTIONS", headers });
        await response.body?.cancel();
        const permissions = [...response.headers.keys()].filter((name) =>
          name.startsWith("access-")
        );
        assert.deepEqual(permissions, [], `${setting} for ${origin}`);
      }
    }
  }));

Deno.test("HTTP that is spoken to Kafka or MySQL ends the connection", () =>
  inFolder(async (dir) => {
    await using sim = await startSim({ dir: `${dir}/sim`, seed: 1, id });
    const kafka = Number(sim.settings.KAFKA_BROKERS?.split(":")[1]);
    for (const port of [kafka, Number(sim.settings.MYSQL_TCP_PORT)]) {
      const answer = await exchange(port, [requestOf("POST /", port, "localhost", "")]);
      assert.doesNotMatch(answer, /HTTP/);
    }
  }));

Deno.test("a consumer's address is the one that is bound, by whatever name it was asked for", () =>
  inFolder(async (dir) => {
    await using sim = await startSim({ dir: `${dir}/sim`, seed: 1, id });
    const port = Number(new URL(sim.settings.KAFKA_REST_URL ?? "").port);
    const body = JSON.stringify({ name: "me", format: "json" });
    const answer = await exchange(port, [
      `POST /consumers/g HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n` +
      `Content-Type: application/vnd.kafka.v2+json\r\nConnection: close\r\n\r\n${body}`,
    ]);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(
      answer.includes(`"base_uri":"http://127.0.0.1:${port}/consumers/g/instances/me"`),
      answer,
    );
  }));
