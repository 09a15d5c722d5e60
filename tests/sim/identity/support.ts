/** IAM and STS on ports of their own, and a client that signs, sends and reads. */
import { XMLParser } from "fast-xml-parser";
import type { Account, AccountOptions } from "../../../sim/iam/account/mod.ts";
import { startIam, startSts } from "../../../sim/identity/mod.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { type Credentials, signatureHeaders } from "../../../sim/net/sigv4_sign.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { administrator, alice, opened } from "../iam/account/support.ts";

export { accountId, administrator, alice } from "../iam/account/support.ts";
export { policy, readsLogs, statement, trustOf } from "../iam/account/support.ts";

export const region = "eu-west-1";

export type Given = string | number | boolean | readonly Given[] | {
  readonly [name: string]: Given;
};

/** What an answer holds: texts, lists, more names. */
// deno-lint-ignore no-explicit-any -- an answer is what the test says it is
export type Said = Record<string, any>;

export interface Refused {
  status: number;
  code: string;
  message: string;
}

export interface TestIdentity extends AsyncDisposable {
  account: Account;
  dir: string;
  iamPort: number;
  stsPort: number;
  /** What an action of IAM answers; throws what it is refused with. Default: by the administrator. */
  iam(action: string, parameters?: Given, credentials?: Credentials): Promise<Said>;
  sts(action: string, parameters?: Given, credentials?: Credentials): Promise<Said>;
}

export class RefusedError extends Error {
  constructor(readonly refused: Refused) {
    super(`${refused.status} ${refused.code}: ${refused.message}`);
  }
}

export async function startIdentity(
  options: Partial<AccountOptions> = {},
): Promise<TestIdentity> {
  const world = options.world ?? worldFromSeed(1);
  const { account, dir, ...opening } = opened({ region, world, ...options });
  const ctx = { world, faults: noFaults, dir };
  const iam = await startIam(ctx, { port: 0, region, account });
  const sts = await startSts(ctx, { port: 0, region, account });
  const nowMs = () => world.nowMs();
  const calls =
    (port: number, service: string, scope: string, version: string) =>
    async (action: string, parameters: Given = {}, credentials: Credentials = administrator) => {
      const form = formOf({ Action: action, Version: version, ...parameters as object });
      const signing = { credentials, region: scope, service, nowMs: nowMs() };
      const response = await send(port, form, signing);
      return resultOf(await response.text(), action, response.status);
    };
  return {
    account,
    dir,
    iamPort: iam.port,
    stsPort: sts.port,
    iam: calls(iam.port, "iam", "us-east-1", "2010-05-08"),
    sts: calls(sts.port, "sts", region, "2011-06-15"),
    async [Symbol.asyncDispose]() {
      await iam[Symbol.asyncDispose]();
      await sts[Symbol.asyncDispose]();
      opening[Symbol.dispose]();
    },
  };
}

export interface Signing {
  credentials: Credentials;
  region: string;
  service: string;
  nowMs: number;
}

/** A form, signed; null: not signed. */
export function send(port: number, form: string, signing: Signing | null): Promise<Response> {
  const body = new TextEncoder().encode(form);
  const type = "application/x-www-form-urlencoded; charset=utf-8";
  const headers: [string, string][] = [["Host", `127.0.0.1:${port}`], ["Content-Type", type]];
  const request = { method: "POST", path: "/", query: "", headers, body };
  const signed = signing === null ? [] : signatureHeaders(request, signing);
  return fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: [...headers.slice(1), ...signed].map((
      [name, value],
    ): [string, string] => [name, value]),
    body,
  });
}

export function formOf(given: Given): string {
  const pairs: [string, string][] = [];
  const add = (name: string, value: Given): void => {
    if (Array.isArray(value)) {
      value.forEach((one: Given, at) => add(`${name}.member.${at + 1}`, one));
    } else if (typeof value === "object") {
      for (const [part, one] of Object.entries(value)) {
        add(name === "" ? part : `${name}.${part}`, one);
      }
    } else pairs.push([name, String(value)]);
  };
  add("", given);
  return new URLSearchParams(pairs).toString();
}

const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => name === "member" || name === "entry",
});

/** Lists without their `member`; what is empty is "". */
function plain(value: Said | string): Said | string {
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (Array.isArray(value.member)) return value.member.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

export function resultOf(xml: string, action: string, status: number): Said {
  const document = parser.parse(xml);
  if (status === 200) {
    const result = document[`${action}Response`]?.[`${action}Result`] ?? {};
    return plain(result) as Said;
  }
  const { Code: code, Message: message } = document.ErrorResponse.Error;
  throw new RefusedError({ status, code, message });
}

/** With what it is refused. */
export async function refused(answering: Promise<unknown>): Promise<Refused> {
  try {
    await answering;
  } catch (error) {
    if (error instanceof RefusedError) return error.refused;
    throw error;
  }
  throw new Error("It was not refused");
}

/** Status, code and words in one line. */
export async function refusal(answering: Promise<unknown>): Promise<string> {
  const { status, code, message } = await refused(answering);
  return `${status} ${code}: ${message}`;
}

export const asAlice: Credentials = alice;

export function sessionIn(result: Said): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken } = result.Credentials;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
}
