/** The account's files: who reads them, what a restart finds, what a damaged one costs. */
import assert from "node:assert/strict";
import { DamagedFileError } from "../../../../sim/storage/kept_text.ts";
import { StorageError } from "../../../../sim/storage/append_file.ts";
import { SimError } from "../../../../sim/errors.ts";
import { administrator, alice, opened, policy, refusal, seed, statement } from "./support.ts";

const logs = "arn:aws:s3:::logs/today";
const writes = policy(statement("Allow", "s3:PutObject"));

function inFolder(test: (dir: string) => void): void {
  const dir = Deno.makeTempDirSync();
  try {
    test(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test("every file of the account is for its owner alone, whatever was there before", () =>
  inFolder((dir) => {
    Deno.writeTextFileSync(`${dir}/account.json.new`, "left by a crash", { mode: 0o644 });
    using _ = opened({ dir });
    const modes = [...Deno.readDirSync(dir)].map(({ name }) =>
      [name, (Deno.statSync(`${dir}/${name}`).mode ?? 0) & 0o777] as const
    );
    assert.deepEqual(modes.sort(), [
      ["account.json", 0o600],
      ["account.json.copy", 0o600],
      ["sessions.jsonl", 0o600],
    ]);
  }));

Deno.test("entities and sessions are there after a restart, tags and odd names too", () =>
  inFolder((dir) => {
    let session = "";
    {
      using world = opened({ dir });
      session = world.account.sessionOf("machine", "i-1").accessKeyId;
      world.account.change(({ users }) => {
        users.get("alice")!.tags.set("__proto__", "x");
        users.get("alice")!.inline.set("writes", writes);
      });
    }
    using world = opened({ dir });
    assert.equal(refusal(world.account, alice.accessKeyId, "s3:PutObject", logs), null);
    assert.equal(world.account.entities.users.get("alice")?.tags.get("__proto__"), "x");
    assert.equal(refusal(world.account, session, "s3:GetObject", logs), null);
    assert.match(world.account.keyOf(session)?.sessionToken ?? "", /^IQoJ/);
  }));

Deno.test("a seeded policy stays as somebody changed it, until the seed itself changes", () =>
  inFolder((dir) => {
    const reads = () => {
      using world = opened({ dir });
      return world.account.entities.users.get("alice")?.inline.get("reads");
    };
    const before = reads();
    {
      using world = opened({ dir });
      world.account.change(({ users }) => users.get("alice")!.inline.set("reads", writes));
    }
    assert.equal(reads(), writes);
    const wider = policy(statement("Allow", "s3:*"));
    assert.notEqual(before, wider);
    const changed = { ...seed, users: [{ ...alice, policies: { reads: wider } }] };
    {
      using world = opened({ dir, seed: changed });
      assert.equal(world.account.entities.users.get("alice")?.inline.get("reads"), wider);
    }
    using world = opened({ dir, seed: { ...seed, users: [{ ...alice, policies: {} }] } });
    assert.equal(world.account.entities.users.get("alice")?.inline.has("reads"), false);
  }));

Deno.test("a seeded user that was removed comes back whole; a key made inactive stays so", () =>
  inFolder((dir) => {
    {
      using world = opened({ dir });
      world.account.change(({ users }) => {
        users.delete("alice");
        users.get(administrator.name)!.keys[0]!.isActive = false;
      });
    }
    using world = opened({ dir });
    assert.equal(refusal(world.account, alice.accessKeyId, "s3:GetObject", logs), null);
    assert.equal(world.account.keyOf(administrator.accessKeyId), undefined);
  }));

Deno.test("a new key of the seed takes the place of the one before", () =>
  inFolder((dir) => {
    opened({ dir })[Symbol.dispose]();
    const drawn = { ...administrator, accessKeyId: "AKIADRAWNANEW0000000" };
    using world = opened({ dir, seed: { ...seed, administrator: drawn } });
    assert.equal(world.account.keyOf(administrator.accessKeyId), undefined);
    assert.ok(world.account.keyOf(drawn.accessKeyId));
  }));

Deno.test("a seed with a text that is no policy ends the start and names it", () =>
  inFolder((dir) => {
    const broken = { ...seed, users: [{ ...alice, policies: { reads: "{" } }] };
    assert.throws(() => opened({ dir, seed: broken }), (error) => {
      assert.ok(error instanceof SimError);
      assert.match(error.message, /policy reads of user alice/);
      return true;
    });
  }));

Deno.test("a damaged file is made again from its copy, for the owner alone; two end the start", () =>
  inFolder((dir) => {
    opened({ dir })[Symbol.dispose]();
    Deno.writeTextFileSync(`${dir}/account.json`, "damaged");
    const told: string[] = [];
    {
      using world = opened({ dir, tell: (sentence) => told.push(sentence) });
      assert.ok(world.account.keyOf(alice.accessKeyId));
    }
    assert.equal(told.length, 1);
    for (const { name } of Deno.readDirSync(dir)) {
      assert.equal((Deno.statSync(`${dir}/${name}`).mode ?? 0) & 0o077, 0, name);
    }
    for (const name of ["account.json", "account.json.copy"]) {
      Deno.writeTextFileSync(`${dir}/${name}`, "damaged");
    }
    assert.throws(() => opened({ dir }), DamagedFileError);
  }));

Deno.test("a line of the sessions that a crash cut short is no session and harms no other", () =>
  inFolder((dir) => {
    let whole = "";
    let cut = "";
    {
      using world = opened({ dir });
      whole = world.account.sessionOf("machine", "one").accessKeyId;
      cut = world.account.sessionOf("machine", "two").accessKeyId;
    }
    const text = Deno.readTextFileSync(`${dir}/sessions.jsonl`);
    Deno.writeTextFileSync(`${dir}/sessions.jsonl`, text.slice(0, -20));
    using world = opened({ dir });
    assert.ok(world.account.keyOf(whole));
    assert.equal(world.account.keyOf(cut), undefined);
    const next = world.account.sessionOf("machine", "three").accessKeyId;
    assert.ok(world.account.keyOf(next));
  }));

Deno.test("a link in place of a file is not followed", () =>
  inFolder((dir) => {
    const other = Deno.makeTempFileSync();
    Deno.symlinkSync(other, `${dir}/account.json`);
    assert.throws(() => opened({ dir }), StorageError);
    assert.equal(Deno.readTextFileSync(other), "");
    Deno.removeSync(other);
  }));
