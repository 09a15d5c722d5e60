/**
 * The proxy's own refusals: HTTP status, `error_code` and the words.
 *
 * Source: Confluent REST Proxy, `Errors.java` of kafka-rest and the exception mappers of rest-utils.
 */
import { ServiceError } from "../errors.ts";
import type { KafkaError } from "./kafka/errors.ts";

/** The first three digits of a code are the status, unless another is given. */
export function restError(code: number, message: string, status?: number): ServiceError {
  const ownStatus = code < 1000 ? code : Math.floor(code / 100);
  return new ServiceError(String(code), message, status ?? ownStatus);
}

export const notFound = () => restError(404, "HTTP 404 Not Found");
export const methodNotAllowed = () => restError(405, "HTTP 405 Method Not Allowed");
export const notAcceptable = () => restError(406, "HTTP 406 Not Acceptable");
export const unsupportedMediaType = () => restError(415, "HTTP 415 Unsupported Media Type");

export const topicNotFound = () => restError(40401, "Topic not found.");
export const partitionNotFound = () => restError(40402, "Partition not found.");
export const consumerNotFound = () => restError(40403, "Consumer instance not found.");

export const schemaRegistryMissing = () =>
  restError(
    42207,
    "Error serializing message. Schema Registry not defined, no Schema Registry client available " +
      "to serialize message.",
  );

/** `error_code` of one record, or of a whole request that could not ask Kafka. */
export function codeOf({ kind }: KafkaError): number {
  switch (kind) {
    case "authentication":
      return 40101;
    case "authorization":
      return 40301;
    case "retriable":
      return 50003;
    case "fatal":
      return 50002;
  }
}

/** A request that failed as a whole because Kafka did. */
export function fromKafka(error: KafkaError): ServiceError {
  const code = codeOf(error);
  const unknownTopicOrPartition = 3;
  if (error.code === unknownTopicOrPartition) return restError(40403, error.message);
  return restError(code, error.message, code >= 50000 ? 500 : undefined);
}
