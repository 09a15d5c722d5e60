// W3C, "Date and Time Formats"; RFC 4291, "Text Representation of Addresses".
import assert from "node:assert/strict";
import { addressOf, momentOf, networkOf, numberOf } from "../../../../sim/iam/policy/values.ts";

Deno.test("dates stand in the forms of ISO 8601 that W3C names", () => {
  const noon = Date.UTC(2026, 2, 1, 12);
  const same = [
    ...["2026-03-01T12:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z"],
    ...["2026-03-01T14:30:00+02:30", "2026-03-01T07:00:00-05:00", "1772366400"],
  ];
  for (const text of same) assert.equal(momentOf(text), noon, text);
  assert.equal(momentOf("2026"), Date.UTC(2026, 0, 1));
  assert.equal(momentOf("2026-03"), Date.UTC(2026, 2, 1));
  assert.equal(momentOf("2026-03-01"), Date.UTC(2026, 2, 1));
  assert.equal(momentOf("2026-03-01T12:00:00.25Z"), noon + 250);
  for (const text of ["", "now", "2026-13", "2026-03-32", "01.03.2026", "2026-03-01 12:00"]) {
    assert.equal(momentOf(text), null, text);
  }
});

Deno.test("numbers are whole or decimal, and nothing else", () => {
  assert.equal(numberOf("-1.50"), -1.5);
  for (const text of ["", " 1", "0x10", "1,5", "Infinity"]) {
    assert.equal(numberOf(text), null, text);
  }
});

Deno.test("addresses are bytes, however they are spelled", () => {
  assert.deepEqual(addressOf("192.0.2.17"), [192, 0, 2, 17]);
  const long = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x17];
  for (const text of ["2001:db8::17", "2001:DB8:0:0::17", "2001:0db8:0:0:0:0:0:17"]) {
    assert.deepEqual(addressOf(text), long, text);
  }
  assert.deepEqual(addressOf("::ffff:10.0.0.1")?.slice(10), [255, 255, 10, 0, 0, 1]);
  assert.deepEqual(addressOf("::"), Array(16).fill(0));
  const wrong = ["", "1.2.3", "1.2.3.256", "1::2::3", "12345::", "1:2:3:4:5:6:7", ":::", "g::"];
  for (const text of wrong) assert.equal(addressOf(text), null, text);
});

Deno.test("networks have no more bits than their addresses", () => {
  assert.deepEqual(networkOf("10.0.0.0/8"), { bytes: [10, 0, 0, 0], bits: 8 });
  assert.equal(networkOf("10.0.0.1")?.bits, 32);
  assert.equal(networkOf("::1")?.bits, 128);
  for (const text of ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "/8"]) {
    assert.equal(networkOf(text), null, text);
  }
});
