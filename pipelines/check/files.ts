/**
 * Files: a folder -> the files below it, in the order of their paths; a file -> its text.
 */
import type { Problem } from "./types.ts";

export interface SourceFile {
  path: string;
  /** As it is shown to people. */
  shown: string;
}

/** Hidden files and folders, `node_modules` and `dialect` apart; null if there is no such folder. */
export async function filesBelow(folder: string): Promise<SourceFile[] | null> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const found = entries.filter(({ name }) => !/^[.]|^(node_modules|dialect)$/.test(name))
      .sort((a, b) => a.name < b.name ? -1 : 1)
      .map(async ({ name, isDirectory }): Promise<SourceFile[]> => {
        const path = `${folder}/${name}`;
        return isDirectory ? await filesBelow(path) ?? [] : [{ path, shown: path }];
      });
    return (await Promise.all(found)).flat();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

export type ReadText = { text: string; problem: null } | { text: null; problem: Problem };

export async function readUtf8({ path, shown }: SourceFile): Promise<ReadText> {
  const bytes = await Deno.readFile(path).catch((error: Error) => error);
  if (bytes instanceof Error) {
    const why = bytes instanceof Deno.errors.NotFound ? "there is no such file" : bytes.message;
    return { text: null, problem: { file: shown, line: 1, message: `Cannot read it: ${why}` } };
  }
  try {
    return { text: decode(bytes), problem: null };
  } catch {
    const message = "This is no UTF-8 text; save the file as UTF-8";
    return { text: null, problem: { file: shown, line: firstBadLine(bytes), message } };
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    const stop = end === -1 ? bytes.length : end;
    try {
      decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop + 1;
  }
  return line;
}
