import assert from "node:assert/strict";
import { transform, type Transformed } from "../../../pipelines/batch/transform.ts";
import { contentHash } from "../../../pipelines/record/content.ts";
import { reconcile, type Reconciled } from "../../../pipelines/batch/reconcile.ts";
import type { Counts } from "../../../pipelines/record/proof.ts";
import { type TableName, tableNames } from "../../../pipelines/tables.ts";
import { geo, id, landedKey, lines, MemoryObjects, pin, user } from "./landed_objects.ts";

const postCount = 12;
const rows = {
  pin: Array.from({ length: postCount }, (_, index) => pin(index)),
  geo: Array.from({ length: postCount }, (_, index) => geo(index)),
  user: Array.from({ length: postCount }, (_, index) => user(index)),
};
const counts = (each: number): Counts => ({ pin: each, geo: each, user: each });

/** A run that went well: 12 posts, landed in windows of 5, with its ledgers. */
class GoodRun implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly objects = new MemoryObjects();
  readonly ledgers = Object.fromEntries(
    tableNames.map((table) => [table, `${this.folder}/posted-${table}.csv`]),
  ) as Record<TableName, string>;

  constructor() {
    for (const table of tableNames) {
      for (let start = 0; start < postCount; start += 5) {
        this.objects.land(table, 0, start, rows[table].slice(start, start + 5));
      }
      const ledger = rows[table].map((row, at) => `${at},${contentHash(table, row)},0,${at}\n`);
      Deno.writeTextFileSync(this.ledgers[table], ledger.join(""));
    }
  }

  transform(): Promise<Transformed> {
    return transform(this.objects, { id, outDir: `${this.folder}/out` });
  }

  async proof(spoil?: (batch: Transformed) => Promise<void>): Promise<Reconciled> {
    await using batch = await this.transform();
    await spoil?.(batch);
    const endOffsets = new Map([[0, BigInt(postCount)]]);
    return await reconcile(batch, {
      source: counts(postCount),
      ledgers: this.ledgers,
      endOffsets: { pin: endOffsets, geo: endOffsets, user: endOffsets },
    });
  }

  /** Puts other records in place of the window that begins at this offset. */
  land(table: TableName, start: number, records: readonly Record<string, unknown>[]): void {
    this.objects.land(table, 0, start, records);
  }

  changeLedger(table: TableName, change: (lines: string[]) => string[]): void {
    const lines = Deno.readTextFileSync(this.ledgers[table]).trimEnd().split("\n");
    Deno.writeTextFileSync(this.ledgers[table], `${change(lines).join("\n")}\n`);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** Hop, table and sentence of each problem. */
const told = ({ problems }: Reconciled) =>
  problems.map(({ hop, table, what }) => `${hop} ${table}: ${what}`);

Deno.test("a run in which every row arrived once reconciles, and equal hops have equal hashes", async () => {
  using run = new GoodRun();
  const proof = await run.proof();
  assert.deepEqual(proof.problems, []);
  assert.equal(proof.reconciled, true);
  assert.deepEqual(proof.hops, {
    source: counts(12),
    posted: counts(12),
    landed: counts(12),
    cleaned: counts(12),
    duplicates: counts(0),
    rejected: counts(0),
  });
  for (const table of tableNames) {
    const { posted, landed, cleaned, written } = proof.hashes[table];
    assert.match(posted, /^[0-9a-f]{16}$/);
    assert.equal(posted, landed);
    assert.equal(cleaned, written);
  }
});

Deno.test("records that were resent, in whatever spelling, do not disturb the proof", async () => {
  using run = new GoodRun();
  const spelt = '{"age":"23.0","last_name":"Last","first_name":"First3","ind":3,' +
    '"date_joined":"2015-10-24 11:23:51"}';
  run.objects.land("user", 0, 12, [rows.user[0]!, rows.user[0]!, spelt]);
  await using batch = await run.transform();
  const proof = await reconcile(batch, { source: counts(12), ledgers: run.ledgers });
  assert.deepEqual(proof.problems, []);
  assert.equal(proof.hops.landed.user, 15);
  assert.equal(proof.hops.duplicates.user, 3);
  assert.notEqual(proof.hashes.user.posted, proof.hashes.user.landed);
});

Deno.test("the hash of a hop does not depend on the order of rows", async () => {
  using run = new GoodRun();
  const before = await run.proof();
  run.land("geo", 0, rows.geo.slice(0, 5).toReversed());
  const after = await run.proof();
  assert.deepEqual(after.hashes.geo, before.hashes.geo);
  assert.equal(after.reconciled, true);
});

Deno.test("source to posted: a row that was never acknowledged is found", async () => {
  using run = new GoodRun();
  run.changeLedger("geo", (lines) => lines.toSpliced(4, 1));
  assert.deepEqual(told(await run.proof()), [
    "posted geo: 1 of the source never acknowledged",
  ]);
});

Deno.test("source to posted: a row that was entered twice is found and named", async () => {
  using run = new GoodRun();
  run.changeLedger("pin", (lines) => [...lines, lines[3]!]);
  const proof = await run.proof();
  assert.deepEqual(told(proof), [
    "posted pin: 1 acknowledged beyond the source",
    "landed pin: 1 posted, and not among the landed",
  ]);
  assert.deepEqual(proof.problems[0]?.firstRows, [{ key: "3", times: 2 }]);
});

Deno.test("source to posted: a row that the topic refused is found and named", async () => {
  using run = new GoodRun();
  run.changeLedger("pin", (lines) => lines.with(11, lines[11]!.replace(/,0,11$/, ",,")));
  run.land("pin", 10, [rows.pin[10]!]);
  const proof = await run.proof();
  assert.deepEqual(told(proof), ["posted pin: 1 refused by the topic"]);
  assert.deepEqual(proof.problems[0]?.firstRows, [{ row: 12, key: "11" }]);
  assert.equal(proof.hops.posted.pin, 11);
});

Deno.test("posted to landed: a row that was lost is found, with its place", async () => {
  using run = new GoodRun();
  run.land("user", 10, [rows.user[10]!]);
  const proof = await run.proof();
  assert.deepEqual(told(proof), ["landed user: 1 posted, and not among the landed"]);
  assert.deepEqual(proof.problems[0]?.firstRows, [{
    row: 12,
    key: "11",
    hash: contentHash("user", rows.user[11]!),
    partition: 0,
    offset: 11,
    key_there: null,
    hash_there: null,
  }]);
});

Deno.test("posted to landed: a row that was altered is found, with what stands in its place", async () => {
  using run = new GoodRun();
  const altered = geo(6, { country: "Alban1a" });
  run.land("geo", 5, rows.geo.slice(5, 10).with(1, altered));
  const proof = await run.proof();
  assert.deepEqual(told(proof), ["landed geo: 1 posted, and not among the landed"]);
  const [row] = proof.problems[0]?.firstRows ?? [];
  assert.equal(row?.key, "6");
  assert.equal(row?.key_there, 6);
  assert.equal(row?.hash_there, contentHash("geo", altered));
});

Deno.test("posted to landed: a record that was doubled inside the topic is found", async () => {
  using run = new GoodRun();
  run.land("pin", 5, [...rows.pin.slice(5, 10), rows.pin[9]!]);
  const proof = await run.proof();
  assert.deepEqual(told(proof), ["landed pin: 1 landed twice, in objects that overlap"]);
  assert.deepEqual(proof.problems[0]?.firstRows, [{
    key: landedKey("pin", 0, 10),
    offset: 10n,
    records: 1,
    also: landedKey("pin", 0, 5),
  }]);
});

Deno.test("posted to landed: a record that was doubled at the end is found", async () => {
  using run = new GoodRun();
  run.land("pin", 10, [...rows.pin.slice(10), rows.pin[11]!]);
  assert.deepEqual(told(await run.proof()), [
    "landed pin: 1 landed beyond the end of the topic",
  ]);
});

Deno.test("a row that was drawn and posted twice must have landed twice", async () => {
  using run = new GoodRun();
  run.changeLedger("geo", (lines) => [...lines, lines[3]!.replace(/,0,3$/, ",0,12")]);
  const source = { ...counts(12), geo: 13 };
  {
    await using batch = await run.transform();
    const proof = await reconcile(batch, { source, ledgers: run.ledgers });
    assert.deepEqual(told(proof), ["landed geo: 1 posted, and not among the landed"]);
    assert.equal(proof.problems[0]?.firstRows[0]?.key, "3");
  }
  run.objects.land("geo", 0, 12, [rows.geo[3]!]);
  await using batch = await run.transform();
  const proof = await reconcile(batch, { source, ledgers: run.ledgers });
  assert.deepEqual(proof.problems, []);
  assert.equal(proof.hashes.geo.posted, proof.hashes.geo.landed);
  assert.equal(proof.hops.duplicates.geo, 1);
});

Deno.test("a hole that a reject leaves, and several partitions, are no overlap", async () => {
  using run = new GoodRun();
  run.objects.reject("pin", 0, 12, "not JSON", "{").land("pin", 0, 13, [pin(13)]);
  run.objects.land("pin", 1, 0, [pin(14), pin(15)]);
  await using batch = await run.transform();
  const proof = await reconcile(batch, { source: counts(12), ledgers: run.ledgers });
  assert.deepEqual(proof.problems, []);
  assert.equal(proof.hops.landed.pin, 16);
  assert.equal(proof.hops.rejected.pin, 1);
});

const spoiled: [string, string, string[]][] = [
  [
    "a clean row is lost",
    "delete from pin where ind = 7",
    [
      "cleaned pin: 12 landed, but 11 cleaned, duplicate or rejected",
      "cleaned pin: 1 accepted, and not cleaned",
      "written pin: 1 clean rows in the file that were not computed",
    ],
  ],
  [
    "a clean row is doubled",
    "insert into pin from pin where ind = 7",
    [
      "cleaned pin: 12 landed, but 13 cleaned, duplicate or rejected",
      "cleaned pin: 1 cleaned more than once",
      "written pin: 1 clean rows not in the file",
    ],
  ],
  [
    "a clean row has another key",
    "update pin set ind = 99 where ind = 7",
    [
      "cleaned pin: 1 accepted, and not cleaned",
      "cleaned pin: 1 cleaned, and never landed",
      "written pin: 1 clean rows not in the file",
      "written pin: 1 clean rows in the file that were not computed",
    ],
  ],
  [
    "a clean row has another value",
    "update pin set follower_count = follower_count + 1 where ind = 7",
    [
      "cleaned pin: 1 clean rows that cleaning does not give",
      "cleaned pin: 1 rows that cleaning gives, not there",
      "written pin: 1 clean rows not in the file",
      "written pin: 1 clean rows in the file that were not computed",
    ],
  ],
  [
    "a record is called a duplicate and cleaned all the same",
    "insert into aside_pin values (7, 'duplicate', null, null)",
    [
      "cleaned pin: 12 landed, but 13 cleaned, duplicate or rejected",
      "cleaned pin: 1 cleaned, and never landed",
    ],
  ],
];

for (const [what, sql, problems] of spoiled) {
  Deno.test(`landed to cleaned: ${what}, and it is found`, async () => {
    using run = new GoodRun();
    const proof = await run.proof((batch) => batch.work.db.run(sql));
    assert.deepEqual(told(proof), problems);
    assert.equal(proof.reconciled, false);
    const found = proof.problems.find(({ firstRows }) => "ind" in (firstRows[0] ?? {}));
    assert.equal(found?.firstRows[0]?.ind, 7);
  });
}

Deno.test("landed to cleaned: a value altered before the file was written is found as well", async () => {
  using run = new GoodRun();
  const proof = await run.proof(async ({ work, outDir }) => {
    await work.db.run("update geo set country = 'Atlantis' where ind = 4");
    await work.db.run(`copy geo to '${outDir}/clean/geo.parquet' (format parquet)`);
  });
  assert.deepEqual(told(proof), [
    "cleaned geo: 1 clean rows that cleaning does not give",
    "cleaned geo: 1 rows that cleaning gives, not there",
  ]);
  assert.equal(proof.problems[0]?.firstRows[0]?.ind, 4);
});

const rewritten: [string, string, string[]][] = [
  ["lost", "where ind <> 3", ["written geo: 1 clean rows not in the file"]],
  [
    "doubled",
    "union all from geo where ind = 3",
    ["written geo: 1 clean rows in the file that were not computed"],
  ],
];

for (const [what, rest, problems] of rewritten) {
  Deno.test(`cleaned to written: a row of the file is ${what}, and it is found`, async () => {
    using run = new GoodRun();
    const proof = await run.proof(({ work, outDir }) =>
      work.db.run(
        `copy (from geo ${rest}) to '${outDir}/clean/geo.parquet' (format parquet)`,
      )
    );
    assert.deepEqual(told(proof), problems);
    assert.equal(proof.problems[0]?.firstRows[0]?.ind, 3);
  });
}

Deno.test("rejects that are missing in the written file are found", async () => {
  using run = new GoodRun();
  run.objects.land("user", 0, 12, [{ ind: "none" }]);
  await using batch = await run.transform();
  await batch.work.db.run(
    `copy (from rejects limit 0) to '${batch.outDir}/rejects.parquet' (format parquet)`,
  );
  const proof = await reconcile(batch, { source: counts(12), ledgers: run.ledgers });
  assert.deepEqual(told(proof), ["written user: 1 rejected rows not in the file"]);
});

Deno.test("what this run did stands beside the sums of all runs", async () => {
  using run = new GoodRun();
  run.objects.land("user", 0, 12, [user(0), user(20), user(20, { age: 59 }), { ind: "none" }])
    .reject("user", 0, 16, "no value", null);
  await using batch = await run.transform();
  const since = new Map([[0, 12n]]);
  const proof = await reconcile(batch, {
    source: { ...counts(12), user: 13 },
    ledgers: run.ledgers,
    thisRun: {
      source: { pin: 0, geo: 0, user: 1 },
      posted: { pin: 0, geo: 0, user: 1 },
      since: { pin: since, geo: since, user: since },
    },
  });
  assert.deepEqual(proof.thisRun, {
    source: { pin: 0, geo: 0, user: 1 },
    posted: { pin: 0, geo: 0, user: 1 },
    landed: { pin: 0, geo: 0, user: 5 },
    cleaned: { pin: 0, geo: 0, user: 1 },
    duplicates: { pin: 0, geo: 0, user: 1 },
    rejected: { pin: 0, geo: 0, user: 3 },
  });
  assert.equal(proof.hops.landed.user, 17);
  assert.deepEqual(told(proof), ["posted user: 1 of the source never acknowledged"]);
});

Deno.test("without ledgers nothing counts as posted", async () => {
  using run = new GoodRun();
  for (const path of Object.values(run.ledgers)) Deno.removeSync(path);
  run.objects.bodies.set("topics/unrelated", lines(["x"]));
  const proof = await run.proof();
  assert.deepEqual(proof.hops.posted, counts(0));
  assert.equal(proof.problems.length, 3);
});
