import assert from "node:assert/strict";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { openObjects, type S3Objects } from "../../../pipelines/clients/s3.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import { type S3Target, Secret } from "../../../pipelines/target.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";
import { startS3 } from "../../../sim/s3/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { testDoor } from "../../sim/keys.ts";

const timing = { nowMs: () => performance.now(), random: () => 0.5, sleep };
const limits = { limitMs: 1_500, baseMs: 20, capMs: 100 };
const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const encode = (text: string) => new TextEncoder().encode(text);

interface Given {
  objects: S3Objects;
  target: S3Target;
  stop: () => PromiseLike<void>;
}

async function withS3(run: (given: Given) => Promise<void>, faults: Faults = noFaults) {
  const dir = await Deno.makeTempDir();
  const region = "us-east-1";
  const service = await startS3({ world: worldFromSeed(1), faults, dir }, {
    region,
    door: testDoor(keys),
    buckets: ["bucket"],
  });
  let stopped: PromiseLike<void> | undefined;
  const stop = () => stopped ??= service[Symbol.asyncDispose]();
  const target: S3Target = {
    endpoint: `http://127.0.0.1:${service.port}`,
    region,
    bucket: "bucket",
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: new Secret(keys.secretAccessKey),
      sessionToken: null,
    },
  };
  try {
    using objects = openObjects(target, { timing, limits });
    await run({ objects, target, stop });
  } finally {
    await stop();
    await Deno.remove(dir, { recursive: true });
  }
}

const text = (stream: ReadableStream<Uint8Array> | undefined) => new Response(stream).text();

Deno.test("An object is put, got, looked at, listed and deleted", () =>
  withS3(async ({ objects }) => {
    const key = "topics/t/partition=0/t+0+0000000000.json";
    await objects.check();
    assert.equal(await objects.get(key), undefined);
    assert.equal(await objects.head(key), undefined);
    await objects.put(key, encode("first\n"));
    await objects.put(key, encode("second ü\n"));
    assert.equal(await text(await objects.get(key)), "second ü\n");
    assert.deepEqual(await objects.head(key), { key, size: 10 });
    assert.deepEqual(await Array.fromAsync(objects.list("topics/t/")), [{ key, size: 10 }]);
    assert.deepEqual(await Array.fromAsync(objects.list("rejects/")), []);
    await objects.delete(key);
    await objects.delete(key);
    assert.equal(await objects.head(key), undefined);
  }));

