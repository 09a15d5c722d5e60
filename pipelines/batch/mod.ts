/**
 * The batch pipeline: MySQL -> gateway -> Kafka -> S3 -> clean tables -> answers, and the proof.
 *
 * Ingest and land run at the same time, then transform reads what was landed. Every record that
 * was acknowledged lands; a run that was stopped goes on from its state folder, and nothing is
 * lost or doubled by that (ledger.ts and land.ts hold the two halves of the promise).
 */
import { openGateway } from "../clients/gateway.ts";
import { gatewayAuth } from "../clients/gateway_auth.ts";
import { keySourceOf } from "../clients/identity.ts";
import { type KafkaCluster, openKafka } from "../clients/kafka.ts";
import { openSource, type Source } from "../clients/mysql.ts";
import { type Databricks, openDatabricks } from "../clients/databricks.ts";
import { defaultRetryLimits, type RetryOptions, sleep } from "../clients/retry.ts";
import { openObjects, type S3Objects } from "../clients/s3.ts";
import { type Listener, tellHops } from "../events.ts";
import { Journey } from "../record/journey.ts";
import { Ledger, ledgerPaths } from "../record/ledger.ts";
import { coursePosts, type Post, postsInOrder } from "../posts.ts";
import { resourcesOf } from "../resources.ts";
import { reconcile, type Reconciled } from "./reconcile.ts";
import {
  checkStateFolder,
  claimStateFolder,
  makeFolder,
  rememberSource,
  type RunIdentity,
  sourceOf,
} from "../state_folder.ts";
import { perTable, type TableName, tableNames, topicOf } from "../tables.ts";
import { asActor, type DatabricksTarget, type Target } from "../target.ts";
import { compareWithStream, type Comparison } from "./compare.ts";
import { courseDraws } from "./course.ts";
import { transformThere } from "./databricks/transform.ts";
import { writeDeltaTables, type WrittenTable } from "./delta_tables.ts";
import { LandingGoal, PartOfGoal } from "./goal.ts";
import { ingest, type Ingested, type TableIngest } from "./ingest.ts";
import { land, type Landed } from "./land.ts";
import { replayName, replayPosts, type ReplayRow } from "./replay.ts";
import { quoted } from "../warehouse/quoting.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { readSinkConfig, type SinkConfig } from "./sink_config.ts";
import type { LandedObject } from "./windows.ts";
import { transform, type Transformed, type TransformOptions } from "./transform.ts";

export interface BatchOptions {
  /** Where the posts come from, in words; a state folder belongs to one source. */
  source: string;
  /** Tables of the source that are left out; default: none. */
  without?: readonly TableName[] | undefined;
  /** Rows of the source that were unreadable, as a list; default: there are none. */
  unreadable?: string | null | undefined;
  stateDir: string;
  /** Folder of the results. */
  outDir: string;
  /** Posts, or draws of the course; null: the whole source. */
  rows: number | null;
  /** How many posts there will be, where that is told; null: nobody knows. */
  postsExpected: number | null;
  course: boolean;
  /** With `course`: whether its pauses are made. */
  pauses: boolean;
  /** Records per request. */
  batchSize: number;
  partitions: number;
  /** Properties of the S3 sink; `flush.size` among them. */
  sink: Readonly<Record<string, string>>;
  /** A rejects file whose records are posted again, before the source; null: none. */
  replay: string | null;
  /** How long to retry what is out of reach. */
  giveUpAfterMs: number;
  /** Whether the clean tables are compared with the stream's in the bucket. */
  compareStream: boolean;
  /** The warehouse that cleans and answers; null: the embedded engine. */
  databricks: DatabricksTarget | null;
  random: () => number;
  signal: AbortSignal;
  /** Default: nobody listens. */
  tell?: Listener | undefined;
}

export interface BatchResult {
  ingested: Ingested;
  landed: Landed;
  transformed: Omit<Transformed, "work" | typeof Symbol.asyncDispose>;
  deltaTables: Record<TableName | "rejects", WrittenTable>;
  /** Null unless it was asked for. */
  compared: Comparison | null;
  reconciled: Reconciled;
  /** Seconds of each stage; ingest and land overlap. */
  seconds: { ingest: number; land: number; transform: number; reconcile: number };
}

