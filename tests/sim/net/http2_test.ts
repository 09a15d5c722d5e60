import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ClientHttp2Session, connect } from "node:http2";
import { type HttpRequest, serveHttp } from "../../../sim/net/http.ts";

const utf8 = new TextEncoder();

interface Reply {
  status: number;
  text: string;
  code: number | undefined;
}

/** One request; `atResponse` happens when its answer begins. */
function post(
  session: ClientHttp2Session,
  path: string,
  text: string,
  atResponse = () => {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const stream = session.request({ ":method": "POST", ":path": path, "x-name": "value" });
    const reply: Reply = { status: 0, text: "", code: undefined };
    stream.on("response", (headers) => {
      reply.status = Number(headers[":status"]);
      atResponse();
    });
    stream.setEncoding("utf8");
    stream.on("data", (piece) => reply.text += piece);
    stream.on("error", () => {});
    stream.on("close", () => resolve({ ...reply, code: stream.rstCode }));
    stream.end(text);
  });
}

async function withSession(
  options: { losesAnswer?: () => boolean; handler?: (request: HttpRequest) => string },
  use: (session: ClientHttp2Session, port: number) => Promise<void>,
): Promise<void> {
  const { handler = () => "", losesAnswer = () => false } = options;
  await using server = serveHttp(
    (request) => ({ status: 200, headers: [["x-a", "b"]], body: utf8.encode(handler(request)) }),
    { bodyBytesMax: 1000, http2: true, losesAnswer },
  );
  const session = connect(`http://127.0.0.1:${server.port}`);
  session.on("error", () => {});
  const closed = new Promise((resolve) => session.once("close", resolve));
  await use(session, server.port);
  session.destroy();
  await closed;
}

Deno.test("One port answers HTTP/2 with prior knowledge and HTTP/1.1, by one handler", async () => {
  const handler = ({ method, target, headers, body }: HttpRequest) => {
    const name = headers.find(([key]) => key.toLowerCase() === "x-name")?.[1];
    return `${method} ${target} ${name} ${body === null ? "too long" : body.length}`;
  };
  await withSession({ handler }, async (session, port) => {
    assert.equal((await post(session, "/a%20b?c=d", "12345")).text, "POST /a%20b?c=d value 5");
    assert.equal((await post(session, "/", "x".repeat(1001))).text, "POST / value too long");
    const headers = { "x-name": "other" };
    const response = await fetch(`http://127.0.0.1:${port}/e`, {
      method: "POST",
      body: "1",
      headers,
    });
    assert.equal(await response.text(), "POST /e other 1");
    assert.equal(response.headers.get("x-a"), "b");
  });
});

Deno.test("The address of an HTTP/2 request is there as :authority and as host", async () => {
  const handler = ({ headers }: HttpRequest) =>
    JSON.stringify(headers.filter(([name]) => name === ":authority" || name === "host"));
  await withSession({ handler }, async (session, port) => {
    const address = `127.0.0.1:${port}`;
    assert.deepEqual(JSON.parse((await post(session, "/", "")).text), [
      [":authority", address],
      ["host", address],
    ]);
  });
});

Deno.test("An answer longer than the first window arrives, though the client said goodbye", async () => {
  const long = "x".repeat(300_000);
  await withSession({ handler: () => long }, async (session) => {
    const { text } = await post(session, "/", "", () => session.close());
    assert.equal(text.length, long.length);
  });
});

Deno.test("A lost answer over HTTP/2: the work is done, the stream is reset", async () => {
  let count = 0;
  const handler = () => String(++count);
  await withSession({ handler, losesAnswer: () => count === 1 }, async (session) => {
    const lost = await post(session, "/", "");
    assert.notEqual(lost.code, 0);
    assert.equal((await post(session, "/", "")).text, "2");
  });
});

type Frame = [type: number, flags: number, stream: number, payload: Uint8Array];

function bytesOf([type, flags, stream, payload]: Frame): Uint8Array {
  const frame = new Uint8Array(9 + payload.length);
  frame.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags]);
  new DataView(frame.buffer).setUint32(5, stream);
  frame.set(payload, 9);
  return frame;
}

/** Speaks HTTP/2 by hand: sends all frames at once and reads until the server ends. */
async function flood(port: number, frames: readonly Frame[]): Promise<Buffer> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const start = [utf8.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), bytesOf([4, 0, 0, none])];
  const all = Buffer.concat([...start, ...frames.map(bytesOf)]);
  const writing = (async () => {
    for (let at = 0; at < all.length;) at += await conn.write(all.subarray(at));
  })();
  const received: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    received.push(buffer.slice(0, count));
  }
  await writing;
  return Buffer.concat(received);
}

