/**
 * Others at the same streams and tables: a second worker with the same id, programs that write to
 * the tables, people who split and merge shards.
 */
import assert from "node:assert/strict";
import { diskStorage, openTable } from "../../pipelines/delta/mod.ts";
import type { DeltaTable } from "../../pipelines/delta/mod.ts";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { each, type Ended, ended, inFolder, json, run, start, until } from "./harness.ts";
import { tableRows, tally } from "./stream_checks.ts";
import { dirtySource, type Lines } from "./stream_source.ts";
import {
  type Attached,
  attached,
  commitCount,
  hasCommits,
  type StreamJson,
  untilPosted,
  whileStopped,
} from "./stream_world.ts";

async function assertExact({ place, lines }: Pick<Attached, "place" | "lines">): Promise<void> {
  const found = await tally(place, lines);
  assert.deepEqual(found, { ...found, out: found.in, lost: 0, doubled: 0 });
}

function summaryOf({ code, stdout, stderr }: Ended, expected = 0): StreamJson {
  assert.equal(code, expected, stderr);
  return JSON.parse(stdout);
}

function assertRefused({ code, stderr }: Ended, id: string): void {
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    new RegExp(`^Error: Cannot commit to s3:.*another worker with the id ${id}`, "m"),
  );
  assert.match(stderr, /Let one of the two run, or give this one another --id/);
}

Deno.test("of two workers with one id the older ends with a sentence, the newer with the proof", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 600);
    const { place, words } = world;
    const first = start(...words("one"), "--rate", "900", "--flush-age", "150ms", "--json");
    const firstEnd = ended(first);
    await until("a commit", () => hasCommits(place.delta, "pin", 3), 60_000);
    const second = await whileStopped(first, async () => {
      const child = start(...words("two"), "--rate", "900", "--flush-age", "150ms", "--json");
      await untilPosted(`${folder}/two`, "pin");
      return child;
    });
    const secondEnd = ended(second);
    assertRefused(await firstEnd, place.id);
    const { reconciled } = summaryOf(await secondEnd);
    assert.equal(reconciled, true);
    const again = await json<StreamJson>(...words("one"));
    assert.equal(again.reconciled, true, JSON.stringify(again.problems));
    await assertExact(world);
  }));

/** Pairs of processes; more with `deno test … -- 20`. */
const rounds = Number(Deno.args[0] ?? 3);

Deno.test("of two workers that start in the same moment one goes on, and one is refused", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 150);
    const { place, words } = world;
    for (let round = 0; round < rounds; round++) {
      const both = ["one", "two"].map((name) =>
        ended(start(...words(`${name}-${round}`), "--rate", "150", "--json"))
      );
      const ends = await Promise.all(both);
      const refused = ends.filter(({ code }) => code !== 0);
      assert.equal(refused.length, 1, `round ${round}: ${ends.map(({ stderr }) => stderr)}`);
      assertRefused(refused[0]!, place.id);
      const { reconciled } = summaryOf(ends.find(({ code }) => code === 0)!);
      assert.equal(reconciled, true);
    }
    await assertExact(world);
  }));

const posts = 500;

interface Rivalled {
  folder: string;
  lines: Lines;
  words: string[];
  /** The folder of the Delta tables. */
  delta: string;
}

/** A stream into a folder, and what to do to its `geo` table in the middle. */
async function rivalled(
  folder: string,
  rival: (table: DeltaTable, dir: string) => Promise<unknown>,
): Promise<{ first: Ended; given: Rivalled }> {
  const lines = await dirtySource({ posts, seed: 4, dir: `${folder}/source` });
  const delta = `${folder}/tables`;
  const words = [
    ...["stream", "--source", `${folder}/source`, "--out", `${folder}/out`],
    ...["--data", `${folder}/data`, "--delta-dir", delta, "--flush-age", "100ms"],
  ];
  const child = start(...words, "--rate", "300", "--batch-size", "30", "--json");
  const output = ended(child);
  await until("a few commits", () => hasCommits(delta, "geo", 3));
  const name = await Array.fromAsync(Deno.readDir(delta), (entry) => entry.name);
  const dir = `${delta}/${name.find((entry) => entry.endsWith("_geo_table"))}`;
  await whileStopped(child, async () => {
    await using db = await openDuckDb({ threads: 1 });
    const table = await openTable(diskStorage(dir), db, { workDir: `${folder}/rival` });
    assert.ok(table);
    await rival(table, dir);
  });
  return { first: await output, given: { folder, lines, words, delta } };
}

function placeOf({ folder, delta }: Rivalled, id: string) {
  return { id, data: `${folder}/data`, delta };
}

