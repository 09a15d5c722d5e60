/** What Kinesis says when it refuses: code and words, as on AWS. */
import { ServiceError } from "../errors.ts";

export interface Account {
  accountId: string;
}

export function invalidArgument(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

/** Observed by others: also for a stream that is being made or deleted. */
export function streamNotFound(name: string, { accountId }: Account): ServiceError {
  const message = `Stream ${name} under account ${accountId} not found.`;
  return new ServiceError("ResourceNotFoundException", message);
}

export function shardMissing(shardId: string, stream: string, { accountId }: Account) {
  const message = `Shard ${shardId} in stream ${stream} under account ${accountId} does not exist`;
  return new ServiceError("ResourceNotFoundException", message);
}

export function shardNotFound(shardId: string, stream: string, { accountId }: Account) {
  const where = `in stream ${stream} under account ${accountId}`;
  return new ServiceError("ResourceNotFoundException", `Could not find shard ${shardId} ${where}.`);
}

export function notActive(stream: string, status: string, { accountId }: Account): ServiceError {
  const message = `Stream ${stream} under account ${accountId} not ACTIVE`;
  return new ServiceError("ResourceInUseException", `${message}, instead in state ${status}`);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message);
}

/** Observed: the same words for writes and for reads. */
export function rateExceededText(shardId: string, stream: string, { accountId }: Account): string {
  return `Rate exceeded for shard ${shardId} in stream ${stream} under account ${accountId}.`;
}

export const throughputExceeded = "ProvisionedThroughputExceededException";

/** Documented: status 500 under this name, also for a single record of PutRecords. */
export const internalFailure = "InternalFailure";
export const internalFailureText =
  "The request processing has failed because of an unknown error, exception or failure.";
