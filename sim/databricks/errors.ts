/**
 * Errors: what Databricks says, of a statement and of a request.
 *
 * A statement that fails is no failed request: its error travels in the status of an HTTP 200.
 *
 * Source: Apache Spark 4, error-conditions.json (classes, words, SQLSTATE); Databricks REST API.
 */

/** Why a statement failed: the class and words of Spark, with a place in the statement. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly condition: string;
  readonly sqlState: string;
  constructor(condition: string, words: string, sqlState: string, at: Place | null = null) {
    const where = at === null ? "" : `; line ${at.line} pos ${at.column - 1}`;
    super(`[${condition}] ${words}. SQLSTATE: ${sqlState}${where}`);
    this.condition = condition;
    this.sqlState = sqlState;
  }
}

/** Both count from 1. Databricks counts its `pos` from 0. */
export interface Place {
  line: number;
  column: number;
}

/**
 * What Databricks would run and the simulator would not, or not with the same meaning. It has a
 * class of its own, so that nobody takes it for Databricks's word.
 */
export function notHere(what: string, at?: Place | null): SqlError {
  const words = `It is the simulator that refuses this, not Databricks: ${what}`;
  return new SqlError("SIMULATOR_CANNOT_RUN", words, "0A000", at ?? null);
}

export function syntaxError(near: string, at: Place): SqlError {
  return new SqlError(
    "PARSE_SYNTAX_ERROR",
    near === "" ? "Syntax error at or near end of input" : `Syntax error at or near '${near}'`,
    "42601",
    at,
  );
}

export function unknownTable(name: string, at: Place | null): SqlError {
  return new SqlError(
    "TABLE_OR_VIEW_NOT_FOUND",
    `The table or view ${name} cannot be found. Verify the spelling and correctness of the ` +
      "schema and catalog",
    "42P01",
    at,
  );
}

export function unknownRoutine(name: string, at: Place | null): SqlError {
  return new SqlError(
    "UNRESOLVED_ROUTINE",
    `Cannot resolve routine \`${name}\` on search path [\`system\`.\`builtin\`, ` +
      "`system`.`session`]",
    "42883",
    at,
  );
}

export function unknownColumn(name: string, at: Place | null): SqlError {
  return new SqlError(
    "UNRESOLVED_COLUMN",
    `A column, variable, or function parameter with name \`${name}\` cannot be resolved`,
    "42703",
    at,
  );
}
