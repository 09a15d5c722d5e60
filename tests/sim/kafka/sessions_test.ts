/** Authentication over a connection: its order, its end, and what is served in between. */
import assert from "node:assert/strict";
import { Events, type SimEvent } from "../../../sim/events.ts";
import { Reader, Writer } from "../../../sim/net/bytes.ts";
import { FrameReader, writeAll } from "../../../sim/net/tcp.ts";
import { key, watchedDoor } from "./doors.ts";
import { mskToken, type TokenOptions } from "./sasl/tokens.ts";
import { startTestBroker, type TestBroker, type TestBrokerOptions } from "./support.ts";

const startMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const iam = { iam: { port: 0, tls: false } };

/** Kafka's own bytes, with no client in between. Null: the broker has closed the connection. */
class Wire implements Disposable {
  readonly #frames: FrameReader;

  private constructor(readonly conn: Deno.TcpConn) {
    this.#frames = new FrameReader(conn);
  }

  static async to(broker: TestBroker, name: keyof TestBroker["ports"] = "iam"): Promise<Wire> {
    const port = broker.ports[name] ?? 0;
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async ask(
    api: number,
    version: number,
    body: (writer: Writer) => void = () => {},
  ): Promise<Reader | null> {
    const writer = new Writer();
    writer.int16(api).int16(version).int32(42).string("test");
    body(writer);
    const framed = new Writer().int32(writer.length).raw(writer.finish());
    try {
      await writeAll(this.conn, framed.finish());
      const frame = await this.#frames.next();
      if (frame === null) return null;
      const reader = new Reader(frame.slice());
      assert.equal(reader.int32(), 42);
      return reader;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      if (error instanceof Deno.errors.BrokenPipe) return null;
      throw error;
    }
  }

  async handshake(mechanism: string): Promise<number | null> {
    return (await this.ask(17, 1, (writer) => writer.string(mechanism)))?.int16() ?? null;
  }

  async authenticate(text: string) {
    const bytes = new TextEncoder().encode(text);
    const reader = await this.ask(36, 1, (writer) => writer.blob(bytes));
    if (reader === null) return null;
    return {
      error: reader.int16(),
      message: reader.nullableString(),
      bytes: reader.blob(),
      lifetimeMs: Number(reader.int64()),
    };
  }

  async bear(options: TokenOptions) {
    await this.handshake("OAUTHBEARER");
    return await this.authenticate(`n,,\x01auth=Bearer ${await mskToken(key, options)}\x01\x01`);
  }

  /** Whether Metadata is still answered. */
  async isServed(): Promise<boolean> {
    return await this.ask(3, 1, (writer) => writer.int32(0)) !== null;
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }
}

interface Clock {
  nowMs: number;
}

async function withBroker(
  test: (broker: TestBroker, clock: Clock, door: ReturnType<typeof watchedDoor>) => Promise<void>,
  options: TestBrokerOptions = {},
): Promise<void> {
  const clock = { nowMs: startMs };
  const door = watchedDoor();
  await using broker = await startTestBroker({
    listeners: iam,
    door,
    nowMs: () => clock.nowMs,
    ...options,
  });
  await test(broker, clock, door);
}

Deno.test("before authentication ApiVersions is served and nothing else", () =>
  withBroker(async (broker) => {
    using wire = await Wire.to(broker);
    assert.equal((await wire.ask(18, 0))?.int16(), 0);
    assert.equal(await wire.isServed(), false);
  }));

Deno.test("who has not authenticated announces no more than half a MiB", () =>
  withBroker(async (broker) => {
    const announce = async (wire: Wire, size: number) => {
      await writeAll(wire.conn, new Writer().int32(size).finish());
      return await wire.conn.read(new Uint8Array(1)).catch(() => null);
    };
    const size = 512 * 1024;
    using long = await Wire.to(broker);
    assert.equal(await announce(long, size + 1), null);
    using short = await Wire.to(broker);
    const answer = announce(short, size);
    const silence = new Promise((resolve) => setTimeout(() => resolve("silence"), 100));
    assert.equal(await Promise.race([answer, silence]), "silence");
    using wire = await Wire.to(broker);
    await wire.bear({ nowMs: startMs });
    const names = Array.from({ length: 20_000 }, (_, index) => `${index}`.padStart(30, "t"));
    assert.ok(await wire.ask(3, 1, (writer) => writer.array(names, (name) => writer.string(name))));
  }));

Deno.test("a proof lasts as long as its token, to the millisecond, and then the connection ends", () =>
  withBroker(async (broker, clock) => {
    using wire = await Wire.to(broker);
    const answer = await wire.bear({ nowMs: startMs - 60_000, expiresSeconds: 300 });
    assert.deepEqual([answer?.error, answer?.lifetimeMs], [0, 240_000]);
    clock.nowMs += 239_999;
    assert.equal(await wire.isServed(), true);
    clock.nowMs += 1;
    assert.equal(await wire.isServed(), false);
  }));

Deno.test("a client that authenticates again goes on, also when its first proof is over", () =>
  withBroker(async (broker, clock) => {
    using wire = await Wire.to(broker);
    await wire.bear({ nowMs: startMs, expiresSeconds: 60 });
    clock.nowMs += 50_000;
    assert.equal((await wire.bear({ nowMs: clock.nowMs, expiresSeconds: 60 }))?.lifetimeMs, 60_000);
    clock.nowMs += 59_999;
    assert.equal(await wire.isServed(), true);
    clock.nowMs += 1_000_000;
    assert.equal((await wire.bear({ nowMs: clock.nowMs, expiresSeconds: 60 }))?.error, 0);
    assert.equal(await wire.isServed(), true);
  }));

Deno.test("who asks for other things in the middle of authenticating again is disconnected", () =>
  withBroker(async (broker) => {
    using wire = await Wire.to(broker);
    await wire.bear({ nowMs: startMs });
    assert.equal(await wire.handshake("OAUTHBEARER"), 0);
    assert.equal(await wire.isServed(), false);
  }));

Deno.test("a key that becomes inactive opens nothing, and what it has opened lives to its end", () =>
  withBroker(async (broker, clock, door) => {
    using open = await Wire.to(broker);
    await open.bear({ nowMs: startMs, expiresSeconds: 60 });
    door.keys = [];
    using late = await Wire.to(broker);
    const refused = await late.bear({ nowMs: startMs });
    assert.equal(refused?.error, 58);
    assert.match(refused?.message ?? "", /^\[[0-9a-f-]{36}\]: Access denied$/);
    assert.equal(await late.isServed(), false);
    clock.nowMs += 59_999;
    assert.equal(await open.isServed(), true);
    assert.equal((await open.bear({ nowMs: clock.nowMs }))?.error, 58);
    assert.equal(await open.isServed(), false);
  }));

Deno.test("a session of a role that ends closes its connections before their tokens end", () =>
  withBroker(async (broker, clock, door) => {
    const session = {
      ...{ name: "s", policies: [], tags: {}, issuedMs: startMs },
      expiresMs: startMs + 5000,
    };
    door.keys = [{ ...key, principal: { ...key.principal, session } }];
    using wire = await Wire.to(broker);
    assert.equal((await wire.bear({ nowMs: startMs }))?.lifetimeMs, 5000);
    clock.nowMs += 5000;
    assert.equal(await wire.isServed(), false);
  }));

Deno.test("a client that is refused is told why, and then the connection is closed", () =>
  withBroker(async (broker, _clock, door) => {
    door.refused.add("Connect cluster");
    using wire = await Wire.to(broker);
    const answer = await wire.bear({ nowMs: startMs });
    assert.equal(answer?.error, 58);
    assert.equal(await wire.conn.read(new Uint8Array(1)).catch(() => null), null);
  }));

Deno.test("a mechanism of another listener ends the connection behind the list of those it has", () =>
  withBroker(async (broker) => {
    using wire = await Wire.to(broker);
    assert.equal(await wire.handshake("PLAIN"), 33);
    assert.equal(await wire.conn.read(new Uint8Array(1)).catch(() => null), null);
  }));

Deno.test("a challenge of OAUTHBEARER is answered before the refusal", () =>
  withBroker(async (broker) => {
    using wire = await Wire.to(broker);
    await wire.handshake("OAUTHBEARER");
    const challenge = await wire.authenticate("n,,\x01auth=Bearer nonsense\x01\x01");
    assert.equal(challenge?.error, 0);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(challenge?.bytes)), {
      status: "invalid_token",
    });
    assert.equal((await wire.authenticate("\x01"))?.error, 58);
  }));

