import assert from "node:assert/strict";
import { type HttpRequest, jsonResponse, serveHttp } from "../../../sim/net/http.ts";
import { exchange } from "./raw_http.ts";

const text = (request: HttpRequest) => new TextDecoder().decode(request.body ?? undefined);

/** Answers with what it understood. */
function echoing(bodyBytesMax = 1000) {
  return serveHttp((request) => {
    const { method, target, body } = request;
    return jsonResponse(200, { method, target, body: body && text(request) }, "application/json");
  }, { bodyBytesMax });
}

const bodiesOf = (answers: string) =>
  [...answers.matchAll(/\{"method".*?\}/g)].map(([body]) => body);

Deno.test("serveHttp answers fetch", async () => {
  await using server = echoing();
  const response = await fetch(`http://127.0.0.1:${server.port}/a?b=c`, {
    method: "PUT",
    body: "körper",
  });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { method: "PUT", target: "/a?b=c", body: "körper" });
});

Deno.test("A request is understood however its bytes are cut", async () => {
  await using server = echoing();
  const request =
    "POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
  for (let at = 1; at < request.length; at++) {
    const answer = await exchange(server.port, [request.slice(0, at), request.slice(at)]);
    assert.deepEqual(bodiesOf(answer), ['{"method":"POST","target":"/x","body":"hello"}']);
  }
});

Deno.test("A chunked body is joined, its extensions and trailers dropped", async () => {
  await using server = echoing();
  const answer = await exchange(server.port, [
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
    "3;a=b\r\nhel\r\n",
    "2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
  ]);
  assert.deepEqual(bodiesOf(answer), ['{"method":"POST","target":"/","body":"hello"}']);
});

Deno.test("Pipelined requests are answered in their order, slow ones first too", async () => {
  await using server = serveHttp(async ({ target }) => {
    if (target === "/slow") await new Promise((resolve) => setTimeout(resolve, 20));
    return jsonResponse(200, { target }, "application/json");
  }, { bodyBytesMax: 0 });
  const answer = await exchange(server.port, [
    "GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /fast HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  assert.deepEqual([...answer.matchAll(/"\/(\w+)"/g)].map((found) => found[1]), ["slow", "fast"]);
});

Deno.test("Who expects 100-continue is told to go on", async () => {
  await using server = echoing();
  const head =
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
  const answer = await exchange(server.port, [head, "ok"]);
  assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

Deno.test("A body over the limit reaches the handler as null, and the connection lives on", async () => {
  await using server = echoing(4);
  const answer = await exchange(server.port, [
    "POST /long HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello",
    "POST /chunked HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST /fits HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nhell",
  ]);
  assert.deepEqual(bodiesOf(answer), [
    '{"method":"POST","target":"/long","body":null}',
    '{"method":"POST","target":"/chunked","body":null}',
    '{"method":"POST","target":"/fits","body":"hell"}',
  ]);
});

Deno.test("HEAD and 204 have no body", async () => {
  await using server = serveHttp(({ method }) => ({
    status: method === "HEAD" ? 200 : 204,
    headers: [],
    body: new TextEncoder().encode(method === "HEAD" ? "hidden" : ""),
  }), { bodyBytesMax: 0 });
  const answer = await exchange(server.port, [
    "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nDELETE / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  assert.match(
    answer,
    /^HTTP\/1\.1 200 OK\r\nContent-Length: 6\r\n.*?\r\n\r\nHTTP\/1\.1 204 No Content\r\nConnection: close\r\n\r\n$/s,
  );
});

Deno.test("What is no HTTP is answered 400 and the connection ends", async () => {
  await using server = echoing();
  for (
    const request of [
      "hello\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nName : value\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    ]
  ) {
    assert.match(await exchange(server.port, [request]), /^HTTP\/1\.1 400 Bad Request\r\n/);
  }
});

Deno.test("A lost answer: the work is done, the connection closes without a byte", async () => {
  let done = 0;
  await using server = serveHttp(() => {
    done++;
    return jsonResponse(200, {}, "application/json");
  }, { bodyBytesMax: 0, losesAnswer: () => true });
  assert.equal(await exchange(server.port, ["GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]), "");
  assert.equal(done, 1);
});

Deno.test("HTTP/1.0 is answered and closed", async () => {
  await using server = echoing();
  assert.match(
    await exchange(server.port, ["GET / HTTP/1.0\r\n\r\n"]),
    /\r\nConnection: close\r\n/,
  );
});
