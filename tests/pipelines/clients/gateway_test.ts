import assert from "node:assert/strict";
import { openGateway, type Outgoing } from "../../../pipelines/clients/gateway.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import { testTiming } from "./testing.ts";

interface Seen {
  path: string;
  contentType: string | null;
  records: { key?: unknown; value: unknown }[];
}

type Answer = (request: Seen, count: number) => Response;

const stored = (request: Seen, base = 0) =>
  request.records.map((_, at) => ({
    partition: 0,
    offset: base + at,
    error_code: null,
    error: null,
  }));
const failed = (code: number, error: string) => ({
  partition: null,
  offset: null,
  error_code: code,
  error,
});
const produced = (offsets: unknown[], status = 200) =>
  Response.json({ offsets, key_schema_id: null, value_schema_id: null }, { status });

/** A gateway that answers by script; the last answer is repeated. */
async function withGateway(
  answers: Answer[],
  run: (given: { url: string; seen: Seen[] }) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { records } = await request.json();
    const one = {
      path: new URL(request.url).pathname,
      contentType: request.headers.get("content-type"),
      records,
    };
    seen.push(one);
    return answers[Math.min(seen.length, answers.length) - 1]!(one, seen.length);
  });
  try {
    await run({ url: `http://127.0.0.1:${server.addr.port}/test`, seen });
  } finally {
    await server.shutdown();
  }
}

const limits = { limitMs: 10_000, baseMs: 100, capMs: 1_000 };
const records: Outgoing[] = ["a", "b", "c"].map((text) => ({ value: JSON.stringify({ text }) }));
const texts = (request: Seen | undefined) =>
  request?.records.map(({ value }) => (value as { text: string }).text).join("");

Deno.test("Records are posted as the course posts them, and every offset is read", () =>
  withGateway([(request) => produced(stored(request, 40))], async ({ url, seen }) => {
    const gateway = openGateway(url, { timing: testTiming(), limits });
    const keyed = [{ value: '{"index":1.0}' }, { key: "7", value: '{"index":7}' }];
    const { outcomes, resentCount, failure } = await gateway.produce("ab12.pin", keyed);
    assert.deepEqual(outcomes, [{ partition: 0, offset: 40n }, { partition: 0, offset: 41n }]);
    assert.equal(resentCount, 0);
    assert.equal(failure, undefined);
    assert.deepEqual(seen, [{
      path: "/test/topics/ab12.pin",
      contentType: "application/vnd.kafka.json.v2+json",
      records: [{ value: { index: 1 } }, { key: 7, value: { index: 7 } }],
    }]);
  }));

Deno.test("Only the entries that failed are sent again", () =>
  withGateway([
    () =>
      produced([
        stored({ records: [1] } as never)[0],
        failed(50003, "no leader"),
        failed(50003, ""),
      ]),
    (request) => produced([failed(50003, "no leader"), stored(request, 7)[0]]),
    (request) => produced(stored(request, 9)),
  ], async ({ url, seen }) => {
    const timing = testTiming();
    const produced = await openGateway(url, { timing, limits }).produce("t", records);
    assert.deepEqual(seen.map(texts), ["abc", "bc", "b"]);
    assert.deepEqual(produced, {
      outcomes: [0n, 9n, 7n].map((offset) => ({ partition: 0, offset })),
      resentCount: 3,
    });
    assert.deepEqual(timing.sleptMs, [75, 150]);
  }));

for (const status of [408, 429, 500, 502, 503, 504]) {
  Deno.test(`A ${status} is tried again`, () =>
    withGateway([
      () => Response.json({ message: "later" }, { status }),
      (request) => produced(stored(request)),
    ], async ({ url, seen }) => {
      const gateway = openGateway(url, { timing: testTiming(), limits });
      const { outcomes, resentCount, failure } = await gateway.produce("t", records);
      assert.equal(failure, undefined);
      assert.equal(outcomes.filter((outcome) => outcome !== undefined).length, 3);
      assert.equal(resentCount, 3);
      assert.equal(seen.length, 2);
    }));
}

for (const status of [400, 401, 403, 404, 415, 422]) {
  Deno.test(`A ${status} ends at once and tells what was answered`, () =>
    withGateway([
      () => Response.json({ message: "Missing Authentication Token" }, { status }),
    ], async ({ url, seen }) => {
      const gateway = openGateway(url, { timing: testTiming(), limits });
      const { outcomes, failure } = await gateway.produce("t", records);
      assert.deepEqual(outcomes, [undefined, undefined, undefined]);
      assert.ok(failure instanceof OutsideError && !failure.retryable);
      assert.ok(failure.message.startsWith(`Cannot post to ${url}/topics/t: answered ${status} `));
      assert.match(failure.message, /Missing Authentication Token/);
      assert.equal(seen.length, 1);
    }));
}

