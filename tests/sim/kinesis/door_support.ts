/** A service without a port behind a door that writes down what it is asked, and signed requests. */
import type { RequestNote } from "../../../sim/events.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import type { Door } from "../../../sim/iam/door.ts";
import type { AccessKey } from "../../../sim/iam/principal.ts";
import type { KinesisContext } from "../../../sim/kinesis/context.ts";
import { type Handler, kinesis, requestIds } from "../../../sim/kinesis/handler.ts";
import { LogPool } from "../../../sim/kinesis/log_pool.ts";
import { Streams } from "../../../sim/kinesis/streams.ts";
import { signatureHeaders } from "../../../sim/net/sigv4_sign.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { FakeDoor } from "../fake_door.ts";
import { testKey } from "../keys.ts";

const testAccountId = "111122223333";
export { testAccountId as accountId };
export const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
export const arnOf = (stream: string) =>
  `arn:aws:kinesis:us-east-1:${testAccountId}:stream/${stream}`;

export interface Answer {
  status: number;
  /** Names of the fields as they stand. */
  body: Record<string, unknown>;
}

interface GuardedOptions {
  /** Default: a folder of its own. */
  dir?: string;
  keys?: readonly AccessKey[];
  /** In place of the one that writes down. */
  door?: Door;
  accountId?: string;
}

export class GuardedKinesis implements Disposable {
  readonly dir: string;
  readonly door: FakeDoor;
  nowMs = Date.parse("2026-01-02T03:04:05Z");
  readonly #streams: Streams;
  readonly #handler: Handler;
  readonly #isOwn: boolean;

  constructor({ dir, keys = [testKey(credentials)], ...given }: GuardedOptions = {}) {
    this.#isOwn = dir === undefined;
    this.dir = dir ?? Deno.makeTempDirSync();
    this.door = new FakeDoor(keys);
    const accountId = given.accountId ?? testAccountId;
    const nowMs = () => this.nowMs;
    const world = { nowMs, faults: noFaults, logs: new LogPool(noFaults), transitionMs: 0 };
    this.#streams = new Streams(this.dir, world, { accountId });
    const ctx: KinesisContext = {
      region: "us-east-1",
      accountId,
      streams: this.#streams,
      faults: noFaults,
      nowMs,
      hasLimits: false,
    };
    this.#handler = kinesis(ctx, given.door ?? this.door, requestIds(worldFromSeed(1)));
  }

  ask(
    action: string,
    request: unknown = {},
    signer: typeof credentials & { sessionToken?: string } = credentials,
    note: RequestNote | null = null,
  ): Answer {
    const body = new TextEncoder().encode(JSON.stringify(request));
    const headers: [string, string][] = [
      ["host", "127.0.0.1:4567"],
      ["content-type", "application/x-amz-json-1.1"],
      ["x-amz-target", `Kinesis_20131202.${action}`],
    ];
    const wire = { method: "POST", path: "/", query: "", headers, body };
    const signed = signatureHeaders(wire, {
      credentials: signer,
      region: "us-east-1",
      service: "kinesis",
      nowMs: this.nowMs,
    });
    const all = [...headers, ...signed].map(([name, value]) =>
      [name.toLowerCase(), value] as const
    );
    const { status, body: text } = this.#handler({ ...wire, headers: new Map(all) }, note);
    const bytes = typeof text === "string" ? text : new TextDecoder().decode(text);
    return { status, body: bytes === "" ? {} : JSON.parse(bytes) };
  }

  [Symbol.dispose](): void {
    this.#streams[Symbol.dispose]();
    if (this.#isOwn) Deno.removeSync(this.dir, { recursive: true });
  }
}
