/**
 * The command line: words -> one command with its flags, checked; or help, or what is wrong.
 *
 * Nothing is started and nothing heavy is loaded here, so `--help` costs nothing.
 */
import { Command, CommanderError, Option } from "commander";
import { fileHelp } from "../check/help.ts";
import { UsageError } from "../errors.ts";
import project from "../../deno.json" with { type: "json" };
import type { TableName } from "../tables.ts";
import {
  duration,
  oneOf,
  pipelineId,
  rowCount,
  seconds,
  tablesLeftOut,
  wholeNumber,
} from "./flags.ts";

/** Flags that every command with a world shares. */
export interface WorldFlags {
  target: "sim" | "aws";
  seed: number;
  id?: string;
  source?: string;
  /** Tables of the source that are left out. */
  without: TableName[];
  /** What is done with a row of a source file that cannot be read. */
  badCells: "stop" | "reject";
  out: string;
  data?: string;
  json?: true;
  quiet?: true;
  debug?: true;
}

/** Each replaces one endpoint by itself. */
export interface EndpointFlags {
  endpoints?: string;
  region?: string;
  gatewayUrl?: string;
  kafkaBrokers?: string;
  kafkaAuth?: string;
  s3Endpoint?: string;
  bucket?: string;
  kinesisEndpoint?: string;
}

export interface BatchFlags extends WorldFlags, EndpointFlags {
  engine: "duckdb" | "databricks";
  databricksHost?: string;
  databricksWarehouse?: string;
  databricksCatalog?: string;
  databricksSchema?: string;
  rows?: number | "all";
  course?: true;
  pauses: boolean;
  batchSize?: number;
  partitions: number;
  flushSize?: number;
  sink: string[];
  giveUpAfter: number;
  replay?: string;
  compareStream?: true;
  faults: "none" | "seeded";
}

export interface StreamFlags extends WorldFlags, EndpointFlags {
  rows?: number | "all";
  /** Milliseconds. */
  for?: number;
  /** Records per second. */
  rate?: number;
  answers?: true;
  limits: "on" | "off";
  batchSize: number;
  flushRecords: number;
  flushBytes: number;
  /** Milliseconds. */
  flushAge: number;
  deltaDir?: string;
  acceptGap?: true;
  giveUpAfter: number;
  faults: "none" | "seeded";
}

export interface SimFlags extends WorldFlags {
  rows?: number | "all";
  port: string[];
  autoCreateTopics?: true;
  /** Without the pipeline's topics and streams. */
  empty?: true;
  /** Whether the settings, secrets among them, are printed. */
  printEnv?: true;
  limits: "on" | "off";
  faults: "none" | "seeded";
}

export interface SqlFlags {
  query: string;
  out: string;
  csv?: true;
  json?: true;
  rowsMax: number;
  debug?: true;
}

export interface GenerateFlags {
  rows: number;
  seed: number;
  out: string;
  format: "csv" | "jsonl";
  json?: true;
  quiet?: true;
  debug?: true;
}

export interface CheckFlags {
  /** A folder, if the first is one; then names of models, folders of them or cases. */
  words: string[];
  watch?: true;
  junit?: string;
  json?: true;
  new?: string;
  mutate?: true;
  failFast?: true;
  quiet?: true;
  debug?: true;
}

export interface NotebooksFlags {
  out: string;
  seed: number;
  id?: string;
  bucket?: string;
  region?: string;
  json?: true;
  debug?: true;
}

export type Invocation =
  | { command: "batch"; flags: BatchFlags }
  | { command: "stream"; flags: StreamFlags }
  | { command: "check"; flags: CheckFlags }
  | { command: "sim"; flags: SimFlags }
  | { command: "sql"; flags: SqlFlags }
  | { command: "generate"; flags: GenerateFlags }
  | { command: "notebooks"; flags: NotebooksFlags }
  /** Help or the version was asked for and has been printed. */
  | { command: "none" };

/**
 * Reads the words behind the program's name.
 * @throws {UsageError} with one sentence, and where to find help.
 */
