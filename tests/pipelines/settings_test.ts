import assert from "node:assert/strict";
import { Option } from "commander";
import { inPlace, type Setting, settings, usualOf, variables } from "../../pipelines/settings.ts";

const all: [string, Setting][] = Object.entries(settings);

Deno.test("a flag has the name under which its value is found", () => {
  for (const [name, { flag }] of all) {
    if (flag !== undefined) assert.equal(new Option(flag).attributeName(), name);
  }
});

Deno.test("no flag and no variable stands twice", () => {
  const flags = all.flatMap(([, { flag }]) => flag?.split(" ")[0] ?? []);
  const names = all.flatMap(([, { variable }]) => variable ?? []);
  assert.deepEqual([flags.length, names.length], [new Set(flags).size, new Set(names).size]);
});

Deno.test("every default passes its own check", () => {
  for (const [name, setting] of all) {
    if (setting.usual === undefined) continue;
    assert.notEqual(usualOf(name, { ...setting, usual: setting.usual }), undefined, name);
  }
});

Deno.test("flags stand in place of their variables, and nothing else does", () => {
  assert.deepEqual(inPlace({ region: "eu-west-1", id: "0a1b2c3d4e5f", out: "o", rows: 5 }), {
    AWS_REGION: "eu-west-1",
    PIPELINE_ID: "0a1b2c3d4e5f",
  });
});

/** Places and addresses are code. */
function marked(text: string): string {
  return text.replaceAll(/[^\s(),;]*(?:<\w+>|:\/\/)[^\s(),;]*/g, "`$&`");
}

/** As README has it. */
function row({ variable, flag, text, usual, otherwise }: Setting): string {
  const name = flag === undefined ? "" : `\`${flag.split(" ")[0]}\` `;
  const fallback = otherwise === undefined ? "" : `; default: ${marked(otherwise)}`;
  const meaning = marked(text) + (usual === undefined ? fallback : `; default: \`${usual}\``);
  return `| \`${variable}\` | ${name}| ${meaning} |`;
}

Deno.test("README's table of settings is this table", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const rows = Object.values(variables).map(row);
  const found = readme.split("\n").filter((line) => /^\| `[A-Z0-9_]+` \|/.test(line));
  assert.deepEqual(found, rows);
});
