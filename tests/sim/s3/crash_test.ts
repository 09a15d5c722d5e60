/** S3 in a process that is killed, or that may not write: what it acknowledged is there, the rest is not. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { noFaults } from "../../../sim/faults/plan.ts";
import { Disk } from "../../../sim/s3/store/disk.ts";
import { Objects } from "../../../sim/s3/store/objects.ts";
import { SafeFolder } from "../../../sim/storage/safe_path.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { bucket, send, tag } from "./helper.ts";

const permissions = [
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-env",
  "--allow-sys",
  "--allow-read",
  "--allow-write",
];
const script = new URL("./crash_server.ts", import.meta.url).pathname;

/** Starts the process, perhaps through a shell line that ends in `exec "$@"`. */
async function startProcess(dir: string, shell: string | null = null) {
  const words = [Deno.execPath(), "run", ...permissions, script, dir];
  const [program = "", ...args] = shell === null ? words : ["sh", "-c", shell, "sh", ...words];
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "inherit" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  return {
    port,
    async kill() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** The nth version of a key: some fit into memory, one in five goes through a file. */
function version(key: string, number: number): string {
  return `${key} ${number} `.repeat(number % 5 === 0 ? 200_000 : 20);
}

Deno.test("kill -9 in the middle of writes loses no acknowledged object and shows no half one", async () => {
  const dir = Deno.makeTempDirSync();
  const s3 = await startProcess(dir);
  const acknowledged = new Map<string, number>();
  const write = async (key: string) => {
    for (let number = 1;; number++) {
      const headers = { "x-amz-meta-version": String(number) };
      const request = {
        method: "PUT",
        path: `/${bucket}/${key}`,
        headers,
        body: version(key, number),
      };
      const reply = await send(s3.port, request).catch(() => null);
      // A killed server closes without an answer, or there is nobody to connect to.
      if (reply?.status !== 200) return;
      acknowledged.set(key, number);
    }
  };
  const writers = ["a", "b/c", "b//d", "e"].map(write);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await s3.kill();
  await Promise.all(writers);

  const objects = new Objects(new Disk(new SafeFolder(dir), noFaults), worldFromSeed(1));
  assert.ok(acknowledged.size > 0, "nothing was written before the kill");
  for (const [key, last] of acknowledged) {
    const object = objects.find(bucket, key);
    assert.ok(object, key);
    const number = Number(object.note.user.version);
    assert.ok(number === last || number === last + 1, `${key}: ${number} after ${last}`);
    const text = Deno.readTextFileSync(object.path);
    assert.equal(text, version(key, number));
    assert.equal(object.note.etag, createHash("md5").update(text).digest("hex"));
  }
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("a process at its limit for files answers 500 and goes on", async () => {
  const dir = Deno.makeTempDirSync();
  // 2,048 blocks of 512 bytes; without the signal the write itself fails, with EFBIG.
  const s3 = await startProcess(dir, `trap "" XFSZ; ulimit -f 2048; exec "$@"`);
  const put = (key: string, size: number) =>
    send(s3.port, { method: "PUT", path: `/${bucket}/${key}`, body: "x".repeat(size) });
  for (const size of [1_500_000, 1_048_577]) {
    const reply = await put("large", size);
    assert.deepEqual([reply.status, tag(reply.text, "Code")], [500, "InternalError"]);
  }
  assert.equal((await put("small", 1000)).status, 200);
  assert.deepEqual([...Deno.readDirSync(`${dir}/${bucket}`)].map((entry) => entry.name), ["small"]);
  assert.deepEqual([...Deno.readDirSync(`${dir}/.meta/.tmp`)], []);
  await s3.kill();
  Deno.removeSync(dir, { recursive: true });
});
