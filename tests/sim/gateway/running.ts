/** A gateway for tests: started from a definition, asked, and what it asks its door. */
import type { Asked, Door, Refusal } from "../../../sim/iam/door.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import {
  type GatewayOptions,
  type GatewayService,
  startGateway,
} from "../../../sim/gateway/mod.ts";
import type { AccessKey } from "../../../sim/iam/principal.ts";
import { type World, worldFromSeed } from "../../../sim/world.ts";
import { nobody } from "./definitions.ts";

/** A world whose clock a test turns. */
export function stoppedWorld(
  nowMs = Date.UTC(2026, 10, 30, 12),
): World & { nowMs: () => number } & {
  turn(ms: number): void;
} {
  let now = nowMs;
  return { ...worldFromSeed(1, () => now), turn: (ms) => void (now += ms) };
}

export function gatewayOf(
  definition: string,
  options: Partial<GatewayOptions> = {},
  world: World = worldFromSeed(1),
): Promise<GatewayService> {
  const context = { world, faults: noFaults, dir: "" };
  return startGateway(context, { ...nobody, apiId: "abcdefghij", definition, ...options });
}

/** Status, type of the error and text of an answer. */
export async function asked(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return [response.status, response.headers.get("x-amzn-errortype"), await response.text()];
}

/** A door that knows these keys, notes what it is asked and refuses with these words. */
export function notingDoor(keys: readonly AccessKey[], refusal: Refusal | null = null) {
  const asks: Asked[] = [];
  const door: Door = {
    keyOf: (id) => keys.find(({ accessKeyId }) => accessKeyId === id),
    refusalOf(one) {
      asks.push(one);
      return refusal;
    },
  };
  return { door, asks };
}
