/**
 * `deno task test [PATH…]`: all tests or those below the paths, each with the permissions of the
 * offline tasks and that to start programs.
 *
 *   run.ts            everything but other people's programs and benchmarks
 *   run.ts --unit     without whole runs of the program either
 *   run.ts --foreign  other people's programs
 *
 * Words behind these that are no paths go to `deno test` as they are (`--filter NAME`). Files run
 * beside one another, as many as there are cores (or `DENO_JOBS`). Types are the business of
 * `deno check`.
 */
import { statfs } from "node:fs/promises";

const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys", "--allow-ffi"],
  ...["--allow-read", "--allow-write", "--allow-run"],
];

const apart = ["tests/foreign", "tests/bench"];
const everything = { paths: ["tests"], without: apart };
const suites: Readonly<Record<string, typeof everything>> = {
  "--unit": { paths: ["tests"], without: [...apart, "tests/simulation"] },
  "--foreign": { paths: ["tests/foreign"], without: [] },
};

/** Room that a folder in memory must have, so that no test finds it full. */
const memoryBytes = 4 * 2 ** 30;

/**
 * A folder for all that tests write; gone with them. In memory, where there is room: programs that
 * may not lose what they acknowledged wait for the disk, and tests make thousands of them wait.
 */
async function temporaryFolder(): Promise<string> {
  const memory = "/dev/shm";
  const hasRoom = await statfs(memory).then(
    ({ bavail, bsize }) => bavail * bsize > memoryBytes,
    () => false,
  );
  return await Deno.makeTempDir({ prefix: "tests-", ...(hasRoom ? { dir: memory } : {}) });
}

const suite = suites[Deno.args[0] ?? ""];
const words = suite === undefined ? Deno.args : Deno.args.slice(1);
const { paths, without } = suite ?? everything;
const hasPaths = words.some((word) => /[/.]/.test(word) && !word.startsWith("-"));
const args = [
  ...["test", "--no-check", "--parallel", ...permissions],
  ...(hasPaths || without.length === 0 ? [] : [`--ignore=${without.join(",")}`]),
  ...(hasPaths ? words : [...words, ...paths]),
];
// Ctrl-C reaches the tests as well; the folder goes after them.
Deno.addSignalListener("SIGINT", () => {});
const folder = await temporaryFolder();
const { code } = await new Deno.Command(Deno.execPath(), {
  args,
  env: { TMPDIR: folder },
  stdin: "null",
}).spawn().status;
await Deno.remove(folder, { recursive: true });
Deno.exit(code);
