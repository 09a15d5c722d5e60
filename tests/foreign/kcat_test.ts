/**
 * Judge: kcat (librdkafka, C), from Debian.
 *
 * Covers metadata, produce and consume with every codec byte for byte, keys and headers,
 * consumer groups with committed offsets, offsets by time, and topics that do not exist.
 */
import assert from "node:assert/strict";
import { debian, mustRun, run } from "./tools.ts";
import { judgedWorld, setting, topic } from "./world.ts";

/** 5,000 lines that compress, do not repeat, and hold more than ASCII. */
const lines = Array.from({ length: 5000 }, (_, at) => `line ${at} é😀 ${"x".repeat(at % 300)}`);
const text = lines.join("\n") + "\n";

Deno.test("kcat judges the simulated Kafka", async (t) => {
  const kcat = await debian("kcat");
  await using world = await judgedWorld();
  const brokers = setting(world, "KAFKA_BROKERS");
  const base = ["-b", brokers];

  await t.step("lists one broker, itself, and the topics", async () => {
    await topic(world, "listed", 3);
    const listed = JSON.parse(await mustRun(kcat, [...base, "-L", "-J"]));
    assert.deepEqual(listed.brokers.map((broker: { name: string }) => broker.name), [brokers]);
    const found = listed.topics.find((one: { topic: string }) => one.topic === "listed");
    assert.equal(found.partitions.length, 3);
  });

  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    await t.step(`gets back with ${codec} what it produced, byte for byte`, async () => {
      const name = await topic(world, `codec-${codec}`);
      await mustRun(kcat, [...base, "-P", "-t", name, "-z", codec], { stdin: text });
      const back = await mustRun(kcat, [...base, "-C", "-t", name, "-e", "-q"]);
      assert.equal(back, text);
    });
  }

  await t.step("gets keys, headers and offsets back", async () => {
    const name = await topic(world, "keyed");
    const headers = ["-H", "colour=red", "-H", "empty="];
    await mustRun(kcat, [...base, "-P", "-t", name, "-K", ":", ...headers], {
      stdin: "a:1\nb:2\n",
    });
    const format = ["-f", "%o %k %s %h\\n"];
    const back = await mustRun(kcat, [...base, "-C", "-t", name, "-e", "-q", ...format]);
    assert.equal(back, "0 a 1 colour=red,empty=\n1 b 2 colour=red,empty=\n");
  });

  await t.step("produces with idempotence", async () => {
    const name = await topic(world, "idempotent");
    await mustRun(kcat, [...base, "-P", "-t", name, "-X", "enable.idempotence=true"], {
      stdin: text,
    });
    assert.equal(await mustRun(kcat, [...base, "-C", "-t", name, "-e", "-q"]), text);
  });

  await t.step("reads as a group, and goes on where the group left off", async () => {
    const name = await topic(world, "grouped", 2);
    const group = ["-G", "judges", "-X", "auto.offset.reset=earliest", "-e", "-q", name];
    await mustRun(kcat, [...base, "-P", "-t", name, "-p", "0"], { stdin: "one\ntwo\n" });
    await mustRun(kcat, [...base, "-P", "-t", name, "-p", "1"], { stdin: "three\n" });
    const first = await mustRun(kcat, [...base, ...group]);
    assert.deepEqual(first.trim().split("\n").sort(), ["one", "three", "two"]);
    await mustRun(kcat, [...base, "-P", "-t", name, "-p", "0"], { stdin: "four\n" });
    assert.equal(await mustRun(kcat, [...base, ...group]), "four\n");
  });

  await t.step("finds offsets by time", async () => {
    const name = await topic(world, "timed");
    await mustRun(kcat, [...base, "-P", "-t", name], { stdin: "early\n" });
    const betweenMs = await pauseAndNow();
    await mustRun(kcat, [...base, "-P", "-t", name], { stdin: "late\n" });
    const found = await mustRun(kcat, [...base, "-Q", "-t", `${name}:0:${betweenMs}`]);
    assert.match(found, /\boffset 1\b/);
  });

  await t.step("is told that a topic does not exist", async () => {
    const { code, stderr } = await run(kcat, [...base, "-C", "-t", "nowhere", "-e"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /Unknown topic or partition/i);
  });
});

/** A moment that lies surely between what was done before and what comes after. */
async function pauseAndNow(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 30));
  const now = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 30));
  return now;
}
