/** Trouble with sockets that is no mistake of ours: which errors it has, and how to leave it. */
import { ConnectionClosed } from "./http_wire.ts";

/** What a socket throws when the other side is gone or our own side was closed. */
export function isConnectionTrouble(error: unknown): boolean {
  return error instanceof ConnectionClosed ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/** Observed (Deno 2.9.6): an error without a class of its own, for sockets as for files. */
export function isOutOfHandles(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE";
}

/** Closes a socket that may be closed already. */
export function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
