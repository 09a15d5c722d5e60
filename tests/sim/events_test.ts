/** What a simulator tells of its requests, asked by the vendors' own clients. */
import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Kafka, logLevel } from "kafkajs";
import mysql from "mysql2/promise";
import assert from "node:assert/strict";
import { resourcesOf } from "../../pipelines/resources.ts";
import { Batch, Events, type SimEvent } from "../../sim/events.ts";
import { type Identities, type Sim, startSim } from "../../sim/mod.ts";
import { deployed } from "../start_sim.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { definitionOf } from "./gateway/definitions.ts";

const { accountId } = worldFromSeed(1);
const id = worldFromSeed(1).id("pipeline");
const user = `arn:aws:iam::${accountId}:user/administrator`;
const role =
  `arn:aws:sts::${accountId}:assumed-role/${id}-kinesis-access-role/BackplaneAssumeRoleSession`;

/** A simulator with a topic and a stream, and all that it tells until it has ended. */
async function toldBy(
  work: (sim: Sim, settings: Record<string, string>) => Promise<void>,
): Promise<SimEvent[]> {
  const told: SimEvent[] = [];
  const dir = await Deno.makeTempDir();
  const resources = { ...resourcesOf(id), topics: { a: "cats" }, streams: { a: "dogs" } };
  try {
    await using sim = await startSim({
      dir,
      seed: 1,
      fresh: true,
      resources,
      kafka: { listeners: ["plain", "iam"], iamTls: false },
      identities: await mayDescribe(),
      prepared: true,
      gateway: {
        definition: definitionOf([streamMethod]),
        stages: [{ name: "prod" }],
        usagePlans: [],
        keys: [],
        restProxy: "",
        auth: "none",
      },
    });
    await sim.hear((event) => told.push(event));
    await work(sim, sim.settings);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  return told;
}

/** The gateway may look at the stream, which has another name than a pipeline's. */
async function mayDescribe(): Promise<Identities> {
  const { person, roles } = (await deployed(resourcesOf(id), 1, "none")).identities;
  const Statement = [{ Effect: "Allow", Action: "kinesis:Describe*", Resource: "*" }];
  const permissions = JSON.stringify({ Version: "2012-10-17", Statement });
  return { person, roles: { ...roles, gateway: { ...roles.gateway, permissions } } };
}

const streamMethod = {
  path: "/streams/{stream-name}",
  method: "GET",
  integration: {
    type: "aws",
    uri: "arn:aws:apigateway:us-east-1:kinesis:action/DescribeStreamSummary",
    httpMethod: "POST",
    requestParameters: {
      "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
    },
    requestTemplates: {
      "application/json": `{"StreamName": "$input.params('stream-name')"}`,
    },
    credentials: `arn:aws:iam::${accountId}:role/${id}-kinesis-access-role`,
    responses: { default: { statusCode: "200" } },
  },
};

function keyOf(settings: Record<string, string>, secret = settings["AWS_SECRET_ACCESS_KEY"]) {
  return { accessKeyId: settings["AWS_ACCESS_KEY_ID"]!, secretAccessKey: secret! };
}

function s3Of(settings: Record<string, string>, secret?: string): S3Client {
  return new S3Client({
    region: "us-east-1",
    endpoint: settings["AWS_ENDPOINT_URL_S3"]!,
    forcePathStyle: true,
    credentials: keyOf(settings, secret),
  });
}

/** Who asked, for what and with which answer, in the order in which it was answered. */
function lines(told: readonly SimEvent[], service: string): string[] {
  return told.filter((event) => event.service === service)
    .map(({ who, action, resource, answer }) => [who, action, resource, answer].join(" | "));
}

Deno.test("a signed request, and a presigned one, is its key's; a wrong one nobody's and refused", async () => {
  const told = await toldBy(async (_, settings) => {
    const bucket = settings["S3_BUCKET"]!;
    const at = { Bucket: bucket, Key: "a/b.txt" };
    const s3 = s3Of(settings);
    await s3.send(new PutObjectCommand({ ...at, Body: "hello" }));
    const url = await getSignedUrl(s3, new GetObjectCommand(at), { expiresIn: 60 });
    assert.equal(await (await fetch(url)).text(), "hello");
    const stranger = s3Of(settings, "wrong");
    await assert.rejects(stranger.send(new GetObjectCommand(at)), {
      name: "SignatureDoesNotMatch",
    });
    const response = await fetch(`${settings["AWS_ENDPOINT_URL_S3"]}/${bucket}/a/b.txt`);
    assert.equal(response.status, 403);
    await response.body?.cancel();
    s3.destroy();
    stranger.destroy();
  });
  const object = `user-${id}-bucket/a/b.txt`;
  assert.deepEqual(lines(told, "s3"), [
    `${user} | PutObject | ${object} | 200`,
    `${user} | GetObject | ${object} | 200`,
    `anonymous | GET | /${object} | 403 SignatureDoesNotMatch`,
    `anonymous | GetObject | ${object} | 403 AccessDenied`,
  ]);
});

Deno.test("the gateway is everybody's, and comes to Kinesis as the session of its role", async () => {
  const told = await toldBy(async (_, settings) => {
    const answer = await fetch(`${settings["GATEWAY_URL"]}/streams/dogs?secret=1`);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
    const kinesis = new KinesisClient({
      region: "us-east-1",
      endpoint: settings["AWS_ENDPOINT_URL_KINESIS"]!,
      credentials: keyOf(settings),
      maxAttempts: 1,
    });
    await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "dogs" }));
    await assert.rejects(kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "birds" })));
    kinesis.destroy();
  });
  assert.deepEqual(lines(told, "gateway"), [
    "anonymous | GET /streams/{stream-name} | /streams/dogs | 200",
  ]);
  assert.deepEqual(lines(told, "kinesis"), [
    `${role} | DescribeStreamSummary | dogs | 200`,
    `${user} | DescribeStreamSummary | dogs | 200`,
    `${user} | DescribeStreamSummary | birds | 400 ResourceNotFoundException`,
  ]);
});

