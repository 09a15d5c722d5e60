import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { noFaults } from "../../../../sim/faults/plan.ts";
import { Disk } from "../../../../sim/s3/store/disk.ts";
import { listPage, type Page } from "../../../../sim/s3/store/listing.ts";
import { type ObjectNote, Objects } from "../../../../sim/s3/store/objects.ts";
import { SafeFolder } from "../../../../sim/storage/safe_path.ts";
import { worldFromSeed } from "../../../../sim/world.ts";

const note: ObjectNote = {
  etag: "0",
  modifiedMs: 0,
  headers: {},
  user: {},
  checksum: null,
  tags: {},
  parts: null,
};

/** A bucket with these keys, and its pages. */
function bucketOf(keys: readonly string[]) {
  const dir = Deno.makeTempDirSync();
  const disk = new Disk(new SafeFolder(dir), noFaults);
  const objects = new Objects(disk, worldFromSeed(1));
  objects.createBucket("bucket");
  for (const key of keys) {
    objects.put("bucket", key, disk.write(new Uint8Array(1)), note, () => {});
  }
  return {
    objects,
    page: (query: { prefix: string; delimiter: string; after: string; countMax: number }): Page =>
      listPage((cursor) => objects.walk("bucket", query.prefix, cursor), query),
    [Symbol.dispose]: () => Deno.removeSync(dir, { recursive: true }),
  };
}

/** The names of all pages, one after the other. */
function allPages(
  bucket: {
    page(query: { prefix: string; delimiter: string; after: string; countMax: number }): Page;
  },
  query: { prefix: string; delimiter: string; countMax: number },
): string[][] {
  const pages: string[][] = [];
  let after = "";
  for (;;) {
    const page = bucket.page({ ...query, after });
    pages.push([...page.objects.map(({ key }) => key), ...page.prefixes]);
    if (page.next === null) return pages;
    after = page.next;
  }
}

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What a list must hold, from the definition: no folders, no files, just keys. */
function model(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const names = new Set(
    keys.filter((key) => key.startsWith(prefix)).map((key) => {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return at < 0 ? key : key.slice(0, at + delimiter.length);
    }),
  );
  return [...names].sort(bytewise);
}

// Few letters, so that prefixes, folders and files meet; among them all that is awkward.
const keys = fc.uniqueArray(
  fc.array(fc.constantFrom("a", "b", "-", "/", ".", "..", "é", "\u{ff5e}", "\u{1f4be}"), {
    minLength: 1,
    maxLength: 5,
  }).map((parts) => parts.join("")),
  { maxLength: 25 },
);

Deno.test("pages hold what the definition says, in order, whatever keys, prefix, delimiter, size", () => {
  const prefixes = fc.constantFrom("", "a", "a/", "/", "a/b", "..", "é", "b-");
  const delimiters = fc.constantFrom("", "/", "-", "a", "é/");
  fc.assert(
    fc.property(
      keys,
      prefixes,
      delimiters,
      fc.integer({ min: 1, max: 6 }),
      (all, prefix, delimiter, countMax) => {
        using bucket = bucketOf(all);
        const pages = allPages(bucket, { prefix, delimiter, countMax });
        const expected = model(all, prefix, delimiter);
        assert.deepEqual(pages.flat().sort(bytewise), expected);
        const sized = pages.every((page, index) =>
          index === pages.length - 1 || page.length === countMax
        );
        assert.ok(sized, "a page that is not the last is full");
        // Within a page prefixes stand apart; pages follow each other in order.
        const sorted = pages.map((page) => page.sort(bytewise)).flat();
        assert.deepEqual(sorted, expected);
      },
    ),
    { numRuns: 80 },
  );
});

Deno.test("a list begins after any name, whether it is there or not", () => {
  fc.assert(
    fc.property(
      keys,
      fc.string({ unit: fc.constantFrom("a", "-", "/", ".", "é"), maxLength: 4 }),
      (all, after) => {
        using bucket = bucketOf(all);
        const page = bucket.page({ prefix: "", delimiter: "", after, countMax: 1000 });
        const expected = all.filter((key) => bytewise(key, after) > 0).sort(bytewise);
        assert.deepEqual(page.objects.map(({ key }) => key), expected);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a page of no keys is empty and final", () => {
  using bucket = bucketOf(["a"]);
  const page = bucket.page({ prefix: "", delimiter: "", after: "", countMax: 0 });
  assert.deepEqual(page, { objects: [], prefixes: [], next: null });
});

Deno.test("folders without objects, and folders behind links, are no keys", () => {
  using bucket = bucketOf(["a/b"]);
  const root = bucket.objects.bucketPath("bucket");
  Deno.mkdirSync(`${root}/empty/deep`, { recursive: true });
  Deno.symlinkSync(root, `${root}/a/circle`);
  const query = { prefix: "", delimiter: "/", after: "", countMax: 10 };
  assert.deepEqual(bucket.page(query).prefixes, ["a/"]);
});
