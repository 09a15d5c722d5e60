/** An account in a folder of its own, for tests. */
import {
  type Account,
  type AccountOptions,
  type IamSeed,
  openAccount,
} from "../../../../sim/iam/account/mod.ts";
import { worldFromSeed } from "../../../../sim/world.ts";

export const accountId = worldFromSeed(1).accountId;

export function statement(effect: "Allow" | "Deny", action: string, resource = "*") {
  return { Effect: effect, Action: action, Resource: resource };
}

export function policy(...statements: unknown[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

export function trustOf(principal: Record<string, string> | "*"): string {
  return policy({ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" });
}

export const administrator = {
  name: "root-like",
  accessKeyId: "AKIAADMINISTRATOR000",
  secretAccessKey: "administrator's secret",
};

export const alice = {
  name: "alice",
  accessKeyId: "AKIAALICE00000000000",
  secretAccessKey: "alice's secret",
};

export const readsLogs = policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::logs/*"));

export const seed: IamSeed = {
  administrator,
  users: [{ ...alice, policies: { reads: readsLogs } }],
  roles: [{
    name: "machine",
    trust: trustOf({ Service: "ec2.amazonaws.com" }),
    policies: { reads: readsLogs },
    instanceProfile: true,
  }],
};

/** The account of a new folder, which goes at the end; `dir`: of one that stays. */
export function opened(
  options: Partial<AccountOptions> = {},
): { account: Account; dir: string } & Disposable {
  const dir = options.dir ?? Deno.makeTempDirSync();
  const account = openAccount({
    dir,
    world: worldFromSeed(1),
    region: "us-east-1",
    mode: "enforce",
    seed,
    ...options,
  });
  return {
    account,
    dir,
    [Symbol.dispose]() {
      account[Symbol.dispose]();
      if (options.dir === undefined) Deno.removeSync(dir, { recursive: true });
    },
  };
}

/** What the door says to the holder of a key: null, or why not. */
export function refusal(
  account: Account,
  accessKeyId: string,
  action: string,
  resource: string,
): string | null {
  const key = account.keyOf(accessKeyId);
  if (key === undefined) return "no such key";
  return account.refusalOf({ principal: key.principal, action, resource })?.message ?? null;
}
