/**
 * Server: HTTP requests -> statements and their results.
 *
 *   POST /api/2.0/sql/statements                          execute, wait as long as asked for
 *   GET  /api/2.0/sql/statements/<id>                     state, and the first chunk
 *   GET  /api/2.0/sql/statements/<id>/result/chunks/<n>   a chunk, or the link to it
 *   POST /api/2.0/sql/statements/<id>/cancel              empty answer; ask for the state
 *   POST /oidc/v1/token                                   see auth.ts
 *   GET  /.well-known/databricks-config                   where the next is
 *   GET  /oidc/.well-known/oauth-authorization-server     where tokens are, for clients that ask
 *   GET  /results/<id>/<n>?…                              where links lead: no token, else a 400
 *
 * A link stands for storage beside the workspace: it carries its own permission and ends after
 * fifteen minutes. Whoever sends the workspace's token along is refused, as S3 refuses two ways
 * to sign in one request.
 */
import { ServiceError } from "../errors.ts";
import { type RequestNote, telling } from "../events.ts";
import type { Faults } from "../faults/plan.ts";
import {
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  jsonResponse,
  serveHttp,
} from "../net/http.ts";
import { randomText } from "../secrets.ts";
import type { Service, ServiceContext } from "../service.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import type { World } from "../world.ts";
import { Auth } from "./auth.ts";
import { Engine } from "./engine/mod.ts";
import { Objects, type ObjectStore } from "./engine/objects.ts";
import { readRequest } from "./request.ts";
import { type Chunk, readChunk } from "./results.ts";
import { type Statement, Statements } from "./statements.ts";

export interface DatabricksOptions {
  /** Default 0: any free port. */
  port?: number;
  /** The personal access token that opens it. */
  token: string;
  /** Service principals that may ask for tokens (OAuth, machine to machine). */
  clients?: readonly { id: string; secret: string }[];
  /** Of the one SQL warehouse: sixteen hex digits. */
  warehouseId: string;
  /** Where `s3://…` is. */
  s3: ObjectStore;
  /** Rows of one chunk of a result weigh about this much, in bytes of JSON; default 4 MiB. */
  chunkBytes?: number;
}

/** A statement of 16 MiB, and what JSON makes of it. */
const bodyBytesMax = 40 << 20;
const linkMs = 15 * 60_000;
const defaultChunkBytes = 4 << 20;
const statementsPath = "/api/2.0/sql/statements";

export function serve(ctx: ServiceContext, options: DatabricksOptions): Service {
  const objects = new Objects(options.s3, ctx.world);
  const engine = new Engine(ctx.dir, objects);
  const chunkBytes = options.chunkBytes ?? defaultChunkBytes;
  const statements = new Statements(engine, ctx.world, {
    dir: new SafeFolder(ctx.dir).at("results"),
    chunkBytes,
  });
  const auth = new Auth(options.token, options.clients ?? [], ctx.world);
  const api = new Api({ ...ctx, statements, auth, warehouseId: options.warehouseId });
  const answer = (request: HttpRequest, note: RequestNote | null) =>
    api.answer(request, server.port, note);
  const server: HttpServer = serveHttp(telling(ctx.events, "databricks", answer), {
    port: options.port ?? 0,
    bodyBytesMax,
    losesAnswer: () => ctx.faults.strikes("net.answer_lost"),
    refusal: (message) =>
      jsonResponse(403, { error_code: "PERMISSION_DENIED", message }, "application/json"),
  });
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await statements[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      objects[Symbol.dispose]();
    },
  };
}

interface ApiContext {
  world: World;
  faults: Faults;
  statements: Statements;
  auth: Auth;
  warehouseId: string;
}

class Api {
  readonly #ctx: ApiContext;
  /** In every link: whoever has it may read. */
  readonly #linkKey = randomText(32);

  constructor(ctx: ApiContext) {
    this.#ctx = ctx;
  }

  async answer(
    request: HttpRequest,
    port: number,
    note: RequestNote | null,
  ): Promise<HttpResponse> {
    try {
      return await this.#route(request, port, note);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error; // Our bug, not Databricks's.
      note?.refused(error.code);
      const { status, code, message } = error;
      const again = status === 429 || status === 503 ? [["Retry-After", "1"] as const] : [];
      return jsonResponse(status, { error_code: code, message }, "application/json", again);
    }
  }

