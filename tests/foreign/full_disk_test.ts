/**
 * A disk that is full: runs in a file system of a few megabytes (root mounts it), as small as to
 * fail at every stage. Each ends with 1 and names the disk; with room again it completes.
 */
import assert from "node:assert/strict";
import { inFolder, run } from "../simulation/harness.ts";

/** From the generated source on to the proof. */
const megabytes = [3, 12, 20, 24, 28, 34];

async function mount(...words: string[]): Promise<void> {
  const [command = "mount", ...args] = words;
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, `${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

for (const task of ["batch", "stream"]) {
  for (const size of megabytes) {
    Deno.test(`${task} on a disk of ${size} MiB ends with 1 and its name, and goes on with room`, () =>
      inFolder(async (folder) => {
        const disk = `${folder}/disk`;
        await Deno.mkdir(disk);
        await mount("mount", "-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", disk);
        try {
          const words = [task, "--rows", "6000", "--out", `${disk}/out`, "--data", `${disk}/data`];
          const { code, stderr } = await run(...words, "--quiet");
          if (code !== 0) { // A stream needs less than the largest of them.
            assert.equal(code, 1, stderr);
            assert.match(stderr, /^Error: The disk is full: /m);
            assert.match(stderr, /the same command with --data \S+\/data goes on/);
          }
          assert.ok(code === 1 || size > 28, `${size} MiB were enough`);
          await mount("mount", "-o", "remount,size=400m", disk);
          const again = await run(...words, "--quiet");
          assert.equal(again.code, 0, again.stderr);
          assert.match(again.stdout, /^Reconciled: /m);
        } finally {
          await mount("umount", disk);
        }
      }));
  }
}