function geoRow(ind: number): string {
  return `select ${ind}::int as ind, 'Nowhere' as country, [1.5::double, 2.5::double] as coordinates,
    timestamptz '2020-01-01 00:00:00+00' as timestamp`;
}

Deno.test("rows that another program appends are taken into account", () =>
  inFolder(async (folder) => {
    const last = posts - 1;
    const { first, given } = await rivalled(
      folder,
      (table) => table.append(`${geoRow(900_001)} union all ${geoRow(last)}`),
    );
    const { reconciled, hops, rejects, id, problems } = summaryOf(first);
    assert.equal(reconciled, true, JSON.stringify(problems));
    const rows = await tableRows(`${given.delta}/${id}_geo_table`);
    assert.equal(rows.length, posts + 1);
    assert.equal(new Set(rows.map(({ ind }) => ind)).size, posts + 1);
    assert.equal(rows.find(({ ind }) => ind === last)?.["country"], "Nowhere");
    // The key that was taken has three records at most here: itself, and its own dirt.
    assert.equal(hops["committed"]?.geo, posts - 1);
    const taken = rejects.find(({ table, reason }) =>
      table === "geo" && reason === "ind was seen before with other content"
    );
    const rivals = given.lines.geo.filter((line) => line.includes("Not ")).length;
    const ofLast = given.lines.geo.filter((line) => JSON.parse(line).ind === last).length;
    assert.equal(taken?.count, rivals + ofLast);
  }));

Deno.test("a change of the table's settings ends the run, and the next one goes on", () =>
  inFolder(async (folder) => {
    const { first, given } = await rivalled(folder, async (table, dir) => {
      const log = await Deno.readTextFile(`${dir}/_delta_log/${"0".repeat(20)}.json`);
      const line = log.split("\n").find((text) => text.startsWith('{"metaData"')) ?? "";
      const { metaData } = JSON.parse(line);
      metaData.configuration = { comment: "changed by another program" };
      await commitNext(table, dir, [{ metaData }]);
    });
    assert.equal(first.code, 1, first.stderr);
    assert.match(
      first.stderr,
      /^Error: Cannot go on writing .*changed the schema or the settings/m,
    );
    assert.match(first.stderr, /run again with the same --data to go on/);
    const { id, reconciled } = await json<StreamJson>(...given.words);
    assert.equal(reconciled, true);
    await assertExact({ place: placeOf(given, id), lines: given.lines });
  }));

/** Stores a commit as any program may, at the first version that is free. */
async function commitNext(table: DeltaTable, dir: string, actions: unknown[]): Promise<void> {
  const text = actions.map((action) => JSON.stringify(action)).join("\n") + "\n";
  for (let version = await table.refresh() + 1;; version++) {
    const path = `${dir}/_delta_log/${String(version).padStart(20, "0")}.json`;
    try {
      return await Deno.writeTextFile(path, text, { createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

Deno.test("columns that another program adds end the run, and are not written over", () =>
  inFolder(async (folder) => {
    const { first, given } = await rivalled(
      folder,
      (table) => retried(() => table.addColumns([{ name: "note", type: "string" }])),
    );
    assert.equal(first.code, 1, first.stderr);
    assert.match(
      first.stderr,
      /^Error: Cannot go on writing .*changed the schema or the settings/m,
    );
    const again = await run(...given.words);
    assert.equal(again.code, 1, again.stderr);
    assert.match(
      again.stderr,
      /^Error: Cannot write to .*: its column note is none that cleaning makes[.]/m,
    );
  }));

Deno.test("rows that another program removes end the run, and every later proof says so", () =>
  inFolder(async (folder) => {
    const { first, given } = await rivalled(
      folder,
      (table) => retried(() => table.overwrite(geoRow(900_001))),
    );
    assert.equal(first.code, 1, first.stderr);
    assert.match(first.stderr, /^Error: Cannot go on writing .*another program, removed rows/m);
    const { reconciled, problems, ok } = summaryOf(await run(...given.words, "--json"), 1);
    assert.deepEqual([reconciled, ok], [false, false]);
    const told = problems.filter(({ table }) => table === "geo").map(({ what }) => what).join();
    assert.match(told, /committed, and no longer in the files/);
    assert.deepEqual(problems.filter(({ table }) => table !== "geo"), []);
  }));

/** A commit of the run may come between; then the rival looks again. */
async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return void await work();
    } catch (error) {
      if (!(error instanceof Error && error.name === "DeltaConflict")) throw error;
    }
  }
  throw new Error("The rival never came to commit");
}

Deno.test("shards that split and merge in the middle lose nothing", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 900);
    const { place, words, vendor } = world;
    await json<StreamJson>(...words(), "--rows", "1");
    await vendor.provision("geo");
    const child = start(...words(), "--rate", "1000", "--flush-age", "150ms", "--json");
    await until("a commit", () => hasCommits(place.delta, "geo", 3));
    await whileStopped(child, async () => {
      await vendor.split("geo");
      await vendor.split("geo");
    });
    const more = await commitCount(place.delta, "geo") + 2;
    await until("more commits", () => hasCommits(place.delta, "geo", more));
    await whileStopped(child, () => vendor.merge("geo"));
    const { reconciled, problems } = summaryOf(await ended(child));
    assert.equal(reconciled, true, JSON.stringify(problems));
    await assertExact(world);
    // Four at the beginning, two of each split, one of the merge.
    const shards = await shardsRead(place.delta, place.id);
    assert.equal(shards.length, 9, `${shards}`);
  }));

