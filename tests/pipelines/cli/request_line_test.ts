import assert from "node:assert/strict";
import { requestLine } from "../../../pipelines/cli/request_line.ts";

const request = {
  atMs: Date.parse("2026-01-02T03:04:05.678Z"),
  service: "s3",
  who: "arn:aws:iam::111122223333:user/alice",
  action: "PutObject",
  resource: "bucket/key",
  answer: "403 AccessDenied",
  ms: 3.14159,
};

Deno.test("a request is one line: time, service, who, what, answer, milliseconds", () => {
  assert.equal(
    requestLine(request),
    "03:04:05.678 s3         arn:aws:iam::111122223333:user/alice  PutObject bucket/key  " +
      "403 AccessDenied  3.1 ms",
  );
});

Deno.test("what a client puts into a name does nothing to the terminal, and begins no line", () => {
  const line = requestLine({ ...request, resource: "a\x1b[2J\r\nb\u202ec\u2028d\x9b" });
  assert.ok(line.includes("a\\u001b[2J\\u000d\\u000ab\\u202ec\\u2028d\\u009b"), line);
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\u2028]/u);
});
