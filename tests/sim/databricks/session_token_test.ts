/** The keys with which the simulated Databricks reads S3: temporary ones too, asked for anew. */
import assert from "node:assert/strict";
import { noFaults } from "../../../sim/faults/plan.ts";
import { Objects } from "../../../sim/databricks/engine/objects.ts";
import { roleKey } from "../../../sim/iam/principal.ts";
import { startS3 } from "../../../sim/s3/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { FakeDoor } from "../fake_door.ts";

Deno.test("objects are read with the keys of a session, as they are at each request", async () => {
  const dir = Deno.makeTempDirSync();
  const pair = { accessKeyId: "ASIATEST", secretAccessKey: "secret" };
  const key = roleKey(pair, "111122223333", { role: "reader", sessionName: "databricks" });
  const door = new FakeDoor([{ ...key, sessionToken: "second" }]);
  const world = worldFromSeed(1);
  const region = "us-east-1";
  const s3 = await startS3({ world, faults: noFaults, dir }, { region, door, buckets: ["data"] });
  Deno.writeTextFileSync(`${dir}/data/a.json`, "{}");
  let sessionToken = "first";
  const endpoint = `http://127.0.0.1:${s3.port}`;
  const credentials = () => ({ ...pair, sessionToken });
  const objects = new Objects({ endpoint, region, credentials }, world);
  await assert.rejects(objects.list("s3://data/"), /400 InvalidToken/);
  sessionToken = "second";
  const [found] = await objects.list("s3://data/");
  assert.ok(found);
  assert.equal(new TextDecoder().decode(await objects.read(found)), "{}");
  assert.deepEqual(door.taken(), [
    "s3:ListBucket arn:aws:s3:::data",
    "s3:GetObject arn:aws:s3:::data/a.json",
  ]);
  door.refuses = () => true;
  await assert.rejects(objects.read(found), /403 AccessDenied User: .* s3:GetObject on resource/);
  objects[Symbol.dispose]();
  await s3[Symbol.asyncDispose]();
  Deno.removeSync(dir, { recursive: true });
});
