/** Actions by name on a service without a port, with a clock that stands still until it is moved. */
import { actions } from "../../../sim/kinesis/actions.ts";
import { isRendered, type KinesisContext } from "../../../sim/kinesis/context.ts";
import { LogPool } from "../../../sim/kinesis/log_pool.ts";
import { ActionRates } from "../../../sim/kinesis/rates.ts";
import { Streams } from "../../../sim/kinesis/streams.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";

export const accountId = "000000000000";
export const transitionMs = 20;

export interface WireRecord {
  SequenceNumber: string;
  ApproximateArrivalTimestamp: number;
  Data: string;
  PartitionKey: string;
}

export interface WireShard {
  ShardId: string;
  ParentShardId?: string;
  AdjacentParentShardId?: string;
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  SequenceNumberRange: { StartingSequenceNumber: string; EndingSequenceNumber?: string };
}

/** What any action may answer; a test looks at what its action has. */
export interface Reply {
  ShardId: string;
  SequenceNumber: string;
  FailedRecordCount: number;
  Records: (WireRecord & { ShardId?: string; ErrorCode?: string; ErrorMessage?: string })[];
  ShardIterator: string;
  NextShardIterator?: string;
  MillisBehindLatest: number;
  ChildShards?: { ShardId: string; ParentShards: string[] }[];
  Shards: WireShard[];
  NextToken?: string;
  Tags: { Key: string; Value: string }[];
  HasMoreTags: boolean;
  StreamNames: string[];
  HasMoreStreams: boolean;
  StreamDescription: { StreamStatus: string; Shards: WireShard[]; HasMoreShards: boolean };
  StreamDescriptionSummary: {
    StreamStatus: string;
    OpenShardCount: number;
    RetentionPeriodHours: number;
    MaxRecordSizeInKiB: number;
    StreamModeDetails: { StreamMode: string };
  };
  OpenShardCount: number;
  CurrentShardCount: number;
}

export interface Options {
  limits?: "on" | "off";
  faults?: Faults;
  dir?: string;
}

export class TestKinesis implements Disposable {
  readonly dir: string;
  /** What was told about damage to files. */
  readonly told: string[] = [];
  nowMs = Date.parse("2026-01-02T03:04:05.678Z");
  readonly #ctx: KinesisContext;
  readonly #rates = new ActionRates();
  readonly #keepsFiles: boolean;

  constructor({ limits = "off", faults = noFaults, dir }: Options = {}) {
    this.#keepsFiles = dir !== undefined;
    this.dir = dir ?? Deno.makeTempDirSync();
    const nowMs = () => this.nowMs;
    const tell = (sentence: string) => this.told.push(sentence);
    const world = { nowMs, faults, logs: new LogPool(faults, { tell }), transitionMs, tell };
    const streams = new Streams(this.dir, world, { accountId });
    const hasLimits = limits === "on";
    this.#ctx = { region: "us-east-1", accountId, streams, faults, nowMs, hasLimits };
  }

  /** @throws {ServiceError} what the action says */
  ask(name: string, request: Record<string, unknown> = {}): Reply {
    const action = actions.get(name);
    if (action === undefined) throw new RangeError(`There is no action ${name}`);
    const answer = action.run(request, this.#ctx, this.#rates);
    if (answer === undefined) return JSON.parse("{}");
    return JSON.parse(isRendered(answer) ? answer.json() : JSON.stringify(answer));
  }

  /** A stream that is ready. */
  create(name: string, shardCount = 1): void {
    this.ask("CreateStream", { StreamName: name, ShardCount: shardCount });
    this.settle();
  }

  settle(): void {
    this.nowMs += transitionMs;
  }

  put(stream: string, key: string, text = "x"): Reply {
    const Data = btoa(text);
    return this.ask("PutRecord", { StreamName: stream, PartitionKey: key, Data });
  }

  iterator(stream: string, shardId: string, more: Record<string, unknown> = {}): string {
    const request = { StreamName: stream, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" };
    return this.ask("GetShardIterator", { ...request, ...more }).ShardIterator;
  }

  /** All records of a shard, from the start or another place. */
  readAll(stream: string, shardId: string, more: Record<string, unknown> = {}): WireRecord[] {
    const found: WireRecord[] = [];
    let next: string | undefined = this.iterator(stream, shardId, more);
    while (next !== undefined) {
      const page: Reply = this.ask("GetRecords", { ShardIterator: next });
      found.push(...page.Records);
      if (page.MillisBehindLatest === 0) break;
      next = page.NextShardIterator;
    }
    return found;
  }

  shards(stream: string): WireShard[] {
    return this.ask("ListShards", { StreamName: stream }).Shards;
  }

  /** Another service on the same files, as after a restart. */
  reopened(options: Options = {}): TestKinesis {
    const next = new TestKinesis({ ...options, dir: this.dir });
    next.nowMs = this.nowMs;
    return next;
  }

  [Symbol.dispose](): void {
    this.#ctx.streams[Symbol.dispose]();
    if (!this.#keepsFiles) Deno.removeSync(this.dir, { recursive: true });
  }
}