/** The shards whose positions the newest commit of `geo` carries. */
async function shardsRead(delta: string, id: string): Promise<string[]> {
  const log = `${delta}/${id}_geo_table/_delta_log`;
  const names = await Array.fromAsync(Deno.readDir(log), ({ name }) => name);
  const commits = names.filter((name) => name.endsWith(".json")).sort().reverse();
  for (const name of commits) {
    for (const line of (await Deno.readTextFile(`${log}/${name}`)).trimEnd().split("\n")) {
      const { commitInfo } = JSON.parse(line);
      if (commitInfo?.positions !== undefined) return Object.keys(commitInfo.positions);
    }
  }
  return [];
}

Deno.test("the records of a key keep their order through splits and merges: the first one wins", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 100, { limits: "off" });
    const { place, words, vendor } = world;
    await json<StreamJson>(...words(), "--rows", "1");
    const inds = [...Array(200).keys()].map((n) => 700_000 + n);
    const put = (name: string) =>
      vendor.put(
        "user",
        inds.map((ind) => ({
          key: String(ind),
          text: JSON.stringify({
            ind,
            first_name: name,
            last_name: "Doe",
            age: 30,
            date_joined: "2016-01-01 00:00:00",
          }),
        })),
      );
    // Pages of them before the first ones, so that children would be read before their parents.
    const fillers = inds.slice(0, 50).flatMap((ind) =>
      [...Array(10).keys()].map((n) => ind + 1000 * n)
    );
    const filler = fillers.map((ind) => ({ key: String(ind), text: `[${ind}]` }));
    for (let times = 0; times < 12; times++) await vendor.put("user", filler);
    await put("First");
    await vendor.provision("user");
    for (let n = 0; n < 2; n++) await vendor.split("user");
    await put("Second");
    for (let n = 0; n < 3; n++) await vendor.merge("user");
    await put("Third");
    const { reconciled, hops, problems } = await json<StreamJson>(
      ...words(),
      ...["--flush-records", "40"],
    );
    assert.equal(reconciled, true, JSON.stringify(problems));
    const rows = await tableRows(`${place.delta}/${place.id}_user_table`);
    const names = rows.filter(({ ind }) => Number(ind) >= 700_000).map((row) => row["user_name"]);
    assert.deepEqual(names, inds.map(() => "First Doe"));
    const dirt = world.lines.user.length - 100;
    const useless = 12 * filler.length;
    assert.equal(hops["rejected"]?.user, useless + 2 * inds.length + 2 * dirt / 3);
    await assertExact(world);
    assert.deepEqual(hops["committed"], { ...each(100), user: 100 + inds.length });
  }));

Deno.test("records of other producers are taken or rejected like ours", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 60);
    const { place, words, vendor, lines } = world;
    await json<StreamJson>(...words(), "--rows", "1");
    const useless = ["{broken", "[1,2]", "null", '{"index":7,"title":"a pin"}', '{"ind":"x"}', ""];
    const good = '{"ind":800001,"country":"Atlantis"}';
    // Every shard gets one of each.
    const keys = [...Array(40).keys()].map(String);
    await vendor.put("geo", useless.flatMap((text) => keys.map((key) => ({ key, text }))));
    await vendor.put("geo", [{ key: "800001", text: good }, { key: "800001", text: good }]);
    const { reconciled, hops, problems } = await json<StreamJson>(...words());
    assert.equal(reconciled, true, JSON.stringify(problems));
    assert.equal(hops["committed"]?.geo, 61);
    assert.equal(hops["posted"]?.geo, lines.geo.length);
    assert.equal(hops["read"]?.geo, lines.geo.length + useless.length * keys.length + 2);
    await assertExact(world);
    const rejects = await tableRows(`${place.delta}/${place.id}_rejects_table`);
    for (const text of useless) {
      assert.equal(rejects.filter(({ bytes }) => bytes === btoa(text)).length, keys.length, text);
    }
  }));