/**
 * Runs all stages.
 * @throws {UsageError} what the person can mend: settings, folders, another run's state folder
 * @throws {OutsideError} what stayed out of reach for too long
 * @throws {RunError} what cannot go on
 */
export async function runBatch(target: Target, options: BatchOptions): Promise<BatchResult> {
  const sink = sinkOf(target, options);
  using databricks = await engineElsewhere(options);
  const identity = identityOf(target, options);
  await checkStateFolder(options.stateDir, identity);
  await makeFolder(options.outDir);
  await claimStateFolder(options.stateDir, identity);
  const journey = Journey.of(options.tell ?? {});
  const moved = await ingestAndLand(target, sink, options, journey);
  const reader = asActor(target, "reader");
  using objects = openObjects(bucketOf(reader, sink), retryOptions(options, options.signal));
  const { value: transformed, seconds } = await timed(() => transformAll(objects, sink, options));
  await using _work = transformed;
  const { work } = transformed;
  await journey?.found("cleaned", (table, keys) => cleanRows(work.db, table, keys));
  const names = { id: target.id, outDir: options.outDir };
  const written = await timed(() => writeDeltaTables(work, names));
  const proof = await timed(() => prove(moved, transformed, options));
  tellHops(options.tell ?? {}, proof.value.hops);
  const compared = options.compareStream ? await compareWithStream(work.db, objects, names) : null;
  return {
    ...moved,
    transformed,
    deltaTables: written.value,
    compared,
    reconciled: proof.value,
    seconds: {
      ...moved.seconds,
      transform: seconds + written.seconds,
      reconcile: proof.seconds,
    },
  };

  async function transformAll(objects: S3Objects, sink: SinkConfig, options: BatchOptions) {
    const transformOptions: TransformOptions = {
      id: target.id,
      outDir: options.outDir,
      layout: sink,
      unreadable: options.unreadable,
      signal: options.signal,
      tell: options.tell,
    };
    return databricks === null
      ? await transform(objects, transformOptions)
      : await transformThere(objects, databricks, transformOptions);
  }
}

/** Asked before anything is posted, so that wrong settings show, and a warehouse wakes up. */
async function engineElsewhere(options: BatchOptions): Promise<Databricks | null> {
  if (options.databricks === null) return null;
  const databricks = openDatabricks(options.databricks, retryOptions(options, options.signal));
  await databricks.run("select 1 as awake");
  return databricks;
}

/** What a state folder was made for. */
export function identityOf(
  target: Target,
  options: Pick<BatchOptions, "source" | "course" | "partitions" | "sink">,
): RunIdentity {
  return {
    id: target.id,
    source: options.source,
    order: options.course ? "course draws" : "by index",
    partitions: options.partitions,
    "topics.dir": sinkOf(target, options).topicsDir,
  };
}

function sinkOf(target: Target, options: Pick<BatchOptions, "sink">): SinkConfig {
  const { connector, topics } = resourcesOf(target.id);
  return readSinkConfig({ name: connector, ...options.sink }, Object.values(topics));
}

/** A bucket among the sink's properties is the one that is meant. */
function bucketOf(target: Target, sink: SinkConfig): Target["s3"] {
  return sink.bucket === null ? target.s3 : { ...target.s3, bucket: sink.bucket };
}

function retryOptions(options: BatchOptions, signal: AbortSignal): RetryOptions {
  return {
    timing: { nowMs: () => performance.now(), random: options.random, sleep },
    limits: { ...defaultRetryLimits, limitMs: options.giveUpAfterMs },
    signal,
    tell: options.tell,
  };
}

