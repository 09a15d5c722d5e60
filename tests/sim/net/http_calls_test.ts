import assert from "node:assert/strict";
import { type CallHandler, type HttpPieces, serveCalls } from "../../../sim/net/http_calls.ts";
import { exchange } from "./raw_http.ts";

const encoder = new TextEncoder();
const none = new Uint8Array(0);

function answering(text: string) {
  return { status: 200, headers: [], body: encoder.encode(text) };
}

/** Answers with the size of the body, the sum of its bytes and the size of its longest piece. */
const summing: CallHandler = async (call) => {
  let [size, sum, longest] = [0, 0, 0];
  await call.read((bytes) => {
    size += bytes.length;
    longest = Math.max(longest, bytes.length);
    for (const byte of bytes) sum += byte;
  });
  return answering(`[${size} ${sum} ${longest <= 262_144}]`);
};

const sumsOf = (answers: string) => [...answers.matchAll(/\[[^\]]*\]/g)].map(([found]) => found);

Deno.test("A body comes in pieces that add up to it, however it is framed and cut", async () => {
  await using server = serveCalls(summing);
  const last = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  const big = new Uint8Array(1_000_000).fill(3);
  const pieces = [
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n",
    big.subarray(0, 300_001),
    big.subarray(300_001),
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nF4240;a=b\r\n",
    big.subarray(0, 999_999),
    "\x03\r\n2\r\n\x01",
    "\x02\r\n0\r\nTrailer: x\r\n\r\nPOST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    `${last}Content-Length: 2\r\n\r\n\x01`,
    "\x01",
  ];
  assert.deepEqual(sumsOf(await exchange(server.port, pieces)), [
    "[1000000 3000000 true]",
    "[1000002 3000003 true]",
    "[0 0 true]",
    "[2 2 true]",
  ]);
});

