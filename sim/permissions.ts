/**
 * Permissions: a data folder -> what the Worker of the services may do, and nothing else.
 *
 * The wall behind the checks of each service: a name from the wire that slipped through them still
 * reaches no file of the machine, no program and no other host. Not even the folder's own secrets
 * and the lists of what a pipeline posted, which lie beside the folders of the services.
 *
 * Observed (Deno 2.9.6): local modules that are imported by a literal name, packages included,
 * load without `read`; `ffi`, and `read` and `write` of an opened file, are held against real
 * paths, so the folder is given as one. No service and no package that they use asks for `env` or
 * `sys`. Native code (DuckDB) is not held by any of this.
 */
import { type ServiceName, serviceNames } from "./protocol.ts";

const slash = Deno.build.os === "windows" ? "\\" : "/";

/** Below the data folder, one for each service; `kafkaRest` keeps its files in `kafka_rest`. */
export function folderOf(service: ServiceName): string {
  return service.replaceAll(/[A-Z]/g, "_$&").toLowerCase();
}

export const serviceFolders: readonly string[] = serviceNames.map(folderOf);

/** Below the data folder: source files that were made for it. */
const sourceFolder = "source";

export interface Allowed {
  /** Real path of the data folder. */
  dir: string;
  /** Files and folders outside of it that hold the source of the database. */
  sources: readonly string[];
  /** Brokers that are not simulated, `host:port` each. */
  brokers: readonly string[];
}

export type WorkerPermissions = Omit<Deno.PermissionOptionsObject, "read"> & { read: string[] };

export function workerPermissions({ dir, sources, brokers }: Allowed): WorkerPermissions {
  const folders = serviceFolders.map((name) => `${dir}${slash}${name}`);
  const outside = sources.flatMap((path) => [path, realPath(path)]);
  return {
    read: [...folders, `${dir}${slash}${sourceFolder}`, ...outside],
    write: folders,
    net: ["127.0.0.1", ...brokers],
    ffi: duckdbBindings(),
    env: false,
    sys: false,
    run: false,
    import: false,
  };
}

/** Whether a file lies where the Worker may read. */
export function mayRead(path: string, { read }: WorkerPermissions): boolean {
  const real = realPath(path);
  return read.some((allowed) => real === allowed || real.startsWith(`${allowed}${slash}`));
}

/** Where its links lead; of what is not there yet, where it would be. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const [, parent = ".", name = path] = /^(.*)[\\/]([^\\/]+)[\\/]*$/.exec(path) ?? [];
    return `${realPath(parent === "" ? slash : parent)}${slash}${name}`;
  }
}

/** The folders of the one package with native code, for each platform that is installed. */
function duckdbBindings(): string[] {
  const entry = import.meta.resolve("@duckdb/node-api");
  const packages = Deno.realPathSync(new URL(entry.slice(0, entry.lastIndexOf("/@duckdb+"))));
  return Array.from(Deno.readDirSync(packages), ({ name }) => name)
    .filter((name) => name.startsWith("@duckdb+node-bindings"))
    .map((name) => `${packages}${slash}${name}`);
}
