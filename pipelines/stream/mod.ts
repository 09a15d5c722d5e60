/**
 * The streaming pipeline: MySQL -> gateway -> Kinesis -> clean rows -> Delta tables, and the proof.
 *
 * Three lanes, one per table, each from its stream to its Delta table; ingest feeds all three.
 * A run is over when ingest is done and every lane has read past what was acknowledged last. What
 * survives a crash: acknowledgements in the ledger, positions inside the commits (write.ts); a
 * run on the same state goes on from both.
 */
import { gatewayAuth } from "../clients/gateway_auth.ts";
import { openGatewayStreams } from "../clients/gateway_streams.ts";
import { keySourceOf } from "../clients/identity.ts";
import { type KinesisStreams, openKinesis } from "../clients/kinesis.ts";
import { openSource, type Source } from "../clients/mysql.ts";
import { defaultRetryLimits, type RetryOptions, sleep } from "../clients/retry.ts";
import { type Hop, type Listener, tellHops } from "../events.ts";
import { Journey } from "../record/journey.ts";
import { ledgerPaths } from "../record/ledger.ts";
import type { Ingested } from "../record/posting.ts";
import { chained, type Post, postsInOrder } from "../posts.ts";
import {
  checkStateFolder,
  claimStateFolder,
  makeFolder,
  rememberSource,
  type RunIdentity,
  sourceOf,
} from "../state_folder.ts";
import type { OnStep } from "../steps.ts";
import { perTable, shardNumberOf, streamOf, type TableName, tableNames } from "../tables.ts";
import { asActor, type Target } from "../target.ts";
import type { Answer } from "../warehouse/answer.ts";
import { createNulledTable, type Nulled } from "../warehouse/nulled.ts";
import { streamAnswers } from "./answers.ts";
import { ReadingGoal } from "./goal.ts";
import { ingest } from "./ingest.ts";
import { Latency } from "./latency.ts";
import { gapOf, lossError, watchForLoss } from "./lost.ts";
import { Pace } from "./pace.ts";
import { prove, type StreamProof } from "./prove.ts";
import { shardEnd } from "./positions.ts";
import type { Page } from "./page_queue.ts";
import { type Gap, readStream } from "./read.ts";
import { openSink, type Sink, type SinkEvents, type SinkOptions } from "./sink.ts";
import type { TableSummary } from "./summary.ts";
import type { TableCommit } from "./write.ts";

export interface StreamOptions {
  /** Where the posts come from, in words; a state folder belongs to one source. */
  source: string;
  /** Tables of the source that are left out; default: none. */
  without?: readonly TableName[] | undefined;
  /** Rows of the source that were unreadable, as a list; default: there are none. */
  unreadable?: string | null | undefined;
  stateDir: string;
  /** Folder of the results. */
  outDir: string;
  /** Posts; null: until the source or the time ends. */
  rows: number | null;
  /** How many posts there will be, where that is told; null: nobody knows. */
  postsExpected: number | null;
  /** How long to post; null: until the rows end. */
  postForMs: number | null;
  /** The most that is posted; null: as fast as it goes. */
  recordsPerSecond: number | null;
  /** More posts than the source holds, from an index on; null: there are none. */
  onward: ((firstIndex: number) => Iterable<Post>) | null;
  /** Whether the answers are computed at the end. */
  answers: boolean;
  /** Records per request. */
  batchSize: number;
  flush: { records: number; bytes: number; ageMs: number };
  /** Records of one read; default: what reading finds right. */
  pageRecords?: number | undefined;
  maintenance?: SinkOptions["maintenance"];
  /** A folder for the Delta tables; null: `delta/` in the bucket. */
  deltaDir: string | null;
  /** Folder of the bucket on this machine; null: the bucket is elsewhere. */
  bucketDir: string | null;
  acceptGap: boolean;
  giveUpAfterMs: number;
  random: () => number;
  /** Ends the posting; what was posted is still committed and proven. */
  stopPosting: AbortSignal;
  /** Ends everything that is under way, with its reason. */
  failed?: AbortSignal | undefined;
  /** Default: nobody listens. */
  tell?: Listener | undefined;
  onStep?: OnStep | undefined;
}

