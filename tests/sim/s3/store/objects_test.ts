import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { type Faults, noFaults } from "../../../../sim/faults/plan.ts";
import { Disk } from "../../../../sim/s3/store/disk.ts";
import { type ObjectNote, Objects } from "../../../../sim/s3/store/objects.ts";
import { isBucketName } from "../../../../sim/s3/store/paths.ts";
import { SafeFolder } from "../../../../sim/storage/safe_path.ts";
import { worldFromSeed } from "../../../../sim/world.ts";

const note = (etag: string): ObjectNote => ({
  etag,
  modifiedMs: 0,
  headers: {},
  user: {},
  checksum: null,
  tags: {},
  parts: null,
});

function setUp(faults: Faults = noFaults) {
  const dir = Deno.makeTempDirSync();
  const open = () => new Objects(new Disk(new SafeFolder(dir), faults), worldFromSeed(1));
  const objects = open();
  objects.createBucket("bucket");
  return {
    dir,
    open,
    objects,
    put(key: string, text: string, into: Objects = objects) {
      const from = into.disk.write(new TextEncoder().encode(text));
      into.put("bucket", key, from, note(text), () => {});
    },
    get(key: string, from: Objects = objects) {
      const found = from.find("bucket", key);
      return found && [Deno.readTextFileSync(found.path), found.note.etag];
    },
    [Symbol.dispose]: () => Deno.removeSync(dir, { recursive: true }),
  };
}

const awkward = [
  "..",
  "../x",
  "a//b",
  "a/",
  "/",
  "a/./b",
  "x".repeat(1000),
  ".meta/a",
  ".escaped",
  "a\0b",
  "~",
  "%2E",
];

Deno.test("every key is stored and found under itself alone, also after a restart", () => {
  using at = setUp();
  const keys = ["plain", "plain/below", "x/y", "x", ...awkward];
  for (const key of keys) at.put(key, `text of ${key}`);
  for (const objects of [at.objects, at.open()]) {
    for (const key of keys) {
      assert.deepEqual(at.get(key, objects), [`text of ${key}`, `text of ${key}`]);
    }
    assert.deepEqual([...objects.keys("bucket")].sort(), keys.toSorted());
  }
  // Nothing has left the folder.
  assert.deepEqual([...Deno.readDirSync(at.dir)].map((entry) => entry.name).sort(), [
    ".escaped",
    ".meta",
    "bucket",
  ]);
});

