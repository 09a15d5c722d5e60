import assert from "node:assert/strict";
import { jsonResponse, serveHttp } from "../../../sim/net/http.ts";
import { HttpClient, HttpFailure } from "../../../sim/net/http_client.ts";
import { fixedServer } from "./raw_http.ts";

const options = { timeoutMs: 2000, bodyBytesMax: 1000 };
const get = {
  method: "GET",
  target: "/",
  headers: [["Host", "127.0.0.1"] as const],
  body: new Uint8Array(0),
};

async function sent(port: number, timeoutMs = 2000): Promise<string> {
  using client = new HttpClient("127.0.0.1", port);
  const { status, body } = await client.send(get, { ...options, timeoutMs });
  return `${status} ${new TextDecoder().decode(body)}`;
}

const failsWith = (kind: string) => (error: unknown) =>
  error instanceof HttpFailure && error.kind === kind;

Deno.test("HttpClient reads bodies by length, in chunks and up to the end", async () => {
  const heads = {
    length: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    chunks: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    end: "HTTP/1.1 200 OK\r\n\r\nhello",
    continued: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  };
  for (const answer of Object.values(heads)) {
    using server = fixedServer(answer);
    assert.equal(await sent(server.port), "200 hello");
  }
});

Deno.test("HttpClient takes no half answer for a whole one", async () => {
  const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (const size of [0, 10, whole.length - 6, whole.length - 1]) {
    using server = fixedServer(whole.slice(0, size));
    await assert.rejects(sent(server.port), failsWith("broken"));
  }
});

Deno.test("HttpClient tells a refused connection, a broken one and a slow one apart", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(sent(port), failsWith("refused"));
  using noise = fixedServer("noise\r\n\r\n");
  await assert.rejects(sent(noise.port), failsWith("broken"));
  using silent = fixedServer(null);
  await assert.rejects(sent(silent.port, 30), failsWith("timeout"));
});

Deno.test("HttpClient keeps a connection, and opens another when the server has closed it", async () => {
  const clients = new Set<string>();
  const start = (port: number) =>
    serveHttp((request) => {
      clients.add(request.client);
      return jsonResponse(200, {}, "application/json");
    }, { port, bodyBytesMax: 0 });
  const first = start(0);
  using client = new HttpClient("127.0.0.1", first.port);
  for (let count = 0; count < 5; count++) await client.send(get, options);
  await first[Symbol.asyncDispose]();
  await using _second = start(first.port);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal((await client.send(get, options)).status, 200);
});

Deno.test("HttpClient sends many requests at once, each with its own answer", async () => {
  await using server = serveHttp(async ({ target }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return jsonResponse(200, target, "application/json");
  }, { bodyBytesMax: 0 });
  using client = new HttpClient("127.0.0.1", server.port);
  const targets = Array.from({ length: 20 }, (_, index) => `/${index}`);
  const answers = await Promise.all(targets.map(async (target) => {
    const { body } = await client.send({ ...get, target }, options);
    return JSON.parse(new TextDecoder().decode(body));
  }));
  assert.deepEqual(answers, targets);
});
