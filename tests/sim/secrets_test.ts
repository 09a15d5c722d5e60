import assert from "node:assert/strict";
import { SimError } from "../../sim/errors.ts";
import { drawSecrets, randomText, readSecrets, writeSecrets } from "../../sim/secrets.ts";

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("secrets have their vendors' forms, and no two draws have one in common", () => {
  const [one, another] = [drawSecrets(), drawSecrets()];
  for (const [name, secret] of Object.entries(one)) {
    assert.notEqual(secret, another[name as keyof typeof another], name);
    assert.match(secret, /^[A-Za-z0-9]{20,}$/, name);
  }
  assert.match(one.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.match(one.databricksToken, /^dapi[0-9a-f]{32}$/);
  assert.equal(one.secretAccessKey.length, 40);
  assert.equal(new Set(Object.values(one)).size, Object.keys(one).length);
});

Deno.test("every sign of an alphabet is drawn as often as the others", () => {
  const counts = new Map<string, number>();
  for (const sign of randomText(60_000, "abc")) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  assert.deepEqual([...counts.keys()].toSorted(), ["a", "b", "c"]);
  // Nine standard deviations: chance alone does not come so far.
  for (const count of counts.values()) assert.ok(Math.abs(count - 20_000) < 9 * 116, `${count}`);
});

Deno.test("secrets are kept for the owner alone, and come back as they were", () =>
  inFolder(async (dir) => {
    assert.equal(await readSecrets(dir), null);
    await Deno.writeTextFile(`${dir}/secrets.json.new`, "left by a crash", { mode: 0o644 });
    const secrets = drawSecrets();
    await writeSecrets(dir, secrets);
    assert.deepEqual(await readSecrets(dir), secrets);
    const names = Array.from(Deno.readDirSync(dir), ({ name }) => name);
    assert.deepEqual(names, ["secrets.json"]);
    if (Deno.build.os === "windows") return;
    assert.equal((await Deno.stat(`${dir}/secrets.json`)).mode! & 0o777, 0o600);
  }));

Deno.test("damaged secrets are refused with what to do, and are not printed", () =>
  inFolder(async (dir) => {
    const path = `${dir}/secrets.json`;
    const secrets = drawSecrets();
    const whole = JSON.stringify(secrets);
    const { mysqlPassword, ...others } = secrets;
    const damaged = ["", "null", "[]", whole.slice(0, -20), JSON.stringify(others)];
    damaged.push(JSON.stringify({ ...secrets, mysqlPassword: mysqlPassword.slice(1) }));
    damaged.push(JSON.stringify({ ...secrets, secretAccessKey: "a b".padEnd(40, "x") }));
    damaged.push(
      JSON.stringify({ ...secrets, accessKeyId: `ASIA${secrets.accessKeyId.slice(4)}` }),
    );
    for (const text of damaged) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readSecrets(dir), (error) => {
        assert.ok(error instanceof SimError, text);
        assert.ok(error.message.includes(path) && error.message.includes("delete this file"));
        for (const secret of Object.values(secrets)) assert.ok(!error.message.includes(secret));
        return true;
      });
    }
  }));
