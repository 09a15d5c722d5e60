/**
 * World: what a run is given to work in, where it keeps its state, and the world outside: endpoints
 * of the environment or of a running simulator.
 */
import { OutsideError, RunError, UsageError } from "../errors.ts";
import { noRoom } from "../no_room.ts";
import { inPlace, type Settings } from "../settings.ts";
import type { PipelineName, Target } from "../target.ts";
import type { BatchFlags, StreamFlags } from "./program.ts";
import { say } from "./run_command.ts";
import type { Source } from "./source_folder.ts";

export type RunFlags = BatchFlags | StreamFlags;

/** A place to run in: its settings, and what to end when the run is over. */
export interface World extends AsyncDisposable {
  settings: Settings;
  /** Where the posts come from, in words. */
  source: string;
  /** Fires when the run cannot go on, with the reason. */
  failed: AbortSignal;
  /** What was found there that a person may not expect. */
  notes: readonly string[];
  /** Rows of the source that were unreadable, as a list; null: there are none. */
  unreadable: string | null;
  /** Folder for what a run keeps. */
  stateDir: string;
  setUpSeconds: number;
  /** Posts of the source, where that is known. */
  posts: number | null;
  /** Whether the posts are generated here, so that there can always be more of them. */
  isGenerated: boolean;
  /** Folder in which the objects of the bucket lie as plain files; null: not on this machine. */
  bucketDir: string | null;
}

/** What looking at a source has found. */
export type Found = Pick<World, "notes" | "unreadable">;

export const nothingFound: Found = { notes: [], unreadable: null };

/** A world without what was found in its source and what a run says of itself. */
export type Place = Omit<World, "source" | "setUpSeconds" | keyof Found>;

/** Below `--out`, where the simulator's folder is not there to hold it. */
const outsideState: Readonly<Record<PipelineName, string>> = {
  batch: "state",
  stream: "stream-state",
};

/** Whether the endpoints are somebody else's. */
export function isOutside(flags: RunFlags): boolean {
  return flags.target === "aws" || flags.endpoints !== undefined;
}

/** Where an earlier run that this one goes on from kept its state; null: it begins anew. */
export function stateDirOf(flags: RunFlags, pipeline: PipelineName): string | null {
  if (flags.data === undefined) return null;
  return isOutside(flags) ? flags.data : stateDirInside(flags.data, pipeline);
}

/** In the folder of a simulator. */
export function stateDirInside(simDir: string, pipeline: PipelineName): string {
  return `${simDir}/${pipeline === "batch" ? "run" : "stream"}`;
}

/** Whether the same command may get further once what is the matter has been mended. */
export function mayGoOn(error: unknown): boolean {
  return error instanceof OutsideError || error instanceof RunError || noRoom(error) !== null;
}

/** What was done is kept where the run was told to keep it, or where it keeps it until the next. */
export function howToGoOn(flags: RunFlags, pipeline: PipelineName): string {
  const usual = isOutside(flags) ? outsideState[pipeline] : "sim";
  const dir = flags.data ?? `${flags.out}/${usual}`;
  return `What was done is kept: the same command with --data ${dir} goes on from there.`;
}

/**
 * The environment, or the file of a running simulator; flags go before both.
 * @throws {UsageError} if the source needs a simulator of its own, or the file is not one.
 */
export async function settingsOutside(flags: RunFlags, given: Source): Promise<Settings> {
  if (flags.log === "requests") {
    throw new UsageError(
      "--log requests needs a simulator of this run's own: give it to the task sim that it runs on",
    );
  }
  for (const [flag, isGiven] of [["--iam", flags.iam !== "enforce"], ["--record", flags.record]]) {
    if (isGiven) {
      throw new UsageError(
        `${flag} needs a simulator of this run's own: give it to the task sim that it runs on`,
      );
    }
  }
  if (given.kind === "folder") {
    throw new UsageError(
      "--source with a folder needs a simulator of its own: leave out " +
        (flags.endpoints === undefined ? "--target aws" : "--endpoints"),
    );
  }
  const { readSettingsFile } = await import("./settings_file.ts");
  return flags.endpoints === undefined
    ? Deno.env.toObject()
    : await readSettingsFile(flags.endpoints);
}

/** A state folder belongs to a source with all that is left out of it. */
export function sourceWords(flags: RunFlags, { kind, words }: Source): string {
  const { without } = flags;
  const whole = isOutside(flags) && kind !== "server" ? "the database of the settings" : words;
  return without.length === 0 ? whole : `${whole}, without ${without.join(" and ")}`;
}

/** What a person said by flags alone. */
export function settingsOfFlags(flags: RunFlags, given: Source): Settings {
  return { ...inPlace(flags), ...(given.kind === "server" ? { MYSQL_URL: given.url } : {}) };
}

/** A place whose services are somebody else's. */
export async function placeOutside(
  flags: RunFlags,
  settings: Settings,
  pipeline: PipelineName,
): Promise<Place> {
  return {
    settings,
    stateDir: flags.data ?? await freshStateFolder(`${flags.out}/${outsideState[pipeline]}`),
    posts: null,
    isGenerated: false,
    bucketDir: await bucketBeside(flags.endpoints, settings.S3_BUCKET),
    failed: new AbortController().signal,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The file of a running simulator stands in its folder, beside the objects. */
async function bucketBeside(
  endpoints: string | undefined,
  bucket: string | undefined,
): Promise<string | null> {
  if (endpoints === undefined || bucket === undefined) return null;
  const folder = endpoints.includes("/") ? endpoints.slice(0, endpoints.lastIndexOf("/")) : ".";
  const dir = `${folder}/s3/${bucket}`;
  return await Deno.stat(dir).then(({ isDirectory }) => isDirectory ? dir : null, () => null);
}

/** Without `--data` nothing is kept: what an earlier run was acknowledged is forgotten. */
async function freshStateFolder(dir: string): Promise<string> {
  const { emptyStateFolder } = await import("../state_folder.ts");
  await emptyStateFolder(dir);
  return dir;
}

/** Looks at a database that somebody else has filled. */
export async function checkDatabase(mysql: Target["mysql"], flags: RunFlags): Promise<Found> {
  const { checkSource } = await import("../clients/mysql_check.ts");
  const { without, giveUpAfter } = flags;
  const notes = await checkSource(mysql, { without, limitMs: giveUpAfter * 1000 });
  return told({ notes, unreadable: null });
}

/** The same, and a person has been told. */
export function told(found: Found): Found {
  for (const note of found.notes) say(`Note: ${note}`);
  return found;
}
