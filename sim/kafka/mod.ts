/**
 * Kafka: a broker that Kafka's own clients take for one, on 127.0.0.1.
 *
 *   <dir>/topics.json  logs/  offsets.jsonl  cluster_id  producer_ids  starts  tls/
 *
 * A restart on the same folder goes on where the last one stopped, also after `kill -9`: records
 * and committed offsets that were answered are there; consumers join their groups again.
 *
 * Requests of one connection are answered in their order, one after the other as Kafka does it, so
 * a Fetch that waits holds back its own connection and no other.
 *
 * Four listeners stand for MSK's ways to authenticate (listeners.ts); what a client of the iam
 * listener may do is asked of IAM for each request (access.ts).
 *
 * Source: Apache Kafka, protocol guide; Amazon MSK developer guide.
 * Left out: replication, transactions, ACLs, quotas, compaction, certificates of clients (mTLS),
 * limits on connections by IAM.
 */
import { Port, type Visit } from "../net/port.ts";
import { type ByteSink, type ByteSource, FrameError, FrameReader, writeAll } from "../net/tcp.ts";
import type { TlsIdentity } from "../net/tls.ts";
import type { Service, ServiceContext } from "../service.ts";
import { serverIdentity } from "../storage/authority.ts";
import { lookOver } from "../storage/look_over.ts";
import { Broker, type KafkaOptions } from "./broker.ts";
import { type Listener, type ListenerName, listenerNames, listenersOf } from "./listeners.ts";
import { type Answer, answerTo, ProtocolError } from "./requests.ts";
import { mustProve, newSession } from "./session.ts";
import { joined } from "../net/joined.ts";

export type { KafkaOptions } from "./broker.ts";
export type { ListenerName, ListenerOptions } from "./listeners.ts";

export interface KafkaBroker extends Service {
  /** Of the plain listener; where there is none, of the first that there is. */
  readonly port: number;
  /** Null: there is no such listener. */
  readonly ports: Readonly<Record<ListenerName, number | null>>;
  readonly clusterId: string;
  readonly clusterArn: string;
  /** The certificate that clients of encrypted listeners must trust; null: nothing is encrypted. */
  readonly caFile: string | null;
}

/** Small parts of an answer are sent together: a packet each would cost more than the copy. */
const copiedBytesMax = 16 * 1024;

/** Documented: `sasl.server.max.receive.size` is half a MiB, for who has not authenticated. */
const proofBytesMax = 512 * 1024;

/** Documented: `connections.max.idle.ms` is ten minutes. */
const idleMs = 600_000;

// deno-lint-ignore require-await -- a port in use must reject, not throw
export async function startKafka(
  ctx: ServiceContext,
  options: KafkaOptions = {},
): Promise<KafkaBroker> {
  const listeners = listenersOf(options.listeners ?? { plain: { port: options.port ?? 0 } });
  const [first] = listeners;
  if (first === undefined) throw new TypeError("Cannot start a broker without a listener");
  const isTls = listeners.some(({ isTls }) => isTls);
  const identity = isTls ? serverIdentity(`${ctx.dir}/tls`, ctx.world.nowMs()) : null;
  const ports = openPorts(
    listeners,
    (visit, listener) => attend(visit, listener, identity, broker),
  );
  const broker = openBroker(ctx, options, ports);
  const looking = lookOver(logsOf(broker), () => broker.stopped.aborted);
  return {
    port: first.port,
    ports: portsOf(listeners),
    clusterId: broker.clusterId,
    clusterArn: broker.cluster.arn,
    caFile: identity?.caFile ?? null,
    async [Symbol.asyncDispose]() {
      for (const port of ports) port.close();
      broker[Symbol.dispose]();
      await looking;
      for (const port of ports) await port[Symbol.asyncDispose]();
    },
  };
}

function logsOf({ topics }: Broker): (() => unknown)[] {
  return topics.all().flatMap(({ partitions }) =>
    partitions.map((partition) => () => partition.hasLog && partition.log)
  );
}

/** All of them, or none. */
function openPorts(
  listeners: Listener[],
  serve: (visit: Visit, listener: Listener) => Promise<void>,
): Port[] {
  const ports: Port[] = [];
  try {
    for (const listener of listeners) {
      const port = new Port({ port: listener.port }, (visit) => serve(visit, listener));
      ports.push(port);
      listener.port = port.port;
    }
    return ports;
  } catch (error) {
    for (const port of ports) port.close();
    throw error;
  }
}

function portsOf(listeners: Listener[]): Record<ListenerName, number | null> {
  const portOf = (name: ListenerName) => listeners.find((one) => one.name === name)?.port ?? null;
  const entries = listenerNames.map((name) => [name, portOf(name)] as const);
  return Object.fromEntries(entries) as Record<ListenerName, number | null>;
}

function openBroker(ctx: ServiceContext, options: KafkaOptions, ports: Port[]): Broker {
  try {
    return new Broker(ctx, options);
  } catch (error) {
    for (const port of ports) port.close();
    throw error;
  }
}

async function attend(
  visit: Visit,
  listener: Listener,
  identity: TlsIdentity | null,
  broker: Broker,
): Promise<void> {
  if (!listener.isTls || identity === null) return await serve(visit, visit.conn, listener, broker);
  // Node's TLS takes its time to load, and many a run needs none.
  const { TlsChannel } = await import("../net/tls.ts");
  const channel = new TlsChannel(visit.conn, identity);
  try {
    await serve(visit, channel, listener, broker);
  } finally {
    await channel.close();
  }
}

/** Until the client goes, breaks the protocol, or the broker ends. */
async function serve(
  visit: Visit,
  channel: ByteSource & ByteSink,
  listener: Listener,
  broker: Broker,
): Promise<void> {
  const session = newSession(listener);
  const bytesMax = () => mustProve(session) ? proofBytesMax : broker.requestBytesMax;
  const frames = new FrameReader(channel, { frameBytesMax: bytesMax() });
  try {
    for (let frame = await frames.next(); frame !== null; frame = await frames.next()) {
      visit.ourTurn();
      const note = broker.events?.begin("kafka") ?? null;
      const answer = await answerTo(frame, session, broker, note);
      note?.answered("OK");
      if (broker.stopped.aborted || isAnswerLost(frame, broker)) return;
      visit.clientsTurn(idleMs);
      await send(channel, answer);
      if (session.isOver) return;
      frames.frameBytesMax = bytesMax();
    }
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof FrameError)) throw error;
  }
}

/** Not of ApiVersions: some clients take a connection that ends there for a very old broker. */
function isAnswerLost(frame: Uint8Array, { faults }: Broker): boolean {
  return frame[1] !== 18 && faults.strikes("net.answer_lost");
}

async function send(sink: ByteSink, parts: Answer): Promise<void> {
  if (parts === null) return;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size > copiedBytesMax) {
    for (const part of parts) await writeAll(sink, part);
    return;
  }
  await writeAll(sink, joined(parts, size));
}
