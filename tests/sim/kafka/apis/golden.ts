/**
 * Golden bytes: every request and response in every version, written by Kafka's own classes; see
 * fixtures/wire/kafka/Messages.java.
 */
import assert from "node:assert/strict";
import { noFaults } from "../../../../sim/faults/plan.ts";
import type { Api, Call } from "../../../../sim/kafka/api.ts";
import { Broker, type KafkaOptions } from "../../../../sim/kafka/broker.ts";
import { Reader, Writer } from "../../../../sim/net/bytes.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import type { Faults } from "../../../../sim/faults/plan.ts";
import { hex } from "../support.ts";
import { listenersOf } from "../../../../sim/kafka/listeners.ts";
import { newSession } from "../../../../sim/kafka/session.ts";

const path = new URL("../../../../fixtures/wire/kafka/messages.txt", import.meta.url);
let messages: Map<string, string> | undefined;

/** By name as in the file, e.g. `Heartbeat request v3`. */
export function golden(name: string): Uint8Array<ArrayBuffer> {
  messages ??= new Map(
    Deno.readTextFileSync(path).split("\n").map((line) => {
      const [, name = "", digits = ""] = /^([^#]+ v[0-9]+) ([0-9a-f]*)$/.exec(line) ?? [];
      return [name, digits];
    }),
  );
  const digits = messages.get(name);
  assert.ok(digits !== undefined, `${name} is not among the golden messages`);
  return hex(digits);
}

interface Range {
  min?: number;
  max?: number;
}

function versionsOf<Q, R>(api: Api<Q, R>, { min, max }: Range): number[] {
  const first = min ?? api.versions.min;
  const last = max ?? api.versions.max;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The two checks for one API; each registers tests of its own. */
export function goldenOf<Q, R>(api: Api<Q, R>) {
  return {
    /** In every version the bytes mean this request, and a part of them means nothing. */
    checkRequest(name: string, expected: (version: number) => Q, range: Range = {}): void {
      const decode = (bytes: Uint8Array, version: number) => {
        const reader = new Reader(bytes, { flexible: version >= api.flexibleFrom });
        return { request: api.decode(reader, version), remaining: reader.remaining };
      };
      Deno.test(`${name} decodes to the last byte in every version`, () => {
        for (const version of versionsOf(api, range)) {
          const { request, remaining } = decode(golden(`${name} v${version}`), version);
          assert.deepEqual(request, expected(version), `v${version}`);
          assert.equal(remaining, 0, `v${version}`);
        }
      });
      Deno.test(`${name} cut short anywhere throws, never guesses`, () => {
        for (const version of versionsOf(api, range)) {
          const bytes = golden(`${name} v${version}`);
          for (let size = 0; size < bytes.length; size++) {
            const cut = () => decode(bytes.subarray(0, size), version);
            assert.throws(cut, RangeError, `v${version}, ${size} bytes`);
          }
        }
      });
    },

    /** In every version we write the bytes that Kafka's own classes write. */
    checkResponse(name: string, response: (version: number) => R, range: Range = {}): void {
      Deno.test(`${name} is written as Kafka writes it in every version`, () => {
        for (const version of versionsOf(api, range)) {
          const writer = new Writer({ flexible: version >= api.flexibleFrom });
          api.encode(writer, response(version), version);
          assert.equal(
            joined(writer).toHex(),
            golden(`${name} v${version}`).toHex(),
            `v${version}`,
          );
        }
      });
    },
  };
}

export function joined(writer: Writer): Uint8Array {
  return new Uint8Array(writer.parts().flatMap((part) => [...part]));
}

export const utf8 = (text: string) => new TextEncoder().encode(text);
/** The id that the golden messages carry. */
export const goldenId = "0102030405060708090a0b0c0d0e0f10";

export interface BrokerTestOptions extends KafkaOptions {
  faults?: Faults;
  nowMs?: () => number;
}

/** A broker without a socket, for what an API does. */
export function withBroker(
  options: BrokerTestOptions,
  test: (broker: Broker, call: (version: number) => Call) => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    const { faults = noFaults, nowMs = Date.now, ...kafka } = options;
    const dir = await Deno.makeTempDir();
    try {
      using broker = new Broker({ world: worldFromSeed(1, nowMs), faults, dir }, kafka);
      const [listener] = listenersOf(kafka.listeners ?? { plain: { port: 9092 } });
      assert.ok(listener);
      const session = newSession(listener);
      await test(
        broker,
        (version) => ({ broker, version, clientId: "client", session, note: null }),
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}
