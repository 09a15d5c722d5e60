import assert from "node:assert/strict";
import { placeOf } from "../../../pipelines/stream/batch.ts";
import { openRejects, type Reject } from "../../../pipelines/stream/rejects.ts";
import { id, sequence, shardId } from "./streaming.ts";
import { Tables } from "./writing.ts";

const reject = (stream: string, shard: number, n: number, bytes = "AAAA"): Reject => ({
  table: "pin",
  reason: `reason "${n}" of\n${stream}`,
  stream,
  shard: shardId(shard),
  sequenceNumber: sequence(n),
  bytes,
});

Deno.test("three streams write their rejects at the same time, each in a series of its own", async () => {
  await using tables = await Tables.create();
  const { db, folder } = tables;
  const storage = tables.storage("rejects");
  await using rejects = await openRejects({ id, db, storage, workDir: `${folder}/work` });
  const streams = ["one", "two", "three"];
  await Promise.all(
    streams.flatMap((stream) =>
      [0, 1, 2].map((n) =>
        rejects.commit(stream, [reject(stream, 0, n)], { [shardId(0)]: sequence(n) })
      )
    ),
  );
  assert.deepEqual(streams.map((stream) => rejects.table.txnVersion(stream)), [3, 3, 3]);
  assert.equal(rejects.table.version, 9);
  const rows = await tables.rows("rejects");
  assert.deepEqual(
    rows.filter(({ stream }) => stream === "two").map((row) => row["reason"]),
    [0, 1, 2].map((n) => `reason "${n}" of\ntwo`),
  );
});

Deno.test("rejects beyond the positions are ahead, of the stream that asks and of new shards", async () => {
  await using tables = await Tables.create();
  const { db, folder } = tables;
  const storage = tables.storage("rejects");
  const options = { id, db, storage, workDir: `${folder}/work` };
  {
    await using rejects = await openRejects(options);
    await rejects.commit("app", [reject("one", 0, 1), reject("one", 0, 9)], {
      [shardId(0)]: sequence(9),
    });
    await rejects.commit("app", [reject("one", 1, 5)], { [shardId(1)]: sequence(5) });
    await rejects.commit("other", [reject("two", 0, 9)], { [shardId(0)]: sequence(9) });
  }
  await using rejects = await openRejects(options);
  const ahead = async (positions: Record<string, string>) =>
    [
      ...(await rejects.ahead("app", "one", positions)).keys(),
    ].sort();
  const places = [[0, 1], [0, 9], [1, 5]].map(([shard = 0, n = 0]) =>
    placeOf(shardId(shard), sequence(n))
  );
  assert.deepEqual(await ahead({}), places);
  assert.deepEqual(await ahead({ [shardId(0)]: sequence(1) }), places.slice(1));
  // Fewer digits is a smaller number, whatever its first one.
  assert.deepEqual(
    await ahead({ [shardId(0)]: "99", [shardId(1)]: "SHARD_END" }),
    places.slice(0, 2),
  );
  assert.deepEqual(await ahead({ [shardId(0)]: sequence(9), [shardId(1)]: sequence(5) }), []);
});

Deno.test("a reject of twenty mebibytes comes back byte for byte", async () => {
  await using tables = await Tables.create();
  const { db, folder } = tables;
  const storage = tables.storage("rejects");
  await using rejects = await openRejects({ id, db, storage, workDir: `${folder}/work` });
  const bytes = new Uint8Array(20 << 20).fill(0xf7).toBase64();
  await rejects.commit("app", [reject("one", 0, 1, bytes)], {});
  const [row] = await tables.rows("rejects");
  assert.ok(row?.["bytes"] === bytes);
});
