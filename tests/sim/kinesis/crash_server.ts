/** A simulated Kinesis that a test kills: `crash_server.ts <folder>` prints its port. */
import { noFaults } from "../../../sim/faults/plan.ts";
import { startKinesis } from "../../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { testDoor } from "../keys.ts";

const [dir = ""] = Deno.args;
const service = await startKinesis({ world: worldFromSeed(1), faults: noFaults, dir }, {
  port: 0,
  region: "us-east-1",
  door: testDoor({ accessKeyId: "AKIATEST", secretAccessKey: "secret" }),
  limits: "off",
});
console.log(service.port);