export function parseCommandLine(words: readonly string[]): Invocation {
  let found: Invocation = { command: "none" };
  const program = new Command("pipeline")
    .description("The Pinterest Data Pipeline: on AWS, or complete in one process here.")
    .helpCommand(false);
  batchCommand(program, (flags) => found = { command: "batch", flags });
  streamCommand(program, (flags) => found = { command: "stream", flags });
  checkCommand(program, (flags) => found = { command: "check", flags });
  simCommand(program, (flags) => found = { command: "sim", flags });
  sqlCommand(program, (flags) => found = { command: "sql", flags });
  generateCommand(program, (flags) => found = { command: "generate", flags });
  notebooksCommand(program, (flags) => found = { command: "notebooks", flags });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} })
      .version(project.version, "--version", "print the version");
  }
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: "none" };
    if (error.code === "commander.help") {
      throw new UsageError(
        `Which command? One of batch, stream, check, sim, sql, generate, notebooks; --help tells more`,
      );
    }
    throw new UsageError(`${error.message.replace(/^error: /, "")} (--help lists the flags)`);
  }
  return found;
}

function batchCommand(program: Command, found: (flags: BatchFlags) => void): void {
  const command = program.command("batch")
    .description("MySQL to answers: ingest, land, transform, and the proof that nothing is lost")
    .option("--rows <n>", "how many posts, or all (default: all; with --course 1000)", rowCount)
    .option("--course", "the course's habits: its draws, its pauses, one record per object")
    .option("--no-pauses", "with --course: the same draws without the pauses")
    .option(
      "--batch-size <n>",
      "records per request (default 500; with --course 1)",
      count("--batch-size", 10_000),
    )
    .option(
      "--partitions <n>",
      "partitions per topic; more than 1 keys by index",
      count("--partitions", 1000),
      1,
    )
    .option(
      "--flush-size <n>",
      "records per object (default 10000; with --course 1)",
      count("--flush-size", 1e6),
    )
    .option("--sink <property=value>", "another property of the S3 sink; may be repeated", many)
    .addOption(giveUpOption())
    .option("--replay <file>", "post the records of a rejects file (CSV, Parquet) again as well")
    .option("--compare-stream", "compare the clean tables with those of `stream`, row by row")
    .addOption(
      new Option("--engine <name>", "what runs sql/: duckdb (embedded), or databricks")
        .argParser(oneOf("--engine", ["duckdb", "databricks"])).default("duckdb"),
    )
    .addOption(faultsOption())
    .action((flags: Given<BatchFlags, "sink" | "without">) =>
      found({ ...flags, sink: flags.sink ?? [], without: flags.without ?? [] })
    );
  databricksFlags(kafkaFlags(endpointFlags(worldFlags(command))));
  example(command, [
    "batch",
    "batch --rows 500 --seed 7 --json",
    "batch --engine databricks",
    "batch --course --rows 20 --data out/course",
    "batch --source ./my-dumps",
    "batch --source ./my-dumps --without geo --bad-cells reject",
    "batch --source mysql://me:secret@127.0.0.1/pinterest_data --kafka-brokers 127.0.0.1:9092",
  ]);
}

function streamCommand(program: Command, found: (flags: StreamFlags) => void): void {
  const command = program.command("stream")
    .description(
      "Posts through Kinesis into Delta tables that are always up to date, and the proof",
    )
    .option("--rows <n>", "how many posts, or all (default: all; with --for no end)", rowCount)
    .option("--for <time>", "post for so long, 30s, 5m; generates onward", duration("--for"))
    .option("--rate <n>", "records per second (default: as fast as it goes)", count("--rate", 1e6))
    .option("--answers", "the ten answers from the stream's tables at the end")
    .addOption(limitsOption("off"))
    .option("--batch-size <n>", "records per request", count("--batch-size", 500), 500)
    .option(
      "--flush-records <n>",
      "commit at the latest after n",
      count("--flush-records", 1e6),
      2e4,
    )
    .option("--flush-bytes <n>", "... or n bytes", count("--flush-bytes", 2 ** 28), 2 ** 23)
    .addOption(
      new Option("--flush-age <time>", "... or when a record is so old")
        .argParser(duration("--flush-age")).default(1000, "1s"),
    )
    .option("--delta-dir <dir>", "Delta tables in a folder in place of the bucket")
    .option("--accept-gap", "go on where records have left the stream unread, and say so")
    .addOption(giveUpOption())
    .addOption(faultsOption())
    .action((flags: Given<StreamFlags, "without">) =>
      found({ ...flags, without: flags.without ?? [] })
    );
  endpointFlags(worldFlags(command));
  example(command, [
    "stream",
    "stream --for 30s --rate 500",
    "stream --rows 2000 --answers --data ./kept",
  ]);
  command.addHelpText("after", growthHelp);
}