const none = new Uint8Array(0);
const ofOne = (...frame: Frame): Frame[] => Array.from({ length: 6000 }, () => frame);
/** RFC 7541: GET, http, `/`, and `:authority` as a literal. */
const getRoot = Uint8Array.fromHex("828684" + "4109" + utf8.encode("127.0.0.1").toHex());
const code = Uint8Array.of(0, 0, 0, 8);

const floods: Record<string, Frame[]> = {
  SETTINGS: ofOne(4, 0, 0, none),
  PING: ofOne(6, 0, 0, new Uint8Array(8)),
  PRIORITY: ofOne(2, 0, 1, Uint8Array.of(0, 0, 0, 0, 1)),
  "frames of an unknown type": ofOne(0x42, 0, 0, none),
  "empty DATA": [[1, 0x4, 1, getRoot], ...ofOne(0, 0, 1, none)],
  WINDOW_UPDATE: [[1, 0x4, 1, getRoot], ...ofOne(8, 0, 1, Uint8Array.of(0, 0, 0, 1))],
  CONTINUATION: [[1, 0, 1, getRoot], ...ofOne(9, 0, 1, none)],
  "requests that are taken back": Array.from({ length: 2000 }, (_, at): Frame[] => [
    [1, 0x5, 2 * at + 1, getRoot],
    [3, 0, 2 * at + 1, code],
  ]).flat(),
};

for (const [what, frames] of Object.entries(floods)) {
  Deno.test(`A flood of ${what} ends its connection with GOAWAY, and the port goes on`, async () => {
    await withSession({ handler: () => "here" }, async (session, port) => {
      const received = await flood(port, frames);
      // GOAWAY: eight bytes on stream 0, the last request, ENHANCE_YOUR_CALM.
      assert.match(received.toString("hex"), /000008070000000000.{8}0000000b$/, what);
      assert.equal((await post(session, "/", "")).text, "here");
    });
  });
}

/** The status of a request with one more header field. */
function statusWith(session: ClientHttp2Session, field: Record<string, string>): Promise<unknown> {
  const stream = session.request({ ":method": "POST", ":path": "/foreign", ...field });
  stream.end("body");
  return new Promise((resolve) => stream.on("response", (found) => resolve(found[":status"])));
}

Deno.test("A foreign name or page gets no answer over HTTP/2", async () => {
  const seen: string[] = [];
  const handler = ({ target }: HttpRequest) => {
    seen.push(target);
    return "secret";
  };
  await withSession({ handler }, async (session, port) => {
    assert.equal((await post(session, "/own", "")).text, "secret");
    for (const name of ["evil.example", `127.0.0.1.evil.example:${port}`, "b.localhost"]) {
      assert.equal(await statusWith(session, { ":authority": name }), 403, name);
    }
    for (const origin of ["null", "http://evil.example"]) {
      assert.equal(await statusWith(session, { origin }), 403, origin);
    }
  });
  assert.deepEqual(seen, ["/own"]);
});

/** Runs with every server of Deno's in the list as it is made. */
async function watching(work: (made: Deno.HttpServer[]) => Promise<void>): Promise<void> {
  const { serve } = Deno;
  const made: Deno.HttpServer[] = [];
  const spy = (...given: Parameters<typeof serve>) => {
    const server = serve(...given);
    made.push(server);
    return server;
  };
  const set = (value: unknown) =>
    Object.defineProperty(Deno, "serve", { value, configurable: true, writable: true });
  set(spy);
  try {
    await work(made);
  } finally {
    set(serve);
  }
}

Deno.test("The port behind serves no connections but those that come through the one before", () =>
  watching((made) =>
    withSession({ handler: () => "secret" }, async (session) => {
      assert.equal((await post(session, "/", "")).text, "secret");
      const { port } = made[0]?.addr as Deno.NetAddr;
      const response = await fetch(`http://127.0.0.1:${port}/`);
      assert.equal(response.status, 403);
      assert.equal(await response.text(), "");
    })
  ));

Deno.test("Where the port behind has ended, the next connection opens another", () =>
  watching((made) =>
    withSession({ handler: () => "here" }, async (session, port) => {
      assert.equal((await post(session, "/", "")).text, "here");
      session.close();
      await made[0]?.shutdown();
      const next = connect(`http://127.0.0.1:${port}`);
      const closed = new Promise((resolve) => next.once("close", resolve));
      assert.equal((await post(next, "/", "")).text, "here");
      assert.equal(made.length, 2);
      next.destroy();
      await closed;
    })
  ));
