/**
 * Cuts: bytes that a start took out of a damaged file -> a file of their own beside it.
 *
 *   <file>.cut-<position>        where in the file they stood; with "-2" and so on behind it where
 *                                other bytes have been cut at the same place before
 *
 * Nobody reads them but a person: no name of a cut is one that a service looks for. So many are
 * kept for each file, and the oldest of earlier starts go.
 */
import { readFileIfAny } from "./append_file.ts";

const cutsMax = 64;

/**
 * Keeps the bytes, and returns the path of their file. The same cut again is the same file.
 * @param mode as of `replaceFile`
 */
export function keepCut(
  path: string,
  position: number,
  bytes: Uint8Array,
  mode?: number,
): string {
  for (let count = 1;; count++) {
    const cut = `${path}.cut-${position}${count === 1 ? "" : `-${count}`}`;
    const before = readFileIfAny(cut);
    if (before !== null && !isEqual(before, bytes)) continue;
    Deno.writeFileSync(cut, bytes, mode === undefined ? {} : { mode });
    removeOldest(path, cut);
    return cut;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** One by one, so that a start with many cuts loses those of earlier starts first. */
function removeOldest(path: string, newest: string): void {
  const cuts = cutsOf(path).filter((cut) => cut !== newest);
  if (cuts.length < cutsMax) return;
  const ages = cuts.map((cut) => ({ cut, ms: Deno.statSync(cut).mtime?.getTime() ?? 0 }));
  Deno.removeSync(ages.reduce((oldest, one) => one.ms < oldest.ms ? one : oldest).cut);
}

/** The files with what was cut out of this one. */
export function cutsOf(path: string): string[] {
  const slash = path.lastIndexOf("/");
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)];
  return [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((entry) => entry.startsWith(`${name}.cut-`)).map((entry) => `${folder}/${entry}`);
}
