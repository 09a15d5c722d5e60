/**
 * Fencing: a commit that another worker with our id was quicker at -> what to say of it.
 */
import type { Fenced } from "../delta/mod.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { RunError } from "../errors.ts";

export function atWork(
  error: Fenced,
  { id, storage }: { id: string; storage: DeltaStorage },
): RunError {
  return new RunError(
    `Cannot commit to ${storage.uri}: another worker with the id ${id} is writing there ` +
      `(version ${error.tableVersion} is its commit). Nothing is lost or doubled. ` +
      `Let one of the two run, or give this one another --id`,
    { cause: error },
  );
}
