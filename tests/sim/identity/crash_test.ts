/** IAM and STS in a process that is killed: what they acknowledged is there, and nothing half. */
import assert from "node:assert/strict";
import { opened } from "../iam/account/support.ts";
import {
  administrator,
  formOf,
  type Given,
  refusal,
  resultOf,
  send,
  sessionIn,
} from "./support.ts";

const permissions = [
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-env",
  "--allow-sys",
  "--allow-read",
  "--allow-write",
];
const script = new URL("./crash_server.ts", import.meta.url).pathname;

/** Starts the process, perhaps through a shell line that ends in `exec "$@"`. */
async function startProcess(dir: string, shell: string | null = null) {
  const words = [Deno.execPath(), "run", ...permissions, script, dir];
  const [program = "", ...args] = shell === null ? words : ["sh", "-c", shell, "sh", ...words];
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "inherit" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const [iam = 0, sts = 0] = new TextDecoder().decode(value).trim().split(" ").map(Number);
  return {
    ports: { iam, sts },
    async kill() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** The answer, or null from a server that is gone. */
async function ask(
  port: number,
  service: "iam" | "sts",
  action: string,
  parameters: Given,
) {
  const version = service === "iam" ? "2010-05-08" : "2011-06-15";
  const form = formOf({ Action: action, Version: version, ...parameters as object });
  const region = service === "iam" ? "us-east-1" : "eu-west-1";
  const signing = { credentials: administrator, region, service, nowMs: Date.now() };
  try {
    const response = await send(port, form, signing);
    return resultOf(await response.text(), action, response.status);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

Deno.test("kill -9 in the middle of changes loses none that was answered and leaves none half", async () => {
  const dir = Deno.makeTempDirSync();
  const server = await startProcess(dir);
  const { iam, sts } = server.ports;
  const answeredUsers: string[] = [];
  const answeredSessions: string[] = [];
  const trust = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const made = await ask(iam, "iam", "CreateRole", { RoleName: "r", AssumeRolePolicyDocument });
  const makesUsers = async (name: string) => {
    for (let at = 0;; at++) {
      const UserName = `${name}${at}`;
      const Tags = [{ Key: "long", Value: "x".repeat(200) }];
      if (await ask(iam, "iam", "CreateUser", { UserName, Tags }) === null) return;
      answeredUsers.push(UserName);
    }
  };
  const opensSessions = async () => {
    for (let at = 0;; at++) {
      const about = { RoleArn: made?.Role.Arn, RoleSessionName: `s${at}` };
      const taken = await ask(sts, "sts", "AssumeRole", about);
      if (taken === null) return;
      answeredSessions.push(sessionIn(taken).accessKeyId);
    }
  };
  const working = [makesUsers("a"), makesUsers("b"), opensSessions()];
  await new Promise((resolve) => setTimeout(resolve, 700));
  await server.kill();
  await Promise.all(working);

  assert.ok(answeredUsers.length > 0 && answeredSessions.length > 0, "nothing was made");
  {
    using world = opened({ dir });
    const { users } = world.account.entities;
    for (const name of answeredUsers) {
      assert.equal(users.get(name)?.tags.get("long")?.length, 200, name);
    }
    // The two that were on their way may be there or not.
    assert.ok(users.size - 2 - answeredUsers.length <= 2);
    for (const id of answeredSessions) assert.ok(world.account.keyOf(id), id);
  }
  for (const { name } of Deno.readDirSync(dir)) {
    assert.equal((Deno.statSync(`${dir}/${name}`).mode ?? 0) & 0o077, 0, name);
  }
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("where the disk takes no more a change is refused, undone, and a smaller one taken", async () => {
  const dir = Deno.makeTempDirSync();
  // 64 blocks of 512 bytes; without the signal the write itself fails, with EFBIG.
  const server = await startProcess(dir, `trap "" XFSZ; ulimit -f 64; exec "$@"`);
  const { iam } = server.ports;
  const make = (at: number) => {
    const Tags = [0, 1, 2, 3].map((tag) => ({ Key: `k${tag}`, Value: "x".repeat(250) }));
    return ask(iam, "iam", "CreateUser", { UserName: `u${at}`, Tags });
  };
  let count = 0;
  let full = "";
  for (; full === "" && count < 100; count++) {
    full = await refusal(make(count).then(() => Promise.reject(new Error("made")))).catch(() => "");
  }
  assert.match(full, /^500 ServiceFailure/);
  const last = { UserName: `u${count - 1}` };
  assert.match(await refusal(ask(iam, "iam", "GetUser", last)), /^404 NoSuchEntity/);
  await ask(iam, "iam", "DeleteUser", { UserName: "u0" });
  assert.ok(await make(0));
  await server.kill();
  using world = opened({ dir });
  assert.equal(world.account.entities.users.has(last.UserName), false);
  assert.equal(world.account.entities.users.get("u0")?.tags.size, 4);
  Deno.removeSync(dir, { recursive: true });
});
