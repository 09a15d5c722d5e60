/** A project in memory: models by name with what they read, and cases by model and name. */
import type { Project, ProjectModel, TestCase } from "../../../pipelines/check/types.ts";

export interface Small {
  /** `clean/pin`: the tables it reads. In an order in which each stands after those it reads. */
  models: Record<string, readonly string[]>;
  /** `pin`: names of its cases. */
  cases?: Record<string, readonly string[]>;
}

export function smallProject({ models, cases = {} }: Small): Project {
  return {
    folder: "sql",
    testFolders: ["tests/sql"],
    models: new Map(
      Object.entries(models).map(([path, inputs]) => modelOf(path, inputs))
        .map((model) => [model.name, model]),
    ),
    sources: new Map(),
    cases: Object.entries(cases).flatMap(([model, names]) =>
      names.map((name, index) => caseOf(model, name, index + 1))
    ),
    samples: new Map(),
    problems: [],
  };
}

function modelOf(path: string, inputs: readonly string[]): ProjectModel {
  const [group = "", name = ""] = path.split("/");
  return {
    name,
    group,
    file: `sql/${path}.sql`,
    path: `sql/${path}.sql`,
    text: `-- ${path}`,
    header: {
      inputs: inputs.map((table) => ({ table, columns: null })),
      grain: [],
      output: [],
      parts: {},
      told: {},
    },
    audit: null,
    caption: null,
    audits: [],
  };
}

function caseOf(model: string, name: string, line: number): TestCase {
  const file = `tests/sql/${model}.test`;
  return { name, model, file, line, at: null, given: [], expects: [] };
}
