/**
 * InitProducerId (key 22): an id under which a producer numbers its batches.
 *
 *   request   transactional_id NULLABLE_STRING, transaction_timeout_ms INT32,
 *             producer_id INT64 (v3+), producer_epoch INT16 (v3+)
 *   response  throttle_time_ms INT32, error_code INT16, producer_id INT64, producer_epoch INT16
 *
 * Every call gets an id that was never given before, also after a restart; its epoch is 0.
 *
 * Source: Apache Kafka, InitProducerIdRequest.json and InitProducerIdResponse.json.
 * Left out: transactions: a request that names one is refused as not authorised, which clients
 * take as final.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";

export interface InitProducerIdRequest {
  transactionalId: string | null;
}

export interface InitProducerIdResponse {
  error: ErrorCode;
  producerId: bigint;
  producerEpoch: number;
}

export const initProducerId: Api<InitProducerIdRequest, InitProducerIdResponse> = {
  key: 22,
  name: "InitProducerId",
  versions: { min: 0, max: 4 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): InitProducerIdRequest {
  const transactionalId = reader.nullableString();
  reader.int32();
  if (version >= 3) reader.int64();
  if (version >= 3) reader.int16();
  reader.tags();
  return { transactionalId };
}

function handle({ transactionalId }: InitProducerIdRequest, call: Call) {
  const failed = (error: ErrorCode) => ({ error, producerId: -1n, producerEpoch: -1 });
  if (transactionalId !== null) {
    const problem = denied(call, needs.initProducerId.transactionalId, transactionalId);
    return failed(problem ?? errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  const problem = denied(call, needs.initProducerId.cluster);
  if (problem !== null) return failed(problem);
  try {
    return { error: errors.NONE, producerId: call.broker.newProducerId(), producerEpoch: 0 };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(errors.COORDINATOR_NOT_AVAILABLE);
  }
}

function encode(writer: Writer, response: InitProducerIdResponse): void {
  writer.int32(0).int16(response.error);
  writer.int64(response.producerId).int16(response.producerEpoch).tags();
}
