/**
 * The linter and the rewriter over all of sql/, in MB of SQL a second, beside one look at every
 * character (the floor). Target: at least 5 MB/s each.
 */
import { lint, rewriteForDuckDb, tokenize } from "../../sql/dialect/mod.ts";
import { median } from "./median.ts";

const root = new URL("../../sql/", import.meta.url);
const texts: string[] = [];
for (const folder of ["clean/", "questions/"]) {
  for await (const { name } of Deno.readDir(new URL(folder, root))) {
    if (name.endsWith(".sql")) texts.push(await Deno.readTextFile(new URL(folder + name, root)));
  }
}
const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);

/** Median of the rounds, after one that warms up. */
function megabytesPerSecond(work: (text: string) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < 12; round++) {
    const startMs = performance.now();
    for (let times = 0; times < 10; times++) texts.forEach(work);
    rounds.push(bytes * 10 / 1e6 / ((performance.now() - startMs) / 1000));
  }
  return median(rounds.slice(1));
}

let sum = 0;
const measured: [string, string, (text: string) => void][] = [
  ["every character once (floor)", "", (text) => {
    for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at);
  }],
  ["tokens", "", (text) => sum += tokenize(text).length],
  ["linter", "(target: 5)", (text) => sum += lint(text).length],
  ["rewriter", "(target: 5)", (text) => sum += rewriteForDuckDb(text).length],
];
for (const [name, target, work] of measured) {
  const speed = megabytesPerSecond(work).toFixed(1).padStart(8);
  console.log(`${name.padEnd(30)} ${speed} MB/s  ${target}`.trimEnd());
}
if (sum === 0) throw new Error("nothing was read");
