/** Tables written by delta-rs and by Spark (fixtures/wire/delta/README.md), read by us. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { diskStorage, openTable, UnsupportedTable } from "../../../pipelines/delta/mod.ts";
import type { DeltaColumn, Snapshot } from "../../../pipelines/delta/mod.ts";
import {
  type DuckDbWarehouse,
  openDuckDb,
  type Value,
} from "../../../pipelines/warehouse/duckdb.ts";
import { messageOf, withFolder } from "./helper.ts";

interface Expected {
  version: number;
  schema: { fields: DeltaColumn[] };
  rows: Record<string, unknown>[];
  versions?: Record<string, Record<string, unknown>[]>;
  txn?: Record<string, string>;
  oldestVersion?: number;
  refusesRead?: string;
  refusesWrite?: "append" | "overwrite";
}

const fixtures = new URL("../../../fixtures/wire/delta/", import.meta.url).pathname;

const tables = [...Deno.readDirSync(fixtures)].filter((entry) => entry.isDirectory)
  .map(({ name }) => ({
    name,
    dir: `${fixtures}${name}`,
    expected: JSON.parse(Deno.readTextFileSync(`${fixtures}${name}/expected.json`)) as Expected,
  }))
  .sort((a, b) => a.name < b.name ? -1 : 1);

/** A reader of protocol 1 must refuse these; we know what they ask of readers. */
const readAnyway = new Set(["timestampNtz"]);
const isRefused = ({ refusesRead }: Expected) =>
  refusesRead !== undefined && !readAnyway.has(refusesRead);

/** Our values as the fixtures show theirs. */
function shown(value: Value, column: DeltaColumn): unknown {
  if (value === null) return null;
  if (column.type === "long") return String(value);
  if (typeof column.type === "string" && column.type.startsWith("timestamp")) {
    const zone = column.type === "timestamp" ? "Z" : "";
    const [whole = "", fraction = ""] = String(value).replace("Z", "").split(".");
    return `${whole}.${fraction.padEnd(6, "0")}${zone}`;
  }
  return value;
}

async function read(db: DuckDbWarehouse, table: Snapshot): Promise<unknown[]> {
  const rows = await db.rows(`SELECT * FROM ${await table.scan()} ORDER BY id`);
  return rows.map((row) =>
    Object.fromEntries(table.columns.map((column) => [
      column.name,
      shown(row[column.name] ?? null, column),
    ]))
  );
}

Deno.test("Tables of others read as their writers read them", async (test) => {
  await using db = await openDuckDb({ threads: 1 });
  for (const { name, dir, expected } of tables.filter(({ expected }) => !isRefused(expected))) {
    await test.step(name, () =>
      withFolder(async (workDir) => {
        const table = await openTable(diskStorage(dir), db, { workDir });
        assert.ok(table !== null);
        assert.equal(table.version, expected.version);
        assert.deepEqual(
          table.columns.map((column) => column.name),
          expected.schema.fields.map((field) => field.name),
        );
        assert.deepEqual(await read(db, table), expected.rows);
        for (const [appId, version] of Object.entries(expected.txn ?? {})) {
          assert.equal(String(table.txnVersion(appId)), version, appId);
        }
        for (const [version, rows] of Object.entries(expected.versions ?? {})) {
          assert.deepEqual(await read(db, await table.at({ version: Number(version) })), rows);
        }
        if (expected.oldestVersion !== undefined) {
          const before = table.at({ version: expected.oldestVersion - 1 });
          assert.match(await messageOf(before), /commit \d+ is not there/);
        }
      }));
  }
});

for (const { name, dir, expected } of tables.filter(({ expected }) => isRefused(expected))) {
  Deno.test(`${name} is refused for what it is`, () =>
    withFolder(async (workDir) => {
      await using db = await openDuckDb({ threads: 1 });
      const opening = openTable(diskStorage(dir), db, { workDir });
      const message = await messageOf(opening, UnsupportedTable);
      assert.ok(message.includes(reasons[expected.refusesRead ?? ""] ?? "?"), message);
    }));
}

/** What the refusal must name. */
const reasons: Readonly<Record<string, string>> = {
  deletionVectors: "deletionVectors",
  columnMapping: "column mapping",
  v2Checkpoint: "v2Checkpoint",
};

Deno.test("Tables of others take an append of ours where we keep their promises", async (test) => {
  await using db = await openDuckDb({ threads: 1 });
  for (const { name, dir, expected } of tables.filter(({ expected }) => !isRefused(expected))) {
    const isPartitioned = name.includes("partitioned");
    const refused = expected.refusesWrite ??
      (isPartitioned || expected.refusesRead ? "append" : "");
    await test.step(`${name} ${refused === "append" ? "refuses" : "takes"} it`, () =>
      withFolder(async (folder) => {
        await cp(dir, `${folder}/table`, { recursive: true });
        const options = {
          workDir: `${folder}/work`,
          checkpointEvery: 1,
          onTrouble: (error: Error) => {
            throw error;
          },
        };
        const table = await openTable(diskStorage(`${folder}/table`), db, options);
        assert.ok(table !== null);
        const query = `SELECT * FROM ${await table.scan()} ORDER BY id LIMIT 1`;
        if (refused === "append") {
          await messageOf(table.append(query), UnsupportedTable);
          return;
        }
        const before = await read(db, table);
        await table.append(query);
        const fresh = await openTable(diskStorage(`${folder}/table`), db, options);
        assert.ok(fresh !== null);
        assert.equal(fresh.version, expected.version + 1);
        const [first] = before;
        assert.deepEqual(await read(db, fresh), [first, ...before]);
        if (refused !== "overwrite") return;
        assert.match(await messageOf(fresh.overwrite(query), UnsupportedTable), /append-only/);
      }));
  }
});

Deno.test("A null in a column that allows none is refused, and nothing is left", () =>
  withFolder(async (folder) => {
    await cp(`${fixtures}spark_not_null`, `${folder}/table`, { recursive: true });
    await using db = await openDuckDb({ threads: 1 });
    const table = await openTable(diskStorage(`${folder}/table`), db, {
      workDir: `${folder}/work`,
    });
    assert.ok(table !== null);
    const strict = table.columns.find(({ nullable }) => nullable === false);
    assert.ok(strict !== undefined);
    const others = table.columns.filter((column) => column !== strict)
      .map(({ name }) => `"${name}"`).join(", ");
    const message = await messageOf(
      table.append(`SELECT ${others} FROM ${await table.scan()}`),
    );
    assert.match(message, new RegExp(`column ${strict.name} allows no nulls`));
    assert.equal(await table.refresh(), table.version);
    assert.deepEqual([...Deno.readDirSync(`${folder}/work`)], []);
  }));
