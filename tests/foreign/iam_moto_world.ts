/**
 * moto's server as its tests expect it, with our IAM and STS behind it: `POST /moto-api/reset` is
 * an account without anything, and a request goes to the service that its signature names.
 */
import { type Account, openAccount } from "../../sim/iam/account/mod.ts";
import { type Handler, identity } from "../../sim/identity/handler.ts";
import { iamActions } from "../../sim/identity/iam_actions.ts";
import { stsActions } from "../../sim/identity/sts_actions.ts";
import { type HttpRequest, type HttpResponse, serveHttp } from "../../sim/net/http.ts";
import { worldFromSeed } from "../../sim/world.ts";

/** The keys that moto's tests sign with. */
const foobar = {
  name: "zz-moto",
  accessKeyId: "FOOBARKEY",
  secretAccessKey: "FOOBARSECRET",
};

const regions = [
  ...["us-east-1", "us-west-1", "us-west-2", "us-east-2"],
  ...["eu-west-1", "eu-central-1", "ap-southeast-1", "cn-north-1"],
] as [string, ...string[]];

/** The account of moto's tests. */
const world = { ...worldFromSeed(1), accountId: "123456789012" };

class World {
  readonly account: Account;
  readonly handlers: Readonly<Record<string, Handler>>;

  constructor(readonly dir: string) {
    const seed = { administrator: foobar, users: [], roles: [] };
    this.account = openAccount({ dir, world, region: "us-east-1", mode: "enforce", seed });
    const admits = () => {};
    const both = { regions, admits };
    const [iam, sts] = [
      { service: "iam", version: "2010-05-08", actions: iamActions, ...both },
      { service: "sts", version: "2011-06-15", actions: stsActions, ...both },
    ] as const;
    this.handlers = {
      iam: identity(iam, this.account, world),
      sts: identity(sts, this.account, world),
    };
  }
}

export interface MotoWorld extends AsyncDisposable {
  url: string;
}

export function motoWorld(): MotoWorld {
  const root = Deno.makeTempDirSync({ prefix: "moto-" });
  let count = 0;
  let now = new World(`${root}/0`);
  const reset = () => {
    now.account[Symbol.dispose]();
    now = new World(`${root}/${++count}`);
  };
  const server = serveHttp((request) => {
    if (!request.target.startsWith("/moto-api/")) return answer(request, now);
    if (request.target === "/moto-api/reset") reset();
    return { status: 200, headers: [], body: new TextEncoder().encode("{}") };
  }, { port: 0, bodyBytesMax: 1024 * 1024 });
  return {
    url: `http://127.0.0.1:${server.port}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      now.account[Symbol.dispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

function answer({ method, target, headers, body }: HttpRequest, to: World): HttpResponse {
  const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const [path = "", query = ""] = target.split("?");
  const [, service = ""] = /Credential=[^/]+\/\d+\/[^/]+\/([a-z0-9-]+)\//
    .exec(fields.get("authorization") ?? "") ?? [];
  const handler = to.handlers[service];
  if (handler === undefined) return { status: 404, headers: [], body: new Uint8Array(0) };
  const response = handler({ method, path, query, headers: fields, body });
  return { ...response, body: new TextEncoder().encode(response.body) };
}
