/**
 * The real things: a MariaDB server and an Apache Kafka 4 broker (KRaft), each in a folder of its
 * own on a free port of 127.0.0.1, and gone at the end.
 */
import { debian, java, kafkaClassPath, mustRun, run, shortLife } from "./tools.ts";

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Ends a server and waits until it has gone. */
async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await child.status;
  clearTimeout(timer);
}

/** Asks until the answer is yes, for a minute. */
async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!await isReady()) {
    if (Date.now() > endMs) throw new Error(`${what} was not ready after a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function spawn(program: string, args: string[], log: string): Deno.ChildProcess {
  const command = `exec "$0" "$@" >"${log}" 2>&1`;
  return new Deno.Command("sh", { args: ["-c", command, program, ...args], stdin: "null" }).spawn();
}

export interface MariaDb extends AsyncDisposable {
  port: number;
  /** Runs statements as the user `me` with the password `secret`, who may do everything. */
  run(sql: string): Promise<string>;
}

/** A new, empty MariaDB server with a database `pinterest_data`. */
export async function startMariaDb(folder: string): Promise<MariaDb> {
  const server = await debian("mariadbd", "mariadb-server");
  const client = await debian("mariadb", "mariadb-client");
  const install = await debian("mariadb-install-db", "mariadb-server");
  await Deno.mkdir(folder, { recursive: true });
  const data = `--datadir=${folder}/data`;
  await mustRun(install, ["--no-defaults", data, "--auth-root-authentication-method=normal"]);
  await mustRun("chmod", ["-R", "a+rwX", folder]);
  const port = freePort();
  const socket = `${folder}/mysql.sock`;
  const child = spawn(server, [
    ...["--no-defaults", data, `--socket=${socket}`, `--port=${port}`, "--user=root"],
    ...["--bind-address=127.0.0.1", `--pid-file=${folder}/pid`, "--character-set-server=utf8mb4"],
    "--skip-name-resolve",
  ], `${folder}/log`);
  const asRoot = ["--no-defaults", `--socket=${socket}`, "-u", "root"];
  await until("MariaDB", async () => (await run(client, [...asRoot, "-e", "SELECT 1"])).code === 0);
  const setUp = "CREATE DATABASE pinterest_data CHARACTER SET utf8mb4;" +
    "CREATE USER me@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO me@'%'";
  await mustRun(client, [...asRoot, "-e", setUp]);
  const login = ["--no-defaults", "-h", "127.0.0.1", "-P", String(port), "-u", "me", "-psecret"];
  return {
    port,
    run: (sql) =>
      mustRun(client, [...login, "--default-character-set=utf8mb4", "pinterest_data"], {
        stdin: sql,
      }),
    [Symbol.asyncDispose]: () => end(child),
  };
}

export interface RealKafka extends AsyncDisposable {
  /** `host:port` */
  broker: string;
  /** The listener with TLS and SCRAM-SHA-512, where one was asked for. */
  secure: string;
}

export interface SecureListener {
  user: string;
  password: string;
  /** How long one login holds. */
  sessionMs: number;
  /** PEM: the private key of 127.0.0.1, and its certificate. */
  key: string;
  certificate: string;
}

/** A UUID as Kafka writes it; a new one for each broker costs a start of Java. */
const clusterId = "anVkZ2VkLWJ5LWthZmthLg";

/** A new Apache Kafka 4 broker that is its own controller, with MSK's defaults. */
export async function startKafkaBroker(
  folder: string,
  secure: SecureListener | null = null,
): Promise<RealKafka> {
  const [bin, classPath] = [await java(), await kafkaClassPath("4.1.1")];
  await Deno.mkdir(folder, { recursive: true });
  const [port, securePort, controller] = [freePort(), freePort(), freePort()];
  const properties = `${folder}/server.properties`;
  await Deno.writeTextFile(
    properties,
    brokerProperties(folder, port, controller) +
      (secure === null
        ? ""
        : await secureProperties(folder, [port, securePort, controller], secure)),
  );
  const jvm = [...shortLife(), "-Xmx512m", "-cp", classPath];
  const storage = [...jvm, "kafka.tools.StorageTool"];
  const scram = secure === null
    ? []
    : ["--add-scram", `SCRAM-SHA-512=[name=${secure.user},password=${secure.password}]`];
  await mustRun(bin, [...storage, "format", "-t", clusterId, "-c", properties, ...scram]);
  const child = spawn(bin, [...jvm, "kafka.Kafka", properties], `${folder}/log`);
  const broker = `127.0.0.1:${port}`;
  const kcat = await debian("kcat");
  await until("Kafka", async () => {
    const { code, stdout } = await run(kcat, ["-b", broker, "-L", "-m", "2"]);
    return code === 0 && stdout.includes(broker);
  });
  return {
    broker,
    secure: `127.0.0.1:${securePort}`,
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** What is said later in a file of properties holds. */
async function secureProperties(
  folder: string,
  [port, securePort, controller]: [number, number, number],
  { key, certificate, sessionMs }: SecureListener,
): Promise<string> {
  const keyStore = `${folder}/server.pem`;
  await Deno.writeTextFile(keyStore, key + certificate, { mode: 0o600 });
  const at = (name: string, port: number) => `${name}://127.0.0.1:${port}`;
  const login = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  return `listeners=${at("PLAINTEXT", port)},${at("SECURE", securePort)},${
    at("CONTROLLER", controller)
  }
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=${login}
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location=${keyStore}
connections.max.reauth.ms=${sessionMs}
`;
}

function brokerProperties(folder: string, port: number, controller: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${folder}/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;
}
