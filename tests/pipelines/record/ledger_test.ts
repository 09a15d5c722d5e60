import assert from "node:assert/strict";
import {
  keyText,
  Ledger,
  type LedgerEntry,
  ledgerPaths,
} from "../../../pipelines/record/ledger.ts";
import { RunError, UsageError } from "../../../pipelines/errors.ts";

const hash = (digit: string) => digit.repeat(32);

function entry(key: string, offset: number): LedgerEntry {
  return { key, hash: hash("a"), place: { partition: 0, offset: BigInt(offset) } };
}

async function recorded(ledger: Ledger): Promise<LedgerEntry[]> {
  return (await Array.fromAsync(ledger.recorded())).flat();
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A ledger holds one line of key, hash, partition and offset for each row", () =>
  inFolder(async (folder) => {
    {
      using ledger = await Ledger.open(`${folder}/new`, "geo");
      ledger.append([
        { key: "7", hash: hash("0"), place: { partition: 3, offset: 41n } },
        { key: "8", hash: hash("f"), place: null },
      ]);
      ledger.append([{ key: "", hash: hash("1"), place: { partition: 0, offset: 0n } }]);
    }
    const { geo } = ledgerPaths(`${folder}/new`);
    assert.equal(
      await Deno.readTextFile(geo),
      `7,${hash("0")},3,41\n8,${hash("f")},,\n,${hash("1")},0,0\n`,
    );
  }));

Deno.test("A ledger opened again gives back what was entered, then goes on behind it", () =>
  inFolder(async (folder) => {
    const first = Array.from({ length: 5_000 }, (_, index) => entry(String(index), index * 7));
    {
      using ledger = await Ledger.open(folder, "pin");
      assert.deepEqual(await recorded(ledger), []);
      ledger.append(first);
    }
    {
      using ledger = await Ledger.open(folder, "pin");
      ledger.append([entry("next", 1)]);
      assert.deepEqual(await recorded(ledger), first);
    }
    using ledger = await Ledger.open(folder, "pin");
    assert.deepEqual(await recorded(ledger), [...first, entry("next", 1)]);
  }));

Deno.test("A sequence number of Kinesis keeps all its digits", () =>
  inFolder(async (folder) => {
    const offset = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_899n;
    const given = { key: "7", hash: hash("b"), place: { partition: 12, offset } };
    {
      using ledger = await Ledger.open(folder, "pin");
      ledger.append([given]);
    }
    using ledger = await Ledger.open(folder, "pin");
    assert.deepEqual(await recorded(ledger), [given]);
  }));

Deno.test("A key that is text with a comma or a quote is quoted, a line break becomes a space", () =>
  inFolder(async (folder) => {
    const keys = ['a,b"c', "x\ny", 'only "', "plain"].map(keyText);
    {
      using ledger = await Ledger.open(folder, "user");
      ledger.append(keys.map((key) => entry(key, 5)));
    }
    using ledger = await Ledger.open(folder, "user");
    assert.deepEqual((await recorded(ledger)).map(({ key }) => key), [
      'a,b"c',
      "x y",
      'only "',
      "plain",
    ]);
  }));

Deno.test("A line cut short anywhere is removed at the next opening", () =>
  inFolder(async (folder) => {
    const { pin } = ledgerPaths(folder);
    {
      using ledger = await Ledger.open(folder, "pin");
      ledger.append([entry("1", 10), entry("2", 11)]);
    }
    const whole = await Deno.readFile(pin);
    const oneLine = whole.indexOf(10) + 1;
    for (let size = 0; size < whole.length; size++) {
      await Deno.writeFile(pin, whole.subarray(0, size));
      {
        using ledger = await Ledger.open(folder, "pin");
        const kept = size < oneLine ? [] : [entry("1", 10)];
        assert.deepEqual(await recorded(ledger), kept, `cut at ${size}`);
        ledger.append([entry("3", 12)]);
      }
      using ledger = await Ledger.open(folder, "pin");
      assert.deepEqual((await recorded(ledger)).at(-1), entry("3", 12));
    }
  }));

Deno.test("A line of something else names file and line", () =>
  inFolder(async (folder) => {
    const { pin } = ledgerPaths(folder);
    await Deno.writeTextFile(pin, `1,${hash("a")},0,0\nkey,hash,partition,offset\n`);
    using ledger = await Ledger.open(folder, "pin");
    await assert.rejects(recorded(ledger), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^Cannot read line 2 of .*posted-pin\.csv/);
      return true;
    });
  }));

Deno.test("A full disk ends the run with what to do, and leaves a ledger that opens", () =>
  inFolder(async (folder) => {
    let room = 100;
    const openFile = (path: string) => {
      const file = Deno.openSync(path, { append: true, create: true });
      return {
        writeSync(bytes: Uint8Array): number {
          if (room === 0) throw new Error("No space left on device (os error 28)");
          const count = file.writeSync(bytes.subarray(0, Math.min(room, bytes.length, 30)));
          room -= count;
          return count;
        },
        close: () => file.close(),
      };
    };
    {
      using ledger = await Ledger.open(folder, "pin", { openFile });
      ledger.append([entry("1", 1)]);
      assert.throws(() => ledger.append([entry("2", 2), entry("3", 3)]), (error) => {
        assert.ok(error instanceof RunError);
        assert.match(error.message, /No space left on device.*run again with the same --data/);
        return true;
      });
    }
    using ledger = await Ledger.open(folder, "pin");
    assert.deepEqual(await recorded(ledger), [entry("1", 1), entry("2", 2)]);
  }));

Deno.test("A folder that cannot be made is told as such", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(Ledger.open(`${folder}/file/below`, "pin"), RunError);
  }));