Deno.test("no object leaves the folder, and no two share a file, whatever the case, in any bucket", () => {
  const sign = fc.constantFrom(
    "a",
    "A",
    "é",
    "\u212a",
    "k",
    "/",
    "..",
    ".",
    "\\",
    "\0",
    ":",
    " ",
    "~",
  );
  const key = fc.oneof(
    fc.array(sign, { minLength: 1, maxLength: 6 }).map((signs) => signs.join("")),
    fc.constantFrom("con", "CON", "../bucket/a", "../../x", "/etc/passwd", ".meta/x", "nul.txt"),
  );
  const objects = fc.uniqueArray(fc.tuple(fc.constantFrom("bucket", "con", "com1.x"), key), {
    selector: ([bucket, key]) => `${bucket}\n${key}`,
    maxLength: 12,
  });
  fc.assert(
    fc.property(objects, (all) => {
      using at = setUp();
      for (const bucket of ["con", "com1.x"]) at.objects.createBucket(bucket);
      for (const [bucket, key] of all) {
        const from = at.objects.disk.write(new TextEncoder().encode(`${bucket} ${key}`));
        at.objects.put(bucket, key, from, note(""), () => {});
      }
      const paths = all.map(([bucket, key]) => at.objects.find(bucket, key)?.path ?? "");
      for (const [index, path] of paths.entries()) {
        assert.ok(Deno.realPathSync(path).startsWith(`${Deno.realPathSync(at.dir)}/`), path);
        assert.equal(Deno.readTextFileSync(path), all[index]?.join(" "));
      }
      const folded = paths.map((path) => path.normalize("NFKD").toUpperCase().toLowerCase());
      assert.equal(new Set(folded).size, all.length);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a name that is no bucket's becomes no path", () => {
  using at = setUp();
  for (const bucket of ["..", ".", "", ".meta", "../x", "a/b", "A", ".meta/.tmp", "/etc"]) {
    assert.throws(() => at.objects.hasBucket(bucket), TypeError);
    assert.throws(() => at.objects.find(bucket, "a"), TypeError);
    assert.throws(() => at.objects.createBucket(bucket), TypeError);
  }
});

Deno.test("a capital in a file brought in by hand, or kept by an older version, is found and replaced", () => {
  using at = setUp();
  Deno.writeTextFileSync(`${at.dir}/bucket/README.md`, "by hand");
  assert.equal(at.objects.find("bucket", "README.md")?.size, 7);
  assert.deepEqual([...at.objects.keys("bucket")], ["README.md"]);
  at.put("README.md", "replaced");
  assert.deepEqual(at.get("README.md"), ["replaced", "replaced"]);
  assert.deepEqual([...at.objects.keys("bucket")], ["README.md"]);
});

Deno.test("safe keys are plain files with nothing but their bytes", () => {
  using at = setUp();
  at.put("delta/table/_delta_log/0.json", "{}");
  assert.equal(Deno.readTextFileSync(`${at.dir}/bucket/delta/table/_delta_log/0.json`), "{}");
});

Deno.test("a key that had to be escaped is still the same key when its place is free again", () => {
  using at = setUp();
  at.put("a", "file");
  at.put("a/b", "escaped, because a is a file");
  const file = at.objects.find("bucket", "a");
  assert.ok(file);
  at.objects.delete("bucket", file);
  at.put("a/b", "second");
  assert.deepEqual(at.get("a/b"), ["second", "second"]);
  assert.deepEqual([...at.objects.keys("bucket")], ["a/b"]);
});

Deno.test("a file that came in by hand is an object, and wins over an escaped one of its key", () => {
  using at = setUp();
  Deno.mkdirSync(`${at.dir}/bucket/by`);
  Deno.writeTextFileSync(`${at.dir}/bucket/by/hand`, "x");
  const found = at.objects.find("bucket", "by/hand");
  assert.equal(found?.size, 1);
  assert.match(found?.note.etag ?? "", /^[0-9a-f]{32}-1$/);
  assert.equal(found?.note.modifiedMs, Deno.statSync(`${at.dir}/bucket/by/hand`).mtime?.getTime());
});

Deno.test("an object whose file was changed is told once, and served as it is; one only touched is neither", () => {
  using at = setUp();
  let told: string[] = [];
  const open = () =>
    new Objects(at.objects.disk, worldFromSeed(1), (sentence) => told.push(sentence));
  const store = (key: string, text: string, parts: ObjectNote["parts"] = null) => {
    const md5 = (text: string) => createHash("md5").update(text).digest();
    const etag = parts === null
      ? md5(text).toString("hex")
      : `${
        createHash("md5").update(md5(text.slice(0, 2))).update(md5(text.slice(2))).digest("hex")
      }-2`;
    const from = at.objects.disk.write(new TextEncoder().encode(text));
    at.objects.put("bucket", key, from, { ...note(etag), parts }, () => {});
    return etag;
  };
  const inTwo = { uploadId: "u", sizes: [2, 3] };
  const etags = { plain: store("plain", "12345"), parts: store("parts", "12345", inTwo) };
  const objects = open();
  for (const [key, etag] of Object.entries(etags)) {
    Deno.utimeSync(`${at.dir}/bucket/${key}`, 1, 1);
    assert.equal(objects.find("bucket", key)?.note.etag, etag, "touched, not changed");
    assert.equal(open().find("bucket", key)?.note.etag, etag, "and so it stays");
    assert.deepEqual(told, []);
    for (const text of ["1234x", "shorter than it was"]) {
      Deno.writeTextFileSync(`${at.dir}/bucket/${key}`, text);
      for (let round = 0; round < 3; round++) {
        const found = objects.find("bucket", key);
        assert.equal(found?.size, text.length);
        assert.notEqual(found?.note.etag, etag);
      }
      assert.equal(told.length, 1);
      assert.match(
        told.join(),
        new RegExp(`^The object s3://bucket/${key} is not what was stored`),
      );
      told = [];
    }
  }
  Deno.writeTextFileSync(`${at.dir}/bucket/by-hand`, "x");
  assert.ok(objects.find("bucket", "by-hand"));
  store("plain", "stored again");
  assert.ok(objects.find("bucket", "plain"));
  assert.deepEqual(told, []);
});

Deno.test("deleting the last object of a folder removes the folder, up to the bucket", () => {
  using at = setUp();
  at.put("a/b/c/1", "1");
  at.put("a/2", "2");
  for (const key of ["a/b/c/1", "a/2"]) {
    const object = at.objects.find("bucket", key);
    assert.ok(object);
    at.objects.delete("bucket", object);
  }
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/bucket`)], []);
});

Deno.test("a precondition that fails changes nothing and removes the content it came with", () => {
  using at = setUp();
  at.put("k", "first");
  const path = `${at.dir}/.meta/.tmp/large`;
  Deno.writeTextFileSync(path, "second");
  assert.throws(
    () =>
      at.objects.put("bucket", "k", path, note("second"), (current) => {
        assert.equal(current?.note.etag, "first");
        throw new Error("No");
      }),
    /^Error: No$/,
  );
  assert.deepEqual(at.get("k"), ["first", "first"]);
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/.meta/.tmp`)], []);
});

