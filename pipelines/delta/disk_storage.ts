/**
 * Disk storage: the files of a table in a local folder.
 *
 * A file is written under a temporary name, synced, and then linked (if absent) or renamed (put)
 * to its own, and the folder is synced: it is there whole or not at all, also after a power cut.
 * A link fails if the name is taken, whoever took it, so that of many writers one wins.
 */
import { OutsideError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import type { DeltaStorage, StoredFile } from "./storage.ts";

/** Where a temporary file stands: hidden, so that every reader of the table passes it over. */
const temporaryPrefix = ".";

export function diskStorage(dir: string, { onStep }: { onStep?: OnStep } = {}): DeltaStorage {
  const root = dir.replace(/(.)\/+$/, "$1");
  const pathOf = (name: string) => `${root}/${name}`;

  return {
    uri: root,
    list: (prefix, after = "") => acting(`list ${pathOf(prefix)}`, () => list(root, prefix, after)),
    read: (name) =>
      acting(`read ${pathOf(name)}`, () => orMissing(null, () => Deno.readFile(pathOf(name)))),
    put: (name, bytes) =>
      acting(`write ${pathOf(name)}`, async () => {
        const part = await stage(pathOf(name), bytes);
        await orRemove(part, () => Deno.rename(part, pathOf(name)));
        await syncFolder(pathOf(name));
      }),
    async putIfAbsent(name, bytes) {
      const what = `write ${pathOf(name)}`;
      const part = await acting(what, () => stage(pathOf(name), bytes));
      await onStep?.("commit-staged");
      const outcome = await acting(what, () => linkOnce(part, pathOf(name)));
      if (outcome === "stored") await onStep?.("commit-stored");
      await Deno.remove(part).catch(() => {});
      return outcome;
    },
    putFile: (name, localPath) =>
      acting(`write ${pathOf(name)}`, async () => {
        await Deno.mkdir(folderOf(pathOf(name)), { recursive: true });
        await syncFile(localPath);
        await move(localPath, pathOf(name));
        await syncFolder(pathOf(name));
      }),
    delete: (name) =>
      acting(`delete ${pathOf(name)}`, () => orMissing(undefined, () => Deno.remove(pathOf(name)))),
    local: (name) =>
      acting(`read ${pathOf(name)}`, async () => {
        await Deno.stat(pathOf(name));
        return pathOf(name);
      }),
    dropCopies: () => Promise.resolve(),
  };
}

async function list(root: string, prefix: string, after: string): Promise<StoredFile[]> {
  const names: string[] = [];
  await collect(root, prefix.slice(0, prefix.lastIndexOf("/") + 1), names);
  const wanted = names.filter((name) => name.startsWith(prefix) && name > after).sort();
  const files = await Promise.all(wanted.map((name) => orMissing(null, () => look(root, name))));
  return files.filter((file) => file !== null);
}

/** Names of all files below a folder, named like `_delta_log/`. */
async function collect(root: string, folder: string, names: string[]): Promise<void> {
  await orMissing(undefined, async () => {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      if (entry.isDirectory) await collect(root, `${folder}${entry.name}/`, names);
      else names.push(`${folder}${entry.name}`);
    }
  });
}

async function look(root: string, name: string): Promise<StoredFile> {
  const { size, mtime } = await Deno.stat(`${root}/${name}`);
  return { name, size, modifiedMs: mtime?.getTime() ?? 0 };
}

/** Writes and syncs a temporary file beside the one it will become. */
async function stage(path: string, bytes: Uint8Array): Promise<string> {
  const folder = folderOf(path);
  const part = `${folder}/${temporaryPrefix}${path.slice(folder.length + 1)}.` +
    `${crypto.randomUUID()}.tmp`;
  await orRemove(part, async () => {
    using file = await createIn(folder, part);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  });
  return part;
}

/** The folder is made only when it is missed: most of the time it is there. */
async function createIn(folder: string, path: string): Promise<Deno.FsFile> {
  const create = () => Deno.open(path, { write: true, createNew: true });
  return await orMissing(null, create) ??
    (await Deno.mkdir(folder, { recursive: true }), await create());
}

async function linkOnce(part: string, path: string): Promise<"stored" | "exists"> {
  try {
    await Deno.link(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    if (error instanceof Deno.errors.AlreadyExists) return "exists";
    throw error;
  }
  await syncFolder(path);
  return "stored";
}

/** Renames, or copies where the two are on different disks. */
async function move(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && /os error 18/.test(error.message))) throw error;
    const part = `${folderOf(to)}/${temporaryPrefix}${crypto.randomUUID()}.tmp`;
    await orRemove(part, async () => {
      await Deno.copyFile(from, part);
      await syncFile(part);
      await Deno.rename(part, to);
    });
    await Deno.remove(from);
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(folderOf(path), { read: true });
  await folder.sync();
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

async function orMissing<T, M>(missing: M, work: () => Promise<T>): Promise<T | M> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing;
    throw error;
  }
}

async function orRemove<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}

async function acting<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    const advice = /os error 28/.test(error.message) ? "; make room, or choose another folder" : "";
    const told = `Cannot ${what}: ${error.message}${advice}`;
    throw new OutsideError(told, { retryable: false, cause: error });
  }
}
