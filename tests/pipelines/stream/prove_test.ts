import assert from "node:assert/strict";
import { contentHash } from "../../../pipelines/record/content.ts";
import { diskStorage, openTable } from "../../../pipelines/delta/mod.ts";
import { Ledger, ledgerPaths } from "../../../pipelines/record/ledger.ts";
import type { Post } from "../../../pipelines/posts.ts";
import { noTotals } from "../../../pipelines/stream/checkpoint.ts";
import { prove, type StreamProof } from "../../../pipelines/stream/prove.ts";
import { openRejects } from "../../../pipelines/stream/rejects.ts";
import { openTableWriter } from "../../../pipelines/stream/write.ts";
import { perTable, type TableName, tableNames } from "../../../pipelines/tables.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { type Model, readModels } from "../../../pipelines/warehouse/models.ts";
import { geo, pin, user } from "../batch/landed_objects.ts";
import { type Given, id, modelOf, pageOf, sequence, withZone } from "./streaming.ts";
import { TestTiming } from "./writing.ts";

/** Three streams of two shards, their tables on disk, and the ledgers of what was posted. */
class World implements AsyncDisposable {
  readonly folder: string;
  readonly db: DuckDbWarehouse;
  models: ReadonlyMap<string, Model>;
  /** Records of each shard, since the last `write`; their first sequence number beside them. */
  readonly #streams = perTable(() => [0, 1].map(() => ({ start: 0, records: [] as Given[] })));
  readonly posts: Post[] = [];
  /** What the source has; changed by a test that lies. */
  readonly source = perTable(() => 0);

  private constructor(folder: string, db: DuckDbWarehouse, models: readonly Model[]) {
    this.folder = folder;
    this.db = db;
    this.models = new Map(models.map((model) => [model.name, model]));
  }

  static async create(): Promise<World> {
    const folder = await Deno.makeTempDir();
    const db = await openDuckDb({ tempDir: `${folder}/spill`, threads: 2 });
    return new World(folder, db, await readModels(new URL("../../../sql/", import.meta.url)));
  }

  storage(name: TableName | "rejects") {
    return diskStorage(`${this.folder}/${name}`);
  }

  /** Puts a record into a shard; returns its place. */
  put(table: TableName, shard: number, record: Given) {
    const stream = this.#streams[table][shard];
    assert.ok(stream);
    stream.records.push(record);
    return { partition: shard, offset: BigInt(sequence(stream.start + stream.records.length - 1)) };
  }

  /** Posts rows of one index: into the streams and into the ledgers. */
  async post(rows: Partial<Record<TableName, Record<string, unknown>>>, { lost = false } = {}) {
    this.posts.push({ index: 0, rows: rows as Post["rows"], pauseSeconds: 0 });
    for (const table of tableNames) {
      const row = rows[table];
      if (row === undefined) continue;
      const key = String(row["index"] ?? row["ind"]);
      const place = this.put(table, Number(key) % 2 || 0, lost ? pinLike(table, key) : row);
      using ledger = await Ledger.open(this.folder, table);
      ledger.append([{ key, hash: contentHash(table, row), place }]);
      this.source[table]++;
    }
  }

  /** Reads what is in the streams and commits it, as one process. */
  async write(): Promise<void> {
    const common = { id, db: this.db, workDir: `${this.folder}/work` };
    await using rejects = await openRejects({ ...common, storage: this.storage("rejects") });
    for (const table of tableNames) {
      const model = this.models.get(table);
      assert.ok(model);
      await using writer = await openTableWriter({
        ...common,
        table,
        storage: this.storage(table),
        rejects,
        model,
        timing: new TestTiming(),
      });
      for (const [shard, stream] of this.#streams[table].entries()) {
        if (stream.records.length > 0) {
          await writer.add(pageOf(shard, stream.start, stream.records));
        }
        stream.start += stream.records.length;
        stream.records = [];
      }
      await writer.close();
    }
  }

  async prove({ since = noTotals, sourceBefore = 0 } = {}): Promise<StreamProof> {
    const { posts } = this;
    return await prove({
      id,
      storages: { ...perTable((table) => this.storage(table)), rejects: this.storage("rejects") },
      models: this.models,
      workDir: `${this.folder}/work`,
      posts: (async function* () {
        for (let at = 0; at < posts.length; at += 3) yield posts.slice(at, at + 3);
        await Promise.resolve();
      })(),
      source: this.source,
      ledgers: ledgerPaths(this.folder),
      thisRun: {
        source: perTable((table) => this.source[table] - sourceBefore),
        posted: perTable((table) => this.source[table] - sourceBefore),
        since: perTable(() => since),
      },
    });
  }

