/** S3 in a process of its own, to be killed: `crash_server.ts <dir>` prints its port. */
import { noFaults } from "../../../sim/faults/plan.ts";
import { startS3 } from "../../../sim/s3/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { bucket, credentials, region } from "./helper.ts";
import { testDoor } from "../keys.ts";

const [dir = ""] = Deno.args;
const options = { region, door: testDoor(credentials), buckets: [bucket] };
const server = await startS3({ world: worldFromSeed(1), faults: noFaults, dir }, options);
console.log(server.port);