  async #route(
    request: HttpRequest,
    port: number,
    note: RequestNote | null,
  ): Promise<HttpResponse> {
    const [path = "", query = ""] = request.target.split("?");
    const authorization = headerOf(request, "authorization");
    if (path.startsWith("/results/")) return await this.#linked(path, query, authorization);
    if (path === "/.well-known/databricks-config") {
      return jsonResponse(200, { oidc_endpoint: endpointsOf(port).issuer }, "application/json");
    }
    if (path === "/oidc/.well-known/oauth-authorization-server") {
      return jsonResponse(200, endpointsOf(port), "application/json");
    }
    if (path === "/oidc/v1/token" && request.method === "POST") {
      return this.#ctx.auth.give(authorization, textOf(request));
    }
    const principal = this.#ctx.auth.check(authorization);
    note?.asks(principal, request.method, path);
    this.#throttle();
    const value = await this.#call(request, path, port);
    return jsonResponse(200, value, "application/json");
  }

  #throttle(): void {
    const { faults } = this.#ctx;
    if (faults.strikes("databricks.throttled")) {
      throw new ServiceError("REQUEST_LIMIT_EXCEEDED", "Request rate limit exceeded", 429);
    }
    if (faults.strikes("databricks.unavailable")) {
      throw new ServiceError("TEMPORARILY_UNAVAILABLE", "The service is unavailable", 503);
    }
  }

  async #call(request: HttpRequest, path: string, port: number): Promise<unknown> {
    const { method } = request;
    if (method === "POST" && path.replace(/\/$/, "") === statementsPath) {
      return await this.#execute(request, port);
    }
    const [, id = "", rest = ""] =
      new RegExp(`^${statementsPath}/([0-9a-f-]+)(/.*)?$`).exec(path) ??
        [];
    const { statements } = this.#ctx;
    if (method === "GET" && id !== "" && rest === "") {
      return await this.#described(statements.find(id), port);
    }
    if (method === "POST" && id !== "" && rest === "/cancel") {
      statements.cancel(id);
      return {};
    }
    const index = /^\/result\/chunks\/(\d+)$/.exec(rest)?.[1];
    if (method === "GET" && index !== undefined) {
      return await this.#chunk(statements.find(id), Number(index), port);
    }
    throw new ServiceError("ENDPOINT_NOT_FOUND", `No API found for '${method} ${path}'`, 404);
  }

  async #execute(request: HttpRequest, port: number): Promise<unknown> {
    const asked = readRequest(jsonOf(request));
    const { warehouseId, statements, world } = this.#ctx;
    if (asked.warehouseId !== warehouseId) throw unknownWarehouse(asked.warehouseId);
    const statement = statements.submit(asked);
    await statement.waited(asked.waitMs);
    const isLate = asked.waitMs > 0 && !statement.hasEnded;
    if (isLate && asked.onWaitTimeout === "CANCEL") statement.cancel(world.nowMs());
    return await this.#described(statement, port);
  }

  async #described(statement: Statement, port: number): Promise<unknown> {
    const { id, state, failure, columns, writer } = statement;
    const error = failure && { error_code: "BAD_REQUEST", message: failure.message };
    const status = failure && error ? { state, error, sql_state: failure.sqlState } : { state };
    if (state !== "SUCCEEDED") return { statement_id: id, status };
    const isInline = statement.request.disposition === "INLINE";
    const chunks = writer.chunks.map(({ byte_count, ...chunk }) =>
      isInline ? chunk : { ...chunk, byte_count }
    );
    const manifest = {
      format: "JSON_ARRAY",
      schema: { column_count: columns.length, ...(columns.length > 0 && { columns }) },
      total_chunk_count: chunks.length,
      ...(chunks.length > 0 && { chunks }),
      total_row_count: writer.rowCount,
      ...(!isInline && { total_byte_count: writer.byteCount }),
      truncated: writer.truncated,
    };
    const result = chunks.length === 0 ? {} : await this.#chunk(statement, 0, port);
    return { statement_id: id, status, manifest, result };
  }

  async #chunk(statement: Statement, index: number, port: number): Promise<unknown> {
    const { id, state, writer, dir, request } = statement;
    if (state !== "SUCCEEDED") {
      throw new ServiceError("BAD_REQUEST", `The statement ${id} is ${state}: it has no result`);
    }
    const chunk = writer.chunks[index];
    if (chunk === undefined) {
      throw new ServiceError("BAD_REQUEST", `The result of ${id} has no chunk ${index}`);
    }
    const { byte_count, ...described } = chunk;
    const place = { ...described, ...nextOf(statement, chunk) };
    if (request.disposition === "EXTERNAL_LINKS") {
      return { external_links: [{ ...place, byte_count, ...this.#link(id, index, port) }] };
    }
    const rows: unknown = JSON.parse(new TextDecoder().decode(await readChunk(dir, index)));
    return { ...place, data_array: rows };
  }

  #link(id: string, index: number, port: number) {
    const endMs = this.#ctx.world.nowMs() + linkMs;
    return {
      external_link:
        `http://127.0.0.1:${port}/results/${id}/${index}?end=${endMs}&key=${this.#linkKey}`,
      expiration: new Date(endMs).toISOString(),
    };
  }

  async #linked(
    path: string,
    query: string,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { world, faults, statements } = this.#ctx;
    if (authorization !== undefined) {
      return xml(400, "InvalidArgument", "Only one auth mechanism allowed");
    }
    const form = new URLSearchParams(query);
    const isOver = Number(form.get("end")) <= world.nowMs();
    if (isOver || form.get("key") !== this.#linkKey || faults.strikes("databricks.link_expired")) {
      return xml(403, "AccessDenied", isOver ? "Request has expired" : "Access Denied");
    }
    const [, id = "", index = ""] = /^\/results\/([0-9a-f-]+)\/(\d+)$/.exec(path) ?? [];
    const statement = statements.find(id);
    if (statement.state !== "SUCCEEDED" || statement.writer.chunks[Number(index)] === undefined) {
      return xml(404, "NoSuchKey", "The specified key does not exist.");
    }
    const body = await readChunk(statement.dir, Number(index));
    return { status: 200, headers: [["Content-Type", "application/json"]], body };
  }
}