Deno.test("A 403 with entries keeps what was stored, and ends on the entry that was denied", () =>
  withGateway([
    (request) =>
      produced(
        [stored(request, 3)[0], failed(40301, "Not authorized"), stored(request, 4)[0]],
        403,
      ),
  ], async ({ url, seen }) => {
    const gateway = openGateway(url, { timing: testTiming(), limits });
    const { outcomes, failure } = await gateway.produce("t", records);
    assert.deepEqual(outcomes, [{ partition: 0, offset: 3n }, undefined, {
      partition: 0,
      offset: 4n,
    }]);
    assert.match(String(failure?.message), /a record was answered 40301: Not authorized/);
    assert.equal(seen.length, 1);
  }));

Deno.test("A record that is too large is refused, and the others go on", () =>
  withGateway([
    (request) => produced([stored(request)[0], failed(50002, "too large"), failed(50003, "later")]),
    (request) => produced(stored(request, 5)),
  ], async ({ url, seen }) => {
    const gateway = openGateway(url, { timing: testTiming(), limits });
    const { outcomes, failure } = await gateway.produce("t", records);
    assert.deepEqual(outcomes, [
      { partition: 0, offset: 0n },
      { refused: "50002: too large" },
      { partition: 0, offset: 5n },
    ]);
    assert.equal(failure, undefined);
    assert.deepEqual(seen.map(texts), ["abc", "c"]);
  }));

Deno.test("A request that is too long is halved, until a single record is too long", () =>
  withGateway([
    (request) =>
      texts(request)!.includes("b")
        ? Response.json({ message: "Request Too Long" }, { status: 413 })
        : produced(stored(request, 8)),
  ], async ({ url, seen }) => {
    const gateway = openGateway(url, { timing: testTiming(), limits });
    const { outcomes } = await gateway.produce("t", records);
    assert.deepEqual(seen.map(texts), ["abc", "a", "bc", "b", "c"]);
    assert.deepEqual(outcomes, [
      { partition: 0, offset: 8n },
      { refused: '413: {"message":"Request Too Long"}' },
      { partition: 0, offset: 8n },
    ]);
  }));

Deno.test("An answer with too few entries, or none, is never taken for success", async () => {
  const answers: Answer[] = [
    (request) => produced(stored(request).slice(1)),
    () => new Response("<html>welcome</html>"),
    () => Response.json({ offsets: "none" }),
    () => produced([{}, {}, {}]),
  ];
  for (const answer of answers) {
    await withGateway([answer], async ({ url }) => {
      const gateway = openGateway(url, { timing: testTiming(), limits });
      const { outcomes, failure } = await gateway.produce("t", records);
      assert.deepEqual(outcomes, [undefined, undefined, undefined]);
      assert.ok(failure instanceof OutsideError && !failure.retryable);
    });
  }
});

Deno.test("A gateway that stays away ends with what was tried, and keeps what was stored", () =>
  withGateway([
    (request) => produced([stored(request)[0], failed(50003, "later"), failed(50003, "later")]),
    () => Response.json({ message: "Endpoint request timed out" }, { status: 504 }),
  ], async ({ url, seen }) => {
    const gateway = openGateway(url, {
      timing: testTiming(),
      limits: { ...limits, limitMs: 1_000 },
    });
    const { outcomes, failure } = await gateway.produce("t", records);
    assert.deepEqual(outcomes, [{ partition: 0, offset: 0n }, undefined, undefined]);
    assert.ok(failure instanceof OutsideError);
    assert.match(
      failure.message,
      /^Cannot post to http:.*: tried \d times in .* s, last trouble: answered 504 .*timed out/,
    );
    assert.ok(seen.length > 3);
  }));

Deno.test("No answer at all is trouble outside", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const gateway = openGateway(url, { timing: testTiming(), limits });
  const { failure } = await gateway.produce("t", records);
  assert.ok(failure instanceof OutsideError);
  assert.match(failure.message, /tried \d+ times/);
});

Deno.test("A gateway that never answers is tried again, then told as such", async () => {
  const answers: ((response: Response) => void)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Promise<Response>((resolve) => answers.push(resolve)),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const options = {
    timing: testTiming(),
    limits: { ...limits, limitMs: 200 },
    answerTimeoutMs: 20,
  };
  const { failure } = await openGateway(url, options).produce("t", records);
  assert.match(String(failure?.message), /tried 2 times.*last trouble: no answer in 0\.02 s/);
  for (const answer of answers) answer(new Response());
  await server.shutdown();
});

Deno.test("A host that the task may not speak to names the task that may", async () => {
  const gateway = openGateway("http://10.255.255.1", { timing: testTiming(), limits });
  const { failure } = await gateway.produce("t", records);
  assert.ok(failure instanceof UsageError);
  assert.match(failure.message, /no network access to 10\.255\.255\.1.*:aws/);
});

Deno.test("An abort ends the delivery with the signal's reason", () =>
  withGateway([() => Response.json({}, { status: 503 })], async ({ url }) => {
    const controller = new AbortController();
    const timing = { ...testTiming(), sleep: () => Promise.resolve(controller.abort("stop")) };
    const gateway = openGateway(url, { timing, limits, signal: controller.signal });
    await assert.rejects(gateway.produce("t", records), (reason) => reason === "stop");
  }));