Deno.test("A list goes on over its pages, in the order of keys", () =>
  withS3(async ({ objects }) => {
    const names = Array.from({ length: 1_050 }, (_, n) => `many/${String(n).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => objects.put(name, encode("x"))));
    }
    const listed = await Array.fromAsync(objects.list("many/"));
    assert.deepEqual(listed.map(({ key }) => key), names);
  }));

Deno.test("A bucket that is not there is told as such", () =>
  withS3(async ({ target }) => {
    using objects = openObjects({ ...target, bucket: "other" }, { timing, limits });
    for (const action of [() => objects.check(), () => objects.put("k", encode("x"))]) {
      await assert.rejects(action(), (error) => {
        assert.ok(error instanceof OutsideError && !error.retryable);
        assert.match(error.message, /s3:\/\/other.*no such bucket.*S3_BUCKET/);
        return true;
      });
    }
  }));

Deno.test("Wrong keys are told as such, at once, and never shown", () =>
  withS3(async ({ target }) => {
    const credentials = { ...target.credentials!, secretAccessKey: new Secret("wrong-secret") };
    using objects = openObjects({ ...target, credentials }, { timing, limits });
    await assert.rejects(objects.put("k", encode("x")), (error) => {
      assert.ok(error instanceof OutsideError && !error.retryable);
      assert.match(error.message, /^Cannot write s3:\/\/bucket\/k: .*check AWS_SECRET_ACCESS_KEY/);
      assert.doesNotMatch(error.message, /wrong-secret/);
      return true;
    });
  }));

Deno.test("SlowDown is tried again until it passes", async () => {
  let strikes = 8;
  const faults: Faults = { strikes: (point) => point === "s3.slow_down" && strikes-- > 0 };
  await withS3(async ({ objects }) => {
    await objects.put("k", encode("x"));
    assert.equal(await text(await objects.get("k")), "x");
    assert.ok(strikes <= 0);
  }, faults);
});

Deno.test("An S3 that is gone is an error after the limit that says what was tried", () =>
  withS3(async ({ objects, stop }) => {
    await objects.put("k", encode("x"));
    await stop();
    await assert.rejects(objects.put("k", encode("y")), (error) => {
      assert.ok(error instanceof OutsideError);
      assert.match(
        error.message,
        /^Cannot write s3:\/\/bucket\/k: tried \d+ times in [\d.]+ s, last/,
      );
      return true;
    });
  }));

Deno.test("An abort ends the retries with the signal's reason", () =>
  withS3(async ({ target, stop }) => {
    await stop();
    const controller = new AbortController();
    const options = { timing, limits: { ...limits, limitMs: 60_000 }, signal: controller.signal };
    using objects = openObjects(target, options);
    const put = objects.put("k", encode("x"));
    setTimeout(() => controller.abort(new Error("Ctrl-C")), 50);
    await assert.rejects(put, { message: "Ctrl-C" });
  }));

Deno.test("A host that the task may not speak to names the task that may", () =>
  withS3(async ({ target }) => {
    const elsewhere = { ...target, endpoint: "http://10.255.255.1:9000" };
    using objects = openObjects(elsewhere, { timing, limits });
    await assert.rejects(objects.put("k", encode("x")), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /no network access to 10\.255\.255\.1:9000/);
      return true;
    });
  }));

Deno.test("Put if absent stores once, and says when there is something already", () =>
  withS3(async ({ objects }) => {
    assert.equal(await objects.putIfAbsent("log/1", encode("first")), "stored");
    assert.equal(await objects.putIfAbsent("log/1", encode("second")), "exists");
    assert.equal(await text(await objects.get("log/1")), "first");
    const outcomes = await Promise.all(
      ["a", "b", "c", "d"].map((name) => objects.putIfAbsent("log/2", encode(name))),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "stored").length, 1);
  }));

Deno.test("Put if absent whose first answer is lost finds its own object", async () => {
  let answers = 0;
  const faults: Faults = { strikes: (point) => point === "net.answer_lost" && ++answers === 1 };
  await withS3(async ({ objects }) => {
    assert.equal(await objects.putIfAbsent("log/1", encode("ours")), "exists");
    assert.equal(await text(await objects.get("log/1")), "ours");
  }, faults);
});

Deno.test("Put if absent into a bucket that is not there is told as such", () =>
  withS3(async ({ target }) => {
    using objects = openObjects({ ...target, bucket: "other" }, { timing, limits });
    await assert.rejects(objects.putIfAbsent("k", encode("x")), /no such bucket.*S3_BUCKET/);
  }));

Deno.test("A file goes up and comes back as bytes", () =>
  withS3(async ({ objects }) => {
    const path = await Deno.makeTempFile();
    try {
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      await Deno.writeFile(path, bytes);
      await objects.putFile("data/part", path);
      assert.deepEqual(await objects.getBytes("data/part"), bytes);
      assert.equal(await objects.getBytes("data/none"), undefined);
    } finally {
      await Deno.remove(path);
    }
  }));

Deno.test("A list begins behind a key, with sizes and times", () =>
  withS3(async ({ objects }) => {
    for (const key of ["l/1", "l/10", "l/2", "m/1"]) await objects.put(key, encode(key));
    const listed = await Array.fromAsync(objects.listAfter("l/", "l/1"));
    assert.deepEqual(listed.map(({ key, size }) => [key, size]), [["l/10", 4], ["l/2", 3]]);
    for (const { modifiedMs } of listed) assert.ok(Math.abs(modifiedMs - Date.now()) < 60_000);
    assert.equal((await Array.fromAsync(objects.listAfter("l/", ""))).length, 3);
  }));

Deno.test("A put that met another one under way is tried again, until it is known who was first", () =>
  withS3(async ({ target }) => {
    // Documented: 409 ConditionalRequestConflict; the simulator's puts never meet.
    const answers = [
      [409, "ConditionalRequestConflict"],
      [409, "ConditionalRequestConflict"],
      [412, "PreconditionFailed"],
    ] as const;
    const conditions: (string | null)[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.body?.cancel();
        const [status, code] = answers[conditions.length] ?? [500, "TooMany"];
        conditions.push(request.headers.get("if-none-match"));
        const headers = { "content-type": "application/xml" };
        return new Response(`<Error><Code>${code}</Code></Error>`, { status, headers });
      },
    );
    const elsewhere = { ...target, endpoint: `http://127.0.0.1:${server.addr.port}` };
    using objects = openObjects(elsewhere, { timing, limits });
    assert.equal(await objects.putIfAbsent("log/1", encode("x")), "exists");
    assert.deepEqual(conditions, ["*", "*", "*"]);
  }));
