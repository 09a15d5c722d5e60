/**
 * SCRAM-SHA-512: proof of a password that never travels, and of the server's knowing it too.
 *
 *   client   n,,n=<user>,r=<nonce>            server   r=<nonce><more>,s=<salt>,i=<iterations>
 *   client   c=biws,r=<nonce><more>,p=<proof>  server   v=<signature>
 *
 * A user that is not there is answered as one with another password: with the same salt each time,
 * and refused at the end only.
 *
 * Source: RFC 5802, RFC 7677; Apache Kafka, KIP-84.
 * Left out: channel binding (Kafka has none), delegation tokens, SASLprep of names beyond ASCII.
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { type Exchange, type Mechanism, proven, type Realm, refused } from "./mechanism.ts";
import {
  type ScramHash,
  type ScramKeys,
  scramKeys,
  serverSignature,
  sha256,
  storedKeyOf,
} from "./scram_formulas.ts";

export interface ScramOptions {
  name: string;
  hash: ScramHash;
  iterations: number;
  /** Printable ASCII without commas. */
  newNonce(): string;
  /** The same for the same user as long as the broker runs. */
  saltOf(user: string): Uint8Array;
}

interface First {
  gs2Header: string;
  bare: string;
  user: string;
  nonce: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One for the life of a broker: users' keys cost thousands of hashes, and are made once. */
export function scram(options: ScramOptions): Mechanism {
  const { hash, iterations, saltOf } = options;
  const known = new Map<string, ScramKeys>();
  const keysOf = (user: string, password: string): ScramKeys => {
    let keys = known.get(user);
    if (keys === undefined) {
      known.set(user, keys = scramKeys(hash, password, { salt: saltOf(user), iterations }));
    }
    return keys;
  };
  return (realm) => new ScramExchange(realm, options, keysOf);
}

class ScramExchange implements Exchange {
  readonly #realm: Realm;
  readonly #options: ScramOptions;
  readonly #keysOf: (user: string, password: string) => ScramKeys;
  #first: First | null = null;
  #serverFirst = "";

  constructor(
    realm: Realm,
    options: ScramOptions,
    keysOf: (user: string, password: string) => ScramKeys,
  ) {
    this.#realm = realm;
    this.#options = options;
    this.#keysOf = keysOf;
  }

  next(message: Uint8Array) {
    const text = decoder.decode(message);
    return this.#first === null ? this.#begin(text) : this.#finish(text, this.#first);
  }

  #begin(text: string) {
    const first = parseFirst(text);
    if (first === null) return this.#refuse("the first message is malformed");
    if (first.gs2Header !== "n,," && first.gs2Header !== `n,a=${escaped(first.user)},`) {
      return refused(
        "Authentication failed: Client requested an authorization id that is different from " +
          "username",
      );
    }
    const { newNonce, saltOf, iterations } = this.#options;
    const salt = Buffer.from(saltOf(first.user)).toString("base64");
    this.#first = first;
    this.#serverFirst = `r=${first.nonce}${newNonce()},s=${salt},i=${iterations}`;
    return { kind: "challenge", bytes: encoder.encode(this.#serverFirst) } as const;
  }

  #finish(text: string, { gs2Header, bare, user }: First) {
    const { hash } = this.#options;
    const [, withoutProof = "", channel = "", nonce = "", proofText = ""] =
      /^(c=([^,]*),r=([^,]*)(?:,[^,]*)*?),p=([A-Za-z0-9+/]*={0,2})$/.exec(text) ?? [];
    // Documented (librdkafka, pull request 4895): before its 2.6.1, as in Debian's kcat, it writes
    // its part of the nonce twice. Kafka 3.8.1 and its like take that, Kafka 4 does not.
    const isOurs = channel === Buffer.from(gs2Header).toString("base64") &&
      nonce.endsWith(/^r=([^,]*)/.exec(this.#serverFirst)?.[1] ?? " ");
    if (!isOurs) return this.#refuse("the final message belongs to another conversation");
    const password = this.#realm.passwordOf(user);
    // One name of nobody's, so that who asks for many fills no memory.
    const keys = this.#keysOf(password === undefined ? "" : user, password ?? "");
    const authMessage = `${bare},${this.#serverFirst},${withoutProof}`;
    const proof = Buffer.from(proofText, "base64");
    const isRight = proof.length === keys.storedKey.length &&
      timingSafeEqual(storedKeyOf(hash, keys, authMessage, proof), keys.storedKey);
    if (password === undefined) return this.#refuse(`there is no user ${user}`);
    if (!isRight) return this.#refuse(`the password of ${user} is another one`);
    const signature = Buffer.from(serverSignature(hash, keys, authMessage)).toString("base64");
    return proven({ kind: "account", name: user }, encoder.encode(`v=${signature}`));
  }

  /** Documented: one text for whatever is wrong, since another would tell who exists. */
  #refuse(why: string) {
    return refused(
      "Authentication failed during authentication due to invalid credentials with SASL " +
        `mechanism ${this.#options.name}`,
      why,
    );
  }
}

function parseFirst(text: string): First | null {
  const [, gs2Header = "", bare = "", name = "", nonce = ""] =
    /^(n,(?:a=[^,]+)?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[^,]*)*)$/.exec(text) ?? [];
  if (nonce === "" || /=(?!2C|3D)/.test(name)) return null;
  return { gs2Header, bare, user: name.replaceAll("=2C", ",").replaceAll("=3D", "="), nonce };
}

function escaped(user: string): string {
  return user.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** As Kafka has it: 4,096 iterations, nonces and salts that nobody foretells. */
export function scramSha512(): Mechanism {
  const secret = crypto.randomUUID();
  return scram({
    name: "SCRAM-SHA-512",
    hash: "sha512",
    iterations: 4096,
    newNonce: () => crypto.randomUUID().replaceAll("-", ""),
    saltOf: (user) => sha256(`${secret}\0${user}`),
  });
}
