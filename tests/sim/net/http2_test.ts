import assert from "node:assert/strict";
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
