/**
 * Media types of the v2 API: what a request may carry and what its sender accepts.
 *
 * Source: Confluent REST Proxy, `Versions.java`; RFC 9110 for Accept.
 */
import type { HeaderField } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";

/** All answers have this type, unless the client asks for an embedded one. */
export const v2 = "application/vnd.kafka.v2+json";

export const embedded = {
  binary: "application/vnd.kafka.binary.v2+json",
  json: "application/vnd.kafka.json.v2+json",
  avro: "application/vnd.kafka.avro.v2+json",
  protobuf: "application/vnd.kafka.protobuf.v2+json",
  jsonschema: "application/vnd.kafka.jsonschema.v2+json",
} as const;

export type Embedded = keyof typeof embedded;

/** Type and subtype in lower case, without parameters; null if the client named none. */
export function contentType(headers: readonly HeaderField[]): string | null {
  const value = headerOf(headers, "content-type");
  return value === undefined ? null : bare(value);
}

/** The embedded format of a type, or null. */
export function embeddedFormat(type: string | null): Embedded | null {
  for (const [format, known] of Object.entries(embedded)) {
    if (known === type) return format as Embedded;
  }
  return null;
}

/** The offered type that the client likes best, the first on a tie; null if it accepts none. */
export function negotiate(
  headers: readonly HeaderField[],
  offered: readonly string[],
): string | null {
  const accept = headerOf(headers, "accept");
  if (accept === undefined || accept.trim() === "") return offered[0] ?? null;
  const ranges = accept.split(",").map((range) => ({ type: bare(range), q: qualityOf(range) }));
  let best: { type: string; q: number } | null = null;
  for (const type of offered) {
    const q = qualityFor(type, ranges);
    if (q > (best?.q ?? 0)) best = { type, q };
  }
  return best?.type ?? null;
}

function bare(value: string): string {
  return (value.split(";")[0] ?? "").trim().toLowerCase();
}

function qualityOf(range: string): number {
  const q = /;\s*q=([0-9.]+)/i.exec(range)?.[1];
  return q === undefined ? 1 : Number(q);
}

/** The most exact range decides. */
function qualityFor(type: string, ranges: readonly { type: string; q: number }[]): number {
  const group = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const wanted of [type, group, "*/*"]) {
    const range = ranges.find((candidate) => candidate.type === wanted);
    if (range !== undefined) return range.q;
  }
  return 0;
}
