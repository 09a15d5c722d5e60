/** Reach: settings -> where everything is, refused where this task has no permission to go. */
import { UsageError } from "../errors.ts";
import {
  type DatabricksTarget,
  hostsOf,
  type PipelineName,
  readDatabricksTarget,
  readTarget,
  type Settings,
  type Target,
} from "../target.ts";

/** Where everything is, once it is known that this task may go there. */
export async function targetOf(
  world: Target["name"],
  settings: Settings,
  pipeline: PipelineName,
): Promise<Target> {
  const target = readTarget(world, settings, pipeline);
  await checkHosts(hostsOf(target, pipeline), pipeline);
  return target;
}

/** The warehouse of the settings, once it is known that this task may go there. */
export async function databricksOf(settings: Settings): Promise<DatabricksTarget> {
  const target = readDatabricksTarget(settings);
  const { hostname, port, protocol } = new URL(target.host);
  await checkHosts([`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`], "batch");
  return target;
}

/** A host that this task may not reach is a wrong task, not a broken network. */
async function checkHosts(hosts: readonly string[], pipeline: PipelineName): Promise<void> {
  for (const host of hosts) {
    const { state } = await Deno.permissions.query({ name: "net", host });
    if (state === "granted") continue;
    throw new UsageError(
      `${host} is outside of what this task may reach: use deno task ${pipeline}:aws for real ` +
        "targets",
    );
  }
}
