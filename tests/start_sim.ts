/** The simulator as the program starts it: with the manifest of its id and the gateway's API. */
import {
  type GatewayAuth,
  gatewayBeside,
  gatewayDefinition,
} from "../pipelines/deploy/gateway/mod.ts";
import { type Resources, resourcesOf } from "../pipelines/resources.ts";
import * as sim from "../sim/mod.ts";

/** Without an id that of the seed; without an auth everybody may call the gateway. */
export type GivenOptions = Omit<sim.SimOptions, "resources" | "gateway"> & {
  id?: string;
  auth?: GatewayAuth;
};

export async function startSim({ id, auth = "none", ...options }: GivenOptions): Promise<sim.Sim> {
  const resources = resourcesOf(id ?? sim.idOfSeed(options.seed));
  const gateway = await deployedGateway(resources, options.seed, auth);
  return await sim.startSim({ ...options, resources, gateway });
}

/** The API of the pipelines in the account of a seed. */
export async function deployedGateway(resources: Resources, seed: number, auth: GatewayAuth) {
  const restProxy = "rest-proxy.internal:8082";
  const place = { accountId: sim.accountOfSeed(seed), restProxy };
  const definition = await gatewayDefinition(resources, place, auth);
  return { ...gatewayBeside(resources, auth), definition, restProxy, auth };
}
