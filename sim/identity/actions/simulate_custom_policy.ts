/**
 * SimulateCustomPolicy: what some policies say to some actions, and why.
 *
 * Source: IAM API reference, SimulateCustomPolicy.
 * Left out: ResourceHandlingOption, places of statements in their texts.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { document } from "../fields.ts";
import { list, required } from "../shapes.ts";
import { customPolicies, simulated, simulationFields } from "../simulating.ts";

export const simulateCustomPolicy = action({
  shape: { ...simulationFields, PolicyInputList: required(list(document, { max: 100 })) },
  asks: () => everything,
  run: (request, call) => simulated(request, customPolicies(request), call),
});
