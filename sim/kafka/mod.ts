/**
 * Kafka: a broker that Kafka's own clients take for one, on 127.0.0.1.
 *
 *   <dir>/topics.json  logs/  offsets.jsonl  cluster_id  producer_ids  starts
 *
 * A restart on the same folder goes on where the last one stopped, also after `kill -9`: records
 * and committed offsets that were answered are there; consumers join their groups again.
 *
 * Requests of one connection are answered in their order, one after the other as Kafka does it, so
 * a Fetch that waits holds back its own connection and no other.
 *
 * Source: Apache Kafka, protocol guide.
 * Left out: replication, transactions, ACLs, quotas, compaction, TLS.
 */
import { anonymous } from "../iam/principal.ts";
import { Port, type Visit } from "../net/port.ts";
import { FrameError, FrameReader, writeAll } from "../net/tcp.ts";
import type { Service, ServiceContext } from "../service.ts";
import { lookOver } from "../storage/look_over.ts";
import type { Session } from "./api.ts";
import { Broker, type KafkaOptions } from "./broker.ts";
import { type Answer, answerTo, ProtocolError } from "./requests.ts";
import { joined } from "../net/joined.ts";

export type { KafkaOptions } from "./broker.ts";

export interface KafkaBroker extends Service {
  readonly clusterId: string;
}

/** Small parts of an answer are sent together: a packet each would cost more than the copy. */
const copiedBytesMax = 16 * 1024;

/** Documented: `connections.max.idle.ms` is ten minutes. */
const idleMs = 600_000;

// deno-lint-ignore require-await -- a port in use must reject, not throw
export async function startKafka(
  ctx: ServiceContext,
  options: KafkaOptions = {},
): Promise<KafkaBroker> {
  const port = new Port({ port: options.port ?? 0 }, (visit) => serve(visit, broker));
  const broker = openBroker(ctx, options, port);
  const looking = lookOver(logsOf(broker), () => broker.stopped.aborted);
  return {
    port: broker.port,
    clusterId: broker.clusterId,
    async [Symbol.asyncDispose]() {
      port.close();
      broker[Symbol.dispose]();
      await looking;
      await port[Symbol.asyncDispose]();
    },
  };
}

function logsOf({ topics }: Broker): (() => unknown)[] {
  return topics.all().flatMap(({ partitions }) =>
    partitions.map((partition) => () => partition.hasLog && partition.log)
  );
}

function openBroker(ctx: ServiceContext, options: KafkaOptions, port: Port): Broker {
  try {
    const broker = new Broker(ctx, options);
    broker.port = port.port;
    return broker;
  } catch (error) {
    port.close();
    throw error;
  }
}

/** Until the client goes, breaks the protocol, or the broker ends. */
async function serve(visit: Visit, broker: Broker): Promise<void> {
  const session: Session = { mechanism: null, principal: anonymous };
  const frames = new FrameReader(visit.conn, {
    frameBytesMax: broker.options.requestBytesMax ?? 100 * 1024 * 1024,
  });
  try {
    for (let frame = await frames.next(); frame !== null; frame = await frames.next()) {
      visit.ourTurn();
      const note = broker.events?.begin("kafka") ?? null;
      const answer = await answerTo(frame, session, broker, note);
      note?.answered("OK");
      if (broker.stopped.aborted || isAnswerLost(frame, broker)) return;
      visit.clientsTurn(idleMs);
      await send(visit.conn, answer);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof FrameError)) throw error;
  }
}

/** Not of ApiVersions: some clients take a connection that ends there for a very old broker. */
function isAnswerLost(frame: Uint8Array, { faults }: Broker): boolean {
  return frame[1] !== 18 && faults.strikes("net.answer_lost");
}

async function send(connection: Deno.Conn, parts: Answer): Promise<void> {
  if (parts === null) return;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size > copiedBytesMax) {
    for (const part of parts) await writeAll(connection, part);
    return;
  }
  await writeAll(connection, joined(parts, size));
}
