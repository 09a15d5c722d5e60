/**
 * Consumers: the instances that clients create, and the resources under /consumers.
 *
 * An instance lives until it is deleted or has been idle for `instanceTimeoutMs`.
 *
 * Source: Confluent REST Proxy API reference, v2.
 * Left out: commits without waiting (`async`), formats that need a schema registry.
 */
import type { HttpResponse } from "../net/http.ts";
import { encodeUri } from "../net/uri.ts";
import type { World } from "../world.ts";
import { Consumer, type ConsumerFormat } from "./consumer.ts";
import { consumerNotFound, partitionNotFound, restError, schemaRegistryMissing } from "./errors.ts";
import { type Exchange, noContent, ok, type Resource } from "./exchange.ts";
import type { Cluster } from "./kafka/cluster.ts";
import { embedded, v2 } from "./media_types.ts";
import { bodyFields, type Fields, list, partitionsIn, text } from "./consumer_bodies.ts";

export interface ConsumersOptions {
  newCluster: () => Cluster;
  instanceTimeoutMs: number;
}

export class Consumers implements AsyncDisposable {
  readonly #world: World;
  readonly #options: ConsumersOptions;
  /** By group, then by name. */
  readonly #groups = new Map<string, Map<string, Consumer>>();

  constructor(world: World, options: ConsumersOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** @throws {ServiceError} 40902 if the name is taken. */
  async create(group: string, fields: Fields): Promise<string> {
    const name = text(fields, "id") ?? text(fields, "name") ??
      `rest-consumer-${uuid(this.#world)}`;
    const members = await this.#liveMembers(group);
    if (members.has(name)) {
      throw restError(
        40902,
        "Consumer with specified consumer ID already exists in the specified consumer group.",
      );
    }
    const consumer = new Consumer(this.#world, this.#options.newCluster(), {
      group,
      name,
      format: formatOf(fields),
      reset: resetOf(fields),
      autoCommit: text(fields, "auto.commit.enable") !== "false",
      requestTimeoutMs: Number(text(fields, "consumer.request.timeout.ms") ?? 1000),
      members: () => [...this.#groups.get(group)?.values() ?? []],
    });
    members.set(name, consumer);
    this.#groups.set(group, members);
    return name;
  }

  /** @throws {ServiceError} 40403 if there is none, or no longer. */
  async get(group: string, name: string): Promise<Consumer> {
    const consumer = (await this.#liveMembers(group)).get(name);
    if (consumer === undefined) throw consumerNotFound();
    consumer.lastUsedMs = this.#world.nowMs();
    return consumer;
  }

  async delete(group: string, name: string): Promise<void> {
    const consumer = await this.get(group, name);
    this.#groups.get(group)?.delete(name);
    await consumer[Symbol.asyncDispose]();
  }

  async #liveMembers(group: string): Promise<Map<string, Consumer>> {
    const members = this.#groups.get(group) ?? new Map<string, Consumer>();
    for (const [name, consumer] of members) {
      if (this.#world.nowMs() - consumer.lastUsedMs < this.#options.instanceTimeoutMs) continue;
      members.delete(name);
      await consumer[Symbol.asyncDispose]();
    }
    return members;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#groups.values()].flatMap((members) => [...members.values()]);
    this.#groups.clear();
    await Promise.all(all.map((consumer) => consumer[Symbol.asyncDispose]()));
  }
}

function uuid(world: World): string {
  return world.id("kafka_rest consumer", 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function formatOf(fields: Fields): ConsumerFormat {
  const format = (text(fields, "format") ?? "binary").toLowerCase();
  if (format === "json" || format === "binary") return format;
  if (format in embedded) throw schemaRegistryMissing();
  throw restError(422, "Invalid format type.");
}

function resetOf(fields: Fields): "earliest" | "latest" | "none" {
  const reset = text(fields, "auto.offset.reset") ?? "latest";
  if (reset === "earliest" || reset === "latest" || reset === "none") return reset;
  throw restError(
    42204,
    `Invalid consumer configuration: Invalid value ${reset} for configuration auto.offset.reset: ` +
      "String must be one of: latest, earliest, none",
  );
}

const createFields = [
  "id",
  "name",
  "format",
  "auto.offset.reset",
  "auto.commit.enable",
  "fetch.min.bytes",
  "responseMinBytes",
  "consumer.request.timeout.ms",
  "requestWaitMs",
];

/** @param address the base of every instance's address, without a slash at its end. */
export function consumerResources(consumers: Consumers, address: () => string): Resource[] {
  const types = [v2, ...Object.values(embedded)];
  const base = ["consumers", "*", "instances", "*"];
  const resource = (
    method: string,
    path: readonly string[],
    handle: (exchange: Exchange) => Promise<HttpResponse>,
    produces: readonly string[] = types,
  ): Resource => ({ method, path, consumes: types, produces, handle });
  /** An operation on an instance that answers 204. */
  const act = (
    method: string,
    tail: readonly string[],
    action: (consumer: Consumer, exchange: Exchange) => Promise<void>,
  ) =>
    resource(method, [...base, ...tail], async (exchange) => {
      await action(await consumerOf(exchange, consumers), exchange);
      return noContent;
    });
  /** One that answers with a value. */
  const ask = (
    method: string,
    tail: readonly string[],
    question: (consumer: Consumer, exchange: Exchange) => Promise<unknown>,
  ) =>
    resource(method, [...base, ...tail], async (exchange) => {
      return ok(exchange, await question(await consumerOf(exchange, consumers), exchange));
    });
  return [
    resource("POST", ["consumers", "*"], (exchange) => create(exchange, consumers, address())),
    resource("DELETE", base, async ({ parameters: [group = "", name = ""] }) => {
      await consumers.delete(group, name);
      return noContent;
    }),
    act("POST", ["subscription"], (consumer, { body }) => {
      const fields = bodyFields(body, ["topics", "topic_pattern"]);
      const topics = fields.topics === undefined ? null : list(fields, "topics").map(String);
      return consumer.subscribe(topics, text(fields, "topic_pattern"));
    }),
    ask("GET", ["subscription"], async (consumer) => ({ topics: await consumer.subscription() })),
    act("DELETE", ["subscription"], (consumer) => consumer.unsubscribe()),
    act("POST", ["assignments"], (consumer, { body }) => {
      return consumer.assign(partitionsIn(bodyFields(body, ["partitions"]), "partitions"));
    }),
    ask("GET", ["assignments"], async (consumer) => ({ partitions: await consumer.assignment() })),
    act("POST", ["positions"], (consumer, { body }) => {
      return consumer.seek(partitionsIn(bodyFields(body, ["offsets"]), "offsets"));
    }),
    act("POST", ["positions", "beginning"], (consumer, { body }) => {
      const partitions = partitionsIn(bodyFields(body, ["partitions"]), "partitions");
      return consumer.seekTo(partitions, "earliest");
    }),
    act("POST", ["positions", "end"], (consumer, { body }) => {
      const partitions = partitionsIn(bodyFields(body, ["partitions"]), "partitions");
      return consumer.seekTo(partitions, "latest");
    }),
    ask("POST", ["offsets"], async (consumer, { body }) => {
      const given = body.length === 0
        ? null
        : partitionsIn(bodyFields(body, ["offsets"]), "offsets");
      await consumer.commit(given);
      return [];
    }),
    ask("GET", ["offsets"], async (consumer, { body }) => {
      if (body.length === 0) throw partitionNotFound();
      const partitions = partitionsIn(bodyFields(body, ["partitions"]), "partitions");
      return { offsets: await consumer.committed(partitions) };
    }),
    resource("GET", [...base, "records"], (exchange) => records(exchange, consumers), [
      embedded.binary,
      v2,
      embedded.json,
      embedded.avro,
      embedded.jsonschema,
      embedded.protobuf,
    ]),
  ];
}

function consumerOf({ parameters: [group = "", name = ""] }: Exchange, consumers: Consumers) {
  return consumers.get(group, name);
}

async function create(
  exchange: Exchange,
  consumers: Consumers,
  address: string,
): Promise<HttpResponse> {
  const group = exchange.parameters[0] ?? "";
  const fields = exchange.body.length === 0 ? {} : bodyFields(exchange.body, createFields);
  const name = await consumers.create(group, fields);
  const path = `consumers/${encodeUri(group)}/instances/${encodeUri(name)}`;
  return ok(exchange, { instance_id: name, base_uri: `${address}/${path}` });
}

async function records(exchange: Exchange, consumers: Consumers): Promise<HttpResponse> {
  const consumer = await consumerOf(exchange, consumers);
  const wanted = exchange.accepted === embedded.json
    ? "json"
    : exchange.accepted === embedded.binary || exchange.accepted === v2
    ? "binary"
    : null;
  if (wanted !== consumer.format) {
    throw restError(
      40601,
      "The requested embedded data format does not match the deserializer for this consumer instance",
    );
  }
  const number = (name: string) => Number(exchange.query.get(name) ?? -1);
  const body = await consumer.read(number("timeout"), number("max_bytes"));
  return { status: 200, headers: [["Content-Type", exchange.accepted]], body };
}