  /** Changes a table as another program would. */
  async rival(name: TableName | "rejects") {
    const table = await openTable(this.storage(name), this.db, { workDir: `${this.folder}/rival` });
    assert.ok(table);
    return table;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A record of the same key that is not the row that was posted. */
const pinLike = (table: TableName, key: string) =>
  ({ pin: pin(Number(key) + 1000), geo: geo(Number(key) + 1000), user: user(Number(key) + 1000) })[
    table
  ];

const rowsOf = (ind: number) => ({ pin: pin(ind), geo: geo(ind), user: user(ind) });

async function worldOf(count: number): Promise<World> {
  const world = await World.create();
  for (let ind = 0; ind < count; ind++) await world.post(rowsOf(ind));
  return world;
}

/** What was found, without its rows. */
const found = ({ problems }: StreamProof) =>
  problems.map(({ hop, table, what }) => `${hop} ${table}: ${what}`);

Deno.test("a run in which nothing went wrong is reconciled, with all its counts", async () => {
  await using world = await worldOf(6);
  // Sent again, with another's content, of nobody here, unusable; and an index without a user.
  world.put("pin", 1, pin(3, { title: " Post 3 " }));
  world.put("geo", 0, geo(2, { country: "Elsewhere" }));
  world.put("user", 0, user(77));
  world.put("user", 1, "broken");
  await world.post({ pin: pin("no key"), geo: geo(8) });
  await world.post({ pin: pin(4) });
  await world.post({ pin: pin(5, { category: "other" }) });
  await world.write();
  const proof = await world.prove();
  assert.deepEqual(found(proof), []);
  assert.equal(proof.reconciled, true);
  assert.deepEqual(proof.hops, {
    source: { pin: 9, geo: 7, user: 6 },
    posted: { pin: 9, geo: 7, user: 6 },
    read: { pin: 10, geo: 8, user: 8 },
    committed: { pin: 6, geo: 7, user: 7 },
    duplicates: { pin: 2, geo: 0, user: 0 },
    rejected: { pin: 2, geo: 1, user: 1 },
  });
  assert.deepEqual(proof.thisRun, proof.hops);
  assert.deepEqual(proof.foreign, { pin: 0, geo: 0, user: 1 });
});

Deno.test("a second run counts on, and its own block counts from where it began", async () => {
  await using world = await worldOf(3);
  await world.write();
  for (const ind of [10, 11]) await world.post(rowsOf(ind));
  await world.write();
  const since = { read: 3, committed: 3, duplicates: 0, rejected: 0 };
  const { hops, thisRun, ...proof } = await world.prove({ since, sourceBefore: 3 });
  assert.equal(proof.reconciled, true);
  const each = (count: number) => ({ pin: count, geo: count, user: count });
  const none = { duplicates: each(0), rejected: each(0) };
  assert.deepEqual(hops, {
    source: each(5),
    posted: each(5),
    read: each(5),
    committed: each(5),
    ...none,
  });
  assert.deepEqual(thisRun, {
    source: each(2),
    posted: each(2),
    read: each(2),
    committed: each(2),
    ...none,
  });
});

Deno.test("an acknowledged row that is not in its table is named", async () => {
  await using world = await worldOf(4);
  await world.post({ user: user(9) }, { lost: true });
  await world.write();
  const proof = await world.prove();
  assert.equal(proof.reconciled, false);
  assert.deepEqual(found(proof), ["committed user: 1 acknowledged, and not in the table"]);
  const [row] = proof.problems[0]?.firstRows ?? [];
  assert.deepEqual([row?.["row"], row?.["ind"], row?.["shard"]], [5, 9, 1]);
  assert.deepEqual(proof.foreign, { pin: 0, geo: 0, user: 1 });
});

Deno.test("a row with other values is named, with both", async () => {
  await using world = await worldOf(4);
  await world.write();
  const rival = await world.rival("user");
  await rival.overwrite(`select ind, user_name, case when ind = 2 then age + 1 else age end as age,
    date_joined from ${await rival.scan()}`);
  const proof = await world.prove();
  assert.deepEqual(found(proof), ["committed user: 1 in the table with other values"]);
  const [row] = proof.problems[0]?.firstRows ?? [];
  assert.equal(row?.["ind"], 2);
  assert.match(String(row?.["posted"]), /"age":22/);
  assert.match(String(row?.["found"]), /"age":23/);
});

Deno.test("a row that is there twice is named, and one of others counts as foreign", async () => {
  await using world = await worldOf(4);
  await world.write();
  const rival = await world.rival("geo");
  await rival.append(`select * from ${await rival.scan()} where ind = 3`);
  await rival.append(`select 99::int as ind, country, coordinates, timestamp
    from ${await rival.scan()} where ind = 1`);
  const proof = await world.prove();
  assert.deepEqual(found(proof), ["committed geo: 1 keys that are in the table more than once"]);
  assert.deepEqual(proof.hops.committed, { pin: 4, geo: 4, user: 4 });
  assert.deepEqual(proof.foreign, { pin: 0, geo: 1, user: 0 });
});

Deno.test("rows that were removed from the files are named", async () => {
  await using world = await worldOf(4);
  await world.write();
  const rival = await world.rival("pin");
  await rival.overwrite(`select * from ${await rival.scan()} where ind <> 1`);
  assert.deepEqual(found(await world.prove()), [
    "committed pin: 1 committed, and no longer in the files",
    "committed pin: 1 acknowledged, and not in the table",
  ]);
});

Deno.test("acknowledged records that nobody read are named by their shard", async () => {
  await using world = await worldOf(2);
  await world.write();
  await world.post({ pin: pin(3) });
  const proof = await world.prove();
  assert.deepEqual(found(proof), [
    "read pin: 1 acknowledged more than were read",
    "read pin: 2 acknowledged in a shard that was not read so far",
    "committed pin: 1 acknowledged, and not in the table",
  ]);
  assert.deepEqual(proof.problems[1]?.firstRows, [
    { shard: 1, acknowledged: sequence(1), read: sequence(0) },
  ]);
});

Deno.test("totals that do not add up are told", async () => {
  await using world = await worldOf(2);
  await world.write();
  const rival = await world.rival("user");
  const newest = await rival.newestInfo(`stream-${id}-user`);
  await rival.append(`select * from ${await rival.scan()} limit 0`, {
    txn: { appId: `stream-${id}-user`, version: 3 }, // Behind a claim and a batch.
    info: {
      positions: newest?.info["positions"],
      totals: { read: 5, committed: 2, duplicates: 1, rejected: 1 },
    },
  });
  assert.deepEqual(found(await world.prove()), [
    "read user: 5 read, but 4 committed, duplicate or rejected",
    "rejected user: 1 rejected, but 0 in the table of rejects",
  ]);
});

Deno.test("rejects that are missing, doubled or wrong are named", async () => {
  await using world = await worldOf(4);
  await world.post({ user: user("no key") });
  await world.write();
  const rejects = await world.rival("rejects");
  const place = (n: number) =>
    `'shardId-000000000000' as shard, '${sequence(n)}' as sequence_number`;
  await rejects.overwrite(`select 'user' as "table", 'why' as reason,
    'streaming-${id}-user' as stream, ${place(1)}, '' as bytes from range(2)`);
  assert.deepEqual(found(await world.prove()), [
    "rejected user: 1 rejected, but 2 in the table of rejects",
    "rejected user: 1 records that are rejected more than once",
    "rejected user: 1 unusable, and not among the rejects",
    "rejected user: 1 rejected, though the table has this very row",
  ]);
});

Deno.test("a source that changed, or lost a row, is told", async () => {
  await using world = await worldOf(3);
  await world.write();
  world.posts[1] = {
    index: 1,
    rows: { ...world.posts[1]?.rows, pin: pin(1, { title: "New" }) as never },
    pauseSeconds: 0,
  };
  world.source.geo = 5;
  const proof = await world.prove();
  assert.deepEqual(found(proof), [
    "posted pin: 1 acknowledged, and not in the source as it is now",
    "committed pin: 1 in the table with other values",
    "posted geo: 2 of the source never acknowledged",
  ]);
});

Deno.test("half a surrogate pair and odd numbers in the source come out equal", async () => {
  await using world = await worldOf(1);
  await world.post({
    pin: pin(1, { title: "a \ud83d half", follower_count: 2500 }),
    geo: geo(2, { latitude: "-0.0", longitude: 1e-7 }),
  });
  await world.write();
  assert.deepEqual(found(await world.prove()), []);
});

Deno.test("an added column is null in older rows, and they are proven by the columns they had", async () => {
  await using world = await worldOf(3);
  await world.write();
  world.models = new Map([...world.models, ["user", withZone(await modelOf("user"))]]);
  const zoned = (ind: number) => ({
    user: user(ind, { date_joined: "2018-01-02 03:04:05+00:00" }),
  });
  const plain = (ind: number) => ({ user: user(ind, { date_joined: "2018-01-02 03:04:05" }) });
  await world.post({ user: user(2) });
  await world.post(plain(7));
  await world.post(zoned(7));
  await world.post(zoned(9));
  await world.write();
  const { reconciled, problems, hops } = await world.prove();
  assert.deepEqual(problems, []);
  assert.equal(reconciled, true);
  const { read, committed, duplicates, rejected } = hops;
  assert.deepEqual(
    [read, committed, duplicates, rejected].map(({ user }) => user),
    [7, 5, 1, 1],
  );
  const table = await world.rival("user");
  const rows = await world.db.rows(`select ind, zone from ${await table.scan()} order by ind`);
  assert.deepEqual(rows.map(({ ind, zone }) => `${ind} ${zone}`), [
    ...["0 null", "1 null", "2 null", "7 null", "9 +00:00"],
  ]);
  await table.overwrite(`select * replace (case ind when 9 then '+01:00' end as zone)
    from ${await table.scan()}`);
  assert.deepEqual((await world.prove()).problems.map(({ what }) => what), [
    "1 in the table with other values",
  ]);
});
