/**
 * Policies with something done wrong: each statement of a file -> copies of it with one mistake,
 * by which a judge shows that it would find one.
 */
import { detailsOf, type IamData, type Statement, statementsOf } from "./policies_names.ts";

export interface File {
  name: string;
  /** The policy. */
  text: string;
  /** ARN of the role whose trust policy it is. */
  role: string | null;
}

/**
 *   action     a letter too many
 *   key        a condition on what nobody knows
 *   resource   another service's
 *   star       any resource, where something is written
 *   principal  a role for everybody
 */
export type Harm = "action" | "key" | "resource" | "star" | "principal";

/** A file of one statement with one mistake. */
export interface Harmed extends File {
  harm: Harm;
}

export async function harmedFrom(data: IamData, file: File): Promise<Harmed[]> {
  const each = statementsOf(file.text).map((statement) => harms(data, file, statement));
  return (await Promise.all(each)).flat();
}

async function harms(data: IamData, file: File, statement: Statement): Promise<Harmed[]> {
  const actions = [statement.Action].flat();
  const make = (harm: Harm, change: Partial<Statement>): Harmed => ({
    name: `${file.name}, ${statement.Sid}, ${harm}`,
    role: file.role,
    harm,
    text: JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...change }] }),
  });
  const unknown = actions.map((action) => action.replace(/:.*/, ":NobodyKnows"));
  const inEach = [
    make("action", { Action: actions.map((action) => `${action}x`) }),
    make("key", { Condition: { StringEquals: { [unknown[0] ?? ""]: "x" } } }),
  ];
  if (file.role !== null) return [...inEach, make("principal", { Principal: { AWS: "*" } })];
  const elsewhere = "arn:aws:sns:us-east-1:123456789012:topic";
  return [
    ...inEach,
    make("resource", { Resource: elsewhere }),
    ...await writes(data, actions) ? [make("star", { Resource: "*" })] : [],
  ];
}

async function writes(data: IamData, actions: readonly string[]): Promise<boolean> {
  const details = await Promise.all(actions.map((action) => detailsOf(data, action)));
  return details.some((each) => each?.accessLevel === "Write");
}
