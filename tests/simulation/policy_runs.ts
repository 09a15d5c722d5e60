/** Work of the pipelines under given policies, in a simulated cloud of its own, in this process. */
import { generateSource } from "../../fixtures/generate.ts";
import { signedFetch } from "../aws_query.ts";
import { type BatchResult, runBatch } from "../../pipelines/batch/mod.ts";
import { sourceFiles } from "../../pipelines/cli/source_folder.ts";
import { openKafka } from "../../pipelines/clients/kafka.ts";
import { defaultRetryLimits, sleep } from "../../pipelines/clients/retry.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { runStream, type StreamResult } from "../../pipelines/stream/mod.ts";
import { topicOf } from "../../pipelines/tables.ts";
import { readTarget } from "../../pipelines/target.ts";
import type { Identities, Sim, SimEvent, SimOptions } from "../../sim/mod.ts";
import { deployed, startSim } from "../start_sim.ts";

export interface CloudOptions extends Pick<SimOptions, "seed" | "iam" | "tell"> {
  posts: number;
  /** Default: those that are deployed. */
  identities?: Identities;
}

export interface BatchWork {
  flushSize?: number;
  /** Told of each request, a moment later. */
  onEvent?: (event: SimEvent) => void;
}

export interface StreamWork {
  rows?: number | null;
  giveUpAfterMs?: number;
  onTrouble?: (what: string) => void;
}

/** A cloud with posts in its database, and what the person of the pipeline does there. */
export interface Doings {
  sim: Sim;
  identities: Identities;
  /** The same run each time: a second one goes on where the first one stopped. */
  batch(work?: BatchWork): Promise<BatchResult>;
  stream(work?: StreamWork): Promise<StreamResult>;
}

