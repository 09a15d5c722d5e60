import assert from "node:assert/strict";
import { plain } from "../../../../sim/kafka/sasl/plain.ts";
import { converse } from "./realm.ts";

const ask = (message: string) => {
  const [step] = converse(plain, [message]);
  return step?.kind === "refused" ? step.message : step;
};

Deno.test("PLAIN proves a user by name and password, for as long as the connection lasts", () => {
  const proof = { principal: { kind: "account", name: "user" }, endsMs: Infinity };
  for (const message of ["\0user\0pencil", "user\0user\0pencil"]) {
    assert.deepEqual(ask(message), { kind: "proven", bytes: new Uint8Array(0), proof });
  }
});

Deno.test("PLAIN says the same of a wrong password and of a user that is not there", () => {
  const wrong = "Authentication failed: Invalid username or password";
  for (const message of ["\0user\0pencils", "\0nobody\0pencil", "\0constructor\0x"]) {
    assert.equal(ask(message), wrong);
  }
});

Deno.test("PLAIN lets nobody act as somebody else", () => {
  assert.match(String(ask("other\0user\0pencil")), /authorization id that is different/);
});

Deno.test("PLAIN takes three fields, of which user and password are not empty", () => {
  for (const message of ["", "nonsense", "\0user", "\0\0pencil", "\0user\0", "\0user\0pencil\0"]) {
    assert.match(String(ask(message)), /^Invalid SASL\/PLAIN response/);
  }
});