Deno.test("a full disk at any of the writes leaves the old object, whole, and no temporary file", () => {
  let countdown = Infinity;
  using at = setUp({ strikes: (point) => point === "disk.full" && countdown-- === 0 });
  at.put("k", "first");
  let failures = 0;
  for (let writes = 0; writes < 4; writes++) {
    countdown = writes;
    try {
      at.put("k", `second ${writes}`);
    } catch (error) {
      assert.equal(error instanceof Error && "code" in error && error.code, "ENOSPC");
      failures++;
      assert.deepEqual(at.get("k"), ["first", "first"]);
    }
    countdown = Infinity;
    assert.deepEqual([...Deno.readDirSync(`${at.dir}/.meta/.tmp`)], []);
    at.put("k", "first");
  }
  assert.equal(failures, 2, "one for the bytes, one for the note");
});

Deno.test("what a killed process left unfinished is gone after the next start", () => {
  using at = setUp();
  Deno.writeTextFileSync(`${at.dir}/.meta/.tmp/0`, "half an obj");
  const next = at.open();
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/.meta/.tmp`)], []);
  assert.deepEqual([...next.keys("bucket")], []);
});

Deno.test("an object whose bucket was removed meanwhile is refused and brings no bucket back", () => {
  using at = setUp();
  at.objects.deleteBucket("bucket");
  for (const key of ["top", "below/folder", "a//b"]) {
    assert.throws(() => at.put(key, "1"), /The specified bucket does not exist/);
  }
  assert.ok(!at.objects.hasBucket("bucket"));
  assert.deepEqual([...Deno.readDirSync(`${at.dir}/.meta/.tmp`)], []);
});

Deno.test("bucket names follow the rules of S3", () => {
  for (const name of ["abc", "a-b.c", "0".repeat(63), "user-0123456789ab-bucket"]) {
    assert.ok(isBucketName(name));
  }
  for (
    const name of ["ab", "Abc", "a_b", ".meta", "-ab", "a..b", "192.168.0.1", "a".repeat(64), "a/b"]
  ) {
    assert.ok(!isBucketName(name), name);
  }
});