/** Gives it to some work, and takes it away. */
export async function withCloud(
  { seed, posts, ...options }: CloudOptions,
  work: (doings: Doings) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await generateSource({ posts, seed, dir: `${folder}/source` });
    await using sim = await startSim({
      dir: `${folder}/sim`,
      seed,
      auth: "iam",
      kafka: { listeners: ["iam"], iamTls: false },
      sources: [`${folder}/source`],
      ...options,
    });
    await sim.loadSource(await sourceFiles(`${folder}/source`));
    const resources = resourcesOf(sim.settings["PIPELINE_ID"] ?? "");
    const identities = options.identities ?? (await deployed(resources, seed, "iam")).identities;
    await work({
      sim,
      identities,
      batch: (work = {}) => batch(sim, folder, work),
      stream: (work = {}) => stream(sim, folder, work),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A batch; a stream, two times; or each method of the gateway once. */
export type Work = "batch" | "stream" | "routes";

export interface Denied {
  /** Why it could not be done; null: it was. */
  failed: string | null;
  /** Every sentence that was said: errors, troubles, and why requests were refused. */
  words: string[];
}

const denial = / is not authorized to perform: /;

/** Does the work, or sees why it cannot be done. */
export async function deniedRun(work: Work, seed: number, identities: Identities): Promise<Denied> {
  const words: string[] = [];
  let failed: string | null = null;
  await withCloud({ seed, posts: 6, identities }, async (doings) => {
    await doings.sim.hear(({ answer }) => void (denial.test(answer) && words.push(answer)));
    failed = await works[work](doings, words).then(() => null, String);
  });
  if (failed !== null) words.push(failed);
  return { failed: failed ?? words.find((text) => denial.test(text)) ?? null, words };
}

const works: Record<Work, (doings: Doings, words: string[]) => Promise<void>> = {
  /** With a record that is none: it lands among the rejects, and is read from there. */
  async batch({ sim, batch }) {
    await putNonsense(sim);
    await batch();
  },
  /** The second one reads what the first one wrote, and merges its files. */
  async stream({ stream }, words) {
    const onTrouble = (what: string) => void words.push(`trouble: ${what}`);
    await stream({ rows: 3, onTrouble });
    await stream({ rows: 6, onTrouble });
  },
  routes: ({ sim }) => routes(sim),
};

const common = {
  source: "some posts",
  rows: null,
  postsExpected: null,
  giveUpAfterMs: 3000,
  random: () => 0.5,
};

async function batch(
  sim: Sim,
  folder: string,
  { flushSize = 100, onEvent }: BatchWork,
): Promise<BatchResult> {
  if (onEvent !== undefined) await sim.hear(onEvent);
  return await runBatch(readTarget("sim", sim.personSettings, "batch"), {
    ...common,
    stateDir: `${folder}/state`,
    outDir: `${folder}/out`,
    course: false,
    pauses: false,
    batchSize: 500,
    partitions: 1,
    sink: { "flush.size": String(flushSize) },
    replay: null,
    compareStream: false,
    databricks: null,
    signal: new AbortController().signal,
  });
}

async function stream(
  sim: Sim,
  folder: string,
  { rows = null, giveUpAfterMs = common.giveUpAfterMs, onTrouble = () => {} }: StreamWork,
): Promise<StreamResult> {
  return await runStream(readTarget("sim", sim.personSettings, "stream"), {
    ...common,
    rows,
    giveUpAfterMs,
    stateDir: `${folder}/stream`,
    outDir: `${folder}/out`,
    postForMs: null,
    recordsPerSecond: null,
    onward: null,
    answers: false,
    batchSize: 2,
    pageRecords: 2,
    flush: { records: 1, bytes: 1e6, ageMs: 100 },
    maintenance: { checkpointEvery: 2, filesMax: 2 },
    deltaDir: null,
    bucketDir: null,
    acceptGap: false,
    stopPosting: new AbortController().signal,
    tell: { trouble: ({ what }) => onTrouble(what) },
  });
}

/** Into the topic of pins, which the administrator makes; the others are left to the run. */
async function putNonsense({ settings }: Sim): Promise<void> {
  const { id, kafka } = readTarget("sim", settings, "batch");
  const topic = topicOf(id, "pin");
  const timing = { nowMs: () => performance.now(), random: common.random, sleep };
  const limits = { ...defaultRetryLimits, limitMs: common.giveUpAfterMs };
  await using cluster = await openKafka(kafka, { timing, limits });
  await cluster.ensureTopics([topic], 1);
  const answer = await fetch(`${settings["KAFKA_REST_URL"]}/topics/${topic}`, {
    method: "POST",
    headers: { "content-type": "application/vnd.kafka.binary.v2+json" },
    body: JSON.stringify({ records: [{ value: btoa("no JSON") }] }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The proxy answered ${answer.status}: ${text}`);
}

/** As the administrator, who may call every method; what the role of the gateway may is told. */
async function routes(sim: Sim): Promise<void> {
  const { settings } = sim;
  const { id, gateway } = resourcesOf(settings["PIPELINE_ID"] ?? "");
  const name = `streaming-${id}-more`;
  const bodies: Record<string, unknown> = {
    CreateStream: { ShardCount: 1 },
    PutRecord: { StreamName: name, Data: { a: 1 }, PartitionKey: "1" },
    PutRecords: { records: [{ data: "{}", "partition-key": "1" }] },
  };
  let iterator = "";
  for (const action of order) {
    const route = gateway.routes.find((one) => one.action === action);
    if (route === undefined) throw new Error(`The gateway has no method for ${action}`);
    const path = route.path.replace("{stream-name}", name);
    const query = action === "GetShardIterator" ? "?shard-id=shardId-000000000000" : "";
    const url = `${settings["GATEWAY_URL"]}${path}${query}`;
    const body = bodies[action] === undefined ? "" : JSON.stringify(bodies[action]);
    const headers = action === "GetRecords" ? { "Shard-Iterator": iterator } : {};
    const answer = await signedFetch("execute-api", settings, url, {
      method: route.method,
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${action} was answered with ${answer.status}: ${text}`);
    if (action === "GetShardIterator") iterator = JSON.parse(text).ShardIterator;
    if (action === "CreateStream") await sleep(100); // It is made.
  }
}

/** A stream's life. */
const order = [
  ...["CreateStream", "ListStreams", "DescribeStream", "PutRecord", "PutRecords"],
  ...["GetShardIterator", "GetRecords", "DeleteStream"],
];
