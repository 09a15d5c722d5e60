import assert from "node:assert/strict";
import process from "node:process";
import { parseCommandLine } from "../../../pipelines/cli/program.ts";
import { UsageError } from "../../../pipelines/errors.ts";

function refusal(...words: string[]): string {
  try {
    parseCommandLine(words);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: `${words.join(" ")} was taken` });
}

Deno.test("batch without flags runs on the simulator with seed 1 into out", () => {
  const found = parseCommandLine(["batch"]);
  assert.ok(found.command === "batch");
  const { target, seed, out, partitions, pauses, faults } = found.flags;
  assert.deepEqual({ target, seed, out, partitions, pauses, faults }, {
    target: "sim",
    seed: 1,
    out: "out",
    partitions: 1,
    pauses: true,
    faults: "none",
  });
});

Deno.test("batch takes its flags with their types", () => {
  const found = parseCommandLine([
    ...["batch", "--rows", "1_000", "--course", "--no-pauses", "--id", "0a1b2c3d4e5f"],
    ...["--sink", "flush.size=3", "--sink", "topics.dir=t", "--json"],
  ]);
  assert.ok(found.command === "batch");
  assert.equal(found.flags.rows, 1000);
  assert.equal(found.flags.pauses, false);
  assert.deepEqual(found.flags.sink, ["flush.size=3", "topics.dir=t"]);
});

Deno.test("tables that are left out may be listed or repeated, by either name", () => {
  for (const command of ["batch", "stream", "sim"] as const) {
    const plain = parseCommandLine([command]);
    assert.ok(plain.command === command);
    assert.deepEqual([plain.flags.without, plain.flags.badCells], [[], "stop"]);
    const words = ["--without", "user", "--without", "GEOLOCATION_DATA", "--bad-cells", "reject"];
    const found = parseCommandLine([command, ...words]);
    assert.ok(found.command === command);
    assert.deepEqual([found.flags.without, found.flags.badCells], [["geo", "user"], "reject"]);
  }
  const listed = parseCommandLine(["batch", "--without", "user,pin"]);
  assert.ok(listed.command === "batch");
  assert.deepEqual(listed.flags.without, ["pin", "user"]);
});

Deno.test("rows may be all", () => {
  const found = parseCommandLine(["batch", "--rows", "all"]);
  assert.ok(found.command === "batch");
  assert.equal(found.flags.rows, "all");
});

for (
  const [words, said] of [
    [["batch", "--rows", "0"], /--rows is '0': must be a whole number from 1 on/],
    [["batch", "--rows", "1.5"], /--rows is '1.5'/],
    [["batch", "--seed", "-1"], /--seed is '-1'/],
    [["batch", "--target", "gcp"], /--target is 'gcp': must be sim or aws/],
    [["batch", "--id", "xyz"], /twelve hex digits/],
    [["batch", "--batch-size", "0"], /--batch-size is '0': must be a whole number from 1/],
    [["batch", "--flush-size", "many"], /--flush-size is 'many'/],
    [["batch", "--without", "pins"], /--without is 'pins': must be of pin, geo, user/],
    [["stream", "--without", "pin,geo,user"], /--without names all tables/],
    [["sim", "--bad-cells", "skip"], /--bad-cells is 'skip': must be stop or reject/],
    [["batch", "--nonsense"], /unknown option '--nonsense'/],
    [["batch", "extra"], /too many arguments/],
    [["sql"], /missing required argument 'query'/],
    [["sql", "--csv", "--json", "select 1"], /'--csv' cannot be used with option '--json'/],
    [["fly"], /unknown command 'fly'/],
    [[], /Which command\?/],
    [["generate", "--rows", "5"], /required option '--out/],
  ] as const
) {
  Deno.test(`'${words.join(" ")}' is refused with a sentence that says why`, () => {
    assert.match(refusal(...words), said);
  });
}

Deno.test("--help prints the flags and an example for every command, and runs nothing", () => {
  for (const command of ["batch", "sim", "sql", "generate"]) {
    const { printed } = capture(() => {
      assert.deepEqual(parseCommandLine([command, "--help"]), { command: "none" });
    });
    assert.match(printed, /Usage: pipeline/);
    assert.match(printed, new RegExp(`Examples:\n {2}deno task ${command}`));
  }
});

const commands = ["batch", "stream", "check", "sim", "sql", "generate", "notebooks"];
const needed: Record<string, string[]> = {
  sql: ["select 1"],
  generate: ["--rows", "1", "--out", "o"],
};

/** Every flag whose default stands in the help of a command, and that default. */
function shownDefaults(command: string): [string, string][] {
  const { printed } = capture(() => parseCommandLine([command, "--help"]));
  const entries = printed.replace(/\s*\n {6,}/g, " ").split("\n");
  return entries.flatMap((entry) => {
    const [, flag, value] = /^ +(--[a-z-]+) .*\(default: (?:"(.*)"|.*)\)/.exec(entry) ?? [];
    const plain = value ?? /\(default: ([^)"]*)\)$/.exec(entry)?.[1];
    return flag === undefined || plain === undefined ? [] : [[flag, plain] as [string, string]];
  });
}

Deno.test("every default that the help shows is taken when it is typed, and is the default", () => {
  let count = 0;
  for (const command of commands) {
    const words = [command, ...needed[command] ?? []];
    for (const [flag, value] of shownDefaults(command)) {
      if (/^as |; with --/.test(value)) continue; // Words, no values.
      assert.deepEqual(parseCommandLine([...words, flag, value]), parseCommandLine(words), flag);
      count++;
    }
  }
  assert.ok(count >= 25, `only ${count} defaults were found`);
});

Deno.test("a time is shown with its unit, and how long to wait may be given without one", () => {
  assert.deepEqual(
    shownDefaults("stream").filter(([flag]) => /age|after/.test(flag)),
    [["--flush-age", "1s"], ["--give-up-after", "60s"]],
  );
  for (const [text, value] of [["3", 3], ["3s", 3], ["2m", 120], ["1500ms", 1.5]] as const) {
    const found = parseCommandLine(["batch", "--give-up-after", text]);
    assert.ok(found.command === "batch");
    assert.equal(found.flags.giveUpAfter, value);
  }
  assert.match(refusal("batch", "--give-up-after", "0"), /must be from 1s to 86400s/);
  assert.match(refusal("stream", "--flush-age", "1000"), /must be a time such as 30s/);
});

Deno.test("--version prints the version of deno.json, alone and behind every command", () => {
  const { version } = JSON.parse(Deno.readTextFileSync("deno.json"));
  for (const words of [[], ...commands.map((command) => [command])]) {
    const { printed } = capture(() => {
      assert.deepEqual(parseCommandLine([...words, "--version"]), { command: "none" });
    });
    assert.equal(printed, `${version}\n`);
  }
});

/** What is written to standard output meanwhile. */
function capture(work: () => void): { printed: string } {
  const before = process.stdout.write;
  let printed = "";
  process.stdout.write = (text: string | Uint8Array) => {
    printed += String(text);
    return true;
  };
  try {
    work();
  } finally {
    process.stdout.write = before;
  }
  return { printed };
}
