/**
 * Judge: delta-rs, on a table that we keep on the simulated S3; so it judges that S3's conditional
 * puts as well.
 *
 * Covers reading, a checkpoint, appending, and a race of both for versions.
 */
import assert from "node:assert/strict";
import { sleep } from "../../pipelines/clients/retry.ts";
import { openObjects } from "../../pipelines/clients/s3.ts";
import { createTable, s3Storage } from "../../pipelines/delta/mod.ts";
import { Secret } from "../../pipelines/target.ts";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import { startS3 } from "../../sim/s3/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { inFolder } from "../simulation/harness.ts";
import { DeltaJudge, ourRows, schemaOf, sorted } from "./delta_judge.ts";
import { columns, numbered, queryOf, rows } from "./delta_tables.ts";
import { testDoor } from "../sim/keys.ts";

const [bucket, region] = ["judged-bucket", "eu-west-1"];
const credentials = { accessKeyId: "AKIDJUDGE", secretAccessKey: "judge/secret+text" };

function ourObjects(endpoint: string) {
  const { accessKeyId, secretAccessKey } = credentials;
  const secret = { secretAccessKey: new Secret(secretAccessKey), sessionToken: null };
  return openObjects(
    { endpoint, region, bucket, credentials: { accessKeyId, ...secret } },
    {
      timing: { nowMs: () => performance.now(), random: Math.random, sleep },
      limits: { limitMs: 10_000, baseMs: 5, capMs: 100 },
    },
  );
}

function theirOptions(endpoint: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ALLOW_HTTP: "true",
  };
}

Deno.test("delta-rs and we share a table on the simulated S3", (t) =>
  inFolder(async (folder) => {
    await using s3 = await startS3(
      { world: worldFromSeed(7), faults: noFaults, dir: `${folder}/s3` },
      { region, door: testDoor(credentials), buckets: [bucket] },
    );
    const endpoint = `http://127.0.0.1:${s3.port}`;
    await using judge = await DeltaJudge.deltaRs(theirOptions(endpoint));
    await using db = await openDuckDb({ threads: 1 });
    using objects = ourObjects(endpoint);
    const storage = s3Storage(objects, "delta/pin_table", `${folder}/copies`);
    const uri = `s3://${bucket}/delta/pin_table`;
    const table = await createTable(storage, db, { columns, workDir: `${folder}/work` });
    const expected = [...rows];
    const agree = async () => {
      await table.refresh();
      const theirs = await judge.read(uri);
      assert.deepEqual(sorted(theirs.rows), sorted(expected));
      assert.deepEqual(sorted(await ourRows(db, table)), sorted(expected));
      assert.equal(theirs.version, table.version);
    };

    await t.step("it reads what we wrote", async () => {
      await table.append(queryOf(rows));
      await table.checkpoint();
      await agree();
    });

    await t.step("we read what it wrote", async () => {
      await judge.append(uri, schemaOf(columns), numbered(100, 3));
      expected.push(...numbered(100, 3));
      await agree();
    });

    await t.step("both race for versions, and neither loses a row", async () => {
      const theirs = async () => {
        for (let at = 0; at < 15; at++) {
          await judge.append(uri, schemaOf(columns), numbered(10_000 + at, 1));
          expected.push(...numbered(10_000 + at, 1));
        }
      };
      const ours = async () => {
        for (let at = 0; at < 15; at++) {
          await table.append(queryOf(numbered(20_000 + at, 1)));
          expected.push(...numbered(20_000 + at, 1));
        }
      };
      await Promise.all([theirs(), ours()]);
      await agree();
      assert.equal(table.version, 2 + 30);
    });

    await t.step("and once more from the plain files of the bucket", async () => {
      await using onDisk = await DeltaJudge.deltaRs();
      const { rows } = await onDisk.read(`${folder}/s3/${bucket}/delta/pin_table`);
      assert.deepEqual(sorted(rows), sorted(expected));
    });
  }));
