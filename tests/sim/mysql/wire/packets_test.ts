import assert from "node:assert/strict";
import { MysqlError } from "../../../../sim/mysql/errors.ts";
import {
  columnDefinition,
  columnType,
  endOfRows,
  err,
  greeting,
  isSslRequest,
  ok,
  readLogin,
  serverCapabilities,
  textRow,
  utf8mb4,
} from "../../../../sim/mysql/wire/packets.ts";
import { hex, toHex } from "../support.ts";

const scramble = hex("3132333435363738 393a3b3c3d3e3f4041424344");

Deno.test("the greeting has each field of HandshakeV10 in its place", () => {
  const bytes = greeting({
    version: "8.0.40",
    connectionId: 7,
    scramble,
    plugin: "mysql_native_password",
  });
  const low = serverCapabilities & 0xffff;
  const capabilities = [low & 0xff, low >> 8].map((byte) => byte.toString(16).padStart(2, "0"));
  assert.equal(
    toHex(bytes),
    toHex(hex(`
      0a                                # protocol version 10
      382e302e3430 00                   # "8.0.40"
      07000000                          # connection id
      3132333435363738 00               # scramble, first part, and a zero
      ${capabilities.join("")}          # capabilities, low half
      ff                                # utf8mb4_0900_ai_ci
      0200                              # autocommit
      7f01                              # capabilities, high half
      15                                # 21 bytes of scramble, its zero included
      00000000000000000000              # reserved
      393a3b3c3d3e3f4041424344 00       # scramble, second part
      6d7973716c5f6e61746976655f70617373776f7264 00
    `)),
  );
});

// Written by PyMySQL 1.2.4 for user admin, password s3cret, with the scramble above.
const login = hex(`
  0da23a00 ffffff00 2d 0000000000000000000000000000000000000000000000
  61646d696e 00
  14 f4c94fbe40d3ed772b5afa91db3080c1f41ebe89
  70696e7465726573745f64617461 00
  6d7973716c5f6e61746976655f70617373776f7264 00
  44 0c5f636c69656e745f6e616d65 0770796d7973716c 0f5f636c69656e745f76657273696f6e 05312e322e34
  045f706964 0436393935 0c70726f6772616d5f6e616d65 0174
`);

Deno.test("a login by PyMySQL is read", () => {
  assert.deepEqual(readLogin(login), {
    capabilities: 0x3aa20d,
    charset: 45,
    user: "admin",
    proof: hex("f4c94fbe40d3ed772b5afa91db3080c1f41ebe89"),
    database: "pinterest_data",
    plugin: "mysql_native_password",
  });
});

Deno.test("a login cut short within user or proof throws, never guesses", () => {
  for (let size = 0; size < 32 + 6 + 21; size++) {
    assert.throws(() => readLogin(login.subarray(0, size)), RangeError);
  }
});

Deno.test("32 bytes with the SSL bit ask for TLS, a login with it does not", () => {
  const request = hex(`0dae3a00 ffffff00 2d ${"00".repeat(23)}`);
  assert.equal(isSslRequest(request), true);
  assert.equal(isSslRequest(login), false);
  assert.equal(isSslRequest(login.subarray(0, 32)), false);
});

Deno.test("OK, ERR and the two ends of rows are as in the reference", () => {
  assert.equal(toHex(ok({ status: 2 })), "00000002000000");
  const error = new MysqlError("ER_NO_SUCH_TABLE", "gone");
  assert.equal(toHex(err(error)), "ff7a04" + toHex(new TextEncoder().encode("#42S02gone")));
  assert.equal(toHex(endOfRows(0, 2)), "fe00000200");
  assert.equal(toHex(endOfRows(0x100_0000, 2)), "fe000002000000");
});

Deno.test("a column definition has each field in its place", () => {
  const bytes = columnDefinition({
    name: "a",
    type: columnType.blob,
    charset: utf8mb4,
    length: 65_535,
    flags: 16,
    decimals: 0,
    schema: "s",
    table: "t",
  });
  assert.equal(
    toHex(bytes),
    toHex(hex(`
      03646566 0173 0174 0174 0161 0161  # def, schema, table twice, name twice
      0c ff00 ffff0000 fc 1000 00 0000   # 12 bytes: charset, length, type, flags, decimals, filler
    `)),
  );
});

Deno.test("a row is text after text, NULL the byte FB, the empty text the byte 0", () => {
  assert.equal(toHex(textRow(["é", null, ""])), "02c3a9fb00");
});