/** Measured: ledgers of 2,000 posts, and two million keys in the engine's memory. */
const growthHelp = `
What grows with every post of a stream, for as long as it goes on:
  the ledger in --data, about 300 bytes a post on disk (a million posts: 0.3 GB)
  the keys that were seen, about 60 bytes a post in memory, and beyond 256 MB in a folder on disk
The log of the Delta tables forgets commits older than 30 days.`;

function checkCommand(program: Command, found: (flags: CheckFlags) => void): void {
  const command = program.command("check")
    .description("Lints, tests and audits SQL, offline: this project's sql/ or another folder")
    .argument(
      "[words...]",
      "a folder of models, if the first is one; then what to check of it: pin, clean, median_*, " +
        "pin+ (and all that reads it), +pin (and all that it reads), or words of a test's name",
    )
    .option("--watch", "check again, after each change, what the change touches")
    .option("--junit <file>", "the results for a build server")
    .option("--json", "one JSON document on standard output; all else on standard error")
    .option("--new <model>", "draft a test of this model from sample rows")
    .option("--mutate", "change the models one thing at a time, and list what no test notices")
    .option("--fail-fast", "stop at the first failure")
    .option("--quiet", "no running counter")
    .option("--debug", "stack traces with errors")
    .action((words: string[], flags: Omit<CheckFlags, "words">) => found({ ...flags, words }));
  example(command, [
    "check",
    "check pin+ --watch",
    "check ../my-sql --junit out/check.xml",
    "check --new most_followed_country",
    "check clean --mutate",
  ]);
  command.addHelpText("after", fileHelp);
}

function simCommand(program: Command, found: (flags: SimFlags) => void): void {
  const command = program.command("sim")
    .description("The simulated cloud alone, on ports that stay the same, until Ctrl-C")
    .option("--rows <n>", "posts to generate for the database, at least 11154", rowCount)
    .option("--port <service=port>", "another port; may be repeated", many)
    .option("--auto-create-topics", "a topic appears by being asked for")
    .option("--empty", "without the pipeline's topics and streams")
    .option("--print-env", "print the export lines, passwords included, on standard output")
    .addOption(limitsOption("on"))
    .addOption(faultsOption())
    .action((flags: Given<SimFlags, "port" | "without">) =>
      found({ ...flags, port: flags.port ?? [], without: flags.without ?? [] })
    );
  worldFlags(command);
  example(command, [
    "sim",
    "sim --port kafka=9092 --port s3=9000",
    "sim --data ./kept --print-env",
  ]);
}

function sqlCommand(program: Command, found: (flags: SqlFlags) => void): void {
  const command = program.command("sql")
    .description("One query over the tables, answers and rejects of the last runs")
    .argument(
      "<query>",
      "DuckDB SQL; tables: pin, geo, user, rejects and each answer by its name, of the stream " +
        "as stream.pin and so on",
    )
    .option("--out <dir>", "folder of the run", "out")
    .addOption(new Option("--csv", "the result as CSV").conflicts("json"))
    .option("--json", "the result as JSON")
    .option("--rows-max <n>", "rows shown in a table", count("--rows-max", 1e9), 100)
    .option("--debug", "stack traces with errors")
    .action((query: string, flags: Omit<SqlFlags, "query">) => found({ ...flags, query }));
  example(command, [
    'sql "select category, count(*) from pin group by all order by 2 desc"',
    'sql --csv "select * from rejects"',
    'sql "select count(*) from stream.pin"',
  ]);
}

function generateCommand(program: Command, found: (flags: GenerateFlags) => void): void {
  const command = program.command("generate")
    .description("Writes a source of any size as files, for --source")
    .requiredOption("--rows <n>", "how many posts", count("--rows", 100_000_000))
    .requiredOption("--out <dir>", "folder for the three files")
    .addOption(seedOption())
    .addOption(
      new Option("--format <name>", "csv or jsonl").argParser(oneOf("--format", ["csv", "jsonl"]))
        .default("jsonl"),
    )
    .option("--json", "one JSON document on standard output")
    .option("--quiet", "no progress")
    .option("--debug", "stack traces with errors")
    .action((flags: GenerateFlags) => found(flags));
  example(command, ["generate --rows 1000000 --out ./million"]);
}

