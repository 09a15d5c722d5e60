/**
 * `deno task test [PATH…]`: all tests or those below the paths, each with the permissions of the
 * offline tasks and that to start programs.
 *
 *   run.ts            everything but other people's programs and benchmarks
 *   run.ts --unit     without whole runs of the program either
 *   run.ts --foreign  other people's programs
 *
 * Words behind these that are no paths go to `deno test` as they are (`--filter NAME`). Files run
 * beside one another, as many as there are cores (or `DENO_JOBS`), in the order in which they are
 * named. Types are the business of `deno check`.
 */
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys", "--allow-ffi"],
  ...["--allow-read", "--allow-write", "--allow-run"],
];

interface Suite {
  /** Folders, and before them the files that take longest: none of these is to be the last. */
  paths: readonly string[];
  without: readonly string[];
}

const apart = ["tests/foreign", "tests/bench"];
const everything: Suite = {
  paths: [
    "tests/simulation/stream_steps_test.ts",
    "tests/simulation/batch_outage_test.ts",
    "tests/simulation/batch_test.ts",
    "tests/simulation/stream_rivals_test.ts",
    "tests",
  ],
  without: apart,
};
const suites: Readonly<Record<string, Suite>> = {
  "--unit": {
    paths: ["tests/sql/mutants_test.ts", "tests"],
    without: [...apart, "tests/simulation"],
  },
  "--foreign": {
    paths: [
      "tests/foreign/spark_notebook_test.ts",
      "tests/foreign/delta_spark_test.ts",
      "tests/foreign",
    ],
    without: [],
  },
};

const suite = suites[Deno.args[0] ?? ""];
const words = suite === undefined ? Deno.args : Deno.args.slice(1);
const { paths, without } = suite ?? everything;
const hasPaths = words.some((word) => /[/.]/.test(word) && !word.startsWith("-"));
const args = [
  ...["test", "--no-check", "--parallel", ...permissions],
  ...(hasPaths || without.length === 0 ? [] : [`--ignore=${without.join(",")}`]),
  ...(hasPaths ? words : [...words, ...paths]),
];
const { code } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn().status;
Deno.exit(code);
