/**
 * The world the judges look at: a simulator of its own with a small generated source.
 */
import { generateSource } from "../../fixtures/generate.ts";
import type { GatewayAuth } from "../../pipelines/deploy/gateway/mod.ts";
import type { Sim } from "../../sim/mod.ts";
import { startSim } from "../start_sim.ts";

export interface JudgedWorld extends AsyncDisposable {
  sim: Sim;
  settings: Readonly<Record<string, string>>;
  /** An empty folder, gone at the end. */
  folder: string;
  /** The source files as the simulated database was given them. */
  files: { pin: string; geo: string; user: string };
}

/** Starts it; `posts` are in its database. */
export async function judgedWorld(
  { posts = 200, auth = "none" }: { posts?: number; auth?: GatewayAuth } = {},
): Promise<JudgedWorld> {
  const folder = await Deno.makeTempDir({ prefix: "judged-" });
  const sources = [`${folder}/source`];
  const sim = await startSim({ dir: `${folder}/sim`, seed: 7, sources, auth });
  const files = await generateSource({ posts, seed: 7, dir: `${folder}/source` });
  await sim.loadSource({
    pinterest_data: files.pin,
    geolocation_data: files.geo,
    user_data: files.user,
  });
  return {
    sim,
    settings: sim.settings,
    folder,
    files,
    async [Symbol.asyncDispose]() {
      await sim[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** One setting that must be there. */
export function setting(world: JudgedWorld, name: string): string {
  const value = world.settings[name];
  if (value === undefined) throw new RangeError(`The simulator has no setting ${name}`);
  return value;
}

/** A topic of its own for one test, made through Kafka's own admin API. */
export async function topic(world: JudgedWorld, name: string, partitions = 1): Promise<string> {
  const { Kafka, logLevel } = await import("kafkajs");
  const kafka = new Kafka({
    brokers: [setting(world, "KAFKA_BROKERS")],
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }] });
  await admin.disconnect();
  return name;
}

/** The environment of an AWS program: the simulator's settings and nobody's profile. */
export function awsEnv(world: JudgedWorld): Record<string, string> {
  const names = [
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"],
    "AWS_ENDPOINT_URL_S3",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, setting(world, name)])),
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
