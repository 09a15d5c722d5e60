/**
 * Results: the folder of a run, and what is said when nothing can be written there.
 */
import { RunError, UsageError } from "./errors.ts";

/** Removes tables and answers of an older run, by their endings, from the folders of these files. */
export async function removeStale(folder: string, files: readonly string[]): Promise<void> {
  const subfolders = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/") + 1)));
  for (const subfolder of subfolders) {
    for await (const { name, isFile } of Deno.readDir(`${folder}/${subfolder}`)) {
      const isOurs = isFile && /[.](csv|parquet)([.]part)?$/.test(name);
      if (!isOurs || files.includes(subfolder + name)) continue;
      await Deno.remove(`${folder}/${subfolder}${name}`);
    }
  }
}

/**
 * Runs something that writes below a path, and says clearly when it cannot.
 * @param flag what chooses the folder
 * @throws {UsageError} if the place is not writable
 * @throws {RunError} if there is no room
 */
export async function writing<T>(
  path: string,
  write: () => Promise<T>,
  flag: "--out" | "--data" = "--out",
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw cannotWrite(path, error, flag);
  }
}

const noRoom = /no space left|file too large|quota exceeded|os error (27|28|122)\b/i;
const noAccess =
  /permission denied|read-only file system|not a directory|is a directory|file exists|os error (1|13|17|20|21|30)\b/i;

function cannotWrite(path: string, error: unknown, flag: string): unknown {
  if (!(error instanceof Error) || error instanceof RunError || error instanceof UsageError) {
    return error;
  }
  const told = `Cannot write ${path}: ${error.message.split("\n")[0]}`;
  if (noRoom.test(error.message)) {
    return new RunError(`${told}. Make room or choose another folder with ${flag}`, {
      cause: error,
    });
  }
  if (!noAccess.test(error.message)) return error;
  return new UsageError(`${told}. Choose a folder with ${flag} that you may write to`, {
    cause: error,
  });
}
