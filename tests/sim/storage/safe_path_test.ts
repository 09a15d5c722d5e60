import assert from "node:assert/strict";
import fc from "fast-check";
import { StorageError } from "../../../sim/storage/append_file.ts";
import { isDeviceName, isPortableName, portableName } from "../../../sim/storage/portable_name.ts";
import { isEntryName, SafeFolder } from "../../../sim/storage/safe_path.ts";

function setUp() {
  const outer = Deno.makeTempDirSync();
  const folder = new SafeFolder(`${outer}/root`);
  return { outer, folder, [Symbol.dispose]: () => Deno.removeSync(outer, { recursive: true }) };
}

Deno.test("a path is made of single names only", () => {
  using at = setUp();
  assert.equal(at.folder.at("a", "b.c"), `${at.folder.path}/a/b.c`);
  for (const name of ["", ".", "..", "a/b", "/", "../x", "a\0", "x".repeat(256), "é".repeat(128)]) {
    assert.ok(!isEntryName(name), name);
    assert.throws(() => at.folder.at(name), TypeError, name);
    assert.throws(() => at.folder.at("a", name), TypeError, name);
  }
});

Deno.test("whatever the names, a path stays in its folder or is refused", () => {
  using at = setUp();
  const name = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("..", ".", "../..", "/etc", "a/../../b", "%2e%2e", "..\\..", "C:"),
  );
  fc.assert(fc.property(fc.array(name, { maxLength: 4 }), (names) => {
    try {
      const url = new URL(
        `file://${at.folder.at(...names).split("/").map(encodeURIComponent).join("/")}`,
      );
      assert.ok(`${url.pathname}/`.startsWith(`${at.folder.path}/`), url.pathname);
    } catch (error) {
      assert.ok(error instanceof TypeError, String(error));
    }
  }));
});

Deno.test("a link is refused wherever it stands and wherever it leads", () => {
  using at = setUp();
  const { path } = at.folder;
  Deno.mkdirSync(`${path}/real/below`, { recursive: true });
  Deno.mkdirSync(`${at.outer}/outside`);
  const targets = [`${at.outer}/outside`, `${at.outer}/missing`, `${path}/real`, "link", "real"];
  for (const target of targets) {
    Deno.symlinkSync(target, `${path}/link`);
    Deno.symlinkSync(target, `${path}/real/below/link`);
    for (
      const names of [["link"], ["link", "x"], ["link", "x", "y"], ["real", "below", "link", "x"]]
    ) {
      assert.throws(() => at.folder.at(...names), StorageError, `${target} ${names}`);
      assert.throws(() => at.folder.folder(...names), StorageError);
    }
    for (const link of [`${path}/link`, `${path}/real/below/link`]) Deno.removeSync(link);
  }
  assert.deepEqual([...Deno.readDirSync(`${at.outer}/outside`)], []);
});

Deno.test("what is not there yet is no link, however deep", () => {
  using at = setUp();
  assert.ok(at.folder.isClear(at.folder.at("a", "b", "c")));
  Deno.writeTextFileSync(at.folder.at("file"), "");
  assert.ok(at.folder.isClear(`${at.folder.path}/file/below`));
});

Deno.test("a folder that became a link is found out, and one reached through a link is not", () => {
  using at = setUp();
  Deno.symlinkSync(`${at.outer}/root`, `${at.outer}/way`);
  const byLink = new SafeFolder(`${at.outer}/way`);
  assert.equal(byLink.at("a"), `${at.outer}/way/a`);
  Deno.renameSync(`${at.outer}/root`, `${at.outer}/moved`);
  Deno.symlinkSync(`${at.outer}/moved`, `${at.outer}/root`);
  assert.throws(() => at.folder.at("a"), StorageError);
});

Deno.test("portable names differ on every disk, and are left as they are", () => {
  for (const name of ["a", "a-b.c", ".hidden", "x+0+1.json", "partition=0", "console", "com10"]) {
    assert.ok(isPortableName(name), name);
    assert.equal(portableName(name), name);
  }
  for (const name of ["A", "é", "con", "NUL.txt", "a.", "a ", "a:b", "a~1", "a\x01", ""]) {
    assert.ok(!isPortableName(name), name);
  }
});

Deno.test("any two texts get names that no disk takes for the same, none reserved, none too long", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.constantFrom("a", "A", "con", "CON", "con.", "nul.x", "é", "É", "K", "\u212a", "a."),
  );
  fc.assert(fc.property(text, text, (one, other) => {
    const [first, second] = [portableName(one), portableName(other)];
    if (one !== other) assert.notEqual(first.toLowerCase(), second.toLowerCase());
    assert.match(first, /^[ -~]{1,255}$/);
    assert.ok(!isDeviceName(first) && !/[. ]$|[<>:"/\\|?*A-Z]/.test(first), first);
  }));
});
