/**
 * Context: who asks and the moment -> the keys of a request that do not depend on the service.
 *
 * A principal's keys are made once, for as long as it lives; a request's own keys stand on top of
 * them, and those of the moment are made when a condition asks for them. So a context is to be
 * asked key by key, and never to be spread or listed.
 *
 * Source: IAM user guide, "AWS global condition context keys".
 * Left out: keys of organisations, federation, VPC endpoints and multi-factor devices' age.
 */
import type { AwsPrincipal, Principal } from "../principal.ts";
import type { Asker, Context } from "./types.ts";

/** When and how a request arrived. */
export interface Moment {
  nowMs: number;
  /** null: it came from within. */
  sourceIp: string | null;
  /** `aws:SecureTransport`. */
  isSecure: boolean;
  region: string;
}

/** What the account knows of a user or a role. */
export interface Known {
  /** Its own ARN with its path; default: without a path. */
  arn?: string | undefined;
  /** `aws:PrincipalTag/…`; those of a session win. */
  tags?: Readonly<Record<string, string>> | undefined;
}

const nothingKnown: Known = {};

/** Keys of a request with the service's own, in lower case. */
export function contextOf(
  principal: Principal,
  moment: Moment,
  { known = nothingKnown, own }: { known?: Known; own?: Context | undefined } = {},
): Context {
  const context: MomentKeys = Object.create(keysOfPrincipal(principal, known));
  context.theMoment = moment;
  if (own !== undefined) put(own, context);
  return context as unknown as Context;
}

const momentKeys: ReadonlySet<string> = new Set([
  "aws:currenttime",
  "aws:epochtime",
  "aws:securetransport",
  "aws:sourceip",
  "aws:requestedregion",
]);

/** What a service says of the moment wins: how a request came, it knows best. */
function put(own: Context, context: MomentKeys): void {
  const keys = context as unknown as Record<string, unknown>;
  for (const key of Object.keys(own)) {
    if (momentKeys.has(key)) Object.defineProperty(context, key, { value: own[key] });
    else keys[key] = own[key];
  }
}

/** The forms in which a policy can name somebody. */
export function askerOf(principal: Principal, known: Known = nothingKnown): Asker {
  const found = askers.get(principal);
  if (found?.known === known) return found.made;
  const made = madeAsker(principal, known);
  askers.set(principal, { known, made });
  return made;
}

interface Made<T> {
  known: Known;
  made: T;
}

const askers = new WeakMap<Principal, Made<Asker>>();
const keys = new WeakMap<Principal, Made<MomentKeys>>();

const isoSeconds = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** The prototype of all contexts: keys that are made when they are asked for. */
class MomentKeys {
  /** Its capital keeps it apart from all keys, which are in lower case. */
  declare theMoment: Moment;

  get "aws:currenttime"(): string {
    return isoSeconds(this.theMoment.nowMs);
  }
  get "aws:epochtime"(): string {
    return String(Math.floor(this.theMoment.nowMs / 1000));
  }
  get "aws:securetransport"(): string {
    return String(this.theMoment.isSecure);
  }
  get "aws:sourceip"(): string | undefined {
    return this.theMoment.sourceIp ?? undefined;
  }
  get "aws:requestedregion"(): string {
    return this.theMoment.region;
  }
}

function keysOfPrincipal(principal: Principal, known: Known): MomentKeys {
  const found = keys.get(principal);
  if (found?.known === known) return found.made;
  const made = Object.assign(new MomentKeys(), principalKeys(principal, known));
  keys.set(principal, { known, made });
  return made;
}

function principalKeys(principal: Principal, known: Known): Record<string, string> {
  switch (principal.kind) {
    case "aws":
      return awsKeys(principal, known);
    case "service":
      return {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": principal.name,
        "aws:viaawsservice": "false",
      };
    case "account":
    case "anonymous":
      return {
        "aws:principaltype": "Anonymous",
        "aws:userid": "anonymous",
        "aws:viaawsservice": "false",
      };
  }
}

const types = { root: "Account", user: "User", role: "AssumedRole" } as const;

function awsKeys(principal: AwsPrincipal, known: Known): Record<string, string> {
  const { entity, session, accountId, userId } = principal;
  return {
    "aws:principalarn": entityArn(principal, known),
    "aws:principalaccount": accountId,
    "aws:principaltype": types[entity.type],
    "aws:principalisawsservice": "false",
    "aws:viaawsservice": "false",
    "aws:userid": userId,
    ...(entity.type === "user" ? { "aws:username": entity.name } : {}),
    ...tagKeys(known.tags ?? {}),
    ...tagKeys(session?.tags ?? {}),
    // Documented: long-lived keys do not have these two at all.
    ...(session === null ? {} : {
      "aws:multifactorauthpresent": "false",
      "aws:tokenissuetime": isoSeconds(session.issuedMs),
    }),
  };
}

function tagKeys(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([tag, value]) => [`aws:principaltag/${tag.toLowerCase()}`, value]),
  );
}

/** Of a session its role's: that is what `aws:PrincipalArn` holds. */
function entityArn({ arn, accountId, entity }: AwsPrincipal, known: Known): string {
  if (known.arn !== undefined) return known.arn;
  return entity.type === "role" ? `arn:aws:iam::${accountId}:role/${entity.name}` : arn;
}

function madeAsker(principal: Principal, known: Known): Asker {
  if (principal.kind !== "aws") {
    const service = principal.kind === "service" ? principal.name : null;
    return { arns: [], accountId: null, service, isRoot: false };
  }
  const own = principal.arn;
  const ofRole = principal.entity.type === "role" ? [entityArn(principal, known)] : [];
  return {
    arns: [own, ...ofRole],
    accountId: principal.accountId,
    service: null,
    isRoot: principal.entity.type === "root",
  };
}
