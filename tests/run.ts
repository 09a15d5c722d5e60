/**
 * `deno task test [PATH…]`: all tests or those below the paths, each with the permissions of the
 * offline tasks and that to start programs.
 *
 *   run.ts                everything but other people's programs and benchmarks
 *   run.ts --unit         without whole runs of the program either
 *   run.ts --foreign      other people's programs
 *   run.ts --foreign-all  the same, and the whole of those that have a short form
 *
 * Words behind these that are no paths go to `deno test` as they are (`--filter NAME`). Files run
 * beside one another, as many as there are cores (or `DENO_JOBS`), in the order in which they are
 * named. Types are the business of `deno check`.
 */
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys", "--allow-ffi"],
  ...["--allow-read", "--allow-write", "--allow-run"],
];

/** The files that take longest, in the order of their time: none of these is to be the last. */
const slow = [
  "tests/foreign/spark_notebook_test.ts",
  "tests/foreign/delta_spark_test.ts",
  "tests/simulation/policies_test.ts",
  "tests/simulation/stream_steps_test.ts",
  "tests/simulation/batch_outage_test.ts",
  "tests/simulation/batch_test.ts",
  "tests/simulation/stream_rivals_test.ts",
  "tests/sql/mutants_test.ts",
];

/**
 * What stands in tests/, without some of its folders, the slow files first. Not left to `--ignore`,
 * which `deno test` forgets where a file is named before a folder.
 */
function without(...folders: string[]): string[] {
  const found = [...Deno.readDirSync("tests")]
    .filter(({ name, isDirectory }) =>
      isDirectory ? !folders.includes(name) : name.endsWith("_test.ts")
    )
    .map(({ name, isDirectory }) => isDirectory ? `tests/${name}/` : `tests/${name}`).sort();
  return [...slow.filter((file) => found.some((path) => file.startsWith(path))), ...found];
}

const foreign =
  () => [...slow.filter((file) => file.startsWith("tests/foreign/")), "tests/foreign"];

const suites: Readonly<Record<string, () => string[]>> = {
  "--unit": () => without("foreign", "bench", "simulation"),
  "--foreign": foreign,
  "--foreign-all": foreign,
};

const suite = suites[Deno.args[0] ?? ""];
const words = suite === undefined ? Deno.args : Deno.args.slice(1);
const hasPaths = words.some((word) => /[/.]/.test(word) && !word.startsWith("-"));
const paths = hasPaths ? [] : (suite ?? (() => without("foreign", "bench")))();
const args = ["test", "--no-check", "--parallel", ...permissions, ...words, ...paths];
/** Read by tests/foreign/form.ts. */
const env: Record<string, string> = Deno.args[0] === "--foreign-all" ? { FOREIGN: "all" } : {};
const { code } = await new Deno.Command(Deno.execPath(), { args, env, stdin: "null" }).spawn()
  .status;
Deno.exit(code);
