/**
 * Judges: Apache Kafka's own Java tools, of a 3.9 and a 4.x release.
 *
 * Covers topics made, described and deleted by the admin client; console producer and consumer
 * with codecs; VerifiableProducer (idempotent by default) and VerifiableConsumer in a group;
 * group listing and lag.
 */
import assert from "node:assert/strict";
import {
  java,
  kafkaClassPath,
  type KafkaRelease,
  kafkaReleases,
  mustRun,
  shortLife,
} from "./tools.ts";
import { judgedWorld, setting, topic } from "./world.ts";

/** The console producer moved from the broker's package to the tools' one. */
const consoleProducer: Record<KafkaRelease, string> = {
  "3.9.1": "kafka.tools.ConsoleProducer",
  "4.1.1": "org.apache.kafka.tools.ConsoleProducer",
};
const tools = "org.apache.kafka.tools";

for (const release of kafkaReleases) {
  Deno.test(`Kafka ${release}'s Java tools judge the simulated Kafka`, async (t) => {
    const bin = await java();
    const classPath = await kafkaClassPath(release);
    await using world = await judgedWorld();
    const server = ["--bootstrap-server", setting(world, "KAFKA_BROKERS")];
    const tool = (name: string, args: string[], stdin?: string) =>
      mustRun(bin, [...shortLife(world.folder), "-cp", classPath, name, ...args], {
        ...(stdin === undefined ? {} : { stdin }),
        timeoutMs: 120_000,
      });
    const topics = (...args: string[]) => tool(`${tools}.TopicCommand`, [...server, ...args]);

    await t.step("TopicCommand makes, lists, describes and deletes", async () => {
      await topics("--create", "--topic", "made", "--partitions", "3");
      await topics("--create", "--topic", "gone");
      assert.match(await topics("--describe", "--topic", "made"), /PartitionCount: 3/);
      await topics("--delete", "--topic", "gone");
      const names = (await topics("--list")).trim().split("\n");
      assert.ok(names.includes("made") && !names.includes("gone"), names.join());
    });

    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      await t.step(`the console consumer gets what the producer sent with ${codec}`, async () => {
        const name = await topic(world, `console-${codec}`);
        const text = Array.from({ length: 1000 }, (_, at) => `${codec} ${at} é😀\n`).join("");
        const sent = [...server, "--topic", name, "--compression-codec", codec];
        await tool(consoleProducer[release], sent, text);
        const back = await tool(`${tools}.consumer.ConsoleConsumer`, [
          ...server,
          ...["--topic", name, "--from-beginning", "--max-messages", "1000"],
        ]);
        assert.equal(back, text);
      });
    }

    await t.step(
      "VerifiableConsumer in a group reads all that VerifiableProducer sent",
      async () => {
        await topic(world, "verified", 2);
        const produced = jsonLines(
          await tool(`${tools}.VerifiableProducer`, [
            ...server,
            ...["--topic", "verified", "--max-messages", "20000", "--throughput", "-1"],
          ]),
        );
        const sent = produced.filter((line) => line["name"] === "producer_send_success");
        assert.equal(sent.length, 20_000);
        assert.deepEqual(produced.filter((line) => line["name"] === "producer_send_error"), []);
        const consumed = jsonLines(
          await tool(`${tools}.VerifiableConsumer`, [
            ...server,
            ...["--topic", "verified", "--group-id", "verifiers", "--max-messages", "20000"],
            ...["--reset-policy", "earliest"],
          ]),
        );
        const counts = consumed.filter((line) => line["name"] === "records_consumed")
          .map((line) => Number(line["count"]));
        assert.equal(counts.reduce((sum, count) => sum + count, 0), 20_000);
        const commits = consumed.filter((line) => line["name"] === "offsets_committed");
        assert.ok(commits.every((line) => line["success"] === true));
      },
    );

    await t.step("ConsumerGroupCommand shows the group and no lag", async () => {
      const groups = `${tools}.consumer.group.ConsumerGroupCommand`;
      assert.match(await tool(groups, [...server, "--list"]), /^verifiers$/m);
      const described = await tool(groups, [...server, "--describe", "--group", "verifiers"]);
      const lags = [...described.matchAll(/^verifiers\s+verified\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)/gm)];
      assert.equal(lags.length, 2, described);
      assert.deepEqual(lags.map((lag) => lag[3]), ["0", "0"]);
      assert.equal(lags.reduce((sum, lag) => sum + Number(lag[1]), 0), 20_000);
    });
  });
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