Deno.test("who it was and why it was refused is told to who watches the simulator", async () => {
  const told: SimEvent[] = [];
  const events = new Events(() => startMs);
  events.hear((event) => told.push(event));
  await withBroker(async (broker, _clock, door) => {
    using wire = await Wire.to(broker);
    await wire.bear({ nowMs: startMs });
    door.refused.add("DescribeGroup group/g");
    await wire.ask(10, 0, (writer) => writer.string("g"));
    using late = await Wire.to(broker);
    await late.bear({ nowMs: startMs - 1e6 });
  }, { events });
  const lines = told.map(({ who, action, answer }) => `${who} ${action}: ${answer}`);
  assert.deepEqual(lines, [
    "anonymous SaslHandshake: OK",
    `${key.principal.arn} SaslAuthenticate: OK`,
    `${key.principal.arn} FindCoordinator: OK GROUP_AUTHORIZATION_FAILED (Refused because no ` +
    "policy of this test allows DescribeGroup group/g)",
    "anonymous SaslHandshake: OK",
    "anonymous SaslAuthenticate: OK SASL_AUTHENTICATION_FAILED (it ended " +
    "2026-01-02T03:02:25.000Z)",
  ]);
});

Deno.test("only those listeners are open that were asked for", () =>
  withBroker(async (broker) => {
    const { plain, tls, scram, iam } = broker.ports;
    assert.deepEqual([plain, tls, scram], [null, null, null]);
    assert.equal(broker.port, iam);
    assert.equal(broker.caFile, null);
    await assert.rejects(startTestBroker({ listeners: {} }), /without a listener/);
  }));

Deno.test("the same folder keeps its authority and its ARN", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const once = async () => {
      await using broker = await startTestBroker({ listeners: { tls: { port: 0 } }, dir });
      return [broker.clusterArn, Deno.readTextFileSync(broker.caFile ?? "")];
    };
    const first = await once();
    assert.match(
      first[0] ?? "",
      /^arn:aws:kafka:us-east-1:\d{12}:cluster\/pinterest\/[0-9a-f-]+-1$/,
    );
    assert.deepEqual(await once(), first);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("name, region and UUID of the cluster are up to who starts it", () =>
  withBroker(async (broker) => {
    assert.match(broker.clusterArn, /^arn:aws:kafka:eu-west-2:\d{12}:cluster\/mine\/uuid-7$/);
    using wire = await Wire.to(broker);
    assert.equal((await wire.bear({ nowMs: startMs, region: "eu-west-2" }))?.error, 0);
  }, { region: "eu-west-2", clusterName: "mine", clusterUuid: "uuid-7" }));
