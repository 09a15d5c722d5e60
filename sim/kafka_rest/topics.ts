/**
 * Topics, partitions and brokers: what the cluster says of itself.
 *
 * Source: Confluent REST Proxy API reference, v2.
 */
import { notFound, partitionNotFound, topicNotFound } from "./errors.ts";
import { type Exchange, ok, type Resource } from "./exchange.ts";
import type { Cluster } from "./kafka/cluster.ts";
import { errorCodes, kafkaError } from "./kafka/errors.ts";
import {
  earliest,
  latest,
  listOffsets,
  type PartitionMetadata,
  topicConfigs,
  type TopicMetadata,
} from "./kafka/requests.ts";
import { embedded, v2 } from "./media_types.ts";

const jsonType = "application/json";

export function topicResources(cluster: Cluster): Resource[] {
  const partitionTypes = [v2, ...Object.values(embedded)];
  const get = (
    path: readonly string[],
    produces: readonly string[],
    value: (exchange: Exchange) => unknown,
  ): Resource => ({
    method: "GET",
    path,
    consumes: [v2],
    produces,
    handle: async (exchange) => ok(exchange, await value(exchange)),
  });
  return [
    // Assumed: health checks that accept plain JSON only are served as well.
    get([], [v2, jsonType], () => ({})),
    get(["topics"], [v2], () => topicNames(cluster)),
    get(["topics", "*"], [v2], (exchange) => topic(exchange, cluster)),
    get(["topics", "*", "partitions"], partitionTypes, async (exchange) => {
      const { partitions } = await existing(exchange, cluster);
      return partitions.map(shown);
    }),
    get(["topics", "*", "partitions", "*"], partitionTypes, async (exchange) => {
      return shown(partitionOf(exchange, await existing(exchange, cluster)));
    }),
    get(["topics", "*", "partitions", "*", "offsets"], partitionTypes, (exchange) => {
      return bounds(exchange, cluster);
    }),
    get(["brokers"], [v2], async () => {
      const { brokers } = await cluster.metadata([]);
      return { brokers: brokers.map(({ id }) => id).sort((one, other) => one - other) };
    }),
  ];
}

async function topicNames(cluster: Cluster): Promise<string[]> {
  const { topics } = await cluster.metadata(null);
  return topics.map(({ name }) => name).sort();
}

async function topic(exchange: Exchange, cluster: Cluster) {
  const { name, partitions } = await existing(exchange, cluster);
  const { error, configs } = await cluster.sendToAny(topicConfigs(name));
  if (error !== errorCodes.none) throw kafkaError(error);
  return { name, configs: Object.fromEntries(configs), partitions: partitions.map(shown) };
}

/** @throws {ServiceError} 40401 if there is no such topic. */
async function existing(exchange: Exchange, cluster: Cluster): Promise<TopicMetadata> {
  const name = exchange.parameters[0] ?? "";
  const { topics } = await cluster.metadata([name]);
  const found = topics[0];
  const missing: readonly number[] = [errorCodes.unknownTopicOrPartition, errorCodes.invalidTopic];
  if (found === undefined || missing.includes(found.error)) throw topicNotFound();
  // Documented: the admin client, which is asked here, does not name the topic.
  if (found.error !== errorCodes.none) throw kafkaError(found.error);
  found.partitions.sort((one, other) => one.id - other.id);
  return found;
}

/** @throws {ServiceError} 40402 if the topic has no such partition. */
function partitionOf(exchange: Exchange, { partitions }: TopicMetadata): PartitionMetadata {
  const text = exchange.parameters[1] ?? "";
  if (!/^-?[0-9]{1,9}$/.test(text)) throw notFound(); // The path parameter is an int.
  const found = partitions.find(({ id }) => id === Number(text));
  if (found === undefined) throw partitionNotFound();
  return found;
}

function shown({ id, leader, replicas, inSync }: PartitionMetadata) {
  return {
    partition: id,
    leader,
    replicas: replicas.map((broker) => ({
      broker,
      leader: broker === leader,
      in_sync: inSync.includes(broker),
    })),
  };
}

async function bounds(exchange: Exchange, cluster: Cluster) {
  const { name, ...rest } = await existing(exchange, cluster);
  const { id, leader } = partitionOf(exchange, { name, ...rest });
  const ask = async (timestamp: bigint): Promise<number> => {
    const [found] = await cluster.send(
      leader,
      listOffsets([{ topic: name, partition: id }], timestamp),
    );
    if (found === undefined || found.error !== errorCodes.none) {
      throw kafkaError(found?.error ?? errorCodes.unknownTopicOrPartition);
    }
    return Number(found.offset);
  };
  const [beginning, end] = await Promise.all([ask(earliest), ask(latest)]);
  return { beginning_offset: beginning, end_offset: end };
}
