/**
 * One load of tests/bench/iam_bench.ts in a process of its own, the simulated cloud with it:
 * `iam_load.ts <load> <mode>` prints the CPU seconds that the load took.
 *
 * Both modes go through the same listeners and sign the same requests: what differs is whether
 * the account decides.
 */
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Kafka, logLevel } from "kafkajs";
import process from "node:process";
import { loginOf } from "../../pipelines/clients/kafka_login.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { readTarget } from "../../pipelines/target.ts";
import { type Identities, idOfSeed, type Sim } from "../../sim/mod.ts";
import { deployed, startSim } from "../start_sim.ts";

type Settings = Readonly<Record<string, string>>;
type Load = (settings: Settings) => Promise<void>;

const loads: Record<string, Load> = { kinesis, s3, kafka, "kafka with TLS": kafka };

const [name = "", mode] = Deno.args;
const load = loads[name];
if (load === undefined || (mode !== "enforce" && mode !== "off")) throw new TypeError("usage");
const dir = await Deno.makeTempDir();
const sim: Sim = await startSim({
  dir,
  seed: 1,
  iam: mode,
  prepared: true,
  limits: "off",
  identities: await everyLoad(),
  kafka: { listeners: ["iam"], iamTls: name.endsWith("TLS") },
});
await load(sim.personSettings); // Warm.
const before = process.cpuUsage();
for (let round = 0; round < 3; round++) await load(sim.personSettings);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1e6);
await sim[Symbol.asyncDispose]();
await Deno.remove(dir, { recursive: true });
Deno.exit(0);

/** The person may do what the loads do, beside all that a person may. */
async function everyLoad(): Promise<Identities> {
  const { identities } = await deployed(resourcesOf(idOfSeed(1)), 1, "none");
  const policy = JSON.parse(identities.person);
  policy.Statement.push(
    { Effect: "Allow", Action: "kinesis:PutRecords", Resource: "arn:aws:kinesis:*:*:stream/*" },
    { Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::user-*-bucket/*" },
    { Effect: "Allow", Action: "kafka-cluster:WriteData", Resource: "arn:aws:kafka:*:*:topic/*" },
  );
  return { ...identities, person: JSON.stringify(policy) };
}

function awsConfig(settings: Settings) {
  return {
    region: settings["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: settings["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: settings["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  };
}

async function kinesis(settings: Settings): Promise<void> {
  const client = new KinesisClient({
    ...awsConfig(settings),
    endpoint: settings["AWS_ENDPOINT_URL_KINESIS"] ?? "",
    requestHandler: new NodeHttpHandler(),
  });
  const StreamName = `streaming-${settings["PIPELINE_ID"]}-pin`;
  const Data = new Uint8Array(200);
  const Records = Array.from({ length: 500 }, (_, at) => ({ Data, PartitionKey: String(at) }));
  for (let at = 0; at < 100; at++) {
    await client.send(new PutRecordsCommand({ StreamName, Records }));
  }
  client.destroy();
}

async function s3(settings: Settings): Promise<void> {
  const client = new S3Client({
    ...awsConfig(settings),
    endpoint: settings["AWS_ENDPOINT_URL_S3"] ?? "",
    forcePathStyle: true,
  });
  const Body = new Uint8Array(1024);
  for (let at = 0; at < 1000; at++) {
    const command = new PutObjectCommand({ Bucket: settings["S3_BUCKET"], Key: `k/${at}`, Body });
    await client.send(command);
  }
  client.destroy();
}

async function kafka(settings: Settings): Promise<void> {
  const target = readTarget("sim", settings);
  const producer = new Kafka({
    brokers: [...target.kafka.brokers],
    logLevel: logLevel.NOTHING,
    ...await loginOf(target.kafka, undefined),
  }).producer();
  await producer.connect();
  const messages = Array.from({ length: 100 }, () => ({ value: "x".repeat(200) }));
  const topic = `${settings["PIPELINE_ID"]}.pin`;
  for (let at = 0; at < 500; at++) await producer.send({ topic, messages });
  await producer.disconnect();
}
