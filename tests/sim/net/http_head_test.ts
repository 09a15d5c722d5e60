/**
 * Heads and bodies that RFC 9112 forbids, sent over a raw socket to a server with a handler that
 * counts. Each refusal closes the connection: a second request behind it is never answered.
 */
import assert from "node:assert/strict";
import { serveHttp } from "../../../sim/net/http.ts";
import { exchange } from "./raw_http.ts";

const host = "Host: localhost\r\n";
const chunkedHead = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\n${host}${fields}\r\n${body}`;
const second = `GET /second HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;

/** What is wrong (section of RFC 9112), the bytes, and the status. */
const refused: [string, string, number?][] = [
  ["no version (3)", "GET /\r\n\r\n"],
  ["a version of its own (2.3)", `GET / HTTP/1.11\r\n${host}\r\n`],
  ["a lower-case version (2.3)", `GET / http/1.1\r\n${host}\r\n`],
  ["two blanks in the first line (3)", `GET  / HTTP/1.1\r\n${host}\r\n`],
  ["a blank in the target (3.2)", `GET /a b HTTP/1.1\r\n${host}\r\n`],
  ["a tab in the first line (3)", `GET\t/ HTTP/1.1\r\n${host}\r\n`],
  ["a blank behind the version (3)", `GET / HTTP/1.1 \r\n${host}\r\n`],
  ["a blank before the method (3)", ` GET / HTTP/1.1\r\n${host}\r\n`],
  ["a method that is no token (3.1)", `G(T / HTTP/1.1\r\n${host}\r\n`],
  ["a target that is no path (3.2)", `GET x HTTP/1.1\r\n${host}\r\n`],
  ["an asterisk that is not of OPTIONS (3.2.4)", `GET * HTTP/1.1\r\n${host}\r\n`],
  ["a tunnel (3.2.3)", `CONNECT localhost:80 HTTP/1.1\r\n${host}\r\n`],
  ["an address at another Host (3.2.2)", `GET http://127.0.0.1/ HTTP/1.1\r\n${host}\r\n`],
  ["an address without a host (3.2.2)", `GET http:/// HTTP/1.1\r\n${host}\r\n`],
  ["an address of another scheme (3.2.2)", `GET ftp://localhost/ HTTP/1.1\r\n${host}\r\n`],
  ["no Host (3.2)", "GET / HTTP/1.1\r\n\r\n"],
  ["two Hosts (3.2)", `GET / HTTP/1.1\r\n${host}${host}\r\n`],
  ["an empty Host (3.2)", "GET / HTTP/1.1\r\nHost:\r\n\r\n"],
  ["a Host that is none (3.2)", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["a Host with a user (3.2)", "GET / HTTP/1.1\r\nHost: me@localhost\r\n\r\n"],
  ["a blank before the colon (5.1)", post("Name : value\r\n")],
  ["a tab before the colon (5.1)", post("Name\t: value\r\n")],
  ["a field without a colon (5)", post("Name\r\n")],
  ["a field without a name (5)", post(": value\r\n")],
  ["a name that is no token (5.1)", post("Na(me: value\r\n")],
  ["a name beyond ASCII (5.1)", post("N\u00e4me: value\r\n")],
  ["a blank before the first field (2.2)", `GET / HTTP/1.1\r\n Name: value\r\n${host}\r\n`],
  ["a folded line (5.2)", post("Name: a\r\n b\r\n")],
  ["a bare line feed (2.2)", `GET / HTTP/1.1\n${host}\r\n\r\n`],
  ["a bare line feed in a field (2.2)", post("Name: a\nOther: b\r\n")],
  ["a bare carriage return (2.2)", post("Name: a\rb\r\n")],
  ["a zero byte (5.5)", post("Name: a\0b\r\n")],
  ["a first line that is too long (3)", `GET /${"x".repeat(70_000)} HTTP/1.1\r\n${host}\r\n`, 414],
  ["a field that is too long (5)", post(`Name: ${"x".repeat(70_000)}\r\n`), 431],
  ["too many fields (5)", post("Name: x\r\n".repeat(8_000)), 431],
  ["a signed length (6.2)", post("Content-Length: +3\r\n", "abc")],
  ["a negative length (6.2)", post("Content-Length: -3\r\n", "abc")],
  ["a hexadecimal length (6.2)", post("Content-Length: 0x3\r\n", "abc")],
  ["a broken length (6.2)", post("Content-Length: 3.0\r\n", "abc")],
  ["an empty length (6.2)", post("Content-Length:\r\n", "abc")],
  ["a length beyond all numbers (6.2)", post(`Content-Length: ${"9".repeat(20)}\r\n`, "abc")],
  ["a list of lengths (6.3)", post("Content-Length: 3, 3\r\n", "abc")],
  ["two lengths (6.3)", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc")],
  ["the same length twice (6.3)", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")],
  [
    "length and coding (6.3)",
    post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
  ],
  [
    "coding and length (6.3)",
    post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
  ],
  ["two codings (6.1)", post("Transfer-Encoding: chunked\r\n".repeat(2), "0\r\n\r\n")],
  ["chunked twice (6.1)", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")],
  [
    "identity in a second field (6.1)",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
  ],
  ["a last coding that is not chunked (6.3)", post("Transfer-Encoding: chunked, gzip\r\n")],
  ["a coding that is no word (6.1)", post("Transfer-Encoding: xchunked\r\n")],
  ["an empty coding (6.1)", post("Transfer-Encoding:\r\n")],
  [
    "a coding behind a strange blank (5)",
    post("Transfer-Encoding: \u00a0chunked\r\n", "0\r\n\r\n"),
  ],
  ["a coding that nobody knows here (6.1)", post("Transfer-Encoding: gzip, chunked\r\n"), 501],
  [
    "chunked in HTTP/1.0 (6.1)",
    `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["a chunk size that is none (7.1)", `${chunkedHead}zz\r\n`],
  ["a chunk size with a prefix (7.1)", `${chunkedHead}0x3\r\nabc\r\n`],
  ["a signed chunk size (7.1)", `${chunkedHead}+3\r\nabc\r\n`],
  ["a blank before the chunk size (7.1)", `${chunkedHead} 3\r\nabc\r\n`],
  ["a blank behind the chunk size (7.1)", `${chunkedHead}3 \r\nabc\r\n`],
  ["an empty chunk size (7.1)", `${chunkedHead}\r\nabc\r\n`],
  ["a chunk size beyond all numbers (7.1)", `${chunkedHead}100000003\r\nabc\r\n`],
  ["a chunk longer than it says (7.1)", `${chunkedHead}1\r\nabc\r\n`],
  ["a chunk size behind a bare line feed (7.1)", `${chunkedHead}3\nabc\r\n0\r\n\r\n`],
  ["a chunk before a bare line feed (7.1)", `${chunkedHead}3\r\nabc\n0\r\n\r\n`],
  ["a carriage return in a chunk's line (7.1)", `${chunkedHead}3;a=\rb\r\nabc\r\n`],
  ["an extension without a name (7.1.1)", `${chunkedHead}3;\r\nabc\r\n`],
  ["an extension that is no token (7.1.1)", `${chunkedHead}3;a=(\r\nabc\r\n`],
  ["an open quotation (7.1.1)", `${chunkedHead}3;a="b\r\nabc\r\n`],
  ["an extension without end (7.1.1)", `${chunkedHead}3;a=${"b".repeat(5000)}\r\nabc\r\n`],
  ["a trailer that is no field (7.1.2)", `${chunkedHead}0\r\nno field\r\n\r\n`],
  ["a trailer with a blank (7.1.2)", `${chunkedHead}0\r\nName : x\r\n\r\n`],
  ["trailers without end (7.1.2)", `${chunkedHead}0\r\n${"Name: x\r\n".repeat(8_000)}\r\n`],
];

for (const [what, bytes, status = 400] of refused) {
  Deno.test(`HTTP: ${what} is answered ${status}, and the connection ends`, async () => {
    let count = 0;
    await using server = serveHttp(() => {
      count++;
      return { status: 200, headers: [], body: new Uint8Array(0) };
    }, { bodyBytesMax: 1000 });
    const answer = await exchange(server.port, [new TextEncoder().encode(bytes + second)]);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\nConnection: close\r\n`));
    assert.equal([...answer.matchAll(/^HTTP\/1\.1 [0-9]/gm)].length, 1, "one answer");
    assert.equal(count, 0);
  });
}

/** What may be, the bytes, and target and body as they are understood. */
const taken: [string, string, string][] = [
  ["an empty line before the first (2.2)", `\r\n\r\nGET /a HTTP/1.1\r\n${host}\r\n`, "/a "],
  [
    "an address at its own Host (3.2.2)",
    `GET http://LOCALHOST/a?b HTTP/1.1\r\n${host}\r\n`,
    "/a?b ",
  ],
  ["an address without a path (3.2.2)", `GET http://localhost?b HTTP/1.1\r\n${host}\r\n`, "/?b "],
  ["OPTIONS of all (3.2.4)", `OPTIONS * HTTP/1.1\r\n${host}\r\n`, "* "],
  ["no Host in HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", "/a "],
  ["tabs around a value (5.1)", post("Content-Length:\t3 \t\r\n", "abc"), "/ abc"],
  ["a length with zeros (6.2)", post("Content-Length: 0003\r\n", "abc"), "/ abc"],
  [
    "a coding in capitals (6.1)",
    post("Transfer-Encoding: CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"),
    "/ abc",
  ],
  ["a chunk size with zeros (7.1)", `${chunkedHead}0000000003\r\nabc\r\n00\r\n\r\n`, "/ abc"],
  [
    "extensions and trailers (7.1)",
    `${chunkedHead}3 ; a ; b = c;d="\\"e;\t"\r\nabc\r\n0;x\r\nName: x\r\nOther:\r\n\r\n`,
    "/ abc",
  ],
];

for (const [what, bytes, understood] of taken) {
  Deno.test(`HTTP: ${what} is understood`, async () => {
    await using server = serveHttp(({ target, body }) => {
      const text = `${target} ${new TextDecoder().decode(body ?? undefined)}`;
      return { status: 200, headers: [], body: new TextEncoder().encode(text) };
    }, { bodyBytesMax: 1000 });
    const whole = (text: string) => text.endsWith(`\r\n\r\n${understood}`);
    assert.match(await exchange(server.port, [bytes], whole), /^HTTP\/1\.1 200 /);
  });
}

Deno.test("HTTP/1.0 is not told to go on with its body, and Connection may be said in several fields", async () => {
  await using server = serveHttp(() => ({ status: 204, headers: [], body: new Uint8Array(0) }), {
    bodyBytesMax: 1000,
  });
  const old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na";
  assert.match(await exchange(server.port, [old]), /^HTTP\/1\.1 204 /);
  const closing = `GET / HTTP/1.1\r\n${host}Connection: x\r\nConnection: y, Close\r\n\r\n`;
  assert.match(await exchange(server.port, [closing]), /\r\nConnection: close\r\n\r\n$/);
});
