/**
 * Kafka REST: Confluent's REST Proxy, API v2, in front of any Kafka broker.
 *
 * It holds nothing but what waits for Kafka: records go over sockets to the brokers it is given,
 * simulated or real, and a 200 is sent when each record has its entry.
 *
 * Source: Confluent REST Proxy API reference, v2; its source code (7.2 and 8.5).
 * Left out: API v3, Schema Registry formats, TLS, clients' authentication; of those to Kafka all
 * but MSK's IAM tokens (the original uses AWS_MSK_IAM, which asks for the same action).
 */
import { ServiceError } from "../errors.ts";
import { type RequestNote, telling } from "../events.ts";
import { type AccessKey, anonymous } from "../iam/principal.ts";
import {
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  jsonResponse,
  serveHttp,
} from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import type { Service, ServiceContext } from "../service.ts";
import { consumerResources, Consumers } from "./consumers.ts";
import { fromKafka } from "./errors.ts";
import { resolve, type Resource } from "./exchange.ts";
import { Cluster } from "./kafka/cluster.ts";
import { KafkaError } from "./kafka/errors.ts";
import { Producer } from "./kafka/producer.ts";
import { v2 } from "./media_types.ts";
import { produceResources } from "./produce.ts";
import { topicResources } from "./topics.ts";

export interface KafkaRestOptions {
  /** Default 0: any free port. */
  port?: number;
  /** `host:port` each. */
  brokers: readonly string[];
  /** As whom it opens the brokers: SASL OAUTHBEARER with tokens of MSK; default: nobody asks. */
  auth?: {
    region: string;
    credentials: () => AccessKey;
    /** Certificates that vouch for the brokers; default: nothing is encrypted. */
    caCerts?: readonly string[];
  } | null;
  /** How long each record waits for a topic that nobody knows, milliseconds; default 60,000. */
  maxBlockMs?: number;
  /** For one answer of a broker, milliseconds; default 30,000. */
  requestTimeoutMs?: number;
  /** Until a record that could not be sent is given up, milliseconds; default 120,000. */
  deliveryTimeoutMs?: number;
  /** Between attempts, milliseconds; default 100. */
  retryBackoffMs?: number;
  /** The largest record with all around it, bytes; default 1,048,576. */
  maxRequestSizeBytes?: number;
  /** Of idle consumer instances, milliseconds; default 300,000. */
  consumerInstanceTimeoutMs?: number;
}

/** The vendor sets no limit; ours only keeps one request from taking all memory. */
const bodyBytesMax = 256 * 1024 * 1024;
/** Well under the 1 MiB that a broker takes by default. */
const batchBytesMax = 512 * 1024;

/** Opens the port; brokers are looked for when the first request needs them. */
export function startKafkaRest(
  ctx: ServiceContext,
  options: KafkaRestOptions,
): Promise<Service> {
  const clusterOptions = {
    bootstrap: options.brokers,
    login: options.auth ? { ...options.auth, nowMs: ctx.world.nowMs } : null,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    retryBackoffMs: options.retryBackoffMs ?? 100,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 1000,
  };
  const cluster = new Cluster(ctx.world, clusterOptions);
  const producer = new Producer(ctx.world, cluster, {
    requestTimeoutMs: clusterOptions.requestTimeoutMs,
    retryBackoffMs: clusterOptions.retryBackoffMs,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    maxBlockMs: options.maxBlockMs ?? 60_000,
    recordBytesMax: options.maxRequestSizeBytes ?? 1_048_576,
    batchBytesMax,
  });
  const consumers = new Consumers(ctx.world, {
    newCluster: () => new Cluster(ctx.world, clusterOptions),
    instanceTimeoutMs: options.consumerInstanceTimeoutMs ?? 300_000,
  });
  const resources = [
    ...produceResources({ world: ctx.world, faults: ctx.faults, producer }),
    ...topicResources(cluster),
    ...consumerResources(consumers, () => `http://127.0.0.1:${server.port}`),
  ];
  const answerTo = (request: HttpRequest, note: RequestNote | null) =>
    answer(request, resources, note);
  const server: HttpServer = serveHttp(telling(ctx.events, "kafkaRest", answerTo), {
    port: options.port ?? 0,
    bodyBytesMax,
    losesAnswer: () => ctx.faults.strikes("net.answer_lost"),
    refusal: (message) => jsonResponse(403, { error_code: 403, message }, v2),
  });
  return Promise.resolve({
    port: server.port,
    async [Symbol.asyncDispose]() {
      producer[Symbol.dispose]();
      await consumers[Symbol.asyncDispose]();
      cluster[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  });
}

async function answer(
  request: HttpRequest,
  resources: readonly Resource[],
  note: RequestNote | null,
): Promise<HttpResponse> {
  try {
    const { resource, exchange } = resolve(request, resources);
    const path = request.target.split("?", 1)[0];
    note?.asks(anonymous, `${resource.method} /${resource.path.join("/")}`, path);
    return await resource.handle(exchange);
  } catch (error) {
    const refused = error instanceof KafkaError ? fromKafka(error) : error;
    if (refused instanceof ServiceError) note?.refused(refused.code);
    return refusal(refused, request);
  }
}

function refusal(error: unknown, request: HttpRequest): HttpResponse {
  if (!(error instanceof ServiceError)) throw error; // Our bug, not the proxy's.
  const { status, code, message } = error;
  return jsonResponse(status, { error_code: Number(code), message }, errorType(status, request));
}

/** Documented: at a 415 there is no negotiated type, so plain JSON unless ours is asked for. */
function errorType(status: number, { headers }: HttpRequest): string {
  const accepted = headerOf(headers, "accept") ?? "";
  const asked = accepted.split(",").some((type) => type.trim() === v2);
  return status === 415 && !asked ? "application/json" : v2;
}