Deno.test("a wrong signature at Kinesis is nobody's and refused, whatever it asks for", async () => {
  const told = await toldBy(async (_, settings) => {
    const kinesis = new KinesisClient({
      region: "us-east-1",
      endpoint: settings["AWS_ENDPOINT_URL_KINESIS"]!,
      credentials: keyOf(settings, "wrong"),
      maxAttempts: 1,
    });
    await assert.rejects(
      kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "dogs" })),
      { name: "InvalidSignatureException" },
    );
    kinesis.destroy();
  });
  assert.deepEqual(lines(told, "kinesis"), [
    "anonymous | DescribeStreamSummary | dogs | 400 InvalidSignatureException",
  ]);
});

Deno.test("Kafka's plain port and the REST proxy are anonymous, and name what is asked", async () => {
  const told = await toldBy(async (_, settings) => {
    const kafka = new Kafka({ brokers: [settings["KAFKA_BROKERS"]!], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: "cats", messages: [{ value: "{}" }] });
    await producer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    await assert.rejects(admin.createTopics({ topics: [{ topic: "a/b" }] }));
    await admin.disconnect();
    const answer = await fetch(`${settings["KAFKA_REST_URL"]}/topics/${id}.dogs`);
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  });
  const kafka = lines(told, "kafka");
  assert.ok(kafka.includes("anonymous | Produce | cats | OK"), kafka.join("\n"));
  assert.ok(
    kafka.includes("anonymous | CreateTopics | a/b | OK INVALID_TOPIC_EXCEPTION"),
    kafka.join("\n"),
  );
  assert.deepEqual(lines(told, "kafkaRest"), [
    `anonymous | GET /topics/* | /topics/${id}.dogs | 404 40401`,
  ]);
});

Deno.test("MySQL's statements are their user's; a wrong password is nobody's and refused", async () => {
  const told = await toldBy(async (_, settings) => {
    const url = settings["MYSQL_URL"]!;
    const connection = await mysql.createConnection(url);
    await connection.query("select 1 +\n  1");
    await assert.rejects(connection.query("select nonsense_of(1)"));
    await connection.end();
    const wrong = new URL(url);
    wrong.password = "wrong";
    await assert.rejects(mysql.createConnection(wrong.href), { code: "ER_ACCESS_DENIED_ERROR" });
  });
  assert.deepEqual(lines(told, "mysql").filter((line) => !line.includes("COM_QUIT")), [
    "project_user | login |  | OK",
    "project_user | COM_QUERY | select 1 + 1 | OK",
    "project_user | COM_QUERY | select nonsense_of(1) | ER_SP_DOES_NOT_EXIST",
    "anonymous | login |  | ER_ACCESS_DENIED_ERROR",
  ]);
});

Deno.test("Databricks knows the owner of the token, and nobody without it", async () => {
  const told = await toldBy(async (_, settings) => {
    const url = `${settings["DATABRICKS_HOST"]}/api/2.0/sql/statements/0123`;
    const ask = async (headers: Record<string, string>) => {
      const answer = await fetch(url, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await ask({}), 401);
    assert.equal(await ask({ authorization: "Bearer dapiwrong" }), 403);
    assert.equal(await ask({ authorization: `Bearer ${settings["DATABRICKS_TOKEN"]}` }), 404);
  });
  const path = "/api/2.0/sql/statements/0123";
  assert.deepEqual(
    lines(told, "databricks").map((line) => line.replace(/ \| (\d+) .*/, " | $1")),
    [
      `anonymous | GET | ${path} | 401`,
      `anonymous | GET | ${path} | 403`,
      `token owner | GET | ${path} | 404`,
    ],
  );
});

Deno.test("an event is plain data with a time and a duration, and holds no secret", async () => {
  const secrets: string[] = [];
  const told = await toldBy(async (_, settings) => {
    secrets.push(settings["AWS_SECRET_ACCESS_KEY"]!, settings["MYSQL_PWD"]!);
    const s3 = s3Of(settings);
    await s3.send(new PutObjectCommand({ Bucket: settings["S3_BUCKET"]!, Key: "x", Body: "y" }));
    s3.destroy();
  });
  const [event] = told;
  assert.ok(event !== undefined);
  assert.equal(event.event, "request");
  assert.ok(Math.abs(event.atMs - Date.now()) < 60_000);
  assert.ok(event.ms >= 0 && event.ms < 10_000);
  for (const secret of secrets) assert.ok(!JSON.stringify(told).includes(secret));
});

Deno.test("while nobody listens there is no note", () => {
  const events = new Events(Date.now);
  assert.equal(events.begin("s3"), null);
  events.hear(() => {});
  assert.notEqual(events.begin("s3"), null);
});

Deno.test("events are handed over together and in order, the rest when asked", async () => {
  const batches: number[][] = [];
  const batch = new Batch((events) => batches.push(events.map(({ ms }) => ms)));
  const event = (ms: number): SimEvent => ({
    event: "request",
    atMs: 0,
    service: "s3",
    who: "anonymous",
    action: "GET",
    resource: "/",
    answer: "200",
    ms,
  });
  for (const ms of [1, 2, 3]) batch.add(event(ms));
  assert.deepEqual(batches, []);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(batches, [[1, 2, 3]]);
  batch.add(event(4));
  batch.flush();
  batch.flush();
  assert.deepEqual(batches, [[1, 2, 3], [4]]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(batches.length, 2);
});
