/**
 * Databricks result: a manifest and its first chunk -> rows, a chunk at a time.
 *
 * Chunks are inline, or behind links that are good for some minutes. A link says by itself who
 * may follow it: our token is never sent along, and no message names it. A link that has run out
 * is asked for anew. Rows are counted against the manifest: a result cut short is an error.
 */
import { OutsideError, UsageError } from "../errors.ts";
import type { Row } from "../values.ts";
import type { DatabricksOptions, StatementApi } from "./databricks_api.ts";
import { readerOf, type ReadValue } from "./databricks_values.ts";
import { fieldOf, parsed } from "./answers.ts";
import { within } from "./delivery.ts";
import { deniedHost } from "./outside.ts";
import { LaterError, retrying } from "./retry.ts";

export interface ResultColumn {
  name: string;
  /** As Databricks writes it: `INT`, `DECIMAL(18,3)`, `ARRAY<DOUBLE>`. */
  type: string;
}

export type Disposition = "INLINE" | "EXTERNAL_LINKS";

export interface Manifest {
  columns: ResultColumn[];
  rowCount: number;
}

interface Chunk {
  rows: unknown[];
  nextIndex: number | null;
}

interface Link {
  url: string;
  headers: Record<string, string>;
  nextIndex: number | null;
}

export class ResultReader {
  readonly manifest: Manifest;
  readonly #api: StatementApi;
  readonly #statementId: string;
  readonly #first: unknown;
  readonly #what: string;
  readonly #options: DatabricksOptions;
  readonly #readers: { name: string; read: ReadValue }[];

  constructor(api: StatementApi, statementId: string, body: unknown, { what, options }: {
    what: string;
    options: DatabricksOptions;
  }) {
    this.#api = api;
    this.#statementId = statementId;
    this.#first = fieldOf(body, "result");
    this.#what = what;
    this.#options = options;
    this.manifest = this.#readManifest(fieldOf(body, "manifest"));
    this.#readers = this.manifest.columns.map(({ name, type }) => ({ name, read: readerOf(type) }));
  }

  #readManifest(manifest: unknown): Manifest {
    if (fieldOf(manifest, "truncated") === true) throw this.#trouble("Databricks cut it short");
    const columns = fieldOf(fieldOf(manifest, "schema"), "columns");
    return {
      columns: (Array.isArray(columns) ? columns : []).map((column: unknown) => ({
        name: String(fieldOf(column, "name")),
        type: String(fieldOf(column, "type_text") ?? fieldOf(column, "type_name") ?? "STRING"),
      })),
      rowCount: Number(fieldOf(manifest, "total_row_count") ?? 0),
    };
  }

  async *batches(): AsyncGenerator<Row[]> {
    let rowCount = 0;
    let result = this.#first;
    for (let index: number | null = 0; index !== null;) {
      const chunk = await this.#chunk(index, result);
      rowCount += chunk.rows.length;
      if (chunk.rows.length > 0) yield chunk.rows.map((row) => this.#row(row));
      result = undefined;
      index = chunk.nextIndex;
    }
    if (rowCount === this.manifest.rowCount) return;
    throw this.#trouble(`it has ${this.manifest.rowCount} rows, and ${rowCount} arrived`);
  }

  async #chunk(index: number, known: unknown): Promise<Chunk> {
    const result = known ??
      (index === 0 && this.manifest.rowCount === 0 ? {} : await this.#ask(index));
    const links = fieldOf(result, "external_links");
    if (Array.isArray(links)) return await this.#follow(index, links[0]);
    const rows = fieldOf(result, "data_array");
    return { rows: Array.isArray(rows) ? rows : [], nextIndex: nextOf(result) };
  }

  async #ask(index: number): Promise<unknown> {
    const id = encodeURIComponent(this.#statementId);
    return await this.#api.request({
      method: "GET",
      path: `/api/2.0/sql/statements/${id}/result/chunks/${index}`,
      what: this.#what,
    });
  }

  /** Follows a link; where it leads nowhere any more, the next attempt asks for a new one. */
  async #follow(index: number, first: unknown): Promise<Chunk> {
    let known: unknown = first;
    return await retrying(this.#what, async () => {
      const link = this.#linkOf(known ?? await this.#freshLink(index));
      known = undefined;
      return { rows: await this.#fetch(link), nextIndex: link.nextIndex };
    }, this.#options);
  }

  async #freshLink(index: number): Promise<unknown> {
    const links = fieldOf(await this.#ask(index), "external_links");
    return Array.isArray(links) ? links[0] : undefined;
  }

  #linkOf(entry: unknown): Link {
    const url = fieldOf(entry, "external_link");
    if (typeof url !== "string") throw this.#trouble("a chunk has no link");
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(fieldOf(entry, "http_headers") ?? {})) {
      headers[name] = String(value);
    }
    return { url, headers, nextIndex: nextOf(entry) };
  }

  /** Errors of `fetch` hold the address, which is a secret: their words are not passed on. */
  async #fetch({ url, headers }: Link): Promise<unknown[]> {
    const { answerTimeoutMs = 60_000, signal } = this.#options;
    const answer = await within(answerTimeoutMs, signal, async (signal) => {
      const response = await fetch(url, { headers, signal });
      return { response, text: await response.text() };
    }).catch((error) => {
      signal?.throwIfAborted();
      throw this.#unreachable(error, url);
    });
    const { status } = answer.response;
    if (status === 429 || status === 503) {
      const seconds = Number(answer.response.headers.get("retry-after") ?? 0);
      throw new LaterError(this.#words(`its file is answered ${status}`), 1000 * (seconds || 0));
    }
    // 403 says that the link has run out: the next one may be good.
    const retryable = status === 403 || status === 408 || status >= 500;
    if (status !== 200) throw this.#trouble(`its file is answered ${status}`, retryable);
    const rows = parsed(answer.text);
    if (!Array.isArray(rows)) throw this.#trouble("its file is no list of rows", true);
    return rows;
  }

  #unreachable(error: unknown, url: string): Error {
    const { host } = new URL(url);
    if (deniedHost(error) === undefined) return this.#trouble(`no answer from ${host}`, true);
    return new UsageError(
      this.#words(`this task has no network access to ${host}, where results are kept`),
    );
  }

  #row(values: unknown): Row {
    if (!Array.isArray(values) || values.length !== this.#readers.length) {
      throw this.#trouble("a row has another length than the list of columns");
    }
    const row: Row = {};
    for (let at = 0; at < values.length; at++) {
      const { name, read } = this.#readers[at]!;
      const value: unknown = values[at];
      row[name] = read(value === null || value === undefined ? null : String(value));
    }
    return row;
  }

  #words(found: string): string {
    return `Cannot ${this.#what}: ${found}`;
  }

  #trouble(found: string, retryable = false): OutsideError {
    return new OutsideError(this.#words(found), { retryable });
  }
}

function nextOf(chunk: unknown): number | null {
  const next = fieldOf(chunk, "next_chunk_index");
  return typeof next === "number" ? next : null;
}
