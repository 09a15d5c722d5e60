/** The simulator as the program starts it: the manifest of its id, its policies, its gateway's API. */
import {
  type GatewayAuth,
  gatewayBeside,
  gatewayDefinition,
} from "../pipelines/deploy/gateway/mod.ts";
import { readPolicies } from "../pipelines/deploy/policies/mod.ts";
import { type Resources, resourcesOf } from "../pipelines/resources.ts";
import * as sim from "../sim/mod.ts";

/** Without an id that of the seed; without an auth everybody may call the gateway. */
export type GivenOptions = Omit<sim.SimOptions, "resources" | "gateway" | "identities"> & {
  id?: string;
  auth?: GatewayAuth;
  /** Default: the policies as they are deployed. */
  identities?: sim.Identities;
};

/** Kafka lets everybody in, and those who have an identity, unless the options say otherwise. */
export async function startSim({ id, auth = "none", ...options }: GivenOptions): Promise<sim.Sim> {
  const resources = resourcesOf(id ?? sim.idOfSeed(options.seed));
  return await sim.startSim({
    kafka: { listeners: ["plain", "iam"], iamTls: false },
    ...await deployed(resources, options.seed, auth),
    ...options,
    resources,
  });
}

/** What a pipeline has in the account of a seed: the policies of its roles, the API of its gateway. */
export async function deployed(resources: Resources, seed: number, auth: GatewayAuth) {
  const restProxy = "rest-proxy.internal:8082";
  const place = sim.placeOf({ seed, resources });
  const definition = await gatewayDefinition(resources, { ...place, restProxy }, auth);
  return {
    gateway: { ...gatewayBeside(resources, auth), definition, restProxy, auth },
    identities: await readPolicies(resources, place),
  };
}