/** Both stages at once; the one that fails ends the other, and its error is the one thrown. */
async function ingestAndLand(
  target: Target,
  sink: SinkConfig,
  options: BatchOptions,
  journey: Journey | null,
) {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const retry = retryOptions(options, signal);
  const sinks = asActor(target, "sink");
  await using kafka = await openKafka(asActor(target, "person").kafka, retry);
  await using sinksKafka = await openKafka(sinks.kafka, retry);
  using objects = openObjects(bucketOf(sinks, sink), retry);
  const topics = tableNames.map((table) => topicOf(target.id, table));
  await Promise.all([kafka.ensureTopics(topics, options.partitions), objects.check()]);
  const since = await endOffsets(kafka, topics);
  const goal = new LandingGoal();
  const together = { target, options, goal, retry, signal, journey };
  const endOther = (error: unknown): never => {
    failed.abort(error);
    throw error;
  };
  const [posting, landing] = await Promise.allSettled([
    timed(() => ingestStage(together)).catch(endOther),
    timed(() => landStage(together, sinksKafka, objects, sink, topics)).catch(endOther),
  ]);
  if (posting.status === "rejected" || landing.status === "rejected") {
    options.signal.throwIfAborted();
    throw failed.signal.reason;
  }
  return {
    ingested: posting.value.value,
    landed: landing.value.value,
    since,
    until: await endOffsets(kafka, topics),
    seconds: { ingest: posting.value.seconds, land: landing.value.seconds },
  };
}

type Offsets = Record<TableName, ReadonlyMap<number, bigint>>;

/** Where the topic of each table ends now. */
async function endOffsets(kafka: KafkaCluster, topics: readonly string[]): Promise<Offsets> {
  const [pin, geo, user] = await Promise.all(topics.map((topic) => kafka.endOffsets(topic)));
  const none = new Map<number, bigint>();
  return { pin: pin ?? none, geo: geo ?? none, user: user ?? none };
}

interface Together {
  target: Target;
  options: BatchOptions;
  goal: LandingGoal;
  retry: RetryOptions;
  signal: AbortSignal;
  journey: Journey | null;
}

/** How far posting or landing is, told at its beginning; from then on the counts tell. */
function begins(stage: string, unit: string, { postsExpected, tell }: BatchOptions): void {
  const total = postsExpected === null ? null : postsExpected * tableNames.length;
  tell?.stage?.({ stage, unit, done: 0, total });
}

/** What was rejected and is mended first, then the source; both count as rows of the source. */
async function ingestStage(together: Together): Promise<Ingested> {
  const { target, options, goal } = together;
  const { giveUpAfterMs: limitMs, without } = options;
  await using source = openSource(target.mysql, { limitMs, without });
  begins("ingest", "rows", options);
  await takeUpReplays(together);
  const again = options.replay === null ? null : await replayStage(together, options.replay);
  const ingested = await postAll(postsOf(source, options), options.stateDir, goal, together);
  return again === null ? ingested : sum(ingested, again);
}

/** Its ledger is its own, named by the file's content: posting the same file twice does nothing. */
async function replayStage(together: Together, path: string) {
  const folder = `${together.options.stateDir}/${await replayName(path)}`;
  const unusable: ReplayRow[] = [];
  const posts = replayPosts(path, (row) => unusable.push(row));
  const ingested = await postAll(posts, folder, new PartOfGoal(together.goal), together);
  for (const { where, table, problem } of unusable) {
    ingested.refusals.push({ table, key: where, reason: problem ?? "unusable" });
  }
  return ingested;
}

/**
 * What earlier runs posted from rejects files has to land too, also if the run that did so was
 * killed and this one does not name the file; the rows it got to are rows of the source.
 */
async function takeUpReplays({ options, target, goal }: Together): Promise<void> {
  for (const folder of (await ledgerFolders(options.stateDir)).slice(1)) {
    const rows = perTable(() => 0);
    for (const table of tableNames) {
      using ledger = await Ledger.open(folder, table);
      for await (const entries of ledger.recorded()) {
        rows[table] += entries.length;
        for (const { place } of entries) {
          if (place === null) continue;
          goal.raise(topicOf(target.id, table), place.partition, place.offset);
        }
      }
    }
    await rememberSource(folder, rows);
  }
}

