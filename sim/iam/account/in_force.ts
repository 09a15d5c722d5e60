/**
 * In force: a principal -> the compiled policies that count for it.
 *
 * Each text is compiled once. What was gathered for somebody is thrown away with every change of
 * the account, so that the next request meets the change, and a request gathers nothing anew.
 */
import type { AwsPrincipal, Session } from "../principal.ts";
import { compiled, MalformedPolicy, type Policy } from "../policy/mod.ts";
import type { Known } from "../policy/context.ts";
import type { PolicyKind } from "../policy/types.ts";
import { awsPolicies } from "./aws_policies.ts";
import {
  defaultText,
  type Entities,
  type Holder,
  type ManagedPolicy,
  type Role,
  type User,
} from "./model.ts";
import { arnOf } from "./names.ts";

export interface InForce {
  identity: readonly Policy[];
  boundary: Policy | null;
  /** One object for as long as nothing changes: what is made of it is kept by it. */
  known: Known;
}

/** A document of somebody, with where it comes from. */
export interface Source {
  /** As simulations and decisions name it. */
  id: string;
  type: "user" | "group" | "role" | "user-managed" | "aws-managed";
  text: string;
}

const compiledMax = 5000;
const noPolicies: readonly Policy[] = [];

export class PoliciesInForce {
  readonly #entities: () => Entities;
  readonly #accountId: string;
  readonly #held = new Map<string, InForce>();
  readonly #compiled = new Map<string, Policy>();
  readonly #resources = { resource: new Map<string, Policy>(), trust: new Map<string, Policy>() };
  readonly #sessions = new WeakMap<Session, readonly Policy[]>();

  constructor(accountId: string, entities: () => Entities) {
    this.#accountId = accountId;
    this.#entities = entities;
  }

  /** The account has changed. */
  forget(): void {
    this.#held.clear();
  }

  /** Null: its user or role is gone, or is another one by now. */
  of({ entity, userId }: AwsPrincipal): InForce | null {
    if (entity.type === "root") return nobody;
    const { users, roles } = this.#entities();
    const found = entity.type === "user" ? users.get(entity.name) : roles.get(entity.name);
    if (found === undefined || !isSame(found.id, userId)) return null;
    const known = this.#held.get(found.id);
    if (known !== undefined) return known;
    const held = this.#gathered(entity.type, found);
    this.#held.set(found.id, held);
    return held;
  }

  session(session: Session | null): readonly Policy[] {
    if (session === null || session.policies.length === 0) return noPolicies;
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const made = session.policies.map((text, at) => this.#policy(text, "session", `session ${at}`));
    this.#sessions.set(session, made);
    return made;
  }

  /** Of a resource, or the trust policy of a role. */
  resource(text: string, kind: "resource" | "trust"): Policy {
    const known = this.#resources[kind].get(text);
    if (known !== undefined) return known;
    if (this.#resources[kind].size >= compiledMax) this.#resources[kind].clear();
    const made = compiledOrDenied(text, kind, `${kind} policy`);
    this.#resources[kind].set(text, made);
    return made;
  }

  #gathered(type: "user" | "role", found: User | Role): InForce {
    const sources = sourcesOf(type, found, this.#entities());
    return {
      identity: sources.map(({ id, text }) => this.#policy(text, "identity", id)),
      boundary: found.boundary === null ? null : this.#boundary(found.boundary),
      known: {
        arn: arnOf(type, found, this.#accountId),
        tags: Object.fromEntries(found.tags),
      },
    };
  }

  /** One that is gone allows nothing. */
  #boundary(arn: string): Policy {
    const policy = managedPolicy(arn, this.#entities());
    if (policy === undefined) return this.#policy(denyAll("boundary"), "boundary", arn);
    return this.#policy(defaultText(policy), "boundary", policy.name);
  }

  #policy(text: string, kind: PolicyKind, name: string): Policy {
    const key = `${kind}\n${name}\n${text}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    if (this.#compiled.size >= compiledMax) this.#compiled.clear();
    const made = compiledOrDenied(text, kind, name);
    this.#compiled.set(key, made);
    return made;
  }
}

/** Of somebody who has no policies of its own. */
export const nobody: InForce = { identity: noPolicies, boundary: null, known: {} };

/** `AROA…:<session>` is of the role `AROA…`. */
function isSame(id: string, userId: string): boolean {
  return userId.startsWith(id) && (userId.length === id.length || userId[id.length] === ":");
}

/** What cannot be read, because somebody wrote into the file by hand, allows nothing. */
function compiledOrDenied(text: string, kind: PolicyKind, name: string): Policy {
  try {
    return compiled(text, kind, name);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    return compiled(denyAll(kind), kind, name);
  }
}

function denyAll(kind: PolicyKind): string {
  const Principal = kind === "resource" || kind === "trust" ? "*" : undefined;
  const Resource = kind === "trust" ? undefined : "*";
  const Statement = { Effect: "Deny", Principal, Action: "*", Resource };
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

export function managedPolicy(arn: string, { policies }: Entities): ManagedPolicy | undefined {
  return policies.get(arn) ?? awsPolicies.get(arn);
}

/** Documents of a user (those of its groups too) or of a role, without the boundary. */
export function sourcesOf(
  type: "user" | "group" | "role",
  holder: Holder & { name: string; groups?: readonly string[] },
  entities: Entities,
): Source[] {
  const inline = [...holder.inline].map(([name, text]): Source => {
    return { id: `${type}_${holder.name}_${name}`, type, text };
  });
  const attached = holder.attached.flatMap((arn): Source[] => {
    const policy = managedPolicy(arn, entities);
    if (policy === undefined) return [];
    const kind = awsPolicies.has(arn) ? "aws-managed" : "user-managed";
    return [{ id: policy.name, type: kind, text: defaultText(policy) }];
  });
  const groups = (holder.groups ?? []).flatMap((name) => {
    const group = entities.groups.get(name);
    return group === undefined ? [] : sourcesOf("group", group, entities);
  });
  return [...inline, ...attached, ...groups];
}
