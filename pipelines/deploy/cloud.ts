/**
 * Cloud: flags -> what a simulated cloud of this run's own is started with: the manifest, the policies
 * and the API of the gateway as they would be deployed, the ways into Kafka.
 *
 * Made of plain data: who answers is not known here.
 */
import type { SimFlags } from "../cli/program.ts";
import type { RunFlags } from "../cli/world.ts";
import { UsageError } from "../errors.ts";
import { type Resources, resourcesOf } from "../resources.ts";
import { settings } from "../settings.ts";
import { type GatewayAuth, gatewayBeside, gatewayDefinition } from "./gateway/mod.ts";
import { type Place, readPolicies } from "./policies/mod.ts";

type Flags = SimFlags | RunFlags;

/** Behind the gateway: a name that only it knows. */
const restProxy = "rest-proxy.internal:8082";

/**
 * What the flags say and what the manifest lists.
 * @throws {UsageError} if the flags leave no way into Kafka
 */
export async function cloudOf(
  flags: Flags,
  { id, placeOf }: { id: string; placeOf: (resources: Resources) => Promise<Place> },
) {
  const resources = resourcesOf(id);
  const place = await placeOf(resources);
  return {
    resources,
    gateway: await gatewayOf(resources, place, gatewayAuthOf(flags)),
    kafka: kafkaOf(flags),
    identities: await readPolicies(resources, place),
    iam: flags.iam,
    secureTransport: flags.secureTransport,
    record: flags.record !== undefined,
    dir: flags.data ?? `${flags.out}/sim`,
    fresh: flags.data === undefined,
    seed: flags.seed,
    faults: flags.faults,
  };
}

/** Whether a run of a pipeline starts it, or it is there for other people's programs. */
function isForRun(flags: Flags): flags is RunFlags {
  return "giveUpAfter" in flags;
}

/** The course's scripts sign nothing. */
function gatewayAuthOf(flags: Flags): GatewayAuth {
  const given = flags.gatewayAuth;
  if (given !== undefined) return settings.gatewayAuth.form("--gateway-auth", given);
  const isCourse = "course" in flags && flags.course === true;
  return isForRun(flags) && !isCourse ? "iam" : "none";
}

/** A run of its own has one way in, by its identity; others' programs have all that MSK has. */
function kafkaOf(flags: Flags) {
  const isRun = isForRun(flags);
  const usual = isRun ? ["iam"] as const : ["plain", "tls", "scram", "iam"] as const;
  const listeners = new Set<"plain" | "tls" | "scram" | "iam">(flags.kafkaListeners ?? usual);
  if (flags.kafkaPlain === "on") listeners.add("plain");
  if (flags.kafkaPlain === "off") listeners.delete("plain");
  if (listeners.size === 0) throw new UsageError("--kafka-plain off leaves no way into Kafka");
  return { listeners: [...listeners], iamTls: !isRun };
}

/** The gateway as it would be deployed. */
async function gatewayOf(resources: Resources, place: Place, auth: GatewayAuth) {
  const definition = await gatewayDefinition(resources, { ...place, restProxy }, auth);
  return { ...gatewayBeside(resources, auth), definition, restProxy, auth };
}
