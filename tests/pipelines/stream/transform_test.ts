import assert from "node:assert/strict";
import { Batch, placeOf } from "../../../pipelines/stream/batch.ts";
import { geo, pin, user } from "../batch/landed_objects.ts";
import { bytesOf, Cleaner, type Given, id, pageOf, sequence, shardId } from "./streaming.ts";

Deno.test("each verdict has its count, and each reject its reason, place and bytes", async () => {
  await using cleaner = await Cleaner.open("user");
  const given: Given[] = [
    user(1),
    user(1, { last_name: " Last" }),
    user(1, { age: 90 }),
    geo(2),
    user("two"),
    user(null),
    "[1]",
    "{broken",
    Uint8Array.of(0x7b, 0xff, 0x7d),
    "",
    user(3),
  ];
  const judged = await cleaner.take(pageOf(2, 40, given));
  assert.deepEqual([judged.committed, judged.duplicates], [2, 1]);
  const reject = (n: number, reason: string) => ({
    table: "user",
    reason,
    stream: `streaming-${id}-user`,
    shard: shardId(2),
    sequenceNumber: sequence(40 + n),
    bytes: bytesOf(given[n] ?? "").toBase64(),
  });
  assert.deepEqual(judged.rejects, [
    reject(2, "ind was seen before with other content: 1"),
    reject(3, "columns of another table: geo"),
    reject(4, "key is no 32-bit integer: 'two'"),
    reject(5, "key is no 32-bit integer: none"),
    reject(6, "no JSON object"),
    reject(7, "not JSON"),
    reject(8, "not UTF-8"),
    reject(9, "not JSON"),
  ]);
  assert.deepEqual(cleaner.kept, [
    { ind: 1, user_name: "First1 Last", age: 21, date_joined: "2016-10-24T11:23:51Z" },
    { ind: 3, user_name: "First3 Last", age: 23, date_joined: "2015-10-24T11:23:51Z" },
  ]);
});

Deno.test("what became null in the rows to commit is counted, with examples", async () => {
  await using cleaner = await Cleaner.open("pin");
  const { nulled, committed } = await cleaner.take(pageOf(0, 0, [
    pin(1, { follower_count: "2.5K" }),
    pin(2, { follower_count: "about 7", title: "No Title Data Available" }),
    pin(2, { follower_count: "about 7" }), // Rejected: it has another title.
    pin(3, { follower_count: "NaN" }),
    pin(3, { follower_count: " NaN " }), // A duplicate.
    pin(4, { follower_count: "User Info Error" }),
    pin("five", { follower_count: "few" }),
  ]));
  assert.equal(committed, 4);
  assert.deepEqual(nulled, [
    { table: "pin", column: "follower_count", cells: 2, examples: ["NaN", "about 7"] },
  ]);
  assert.equal(cleaner.kept[0]?.["follower_count"], 2500);
  assert.deepEqual((await cleaner.take(pageOf(0, 7, [pin(6)]))).nulled, []);
});

Deno.test("what was judged counts as seen only when it was accepted", async () => {
  await using cleaner = await Cleaner.open("pin");
  const batch = () => {
    const batch = new Batch();
    const page = pageOf(0, 0, [pin(1)]);
    batch.add(page, page.records);
    return batch.close();
  };
  assert.equal((await cleaner.transform.judge(batch())).committed, 1);
  assert.equal((await cleaner.transform.judge(batch())).committed, 1);
  await cleaner.transform.accept();
  assert.equal((await cleaner.transform.judge(batch())).duplicates, 1);
});

Deno.test("records come in the order of shards, and those of a shard as they were read", () => {
  const batch = new Batch();
  for (
    const page of [
      pageOf(2, 0, ["c1", "c2"]),
      pageOf(0, 0, ["a1"]),
      pageOf(2, 2, ["c3"]),
      pageOf(1, 0, ["b1"]),
      pageOf(0, 1, ["a2", "a3"]),
    ]
  ) batch.add(page, page.records);
  const text = new TextDecoder();
  assert.deepEqual(
    batch.close().records.map(({ record }) => text.decode(record.data)),
    ["a1", "a2", "a3", "b1", "c1", "c2", "c3"],
  );
  assert.deepEqual(batch.positionsAfter({ [shardId(0)]: "1", [shardId(9)]: "7" }), {
    [shardId(0)]: sequence(2),
    [shardId(1)]: sequence(0),
    [shardId(2)]: sequence(2),
    [shardId(9)]: "7",
  });
});

Deno.test("a record that was rejected before keeps its reason, and is not the first of its key", async () => {
  await using cleaner = await Cleaner.open("user");
  const batch = new Batch(new Map([[placeOf(shardId(0), sequence(0)), "a reason of old"]]));
  const page = pageOf(0, 0, [user(1), user(1, { age: 50 })]);
  batch.add(page, page.records);
  const { committed, rejects } = await cleaner.transform.judge(batch.close());
  assert.equal(committed, 1);
  assert.deepEqual(rejects.map(({ reason }) => reason), ["a reason of old"]);
});

Deno.test("memory does not grow with the batches, only with the keys", async () => {
  await using cleaner = await Cleaner.open("user");
  const used = async () => {
    const [row] = await cleaner.db.rows(
      "select sum(memory_usage_bytes + temporary_storage_bytes)::bigint as bytes from duckdb_memory()",
    );
    return Number(row?.["bytes"]);
  };
  const take = async (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      // The keys are the same in all batches; every batch is a megabyte.
      const rows = Array.from({ length: 20 }, (_, at) => user(at, { more: "x".repeat(50_000) }));
      await cleaner.take(pageOf(0, n * 20, rows));
    }
  };
  await take(0, 20);
  const before = await used();
  await take(20, 140);
  const after = await used();
  assert.ok(after < before + 4_000_000, `${before} bytes after 20 batches, ${after} after 140`);
});
