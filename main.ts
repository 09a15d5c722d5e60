/**
 * Main: words -> one command -> exit code. Each command loads what it needs when it runs.
 *
 * This is the one file that knows both worlds: it starts the simulator, hands it its data, and
 * gives the pipelines the endpoints. They never learn who answers there.
 */
import {
  type BatchFlags,
  type CheckFlags,
  type GenerateFlags,
  type NotebooksFlags,
  parseCommandLine,
  type SimFlags,
  type SqlFlags,
  type StreamFlags,
  type WorldFlags,
} from "./pipelines/cli/program.ts";
import type { GivenSource as GivenWords } from "./pipelines/cli/given_source.ts";
import type { Progress } from "./pipelines/cli/progress.ts";
import { print } from "./pipelines/cli/output.ts";
import {
  type CommandContext,
  describe,
  exitCodeOf,
  runCommand,
  say,
} from "./pipelines/cli/run_command.ts";
import { OutsideError, RunError, UsageError } from "./pipelines/errors.ts";
import { noRoom } from "./pipelines/no_room.ts";
import type { Post } from "./pipelines/posts.ts";
import type { PipelineName, Settings, Target } from "./pipelines/target.ts";
import type { ServiceName, Sim, SimOptions, SourceFiles } from "./sim/mod.ts";

/** Posts of the source that the course was built on. */
const sourcePosts = 11_154;

/** Where `task sim` listens unless it is told otherwise. */
const stablePorts = {
  mysql: 13306,
  kafka: 19092,
  kafkaRest: 18082,
  kinesis: 14567,
  gateway: 18080,
  s3: 19000,
  databricks: 18443,
};

/** Below `--out`, where the simulator's folder is not there to hold it. */
const outsideState: Readonly<Record<PipelineName, string>> = {
  batch: "state",
  stream: "stream-state",
};

interface Around extends CommandContext {
  progress: Progress;
}

