/**
 * The simulated Kinesis Data Streams: HTTP requests -> streams, whose shards are logs in files.
 *
 * What was answered with success survives the end of the process, however it ends; a full disk is
 * an InternalFailure, and what it met is not stored.
 *
 * Source: Kinesis Data Streams API reference.
 * Left out: consumers and SubscribeToShard, encryption, enhanced monitoring, channels,
 * growth of streams on demand, HTTPS.
 */
import type { Door } from "../iam/door.ts";
import type { Service, ServiceContext } from "../service.ts";
import { lookOver } from "../storage/look_over.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import { createStream, shape } from "./actions/create_stream.ts";
import type { KinesisContext } from "./context.ts";
import { kinesis, requestIds } from "./handler.ts";
import { LogPool } from "./log_pool.ts";
import { serve } from "./server.ts";
import { requestReader } from "./shapes.ts";
import { Streams } from "./streams.ts";

export interface KinesisOptions {
  /** 0: any free port. */
  port: number;
  region: string;
  /** Whom it asks who may do what. */
  door: Door;
  /** Whether throughput of shards and rates of calls are enforced. */
  limits: "on" | "off";
  /** Made at the start, on demand, where they are not there yet. Default: none. */
  streams?: readonly string[];
  /** How long a stream is CREATING, UPDATING or DELETING. Default: 20 ms. */
  transitionMs?: number;
}

const readCreateStream = requestReader(shape);

/** Opens the port; it answers when this returns. */
export async function startKinesis(
  context: ServiceContext,
  options: KinesisOptions,
): Promise<Service> {
  const { dir, world, faults, tell, events } = context;
  const { region, transitionMs = 20 } = options;
  const { accountId } = world;
  const nowMs = () => world.nowMs();
  const logs = new LogPool(faults, { root: new SafeFolder(dir), tell });
  const streams = new Streams(dir, { nowMs, faults, logs, transitionMs, tell }, { accountId });
  const ctx: KinesisContext = {
    region,
    accountId,
    streams,
    faults,
    nowMs,
    hasLimits: options.limits === "on",
  };
  for (const name of options.streams ?? []) ensureStream(name, ctx);
  const handler = kinesis(ctx, options.door, requestIds(world));
  const service = await serve(handler, {
    port: options.port,
    events,
    losesAnswer: () => faults.strikes("net.answer_lost"),
  });
  let isEnded = false;
  const shards = streams.all().flatMap((stream) => stream.shards);
  const looks = shards.map((shard) => () => shard.hasLog && shard.endOffset);
  const looking = lookOver(looks, () => isEnded);
  return {
    port: service.port,
    async [Symbol.asyncDispose]() {
      isEnded = true;
      await looking;
      await service[Symbol.asyncDispose]();
      streams[Symbol.dispose]();
    },
  };
}

function ensureStream(StreamName: string, ctx: KinesisContext): void {
  if (ctx.streams.find(StreamName) !== null) return;
  const request = { StreamName, StreamModeDetails: { StreamMode: "ON_DEMAND" } };
  createStream(readCreateStream(request), ctx);
}
