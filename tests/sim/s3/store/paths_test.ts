import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { isDeviceName } from "../../../../sim/storage/portable_name.ts";
import {
  bucketFolder,
  bucketOfFolder,
  compareUtf8,
  escapedPath,
  isBucketName,
  isPath,
  isPlain,
  keyOfEscapedPath,
} from "../../../../sim/s3/store/paths.ts";

const long = "x".repeat(256);

Deno.test("keys whose segments are portable names are plain, the pipelines' own among them", () => {
  for (
    const key of [
      "a",
      "a/b.json",
      "topics/0a1b2c3d4e5f.pin/partition=0/0a1b2c3d4e5f.pin+0+0000000042.json",
      "rejects/0a1b2c3d4e5f.pin/partition=0/0a1b2c3d4e5f.pin+0+0000000042.json",
      "delta/0a1b2c3d4e5f_pin_table/_delta_log/00000000000000000010.checkpoint.parquet",
      "delta/0a1b2c3d4e5f_pin_table/_delta_log/_last_checkpoint",
      "delta/t/part-00000-7b1c2f0e-1a2b-4c3d-8e9f-0a1b2c3d4e5f-c000.snappy.parquet",
      "a b/-",
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
    assert.ok(!isPlain(key) && !isPath(key), JSON.stringify(key));
  }
});

Deno.test("keys that some disk reserves, cuts or takes for another are not plain", () => {
  const reserved = ["con", "CON", "nul.txt", "aux.tar.gz", "com1", "lpt9.log", "conout$", "nul .x"];
  const cut = ["a.", "a ", "a/b. ", "progra~1"];
  const signs = [...'\\:<>|?*"\x01\x1f\x7f'].map((sign) => `a${sign}b`);
  const folded = ["A", "a/B/c", "README.md", "é", "e\u0301", "\u212a", "\u017f", "ß", "日本"];
  for (const key of [...reserved, ...cut, ...signs, ...folded]) {
    assert.ok(!isPlain(key), JSON.stringify(key));
    assert.ok(!isPlain(`a/${key}/b`), JSON.stringify(key));
  }
  for (const key of ["console", "com10", "nulls", "a.con", "aux-1"]) assert.ok(isPlain(key), key);
});

Deno.test("an escaped path has only names that are safe, and gives its key back", () => {
  const keys = fc.string({ unit: "binary", minLength: 1, maxLength: 400 }).filter((key) =>
    key.isWellFormed()
  );
  fc.assert(fc.property(keys, (key) => {
    const path = escapedPath(key);
    assert.equal(keyOfEscapedPath(path), key);
    assert.match(path, /^(([a-z0-9_-]|%|(?<=%|%[0-9A-F])[A-F])+~?(\/|$))+$/);
    assert.ok(
      !path.split("/").some((name) => /^(con|prn|aux|nul|(com|lpt)[0-9])$/.test(name)),
      path,
    );
    assert.ok(path.split("/").every((name) => name.length <= 255));
  }));
});

Deno.test("no two keys share a file on a disk that knows no case", () => {
  const alphabet = fc.constantFrom("a", "A", "k", "\u212a", "é", "É", "/", ".", "%", "4", "1", "~");
  const key = fc.oneof(
    fc.array(alphabet, { minLength: 1, maxLength: 6 }).map((signs) => signs.join("")),
    fc.constantFrom("con", "CON", "%63on", "con~", "x".repeat(200), "X".repeat(200)),
  );
  const fileOf = (key: string) => isPlain(key) ? `plain/${key}` : `escaped/${escapedPath(key)}`;
  const folded = (path: string) => path.normalize("NFKD").toUpperCase().toLowerCase();
  fc.assert(
    fc.property(key, key, (one, other) => {
      fc.pre(one !== other);
      assert.notEqual(folded(fileOf(one)), folded(fileOf(other)));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the folder of a bucket is its name, but for one that Windows reserves, and gives it back", () => {
  assert.equal(bucketFolder("user-0a1b2c3d4e5f-bucket"), "user-0a1b2c3d4e5f-bucket");
  for (const bucket of ["con", "nul.x", "com1", "abc"]) {
    const folder = bucketFolder(bucket);
    assert.match(folder, /^(~[0-9a-f]{16}-)?[a-z0-9.-]+$/);
    assert.ok(!isDeviceName(folder), folder);
    assert.equal(bucketOfFolder(folder), bucket);
  }
  for (const folder of [".meta", "con", "~0123456789abcdef-con", "A"]) {
    assert.ok(bucketOfFolder(folder) === null || !isBucketName(folder), folder);
  }
});

Deno.test("no escaped path lies below another, so no key stands in the way of one", () => {
  const [short, longer] = [escapedPath("a".repeat(200)), escapedPath("a".repeat(201))];
  assert.ok(!longer.startsWith(`${short}/`));
});

Deno.test("a file that is not ours is no escaped key", () => {
  for (const path of ["a.txt", "%", "a b", "A", "%61", "con"]) {
    assert.equal(keyOfEscapedPath(path), null, path);
  }
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
