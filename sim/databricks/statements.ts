/**
 * Statements: each from PENDING over RUNNING to its end, and its result until that is too old.
 *
 * A warehouse runs a few at a time; the others wait. SUCCEEDED becomes CLOSED an hour later,
 * when the result is gone. A cancelled statement stops where it stands.
 *
 * Documented: states, and the life of a result. Assumed: how long a statement is remembered.
 */
import { ServiceError } from "../errors.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import type { World } from "../world.ts";
import type { Engine } from "./engine/mod.ts";
import type { Column } from "./engine/values.ts";
import { SqlError } from "./errors.ts";
import type { ExecuteRequest } from "./request.ts";
import { removeResult, ResultWriter } from "./results.ts";

export type State = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELED" | "CLOSED";

export interface Failure {
  message: string;
  sqlState: string;
}

const atOnce = 2;
const resultMs = 3_600_000;
const rememberedMs = 24 * 3_600_000;

export class Statement {
  readonly id: string;
  readonly request: ExecuteRequest;
  readonly dir: string;
  readonly writer: ResultWriter;
  state: State = "PENDING";
  columns: readonly Column[] = [];
  failure: Failure | null = null;
  endedMs = 0;
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<void>();

  constructor(id: string, request: ExecuteRequest, dir: string, chunkBytes: number) {
    this.id = id;
    this.request = request;
    this.dir = dir;
    this.writer = new ResultWriter(dir, {
      chunkBytes,
      isInline: request.disposition === "INLINE",
      rowLimit: request.rowLimit,
      byteLimit: request.byteLimit,
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get hasEnded(): boolean {
    return this.state !== "PENDING" && this.state !== "RUNNING";
  }

  get hasResult(): boolean {
    return this.state === "SUCCEEDED";
  }

  /** When it has ended or the time is over, whichever comes first. */
  async waited(ms: number): Promise<void> {
    if (this.hasEnded || ms === 0) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    await Promise.race([this.#ended.promise, late.promise]);
    clearTimeout(timer);
  }

  end(state: State, nowMs: number, failure: Failure | null = null): void {
    if (this.hasEnded) return;
    this.state = state;
    this.failure = failure;
    this.endedMs = nowMs;
    this.#ended.resolve();
  }

  cancel(nowMs: number): void {
    this.end("CANCELED", nowMs);
    this.#abort.abort(new SqlError("CANCELED", "The statement was canceled", "57014"));
  }
}

export class Statements implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #world: World;
  readonly #folder: SafeFolder;
  readonly #chunkBytes: number;
  readonly #byId = new Map<string, Statement>();
  readonly #waiting: Statement[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(
    engine: Engine,
    world: World,
    { dir, chunkBytes }: { dir: string; chunkBytes: number },
  ) {
    this.#engine = engine;
    this.#world = world;
    this.#folder = new SafeFolder(dir);
    this.#chunkBytes = chunkBytes;
  }

  submit(request: ExecuteRequest): Statement {
    this.#forgetOld();
    const id = this.#newId();
    const statement = new Statement(id, request, this.#folder.at(id), this.#chunkBytes);
    this.#byId.set(id, statement);
    this.#waiting.push(statement);
    this.#startNext();
    return statement;
  }

  /** @throws {ServiceError} RESOURCE_DOES_NOT_EXIST */
  find(id: string): Statement {
    const statement = this.#byId.get(id);
    if (statement === undefined) {
      throw new ServiceError("RESOURCE_DOES_NOT_EXIST", `The statement ${id} was not found.`, 404);
    }
    this.#close(statement);
    return statement;
  }

  cancel(id: string): void {
    this.find(id).cancel(this.#world.nowMs());
  }

  #newId(): string {
    const digits = this.#world.id("databricks statement", 32);
    return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
      .map(([from, to]) => digits.slice(from, to)).join("-");
  }

  #startNext(): void {
    while (this.#running.size < atOnce) {
      const statement = this.#waiting.shift();
      if (statement === undefined) return;
      if (statement.hasEnded) continue; // Cancelled while it waited.
      const work = this.#run(statement).finally(() => {
        this.#running.delete(work);
        this.#startNext();
      });
      this.#running.add(work);
    }
  }

  async #run(statement: Statement): Promise<void> {
    statement.state = "RUNNING";
    const { statement: text, session, parameters } = statement.request;
    try {
      await this.#engine.execute(
        { statement: text, session, parameters, signal: statement.signal },
        {
          columns: (columns) => void (statement.columns = columns),
          rows: (rows) => statement.writer.write(rows),
        },
      );
      await statement.writer.end();
      statement.end("SUCCEEDED", this.#world.nowMs());
    } catch (error) {
      statement.end("FAILED", this.#world.nowMs(), failureOf(error));
    }
    if (!statement.hasResult) await removeResult(statement.dir).catch(() => {});
  }

  /** Its result has been kept for an hour. */
  #close(statement: Statement): void {
    const { state, endedMs } = statement;
    if (state !== "SUCCEEDED" || this.#world.nowMs() < endedMs + resultMs) return;
    statement.state = "CLOSED";
    removeResult(statement.dir).catch(() => {});
  }

  #forgetOld(): void {
    const nowMs = this.#world.nowMs();
    for (const statement of this.#byId.values()) {
      if (!statement.hasEnded) continue;
      this.#close(statement);
      if (nowMs >= statement.endedMs + rememberedMs) this.#byId.delete(statement.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const statement of this.#byId.values()) {
      if (!statement.hasEnded) statement.cancel(this.#world.nowMs());
    }
    await Promise.all(this.#running);
    await removeResult(this.#folder.path).catch(() => {});
  }
}

/** What is not of SQL is of the warehouse: a full disk, or a mistake of ours. */
function failureOf(error: unknown): Failure {
  if (error instanceof SqlError) return { message: error.message, sqlState: error.sqlState };
  const words = error instanceof Error ? error.message : String(error);
  return { message: `[INTERNAL_ERROR] ${words}. SQLSTATE: XX000`, sqlState: "XX000" };
}
