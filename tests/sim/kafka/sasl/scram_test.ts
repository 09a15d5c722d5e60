import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { scram, scramSha512 } from "../../../../sim/kafka/sasl/scram.ts";
import { converse, testRealm, textOf, utf8 } from "./realm.ts";

// RFC 7677, section 3: user "user", password "pencil".
const example = scram({
  name: "SCRAM-SHA-256",
  hash: "sha256",
  iterations: 4096,
  newNonce: () => "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  saltOf: () => Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"),
});
const clientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const serverFirst = `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const clientFinal = `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

Deno.test("SCRAM speaks as the example of RFC 7677", () => {
  const [first, final] = converse(example, [clientFirst, clientFinal]);
  assert.ok(first?.kind === "challenge" && final?.kind === "proven");
  assert.equal(textOf(first.bytes), serverFirst);
  assert.equal(textOf(final.bytes), serverFinal);
  assert.deepEqual(final.proof, {
    principal: { kind: "account", name: "user" },
    endsMs: Infinity,
  });
});

/** A client of our own, by the formulas of RFC 5802, section 3. */
function finalFor(first: string, answer: string, password: string, header = "biws"): string {
  const [, nonce = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(answer) ?? [];
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(rounds), 64, "sha512");
  const clientKey = createHmac("sha512", salted).update("Client Key").digest();
  const storedKey = createHash("sha512").update(clientKey).digest();
  const bare = first.slice(first.indexOf("n="));
  const text = `${bare},${answer},c=${header},r=${nonce}`;
  const signature = createHmac("sha512", storedKey).update(text).digest();
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
  return `c=${header},r=${nonce},p=${Buffer.from(proof).toString("base64")}`;
}

function login(first: string, password: string, header = "biws") {
  const exchange = scramSha512()(testRealm());
  const challenge = exchange.next(utf8(first));
  if (challenge.kind !== "challenge") return challenge;
  return exchange.next(utf8(finalFor(first, textOf(challenge.bytes), password, header)));
}

const refusal =
  "Authentication failed during authentication due to invalid credentials with SASL " +
  "mechanism SCRAM-SHA-512";

Deno.test("SCRAM-SHA-512 proves who knows the password, also with a name that has to be escaped", () => {
  assert.equal(login("n,,n=user,r=abc", "pencil").kind, "proven");
  const step = login("n,,n=a=2Cb=3Dc,r=abc", "comma");
  assert.ok(step.kind === "proven");
  assert.deepEqual(step.proof.principal, { kind: "account", name: "a,b=c" });
});

Deno.test("SCRAM answers a user that is not there as one with another password", () => {
  const mechanism = scramSha512();
  const saltFor = (user: string) => {
    const [step] = converse(mechanism, [`n,,n=${user},r=abc`]);
    assert.ok(step?.kind === "challenge");
    return /,s=([^,]+),i=4096$/.exec(textOf(step.bytes))?.[1];
  };
  assert.equal(saltFor("nobody"), saltFor("nobody"));
  assert.notEqual(saltFor("nobody"), saltFor("somebody"));
  for (const first of ["n,,n=user,r=abc", "n,,n=nobody,r=abc"]) {
    const step = login(first, "wrong");
    assert.ok(step.kind === "refused");
    assert.equal(step.message, refusal);
  }
});

Deno.test("the password of nobody is not the empty one", () => {
  assert.equal(login("n,,n=nobody,r=abc", "").kind, "refused");
});

Deno.test("SCRAM lets nobody act as somebody else, nor without the header it began with", () => {
  const other = login("n,a=other,n=user,r=abc", "pencil");
  assert.ok(other.kind === "refused");
  assert.match(other.message, /authorization id that is different/);
  assert.equal(login("n,a=user,n=user,r=abc", "pencil").kind, "refused");
  const header = Buffer.from("n,a=user,").toString("base64");
  assert.equal(login("n,a=user,n=user,r=abc", "pencil", header).kind, "proven");
});

Deno.test("SCRAM refuses what is malformed, and never a second time the same nonce", () => {
  const firsts = ["", "n,,", "y,,n=user,r=abc", "p=tls-unique,,n=user,r=abc", "n,,n=us=er,r=abc"];
  for (const first of [...firsts, "n,,n=user,r=", "n,,r=abc,n=user", "\xff"]) {
    const [step] = converse(scramSha512(), [first]);
    assert.equal(step?.kind === "refused" && step.message, refusal, first);
  }
  const [, replayed] = converse(scramSha512(), [clientFirst, clientFinal]);
  assert.equal(replayed?.kind, "refused");
  for (
    const final of ["", "c=biws", `c=biws,r=${nonce}`, `c=biws,r=${nonce},p=`, clientFinal + "x"]
  ) {
    const [, step] = converse(example, [clientFirst, final]);
    assert.equal(step?.kind, "refused", final);
  }
});

Deno.test("nonces of the server come never twice", () => {
  const mechanism = scramSha512();
  const nonces = Array.from({ length: 100 }, () => {
    const [step] = converse(mechanism, ["n,,n=user,r=abc"]);
    return step?.kind === "challenge" ? textOf(step.bytes).split(",")[0] : "";
  });
  assert.equal(new Set(nonces).size, 100);
});
