/**
 * The world that judges of identity look at: a broker with all its listeners, whose account knows
 * one key of a user and one of a role's session, and lets neither write the topic `closed`.
 */
import type { Asked } from "../../sim/iam/door.ts";
import { type AccessKey, keysById, roleKey, userKey } from "../../sim/iam/principal.ts";
import type { ListenerName } from "../../sim/kafka/mod.ts";
import { startTestBroker } from "../sim/kafka/support.ts";

const accountId = "111122223333";
export const region = "us-east-1";
export const user = { name: "judge", password: "hush =or not" };
export const topicAuthorizationFailed = 29;

export const longLived = userKey(
  { accessKeyId: "AKIAJUDGE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi" },
  accountId,
  "judge",
);

export const temporary: AccessKey = {
  ...roleKey(
    { accessKeyId: "ASIAJUDGE", secretAccessKey: "je7MtGbClwBF/2Zp9Utk/h3yCo8nvb" },
    accountId,
    { role: "judges", sessionName: "bench" },
  ),
  sessionToken: "FwoGZXIvYXdzEBYaDH+/abc==",
};

export interface IdentityWorld extends AsyncDisposable {
  /** `host:port` of a listener. */
  at(listener: ListenerName): string;
  /** PEM: the authority of the broker's certificate. */
  caFile: string;
  /** An empty folder, gone at the end. */
  folder: string;
}

/** @param topics made at the start, beside `closed` */
export async function identityWorld(...topics: string[]): Promise<IdentityWorld> {
  const folder = await Deno.makeTempDir({ prefix: "judged-" });
  const broker = await startTestBroker({
    listeners: {
      plain: { port: 0 },
      tls: { port: 0 },
      scram: { port: 0 },
      iam: { port: 0, tls: true },
    },
    users: { [user.name]: user.password },
    topics: ["closed", ...topics],
    door: { keyOf: keysById([longLived, temporary]), refusalOf },
    dir: folder,
  });
  const { caFile } = broker;
  if (caFile === null) throw new TypeError("The broker has no certificate");
  return {
    at: (listener) => `127.0.0.1:${broker.ports[listener]}`,
    caFile,
    folder,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function refusalOf({ principal, action, resource }: Asked) {
  if (action !== "kafka-cluster:WriteData" || !resource.endsWith("/closed")) return null;
  const because = `because no identity-based policy allows the ${action} action`;
  const who = principal.kind === "aws" ? principal.arn : principal.kind;
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ` +
    because;
  return { message, because, isExplicit: false };
}

/** With another secret: nobody's. */
export function withWrongSecret(key: AccessKey): AccessKey {
  return { ...key, secretAccessKey: `${key.secretAccessKey}x` };
}

/** Lines that no other judge writes. */
export function linesOf(judge: string, count = 100): string[] {
  return Array.from({ length: count }, (_, at) => `${judge} ${at} é😀`);
}
