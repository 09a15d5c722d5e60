/**
 * Model columns: the output that a model's header declares -> the columns of its Delta table.
 */
import type { Model } from "../warehouse/models.ts";
import { arrayOf, type DeltaColumn, type DeltaType } from "./types.ts";

const deltaTypes: Readonly<Record<string, DeltaType>> = {
  int: "integer",
  bigint: "long",
  double: "double",
  string: "string",
  timestamp: "timestamp",
  boolean: "boolean",
  date: "date",
};

/** @throws {RangeError} for a type that no table of ours has: a mistake in the program. */
export function columnsOf(model: Model): DeltaColumn[] {
  return model.header.output.map(({ name, type }) => ({ name, type: deltaType(type) }));
}

function deltaType(type: string): DeltaType {
  const element = /^array<(.+)>$/.exec(type)?.[1];
  if (element !== undefined) return arrayOf(deltaType(element));
  const found = deltaTypes[type];
  if (found === undefined) throw new RangeError(`No Delta type for ${type}`);
  return found;
}
