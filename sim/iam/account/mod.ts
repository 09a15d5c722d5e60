/**
 * Account: the entities of IAM in a folder, and the door that every service asks.
 *
 *   account.json     users, groups, roles, policies; mode 0600, written whole
 *   sessions.jsonl   credentials of sessions; mode 0600, a line each
 *
 * A change is in the file before it is answered, and counts for the next request of whoever it
 * concerns. What is answered survives `kill -9`.
 *
 * Nobody is let through who has proved nothing, in no mode: `log` and `off` are about what a known
 * key may do. A key that was made inactive does nothing more, also where a connection is open.
 */
import type { Asked, Door, Refusal } from "../door.ts";
import { type AccessKey, type AwsPrincipal, type Entity, nameOf } from "../principal.ts";
import { becauseOf, decide } from "../policy/mod.ts";
import { askerOf, contextOf } from "../policy/context.ts";
import type { Decision } from "../policy/types.ts";
import { StorageError } from "../../storage/append_file.ts";
import { SafeFolder } from "../../storage/safe_path.ts";
import { printNote, type Tell } from "../../storage/tell.ts";
import type { World } from "../../world.ts";
import { type InForce, nobody, PoliciesInForce } from "./in_force.ts";
import { keep, kept, parsedEntities, textOf } from "./kept.ts";
import { sessionKey, userKey } from "./keys.ts";
import { type Entities, noEntities } from "./model.ts";
import { arnOf, newSessionKey } from "./names.ts";
import { type IamSeed, plant } from "./seed.ts";
import { type KeptSession, Sessions } from "./sessions.ts";

export type { IamSeed } from "./seed.ts";

/** `log`: lets through, and tells what it would have refused. `off`: every known key may all. */
export type IamMode = "enforce" | "log" | "off";

export interface AccountOptions {
  /** Folder of the account alone; made if need be. */
  dir: string;
  world: World;
  region: string;
  mode: IamMode;
  seed: IamSeed;
  /** In mode `log`: what would have been refused. */
  told?: ((refused: Refusal, asked: Asked) => void) | undefined;
  /** Every question, before it is decided. */
  asked?: ((asked: Asked) => void) | undefined;
  /** `aws:SecureTransport` of what comes without TLS, which never leaves the machine. Default: yes. */
  loopbackIsSecure?: boolean | undefined;
  /** Told of damage to its files. Default: lines on stderr. */
  tell?: Tell | undefined;
}

/** When, where and for what a key or a role was used last, since the start. */
export interface Used {
  ms: number;
  /** E.g. `s3`. */
  service: string;
}

export interface NewSession {
  entity: Exclude<Entity, { type: "root" }>;
  /** Null for GetSessionToken. */
  name: string | null;
  policies?: readonly string[];
  tags?: ReadonlyMap<string, string>;
  seconds: number;
}

/** Keys and roles whose last use is known; beyond that, all of it is forgotten. */
const usedMax = 20_000;

/** Of a session that is lent to a service, and how much of it must be left. */
const lentSeconds = 3600;
const aheadMs = 300_000;

/** There is no such role, it does not trust who asks, or its session cannot be kept. */
export class RoleError extends Error {
  override readonly name = "RoleError";
}

export interface Account extends Door, Disposable {
  readonly accountId: string;
  readonly region: string;
  readonly mode: IamMode;
  nowMs(): number;
  /** To be read; see `change`. */
  readonly entities: Entities;
  /** Changes entities; what it throws, or no room for the file, leaves all as it was. */
  change<T>(work: (entities: Entities) => T): T;
  /**
   * Credentials of a role with some life left, for one of AWS's own services (gateway, a machine).
   * @param service e.g. `apigateway.amazonaws.com`: the role must trust it, each time anew. Default:
   *   taken for granted
   * @throws {RoleError}
   */
  sessionOf(role: string, sessionName: string, service?: string): AccessKey;
  /** A session of somebody who is there, whatever is trusted. @throws {StorageError} */
  openSession(session: NewSession): AccessKey;
  usedOf(idOfKeyOrRole: string): Used | null;
}

