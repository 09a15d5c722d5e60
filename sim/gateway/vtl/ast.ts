/** The parts of a template, as its parser makes them and the evaluation walks them. */
import type { Value } from "./values.ts";

export interface Position {
  line: number;
  column: number;
}

export type Node =
  | { kind: "text"; text: string }
  | PrintedReference
  | { kind: "set"; target: Reference; value: Expression }
  | { kind: "if"; branches: Branch[]; otherwise: Node[] }
  | { kind: "foreach"; name: string; source: Expression; body: Node[] }
  | { kind: "break" }
  | { kind: "stop" };

export interface Branch {
  condition: Expression;
  body: Node[];
}

/** `$name`, `${name}`, `$name.property`, `$name.method(…)`, `$name[…]`, in any length. */
export interface Reference {
  kind: "reference";
  name: string;
  steps: Step[];
  /** As it stands in the template: what is printed behind a backslash. */
  source: string;
  position: Position;
}

/** A reference in the text. */
export interface PrintedReference extends Omit<Reference, "kind"> {
  kind: "print";
  /** Backslashes right before it. */
  backslashes: number;
}

export type Step =
  | { kind: "property"; name: string; position: Position }
  | { kind: "index"; index: Expression }
  | { kind: "call"; name: string; args: Expression[]; position: Position };

export type Operator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export type Expression =
  | { kind: "literal"; value: Value }
  /** A double-quoted text with references or directives in it. */
  | { kind: "interpolated"; body: Node[] }
  | Reference
  | { kind: "list"; items: Expression[] }
  | { kind: "map"; entries: [Expression, Expression][] }
  | { kind: "range"; from: Expression; to: Expression }
  | { kind: "not"; operand: Expression }
  | { kind: "binary"; operator: Operator; left: Expression; right: Expression };