export interface StreamResult {
  ingested: Ingested;
  proof: StreamProof;
  gaps: Gap[];
  rejects: { table: TableName; reason: string; count: number }[];
  /** Cells that held something and became null, of all runs on the same tables together. */
  nulled: readonly Nulled[];
  commits: number;
  latencyMs: { p50: number; p95: number; max: number } | null;
  recordsPerSecond: number;
  tables: Record<string, TableSummary>;
  /** Empty unless they were asked for. */
  answers: Map<string, Answer>;
  /** `stream`: posting and committing; `prove`; `answers`. */
  seconds: { stream: number; prove: number; answers: number };
}

/**
 * Runs the whole stream.
 * @throws {UsageError} what the person can mend: settings, folders, another run's state folder
 * @throws {OutsideError} what stayed out of reach for too long
 * @throws {RunError} what cannot go on: another worker, a gap, a full disk
 */
export async function runStream(target: Target, options: StreamOptions): Promise<StreamResult> {
  const identity = identityOf(target, options);
  await checkStateFolder(options.stateDir, identity);
  await makeFolder(options.outDir);
  await claimStateFolder(options.stateDir, identity);
  const run = new Run(target, options);
  await using sink = await openSink(target, options, run.retry, run);
  await sink.rejects.takeUnreadable(options.unreadable ?? null);
  const { value: ingested, seconds } = await timed(() => run.stream(sink));
  const proof = await timed(() => run.prove(sink, ingested));
  tellHops(options.tell ?? {}, proof.value.hops);
  const answers = await timed(() => run.answer(sink));
  return {
    ingested,
    proof: proof.value,
    gaps: run.gaps,
    rejects: await sink.rejectCounts(),
    nulled: await writeNulled(sink, options.outDir),
    commits: sink.commits,
    latencyMs: run.latency.summary(),
    recordsPerSecond: Math.round(run.committedCount / Math.max(seconds, 0.001)),
    tables: await sink.summaries(options.bucketDir),
    answers: answers.value,
    seconds: { stream: seconds, prove: proof.seconds, answers: answers.seconds },
  };
}

/** What a state folder was made for. */
export function identityOf(
  target: Target,
  { source, deltaDir }: Pick<StreamOptions, "source" | "deltaDir">,
): RunIdentity {
  return { id: target.id, source, tables: deltaDir ?? target.s3.bucket };
}

/** `nulled.csv|.parquet`, for a query over what the run left. */
async function writeNulled({ db, nulled }: Sink, outDir: string): Promise<readonly Nulled[]> {
  await createNulledTable(db, nulled);
  for (const format of ["csv", "parquet"] as const) {
    await db.copyTo("nulled", `${outDir}/nulled.${format}`, format);
  }
  return nulled;
}

/** One run: its stages, what they tell each other, and what they counted. */
class Run implements SinkEvents {
  readonly latency = new Latency();
  readonly gaps: Gap[] = [];
  /** Records that this run's commits took. */
  committedCount = 0;
  readonly retry: RetryOptions;
  readonly #target: Target;
  readonly #options: StreamOptions;
  readonly #goal = new ReadingGoal();
  /** Ends everything that is under way, with the first failure as its reason. */
  readonly #failed = new AbortController();
  readonly #tell: Listener;
  readonly #journey: Journey | null;

