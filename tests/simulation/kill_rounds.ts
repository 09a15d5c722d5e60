/**
 * Kill rounds: `main.ts stream`, as people run it, is killed with `kill -9` at moments that a seed
 * decides, and started again on the same folder; after some rounds it may end, and everything
 * that was posted must be in its table once.
 *
 *   in    how many rounds, a seed, how many posts a folder gets
 *   out   rounds, records in, records out, lost, doubled
 *
 * As a program: --rounds N --seed S [--rows N], prints these five and ends with 1 if anything was
 * lost or doubled.
 */
import { parseArgs } from "node:util";
import { worldFromSeed } from "../../sim/world.ts";
import { ended, inFolder, json, start } from "./harness.ts";
import { bucketTables, tally } from "./stream_checks.ts";
import { dirtySource, type Lines } from "./stream_source.ts";

export interface KillRounds {
  /** Kills; those that come after the program's end do not count. */
  rounds: number;
  seed: number;
  /** Posts of the source of each folder. */
  rows: number;
  /** Told of each folder that is done. */
  onFolder?: (sum: KillTally) => void;
}

export interface KillTally {
  rounds: number;
  /** Rows of the source, each content once. */
  in: number;
  out: number;
  lost: number;
  doubled: number;
}

/** Kills in one folder; more would mostly hit runs that have nothing left to do. */
const roundsPerFolder = 10;

/** Runs so many rounds, a few in each folder. */
export async function killRounds(options: KillRounds): Promise<KillTally> {
  const sum: KillTally = { rounds: 0, in: 0, out: 0, lost: 0, doubled: 0 };
  const random = worldFromSeed(options.seed).random("moment of the kill");
  for (let number = 0; sum.rounds < options.rounds; number++) {
    await inFolder(async (folder) => {
      const rounds = Math.min(roundsPerFolder, options.rounds - sum.rounds);
      const found = await oneFolder(folder, { ...options, rounds, random, number });
      for (const name of Object.keys(sum) as (keyof KillTally)[]) sum[name] += found[name];
    });
    options.onFolder?.(sum);
  }
  return sum;
}

interface FolderOptions extends KillRounds {
  random: () => number;
  /** Of the folder. */
  number: number;
}

async function oneFolder(folder: string, options: FolderOptions): Promise<KillTally> {
  const { rounds, rows, seed, number, random } = options;
  const source = `${folder}/source`;
  const lines = await dirtySource({ posts: rows, seed: seed + number, dir: source });
  const words = wordsOf(folder, source, number);
  let killed = 0;
  for (let tries = 0; killed < rounds && tries < 2 * rounds; tries++) {
    // The source grows from round to round, so that there is always something to do.
    const posts = Math.ceil(lines.pin.length * (tries + 1) / (rounds + 1));
    if (await kill([...words, "--rows", String(posts)], folder, random)) killed++;
  }
  const { id, reconciled, problems } = await json(...words);
  if (!reconciled) throw new Error(`Not reconciled: ${JSON.stringify(problems)}`);
  return { rounds: killed, ...await tallyOf(folder, id, number, lines) };
}

/** Small requests and commits, so that there is much that can be cut; every other one on disk. */
function wordsOf(folder: string, source: string, number: number): string[] {
  return [
    ...["stream", "--source", source, "--out", `${folder}/out`, "--data", `${folder}/data`],
    ...["--batch-size", "40", "--flush-records", "60", "--flush-age", "100ms"],
    ...(number % 2 === 1 ? ["--delta-dir", `${folder}/tables`] : []),
  ];
}

async function tallyOf(folder: string, id: string, number: number, lines: Lines) {
  const data = `${folder}/data`;
  const delta = number % 2 === 1 ? `${folder}/tables` : bucketTables(data, id);
  const { records: _, ...found } = await tally({ id, data, delta }, lines);
  return found;
}

/** Kills one run: mostly while it posts and commits, at times while it starts or proves. */
async function kill(words: string[], folder: string, random: () => number): Promise<boolean> {
  const child = start(...words);
  const output = ended(child);
  const status = child.status;
  let isOver = false;
  status.then(() => isOver = true);
  if (random() < 0.8) {
    const before = await ledgerBytes(folder);
    while (!isOver && await ledgerBytes(folder) <= before) await pause(2);
    await pause(random() * 900);
  } else await pause(random() * 2_000);
  if (!isOver) child.kill("SIGKILL");
  const { code, stderr } = await output;
  const { signal } = await status;
  if (signal === "SIGKILL") return true;
  if (code !== 0) throw new Error(`Ended with ${code} by itself: ${stderr}`);
  return false;
}

/** How much was acknowledged: the sign that a run is in the middle of its work. */
async function ledgerBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const table of ["pin", "geo", "user"]) {
    const path = `${folder}/data/stream/posted-${table}.csv`;
    bytes += await Deno.stat(path).then(({ size }) => size, () => 0);
  }
  return bytes;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** `10 rounds, 3,000 records in, 3,000 records out, lost 0, doubled 0` */
export function sentence(sum: KillTally): string {
  const [records, out] = [sum.in, sum.out].map((count) => count.toLocaleString("en-GB"));
  return `${sum.rounds} rounds, ${records} records in, ${out} records out, ` +
    `lost ${sum.lost}, doubled ${sum.doubled}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      rows: { type: "string", default: "1500" },
    },
  });
  const [rounds = 0, seed = 0, rows = 0] = [values.rounds, values.seed, values.rows].map(whole);
  const onFolder = (now: KillTally) => console.error(sentence(now));
  const sum = await killRounds({ rounds, seed, rows, onFolder });
  console.log(sentence(sum));
  if (sum.lost + sum.doubled > 0 || sum.in !== sum.out) Deno.exit(1);
}

function whole(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  console.error(`${text}: must be a whole number`);
  Deno.exit(2);
}
