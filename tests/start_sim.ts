/** The simulator as the program starts it: with the manifest of its id and the gateway's routes. */
import { readGatewayRoutes } from "../pipelines/deploy/gateway/mod.ts";
import { resourcesOf } from "../pipelines/resources.ts";
import * as sim from "../sim/mod.ts";

/** Without an id that of the seed. */
export type GivenOptions = Omit<sim.SimOptions, "resources" | "routes"> & { id?: string };

export async function startSim({ id, ...options }: GivenOptions): Promise<sim.Sim> {
  const resources = resourcesOf(id ?? sim.idOfSeed(options.seed));
  const routes = await readGatewayRoutes(resources);
  return await sim.startSim({ ...options, resources, routes });
}