function notebooksCommand(program: Command, found: (flags: NotebooksFlags) => void): void {
  const command = program.command("notebooks")
    .description("Writes notebooks and a bundle that run sql/ on Databricks")
    .option("--out <dir>", "folder of the bundle", "out/databricks")
    .option("--id <hex>", "in place of PIPELINE_ID (default: by seed)", pipelineId)
    .option("--bucket <name>", "in place of S3_BUCKET (default: user-<id>-bucket)")
    .option("--region <name>", "in place of AWS_REGION")
    .addOption(seedOption())
    .option("--json", "one JSON document on standard output")
    .option("--debug", "stack traces with errors")
    .action((flags: NotebooksFlags) => found(flags));
  example(command, ["notebooks", "notebooks --id 0a1b2c3d4e5f --bucket my-bucket --out ./bundle"]);
}

function worldFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--target <world>", "sim: all on this machine; aws: endpoints from outside")
        .argParser(oneOf("--target", ["sim", "aws"])).default("sim"),
    )
    .addOption(seedOption())
    .option("--id <hex>", "prefix of all names, twelve hex digits (default: by seed)", pipelineId)
    .option("--source <where>", "a folder with the three tables, or mysql://user:password@host/db")
    .option("--without <tables>", "of pin, geo, user: meant to be absent", tablesLeftOut)
    .addOption(
      new Option("--bad-cells <how>", "a row that cannot be read: stop, or reject (and go on)")
        .argParser(oneOf("--bad-cells", ["stop", "reject"])).default("stop"),
    )
    .option("--out <dir>", "folder for results", "out")
    .option("--data <dir>", "folder to keep, and to go on from next time")
    .option("--json", "one JSON document on standard output; all else on standard error")
    .option("--quiet", "no progress and no tables")
    .option("--debug", "stack traces with errors");
}

function endpointFlags(command: Command): Command {
  return command
    .option("--endpoints <file>", "use a running simulator: the file that `task sim` wrote")
    .option("--region <name>", "in place of AWS_REGION")
    .option("--gateway-url <url>", "in place of GATEWAY_URL")
    .option("--s3-endpoint <url>", "in place of AWS_ENDPOINT_URL_S3")
    .option("--kinesis-endpoint <url>", "in place of AWS_ENDPOINT_URL_KINESIS")
    .option("--bucket <name>", "in place of S3_BUCKET");
}

function databricksFlags(command: Command): Command {
  return command
    .option("--databricks-host <url>", "in place of DATABRICKS_HOST")
    .option("--databricks-warehouse <id>", "in place of DATABRICKS_WAREHOUSE_ID")
    .option("--databricks-catalog <name>", "in place of DATABRICKS_CATALOG")
    .option("--databricks-schema <name>", "in place of DATABRICKS_SCHEMA");
}

function kafkaFlags(command: Command): Command {
  return command
    .option("--kafka-brokers <list>", "in place of KAFKA_BROKERS; the simulated proxy follows")
    .option("--kafka-auth <how>", "in place of KAFKA_AUTH: none or iam");
}

function seedOption(): Option {
  return new Option("--seed <n>", "decides data, names and faults (no secrets)")
    .argParser(wholeNumber("--seed", { max: 2 ** 32 - 1 })).default(1);
}

function faultsOption(): Option {
  return new Option("--faults <how>", "none, or seeded: the simulator misbehaves by the seed")
    .argParser(oneOf("--faults", ["none", "seeded"])).default("none");
}

function giveUpOption(): Option {
  return new Option("--give-up-after <time>", "how long to wait for and retry what is out of reach")
    .argParser(seconds("--give-up-after", { min: 1, max: 86_400 })).default(60, "60s");
}

function limitsOption(usual: "on" | "off"): Option {
  return new Option("--limits <on|off>", "whether shards have AWS's throughput and no more")
    .argParser(oneOf("--limits", ["on", "off"])).default(usual);
}

function count(flag: string, max: number) {
  return (text: string): number => wholeNumber(flag, { min: 1, max })(text);
}

/** Flags in which a list may be missing: an empty one as default would stand in the help. */
type Given<Flags, List extends keyof Flags> = Omit<Flags, List> & Partial<Pick<Flags, List>>;

function many(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function example(command: Command, lines: readonly string[]): void {
  const text = lines.map((line) => `  deno task ${line}`).join("\n");
  command.addHelpText("after", `\nExamples:\n${text}`);
}
