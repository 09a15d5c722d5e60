/**
 * How other people's programs are run and installed: by Debian's packages, pip, Maven and npm, each
 * once, below `tests/foreign/.tools` or through the system. Which ones, says tools.ts.
 */
/** Where they are. */
export const tools = new URL("./.tools/", import.meta.url).pathname;

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
export async function alone<T>(what: string, work: () => Promise<T>): Promise<T> {
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

/** A Python of its own, in the folder `name`, with some packages. */
export async function venv(name: string, packages: readonly string[]): Promise<string> {
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

export interface Artifact {
  group: string;
  name: string;
  version: string;
  /** Patterns `group:name` of what it would bring along and nobody needs. */
  without?: readonly string[];
}

/** The jars of some artifacts and of all they depend on, in a folder of this name. */
export async function jars(name: string, artifacts: readonly Artifact[]): Promise<string> {
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

/** A folder with these packages of npm and a configuration of its own, `deno.json`. */
export async function npm(
  what: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
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