Deno.test("A body that is not read, or not to its end, is thrown away before the next call", async () => {
  await using server = serveCalls(async (call) => {
    if (call.target === "/thrown") {
      await call.read(() => {
        throw new RangeError("Enough");
      }).catch((error) => assert.ok(error instanceof RangeError));
    }
    return answering(`[${call.target}]`);
  });
  const body = new Uint8Array(600_000);
  const answer = await exchange(server.port, [
    "POST /unread HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 600000\r\n\r\n",
    body,
    "POST /thrown HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 600000\r\n\r\n",
    body,
    "POST /thrown HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    "GET /last HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  assert.deepEqual(sumsOf(answer), ["[/unread]", "[/thrown]", "[/thrown]", "[/last]"]);
});

Deno.test("A client that waits with its body is refused without 100 Continue, and the connection ends", async () => {
  await using server = serveCalls(
    () => Promise.resolve({ status: 403, headers: [], body: none }),
  );
  const head =
    "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  const answer = await exchange(server.port, [head]).catch(String);
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*Connection: close\r\n\r\n$/);
});

/** Pieces that count how often they were read or cancelled. */
function counted(length: number, texts: readonly string[], counts: { ended: number }): HttpPieces {
  return {
    length,
    async *read() {
      try {
        for (const text of texts) yield await Promise.resolve(encoder.encode(text));
      } finally {
        counts.ended++;
      }
    },
    cancel: () => void counts.ended++,
  };
}

Deno.test("An answer in pieces is sent as it comes; HEAD gets its length only; either way it ends once", async () => {
  const counts = { ended: 0 };
  await using server = serveCalls(
    () => Promise.resolve({ status: 200, headers: [], body: counted(5, ["he", "llo"], counts) }),
  );
  const answer = await exchange(server.port, [
    "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  const [head, get, body] = answer.split("\r\n\r\n");
  assert.match(head ?? "", /Content-Length: 5/);
  assert.match(get ?? "", /^HTTP\/1\.1 200 OK\r\nContent-Length: 5/);
  assert.equal(body, "hello");
  assert.equal(counts.ended, 2);
});

Deno.test("An answer that ends early ends the connection", async () => {
  const counts = { ended: 0 };
  await using server = serveCalls(
    () => Promise.resolve({ status: 200, headers: [], body: counted(9, ["he"], counts) }),
  );
  const answer = await exchange(server.port, [
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  ]);
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhe$/);
  assert.equal(counts.ended, 1);
});

Deno.test("A body that breaks off or breaks the rules is a failure of the call", async () => {
  const failures: unknown[] = [];
  await using server = serveCalls(async (call) => {
    await call.read(() => {}).catch(() => failures.push(call.failure));
    return answering("too late");
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await conn.write(
    encoder.encode("PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhel"),
  );
  await conn.closeWrite();
  assert.equal(await conn.read(new Uint8Array(1)), null);
  conn.close();
  const broken =
    "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
  assert.match(await exchange(server.port, [broken], (text) => text !== ""), /^HTTP\/1\.1 400 /);
  assert.deepEqual(failures.map((failure) => failure instanceof Error && failure.name), [
    "ConnectionClosed",
    "MalformedHttp",
  ]);
});

Deno.test("Header values are bytes: each above 0x7f comes back as it was, controls are refused", async () => {
  await using server = serveCalls((call) => {
    const headers = call.headers.filter(([name]) => name === "x");
    return Promise.resolve({ status: 204, headers, body: none });
  });
  const high = Uint8Array.from({ length: 128 }, (_, index) => 128 + index);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await conn.write(
    encoder.encode("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nx: a"),
  );
  await conn.write(high);
  await conn.write(encoder.encode("b\r\n\r\n"));
  const answer = new Uint8Array(1000);
  const start = "HTTP/1.1 204 No Content\r\nx: a";
  assert.ok((await conn.read(answer) ?? 0) > start.length + 128);
  assert.deepEqual(answer.slice(start.length, start.length + 128), high);
  for (const value of ["a\nb", "a\rb", "a\0b", "a\x7fb"]) {
    const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ${value}\r\n\r\n`;
    const refused = await exchange(server.port, [request], (text) => text !== "");
    assert.match(refused, /^HTTP\/1\.1 400 /, JSON.stringify(value));
  }
});

/** Opens a connection, sends a text and waits for its end; tells how long that took. */
async function endedAfterMs(port: number, text: string, everyMs = 0): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const startMs = performance.now();
  const dripping = setInterval(
    () => conn.write(encoder.encode("x")).catch(() => {}),
    everyMs || 1e6,
  );
  try {
    await conn.write(encoder.encode(text));
    const buffer = new Uint8Array(1000);
    while (await conn.read(buffer).catch(() => null) !== null);
    return performance.now() - startMs;
  } finally {
    clearInterval(dripping);
  }
}

Deno.test("A client that is slow with its head or its body is not waited for, a resting one is", async () => {
  await using server = serveCalls(summing, {
    patience: { headMs: 300, bodyMs: 300, idleMs: 3000 },
  });
  const whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const slow: [string, string, number][] = [
    ["nothing", "", 0],
    ["half a head", "GET / HTTP/1.1\r\nHost:", 0],
    ["a head that drips", "GET / HTTP/1.1\r\nHost:", 50],
    ["the head of a second request", `${whole}GET /`, 50],
    ["half a body", "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab", 0],
  ];
  for (const [what, text, everyMs] of slow) {
    const tookMs = await endedAfterMs(server.port, text, everyMs);
    assert.ok(tookMs >= 250 && tookMs < 2500, `${what}: ${tookMs}`);
  }
  const restedMs = await endedAfterMs(server.port, whole);
  assert.ok(restedMs >= 2900, `${restedMs}`);
});

Deno.test("A handler that takes its time is no client that does", async () => {
  await using server = serveCalls(async () => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    return answering("[late]");
  }, { patience: { headMs: 100, bodyMs: 100, idleMs: 100 } });
  const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  assert.deepEqual(sumsOf(await exchange(server.port, [request])), ["[late]"]);
});
