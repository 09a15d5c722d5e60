/**
 * Resharding: which shards are split and merged, and the shards that come of it.
 *
 * One change is a list of steps, each a split or a merge of shards open by then, so that every
 * shard has one parent or two neighbours as its parents, also where the number of shards is
 * changed as a whole: shards made on the way are closed again in the same change.
 */
import { uniformStarts } from "./hash_keys.ts";
import type { ShardState } from "./shard.ts";

export type Step =
  | { kind: "split"; shard: number; at: bigint }
  | { kind: "merge"; left: number; right: number };

/** The first shards of a stream. */
export function firstShards(count: number, createdSecond: number, lastKey: bigint): ShardState[] {
  const starts = uniformStarts(count);
  return starts.map((start, index) => ({
    index,
    parents: [],
    startingHashKey: start,
    endingHashKey: (starts[index + 1] ?? lastKey + 1n) - 1n,
    createdSecond,
    closedMs: null,
  }));
}

/** Closes the parents and returns the children; numbers go on where the shards end. */
export function applyStep(
  shards: readonly ShardState[],
  step: Step,
  nextIndex: number,
  nowMs: number,
): ShardState[] {
  const find = (index: number) => {
    const found = shards.find((shard) => shard.index === index);
    if (found === undefined) throw new RangeError(`Cannot reshard: there is no shard ${index}`);
    return found;
  };
  const parents = step.kind === "split" ? [find(step.shard)] : [find(step.left), find(step.right)];
  const createdSecond = Math.max(
    Math.floor(nowMs / 1000),
    ...parents.map((parent) => parent.createdSecond + 1),
  );
  for (const parent of parents) parent.closedMs = nowMs;
  const start = parents[0]!.startingHashKey;
  const end = parents.at(-1)!.endingHashKey;
  const ranges = step.kind === "split" ? [[start, step.at - 1n], [step.at, end]] : [[start, end]];
  return ranges.map(([startingHashKey, endingHashKey], index) => ({
    index: nextIndex + index,
    parents: parents.map((parent) => parent.index),
    startingHashKey: startingHashKey!,
    endingHashKey: endingHashKey!,
    createdSecond,
    closedMs: null,
  }));
}

/**
 * The steps that lead from these open shards to `count` of equal size: first every new border is
 * cut, then every old one that is none any more is healed.
 */
export function stepsToUniform(
  open: readonly ShardState[],
  count: number,
  firstIndex: number,
): Step[] {
  const steps: Step[] = [];
  const borders = uniformStarts(count).slice(1);
  const line = open
    .map(({ index, startingHashKey: start, endingHashKey: end }) => ({ index, start, end }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  let nextIndex = firstIndex;
  for (const at of borders) {
    const position = line.findIndex(({ start, end }) => start < at && at <= end);
    const shard = line[position];
    if (shard === undefined) continue;
    steps.push({ kind: "split", shard: shard.index, at });
    const halves = [
      { index: nextIndex++, start: shard.start, end: at - 1n },
      { index: nextIndex++, start: at, end: shard.end },
    ];
    line.splice(position, 1, ...halves);
  }
  for (let position = 1; position < line.length;) {
    const [left, right] = [line[position - 1]!, line[position]!];
    if (borders.includes(right.start)) {
      position++;
      continue;
    }
    steps.push({ kind: "merge", left: left.index, right: right.index });
    line.splice(position - 1, 2, { index: nextIndex++, start: left.start, end: right.end });
  }
  return steps;
}
