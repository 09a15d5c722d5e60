/**
 * Shapes: what a request may hold, as data -> a typed request, or AWS's words about what is wrong.
 *
 *   `1 validation error detected: Value 'x' at 'userName' failed to satisfy constraint: …`
 *
 * Source: IAM and STS API references.
 */
import { ServiceError } from "../errors.ts";
import { membersOf, type Parameter } from "./query.ts";

/** Collects what is wrong; a sentence of its own goes before all others. */
export class Problems {
  readonly constraints: string[] = [];
  sentence: string | null = null;

  add(value: string | null, at: string, constraint: string): void {
    const shown = value === null ? "null" : `'${value}'`;
    this.constraints.push(`Value ${shown} at '${at}' failed to satisfy constraint: ${constraint}`);
  }
}

export interface Field<T> {
  readonly isRequired: boolean;
  read(given: Parameter, at: string, problems: Problems): unknown;
  /** Never there: it carries the type. */
  readonly type?: T | undefined;
}

export type Shape = Record<string, Field<unknown>>;

export type Infer<S extends Shape> = {
  [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

interface TextRules {
  min?: number;
  max?: number;
  /** Of the whole value. */
  pattern?: string;
  /** In place of the pattern's own constraint; `{}` stands for the name. */
  sentence?: string;
  oneOf?: readonly string[];
}

export function text(rules: TextRules = {}): Field<string | undefined> {
  const { min = 0, max = Infinity, pattern, sentence, oneOf } = rules;
  const regex = pattern === undefined ? null : new RegExp(`^(?:${pattern})$`, "u");
  return {
    isRequired: false,
    read({ text }, at, problems) {
      const value = text ?? "";
      if (value.length < min) {
        problems.add(value, at, `Member must have length greater than or equal to ${min}`);
      }
      if (value.length > max) {
        problems.add(value, at, `Member must have length less than or equal to ${max}`);
      } else if (regex !== null && !regex.test(value)) {
        if (sentence === undefined) {
          const constraint = `Member must satisfy regular expression pattern: ${pattern}`;
          problems.add(value, at, constraint);
        } else if (value !== "") problems.sentence ??= sentence.replace("{}", at);
      }
      if (oneOf !== undefined && !oneOf.includes(value)) {
        problems.add(value, at, `Member must satisfy enum value set: [${oneOf.join(", ")}]`);
      }
      return value;
    },
  };
}

export function integer({ min, max }: { min: number; max: number }): Field<number | undefined> {
  return {
    isRequired: false,
    read({ text }, at, problems) {
      const value = /^-?[0-9]{1,15}$/.test(text ?? "") ? Number(text) : null;
      if (value === null) problems.sentence ??= `${JSON.stringify(text)} is no number at '${at}'`;
      else if (value < min) {
        problems.add(text, at, `Member must have value greater than or equal to ${min}`);
      } else if (value > max) {
        problems.add(text, at, `Member must have value less than or equal to ${max}`);
      }
      return value;
    },
  };
}

export function boolean(): Field<boolean | undefined> {
  return {
    isRequired: false,
    read({ text }, at, problems) {
      if (text !== "true" && text !== "false") {
        problems.sentence ??= `${JSON.stringify(text)} is neither true nor false at '${at}'`;
      }
      return text === "true";
    },
  };
}

interface Sizes {
  min?: number;
  max?: number;
}

export function list<T>(member: Field<T>, sizes: Sizes = {}): Field<NonNullable<T>[] | undefined> {
  const { min = 0, max = Infinity } = sizes;
  return {
    isRequired: false,
    read(given, at, problems) {
      const members = membersOf(given);
      if (members.length < min) {
        problems.add("[]", at, `Member must have length greater than or equal to ${min}`);
      }
      if (members.length > max) {
        problems.add("[…]", at, `Member must have length less than or equal to ${max}`);
        return [];
      }
      return members.map((one, index) => member.read(one, `${at}.${index + 1}.member`, problems));
    },
  };
}

export function structure<S extends Shape>(shape: S): Field<Infer<S> | undefined> {
  return {
    isRequired: false,
    read: ({ below }, at, problems) => readShape(shape, below, `${at}.`, problems),
  };
}

export function required<T>(field: Field<T | undefined>): Field<T> {
  return { ...field, isRequired: true };
}

function readShape(
  shape: Shape,
  given: ReadonlyMap<string, Parameter>,
  prefix: string,
  problems: Problems,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const at = prefix + name.charAt(0).toLowerCase() + name.slice(1);
    const one = given.get(name);
    if (one !== undefined) value[name] = field.read(one, at, problems);
    else if (field.isRequired) problems.add(null, at, "Member must not be null");
  }
  return value;
}

const problemsMax = 10;

/** @throws {ServiceError} ValidationError */
export function readRequest<S extends Shape>(shape: S, { below }: Parameter): Infer<S> {
  const problems = new Problems();
  const value = readShape(shape, below, "", problems);
  if (problems.constraints.length > 0) throw validationErrors(problems.constraints);
  if (problems.sentence !== null) throw new ServiceError("ValidationError", problems.sentence);
  return value as Infer<S>;
}

function validationErrors(all: readonly string[]): ServiceError {
  const told = all.slice(0, problemsMax);
  const count = `${told.length} validation error${told.length === 1 ? "" : "s"} detected`;
  return new ServiceError("ValidationError", `${count}: ${told.join("; ")}`);
}
