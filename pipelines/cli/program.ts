/**
 * The command line: words -> one command with its flags, checked; or help, or what is wrong.
 *
 * Nothing is started and nothing heavy is loaded here, so `--help` costs nothing. What a flag is
 * stands in settings.ts; here stands which command has which, and what is special there.
 */
import { Command, CommanderError, Option } from "commander";
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { wholeNumber } from "../forms.ts";
import { type Setting, settings, usualOf, type ValueOf } from "../settings.ts";
import { fileHelp } from "./check_help.ts";

interface CommandText {
  text: string;
  /** By their names, in the order of the help. */
  flags: Readonly<Record<string, Setting>>;
  /** The words that are no flags: their name among the flags, how they are shown, what they are. */
  words?: readonly [name: string, shown: string, text: string];
  examples: readonly string[];
  /** Below everything else. */
  more?: string;
}

/** Some settings of the table. */
function some<K extends keyof typeof settings>(...names: K[]): Pick<typeof settings, K> {
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as Pick<
    typeof settings,
    K
  >;
}

const world = some(
  ...["target", "seed", "id", "source", "without", "badCells", "out", "data"] as const,
  ...["json", "quiet", "events", "log", "debug"] as const,
  ...["iam", "record", "secureTransport", "gatewayAuth", "kafkaListeners", "kafkaPlain"] as const,
);
const endpoints = some(
  ...["endpoints", "region", "gatewayUrl", "s3Endpoint", "kinesisEndpoint", "bucket"] as const,
);

/** Measured: ledgers of 2,000 posts, and two million keys in the engine's memory. */
const growth = `
What grows with every post of a stream, for as long as it goes on:
  the ledger in --data, about 300 bytes a post on disk (a million posts: 0.3 GB)
  the keys that were seen, about 60 bytes a post in memory, and beyond 256 MB in a folder on disk
The log of the Delta tables forgets commits older than 30 days.`;

const commands = {
  batch: {
    text: "MySQL to answers: ingest, land, transform, and the proof that nothing is lost",
    flags: {
      ...some("rows", "course", "pauses", "batchSize", "partitions", "flushSize", "sink"),
      ...some("giveUpAfter", "replay", "compareStream", "engine", "faults"),
      ...world,
      ...endpoints,
      ...some("kafkaBrokers", "kafkaAuth", "databricksHost", "databricksWarehouse"),
      ...some("databricksCatalog", "databricksSchema"),
    },
    examples: [
      "batch",
      "batch --rows 500 --seed 7 --json",
      "batch --engine databricks",
      "batch --course --rows 20 --data out/course",
      "batch --source ./my-dumps",
      "batch --source ./my-dumps --without geo --bad-cells reject",
      "batch --source mysql://me:secret@127.0.0.1/pinterest_data --kafka-brokers 127.0.0.1:9092",
    ],
  },
  stream: {
    text: "Posts through Kinesis into Delta tables that are always up to date, and the proof",
    flags: {
      rows: { ...settings.rows, otherwise: "all; with --for no end" },
      ...some("for", "rate", "answers", "limits"),
      batchSize: { ...settings.batchSize, usual: "500", form: wholeNumber(1, 500) },
      ...some("flushRecords", "flushBytes", "flushAge", "deltaDir", "acceptGap"),
      ...some("giveUpAfter", "faults"),
      ...world,
      ...endpoints,
    },
    examples: [
      "stream",
      "stream --for 30s --rate 500",
      "stream --rows 2000 --answers --data ./kept",
    ],
    more: growth,
  },
  check: {
    text: "Lints, tests and audits SQL, offline: this project's sql/ or another folder",
    words: [
      "words",
      "[words...]",
      "a folder of models, if the first is one; then what to check of it: pin, clean, median_*, " +
      "pin+ (and all that reads it), +pin (and all that it reads), or words of a test's name",
    ],
    flags: {
      ...some("watch", "junit", "json", "new", "mutate", "failFast"),
      quiet: { ...settings.quiet, text: "no running counter" },
      debug: settings.debug,
    },
    examples: [
      "check",
      "check pin+ --watch",
      "check ../my-sql --junit out/check.xml",
      "check --new most_followed_country",
      "check clean --mutate",
    ],
    more: fileHelp,
  },
  sim: {
    text: "The simulated cloud alone, on ports that stay the same, until Ctrl-C",
    flags: {
      rows: {
        ...settings.rows,
        text: "posts to generate for the database, no fewer than the course's",
        otherwise: "as many",
      },
      ...some("port", "autoCreateTopics", "empty", "printEnv"),
      limits: { ...settings.limits, usual: "on" },
      faults: settings.faults,
      ...world,
    },
    examples: ["sim", "sim --port kafka=9092 --port s3=9000", "sim --data ./kept --print-env"],
  },
  sql: {
    text: "One query over the tables, answers and rejects of the last runs",
    words: [
      "query",
      "<query>",
      "DuckDB SQL; tables: pin, geo, user, rejects and each answer by its name, of the stream " +
      "as stream.pin and so on",
    ],
    flags: {
      out: { ...settings.out, text: "folder of the run" },
      csv: settings.csv,
      json: { ...settings.json, text: "the result as JSON" },
      ...some("rowsMax", "debug"),
    },
    examples: [
      'sql "select category, count(*) from pin group by all order by 2 desc"',
      'sql --csv "select * from rejects"',
      'sql "select count(*) from stream.pin"',
    ],
  },
  generate: {
    text: "Writes a source of any size as files, for --source",
    flags: {
      rows: {
        flag: settings.rows.flag,
        text: "how many posts",
        required: true,
        form: wholeNumber(1, 100_000_000),
      },
      out: { flag: settings.out.flag, text: "folder for the three files", required: true },
      ...some("seed", "format", "json"),
      quiet: { ...settings.quiet, text: "no progress" },
      debug: settings.debug,
    },
    examples: ["generate --rows 1000000 --out ./million"],
  },
  notebooks: {
    text: "Writes notebooks and a bundle that run sql/ on Databricks",
    flags: {
      out: { ...settings.out, text: "folder of the bundle", usual: "out/databricks" },
      ...some("id", "bucket", "region", "seed", "json", "debug"),
    },
    examples: ["notebooks", "notebooks --id 0a1b2c3d4e5f --bucket my-bucket --out ./bundle"],
  },
} as const satisfies Record<string, CommandText>;

