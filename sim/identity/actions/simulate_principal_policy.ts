/**
 * SimulatePrincipalPolicy: what the policies of a user, a group or a role say to some actions, and why.
 *
 * Nothing is done and nobody is asked: the policies of the entity, those that are given and the
 * keys that are given decide.
 *
 * Source: IAM API reference, SimulatePrincipalPolicy.
 * Left out: ResourceHandlingOption, places of statements in their texts.
 */
import { action } from "../action.ts";
import { policyArn } from "../fields.ts";
import { required } from "../shapes.ts";
import { onSource, principalPolicies, simulated, simulationFields } from "../simulating.ts";

export const simulatePrincipalPolicy = action({
  shape: { PolicySourceArn: required(policyArn), ...simulationFields },
  asks: ({ PolicySourceArn }, call) => onSource(PolicySourceArn, call),
  run: (request, call) =>
    simulated(request, principalPolicies(request.PolicySourceArn, request, call), call),
});
