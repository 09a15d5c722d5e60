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
import { print } from "./pipelines/cli/output.ts";
import {
  type CommandContext,
  describe,
  exitCodeOf,
  runCommand,
  say,
} from "./pipelines/cli/run_command.ts";
import { type Source, sourceOf } from "./pipelines/cli/source_folder.ts";
import type { Told, ToldFlags } from "./pipelines/cli/told.ts";
import {
  checkDatabase,
  type Found,
  howToGoOn,
  isOutside,
  mayGoOn,
  nothingFound,
  type Place,
  placeOutside,
  type RunFlags,
  settingsOfFlags,
  settingsOutside,
  sourceWords,
  stateDirInside,
  stateDirOf,
  told,
  type World,
} from "./pipelines/cli/world.ts";
import { UsageError } from "./pipelines/errors.ts";
import type { Post } from "./pipelines/posts.ts";
import type { PipelineName, Target } from "./pipelines/target.ts";
import type { Sim, SimOptions } from "./sim/mod.ts";

interface Around extends CommandContext {
  told: Told;
}

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
        return await telling(invocation.flags, context, batch);
      case "stream":
        return await telling(invocation.flags, context, stream);
      case "check":
        return await check(invocation.flags, context);
      case "sim":
        return await telling(invocation.flags, context, simAlone);
      case "sql":
        return await sql(invocation.flags, context);
      case "generate":
        return await telling(invocation.flags, context, generate);
      case "notebooks":
        return await notebooks(invocation.flags);
      case "none":
        return 0;
    }
  }, { debug: words.includes("--debug") });
}

/** Runs a command with those who listen to it; what they were told is with them when it ends. */
async function telling<Flags extends ToldFlags>(
  flags: Flags,
  context: CommandContext,
  command: (flags: Flags, context: Around) => Promise<number>,
): Promise<number> {
  const { openTold } = await import("./pipelines/cli/told.ts");
  await using told = await openTold(flags);
  return await command(flags, { ...context, told });
}

