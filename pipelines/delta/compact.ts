/**
 * Compact: the live files of a table -> the groups that are worth being one file each.
 *
 * Files are put together with their like: what was compacted before waits until there is enough
 * of its own size. So a row is rewritten a few times (the logarithm of the number of files),
 * not with every compaction, and the number of live files stays bounded in a long run.
 */
import { RunError } from "../errors.ts";
import { recordCount } from "./scan.ts";
import type { TableState } from "./state.ts";

export interface CompactOptions {
  /** No compacted file is meant to be larger, and files of half of it are left alone. Default 64 MiB. */
  targetBytes?: number;
  /** So many files of about one size are worth it. Default 8; 2 puts together whatever it can. */
  minFiles?: number;
}

/** All files below this are of one size. */
const smallestTierBytes = 64 * 1024;
const tierFactor = 8;

export function compactionGroups(
  state: TableState,
  { targetBytes = 64 * 1024 * 1024, minFiles = 8 }: CompactOptions,
): string[][] {
  if (minFiles < 2) throw new RangeError(`minFiles is ${minFiles}, but two files make one`);
  const tiers = new Map<number, { name: string; size: number }[]>();
  for (const [name, { size }] of state.adds) {
    if (size > targetBytes / 2) continue;
    const tier = minFiles === 2 ? 0 : tierOf(size);
    tiers.set(tier, [...(tiers.get(tier) ?? []), { name, size }]);
  }
  return [...tiers.values()].filter((files) => files.length >= minFiles)
    .flatMap((files) => filled(files, targetBytes));
}

function tierOf(size: number): number {
  return Math.max(0, Math.ceil(Math.log(size / smallestTierBytes) / Math.log(tierFactor)));
}

/** In the order given, as many into one group as the target allows. */
function filled(files: readonly { name: string; size: number }[], targetBytes: number): string[][] {
  const groups: string[][] = [];
  let group: string[] = [];
  let bytes = 0;
  for (const { name, size } of files) {
    if (bytes + size > targetBytes) {
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    group.push(name);
    bytes += size;
  }
  return [...groups, group].filter((names) => names.length > 1);
}

/** @throws {RunError} the log does not say */
export function rowsOf(state: TableState, names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const add = state.adds.get(name);
    const rows = add && recordCount(add);
    if (rows === null || rows === undefined) {
      throw new RunError(
        `Cannot compact ${state.table}: the log does not say how many rows ${name} has`,
      );
    }
    return sum + rows;
  }, 0);
}
