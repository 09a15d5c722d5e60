/**
 * Judge: `@cloud-copilot/iam-simulate`, on the evaluator of policies.
 *
 * Covers seeded random policies (identity, resource, trust, boundary, session; every operator,
 * qualifier, Not… and variable) and requests, decision by decision. Where the two disagree AWS's
 * documentation decides; what the judge then has wrong is listed here with the sentence that says
 * so, and must still occur.
 *
 * 4,000 pairs; `deno task foreign:all` 20,000.
 */
import assert from "node:assert/strict";
import { short } from "./form.ts";
import { askerOfPair, decisionOf } from "./iam_policy_ours.ts";
import { differences } from "./iam_policy_differences.ts";
import { type Pair, pairOf } from "./iam_policy_pairs.ts";
import { iamSimulate, mustRun } from "./tools.ts";

const pairCount = short(4000, { whole: 20_000 });
const batchSize = 2000;

async function judged(pairs: readonly Pair[]): Promise<string[]> {
  const folder = await iamSimulate();
  const said = await mustRun(Deno.execPath(), [
    ...["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env"],
    ...["--config", `${folder}/deno.json`],
    new URL("iam_policy_judge.ts", import.meta.url).pathname,
    `file://${folder}/node_modules/@cloud-copilot/iam-simulate/dist/esm/index.js`,
  ], { stdin: pairs.map((pair) => JSON.stringify(pair)).join("\n"), timeoutMs: 300_000 });
  return said.split("\n");
}

interface Tally {
  words: Record<string, number>;
  differing: Map<string, number>;
  unlisted: string[];
}

function weigh(pair: Pair, seed: number, theirs: string, tally: Tally): void {
  tally.words[theirs] = (tally.words[theirs] ?? 0) + 1;
  const ours = decisionOf(pair);
  if (ours === theirs) return;
  const listed = differences.find(({ isAbout }) => isAbout(pair, { ours, theirs }));
  if (listed === undefined) {
    tally.unlisted.push(`seed ${seed}: ours ${ours}, theirs ${theirs}\n${JSON.stringify(pair)}`);
  } else {
    tally.differing.set(listed.reason, (tally.differing.get(listed.reason) ?? 0) + 1);
  }
}

Deno.test("iam-simulate decides as the evaluator does", async () => {
  const tally: Tally = { words: {}, differing: new Map(), unlisted: [] };
  for (let first = 0; first < pairCount; first += batchSize) {
    const count = Math.min(batchSize, pairCount - first);
    const pairs = Array.from({ length: count }, (_, place) => pairOf(first + place));
    const answers = await judged(pairs);
    assert.equal(answers.length, count);
    pairs.forEach((pair, place) => weigh(pair, first + place, answers[place] ?? "", tally));
  }
  const differing = [...tally.differing.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${pairCount} pairs, the judge: ${JSON.stringify(tally.words)}`);
  console.log(`${pairCount - differing - tally.unlisted.length} agreements, ${differing} listed:`);
  for (const [reason, count] of tally.differing) console.log(`${count} ${reason}`);
  assert.deepEqual(tally.unlisted.slice(0, 5), [], `${tally.unlisted.length} are not listed`);
  const gone = differences.filter(({ reason }) => !tally.differing.has(reason));
  assert.deepEqual(gone.map(({ reason }) => reason), [], "never occurred");
  const allowed = (tally.words["Allowed"] ?? 0) / pairCount;
  assert.ok(allowed > 0.3 && allowed < 0.6, `${allowed} of the requests are allowed`);
});

Deno.test("pairs ask for principals of every kind", () => {
  const askers = Array.from({ length: 400 }, (_, seed) => askerOfPair(pairOf(seed)));
  assert.ok(askers.some(({ service }) => service !== null));
  assert.ok(askers.some(({ arns }) => arns.length === 2));
  assert.ok(askers.some(({ arns, accountId }) => arns.length === 1 && accountId !== null));
  assert.ok(askers.some(({ accountId, service }) => accountId === null && service === null));
});