/** Whoever does not wait for the end gets the terminal back, and is told how to go on. */
function lastWords({ beforeLeaving, told }: Around, words: () => string): void {
  beforeLeaving(() => {
    told.stopDrawing();
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
    context.told.stopDrawing();
    const isStopped = context.signal.aborted;
    if (isStopped || mayGoOn(error)) {
      say(`${isStopped ? "Stopped. " : ""}${howToGoOn(flags, "batch")}`);
    }
    throw error;
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
    context.told.stopDrawing();
    if (mayGoOn(error)) say(howToGoOn(flags, "stream"));
    // A failure behind a Ctrl-C is still a failure, and has to be read.
    if (!context.signal.aborted || error === context.signal.reason) throw error;
    say(describe(error, flags.debug === true));
    return exitCodeOf(error);
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
  const { coursePosts } = await import("./fixtures/layout.ts");
  const { generatePosts, indexMax } = await import("./fixtures/posts.ts");
  const { postOfCells } = await import("./pipelines/posts.ts");
  return function* (firstIndex) {
    for (let from = firstIndex; from + coursePosts <= indexMax; from += coursePosts) {
      const posts = generatePosts({ posts: coursePosts, seed, firstIndex: from });
      for (const post of posts) yield postOfCells(post, without);
    }
  };
}

async function diceOf({ seed }: RunFlags): Promise<() => number> {
  const { worldFromSeed } = await import("./sim/world.ts");
  return worldFromSeed(seed).random("retry");
}

/** The simulator alone, until Ctrl-C. */
async function simAlone(flags: SimFlags, context: Around): Promise<number> {
  const given = await givenSource(flags);
  if (given.kind === "server") {
    throw new UsageError("--source with a server is not for sim: its database takes files only");
  }
  await using sim = await openSim(flags, given, context.told, {
    ports: flags.port,
    autoCreateTopics: flags.autoCreateTopics,
    limits: flags.limits,
    prepared: flags.empty !== true,
  });
  const { unreadable } = await fillDatabase(sim, given, flags, context);
  if (unreadable !== null) say(`Note: rows that could not be read are left out: ${unreadable}`);
  context.told.stopDrawing();
  const file = await writeEndpoints(sim);
  if (flags.printEnv) {
    const { shellLines } = await import("./pipelines/cli/settings_file.ts");
    print(shellLines(sim.settings).trimEnd());
  }
  sim.diskFull.addEventListener("abort", () => say(describe(sim.diskFull.reason, false)));
  const { endpointLines, moreLines } = await import("./pipelines/cli/endpoint_lines.ts");
  say(endpointLines(sim.settings, file, flags.iam) + moreLines(sim.settings));
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  await tellRecord(sim, flags);
  return 0;
}

/** One query over the last run. */
async function sql(flags: SqlFlags, { signal }: CommandContext): Promise<number> {
  const { runQuery } = await import("./pipelines/report/query.ts");
  const { ReaderGone, writeTo } = await import("./pipelines/cli/output.ts");
  try {
    await runQuery(flags, (text) => writeTo(Deno.stdout, text), signal);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error; // `| head` has what it wanted.
  }
  return 0;
}

/** Source files of any size. */
async function generate(flags: GenerateFlags, { signal, told }: Around): Promise<number> {
  const { generateSource } = await import("./fixtures/generate.ts");
  const files = await generateSource({
    posts: flags.rows,
    seed: flags.seed,
    dir: flags.out,
    format: flags.format,
    signal,
    onProgress: generating(flags.rows, told),
  });
  told.stopDrawing();
  if (flags.json) print(JSON.stringify({ posts: flags.rows, seed: flags.seed, files }));
  else say(`Wrote ${flags.rows.toLocaleString("en-GB")} posts to ${flags.out}`);
  return 0;
}

/** What a Databricks workspace is given. */
async function notebooks(flags: NotebooksFlags): Promise<number> {
  const { namesOf, notebooksCommand } = await import("./pipelines/deploy/databricks/command.ts");
  const { idOfSeed } = await import("./sim/plan.ts");
  const names = namesOf(flags, Deno.env.toObject(), () => idOfSeed(flags.seed));
  print(await notebooksCommand(flags, names));
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
  const { databricksOf, targetOf } = await import("./pipelines/cli/reach.ts");
  const given = await givenSource(flags);
  const own = settingsOfFlags(flags, given);
  const outside = isOutside(flags);
  const expected = outside
    ? await settingsOutside(flags, given)
    : (await import("./sim/mod.ts")).expectedSettings(await simOptions(flags));
  const settings = { ...expected, ...own };
  const target = await targetOf(flags.target, settings, pipeline);
  if ("engine" in flags && flags.engine === "databricks") await databricksOf(settings);
  const source = sourceWords(flags, given);
  await check(target, flags, { source, stateDir: stateDirOf(flags, pipeline) });
  const found = outside || given.kind === "server"
    ? await checkDatabase(target.mysql, flags)
    : nothingFound;
  const world = outside
    ? await placeOutside(flags, settings, pipeline)
    : await placeInside(flags, given, pipeline, context);
  return {
    ...found,
    ...world,
    settings: { ...world.settings, ...own },
    source,
    setUpSeconds: (performance.now() - startMs) / 1000,
  };
}

/** A simulator of this run's own, with its database filled. */
async function placeInside(
  flags: RunFlags,
  given: Source,
  pipeline: PipelineName,
  context: Around,
): Promise<Place & Partial<Found>> {
  const { brokerList } = await import("./pipelines/forms.ts");
  const brokers = "kafkaBrokers" in flags && flags.kafkaBrokers
    ? brokerList("--kafka-brokers", flags.kafkaBrokers)
    : undefined;
  const limits = "limits" in flags ? flags.limits : undefined;
  const sim = await openSim(flags, given, context.told, { brokers, limits });
  let found: Partial<Found> = {};
  try {
    const file = await writeEndpoints(sim);
    const { endpointLines } = await import("./pipelines/cli/endpoint_lines.ts");
    if (!flags.quiet) say(endpointLines(sim.settings, file, flags.iam));
    if (given.kind !== "server") found = await fillDatabase(sim, given, flags, context);
  } catch (error) {
    await sim[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...found,
    settings: sim.personSettings,
    stateDir: stateDirInside(sim.dir, pipeline),
    posts: given.kind === "generated" ? given.posts : null,
    isGenerated: given.kind === "generated",
    bucketDir: `${sim.dir}/s3/${sim.settings.S3_BUCKET}`,
    failed: sim.diskFull,
    async [Symbol.asyncDispose]() {
      try {
        await tellRecord(sim, flags);
      } finally {
        await sim[Symbol.asyncDispose]();
      }
    },
  };
}

/** The simulator in `--data`, or afresh in `<out>/sim`, with what the manifest lists. */
async function simOptions(flags: SimFlags | RunFlags) {
  const { cloudOf } = await import("./pipelines/deploy/cloud.ts");
  const { idOfSeed, placeOf } = await import("./sim/plan.ts");
  return await cloudOf(flags, {
    id: flags.id ?? idOfSeed(flags.seed),
    placeOf: async (resources) => ({
      ...placeOf({ seed: flags.seed, resources }),
      ...await sinkPlace(flags),
    }),
  });
}

/** Where a sink with properties of its own lands, and by which group it reads. */
async function sinkPlace(flags: SimFlags | RunFlags) {
  if (!("sink" in flags)) return {};
  const { sinkPlaceOf } = await import("./pipelines/batch/command.ts");
  return sinkPlaceOf(flags);
}

/** What was asked for, as a file and in a few words; after the run, whatever came of it. */
async function tellRecord(sim: Sim, flags: SimFlags | RunFlags): Promise<void> {
  if (flags.record === undefined) return;
  const { writeRecord } = await import("./pipelines/deploy/policies/record.ts");
  const { identities } = await simOptions(flags);
  const lines = await writeRecord(flags.record, await sim.recorded(), identities);
  say(lines.join("\n"));
}

async function openSim(
  flags: SimFlags | RunFlags,
  given: Source,
  { request }: Told,
  more: Partial<SimOptions>,
): Promise<Sim> {
  const { startSim } = await import("./sim/mod.ts");
  if (flags.record !== undefined) {
    const { checkRecord } = await import("./pipelines/deploy/policies/record.ts");
    await checkRecord(flags.record);
  }
  const sim = await startSim({
    ...await simOptions(flags),
    sources: given.kind === "folder" ? Object.values(given.files).flat() : [],
    ...more,
  });
  if (request !== null) await sim.hear(request);
  return sim;
}

/** What `--source` says, or how many posts to generate; files are looked for before all else. */
async function givenSource(flags: WorldFlags & { rows?: number | "all" }): Promise<Source> {
  const { coursePosts } = await import("./fixtures/layout.ts");
  return await sourceOf(flags, Math.max(Number(flags.rows) || 0, coursePosts));
}

async function fillDatabase(
  sim: Sim,
  given: Exclude<Source, { kind: "server" }>,
  flags: WorldFlags,
  context: Around,
): Promise<Found> {
  const { notesOfRows } = await import("./pipelines/clients/mysql_check.ts");
  const { abortable } = await import("./pipelines/clients/retry.ts");
  const { sourceFiles } = await import("./pipelines/cli/source_folder.ts");
  const files = given.kind === "folder" ? given.files : await sourceFiles(
    await generatedSource(sim.dir, given.posts, flags.seed, context),
    flags.without,
  );
  const ended = AbortSignal.any([context.signal, sim.diskFull]);
  const loaded = await abortable(sim.loadSource(files, { badCells: flags.badCells }), ended);
  const notes = [...loaded.notes, ...notesOfRows(loaded.rowCounts, given.words)];
  return told({ notes, unreadable: loaded.unreadable?.path ?? null });
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
  const unfinished = `${folder}.unfinished`;
  await generateSource({
    posts,
    seed,
    dir: unfinished,
    signal: context.signal,
    onProgress: generating(posts, context.told),
  });
  await Deno.rename(unfinished, folder);
}

function generating(total: number, { tell }: Told): (posts: number) => void {
  return (done) => tell.stage?.({ stage: "generate", unit: "posts", done, total });
}

async function writeEndpoints(sim: Sim): Promise<string> {
  const { writeSettingsFile } = await import("./pipelines/cli/settings_file.ts");
  const file = `${sim.dir}/endpoints.env`;
  await writeSettingsFile(file, sim.settings);
  return file;
}