/**
 * @throws {SimError} if a policy of the seed is none, or a file is damaged
 * @throws {StorageError} if the folder cannot be written
 */
export function openAccount(options: AccountOptions): Account {
  return new OpenAccount(options);
}

class OpenAccount implements Account {
  readonly accountId: string;
  readonly region: string;
  readonly mode: IamMode;
  readonly #options: AccountOptions;
  readonly #path: string;
  readonly #sessions: Sessions;
  readonly #inForce: PoliciesInForce;
  /** Of users and of sessions that are there; emptied by every change. */
  readonly #keys = new Map<string, AccessKey>();
  /** To AWS's own services: role and session name -> the id of a key. */
  readonly #lent = new Map<string, string>();
  readonly #used = new Map<string, { ms: number; action: string }>();
  #entities: Entities;
  #text: string;

  constructor(options: AccountOptions) {
    const { dir, world, region, mode, seed, tell = printNote } = options;
    this.#options = options;
    [this.accountId, this.region, this.mode] = [world.accountId, region, mode];
    this.#inForce = new PoliciesInForce(this.accountId, () => this.#entities);
    const folder = new SafeFolder(dir);
    this.#path = folder.at("account.json");
    this.#entities = kept(this.#path, tell) ?? noEntities();
    this.#text = textOf(this.#entities);
    this.#sessions = new Sessions(folder.at("sessions.jsonl"), () => world.nowMs());
    this.change((entities) => plant(seed, entities, world.nowMs()));
  }

  nowMs(): number {
    return this.#options.world.nowMs();
  }

  get entities(): Entities {
    return this.#entities;
  }

