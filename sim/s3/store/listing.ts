/**
 * The keys of a bucket in the order of their UTF-8 bytes, read from its folders as they are needed.
 *
 * A folder sorts as its name with a slash: `a-b` stands before `a/x`, although `a` sorts before
 * `a-b`. Folders that lie wholly before the start of a page are not opened, so a page costs what
 * its own folders cost, not what the bucket holds.
 */
import { entriesOf } from "./disk.ts";
import { isEntryName } from "../../storage/safe_path.ts";
import { compareUtf8, isPath, keyOfEscapedPath } from "./paths.ts";

export interface Found {
  key: string;
  path: string;
}

/** Where to begin, and what to leave out; the reader may move both on while it reads. */
export interface Cursor {
  /** Keys up to this one are left out. */
  after: string;
  /** Keys that begin with this are left out. */
  skip: string | null;
}

function isLeftOut(key: string, { after, skip }: Cursor): boolean {
  if (skip !== null && key.startsWith(skip)) return true;
  return after !== "" && compareUtf8(key, after) <= 0;
}

/** A folder all of whose keys are left out. `folder` ends in a slash. */
function isFolderLeftOut(folder: string, { after, skip }: Cursor): boolean {
  if (skip !== null && folder.startsWith(skip)) return true;
  return after !== "" && compareUtf8(folder, after) < 0 && !after.startsWith(folder);
}

/** The folder in which the keys of a prefix begin, with its slash; empty: the bucket's. */
export function folderOfPrefix(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

/** Objects that lie under their own names. The folder of the prefix must not be behind a link. */
export function* walkPlain(bucketPath: string, prefix: string, cursor: Cursor): Generator<Found> {
  yield* walkFolder(bucketPath, folderOfPrefix(prefix), prefix, cursor);
}

function* walkFolder(
  bucketPath: string,
  folder: string,
  prefix: string,
  cursor: Cursor,
): Generator<Found> {
  for (const name of sortedNames(`${bucketPath}/${folder}`, folder === "")) {
    const key = folder + name;
    if (!key.startsWith(prefix) && !(name.endsWith("/") && prefix.startsWith(key))) continue;
    if (!name.endsWith("/")) {
      if (!isLeftOut(key, cursor)) yield { key, path: `${bucketPath}/${key}` };
    } else if (!isFolderLeftOut(key, cursor)) {
      yield* walkFolder(bucketPath, key, prefix, cursor);
    }
  }
}

/** Names of a folder in order, those of folders with a slash at the end. */
function sortedNames(path: string, isTop: boolean): string[] {
  const names: string[] = [];
  for (const entry of entriesOf(path)) {
    // Links are nobody's: they could lead out of the folder, or in a circle.
    if (entry.isSymlink || isTop && !isPath(entry.name) || !isEntryName(entry.name)) continue;
    names.push(entry.isDirectory ? `${entry.name}/` : entry.name);
  }
  return names.sort(compareUtf8);
}

/** Objects that lie under escaped names: few, so they are read whole and sorted. */
export function* walkEscaped(root: string, prefix: string, cursor: Cursor): Generator<Found> {
  const found: Found[] = [];
  for (const path of filesBelow(root, "")) {
    const key = keyOfEscapedPath(path);
    if (key !== null && key.startsWith(prefix)) found.push({ key, path: `${root}/${path}` });
  }
  found.sort((a, b) => compareUtf8(a.key, b.key));
  for (const entry of found) if (!isLeftOut(entry.key, cursor)) yield entry;
}

function* filesBelow(root: string, folder: string): Generator<string> {
  for (const entry of entriesOf(`${root}/${folder}`)) {
    if (entry.isDirectory) yield* filesBelow(root, `${folder}${entry.name}/`);
    else if (entry.isFile) yield folder + entry.name;
  }
}

/** Both, merged; where a key is in both, the plain one is the object. */
export function* merged(
  plain: Iterable<Found>,
  escaped: Iterable<Found>,
  cursor: Cursor,
): Generator<Found> {
  const others = escaped[Symbol.iterator]();
  let other = others.next();
  for (const entry of plain) {
    while (!other.done && compareUtf8(other.value.key, entry.key) < 0) {
      if (!isLeftOut(other.value.key, cursor)) yield other.value;
      other = others.next();
    }
    if (!other.done && other.value.key === entry.key) other = others.next();
    if (!isLeftOut(entry.key, cursor)) yield entry;
  }
  while (!other.done) {
    if (!isLeftOut(other.value.key, cursor)) yield other.value;
    other = others.next();
  }
}

export interface Page {
  objects: Found[];
  /** Beginnings of keys up to the delimiter, each standing for all its keys. */
  prefixes: string[];
  /** The last object or prefix of the page, if there is more after it. */
  next: string | null;
}

/** One page of a list. Objects and prefixes count alike; a prefix comes where its keys would. */
export function listPage(
  entries: (cursor: Cursor) => Iterable<Found>,
  query: { prefix: string; delimiter: string; after: string; countMax: number },
): Page {
  const { prefix, delimiter, after, countMax } = query;
  const page: Page = { objects: [], prefixes: [], next: null };
  if (countMax === 0) return page;
  const cursor: Cursor = { after, skip: null };
  let last = "";
  for (const entry of entries(cursor)) {
    const rolled = rollUp(entry.key, prefix, delimiter);
    if (rolled !== null) cursor.skip = rolled;
    // A page that ended with this prefix has told all of its keys.
    if (rolled !== null && after !== "" && compareUtf8(rolled, after) <= 0) continue;
    if (page.objects.length + page.prefixes.length === countMax) return { ...page, next: last };
    last = rolled ?? entry.key;
    if (rolled === null) page.objects.push(entry);
    else page.prefixes.push(rolled);
  }
  return page;
}

function rollUp(key: string, prefix: string, delimiter: string): string | null {
  if (delimiter === "") return null;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? null : key.slice(0, at + delimiter.length);
}
