/**
 * Record: what users and roles asked for in a run -> a file of policies, and what a person is told
 * of it beside the pipeline's own policies.
 *
 *   { "principals": [ { "arn": "arn:aws:iam::…:role/…", "policy": { "Version": …, "Statement": [] } } ] }
 *
 * Each policy is the smallest that allows what was asked, as IAM takes it.
 */
import { compare, comparedLines, type Recorded } from "./compare.ts";
import type { PipelinePolicies } from "./mod.ts";
import { UsageError } from "../../errors.ts";

/**
 * Tried before anything is started.
 * @throws {UsageError} if the file cannot be written
 */
export async function checkRecord(file: string): Promise<void> {
  try {
    (await Deno.open(file, { write: true, create: true })).close();
  } catch (error) {
    throw new UsageError(`--record is '${file}', which cannot be written: ${messageOf(error)}`);
  }
}

/**
 * Writes the file.
 * @returns lines for a person
 * @throws {UsageError} if it cannot be written any more
 */
export async function writeRecord(
  file: string,
  recorded: readonly Recorded[],
  policies: PipelinePolicies,
): Promise<string[]> {
  const principals = recorded.map(({ arn, statements }) => ({
    arn,
    policy: { Version: "2012-10-17", Statement: statements },
  }));
  try {
    await Deno.writeTextFile(file, `${JSON.stringify({ principals }, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`--record is '${file}', which cannot be written: ${messageOf(error)}`);
  }
  const found = compare(policies, recorded);
  const count = found.missing.length + found.unused.length;
  const verdict = count === 0 ? "all of it in use, nothing missing" : "";
  return [
    `Policies         ${file}, beside pipelines/deploy/policies: ${verdict}`.trimEnd(),
    ...comparedLines(found).map((line) => `  ${line}`),
  ];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
