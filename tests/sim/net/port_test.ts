import assert from "node:assert/strict";
import { Port, type Visit } from "../../../sim/net/port.ts";

const encoder = new TextEncoder();

/** Sends every byte back; a client that has spoken has a minute, one that says `w` is worked for. */
async function echo(visit: Visit): Promise<void> {
  const buffer = new Uint8Array(100);
  for (;;) {
    const count = await visit.conn.read(buffer);
    if (count === null) return;
    if (buffer[0] === "w".charCodeAt(0)) visit.ourTurn();
    else visit.clientsTurn(60_000);
    await visit.conn.write(buffer.subarray(0, count));
  }
}

const connect = ({ port }: Port) => Deno.connect({ hostname: "127.0.0.1", port });

/** What comes back for a word; empty where the connection has ended. */
async function say(conn: Deno.Conn, word: string): Promise<string> {
  try {
    await conn.write(encoder.encode(word));
    const buffer = new Uint8Array(100);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  } catch {
    return "";
  }
}

/** Runs without the lines that a port writes to standard error, and gives them back. */
async function told(work: () => Promise<void>): Promise<string[]> {
  const { error } = console;
  const lines: string[] = [];
  console.error = (text: string) => void lines.push(text);
  try {
    await work();
    return lines;
  } finally {
    console.error = error;
  }
}

Deno.test("Where all places are taken the silent ones go, and it is told once", async () => {
  const lines = await told(async () => {
    await using port = new Port({ visitsMax: 3 }, echo);
    using spoken = await connect(port);
    using working = await connect(port);
    assert.equal(await say(spoken, "a"), "a");
    assert.equal(await say(working, "w"), "w");
    const silent: Deno.Conn[] = [];
    for (let count = 0; count < 50; count++) silent.push(await connect(port));
    using late = await connect(port);
    assert.equal(await say(late, "b"), "b");
    assert.equal(await say(working, "w"), "w");
    assert.equal(await say(spoken, "a"), "a");
    for (const conn of silent) {
      assert.equal(await conn.read(new Uint8Array(1)).catch(() => null), null);
    }
    for (const conn of silent) conn.close();
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^Port \d+: 3 connections are open, and no more than 3 are served/);
});

Deno.test("Whoever is worked for stays; the one for whom there is no place is told so", async () => {
  await told(async () => {
    await using port = new Port({ visitsMax: 2, farewell: encoder.encode("full") }, echo);
    using one = await connect(port);
    using two = await connect(port);
    assert.equal(await say(one, "w"), "w");
    assert.equal(await say(two, "w"), "w");
    using three = await connect(port);
    const buffer = new Uint8Array(100);
    assert.equal(
      new TextDecoder().decode(buffer.subarray(0, await three.read(buffer) ?? 0)),
      "full",
    );
    assert.equal(await three.read(buffer), null);
    one.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    using four = await connect(port);
    assert.equal(await say(four, "x"), "x");
    assert.equal(await say(two, "w"), "w");
  });
});

Deno.test("A client that says nothing in time goes, and leaves its place without a word", async () => {
  const lines = await told(async () => {
    await using port = new Port({ firstWordsMs: 100 }, echo);
    using silent = await connect(port);
    using spoken = await connect(port);
    assert.equal(await say(spoken, "a"), "a");
    assert.equal(await silent.read(new Uint8Array(1)), null);
    assert.equal(await say(spoken, "a"), "a");
  });
  assert.deepEqual(lines, []);
});

Deno.test("Out of file handles a port gives some back, says so once, and goes on", async () => {
  let isShort = true;
  const lines = await told(async () => {
    await using port = new Port({}, async (visit) => {
      if (isShort) throw Object.assign(new Error("Too many open files"), { code: "EMFILE" });
      await echo(visit);
    });
    for (let count = 0; count < 5; count++) {
      using conn = await connect(port);
      assert.equal(await say(conn, "a"), "");
    }
    isShort = false;
    using conn = await connect(port);
    assert.equal(await say(conn, "a"), "a");
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /Too many open files.*ulimit -n/);
});