  change<T>(work: (entities: Entities) => T): T {
    try {
      const result = work(this.#entities);
      const text = textOf(this.#entities);
      if (text !== this.#text) keep(this.#path, text);
      this.#text = text;
      return result;
    } catch (error) {
      this.#entities = parsedEntities(this.#text);
      throw error;
    } finally {
      this.#inForce.forget();
      this.#keys.clear();
    }
  }

  // An arrow, because doors are taken apart: `keyOf: door.keyOf`.
  readonly keyOf = (accessKeyId: string): AccessKey | undefined => {
    const known = this.#keys.get(accessKeyId);
    if (known !== undefined) return known;
    const session = this.#sessions.find(accessKeyId);
    const found = session === undefined
      ? userKey(accessKeyId, this.#entities, this.accountId)
      : sessionKey(session, this.#entities, this.accountId);
    if (found !== undefined) this.#keys.set(accessKeyId, found);
    return found;
  };

  readonly refusalOf = (asked: Asked): Refusal | null => {
    const { asked: heard, told } = this.#options;
    heard?.(asked);
    const { principal } = asked;
    if (principal.kind === "account") return null;
    if (principal.kind === "aws") this.#note(principal, asked.action);
    const held = principal.kind === "aws" ? this.#held(principal) : nobody;
    const isProven = principal.kind !== "anonymous" && held !== null;
    if (this.mode === "off" && isProven) return null;
    const refusal = this.#refusal(asked, held);
    if (refusal === null || this.mode === "enforce" || !isProven) return refusal;
    told?.(refusal, asked);
    return null;
  };

  #refusal(asked: Asked, held: InForce | null): Refusal | null {
    const { principal, action, resource } = asked;
    const decision = held === null ? gone : this.#decision(asked, held);
    if (decision.allowed) return null;
    const because = becauseOf(decision, action);
    const who = `User: ${nameOf(principal)} is not authorized to perform: ${action}`;
    return {
      message: `${who} on resource: ${resource} ${because}`,
      because,
      isExplicit: decision.effect === "explicitDeny",
    };
  }

  /** Null: whoever it was may do nothing more. */
  #held(principal: AwsPrincipal): InForce | null {
    const { entity, accessKeyId, session } = principal;
    if (session !== null && session.expiresMs <= this.nowMs()) return null;
    const isKnown = entity.type === "root" || this.keyOf(accessKeyId) !== undefined;
    return isKnown ? this.#inForce.of(principal) : null;
  }

  #decision(asked: Asked, { identity, boundary, known }: InForce): Decision {
    const { principal, action, resource, resourcePolicy = null, resourceMustAllow = false } = asked;
    const { loopbackIsSecure: isSecure = true } = this.#options;
    const moment = { nowMs: this.nowMs(), sourceIp: "127.0.0.1", isSecure, region: this.region };
    const context = contextOf(principal, moment, { known, own: asked.context });
    const kind = resourceMustAllow ? "trust" : "resource";
    return decide({ asker: askerOf(principal, known), action, resource, context }, {
      identity,
      resource: resourcePolicy === null ? null : this.#inForce.resource(resourcePolicy, kind),
      resourceMustAllow,
      boundary,
      session: this.#inForce.session(principal.kind === "aws" ? principal.session : null),
    });
  }

  #note({ accessKeyId, entity, userId }: AwsPrincipal, action: string): void {
    const id = entity.type === "role" ? userId.slice(0, userId.indexOf(":")) : accessKeyId;
    const known = this.#used.get(id);
    const ms = this.nowMs();
    if (known === undefined) {
      if (this.#used.size >= usedMax) this.#used.clear();
      this.#used.set(id, { ms, action });
    } else {
      known.ms = ms;
      known.action = action;
    }
  }

  usedOf(idOfKeyOrRole: string): Used | null {
    const used = this.#used.get(idOfKeyOrRole);
    return used === undefined ? null : { ms: used.ms, service: used.action.split(":", 1)[0] ?? "" };
  }

  sessionOf(name: string, sessionName: string, service?: string): AccessKey {
    const role = this.#entities.roles.get(name);
    if (role === undefined) throw new RoleError(`Cannot take on role ${name}: there is none`);
    const refusal = service === undefined ? null : this.#refusal({
      principal: { kind: "service", name: service },
      action: "sts:AssumeRole",
      resource: arnOf("role", role, this.accountId),
      // Documented: for whom the service asks; here there is one account.
      context: { "aws:sourceaccount": this.accountId },
      resourcePolicy: role.trust,
      resourceMustAllow: true,
    }, nobody);
    if (refusal !== null && this.mode === "enforce") throw new RoleError(refusal.message);
    return this.#lend(name, sessionName);
  }

  /** The session that was lent before, while enough of it is left. */
  #lend(role: string, name: string): AccessKey {
    const place = `${role}/${name}`;
    const before = this.keyOf(this.#lent.get(place) ?? "");
    const endMs = before?.principal.session?.expiresMs ?? 0;
    if (before !== undefined && endMs - this.nowMs() > aheadMs) return before;
    const entity = { type: "role", name: role } as const;
    try {
      const opened = this.openSession({ entity, name, seconds: lentSeconds });
      this.#lent.set(place, opened.accessKeyId);
      return opened;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      throw new RoleError(`Cannot take on role ${role}: ${error.message}`);
    }
  }

  openSession({ entity, name, policies = [], tags, seconds }: NewSession): AccessKey {
    const { users, roles } = this.#entities;
    const found = entity.type === "user" ? users.get(entity.name) : roles.get(entity.name);
    if (found === undefined) throw new TypeError(`There is no ${entity.type} ${entity.name}`);
    const issuedMs = this.nowMs();
    const session: KeptSession = {
      ...newSessionKey(),
      entity,
      entityId: found.id,
      name,
      policies: [...policies],
      tags: [...tags ?? []],
      issuedMs,
      expiresMs: issuedMs + seconds * 1000,
    };
    this.#sessions.add(session);
    const key = this.keyOf(session.id);
    if (key === undefined) throw new TypeError("A session of somebody known has no key");
    return key;
  }

  [Symbol.dispose](): void {
    this.#sessions[Symbol.dispose]();
  }
}

const gone: Decision = {
  allowed: false,
  effect: "implicitDeny",
  kind: "identity",
  matched: [],
  missing: [],
};
