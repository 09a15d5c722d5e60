/** IAM login: tokens as the vendor's signer makes them, through mysql2 and over TLS. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { SignatureV4 } from "@smithy/signature-v4";
import mysql from "mysql2/promise";
import { roleKey } from "../../../sim/iam/principal.ts";
import { resourceIdOf } from "../../../sim/mysql/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { FakeDoor } from "../fake_door.ts";
import { testKey, testUserArn } from "../keys.ts";
import { Sha256 } from "../net/sha256.ts";
import { account, RawClient, serverWith, type TestServer } from "./support.ts";

const region = "us-east-1";
const user = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const session = { accessKeyId: "ASIATEST", secretAccessKey: "other", sessionToken: "token/+=" };
const nowMs = Date.parse("2026-01-02T03:04:05Z");

interface TokenOptions {
  credentials?: typeof user & { sessionToken?: string };
  DBUser?: string;
  host?: string;
  port?: number;
  service?: string;
  region?: string;
  expiresIn?: number;
  atMs?: number;
  action?: string;
}

/** As `@aws-sdk/rds-signer` does it: a presigned address without its scheme. */
async function tokenFor(server: TestServer, options: TokenOptions = {}): Promise<string> {
  const { credentials = user, DBUser = "reader", host = "127.0.0.1", atMs = nowMs } = options;
  const { port = server.mysql.port, action = "connect" } = options;
  const signer = new SignatureV4({
    credentials,
    region: options.region ?? region,
    service: options.service ?? "rds-db",
    sha256: Sha256,
  });
  const { query } = await signer.presign({
    method: "GET",
    protocol: "https:",
    hostname: host,
    port,
    path: "/",
    query: { Action: action, DBUser },
    headers: { host: `${host}:${port}` },
  }, { expiresIn: options.expiresIn ?? 900, signingDate: new Date(atMs) });
  const pairs = Object.entries(query as Record<string, string>)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${host}:${port}/?${pairs.join("&")}`;
}

/** `name@host` as the server knows the user, or the number of its refusal. */
async function logIn(server: TestServer, token: string, more: object = {}): Promise<unknown> {
  try {
    const connection = await mysql.createConnection({
      host: "127.0.0.1",
      port: server.mysql.port,
      user: "reader",
      database: account.database,
      password: token,
      ssl: { rejectUnauthorized: false },
      authPlugins: { mysql_clear_password: () => () => Buffer.from(`${token}\0`) },
      ...more,
    });
    const [[row]] = await connection.query<mysql.RowDataPacket[]>("select user() as u");
    await connection.end();
    return row?.["u"];
  } catch (error) {
    if (error instanceof Error && "errno" in error) return [error.errno, error.message];
    throw error;
  }
}

async function open(clockMs: () => number = () => nowMs) {
  const key = roleKey(session, "111122223333", { role: "reader", sessionName: "one" });
  const door = new FakeDoor([testKey(user), { ...key, sessionToken: session.sessionToken }]);
  const iamUsers = { names: ["reader"], door, region };
  const server = await serverWith({}, { isLoaded: false, iamUsers, nowMs: clockMs });
  return { door, server };
}

const denied = [1045, "Access denied for user 'reader'@'127.0.0.1' (using password: YES)"];

Deno.test("a token in place of a password logs in, and rds-db:connect is asked for", async () => {
  const { door, server } = await open();
  await using _closing = server;
  assert.equal(await logIn(server, await tokenFor(server)), "reader@127.0.0.1");
  const { accountId } = worldFromSeed(1);
  const id = resourceIdOf({ accountId });
  assert.match(id, /^db-[A-Z0-9]{26}$/);
  const resource = `arn:aws:rds-db:us-east-1:${accountId}:dbuser:${id}/reader`;
  assert.equal(door.asked[0]?.who.kind === "aws" && door.asked[0].who.arn, testUserArn);
  assert.deepEqual(door.taken(), [`rds-db:connect ${resource}`]);
  const ofSession = await tokenFor(server, { credentials: session });
  assert.equal(await logIn(server, ofSession), "reader@127.0.0.1");
  const clear = { authPlugins: {}, enableCleartextPlugin: true };
  assert.equal(await logIn(server, await tokenFor(server), clear), "reader@127.0.0.1");
  const local = await tokenFor(server, { host: "localhost" });
  assert.equal(await logIn(server, local), "reader@127.0.0.1");
});

Deno.test("who may not connect is told what a wrong password is told", async () => {
  const { door, server } = await open();
  await using _closing = server;
  door.refuses = () => true;
  assert.deepEqual(await logIn(server, await tokenFor(server)), denied);
});

Deno.test("a token is good for its user, address, service, region and time, signed and whole", async (t) => {
  const { door, server } = await open();
  await using _closing = server;
  const good = await tokenFor(server);
  const { sessionToken: _, ...bare } = session;
  const bad: Record<string, string> = {
    "another user's": await tokenFor(server, { DBUser: "writer" }),
    "for another host": await tokenFor(server, { host: "db.example.com" }),
    "for another port": await tokenFor(server, { port: 3306 }),
    "for another service": await tokenFor(server, { service: "kinesis" }),
    "for another region": await tokenFor(server, { region: "eu-west-1" }),
    "for something else": await tokenFor(server, { action: "disconnect" }),
    "good for too long": await tokenFor(server, { expiresIn: 901 }),
    "too old": await tokenFor(server, { atMs: nowMs - 901_000 }),
    "of the future": await tokenFor(server, { atMs: nowMs + 301_000 }),
    "signed with an unknown key": await tokenFor(server, {
      credentials: { ...user, accessKeyId: "AKIANOBODY" },
    }),
    "signed with a wrong secret": await tokenFor(server, {
      credentials: { ...user, secretAccessKey: "wrong" },
    }),
    "of a session without its token": await tokenFor(server, { credentials: bare }),
    "changed": good.replace("DBUser=reader", "DBUser=reader&Action=connect"),
    "cut short": good.slice(0, -1),
    "the account's password": account.password,
  };
  for (const [name, token] of Object.entries(bad)) {
    await t.step(name, async () => assert.deepEqual(await logIn(server, token), denied));
  }
  assert.match(String(await logIn(server, "")), /using password: NO/);
  assert.deepEqual(door.taken(), []);
  assert.equal(await logIn(server, good), "reader@127.0.0.1");
});

Deno.test("a token is used up by nothing but time", async () => {
  let clockMs = nowMs;
  const { server } = await open(() => clockMs);
  await using _closing = server;
  const token = await tokenFor(server);
  clockMs += 900_000;
  assert.equal(await logIn(server, token), "reader@127.0.0.1");
  clockMs += 1;
  assert.deepEqual(await logIn(server, token), denied);
});

Deno.test("without TLS no token is asked for, and nobody is let in", async () => {
  const { server } = await open();
  await using _closing = server;
  const answer = await logIn(server, await tokenFor(server), { ssl: undefined });
  assert.deepEqual(answer, denied);
});

Deno.test("the account with the password is as it was, and no token is its password", async () => {
  const { server } = await open();
  await using _closing = server;
  const asAdmin = { user: account.user, password: account.password };
  assert.equal(await logIn(server, "", asAdmin), "admin@127.0.0.1");
  const token = await tokenFor(server, { DBUser: account.user });
  const answer = await logIn(server, token, { ...asAdmin, password: token });
  assert.deepEqual(answer, [
    1045,
    "Access denied for user 'admin'@'127.0.0.1' (using password: YES)",
  ]);
});

Deno.test("a user who is changed to proves himself in the same way", async () => {
  const { server } = await open();
  await using _closing = server;
  const token = await tokenFor(server);
  const connection = await mysql.createConnection({
    host: "127.0.0.1",
    port: server.mysql.port,
    user: account.user,
    password: account.password,
    ssl: { rejectUnauthorized: false },
    authPlugins: { mysql_clear_password: () => () => Buffer.from(`${token}\0`) },
  });
  await connection.changeUser({ user: "reader", password: token });
  const [[row]] = await connection.query<mysql.RowDataPacket[]>("select user() as u");
  assert.equal(row?.["u"], "reader@127.0.0.1");
  await connection.end();
});

Deno.test("a client that leaves instead of a token leaves nothing behind", async () => {
  const { server } = await open();
  await using client = new RawClient(server.mysql.port);
  await client.read();
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
