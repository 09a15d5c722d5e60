/**
 * Judge: Apache Kafka's Java tools with AWS's login for MSK (aws-msk-iam-auth).
 *
 * Covers AWS_MSK_IAM with a user's key and a role's session, OAUTHBEARER by the same library,
 * SCRAM-SHA-512 and TLS alone; a wrong secret and password; a topic that may not be written.
 */
import assert from "node:assert/strict";
import type { AccessKey } from "../../sim/iam/principal.ts";
import type { ListenerName } from "../../sim/kafka/mod.ts";
import {
  type IdentityWorld,
  identityWorld,
  linesOf,
  longLived,
  region,
  temporary,
  user,
  withWrongSecret,
} from "./kafka_identity_world.ts";
import { type Finished, java, mskClassPath, run, shortLife } from "./tools.ts";

const tools = "org.apache.kafka.tools";
const aws = "software.amazon.msk.auth.iam";

interface Login {
  listener: ListenerName;
  /** Of the client, beside TLS. */
  properties: string[];
  key?: AccessKey;
}

const mskIam = (key: AccessKey): Login => ({
  listener: "iam",
  key,
  properties: [
    "sasl.mechanism=AWS_MSK_IAM",
    `sasl.jaas.config=${aws}.IAMLoginModule required;`,
    `sasl.client.callback.handler.class=${aws}.IAMClientCallbackHandler`,
  ],
});

const bearer = (key: AccessKey): Login => ({
  listener: "iam",
  key,
  properties: [
    "sasl.mechanism=OAUTHBEARER",
    "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule " +
    "required;",
    `sasl.login.callback.handler.class=${aws}.IAMOAuthBearerLoginCallbackHandler`,
    `sasl.client.callback.handler.class=${aws}.IAMOAuthBearerLoginCallbackHandler`,
  ],
});

const scram = (password: string): Login => ({
  listener: "scram",
  properties: [
    "sasl.mechanism=SCRAM-SHA-512",
    "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required " +
    `username="${user.name}" password="${password}";`,
  ],
});

const tls: Login = { listener: "tls", properties: [] };

/** Runs one of Kafka's tools with a login. */
async function tool(
  world: IdentityWorld,
  { listener, properties, key }: Login,
  [name, configFlag, ...args]: [name: string, configFlag: string, ...args: string[]],
  stdin = "",
): Promise<Finished> {
  const file = await Deno.makeTempFile({ dir: world.folder, suffix: ".properties" });
  await Deno.writeTextFile(
    file,
    [
      `security.protocol=${listener === "tls" ? "SSL" : "SASL_SSL"}`,
      "ssl.truststore.type=PEM",
      `ssl.truststore.location=${world.caFile}`,
      ...properties,
    ].join("\n"),
  );
  const program = [
    ...shortLife(world.folder),
    "-cp",
    await mskClassPath("4.1.1"),
    `${tools}.${name}`,
  ];
  const server = ["--bootstrap-server", world.at(listener), configFlag, file];
  const env: Record<string, string> = { AWS_REGION: region };
  if (key !== undefined) {
    env["AWS_ACCESS_KEY_ID"] = key.accessKeyId;
    env["AWS_SECRET_ACCESS_KEY"] = key.secretAccessKey;
    if (key.sessionToken !== null) env["AWS_SESSION_TOKEN"] = key.sessionToken;
  }
  return await run(await java(), [...program, ...server, ...args], {
    stdin,
    env,
    timeoutMs: 60_000,
  });
}

function produce(world: IdentityWorld, login: Login, topic: string, lines: string[]) {
  // Line by line, so that a refusal is the program's own: it waits a second for each by default.
  const limits = ["request.timeout.ms=10000", "delivery.timeout.ms=20000", "max.block.ms=20000"];
  const patience = limits.flatMap((property) => ["--producer-property", property]);
  return tool(
    world,
    login,
    [
      "ConsoleProducer",
      "--producer.config",
      "--topic",
      topic,
      "--sync",
      "--timeout",
      "0",
      ...patience,
    ],
    lines.join("\n"),
  );
}

async function roundTrip(world: IdentityWorld, login: Login, topic: string): Promise<void> {
  const lines = linesOf(topic, 20);
  const sent = await produce(world, login, topic, lines);
  assert.equal(sent.code, 0, sent.stderr);
  const read = await tool(world, login, [
    ...["consumer.ConsoleConsumer", "--consumer.config"] as const,
    ...["--topic", topic, "--from-beginning", "--group", `of-${topic}`],
    ...["--max-messages", String(lines.length), "--timeout-ms", "20000"],
  ]);
  assert.deepEqual(read.stdout.trimEnd().split("\n"), lines, read.stderr);
}

Deno.test("Java's tools with AWS's login judge the identity of the simulated Kafka", async (t) => {
  const ways: Record<string, Login> = {
    "AWS_MSK_IAM of a role": mskIam(temporary),
    "OAUTHBEARER of a user": bearer(longLived),
    "SCRAM-SHA-512": scram(user.password),
    "TLS alone": tls,
  };
  const topicOf = (way: string) => way.replaceAll(/\W+/g, "-").toLowerCase();
  await using world = await identityWorld(...Object.keys(ways).map(topicOf));

  await t.step("TopicCommand makes and describes a topic by AWS_MSK_IAM of a user", async () => {
    const topics = (...args: string[]) =>
      tool(world, mskIam(longLived), ["TopicCommand", "--command-config", ...args]);
    const made = await topics("--create", "--topic", "made", "--partitions", "3");
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const { stdout } = await topics("--describe", "--topic", "made");
    assert.match(stdout, /PartitionCount: 3/);
  });

  for (const [way, login] of Object.entries(ways)) {
    await t.step(
      `the console consumer gets what the producer sent by ${way}`,
      () => roundTrip(world, login, topicOf(way)),
    );
  }

  await t.step("a wrong secret and a wrong password are refused", async () => {
    const denied = await produce(world, mskIam(withWrongSecret(temporary)), "closed", ["never"]);
    assert.match(denied.stdout + denied.stderr, /SaslAuthenticationException: .*Access denied/);
    const wrong = await produce(world, scram("guess"), "closed", ["never"]);
    assert.match(wrong.stdout + wrong.stderr, /SaslAuthenticationException: Authentication failed/);
  });

  await t.step("a closed topic may not be written", async () => {
    const { stdout, stderr } = await produce(world, mskIam(temporary), "closed", ["never"]);
    assert.match(stdout + stderr, /Not authorized to access topics: \[closed\]/);
  });
});
