/**
 * The judge of policies in a process of its own: lines of JSON in, one word a line out.
 *
 *   in    { principal, action, resource, accountId, context, policies… }, see iam_policy_pairs.ts
 *   out   Allowed, ExplicitlyDenied, ImplicitlyDenied, or what it found wrong with the question
 *
 * Argument: the module of `@cloud-copilot/iam-simulate`, which is installed below `.tools`, and
 * whose licence (AGPL) keeps it out of everything else.
 */
import type { Pair } from "./iam_policy_pairs.ts";

interface Result {
  resultType: string;
  overallResult?: string;
  errors?: unknown;
}

interface Simulator {
  anonymousPrincipal: unknown;
  runSimulation(simulation: unknown, options: unknown): Promise<Result>;
}

const simulator: Simulator = await import(Deno.args[0] ?? "");

function simulationOf(pair: Pair): unknown {
  const named = (policy: unknown, place: number) => ({ name: `policy${place}`, policy });
  const { principal, action, resource, accountId, context } = pair;
  return {
    request: {
      principal: principal === "anonymous" ? simulator.anonymousPrincipal : principal,
      action,
      resource: { resource, accountId },
      contextVariables: context,
    },
    identityPolicies: pair.identity.map(named),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(pair.resourcePolicy === null ? {} : { resourcePolicy: pair.resourcePolicy }),
    ...(pair.boundary === null ? {} : { permissionBoundaryPolicies: [named(pair.boundary, 0)] }),
    ...(pair.session === null ? {} : { sessionPolicy: pair.session }),
  };
}

async function answer(line: string): Promise<string> {
  const result = await simulator.runSimulation(simulationOf(JSON.parse(line)), {});
  return result.overallResult ?? `Refused: ${JSON.stringify(result.errors)}`;
}

const input = await new Response(Deno.stdin.readable).text();
const answers: string[] = [];
for (const line of input.split("\n")) if (line !== "") answers.push(await answer(line));
await new Blob([answers.join("\n")]).stream().pipeTo(Deno.stdout.writable);
