/** Project: a folder of SQL -> its models, source tables and test cases, and what is wrong. */
import type { Project } from "./types.ts";

export interface ProjectOptions {
  /** Folder of the models. */
  folder: string;
  /** Folders of test files; default: the folder itself and `tests/<its name>` beside it. */
  tests?: readonly string[];
}

export function readProject(options: ProjectOptions): Promise<Project> {
  throw new TypeError(`Cannot read ${options.folder} yet`);
}
