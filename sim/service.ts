/**
 * What every service of the simulator is given and gives back. A service binds the literal
 * 127.0.0.1, keeps its files below `dir`, and shares no memory with any other service: they
 * meet over sockets, as on AWS.
 */
import type { Events } from "./events.ts";
import type { Faults } from "./faults/plan.ts";
import type { Tell } from "./storage/tell.ts";
import type { World } from "./world.ts";

export interface ServiceContext {
  world: World;
  faults: Faults;
  /** Folder of this service alone; it exists. */
  dir: string;
  /** Told about damage to its files, a sentence each. Default: lines on stderr. */
  tell?: Tell | undefined;
  /** Told of requests. Default: nobody is. */
  events?: Events | undefined;
}

/** A running service. Disposing closes its port and its connections and leaves its files. */
export interface Service extends AsyncDisposable {
  /** The port it listens on, at 127.0.0.1. */
  readonly port: number;
}
