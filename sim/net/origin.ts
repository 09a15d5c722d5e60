/**
 * Who may speak to a port: Host and Origin of a request -> nothing, or why it is refused.
 *
 * Every program of this machine reaches 127.0.0.1, and a browser is one that runs the programs of
 * strangers: a page from anywhere may post here, and one whose name was made to resolve to
 * 127.0.0.1 (DNS rebinding) could read the answers too. Neither can choose what its Host and its
 * Origin say. A request without an Origin comes from no page, or asks for one.
 *
 * Source: RFC 9110, 7.2 and 7.4; Fetch standard, "`Origin` header" (`null` is anybody's).
 * Left out: permissions for pages of other origins (CORS): there are none.
 */
import type { HeaderField } from "./http_head.ts";

/** Names that a port answers to: this machine's, or also those with a bucket before them. */
export type Hosts = "own" | "buckets";

const ownOrigin = /^https?:\/\/(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?$/i;
const ownHosts: Readonly<Record<Hosts, RegExp>> = {
  own: /^(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?$/i,
  buckets:
    /^(?:(?:[a-z0-9._-]+\.)?(?:127\.0\.0\.1|localhost)|[a-z0-9._-]+\.amazonaws\.com)(?::[0-9]{1,5})?$/i,
};

/** Why this request is refused, or null. Each field has to be ours, should there be several. */
export function refusedFor(headers: readonly HeaderField[], hosts: Hosts): string | null {
  for (const [name, value] of headers) {
    if (isNamed(name, "host") || name === ":authority") {
      if (!ownHosts[hosts].test(value)) return foreign("Host", value);
    } else if (isNamed(name, "origin") && !ownOrigin.test(value)) return foreign("Origin", value);
  }
  return null;
}

function isNamed(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}

function foreign(what: string, value: string): string {
  return `${what} '${value}' is not of this machine: call 127.0.0.1 or localhost, and not from a ` +
    "page of another site";
}
