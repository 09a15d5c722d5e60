import assert from "node:assert/strict";
import { numberColumn, textColumn } from "../../../../sim/mysql/admin/answers.ts";
import { binaryRow, readParameters } from "../../../../sim/mysql/wire/binary.ts";
import { PayloadReader } from "../../../../sim/mysql/wire/bytes.ts";
import { columnType, textRow } from "../../../../sim/mysql/wire/packets.ts";
import { hex, toHex } from "../support.ts";

const column = (type: number) => ({ ...textColumn("x"), type });

Deno.test("a binary row has its NULLs from bit 2 on, then the values", () => {
  const columns = [numberColumn("a"), textColumn("b"), column(columnType.double)];
  const bytes = binaryRow(textRow(["5", null, "1.5"]), columns);
  assert.equal(toHex(bytes), "00" + "08" + "0500000000000000" + "000000000000f83f");
});

Deno.test("the ninth column's NULL is in the second byte", () => {
  const columns = Array.from({ length: 9 }, () => textColumn("x"));
  const bytes = binaryRow(textRow(Array<null>(9).fill(null)), columns);
  assert.equal(toHex(bytes), "00" + "fc07");
});

// Lengths and fields as in the reference: 4, 7 or 11 bytes.
const times: [string, string][] = [
  ["2010-10-17 00:00:00", "04da070a11"],
  ["2010-10-17 19:27:30", "07da070a11131b1e"],
  ["2010-10-17 19:27:30.000001", "0bda070a11131b1e01000000"],
];

for (const [text, bytes] of times) {
  Deno.test(`the time ${text} is ${bytes}`, () => {
    const row = binaryRow(textRow([text]), [column(columnType.datetime)]);
    assert.equal(toHex(row), "0000" + bytes);
  });
}

Deno.test("the time of day -120:19:27 and 30.5 s is as in the reference", () => {
  const row = binaryRow(textRow(["-120:19:27.500000"]), [column(columnType.time)]);
  assert.equal(toHex(row), "0000" + "0c0105000000" + "00131b" + "20a10700");
});

Deno.test("parameters of every width are read, with their signs", () => {
  const reader = new PayloadReader(hex(`
    20 01                                     # the sixth is NULL; types follow
    0100 0200 0300 0800 0500 fd00 fd00 0c00
    ff feff fdffffff fcffffffffffffff
    000000000000f83f
    0161
    07da070a11131b1e
  `));
  const { values } = readParameters(reader, 8, [], new Map());
  assert.deepEqual(values, [-1, -2, -3, -4n, 1.5, null, "a", "2010-10-17 19:27:30"]);
  assert.equal(reader.remaining, 0);
});

Deno.test("types that were told once are remembered", () => {
  const reader = new PayloadReader(hex("00 00 ff"));
  assert.deepEqual(readParameters(reader, 1, [0x8001], new Map()).values, [255]);
});
