/**
 * Produce: POST /topics/{topic} and /topics/{topic}/partitions/{partition}.
 *
 * Every record gets an entry, in request order. HTTP 200 does not say that anything was stored:
 * what Kafka refused stands in the entries, and only errors of rights change the status.
 *
 * Source: Confluent REST Proxy API reference, v2.
 */
import type { Faults } from "../faults/plan.ts";
import type { HttpResponse } from "../net/http.ts";
import type { World } from "../world.ts";
import { codeOf, notFound, restError, schemaRegistryMissing } from "./errors.ts";
import type { Exchange, Resource } from "./exchange.ts";
import type { Outcome } from "./kafka/delivery.ts";
import { KafkaError } from "./kafka/errors.ts";
import type { Producer, RecordToProduce } from "./kafka/producer.ts";
import { type Embedded, embedded, embeddedFormat, v2 } from "./media_types.ts";
import { readProduceRequest } from "./produce_request.ts";

export interface ProduceContext {
  world: World;
  faults: Faults;
  producer: Producer;
}

const encoder = new TextEncoder();

const methods: Record<Embedded, string> = {
  binary: "produceBinary",
  json: "produceJson",
  avro: "produceAvro",
  jsonschema: "produceJsonSchema",
  protobuf: "produceProtobuf",
};

export function produceResources(ctx: ProduceContext): Resource[] {
  const shared = {
    method: "POST",
    consumes: Object.values(embedded),
    strict: true,
    produces: [v2],
  };
  return [
    {
      ...shared,
      path: ["topics", "*"],
      handle: (exchange) => produce(exchange, null, ctx),
    },
    {
      ...shared,
      path: ["topics", "*", "partitions", "*"],
      handle(exchange) {
        const text = exchange.parameters[1] ?? "";
        if (!/^-?[0-9]{1,9}$/.test(text)) throw notFound(); // The path parameter is an int.
        return produce(exchange, Number(text), ctx);
      },
    },
  ];
}

async function produce(
  exchange: Exchange,
  partition: number | null,
  ctx: ProduceContext,
): Promise<HttpResponse> {
  const format = embeddedFormat(exchange.contentType) ?? "binary";
  const isPlain = format === "json" || format === "binary";
  const records = readProduceRequest(
    exchange.body,
    isPlain ? format : "schema",
    methods[format],
  );
  if (!isPlain) throw schemaRegistryMissing();
  if (partition !== null) { for (const record of records) record.partition ??= partition; }
  const outcomes = await send(exchange.parameters[0] ?? "", records, ctx);
  const headers = [["Content-Type", exchange.accepted]] as const;
  return { status: statusOf(outcomes), headers, body: encoder.encode(bodyOf(outcomes)) };
}

/** @throws {ServiceError} 500 at a negative partition, after the records before it were sent. */
async function send(
  topic: string,
  records: RecordToProduce[],
  ctx: ProduceContext,
): Promise<Outcome[]> {
  const broken = records.findIndex(({ partition }) => partition !== null && partition < 0);
  if (broken >= 0) {
    await ctx.producer.send(topic, records.slice(0, broken));
    // Documented: the client throws an IllegalArgumentException, which is no Kafka error.
    throw restError(500, "Internal Server Error");
  }
  if (!ctx.faults.strikes("kafka_rest.produce.retriable")) {
    return await ctx.producer.send(topic, records);
  }
  const struck = Math.floor(ctx.world.random("kafka_rest struck record")() * records.length);
  const outcomes = await ctx.producer.send(topic, records.filter((_, index) => index !== struck));
  const fault = new KafkaError(
    `Expiring 1 record(s) for ${topic}-0:120000 ms has passed since batch creation`,
    "retriable",
  );
  return outcomes.toSpliced(struck, 0, fault);
}

/** Documented: the first error of rights decides. */
function statusOf(outcomes: readonly Outcome[]): number {
  for (const outcome of outcomes) {
    if (!(outcome instanceof KafkaError)) continue;
    if (outcome.kind === "authentication") return 401;
    if (outcome.kind === "authorization") return 403;
  }
  return 200;
}

/** Written by hand: 500 objects through JSON.stringify cost more than the HTTP around them. */
function bodyOf(outcomes: readonly Outcome[]): string {
  let text = '{"offsets":[';
  let separator = "";
  for (const outcome of outcomes) {
    text += separator + entryOf(outcome);
    separator = ",";
  }
  return text + '],"key_schema_id":null,"value_schema_id":null}';
}

function entryOf(outcome: Outcome): string {
  if (!(outcome instanceof KafkaError)) {
    return `{"partition":${outcome.partition},"offset":${outcome.offset},"error_code":null,` +
      '"error":null}';
  }
  const error = JSON.stringify(outcome.message);
  return `{"partition":null,"offset":null,"error_code":${codeOf(outcome)},"error":${error}}`;
}
