/**
 * ApiVersions (key 18): which versions of which APIs this broker speaks.
 *
 *   request   client_software_name STRING (v3+), client_software_version STRING (v3+)
 *   response  error_code INT16, api_keys [api_key INT16, min_version INT16, max_version INT16],
 *             throttle_time_ms INT32 (v1+)
 *
 * A client that asks in a version we do not know is answered in v0 with UNSUPPORTED_VERSION and
 * our own range, and asks again: the only API with such a way back. Its answers have the old
 * header in every version, since the client cannot know yet what we speak.
 *
 * Source: Apache Kafka, ApiVersionsRequest.json and ApiVersionsResponse.json; KIP-511.
 * Left out: finalised features.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";

export interface ApiVersionsRequest {
  clientSoftwareName: string;
  clientSoftwareVersion: string;
}

export interface ApiVersionRange {
  key: number;
  min: number;
  max: number;
}

export interface ApiVersionsResponse {
  error: ErrorCode;
  ranges: readonly ApiVersionRange[];
}

/** The list is an argument: it names every API, this one too. */
export function apiVersions(
  ranges: () => readonly ApiVersionRange[],
): Api<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    key: 18,
    name: "ApiVersions",
    versions: { min: 0, max: 4 },
    flexibleFrom: 3,
    decode: decodeApiVersions,
    handle: () => ({ error: errors.NONE, ranges: ranges() }),
    encode: encodeApiVersions,
  };
}

export function decodeApiVersions(reader: Reader, version: number): ApiVersionsRequest {
  const request = {
    clientSoftwareName: version >= 3 ? reader.string() : "",
    clientSoftwareVersion: version >= 3 ? reader.string() : "",
  };
  reader.tags();
  return request;
}

export function encodeApiVersions(
  writer: Writer,
  { error, ranges }: ApiVersionsResponse,
  version: number,
): void {
  writer.int16(error);
  writer.array(ranges, ({ key, min, max }) => writer.int16(key).int16(min).int16(max).tags());
  if (version >= 1) writer.int32(0);
  writer.tags();
}
