/** What the tests of the simulated Databricks share: the service, an S3 beside it, and a caller. */
import { type DatabricksOptions, startDatabricks } from "../../../sim/databricks/mod.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";
import { startS3 } from "../../../sim/s3/mod.ts";
import { type World, worldFromSeed } from "../../../sim/world.ts";
import { testDoor } from "../keys.ts";

export const token = "dapi0123456789abcdef";
export const warehouseId = "0123456789abcdef";
export const client = { id: "11111111-2222-3333-4444-555555555555", secret: "dose-secret" };
export const bucket = "user-aaaaaaaaaaaa-bucket";
const region = "us-east-1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

/** Whatever is there of it. */
export interface Body {
  statement_id: string;
  status: {
    state: string;
    error?: { error_code: string; message: string };
    sql_state?: string;
  };
  manifest: {
    schema: { column_count: number; columns?: Record<string, unknown>[] };
    chunks?: Record<string, number>[];
    total_chunk_count: number;
    total_row_count: number;
    truncated: boolean;
  };
  result: Chunk;
  error_code?: string;
  message?: string;
}

export interface Chunk {
  chunk_index?: number;
  row_offset?: number;
  row_count?: number;
  data_array?: (string | null)[][];
  external_links?: (Chunk & { external_link: string; expiration: string })[];
  next_chunk_index?: number;
  next_chunk_internal_link?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

export interface Workspace extends AsyncDisposable {
  port: number;
  url: string;
  dir: string;
  /** One request with the token, or with other headers. */
  call(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Answer>;
  /** Executes and waits; fields of the request besides the statement and the warehouse. */
  execute(statement: string, more?: Record<string, unknown>): Promise<Answer>;
  /** Executes and gives the rows. */
  rows(statement: string, more?: Record<string, unknown>): Promise<(string | null)[][]>;
  /** Puts an object beside it. */
  put(key: string, content: string | Uint8Array): Promise<void>;
}

export interface Options {
  world?: World;
  faults?: Faults;
  chunkBytes?: number;
}

export async function openWorkspace(options: Options = {}): Promise<Workspace> {
  const dir = await Deno.makeTempDir({ prefix: "databricks-" });
  for (const name of ["databricks", "s3"]) await Deno.mkdir(`${dir}/${name}`);
  const world = options.world ?? worldFromSeed(1);
  const s3 = await startS3({ world: worldFromSeed(1), faults: noFaults, dir: `${dir}/s3` }, {
    region,
    door: testDoor(credentials),
    buckets: [bucket],
  });
  const given: DatabricksOptions = {
    token,
    clients: [client],
    warehouseId,
    s3: { endpoint: `http://127.0.0.1:${s3.port}`, region, credentials: () => credentials },
    ...(options.chunkBytes !== undefined && { chunkBytes: options.chunkBytes }),
  };
  const faults = options.faults ?? noFaults;
  const server = await startDatabricks({ world, faults, dir: `${dir}/databricks` }, given);
  const url = `http://127.0.0.1:${server.port}`;
  const call = async (method: string, path: string, body?: unknown, headers?: HeadersInit) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: headers ?? { authorization: `Bearer ${token}` },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    const { status, headers: answered } = response;
    return { status, headers: answered, text, body: JSON.parse(isJson ? text : "{}") };
  };
  const execute = (statement: string, more: Record<string, unknown> = {}) =>
    call("POST", "/api/2.0/sql/statements", {
      statement,
      warehouse_id: warehouseId,
      wait_timeout: "50s",
      ...more,
    });
  return {
    port: server.port,
    url,
    dir,
    call,
    execute,
    async rows(statement, more) {
      const { body } = await execute(statement, more);
      if (body.status.state !== "SUCCEEDED") throw new Error(JSON.stringify(body.status));
      return body.result.data_array ?? [];
    },
    // Objects of the simulated S3 are plain files.
    async put(key, content) {
      const path = `${dir}/s3/${bucket}/${key}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(path, bytes);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
