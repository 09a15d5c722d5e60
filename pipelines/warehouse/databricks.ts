/**
 * Databricks: the engine elsewhere that runs `sql/` -> tables there, and rows that are fetched.
 *
 *   in    models and audits (Databricks SQL of the subset), or statements of a runner's own
 *   out   tables and views in the catalog and schema of the target; rows as the embedded engine
 *         hands them out
 *
 * The files run as they stand: what the linter refuses is not even sent. Every column is cast to
 * the type that its header declares, as on the embedded engine. A failure names file and line.
 *
 * Left out: transactions over several statements; a session (no temporary views).
 */
import {
  describeProblem,
  type Header,
  lint,
  readHeader,
  splitStatements,
  type Token,
} from "../../sql/dialect/mod.ts";
import type { Databricks } from "../clients/databricks.ts";
import { RunError } from "../errors.ts";
import type { Audit, ModelOptions } from "./duckdb.ts";
import type { Row } from "../values.ts";
import { casts } from "./portable.ts";
import { ticked } from "./quoting.ts";

const auditRowsMax = 1000;

export class DatabricksWarehouse {
  readonly #databricks: Databricks;

  constructor(databricks: Databricks) {
    this.#databricks = databricks;
  }

  /** Runs a statement for what it does. */
  async run(sql: string): Promise<void> {
    await this.#databricks.run(sql);
  }

  /** All rows of a small result, in memory. */
  async rows(sql: string): Promise<Row[]> {
    return (await this.#databricks.run(sql)).rows;
  }

  /** The rows of a result of any size, as they arrive. */
  async *batches(sql: string): AsyncGenerator<Row[]> {
    yield* (await this.#databricks.stream(sql)).batches;
  }

  /**
   * Builds a model under its name, replacing the one before.
   * @throws {RunError} with file and line, when the linter refuses it
   * @throws {StatementFailure} with file and line, when Databricks does
   */
  async model(name: string, text: string, { as, file = name }: ModelOptions): Promise<void> {
    const { query, header } = onlyQuery(text, file);
    // All on the first line, so that lines in errors stay those of the file.
    const create = `create or replace ${as} ${ticked(name)} as select ` +
      `${casts(header.output)} from (${query}\n)`;
    await this.#databricks.run(create, { file });
  }

  /** The rows of a model, in the order that it ends with. */
  async answer(text: string, file: string): Promise<Row[]> {
    const { query, header, order } = onlyQuery(text, file);
    const select = `select ${casts(header.output)} from (${query}\n)${order}`;
    return (await this.#databricks.run(select, { file })).rows;
  }

  /** Runs an audit; its statements are as in sql/clean/pin.audit.sql. */
  async audit(text: string, file: string): Promise<Audit> {
    refuseProblems(text, file);
    const audit: Audit = { broken: [], warnings: [] };
    for (const { text: statement, tokens } of splitStatements(text)) {
      const sql = `select * from (${statement}\n) limit ${auditRowsMax}`;
      const line = tokens[0]?.line ?? 1;
      const { rows } = await this.#databricks.run(sql, { file, line });
      for (const row of rows) addFinding(audit, row);
    }
    return audit;
  }
}

function addFinding(audit: Audit, { promise, witness, warning, value_count: count }: Row): void {
  if (typeof promise === "string") {
    audit.broken.push({ promise, witness: typeof witness === "string" ? witness : null });
  } else audit.warnings.push({ warning: String(warning), valueCount: Number(count) });
}

function refuseProblems(text: string, file: string): void {
  const problems = lint(text);
  if (problems.length === 0) return;
  throw new RunError(problems.map((problem) => describeProblem(file, problem)).join("\n"));
}

function onlyQuery(text: string, file: string): { query: string; header: Header; order: string } {
  refuseProblems(text, file);
  const [first, second] = splitStatements(text);
  if (first === undefined || second !== undefined) {
    throw new RunError(`Cannot build ${file}: a model is exactly one query`);
  }
  const header = readHeader(text);
  return { query: first.text, header, order: finalOrder(first.tokens, header) };
}

const orderWords = new Set(
  "order by asc desc nulls first last case when then else end and or not is null".split(" "),
);

/**
 * The ORDER BY that a query ends with, for the query around it: rows of a subquery have no order.
 * Empty if it orders by more than the columns it gives out.
 */
function finalOrder(tokens: readonly Token[], { output }: Header): string {
  const tail = orderTail(tokens);
  const columns = new Set(output.map(({ name }) => name));
  const names = tail.filter(({ kind, text }) =>
    kind === "word" && !orderWords.has(text.toLowerCase())
  );
  const isOutside = names.some(({ text }) => !columns.has(text)) ||
    tail.some(({ text }) => text === ".");
  return tail.length === 0 || isOutside ? "" : ` ${tail.map(({ text }) => text).join(" ")}`;
}

/** From the last `order by` that stands in no bracket to the end or to `limit`. */
function orderTail(tokens: readonly Token[]): Token[] {
  let depth = 0;
  let tail: Token[] = [];
  let isOrder = false;
  for (const token of tokens) {
    if (token.kind === "space" || token.kind === "comment") continue;
    const word = depth === 0 && token.kind === "word" ? token.text.toLowerCase() : "";
    if (word === "order") [tail, isOrder] = [[], true];
    if (word === "limit" || word === "union" || word === "select") isOrder = false;
    if (word === "union" || word === "select") tail = [];
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (isOrder) tail.push(token);
  }
  return tail;
}
