/**
 * Other people's programs: installs each one once, below `tests/foreign/.tools` or through the
 * system's package manager, and says where it is. Nothing is skipped: what cannot be installed
 * fails the test that needs it.
 *
 * Versions are pinned where the registry keeps old ones; Debian's are what the release carries.
 */
const tools = new URL("./.tools/", import.meta.url).pathname;

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Uint8Array;
  /** Ends the program after this time; default one minute. */
  timeoutMs?: number;
}

/** Runs a program to its end; its output as text. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = new Deno.Command(program, {
    args: [...args],
    env: options.env ?? {},
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
  try {
    const [output] = await Promise.all([child.output(), feed(child, options.stdin)]);
    return {
      code: output.code,
      stdout: new TextDecoder().decode(output.stdout),
      stderr: new TextDecoder().decode(output.stderr),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function feed(child: Deno.ChildProcess, input: string | Uint8Array | undefined) {
  if (input === undefined) return;
  const writer = child.stdin.getWriter();
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  try {
    await writer.write(bytes);
    await writer.close();
  } catch (error) {
    // A program that ends without reading all of its input is judged by its exit code.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Like `run`, and throws with both outputs unless the program ends with 0. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function onPath(program: string): Promise<string | null> {
  const { code, stdout } = await run("sh", ["-c", `command -v ${program}`]);
  return code === 0 ? stdout.trim() : null;
}

let updated: Promise<unknown> | null = null;

/** A program of a Debian package, installed if it is not there. */
export async function debian(program: string, packageName = program): Promise<string> {
  const found = await onPath(program);
  if (found !== null) return found;
  updated ??= mustRun("apt-get", ["update", "-qq"], { timeoutMs: 300_000 });
  await updated;
  await mustRun("apt-get", ["install", "-y", "-qq", "--no-install-recommends", packageName], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    timeoutMs: 600_000,
  });
  const installed = await onPath(program);
  if (installed === null) throw new Error(`Debian's ${packageName} brought no ${program}`);
  return installed;
}

/** What the Python judges need, each at one version. */
const pythonPackages = [
  "awscli==1.46.3",
  "boto3==1.44.5",
  "PyMySQL==1.2.4",
  "requests==2.34.2",
  "SQLAlchemy==2.1.9",
  "cryptography==50.0.2",
];

/** A Python of its own with the packages above. */
export async function python(): Promise<string> {
  const bin = `${tools}venv/bin/python`;
  const stamp = `${tools}venv/installed.txt`;
  const wanted = pythonPackages.join("\n");
  if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return bin;
  await Deno.mkdir(tools, { recursive: true });
  await mustRun("python3", ["-m", "venv", "--clear", `${tools}venv`], { timeoutMs: 120_000 });
  await mustRun(bin, ["-m", "pip", "install", "--quiet", ...pythonPackages], {
    timeoutMs: 600_000,
  });
  await Deno.writeTextFile(stamp, wanted);
  return bin;
}

/** The `aws` command line of that Python. */
export async function aws(): Promise<string> {
  await python();
  return `${tools}venv/bin/aws`;
}

export const kafkaReleases = ["3.9.1", "4.1.1"] as const;
export type KafkaRelease = typeof kafkaReleases[number];

/** The class path of one Apache Kafka release: broker, clients and tools, from its jars. */
export async function kafkaClassPath(release: KafkaRelease): Promise<string> {
  const folder = `${tools}kafka-${release}`;
  if (!await exists(`${folder}/complete`)) {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/pom.xml`, kafkaPom(release));
    const maven = await debian("mvn", "maven");
    await mustRun(maven, [
      "-q",
      "-B",
      "dependency:copy-dependencies",
      `-DoutputDirectory=${folder}/jars`,
    ], { cwd: folder, timeoutMs: 600_000 });
    await Deno.writeTextFile(`${folder}/complete`, release);
  }
  return `${folder}/jars/*`;
}

function kafkaPom(release: KafkaRelease): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${version}</version></dependency>`;
  return `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>judges</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>
${dependency("org.apache.kafka", "kafka_2.13", release)}
${dependency("org.apache.kafka", "kafka-tools", release)}
${dependency("org.slf4j", "slf4j-nop", "1.7.36")}
</dependencies>
</project>
`;
}

/** A Java of at least 17, which Kafka 4's broker needs. */
export async function java(): Promise<string> {
  return await debian("java", "openjdk-17-jre-headless");
}
