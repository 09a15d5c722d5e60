/**
 * Operators of the template language on Java's numbers: whole ones divide to whole ones and grow
 * beyond 64 bits, a double makes a double; what does not fit, or divides by zero, is null.
 *
 * Source: Apache Velocity 1.7, MathUtils.
 */
import type { Operator } from "./ast.ts";
import { Double, isEqual, isNumber, numeric, type Value, whole } from "./values.ts";

/** Neither `&&` nor `||`, which do not look at their right side always. */
export type StrictOperator = Exclude<Operator, "&&" | "||">;

export function operate(operator: StrictOperator, left: Value, right: Value): Value {
  if (operator === "==") return isEqual(left, right);
  if (operator === "!=") return !isEqual(left, right);
  const areNumbers = isNumber(left) && isNumber(right);
  if (isComparison(operator)) return areNumbers && compare(operator, left, right);
  if (!areNumbers) return null;
  if (left instanceof Double || right instanceof Double) {
    return onDoubles(operator, numeric(left), numeric(right));
  }
  return onWhole(operator, left, right);
}

type Comparison = "<" | "<=" | ">" | ">=";
type Arithmetic = "+" | "-" | "*" | "/" | "%";

function isComparison(operator: Comparison | Arithmetic): operator is Comparison {
  return operator.startsWith("<") || operator.startsWith(">");
}

function compare(
  operator: Comparison,
  left: number | bigint | Double,
  right: number | bigint | Double,
): boolean {
  const one = left instanceof Double ? left.value : left;
  const other = right instanceof Double ? right.value : right;
  switch (operator) {
    case "<":
      return one < other;
    case "<=":
      return one <= other;
    case ">":
      return one > other;
    case ">=":
      return one >= other;
  }
}

function onDoubles(operator: Arithmetic, left: number, right: number): Value {
  switch (operator) {
    case "+":
      return new Double(left + right);
    case "-":
      return new Double(left - right);
    case "*":
      return new Double(left * right);
    case "/":
      return right === 0 ? null : new Double(left / right);
    case "%":
      return right === 0 ? null : new Double(left % right);
  }
}

function onWhole(operator: Arithmetic, left: number | bigint, right: number | bigint): Value {
  const [one, other] = [BigInt(left), BigInt(right)];
  switch (operator) {
    case "+":
      return whole(one + other);
    case "-":
      return whole(one - other);
    case "*":
      return whole(one * other);
    case "/":
      return other === 0n ? null : whole(one / other);
    case "%":
      return other === 0n ? null : whole(one % other);
  }
}