  constructor(target: Target, options: StreamOptions) {
    this.#target = target;
    this.#options = options;
    this.#tell = options.tell ?? {};
    this.#journey = Journey.of(this.#tell);
    this.retry = {
      timing: { nowMs: () => performance.now(), random: options.random, sleep },
      limits: { ...defaultRetryLimits, limitMs: options.giveUpAfterMs },
      signal: this.#failed.signal,
      tell: this.#tell,
    };
    const { failed } = options;
    failed?.addEventListener("abort", () => this.#failed.abort(failed.reason), { once: true });
  }

  onCommit({ table, version, read, rows, positions, totals, tookMs }: TableCommit): void {
    this.latency.committed(table, positions, this.retry.timing.nowMs());
    this.committedCount += read;
    const { latency } = this;
    this.#tell.commit?.({ table, version, read, rows, tookMs, latencyMs: latency.summary() });
    const { committed, duplicates, rejected } = totals;
    for (const [hop, count] of Object.entries({ committed, duplicates, rejected })) {
      this.#tell.counts?.({ hop: hop as Hop, table, count });
    }
    for (const [shardId, position] of Object.entries(positions)) {
      this.#journey?.arrived("committed", table, upTo(shardId, position), { version });
    }
  }

  onFailure(error: unknown): void {
    this.#failed.abort(error);
  }

  /** What ended the run is told by itself, not as a trouble of all that it ended. */
  onTrouble(what: string): void {
    if (!this.#failed.signal.aborted) this.#tell.trouble?.({ what, againInMs: null });
  }

  /** Posts, reads and commits at the same time; what fails first ends the others. */
  async stream(sink: Sink): Promise<Ingested> {
    using kinesis = openKinesis(asActor(this.#target, "reader").kinesis, this.retry);
    this.#begin();
    await this.#ensureStreams();
    const posting = this.#orFail(this.#ingest());
    const reading = tableNames.map((table) => this.#orFail(this.#lane(kinesis, sink, table)));
    await Promise.allSettled([posting, ...reading]);
    this.#failed.signal.throwIfAborted();
    const ingested = await posting;
    await rememberSource(this.#options.stateDir, perTable((t) => ingested.tables[t].source));
    return ingested;
  }

  /** Made by who runs the pipeline: whoever reads them may not make any. */
  async #ensureStreams(): Promise<void> {
    using kinesis = openKinesis(asActor(this.#target, "person").kinesis, this.retry);
    await kinesis.ensureStreams(tableNames.map((table) => streamOf(this.#target.id, table)));
  }

  #openSource(): Source {
    const { without } = this.#options;
    return openSource(this.#target.mysql, { limitMs: this.retry.limits.limitMs, without });
  }

  /** Follows every row from the source to its table. */
  async prove(sink: Sink, ingested: Ingested): Promise<StreamProof> {
    const { stateDir, unreadable } = this.#options;
    await using source = this.#openSource();
    this.#tell.stage?.({ stage: "prove", unit: "steps", done: 0, total: 1 });
    const proof = await prove({
      id: this.#target.id,
      storages: sink.storages,
      models: sink.models,
      workDir: sink.workDir,
      posts: this.#posts(source),
      source: await sourceOf([stateDir]),
      unreadable,
      ledgers: ledgerPaths(stateDir),
      thisRun: {
        source: perTable((table) => ingested.tables[table].source),
        posted: perTable((table) => ingested.tables[table].postedThisRun),
        since: sink.totalsBefore,
      },
    });
    this.#tell.stage?.({ stage: "prove", unit: "steps", done: 1, total: 1 });
    return proof;
  }

  async answer(sink: Sink): Promise<Map<string, Answer>> {
    if (!this.#options.answers) return new Map();
    return await streamAnswers(sink, { outDir: this.#options.outDir, tell: this.#tell });
  }

  #orFail<T>(stage: Promise<T>): Promise<T> {
    stage.catch((error) => this.#failed.abort(error));
    return stage;
  }

  async #ingest(): Promise<Ingested> {
    const { stateDir, batchSize, postForMs, recordsPerSecond, onStep } = this.#options;
    await using source = this.#openSource();
    using time = new TimeLimit(postForMs);
    const gateway = openGatewayStreams(this.#target.gatewayUrl, {
      ...this.retry,
      authorize: gatewayAuth(this.#target, keySourceOf(this.#target.actors.person)),
    });
    return await ingest(this.#posts(source), {
      gateway: {
        putRecords(stream, records) {
          time.start(); // What earlier runs posted is passed over before, and costs no time.
          return gateway.putRecords(stream, records);
        },
      },
      ledgerFolder: stateDir,
      goal: this.#goal,
      latency: this.latency,
      ...(recordsPerSecond === null ? {} : {
        pace: new Pace(recordsPerSecond, this.retry.timing),
      }),
      tell: this.#tell,
      journey: this.#journey,
      onStep,
    }, {
      id: this.#target.id,
      batchSize,
      signal: this.#failed.signal,
      stopPosting: AbortSignal.any([this.#options.stopPosting, time.signal]),
    });
  }

  /** The source, and behind it what is generated, where the run has no other end. */
  #posts(source: Source): AsyncIterable<Post[]> {
    const { rows, postForMs, onward } = this.#options;
    const own = postsInOrder(source, { limit: rows ?? Infinity });
    if (rows !== null || postForMs === null || onward === null) return own;
    return chained(own, (_count, nextIndex) => onward(nextIndex));
  }

  /** One stream into its table, until all that was acknowledged is committed. */
  async #lane(kinesis: KinesisStreams, sink: Sink, table: TableName): Promise<void> {
    const writer = sink.writers[table];
    const { acceptGap, pageRecords, onStep } = this.#options;
    const isRead = new AbortController();
    const reached: Record<string, string> = { ...writer.from };
    let lastMs = this.retry.timing.nowMs();
    const checkGoal = () => {
      if (this.#goal.isReached(table, reached)) isRead.abort(readEnough);
    };
    const timer = setInterval(checkGoal, goalCheckMs);
    const signal = AbortSignal.any([this.#failed.signal, isRead.signal]);
    const watch = this.#orFail(this.#watch(kinesis, table, reached, () => lastMs, signal));
    try {
      const pages = readStream(kinesis, streamOf(this.#target.id, table), writer.from, {
        timing: this.retry.timing,
        signal,
        acceptGap,
        pageRecords,
        onGap: (gap) => this.gaps.push(gap),
        onStep,
      });
      for await (const page of pages) {
        await writer.add(page);
        lastMs = this.retry.timing.nowMs();
        reached[page.shardId] = page.position;
        this.#read(table, page);
        checkGoal();
      }
    } catch (error) {
      if (error !== readEnough) throw error;
    } finally {
      clearInterval(timer);
      isRead.abort(readEnough);
      await watch.catch(() => {}); // `#orFail` has told.
    }
    await writer.close();
  }

  /** Ends the wait for acknowledged records that have left the stream unread. */
  async #watch(
    kinesis: KinesisStreams,
    table: TableName,
    reached: Readonly<Record<string, string>>,
    lastMs: () => number,
    signal: AbortSignal,
  ): Promise<void> {
    const { timing } = this.retry;
    const stream = streamOf(this.#target.id, table);
    await watchForLoss(kinesis, stream, {
      timing,
      signal,
      awaited: (quietMs) => {
        const isQuiet = this.#goal.finished && timing.nowMs() - lastMs() >= quietMs;
        return isQuiet ? this.#goal.awaited(table, reached) : [];
      },
      onLost: (lost) => {
        const gap = gapOf(stream, lost, reached[lost.shardId]);
        if (!this.#options.acceptGap) throw lossError(gap);
        this.gaps.push(gap);
        this.#goal.giveUp(table, lost.shardId);
      },
    });
  }

  readonly #readCounts = perTable(() => 0);

  #read(table: TableName, { shardId, records, position }: Page): void {
    const count = this.#readCounts[table] += records.length;
    this.#tell.counts?.({ hop: "read", table, count });
    this.#journey?.arrived("read", table, upTo(shardId, position), { shardId });
  }

  /** From now on the counts tell how far it is. */
  #begin(): void {
    const { postsExpected } = this.#options;
    const total = postsExpected === null ? null : postsExpected * tableNames.length;
    for (const stage of ["ingest", "read", "write"]) {
      this.#tell.stage?.({ stage, unit: "records", done: 0, total });
    }
  }
}

/** All that a shard holds up to a position. */
function upTo(shardId: string, position: string): { partition: number | undefined; last: bigint } {
  const last = position === shardEnd ? 1n << 256n : BigInt(position);
  return { partition: shardNumberOf(shardId), last };
}

/** Why reading ends when nothing more is awaited. */
const readEnough = new Error("Everything that was acknowledged is read");

/** How often a lane that has nothing to read looks whether the posting is over. */
const goalCheckMs = 20;

/** Ends the posting after a time; null: never. */
class TimeLimit implements Disposable {
  readonly #over = new AbortController();
  readonly #limitMs: number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number | null) {
    this.#limitMs = limitMs;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The time begins with the first call. */
  start(): void {
    if (this.#limitMs === null) return;
    const end = () => this.#over.abort(new Error("The time is over"));
    this.#timer ??= setTimeout(end, this.#limitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startMs = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startMs) / 1000 };
}
