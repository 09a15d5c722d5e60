/**
 * Data folder: a path -> a folder that this run alone may use, laid out as today's program does it.
 *
 *   .lock          locked by the run that has the folder; the sign that it is a simulator's
 *   format.json    how the files below are laid out, and the id that their names carry
 *   secrets.json   see secrets.ts
 *
 * `claim` decides whether a run may have the folder, and writes nothing; `prepare` is the first to
 * write. So a run that is refused leaves everything as it was.
 */
import { SimError } from "./errors.ts";
import { noFaults } from "./faults/plan.ts";
import { serviceFolders } from "./permissions.ts";
import { drawSecrets, readSecrets, type Secrets, secretsFile, writeSecrets } from "./secrets.ts";
import { replaceFile } from "./storage/append_file.ts";
import { SafeFolder } from "./storage/safe_path.ts";

const lockFile = ".lock";
const formatFile = "format.json";
/** What a folder keeps when it is emptied. */
const lasting: readonly string[] = [lockFile, secretsFile];
/** Grows with each change that another version would misread. 0: before there was a number. */
const formatNow = 1;

interface Format {
  format: number;
  /** The `<id>` of topics, streams and buckets; of format 0 those of all buckets. */
  ids: readonly string[];
}

export interface ClaimOptions {
  /** The `<id>` of the names in it. */
  id: string;
  /** Whether what it holds is thrown away. */
  fresh: boolean;
}

export class DataFolder implements Disposable {
  #lock: Deno.FsFile | null = null;
  #format: number | null = null;

  private constructor(readonly dir: string, readonly options: ClaimOptions) {}

  /**
   * Locks the folder, if it is there.
   * @throws {SimError} if it is in use, somebody else's, another id's, newer or damaged.
   */
  static async claim(dir: string, options: ClaimOptions): Promise<DataFolder> {
    const folder = new DataFolder(dir, options);
    try {
      const names = await namesIn(dir);
      if (names.includes(lockFile)) await folder.#take();
      else if (names.length > 0) {
        throw cannotWrite(dir, "it holds other files; name an empty or a new folder");
      }
      return folder;
    } catch (error) {
      folder[Symbol.dispose]();
      throw error;
    }
  }

  /** The system releases the lock when the process ends, however it ends. */
  async #take(): Promise<void> {
    const { dir, options } = this;
    try {
      const root = new SafeFolder(dir);
      // A fresh run removes links; one that goes on would read and write behind them.
      const kept = options.fresh ? [] : [`${formatFile}.new`, ...serviceFolders];
      for (const name of [secretsFile, formatFile, ...kept]) root.at(name);
      this.#lock = await Deno.open(root.at(lockFile), { create: true, write: true });
    } catch (error) {
      throw cannotWrite(dir, (error as Error).message);
    }
    if (!this.#lock.tryLockSync(true)) {
      const advice = "wait for it or name another one";
      throw new SimError(`The folder ${dir} is in use by another run: ${advice}`);
    }
    await readSecrets(dir);
    if (options.fresh) return;
    const found = await readFormat(dir);
    checkFormat(dir, found, options.id);
    this.#format = found.format;
  }

  /**
   * Makes what is not there yet, and carries an older folder over.
   * @throws {SimError} if it cannot be written.
   */
  async prepare(): Promise<Secrets> {
    const { dir, options } = this;
    try {
      const isNew = this.#lock === null;
      await makePrivate(dir);
      if (isNew) await this.#take();
      else if (options.fresh) await emptyFolder(dir);
      const root = new SafeFolder(dir);
      for (const name of serviceFolders) root.folder(name);
      const secrets = await keptSecrets(dir);
      if (this.#format === formatNow) return secrets;
      if (!isNew) await closeToOthers(dir);
      writeFormat(dir, options.id);
      return secrets;
    } catch (error) {
      throw error instanceof SimError ? error : cannotWrite(dir, (error as Error).message);
    }
  }

  [Symbol.dispose](): void {
    this.#lock?.close();
    this.#lock = null;
  }
}

function cannotWrite(dir: string, reason: string): SimError {
  return new SimError(`Cannot write to the simulator's folder ${dir}: ${reason}`);
}

/** None of a folder that is not there. */
async function namesIn(dir: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw cannotWrite(dir, (error as Error).message);
  }
}

/** A person's own folder keeps its mode: what is made in it has one of its own. */
async function makePrivate(dir: string): Promise<void> {
  if (await Deno.stat(dir).then(() => true, () => false)) return;
  await Deno.mkdir(dir, { recursive: true });
  if (Deno.build.os !== "windows") await Deno.chmod(dir, 0o700);
}

async function keptSecrets(dir: string): Promise<Secrets> {
  const kept = await readSecrets(dir);
  const secrets = { ...drawSecrets(), ...kept };
  const isWhole = kept !== null && Object.keys(kept).length === Object.keys(secrets).length;
  if (!isWhole) await writeSecrets(dir, secrets);
  return secrets;
}

/** Programs before format 1 made their folders readable for everybody. */
async function closeToOthers(dir: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  for (const path of [dir, ...serviceFolders.map((name) => `${dir}/${name}`)]) {
    await Deno.chmod(path, 0o700).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

async function emptyFolder(dir: string): Promise<void> {
  for (const name of await namesIn(dir)) {
    if (!lasting.includes(name)) await Deno.remove(`${dir}/${name}`, { recursive: true });
  }
}

async function readFormat(dir: string): Promise<Format> {
  const path = `${dir}/${formatFile}`;
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { format: 0, ids: await idsOfBuckets(dir) };
    throw new SimError(`Cannot read ${path}: ${(error as Error).message}`);
  }
  const found = parsed(text);
  if (found !== null) return found;
  throw new SimError(
    `${path} is damaged: delete it if this program made the folder, or name another folder`,
  );
}

function parsed(text: string): Format | null {
  try {
    const { format, id }: { format?: unknown; id?: unknown } = JSON.parse(text) ?? {};
    const isWhole = typeof format === "number" && typeof id === "string";
    return isWhole ? { format, ids: [id] } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Before there was a file for it, the id stood in the bucket's name alone. */
async function idsOfBuckets(dir: string): Promise<string[]> {
  const names = await namesIn(`${dir}/s3`);
  return names.flatMap((name) => /^user-([0-9a-f]{12})-bucket$/.exec(name)?.[1] ?? []);
}

/** @throws {SimError} with what to do. */
function checkFormat(dir: string, { format, ids }: Format, id: string): void {
  if (format > formatNow) {
    throw new SimError(
      `The folder ${dir} has format ${format}, and this program knows up to ${formatNow}: use ` +
        "the newer version that made it, or name another folder",
    );
  }
  if (ids.length === 0 || ids.includes(id)) return;
  throw new SimError(
    `The folder ${dir} holds the pipeline with id '${ids[0]}', this run has '${id}': give the ` +
      "same --seed and --id again, or another --data folder",
  );
}

function writeFormat(dir: string, id: string): void {
  const text = `${JSON.stringify({ format: formatNow, id })}\n`;
  replaceFile(`${dir}/${formatFile}`, new TextEncoder().encode(text), noFaults);
}
