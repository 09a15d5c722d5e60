import assert from "node:assert/strict";
import { LineFile } from "../../../pipelines/batch/line_file.ts";
import { cleanObject } from "../../../pipelines/record/json_line.ts";

const encoder = new TextEncoder();

/** Writes objects in chunks of a size; what the files hold then. */
async function written(objects: (string | Uint8Array)[], chunkBytes = 1 << 16) {
  const folder = await Deno.makeTempDir();
  try {
    using file = new LineFile(`${folder}/lines`);
    const lineCounts: number[] = [];
    for (const object of objects) {
      const bytes = typeof object === "string" ? encoder.encode(object) : object;
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        await file.append(bytes.subarray(at, at + chunkBytes));
      }
      lineCounts.push(await file.endObject());
    }
    const summary = await file.close();
    const odd = summary.oddPath === null ? "" : await Deno.readTextFile(summary.oddPath);
    return { text: await Deno.readTextFile(summary.path), lineCounts, odd, summary };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("clean lines pass byte for byte, wherever the chunks are cut", async () => {
  const objects = ['{"a":"größer 🎨"}\n{"b":[1, 2.50]}\n', '{"c":1}\n'];
  for (let chunkBytes = 1; chunkBytes < 40; chunkBytes++) {
    const { text, lineCounts, odd } = await written(objects, chunkBytes);
    assert.equal(text, objects.join(""));
    assert.deepEqual(lineCounts, [2, 1]);
    assert.equal(odd, "");
  }
});

Deno.test("an object without a last line break does not run into the next one", async () => {
  const { text, lineCounts } = await written(['{"a":1}\n{"b":2}', '{"c":3}']);
  assert.equal(text, '{"a":1}\n{"b":2}\n{"c":3}\n');
  assert.deepEqual(lineCounts, [2, 1]);
});

Deno.test("an empty object has no lines", async () => {
  assert.deepEqual((await written(["", '{"a":1}\n', ""])).lineCounts, [0, 1, 0]);
});

Deno.test("every odd record keeps its line, and its bytes stand aside", async () => {
  const odd: [string | Uint8Array, string][] = [
    ["", "null"],
    ["[1]", "null"],
    ["null", "null"],
    ['"{}"', "null"],
    [' {"a": 1} ', '{"a":1}'],
    ['\ufeff{"a":1}', "null"],
    ['{"a":"\u0000"}', "null"],
    ['{"a":"\u0001"}', "null"],
    ['{"a":\r1}', '{"a":1}'],
    [Uint8Array.of(0x7b, 0xff, 0x7d), "null"],
    [Uint8Array.of(0xff), "null"],
  ];
  for (const [record, expected] of odd) {
    const bytes = typeof record === "string" ? encoder.encode(record) : record;
    const object = Uint8Array.of(...encoder.encode('{"x":1}\n'), ...bytes, 0x0a, 0x7b, 0x7d, 0x0a);
    for (const chunkBytes of [3, 1000]) {
      const { text, odd, summary } = await written([object], chunkBytes);
      assert.equal(text, `{"x":1}\n${expected}\n{}\n`);
      assert.equal(odd, `1,${bytes.toBase64()}\n`);
      assert.equal(summary.lineCount, 3);
    }
  }
});

Deno.test("Windows line ends are line ends", async () => {
  const { text, odd } = await written(['{"a":1}\r\n{"b":2}\r\n']);
  assert.equal(text, '{"a":1}\n{"b":2}\n');
  assert.equal(odd, "");
});

Deno.test("a line may be longer than every buffer", async () => {
  const long = `{"a":"${"ü".repeat(1_500_000)}"}\n`;
  const { text, summary } = await written(['{"b":1}\n', long, '{"c":1}\n']);
  assert.equal(text.length, '{"b":1}\n{"c":1}\n'.length + long.length);
  assert.equal(summary.longestLineBytes, encoder.encode(long).length - 1);
});

Deno.test("half a surrogate pair becomes a replacement character, and a backslash stays one", () => {
  assert.equal(
    cleanObject(encoder.encode('{"a":"x\\ud83d","b":"\\\\ud83d","c":"\\ud83c\\udfa8"}')),
    '{"a":"x\ufffd","b":"\\\\ud83d","c":"🎨"}',
  );
});
