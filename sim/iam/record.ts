/**
 * Record: what was asked at the doors -> for each principal the smallest policy that allows it.
 *
 * Resources of one action are kept one by one until there are many; then those of one folder
 * become `<folder>/*`, and so on up. What has no folder, a bucket's name for one, is kept by itself
 * much longer, and then becomes all of its service. So memory stays bounded, whatever is asked for.
 *
 * Left out: what nobody misses where it is refused; conditions; what AWS's own services ask without a principal of the account.
 */
import type { Asked } from "./door.ts";
import type { AwsPrincipal } from "./principal.ts";

/** What one user, or all sessions of one role, have asked for. Plain data. */
export interface RecordedPrincipal {
  /** Of the user or role: `arn:aws:iam::…:role/<name>`. */
  arn: string;
  type: "user" | "role";
  name: string;
  statements: RecordedStatement[];
}

export interface RecordedStatement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
}

const resourcesMax = 12;
const withoutFolderMax = 500;

export class Recorder {
  readonly #principals = new Map<string, { entity: Named; actions: Map<string, Resources> }>();

  /** Takes in one question, whatever the answer was. */
  add({ principal, action, resource, isOptional = false }: Asked): void {
    if (principal.kind !== "aws" || isOptional) return;
    const entity = namedEntity(principal);
    if (entity === null) return;
    let known = this.#principals.get(entity.arn);
    if (known === undefined) {
      this.#principals.set(entity.arn, known = { entity, actions: new Map() });
    }
    let resources = known.actions.get(action);
    if (resources === undefined) known.actions.set(action, resources = new Resources());
    resources.add(resource);
  }

  /** In the order of names. */
  recorded(): RecordedPrincipal[] {
    const all = [...this.#principals.values()].map(({ entity, actions }) => ({
      ...entity,
      statements: statementsOf(actions),
    }));
    return all.sort((a, b) => a.arn < b.arn ? -1 : 1);
  }
}

interface Named {
  arn: string;
  type: "user" | "role";
  name: string;
}

function namedEntity({ entity, accountId }: AwsPrincipal): Named | null {
  if (entity.type === "root") return null;
  const { type, name } = entity;
  return { arn: `arn:aws:iam::${accountId}:${type}/${name}`, type, name };
}

/** Actions with the same resources stand in one statement. */
function statementsOf(actions: ReadonlyMap<string, Resources>): RecordedStatement[] {
  const byResources = new Map<string, RecordedStatement>();
  for (const [action, resources] of [...actions].sort(([a], [b]) => a < b ? -1 : 1)) {
    const Resource = resources.all();
    const same = byResources.get(Resource.join(" "));
    if (same !== undefined) same.Action.push(action);
    else byResources.set(Resource.join(" "), { Effect: "Allow", Action: [action], Resource });
  }
  return [...byResources.values()];
}

/** A set of ARNs that stays small. */
class Resources {
  #kept = new Set<string>();

  add(resource: string): void {
    if (this.#kept.has(resource) || this.#isCovered(resource)) return;
    this.#kept.add(resource);
    if (this.#kept.size > resourcesMax) this.#shrink();
    if (this.#kept.size > withoutFolderMax) this.#kept = new Set([...this.#kept].map(allOf));
  }

  all(): string[] {
    return [...this.#kept].sort();
  }

  #isCovered(resource: string): boolean {
    if (this.#kept.has(allOf(resource))) return true;
    for (let folder = folderOf(resource); folder !== null; folder = folderOf(folder)) {
      if (this.#kept.has(`${folder}/*`)) return true;
    }
    return false;
  }

  /** The deepest go up first; what cannot go up any further stays as it is. */
  #shrink(): void {
    let depth = [...this.#kept].reduce((most, one) => Math.max(most, depthOf(one)), 0);
    for (; depth > 1 && this.#kept.size > resourcesMax; depth--) {
      this.#kept = new Set([...this.#kept].map((resource) => {
        const folder = depthOf(resource) === depth ? folderOf(resource.replace(/\/\*$/, "")) : null;
        return folder === null ? resource : `${folder}/*`;
      }));
    }
  }
}

/** `arn:aws:s3:::a` -> `arn:aws:s3:::*`; of what is no ARN everything. */
function allOf(resource: string): string {
  const parts = resource.split(":");
  return parts.length < 6 ? "*" : `${parts.slice(0, 5).join(":")}:*`;
}

/** What is before the last slash; null if there is none behind the ARN's own parts. */
function folderOf(resource: string): string | null {
  const at = resource.lastIndexOf("/");
  return at > 0 ? resource.slice(0, at) : null;
}

function depthOf(resource: string): number {
  return resource.replace(/\/\*$/, "").split("/").length;
}
