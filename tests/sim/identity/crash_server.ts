/** IAM in a process of its own, to be killed: `crash_server.ts <dir>` prints its ports. */
import { startIdentity } from "./support.ts";

const [dir = ""] = Deno.args;
const { iamPort, stsPort } = await startIdentity({ dir });
console.log(`${iamPort} ${stsPort}`);
