import assert from "node:assert/strict";
import { transform } from "../../../pipelines/batch/transform.ts";
import type { TableName } from "../../../pipelines/tables.ts";
import { geo, id, MemoryObjects, pin, user } from "./landed_objects.ts";

/** What became of each landed record of a table: `partition:offset` to verdict or reason. */
async function verdicts(objects: MemoryObjects, table: TableName): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    await using batch = await transform(objects, { id, outDir: folder });
    const rows = await batch.work.db.rows(`
      select object.partition || ':' || (object.start_offset + landed.rowid - first_line) as place,
        coalesce(rejects.reason, aside.verdict, 'cleaned') as verdict
      from landed_${table} as landed
      asof join object_${table} as object on landed.rowid >= object.first_line
      left join aside_${table} as aside on aside.n = landed.rowid
      left join rejects on rejects."table" = '${table}' and rejects.partition = object.partition
        and rejects."offset" = object.start_offset + landed.rowid - first_line
      order by landed.rowid`);
    return Object.fromEntries(rows.map(({ place, verdict }) => [place, verdict]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Pair = [
  what: string,
  table: TableName,
  first: Record<string, unknown>,
  repeat: Record<
    string,
    unknown
  >,
];

/** The verdict on each second record of a pair; the pairs land together, with keys of their own. */
async function verdictsOnRepeats(pairs: readonly Pair[]): Promise<string[]> {
  const objects = new MemoryObjects();
  const offsets = { pin: 0, geo: 0, user: 0 };
  const places = pairs.map(([, table, first, repeat], at) => {
    const start = offsets[table];
    offsets[table] += 2;
    objects.land(table, 0, start, [withKey(first, at), withKey(repeat, at)]);
    return { table, place: `0:${start + 1}` };
  });
  const found = {
    pin: await verdicts(objects, "pin"),
    geo: await verdicts(objects, "geo"),
    user: await verdicts(objects, "user"),
  };
  return places.map(({ table, place }) => found[table][place] ?? "");
}

/** A text as key stays a text. */
function withKey(record: Record<string, unknown>, key: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) =>
      name !== "ind" && name !== "index"
        ? [name, value]
        : [name, typeof value === "string" ? `${key}.0` : key]
    ),
  );
}

const same: Pair[] = [
  ["the same bytes", "pin", pin(1), pin(1)],
  ["another order of fields", "user", user(1), reversed(user(1))],
  ["a field that nobody cleans", "pin", pin(1, { downloaded: 1 }), pin(1, { downloaded: 0 })],
  ["a field nobody knows", "user", user(1), { ...user(1), more: 1 }],
  ["another spelling of a count", "pin", followers("2k"), followers("2000")],
  ["white space around a text", "pin", pin(1), pin(1, { title: " Post 1\n" })],
  ["two texts that both mean nothing", "pin", described("Untitled".slice(0, 0)), described(null)],
  ["another spelling of a time", "geo", geo(1), geo(1, { timestamp: "2019-03-04T05:06:07Z" })],
  ["a number with a point", "user", user(1, { age: 30 }), user(1, { age: 30.0 })],
  ["a number as text", "user", user(1, { age: 30 }), user(1, { age: "30.0" })],
  ["another spelling of the key", "user", user(1), user("1.0")],
];

Deno.test("a repeat that is equal after cleaning is a duplicate, whatever its spelling", async () => {
  const found = await verdictsOnRepeats(same);
  assert.deepEqual(
    same.map(([what], at) => `${what}: ${found[at]}`),
    same.map(([what]) => `${what}: duplicate`),
  );
});

function reversed(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toReversed());
}

function followers(follower_count: string) {
  return pin(1, { follower_count });
}

function described(description: string | null) {
  return pin(1, { description });
}

const other: Pair[] = [
  ["a changed text", "pin", pin(1), pin(1, { title: "post 1" })],
  ["a changed list", "geo", geo(1), geo(1, { latitude: 0 })],
  ["a value that was null before", "user", user(1, { age: null }), user(1)],
  ["a value that is null now", "user", user(1), user(1, { age: null })],
  ["a count that no longer is one", "pin", followers("2k"), followers("2kk")],
];

Deno.test("a repeat that differs after cleaning is rejected, and the reason names the first", async () => {
  const found = await verdictsOnRepeats(other);
  for (const [at, [what]] of other.entries()) {
    const reason = `ind was seen before with other content: ${at}, first landed at partition 0`;
    assert.ok(found[at]?.startsWith(reason), `${what}: ${found[at]}`);
  }
});

Deno.test("the first landing wins by partition and offset, across objects and partitions", async () => {
  const objects = new MemoryObjects()
    .land("user", 1, 7, [user(1), user(2, { age: 50 }), user(3)])
    .land("user", 0, 100, [user(1), user(2)])
    .land("user", 0, 40, [user(2), user(3, { age: 21 }), user(3, { age: 22 })]);
  assert.deepEqual(await verdicts(objects, "user"), {
    "0:40": "cleaned",
    "0:41": "cleaned",
    "0:42": "ind was seen before with other content: 3, first landed at partition 0, offset 41",
    "0:100": "cleaned",
    "0:101": "duplicate",
    "1:7": "duplicate",
    "1:8": "ind was seen before with other content: 2, first landed at partition 0, offset 40",
    "1:9": "ind was seen before with other content: 3, first landed at partition 0, offset 41",
  });
});

Deno.test("a rejected record does not count as the first of its key", async () => {
  const objects = new MemoryObjects().land("user", 0, 0, [geo(1), user(1), user(1, { age: 59 })]);
  assert.deepEqual(await verdicts(objects, "user"), {
    "0:0": "columns of another table: geo",
    "0:1": "cleaned",
    "0:2": "ind was seen before with other content: 1, first landed at partition 0, offset 1",
  });
});
