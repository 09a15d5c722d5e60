import assert from "node:assert/strict";
import { diskStorage } from "../../../pipelines/delta/mod.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { messageOf, withFolder } from "./helper.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

Deno.test("A file is put, read, replaced, listed and deleted", () =>
  withFolder(async (dir) => {
    const storage = diskStorage(`${dir}/t/`);
    assert.equal(storage.uri, `${dir}/t`);
    assert.deepEqual(await storage.list(""), []);
    assert.equal(await storage.read("a/b"), null);
    await storage.put("a/b", encode("one"));
    await storage.put("a/b", encode("three"));
    await storage.put("a/c/d", encode(""));
    assert.equal(decode(await storage.read("a/b")), "three");
    const listed = await storage.list("");
    assert.deepEqual(listed.map(({ name, size }) => [name, size]), [["a/b", 5], ["a/c/d", 0]]);
    assert.ok(Math.abs((listed[0]?.modifiedMs ?? 0) - Date.now()) < 60_000);
    assert.equal(await storage.local("a/b"), `${dir}/t/a/b`);
    await storage.delete("a/b");
    await storage.delete("a/b");
    assert.deepEqual((await storage.list("a/")).map(({ name }) => name), ["a/c/d"]);
    assert.match(await messageOf(storage.local("a/b"), OutsideError), /Cannot read .*a\/b/);
  }));

Deno.test("A list goes by name, from a prefix, after a name", () =>
  withFolder(async (dir) => {
    const storage = diskStorage(dir);
    for (const name of ["l/2", "l/10", "l/1", "l/1.x", "m/1", "l1"]) {
      await storage.put(name, encode(name));
    }
    const names = async (...[prefix, after]: [string, string?]) =>
      (await storage.list(prefix, after)).map(({ name }) => name);
    assert.deepEqual(await names("l/"), ["l/1", "l/1.x", "l/10", "l/2"]);
    assert.deepEqual(await names("l/1"), ["l/1", "l/1.x", "l/10"]);
    assert.deepEqual(await names("l/", "l/1"), ["l/1.x", "l/10", "l/2"]);
    assert.deepEqual(await names("l/", "l/10"), ["l/2"]);
    assert.deepEqual(await names("none/"), []);
  }));

Deno.test("Of many who put one name if absent, exactly one stores, and its bytes are whole", () =>
  withFolder(async (dir) => {
    const storage = diskStorage(dir);
    const texts = Array.from({ length: 8 }, (_, at) => String(at).repeat(50_000));
    const outcomes = await Promise.all(
      texts.map((text) => storage.putIfAbsent("log/1", encode(text))),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "stored").length, 1);
    assert.equal(decode(await storage.read("log/1")), texts[outcomes.indexOf("stored")]);
    assert.deepEqual((await storage.list("")).map(({ name }) => name), ["log/1"]);
  }));

Deno.test("What is being written has no name that a reader would take", () =>
  withFolder(async (dir) => {
    const seen: string[][] = [];
    const storage = diskStorage(dir, {
      onStep: async () => {
        seen.push((await storage.list("")).map(({ name }) => name));
      },
    });
    await storage.putIfAbsent("log/1.json", encode("x"));
    const [staged = [], stored = []] = seen;
    assert.equal(staged.length, 1);
    assert.match(staged[0] ?? "", /^log\/\.1\.json\..*\.tmp$/);
    assert.deepEqual(stored.filter((name) => !name.endsWith(".tmp")), ["log/1.json"]);
  }));

Deno.test("A local file moves into the table", () =>
  withFolder(async (dir) => {
    const storage = diskStorage(`${dir}/t`);
    await Deno.writeTextFile(`${dir}/local`, "rows");
    await storage.putFile("data/part", `${dir}/local`);
    assert.equal(decode(await storage.read("data/part")), "rows");
    await assert.rejects(Deno.stat(`${dir}/local`), Deno.errors.NotFound);
  }));

Deno.test("Trouble with the disk says what was tried", () =>
  withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "in the way");
    const storage = diskStorage(`${dir}/file`);
    const message = await messageOf(storage.put("name", encode("x")), OutsideError);
    assert.match(message, /^Cannot write .*file\/name: /);
  }));
