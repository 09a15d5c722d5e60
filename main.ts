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
import {
  type CommandContext,
  describe,
  exitCodeOf,
  runCommand,
  say,
} from "./pipelines/cli/run_command.ts";
import { OutsideError, RunError, UsageError } from "./pipelines/errors.ts";
import type { Post } from "./pipelines/posts.ts";
import type { DatabricksTarget, PipelineName, Settings, Target } from "./pipelines/target.ts";
import type { ServiceName, Sim, SourceFiles } from "./sim/mod.ts";

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

type RunFlags = BatchFlags | StreamFlags;

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
        return await sql(invocation.flags);
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

/** The batch pipeline, in the world that the flags describe. */
async function batch(flags: BatchFlags, context: Around): Promise<number> {
  const startMs = performance.now();
  try {
    const { batchCommand, checkFlags } = await import("./pipelines/batch/command.ts");
    checkFlags(flags);
    await using world = await openWorld(flags, "batch", context);
    const target = await targetOf(flags, world.settings, "batch");
    const databricks = flags.engine === "databricks" ? await databricksOf(world) : null;
    const random = await diceOf(flags);
    return await batchCommand(target, flags, { ...world, databricks, startMs, random }, context);
  } catch (error) {
    context.progress.stop();
    const isStopped = context.signal.aborted;
    if (isStopped || error instanceof OutsideError || error instanceof RunError) {
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
    const { streamCommand } = await import("./pipelines/stream/command.ts");
    await using world = await openWorld(flags, "stream", context);
    const target = await targetOf(flags, world.settings, "stream");
    const onward = world.isGenerated ? await generatorOnward(flags) : null;
    const random = await diceOf(flags);
    return await streamCommand(target, flags, { ...world, startMs, random, onward }, context);
  } catch (error) {
    context.progress.stop();
    if (error instanceof OutsideError || error instanceof RunError) say(howToGoOn(flags, "stream"));
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

/** Where everything is, once it is known that this task may go there. */
async function targetOf(
  flags: RunFlags,
  settings: Settings,
  pipeline: PipelineName,
): Promise<Target> {
  const { readTarget } = await import("./pipelines/target.ts");
  const target = readTarget(flags.target, settings, pipeline);
  await checkNetwork(target, pipeline);
  return target;
}

/** The warehouse of the settings, once it is known that this task may go there. */
async function databricksOf({ settings }: World): Promise<DatabricksTarget> {
  const { readDatabricksTarget } = await import("./pipelines/target.ts");
  const target = readDatabricksTarget(settings);
  const { hostname, port, protocol } = new URL(target.host);
  await checkHosts([`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`], "batch");
  return target;
}

async function diceOf({ seed }: RunFlags): Promise<() => number> {
  const { worldFromSeed } = await import("./sim/world.ts");
  return worldFromSeed(seed).random("retry");
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
  const { shellLines } = await import("./pipelines/cli/settings_file.ts");
  const ports = { ...stablePorts, ...portsOf(flags.port) };
  const given = await givenSource(flags);
  if (given.kind === "server") {
    throw new UsageError("--source with a server is not for sim: its database takes files only");
  }
  await using sim = await openSim(flags, {
    ports,
    autoCreateTopics: flags.autoCreateTopics,
    limits: flags.limits,
  });
  const { unreadable } = await fillDatabase(sim, given, flags, context);
  if (unreadable !== null) say(`Note: rows that could not be read are left out: ${unreadable}`);
  context.progress.stop();
  const file = await writeEndpoints(sim);
  console.log(shellLines(sim.settings).trimEnd());
  say(`\nThe simulator runs until Ctrl-C. Other shells:  . ${file}`);
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  return 0;
}

/** One query over the last run. */
async function sql(flags: SqlFlags): Promise<number> {
  const { runQuery } = await import("./pipelines/warehouse/query.ts");
  const { ReaderGone, writeTo } = await import("./pipelines/cli/output.ts");
  try {
    await runQuery(flags, (text) => writeTo(Deno.stdout, text));
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
  if (flags.json) console.log(JSON.stringify({ posts: flags.rows, seed: flags.seed, files }));
  else say(`Wrote ${flags.rows.toLocaleString("en-GB")} posts to ${flags.out}`);
  return 0;
}

/** What a Databricks workspace is given. */
async function notebooks(flags: NotebooksFlags): Promise<number> {
  const { namesOf, notebooksCommand } = await import("./pipelines/deploy/databricks/command.ts");
  const { worldFromSeed } = await import("./sim/world.ts");
  const idOfSeed = () => worldFromSeed(flags.seed).id("pipeline");
  console.log(await notebooksCommand(flags, namesOf(flags, Deno.env.toObject(), idOfSeed)));
  return 0;
}

/** A running simulator, somebody else's, or none: the settings are all the pipeline sees. */
async function openWorld(
  flags: RunFlags,
  pipeline: PipelineName,
  context: Around,
): Promise<World> {
  const startMs = performance.now();
  const given = await givenSource(flags);
  const own = overrides(flags, given);
  const world = flags.target === "aws" || flags.endpoints !== undefined
    ? await worldOutside(flags, given, pipeline)
    : await worldInside(flags, given, pipeline, context);
  const settings = { ...world.settings, ...own };
  return { ...world, settings, setUpSeconds: (performance.now() - startMs) / 1000 };
}

/** The environment, or the file of a running simulator. */
async function worldOutside(
  flags: RunFlags,
  given: GivenSource,
  pipeline: PipelineName,
): Promise<World> {
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
  const named = flags.id === undefined ? settings : { ...settings, PIPELINE_ID: flags.id };
  const target = await targetOf(flags, { ...named, ...overrides(flags, given) }, pipeline);
  return {
    ...await checkDatabase(target.mysql, flags),
    settings: named,
    source: sourceWords(
      given.kind === "server" ? given.words : "the database of the settings",
      flags,
    ),
    stateDir: flags.data ?? await freshStateFolder(`${flags.out}/${outsideState[pipeline]}`),
    setUpSeconds: 0,
    posts: null,
    isGenerated: false,
    bucketDir: await bucketBeside(flags.endpoints, settings.S3_BUCKET),
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
): Promise<World> {
  const { parseBrokers } = await import("./pipelines/target.ts");
  const brokers = flags.kafkaBrokers && parseBrokers(flags.kafkaBrokers, []);
  const checked = given.kind === "server" ? await checkServer(given.mysql, flags, pipeline) : null;
  const limits = "limits" in flags ? flags.limits : undefined;
  const sim = await openSim(flags, { brokers: brokers || undefined, limits });
  let found = checked;
  try {
    const file = await writeEndpoints(sim);
    if (!flags.quiet) say(endpointLines(sim, file));
    if (given.kind !== "server") found = await fillDatabase(sim, given, flags, context);
  } catch (error) {
    await sim[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...(found ?? nothingFound),
    settings: sim.settings,
    source: sourceWords(given.words, flags),
    stateDir: `${sim.dir}/${pipeline === "batch" ? "run" : "stream"}`,
    setUpSeconds: 0,
    posts: given.kind === "generated" ? given.posts : null,
    isGenerated: given.kind === "generated",
    bucketDir: `${sim.dir}/s3/${sim.settings.S3_BUCKET}`,
    [Symbol.asyncDispose]: () => sim[Symbol.asyncDispose](),
  };
}

interface MoreForSim {
  ports?: Partial<Record<ServiceName, number>>;
  brokers?: readonly string[] | undefined;
  autoCreateTopics?: boolean | undefined;
  limits?: "on" | "off" | undefined;
}

/** Starts the simulator in `--data`, or afresh in `<out>/sim`. */
async function openSim(flags: SimFlags | RunFlags, more: MoreForSim): Promise<Sim> {
  const { startSim } = await import("./sim/mod.ts");
  const { readGatewayRoutes } = await import("./pipelines/deploy/gateway/mod.ts");
  return await startSim({
    routes: await readGatewayRoutes(),
    dir: flags.data ?? `${flags.out}/sim`,
    fresh: flags.data === undefined,
    seed: flags.seed,
    id: flags.id,
    faults: flags.faults,
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

/** What looking at a source has found. */
type Found = Pick<World, "notes" | "unreadable">;

const nothingFound: Found = { notes: [], unreadable: null };

async function fillDatabase(
  sim: Sim,
  given: Exclude<GivenSource, { kind: "server" }>,
  flags: WorldFlags,
  context: Around,
): Promise<Found> {
  const { notesOfRows } = await import("./pipelines/clients/mysql_check.ts");
  const files = given.kind === "folder"
    ? given.files
    : await filesIn(await generatedSource(sim.dir, given.posts, flags.seed, context), flags);
  const loaded = await sim.loadSource(files, { badCells: flags.badCells });
  const notes = [...loaded.notes, ...notesOfRows(loaded.rowCounts, given.words)];
  return told({ notes, unreadable: loaded.unreadable?.path ?? null });
}

/** A server that this task may reach, and that has what a source needs. */
async function checkServer(
  mysql: Target["mysql"],
  flags: RunFlags,
  pipeline: PipelineName,
): Promise<Found> {
  await checkHosts([`${mysql.host}:${mysql.port}`], pipeline);
  return await checkDatabase(mysql, flags);
}

async function checkDatabase(mysql: Target["mysql"], { without }: RunFlags): Promise<Found> {
  const { checkSource } = await import("./pipelines/clients/mysql_check.ts");
  return told({ notes: await checkSource(mysql, without), unreadable: null });
}

function told(found: Found): Found {
  for (const note of found.notes) say(`Note: ${note}`);
  return found;
}

/** Generates once: the same posts of the same seed are not made again. */
async function generatedSource(simDir: string, posts: number, seed: number, context: Around) {
  const folder = `${simDir}/source/${posts}-posts-seed-${seed}`;
  if (await Deno.stat(folder).then(() => true, () => false)) return folder;
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
  return folder;
}

/** Flags that stand in place of one setting each. */
function overrides(flags: RunFlags, given: GivenSource): Settings {
  const own: Settings = {
    AWS_REGION: flags.region,
    GATEWAY_URL: flags.gatewayUrl,
    KAFKA_BROKERS: flags.kafkaBrokers,
    KAFKA_AUTH: flags.kafkaAuth,
    AWS_ENDPOINT_URL_S3: flags.s3Endpoint,
    AWS_ENDPOINT_URL_KINESIS: flags.kinesisEndpoint,
    S3_BUCKET: flags.bucket,
    ...("engine" in flags ? databricksOverrides(flags) : {}),
    MYSQL_URL: given.kind === "server" ? given.url : undefined,
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

function databricksOverrides(flags: BatchFlags): Settings {
  return {
    DATABRICKS_HOST: flags.databricksHost,
    DATABRICKS_WAREHOUSE_ID: flags.databricksWarehouse,
    DATABRICKS_CATALOG: flags.databricksCatalog,
    DATABRICKS_SCHEMA: flags.databricksSchema,
  };
}

/** A host that this task may not reach is a wrong task, not a broken network. */
async function checkNetwork(target: Target, pipeline: PipelineName): Promise<void> {
  const { hostsOf } = await import("./pipelines/target.ts");
  await checkHosts(hostsOf(target, pipeline), pipeline);
}

async function checkHosts(hosts: readonly string[], pipeline: PipelineName): Promise<void> {
  for (const host of hosts) {
    const { state } = await Deno.permissions.query({ name: "net", host });
    if (state === "granted") continue;
    throw new UsageError(
      `${host} is outside of what this task may reach: use deno task ${pipeline}:aws for real ` +
        "targets",
    );
  }
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

/** Where the parts of the simulated cloud are, for a person; passwords are in the file alone. */
function endpointLines(sim: Sim, file: string): string {
  const { MYSQL_HOST, MYSQL_TCP_PORT, KAFKA_BROKERS, GATEWAY_URL, AWS_ENDPOINT_URL_S3 } =
    sim.settings;
  const { AWS_ENDPOINT_URL_KINESIS } = sim.settings;
  return `Simulated cloud  MySQL ${MYSQL_HOST}:${MYSQL_TCP_PORT}  Kafka ${KAFKA_BROKERS}  ` +
    `Kinesis ${AWS_ENDPOINT_URL_KINESIS}  gateway ${GATEWAY_URL}  S3 ${AWS_ENDPOINT_URL_S3}\n` +
    `Other programs   . ${file}`;
}

async function writeEndpoints(sim: Sim): Promise<string> {
  const { shellLines } = await import("./pipelines/cli/settings_file.ts");
  const file = `${sim.dir}/endpoints.env`;
  await Deno.writeTextFile(file, shellLines(sim.settings));
  return file;
}