type CommandName = keyof typeof commands;

/** A setting that stands in the environment too is kept as its text, and has no default here. */
type FlagOf<S> = S extends { variable: string } ? string : ValueOf<S>;

type IsSure<S> = S extends { variable: string } ? false
  : S extends { usual: string } | { start: unknown } | { required: true } ? true
  : S extends { flag: `--no-${string}` } ? true
  : false;

type FlagsOf<F> =
  & { -readonly [K in keyof F as IsSure<F[K]> extends true ? K : never]: FlagOf<F[K]> }
  & { -readonly [K in keyof F as IsSure<F[K]> extends true ? never : K]?: FlagOf<F[K]> };

type Flags<N extends CommandName> = FlagsOf<typeof commands[N]["flags"]>;

export type WorldFlags = FlagsOf<typeof world>;
export type BatchFlags = Flags<"batch">;
export type StreamFlags = Flags<"stream">;
export type SimFlags = Flags<"sim">;
export type GenerateFlags = Flags<"generate">;
export type NotebooksFlags = Flags<"notebooks">;
/** The first word is a folder, if there is one of that name; then models, folders of them, cases. */
export type CheckFlags = Flags<"check"> & { words: string[] };
export type SqlFlags = Flags<"sql"> & { query: string };

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
  for (const [name, text] of Object.entries(commands)) {
    // The table above is what commander reads by, and what the types are made of.
    addCommand(program, name, text, (flags) => found = { command: name, flags } as Invocation);
  }
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
      const names = Object.keys(commands).join(", ");
      throw new UsageError(`Which command? One of ${names}; --help tells more`);
    }
    throw new UsageError(`${error.message.replace(/^error: /, "")} (--help lists the flags)`);
  }
  return found;
}

function addCommand(
  program: Command,
  name: string,
  { text, flags, words, examples, more }: CommandText,
  found: (flags: Record<string, unknown>) => void,
): void {
  const command = program.command(name).description(text);
  if (words !== undefined) command.argument(words[1], words[2]);
  for (const setting of Object.values(flags)) command.addOption(optionOf(setting));
  const lines = examples.map((line) => `  deno task ${line}`).join("\n");
  command.addHelpText("after", `\nExamples:\n${lines}`);
  if (more !== undefined) command.addHelpText("after", more);
  command.action((first: unknown) => {
    const given = { ...startsOf(flags), ...command.opts() };
    found(words === undefined ? given : { ...given, [words[0]]: first });
  });
}

/** Lists may be missing on a command line: an empty one as default would stand in the help. */
function startsOf(flags: CommandText["flags"]): Record<string, unknown> {
  const starts = Object.entries(flags).filter(([, { start }]) => start !== undefined);
  return Object.fromEntries(starts.map(([name, { start }]) => [name, start]));
}

function optionOf(setting: Setting): Option {
  const { flag = "", variable, form, start, usual, required = false, conflicts } = setting;
  const option = new Option(flag, helpOf(setting)).makeOptionMandatory(required);
  if (conflicts !== undefined) option.conflicts(conflicts);
  const [name = ""] = flag.split(" ");
  if (form !== undefined) {
    option.argParser((text: string, before: unknown) => {
      const value = form(name, text, (start === undefined ? undefined : before ?? start) as never);
      return variable === undefined ? value : text;
    });
  }
  if (variable === undefined && usual !== undefined) {
    option.default(usualOf(name, { ...setting, usual }), usual);
  }
  return option;
}

function helpOf({ text, variable, usual, otherwise }: Setting): string {
  const fallback = usual ?? otherwise;
  if (variable !== undefined) {
    return `${text} (in place of ${variable}${fallback === undefined ? "" : `; else ${fallback}`})`;
  }
  return otherwise === undefined ? text : `${text} (default: ${otherwise})`;
}
