/**
 * Judge: boto3, on S3, Kinesis and MySQL behind the account.
 *
 * Covers policies of buckets and streams, denials in its eyes, unsigned requests, sessions with
 * presigned addresses, and its tokens for IAM logins.
 */
import assert from "node:assert/strict";
import mysql from "mysql2/promise";
import { noFaults } from "../../sim/faults/plan.ts";
import { openAccount } from "../../sim/iam/account/mod.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { startMysql } from "../../sim/mysql/mod.ts";
import { startS3 } from "../../sim/s3/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { debian, mustRun, python, run } from "./tools.ts";

const region = "us-east-1";
const bucket = "judged-bucket";
const admin = { accessKeyId: "AKIAADMINADMINADMIN1", secretAccessKey: "admin" };
const reader = { accessKeyId: "AKIAREADERREADERREA1", secretAccessKey: "reader" };
const script = new URL("./iam_doors_judge.py", import.meta.url).pathname;

const policyOf = (...Statement: unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const ownOnly = policyOf({
  Effect: "Allow",
  Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
  Resource: `arn:aws:s3:::${bucket}/mine/*`,
});
const connects = policyOf({ Effect: "Allow", Action: "rds-db:connect", Resource: "*" });

async function open() {
  const dir = Deno.makeTempDirSync();
  const context = (name: string) => {
    Deno.mkdirSync(`${dir}/${name}`);
    return { world: worldFromSeed(7), faults: noFaults, dir: `${dir}/${name}` };
  };
  const { world } = context("account");
  const trust = policyOf({
    Effect: "Allow",
    Principal: { Service: "ec2.amazonaws.com" },
    Action: "sts:AssumeRole",
  });
  const door = openAccount({
    dir: `${dir}/account`,
    world,
    region,
    mode: "enforce",
    seed: {
      administrator: { name: "admin", ...admin },
      users: [{ name: "reader", ...reader, policies: { own: ownOnly, connects } }],
      roles: [{ name: "worker", trust, policies: { own: ownOnly } }],
    },
  });
  const s3 = await startS3(context("s3"), { region, door, buckets: [bucket] });
  const kinesis = await startKinesis(context("kinesis"), { port: 0, region, door, limits: "off" });
  const database = await startMysql(context("mysql"), {
    user: "project_user",
    password: "secret",
    database: "pinterest_data",
    iamUsers: { names: ["iam_user"], door, region },
  });
  return {
    door,
    s3: `http://127.0.0.1:${s3.port}`,
    kinesis: `http://127.0.0.1:${kinesis.port}`,
    mysqlPort: database.port,
    async [Symbol.asyncDispose]() {
      for (const service of [s3, kinesis, database]) await service[Symbol.asyncDispose]();
      door[Symbol.dispose]();
      Deno.removeSync(dir, { recursive: true });
    },
  };
}

/** As boto3 takes them. */
const keysOf = (key: { accessKeyId: string; secretAccessKey: string }) => ({
  aws_access_key_id: key.accessKeyId,
  aws_secret_access_key: key.secretAccessKey,
});

const envOf = (key: { accessKeyId: string; secretAccessKey: string }) => ({
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  AWS_DEFAULT_REGION: region,
});

Deno.test("boto3 judges the doors of S3 and Kinesis", async () => {
  const bin = await python();
  await using world = await open();
  const session = world.door.sessionOf("worker", "one");
  const said = await mustRun(
    bin,
    [script, world.s3, world.kinesis, bucket, world.door.accountId],
    {
      env: {
        ...envOf(admin),
        READER: JSON.stringify(keysOf(reader)),
        SESSION: JSON.stringify({ ...keysOf(session), aws_session_token: session.sessionToken }),
      },
    },
  );
  assert.deepEqual(said.trim().split("\n"), [
    "bucket policy",
    "denials of S3",
    "deletes key by key",
    "public reads",
    "sessions and presigned addresses",
    "denials and policies of Kinesis",
  ]);
});

async function tokenOf(port: number, user: string): Promise<string> {
  const code = "import boto3, sys; print(boto3.client('rds').generate_db_auth_token(" +
    `DBHostname='127.0.0.1', Port=int(sys.argv[1]), DBUsername=sys.argv[2]))`;
  const args = ["-c", code, String(port), user];
  return (await mustRun(await python(), args, { env: envOf(reader) })).trim();
}

Deno.test("boto3's tokens log in to the simulated MySQL, through mysql2", async () => {
  await using world = await open();
  const password = await tokenOf(world.mysqlPort, "iam_user");
  const connection = await mysql.createConnection({
    host: "127.0.0.1",
    port: world.mysqlPort,
    user: "iam_user",
    password,
    ssl: { rejectUnauthorized: false },
    enableCleartextPlugin: true,
  });
  const [[row]] = await connection.query<mysql.RowDataPacket[]>("select current_user() as u");
  assert.equal(row?.["u"], "iam_user@%");
  await connection.end();
});

Deno.test("the mysql command line logs in with a token, and is refused with another's", async () => {
  const program = await debian("mariadb", "mariadb-client");
  await using world = await open();
  const login = async (token: string) =>
    await run(program, [
      ...["-h", "127.0.0.1", "-P", String(world.mysqlPort), "-u", "iam_user"],
      ...["--enable-cleartext-plugin", "--ssl", "--skip-ssl-verify-server-cert"],
      ...["--batch", "--skip-column-names", "-e", "SELECT USER()"],
    ], { env: { MYSQL_PWD: token } });
  const good = await login(await tokenOf(world.mysqlPort, "iam_user"));
  // MariaDB's calls the option obsolete before it answers; MySQL's own does not do without it.
  assert.equal(good.stdout.trim().split("\n").at(-1), "iam_user@127.0.0.1", good.stderr);
  const bad = await login(await tokenOf(world.mysqlPort, "project_user"));
  assert.match(bad.stderr, /ERROR 1045 \(28000\).*Access denied for user 'iam_user'/);
});