function sum(one: Ingested, other: Ingested): Ingested {
  const names = ["source", "posted", "postedThisRun", "resent", "refused"] as const;
  const tables = perTable((table): TableIngest => {
    const both = { ...one.tables[table] };
    for (const name of names) both[name] += other.tables[table][name];
    return both;
  });
  return { tables, refusals: [...one.refusals, ...other.refusals] };
}

async function postAll(
  posts: AsyncIterable<Post[]>,
  ledgerFolder: string,
  goal: LandingGoal,
  { target, options, retry, signal, journey }: Together,
): Promise<Ingested> {
  const ingested = await ingest(posts, {
    gateway: openGateway(target.gatewayUrl, {
      ...retry,
      authorize: gatewayAuth(target, keySourceOf(target.actors.person)),
    }),
    ledgerFolder,
    goal,
    ...(options.course && options.pauses ? { sleep } : {}),
    tell: options.tell,
    journey,
  }, {
    id: target.id,
    batchSize: options.batchSize,
    keyed: options.partitions > 1,
    signal,
  });
  await rememberSource(ledgerFolder, perTable((table) => ingested.tables[table].source));
  return ingested;
}

function postsOf(source: Source, options: BatchOptions): AsyncIterable<Post[]> {
  const limit = options.rows ?? Infinity;
  return options.course
    ? coursePosts(source, courseDraws(), { limit })
    : postsInOrder(source, { limit });
}

async function landStage(
  { goal, options, signal, journey }: Together,
  kafka: KafkaCluster,
  objects: S3Objects,
  sink: SinkConfig,
  topics: string[],
): Promise<Landed> {
  begins("land", "records", options);
  const stored = perTable(() => 0);
  const onLanded = ({ topic, partition, recordCount, startOffset, key }: LandedObject) => {
    const table = tableNames[topics.indexOf(topic)];
    if (table === undefined) return;
    options.tell?.counts?.({ hop: "landed", table, count: stored[table] += recordCount });
    const last = startOffset + BigInt(recordCount) - 1n;
    journey?.arrived("landed", table, { partition, first: startOffset, last }, { key });
  };
  await using consumer = await kafka.consume(topics, `connect-${sink.name}`);
  return await land(
    {
      consumer,
      objects,
      goal,
      endOffsets: (topic) => kafka.endOffsets(topic),
      onLanded,
    },
    sink,
    { signal },
  );
}

interface Moved {
  ingested: Ingested;
  since: Offsets;
  until: Offsets;
}

async function prove({ ingested, since, until }: Moved, work: Transformed, options: BatchOptions) {
  options.tell?.stage?.({ stage: "prove", unit: "steps", done: 0, total: 1 });
  const read = perTable((table) => ingested.tables[table].source);
  const folders = await ledgerFolders(options.stateDir);
  const proof = await reconcile(work, {
    source: await sourceOf(folders),
    unreadable: options.unreadable,
    ledgers: perTable((table) => folders.map((folder) => ledgerPaths(folder)[table])),
    thisRun: {
      source: read,
      posted: perTable((table) => ingested.tables[table].postedThisRun),
      since,
    },
    endOffsets: until,
  });
  options.tell?.stage?.({ stage: "prove", unit: "steps", done: 1, total: 1 });
  return proof;
}

/** The clean rows of these keys, as JSON. */
async function cleanRows(
  db: DuckDbWarehouse,
  table: TableName,
  keys: readonly number[],
): Promise<Map<number, string>> {
  if (keys.length === 0) return new Map();
  const rows = await db.rows(`select ind, to_json(clean)::varchar as row
    from ${quoted(table)} as clean where ind in (${keys.join(", ")})`);
  return new Map(rows.map(({ ind, row }) => [Number(ind), String(row)]));
}

/** The folder of the source's ledgers, and that of every file that was posted again. */
async function ledgerFolders(stateDir: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(stateDir), ({ name }) => name);
  return [
    stateDir,
    ...names.filter((name) => name.startsWith("replay-")).map((name) => `${stateDir}/${name}`),
  ];
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startMs = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startMs) / 1000 };
}