/** A place to run in: its settings, and what to end when the run is over. */
interface World extends AsyncDisposable {
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
type Found = Pick<World, "notes" | "unreadable">;

const nothingFound: Found = { notes: [], unreadable: null };

type RunFlags = BatchFlags | StreamFlags;

/** Refuses a run that cannot go on in its folder; null: it has a new one. */
type RunCheck<Flags> = (
  target: Target,
  flags: Flags,
  place: { source: string; stateDir: string | null },
) => Promise<void>;

if (import.meta.main) await main(Deno.args);

async function main(words: readonly string[]): Promise<void> {
  await runCommand(async (context) => {
    const invocation = parseCommandLine(words);
    switch (invocation.command) {
      case "batch":
        return await batch(invocation.flags, await around(invocation.flags, context));
      case "stream":
        return await stream(invocation.flags, await around(invocation.flags, context));
      case "check":
        return await check(invocation.flags, context);
      case "sim":
        return await simAlone(invocation.flags, await around(invocation.flags, context));
      case "sql":
        return await sql(invocation.flags, context);
      case "generate":
        return await generate(invocation.flags, await around(invocation.flags, context));
      case "notebooks":
        return await notebooks(invocation.flags);
      case "none":
        return 0;
    }
  }, { debug: words.includes("--debug") });
}

async function around(flags: { quiet?: true }, context: CommandContext): Promise<Around> {
  const { noProgress, terminalProgress } = await import("./pipelines/cli/progress.ts");
  return { ...context, progress: flags.quiet ? noProgress : terminalProgress() };
}

/** Whoever does not wait for the end gets the terminal back, and is told how to go on. */
function lastWords({ beforeLeaving, progress }: Around, words: () => string): void {
  beforeLeaving(() => {
    progress.stop();
    return words();
  });
}

/** The batch pipeline, in the world that the flags describe. */
async function batch(flags: BatchFlags, context: Around): Promise<number> {
  const startMs = performance.now();
  try {
    const { batchCommand, checkFlags, checkRun } = await import("./pipelines/batch/command.ts");
    const { databricksOf, targetOf } = await import("./pipelines/cli/reach.ts");
    checkFlags(flags);
    lastWords(context, () => howToGoOn(flags, "batch"));
    await using world = await openWorld(flags, "batch", context, checkRun);
    const { settings } = world;
    const target = await targetOf(flags.target, settings, "batch");
    const databricks = flags.engine === "databricks" ? await databricksOf(settings) : null;
    const random = await diceOf(flags);
    const signal = AbortSignal.any([context.signal, world.failed]);
    return await batchCommand(target, flags, { ...world, databricks, startMs, random }, {
      ...context,
      signal,
    });
  } catch (error) {
    context.progress.stop();
    const isStopped = context.signal.aborted;
    if (isStopped || mayGoOn(error)) {
      say(`${isStopped ? "Stopped. " : ""}${howToGoOn(flags, "batch")}`);
    }
    throw error;
  } finally {
    context.progress.stop();
  }
}

/**
 * The streaming pipeline, in the world that the flags describe. Ctrl-C ends the posting, not the
 * run: what was posted is committed and proven, and the proof decides the exit code.
 */
async function stream(flags: StreamFlags, context: Around): Promise<number> {
  const startMs = performance.now();
  try {
    const { checkRun, streamCommand } = await import("./pipelines/stream/command.ts");
    const { targetOf } = await import("./pipelines/cli/reach.ts");
    lastWords(context, () => howToGoOn(flags, "stream"));
    await using world = await openWorld(flags, "stream", context, checkRun);
    const target = await targetOf(flags.target, world.settings, "stream");
    const onward = world.isGenerated ? await generatorOnward(flags) : null;
    const random = await diceOf(flags);
    return await streamCommand(target, flags, { ...world, startMs, random, onward }, context);
  } catch (error) {
    context.progress.stop();
    if (mayGoOn(error)) say(howToGoOn(flags, "stream"));
    // A failure behind a Ctrl-C is still a failure, and has to be read.
    if (!context.signal.aborted || error === context.signal.reason) throw error;
    say(describe(error, flags.debug === true));
    return exitCodeOf(error);
  } finally {
    context.progress.stop();
  }
}

/** SQL, offline: neither world is needed for it. */
async function check(flags: CheckFlags, { signal }: CommandContext): Promise<number> {
  const { checkCommand } = await import("./pipelines/check/command.ts");
  return await checkCommand(flags, signal);
}

/** Posts without end, from an index on: those that a larger source of this seed would have. */
async function generatorOnward(
  { seed, without }: StreamFlags,
): Promise<(firstIndex: number) => Iterable<Post>> {
  const { generatePosts, indexMax } = await import("./fixtures/posts.ts");
  const { postOfCells } = await import("./pipelines/posts.ts");
  return function* (firstIndex) {
    for (let from = firstIndex; from + sourcePosts <= indexMax; from += sourcePosts) {
      const posts = generatePosts({ posts: sourcePosts, seed, firstIndex: from });
      for (const post of posts) yield postOfCells(post, without);
    }
  };
}

async function diceOf({ seed }: RunFlags): Promise<() => number> {
  const { worldFromSeed } = await import("./sim/world.ts");
  return worldFromSeed(seed).random("retry");
}

/** Whether the same command may get further once what is the matter has been mended. */
function mayGoOn(error: unknown): boolean {
  return error instanceof OutsideError || error instanceof RunError || noRoom(error) !== null;
}

/** What was done is kept where the run was told to keep it, or where it keeps it until the next. */
function howToGoOn(flags: RunFlags, pipeline: PipelineName): string {
  const isOutside = flags.target === "aws" || flags.endpoints !== undefined;
  const usual = isOutside ? outsideState[pipeline] : "sim";
  const dir = flags.data ?? `${flags.out}/${usual}`;
  return `What was done is kept: the same command with --data ${dir} goes on from there.`;
}

/** The simulator alone, until Ctrl-C. */
async function simAlone(flags: SimFlags, context: Around): Promise<number> {
  const ports = { ...stablePorts, ...portsOf(flags.port) };
  const given = await givenSource(flags);
  if (given.kind === "server") {
    throw new UsageError("--source with a server is not for sim: its database takes files only");
  }
  await using sim = await openSim(flags, given, {
    ports,
    autoCreateTopics: flags.autoCreateTopics,
    limits: flags.limits,
    ...(flags.empty ? {} : await pipelineResources()),
  });
  const { unreadable } = await fillDatabase(sim, given, flags, context);
  if (unreadable !== null) say(`Note: rows that could not be read are left out: ${unreadable}`);
  context.progress.stop();
  const file = await writeEndpoints(sim);
  if (flags.printEnv) {
    const { shellLines } = await import("./pipelines/cli/settings_file.ts");
    print(shellLines(sim.settings).trimEnd());
  }
  sim.diskFull.addEventListener("abort", () => say(describe(sim.diskFull.reason, false)));
  const { endpointLines, moreLines } = await import("./pipelines/cli/endpoint_lines.ts");
  say(endpointLines(sim.settings, file) + moreLines(sim.settings));
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  return 0;
}

/** What the pipelines would make at their start, in the simulator that they are started on. */
async function pipelineResources(): Promise<Pick<SimOptions, "topics" | "streams">> {
  const { streamOf, tableNames, topicOf } = await import("./pipelines/tables.ts");
  return {
    topics: (id) => tableNames.map((table) => topicOf(id, table)),
    streams: (id) => tableNames.map((table) => streamOf(id, table)),
  };
}

/** One query over the last run. */
async function sql(flags: SqlFlags, { signal }: CommandContext): Promise<number> {
  const { runQuery } = await import("./pipelines/warehouse/query.ts");
  const { ReaderGone, writeTo } = await import("./pipelines/cli/output.ts");
  try {
    await runQuery(flags, (text) => writeTo(Deno.stdout, text), signal);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error; // `| head` has what it wanted.
  }
  return 0;
}

/** Source files of any size. */
async function generate(flags: GenerateFlags, { signal, progress }: Around): Promise<number> {
  const { generateSource } = await import("./fixtures/generate.ts");
  const bar = progress.stage("generate", "posts", flags.rows);
  const files = await generateSource({
    posts: flags.rows,
    seed: flags.seed,
    dir: flags.out,
    format: flags.format,
    signal,
    onProgress: (posts) => bar.update(posts),
  });
  progress.stop();
  if (flags.json) print(JSON.stringify({ posts: flags.rows, seed: flags.seed, files }));
  else say(`Wrote ${flags.rows.toLocaleString("en-GB")} posts to ${flags.out}`);
  return 0;
}

/** What a Databricks workspace is given. */
async function notebooks(flags: NotebooksFlags): Promise<number> {
  const { namesOf, notebooksCommand } = await import("./pipelines/deploy/databricks/command.ts");
  const { worldFromSeed } = await import("./sim/world.ts");
  const idOfSeed = () => worldFromSeed(flags.seed).id("pipeline");
  print(await notebooksCommand(flags, namesOf(flags, Deno.env.toObject(), idOfSeed)));
  return 0;
}

/**
 * A running simulator, somebody else's, or none: the settings are all the pipeline sees. What can
 * be refused is refused before anything is written.
 */
async function openWorld<Flags extends RunFlags>(
  flags: Flags,
  pipeline: PipelineName,
  context: Around,
  check: RunCheck<Flags>,
): Promise<World> {
  const startMs = performance.now();
  const { overrides } = await import("./pipelines/cli/overrides.ts");
  const { databricksOf, targetOf } = await import("./pipelines/cli/reach.ts");
  const given = await givenSource(flags);
  const own = overrides(flags, given.kind === "server" ? given.url : undefined);
  const isOutside = flags.target === "aws" || flags.endpoints !== undefined;
  const expected = {
    ...isOutside ? await settingsOutside(flags, given) : await settingsInside(flags),
    ...own,
  };
  const target = await targetOf(flags.target, expected, pipeline);
  if ("engine" in flags && flags.engine === "databricks") await databricksOf(expected);
  const isServer = isOutside || given.kind === "server";
  const words = isOutside && given.kind !== "server" ? "the database of the settings" : given.words;
  const source = sourceWords(words, flags);
  await check(target, flags, { source, stateDir: stateDirOf(flags, isOutside, pipeline) });
  const found = isServer ? await checkDatabase(target.mysql, flags) : nothingFound;
  const world = isOutside
    ? await worldOutside(flags, expected, pipeline)
    : await worldInside(flags, given, pipeline, context);
  const settings = { ...world.settings, ...own };
  const setUpSeconds = (performance.now() - startMs) / 1000;
  return { ...found, ...world, settings, source, setUpSeconds };
}

/** Where an earlier run that this one goes on from kept its state; null: it begins anew. */
function stateDirOf(
  { data }: RunFlags,
  isOutside: boolean,
  pipeline: PipelineName,
): string | null {
  if (data === undefined) return null;
  return isOutside ? data : stateDirInside(data, pipeline);
}

function stateDirInside(simDir: string, pipeline: PipelineName): string {
  return `${simDir}/${pipeline === "batch" ? "run" : "stream"}`;
}

/** What a simulator of this run's own will say of itself, but for its ports and secrets. */
async function settingsInside(flags: RunFlags): Promise<Settings> {
  const { expectedSettings } = await import("./sim/mod.ts");
  return expectedSettings({ dir: "", seed: flags.seed, id: flags.id });
}

/** The environment, or the file of a running simulator. */
async function settingsOutside(flags: RunFlags, given: GivenSource): Promise<Settings> {
  if (given.kind === "folder") {
    throw new UsageError(
      "--source with a folder needs a simulator of its own: leave out " +
        (flags.endpoints === undefined ? "--target aws" : "--endpoints"),
    );
  }
  const { readSettingsFile } = await import("./pipelines/cli/settings_file.ts");
  const settings = flags.endpoints === undefined
    ? Deno.env.toObject()
    : await readSettingsFile(flags.endpoints);
  return flags.id === undefined ? settings : { ...settings, PIPELINE_ID: flags.id };
}

async function worldOutside(
  flags: RunFlags,
  settings: Settings,
  pipeline: PipelineName,
): Promise<Omit<World, "source" | keyof Found>> {
  return {
    settings,
    stateDir: flags.data ?? await freshStateFolder(`${flags.out}/${outsideState[pipeline]}`),
    setUpSeconds: 0,
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
  const { emptyStateFolder } = await import("./pipelines/state_folder.ts");
  await emptyStateFolder(dir);
  return dir;
}

/** A simulator of this run's own, with its database filled. */
async function worldInside(
  flags: RunFlags,
  given: GivenSource,
  pipeline: PipelineName,
  context: Around,
): Promise<Omit<World, "source" | keyof Found> & Partial<Found>> {
  const { parseBrokers } = await import("./pipelines/target.ts");
  const brokers = flags.kafkaBrokers ? parseBrokers(flags.kafkaBrokers, []) : undefined;
  const limits = "limits" in flags ? flags.limits : undefined;
  const sim = await openSim(flags, given, { brokers, limits });
  let found: Partial<Found> = {};
  try {
    const file = await writeEndpoints(sim);
    const { endpointLines } = await import("./pipelines/cli/endpoint_lines.ts");
    if (!flags.quiet) say(endpointLines(sim.settings, file));
    if (given.kind !== "server") found = await fillDatabase(sim, given, flags, context);
  } catch (error) {
    await sim[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...found,
    settings: sim.settings,
    stateDir: stateDirInside(sim.dir, pipeline),
    setUpSeconds: 0,
    posts: given.kind === "generated" ? given.posts : null,
    isGenerated: given.kind === "generated",
    bucketDir: `${sim.dir}/s3/${sim.settings.S3_BUCKET}`,
    failed: sim.diskFull,
    [Symbol.asyncDispose]: () => sim[Symbol.asyncDispose](),
  };
}

/** Starts the simulator in `--data`, or afresh in `<out>/sim`. */
async function openSim(
  flags: SimFlags | RunFlags,
  given: GivenSource,
  more: Partial<SimOptions>,
): Promise<Sim> {
  const { startSim } = await import("./sim/mod.ts");
  const { readGatewayRoutes } = await import("./pipelines/deploy/gateway/mod.ts");
  return await startSim({
    routes: await readGatewayRoutes(),
    dir: flags.data ?? `${flags.out}/sim`,
    fresh: flags.data === undefined,
    seed: flags.seed,
    id: flags.id,
    faults: flags.faults,
    sources: given.kind === "folder" ? Object.values(given.files).flat() : [],
    ...more,
  });
}

type GivenSource =
  | { kind: "generated"; words: string; posts: number }
  | Extract<GivenWords, { kind: "server" }>
  | Extract<GivenWords, { kind: "folder" }> & { files: SourceFiles };

/** What `--source` says, or how many posts to generate; files are looked for before all else. */
async function givenSource(flags: WorldFlags & { rows?: number | "all" }): Promise<GivenSource> {
  if (flags.source === undefined) {
    const wanted = typeof flags.rows === "number" ? flags.rows : 0;
    const posts = Math.max(wanted, sourcePosts);
    return { kind: "generated", words: `generated, ${posts} posts, seed ${flags.seed}`, posts };
  }
  const { givenSource } = await import("./pipelines/cli/given_source.ts");
  const given = givenSource(flags.source);
  if (given.kind === "server") return given;
  return { ...given, files: await filesIn(given.dir, flags) };
}

async function filesIn(dir: string, { without }: WorldFlags): Promise<SourceFiles> {
  const { sourceFiles } = await import("./pipelines/cli/source_folder.ts");
  return await sourceFiles(dir, without);
}

/** A state folder belongs to a source with all that is left out of it. */
function sourceWords(words: string, { without }: WorldFlags): string {
  return without.length === 0 ? words : `${words}, without ${without.join(" and ")}`;
}

async function fillDatabase(
  sim: Sim,
  given: Exclude<GivenSource, { kind: "server" }>,
  flags: WorldFlags,
  context: Around,
): Promise<Found> {
  const { notesOfRows } = await import("./pipelines/clients/mysql_check.ts");
  const { abortable } = await import("./pipelines/clients/retry.ts");
  const files = given.kind === "folder"
    ? given.files
    : await filesIn(await generatedSource(sim.dir, given.posts, flags.seed, context), flags);
  const ended = AbortSignal.any([context.signal, sim.diskFull]);
  const loaded = await abortable(sim.loadSource(files, { badCells: flags.badCells }), ended);
  const notes = [...loaded.notes, ...notesOfRows(loaded.rowCounts, given.words)];
  return told({ notes, unreadable: loaded.unreadable?.path ?? null });
}

async function checkDatabase(mysql: Target["mysql"], flags: RunFlags): Promise<Found> {
  const { checkSource } = await import("./pipelines/clients/mysql_check.ts");
  const { without, giveUpAfter } = flags;
  const notes = await checkSource(mysql, { without, limitMs: giveUpAfter * 1000 });
  return told({ notes, unreadable: null });
}

function told(found: Found): Found {
  for (const note of found.notes) say(`Note: ${note}`);
  return found;
}

/** Generates once: the same posts of the same seed are not made again. */
async function generatedSource(simDir: string, posts: number, seed: number, context: Around) {
  const folder = `${simDir}/source/${posts}-posts-seed-${seed}`;
  const isThere = await Deno.stat(folder).then(() => true, () => false);
  if (!isThere) await generateInto(folder, posts, seed, context);
  return folder;
}

/** The folder is whole or not there. */
async function generateInto(folder: string, posts: number, seed: number, context: Around) {
  const { generateSource } = await import("./fixtures/generate.ts");
  const bar = context.progress.stage("generate", "posts", posts);
  const unfinished = `${folder}.unfinished`;
  await generateSource({
    posts,
    seed,
    dir: unfinished,
    signal: context.signal,
    onProgress: (done) => bar.update(done),
  });
  await Deno.rename(unfinished, folder);
}

/** `kafka=9092` and so on. */
function portsOf(words: readonly string[]): Partial<Record<ServiceName, number>> {
  return Object.fromEntries(words.map((word) => {
    const [name, port] = word.split("=");
    const isPort = /^[0-9]{1,5}$/.test(port ?? "") && Number(port) < 65_536;
    if (name !== undefined && name in stablePorts && isPort) return [name, Number(port)];
    const names = Object.keys(stablePorts).join(", ");
    throw new UsageError(`--port is '${word}': must be a service and a port; services: ${names}`);
  }));
}

async function writeEndpoints(sim: Sim): Promise<string> {
  const { writeSettingsFile } = await import("./pipelines/cli/settings_file.ts");
  const file = `${sim.dir}/endpoints.env`;
  await writeSettingsFile(file, sim.settings);
  return file;
}
