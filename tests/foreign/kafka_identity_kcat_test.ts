/**
 * Judge: kcat (librdkafka, C), from Debian, by TLS alone and by SCRAM-SHA-512.
 */
import assert from "node:assert/strict";
import { identityWorld, linesOf, user } from "./kafka_identity_world.ts";
import { debian, mustRun, run } from "./tools.ts";

const flags = (properties: Record<string, string>) =>
  Object.entries(properties).flatMap(([name, value]) => ["-X", `${name}=${value}`]);

Deno.test("kcat judges the identity of the simulated Kafka", async (t) => {
  const kcat = await debian("kcat");
  await using world = await identityWorld("tls", "scram");
  const ca = { "ssl.ca.location": world.caFile };
  const tls = ["-b", world.at("tls"), ...flags({ "security.protocol": "ssl", ...ca })];
  const scram = (password: string) => [
    ...["-b", world.at("scram")],
    ...flags({
      "security.protocol": "sasl_ssl",
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.username": user.name,
      "sasl.password": password,
      ...ca,
    }),
  ];

  for (const [topic, login] of [["tls", tls], ["scram", scram(user.password)]] as const) {
    await t.step(`gets back what it produced by ${topic}`, async () => {
      const text = linesOf(topic, 1000).join("\n") + "\n";
      await mustRun(kcat, [...login, "-P", "-t", topic], { stdin: text });
      assert.equal(await mustRun(kcat, [...login, "-C", "-t", topic, "-e", "-q"]), text);
    });
  }

  await t.step("does not trust a broker whose authority it is not told", async () => {
    const blind = ["-b", world.at("tls"), ...flags({ "security.protocol": "ssl" })];
    const { code, stderr } = await run(kcat, [...blind, "-L", "-m", "3"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /certificate verify failed|broker certificate could not be verified/i);
  });

  await t.step("is refused with a wrong password", async () => {
    const { code, stderr } = await run(kcat, [...scram("guess"), "-L", "-m", "3"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /authentication failed/i);
  });
});
