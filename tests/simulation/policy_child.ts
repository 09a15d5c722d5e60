/**
 * Work under given policies in a process of its own, which ends itself when it is done: engines of
 * many simulated clouds are not taken down in one process beside one another.
 *
 *   in    a name of `scenarios` and what it is given, as JSON: the two arguments
 *   out   what came of it, as JSON on standard output
 */
import { call } from "../aws_query.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { type Identities, idOfSeed } from "../../sim/mod.ts";
import { type Denied, deniedRun, type Doings, withCloud, type Work } from "./policy_runs.ts";

const seed = 1;
const { roles } = resourcesOf(idOfSeed(seed));

/** What is told of a run that was tried. */
export interface Tried {
  /** Why it failed; null: it did not. */
  failed: string | null;
  reconciled: boolean;
  cleaned: Record<string, number>;
}

export interface Scenarios {
  denied: { given: { work: Work; identities: Identities }; found: Denied };
  /** The sink's permission to put objects goes after the second one, and comes back. */
  takenAway: { given: { posts: number }; found: { during: Tried; after: Tried } };
  /** The sink has no policy, and IAM only tells. */
  logged: { given: { posts: number }; found: { run: Tried; told: string[] } };
  /** The role of the gateway gets this trust policy. */
  trusted: { given: { trust: string }; found: { failed: string | null } };
}

type Name = keyof Scenarios;
type Doing<N extends Name> = (given: Scenarios[N]["given"]) => Promise<Scenarios[N]["found"]>;

const scenarios: { [N in Name]: Doing<N> } = {
  denied: ({ work, identities }) => deniedRun(work, seed, identities),
  takenAway,
  logged,
  trusted,
};

async function tried(run: ReturnType<Doings["batch"]>): Promise<Tried> {
  try {
    const { reconciled: { reconciled, hops } } = await run;
    return { failed: null, reconciled, cleaned: { ...hops.cleaned } };
  } catch (error) {
    return { failed: String(error), reconciled: false, cleaned: {} };
  }
}

function changeSink({ sim }: Doings, change: Record<string, string>): Promise<string> {
  return call("iam", sim.settings, { RoleName: roles.sink, PolicyName: "sink", ...change });
}

async function takenAway({ posts }: { posts: number }) {
  const found: Tried[] = [];
  await withCloud({ seed, posts }, async (doings) => {
    const whole = doings.identities.roles.sink.permissions;
    const less = JSON.parse(whole);
    less.Statement = less.Statement.filter(({ Sid }: { Sid: string }) => Sid !== "Land");
    const put = (PolicyDocument: string) =>
      changeSink(doings, { Action: "PutRolePolicy", PolicyDocument });
    let taken: Promise<string> | null = null;
    let stored = 0;
    found.push(
      await tried(doings.batch({
        flushSize: 1,
        onEvent: ({ service, action, answer }) => {
          const isPut = service === "s3" && action === "PutObject" && answer.startsWith("200");
          if (isPut && ++stored === 2) taken = put(JSON.stringify(less));
        },
      })),
    );
    await taken;
    await put(whole);
    found.push(await tried(doings.batch({ flushSize: 1 })));
  });
  const [during, after] = found;
  if (during === undefined || after === undefined) throw new Error("A run is missing");
  return { during, after };
}

async function logged({ posts }: { posts: number }) {
  const told: string[] = [];
  const tell = (sentence: string) => void told.push(sentence);
  const runs: Tried[] = [];
  await withCloud({ seed, posts, iam: "log", tell }, async (doings) => {
    await changeSink(doings, { Action: "DeleteRolePolicy" });
    runs.push(await tried(doings.batch({ flushSize: 2 })));
  });
  const [run] = runs;
  if (run === undefined) throw new Error("The run is missing");
  return { run, told };
}

async function trusted({ trust }: { trust: string }) {
  let failed: string | null = null;
  await withCloud({ seed, posts: 6 }, async ({ sim, stream }) => {
    await call("iam", sim.settings, {
      Action: "UpdateAssumeRolePolicy",
      RoleName: roles.gateway,
      PolicyDocument: trust,
    });
    failed = await stream({ rows: 2, giveUpAfterMs: 1000 }).then(() => null, String);
  });
  return { failed };
}

if (import.meta.main) {
  const [name = "", given = ""] = Deno.args;
  const scenario = scenarios[name as Name] as (given: unknown) => Promise<unknown>;
  console.log(JSON.stringify(await scenario(JSON.parse(given))));
  Deno.exit(0);
}

/** Plays a scenario in a process of its own. */
export async function play<N extends Name>(
  name: N,
  given: Scenarios[N]["given"],
): Promise<Scenarios[N]["found"]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env"],
      ...["--allow-sys", "--allow-ffi", "--allow-read", "--allow-write"],
      ...[new URL(import.meta.url).pathname, name, JSON.stringify(given)],
    ],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`${name} ended with ${code}\n${text(stderr)}`);
  return JSON.parse(text(stdout).trim().split("\n").at(-1) ?? "");
}