/** Observed: the SDK for Python (0.156) asks for both. RFC 8414, as much of it as Databricks's own clients read. */
function endpointsOf(port: number) {
  const base = `http://127.0.0.1:${port}/oidc`;
  return {
    issuer: base,
    authorization_endpoint: `${base}/v1/authorize`,
    token_endpoint: `${base}/v1/token`,
    grant_types_supported: ["client_credentials"],
  };
}

function nextOf({ id, writer }: Statement, { chunk_index, row_offset, row_count }: Chunk) {
  const next = chunk_index + 1;
  if (next >= writer.chunks.length) return {};
  return {
    next_chunk_index: next,
    next_chunk_internal_link: `${statementsPath}/${id}/result/chunks/${next}?row_offset=${
      row_offset + row_count
    }`,
  };
}

/** Observed in other people's reports: the words for an id of another form. */
function unknownWarehouse(id: string): ServiceError {
  return /^[0-9a-f]{16}$/.test(id)
    ? new ServiceError("RESOURCE_DOES_NOT_EXIST", `SQL warehouse ${id} does not exist.`, 404)
    : new ServiceError("INVALID_PARAMETER_VALUE", `${id} is not a valid endpoint id.`);
}

function headerOf(request: HttpRequest, name: string): string | undefined {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

function textOf({ body }: HttpRequest): string {
  if (body === null) throw new ServiceError("MALFORMED_REQUEST", "The body is too long", 413);
  return new TextDecoder().decode(body);
}

function jsonOf(request: HttpRequest): unknown {
  try {
    return JSON.parse(textOf(request));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ServiceError("MALFORMED_REQUEST", "Could not parse request object");
  }
}

function xml(status: number, code: string, message: string): HttpResponse {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = new TextEncoder().encode(text);
  return { status, headers: [["Content-Type", "application/xml"]], body };
}
