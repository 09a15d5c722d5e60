/** Sessions of roles, as a small STS of the test's own hands them out. */
import assert from "node:assert/strict";
import { credentialsFor, keySourceOf, renewalMs } from "../../../pipelines/clients/identity.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { type RoleToAssume, Secret } from "../../../pipelines/target.ts";

/** What STS answers, in the form of its API reference. */
function assumed(count: number, seconds: number): string {
  const end = new Date(Date.now() + seconds * 1000).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <Credentials><AccessKeyId>ASIA${count}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
    <SessionToken>token ${count}</SessionToken><Expiration>${end}</Expiration></Credentials>
  </AssumeRoleResult></AssumeRoleResponse>`;
}

const denied = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
  <Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/me is
  not authorized</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

async function withSts(
  answer: (count: number) => { status?: number; body: string },
  run: (role: RoleToAssume, bodies: string[]) => Promise<void>,
): Promise<void> {
  const bodies: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { status = 200, body } = answer(bodies.push(await request.text()));
      return new Response(body, { status, headers: { "content-type": "text/xml" } });
    },
  );
  await run({
    roleArn: "arn:aws:iam::111122223333:role/sink",
    sessionName: "0a1b2c3d4e5f",
    by: {
      accessKeyId: "AKIAME",
      secretAccessKey: new Secret("hush"),
      sessionToken: null,
    },
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${server.addr.port}`,
  }, bodies);
}

Deno.test("one session serves all clients that ask at once, and those that ask later", async () => {
  await withSts((count) => ({ body: assumed(count, 3600) }), async (role, bodies) => {
    const source = keySourceOf(role);
    assert.equal(keySourceOf(role), source);
    const given = await Promise.all([source(), source(), keySourceOf(role)()]);
    given.push(await source());
    for (const keys of given) assert.equal(keys.sessionToken, "token 1");
    assert.equal(bodies.length, 1);
    const asked = new URLSearchParams(bodies[0]);
    assert.equal(asked.get("RoleArn"), role.roleArn);
    assert.equal(asked.get("RoleSessionName"), role.sessionName);
  });
});

Deno.test("a session that nears its end is asked for again", async () => {
  await withSts((count) => ({ body: assumed(count, 2) }), async (role) => {
    const source = keySourceOf(role);
    assert.equal((await source()).accessKeyId, "ASIA1");
    const endMs = Date.now() + 2000;
    let renewed = await source();
    while (renewed.accessKeyId === "ASIA1" && Date.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      renewed = await source();
    }
    assert.equal(renewed.accessKeyId, "ASIA2");
    assert.ok(Date.now() < endMs, "before the first one has ended");
  });
});

Deno.test("five minutes before its end, or with a quarter of a short life left", () => {
  // By the rule: min(300 s, life / 4) before the end.
  const at = (seconds: number) => new Date(seconds * 1000);
  assert.equal(renewalMs(at(3600), 0), 3_300_000);
  assert.equal(renewalMs(at(900), 0), 675_000);
  assert.equal(renewalMs(undefined, 0), Infinity);
});

Deno.test("a refused role is told in the words of STS, and asked for again the next time", async () => {
  const answer = (count: number) =>
    count === 1 ? { status: 403, body: denied } : { body: assumed(count, 3600) };
  await withSts(answer, async (role) => {
    const source = keySourceOf(role);
    await assert.rejects(source(), (error) => {
      assert.ok(error instanceof OutsideError);
      assert.match(
        error.message,
        /^Cannot take on the role arn:aws:iam::111122223333:role\/sink: /,
      );
      assert.match(error.message, /user\/me is\s+not authorized/);
      assert.equal(error.retryable, false);
      return true;
    });
    assert.equal((await source()).accessKeyId, "ASIA2");
  });
});

Deno.test("keys of a person are as they were given; none leaves them to the SDK", async () => {
  const pair = { accessKeyId: "AKIA", secretAccessKey: new Secret("s"), sessionToken: null };
  assert.deepEqual(await keySourceOf(pair)(), { accessKeyId: "AKIA", secretAccessKey: "s" });
  const token = { ...pair, sessionToken: new Secret("t") };
  assert.equal((await keySourceOf(token)()).sessionToken, "t");
  assert.deepEqual(credentialsFor(null), {});
});
