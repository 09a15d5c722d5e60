import assert from "node:assert/strict";
import { type Hosts, refusedFor } from "../../../sim/net/origin.ts";
import type { HeaderField } from "../../../sim/net/http_wire.ts";

const isRefused = (headers: readonly HeaderField[], hosts: Hosts = "own") =>
  refusedFor(headers, hosts) !== null;

const machine = ["127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:65535"];
const buckets = [
  "b.localhost:9000",
  "a.b-c_d.127.0.0.1",
  "b.s3.amazonaws.com",
  "s3.eu-west-2.amazonaws.com:443",
];
const foreign = [
  "evil.example",
  "evil.example:8080",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "evillocalhost",
  "evil127.0.0.1",
  "amazonaws.com",
  "evilamazonaws.com",
  "b.s3.amazonaws.com.evil.example",
  "127.0.0.1:",
  "127.0.0.1:123456",
  "127.0.0.1:80:80",
  "user@127.0.0.1",
  "127.0.0.2",
  "0.0.0.0",
  "2130706433",
  "[::1]",
  "../../etc.s3.amazonaws.com",
  "",
];

Deno.test("A port answers to the names of this machine; S3's also to those with a bucket before", () => {
  for (const host of machine) {
    assert.ok(!isRefused([["Host", host]]), host);
    assert.ok(!isRefused([["host", host]], "buckets"), host);
  }
  for (const host of buckets) {
    assert.ok(isRefused([["Host", host]]), host);
    assert.ok(!isRefused([["Host", host]], "buckets"), host);
  }
  for (const host of foreign) {
    assert.ok(isRefused([["HOST", host]]), host);
    assert.ok(isRefused([["Host", host]], "buckets"), host);
    assert.ok(isRefused([[":authority", host]]), host);
  }
});

Deno.test("A page of this machine may call, every other page is foreign, and so is null", () => {
  for (const origin of ["http://127.0.0.1", "https://127.0.0.1:1", "http://localhost:8000"]) {
    assert.ok(!isRefused([["Origin", origin]]), origin);
  }
  const others = [
    ...["null", "", "http://evil.example", "https://localhost.evil.example", "file://"],
    ...["http://127.0.0.1@evil.example", "http://b.localhost", "http://b.s3.amazonaws.com"],
    ...["chrome-extension://localhost", "http://localhost, http://evil.example", "*"],
  ];
  for (const origin of others) {
    assert.ok(isRefused([["origin", origin]]), origin);
    assert.ok(isRefused([["origin", origin]], "buckets"), origin);
  }
});

Deno.test("Each of several fields has to be ours", () => {
  assert.ok(isRefused([["Host", "localhost"], [":authority", "evil.example"]]));
  assert.ok(isRefused([["Origin", "http://localhost"], ["Origin", "null"]]));
  assert.ok(!isRefused([]));
});
