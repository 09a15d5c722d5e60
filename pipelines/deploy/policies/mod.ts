/**
 * Policies of a pipeline: the files here, with the names of one target filled in.
 *
 *   person.json           of the IAM user who runs the pipeline
 *   <role>.json           what a role may do: gateway, REST proxy machine, sink, reader
 *   trust/<role>.json     who may take it on
 *
 * `<name>` in a file stands for a name of the target; everything else is the policy as IAM reads
 * it. The simulator is given these very texts, so that a run there is a test of them.
 *
 * Source: IAM user guide, "IAM JSON policy reference"; MSK developer guide, "Semantics of actions
 * and resources"; "Grant least privilege".
 * Left out: the scheduler's role, until there is a scheduler; names with `<` or `>`.
 */
import { bucketOf, type Resources } from "../../resources.ts";

export const roleNames = ["gateway", "rest", "sink", "reader"] as const;
export type RoleName = typeof roleNames[number];

/** What is known of a target beside the names of its pipeline. */
export interface Place {
  /** Twelve digits. */
  accountId: string;
  /** Name and UUID of the cluster, as in its ARN: `<name>/<uuid>`. */
  cluster: string;
  /** Of the gateway, ten characters. */
  apiId: string;
  /** Default: the bucket of the resources. */
  bucket?: string | undefined;
  /** Of the sink; default: `topics`, and `/` behind it. */
  topicsDir?: string | undefined;
  directoryDelimiter?: string | undefined;
  /** Consumer group of the sink; default: by the connector's name. */
  sinkGroup?: string | undefined;
}

export interface RolePolicies {
  /** As the account knows the role. */
  name: string;
  trust: string;
  permissions: string;
}

export interface PipelinePolicies {
  person: string;
  roles: Readonly<Record<RoleName, RolePolicies>>;
}

/**
 * Reads the files and fills them in.
 * @throws {Error} if a file names something that no target has
 */
export async function readPolicies(
  resources: Resources,
  place: Place,
): Promise<PipelinePolicies> {
  const names = namesOf(resources, place);
  const read = async (file: string) => filled(await readText(file), names, file);
  const roles = await Promise.all(roleNames.map(async (role) => {
    const [permissions, trust] = await Promise.all([read(role), read(`trust/${role}`)]);
    return [role, { name: resources.roles[role], trust, permissions }] as const;
  }));
  return {
    person: await read("person"),
    roles: Object.fromEntries(roles) as Record<RoleName, RolePolicies>,
  };
}

async function readText(file: string): Promise<string> {
  return await Deno.readTextFile(new URL(`./${file}.json`, import.meta.url));
}

function namesOf(resources: Resources, place: Place): Record<string, string> {
  const { id, region, roles, gateway, connector } = resources;
  const { topicsDir = "topics", directoryDelimiter = "/" } = place;
  return {
    account: place.accountId,
    region,
    cluster: place.cluster,
    api: place.apiId,
    stage: gateway.stage,
    bucket: place.bucket ?? bucketOf(id),
    landed: `${topicsDir}${directoryDelimiter}`,
    refused: `rejects${directoryDelimiter}`,
    "sink-group": place.sinkGroup ?? `connect-${connector}`,
    "sink-role": roles.sink,
    "reader-role": roles.reader,
    topics: commonName(Object.values(resources.topics)),
    streams: commonName(Object.values(resources.streams)),
  };
}

/** `a.pin`, `a.geo` -> `a.*`. */
function commonName(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  return `${first.slice(0, length)}*`;
}

function filled(text: string, names: Record<string, string>, file: string): string {
  return text.replaceAll(/<([a-z-]+)>/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`${file}.json names <${name}>, which no target has`);
    return value;
  });
}
