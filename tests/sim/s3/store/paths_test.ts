import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  compareUtf8,
  escapedPath,
  isPlain,
  keyOfEscapedPath,
} from "../../../../sim/s3/store/paths.ts";

const long = "x".repeat(256);

Deno.test("keys that are safe relative paths are plain", () => {
  for (
    const key of [
      "a",
      "a/b.json",
      "topics/x+0+1.json",
      "a b/é",
      ".hidden",
      "a/.meta",
      "x".repeat(255),
    ]
  ) {
    assert.ok(isPlain(key), key);
  }
});

Deno.test("keys that a file system would read otherwise are not plain", () => {
  const keys = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/.",
    "a\0b",
    long,
    `a/${long}`,
  ];
  for (const key of [...keys, "é".repeat(128), ".meta/x", ".metadata", ".escaped"]) {
    assert.ok(!isPlain(key), JSON.stringify(key));
  }
});

Deno.test("an escaped path has only names that are safe, and gives its key back", () => {
  const keys = fc.string({ unit: "binary", minLength: 1, maxLength: 400 }).filter((key) =>
    key.isWellFormed()
  );
  fc.assert(fc.property(keys, (key) => {
    const path = escapedPath(key);
    assert.equal(keyOfEscapedPath(path), key);
    assert.match(path, /^([A-Za-z0-9_%-]+~\/)*[A-Za-z0-9_%-]+$/);
    assert.ok(path.split("/").every((name) => name.length <= 255));
  }));
});

Deno.test("no escaped path lies below another, so no key stands in the way of one", () => {
  const [short, longer] = [escapedPath("a".repeat(200)), escapedPath("a".repeat(201))];
  assert.ok(!longer.startsWith(`${short}/`));
});

Deno.test("a file that is not ours is no escaped key", () => {
  for (const path of ["a.txt", "%", "a b", "%41"]) assert.equal(keyOfEscapedPath(path), null, path);
});

Deno.test("compareUtf8 orders as the bytes do", () => {
  const encoder = new TextEncoder();
  const texts = fc.string({ unit: "binary", maxLength: 6 }).filter((text) => text.isWellFormed());
  const bytesOrder = (a: string, b: string) => Buffer.compare(encoder.encode(a), encoder.encode(b));
  fc.assert(fc.property(texts, texts, (a, b) => {
    assert.equal(Math.sign(compareUtf8(a, b)), bytesOrder(a, b));
  }));
  // The case where UTF-16 gets it wrong.
  assert.ok(compareUtf8("\u{ff5e}", "\u{1f4be}") < 0);
});
