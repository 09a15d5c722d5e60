/** Ports: those that are asked for are free, or a person learns which one is not. */
import { SimError } from "./errors.ts";
import type { PortName, Ports } from "./protocol.ts";

/**
 * Tried before anything is written. Somebody may still be faster: then the service finds out.
 * @throws {SimError} naming the service and its port.
 */
export function checkPorts(ports: Ports): void {
  for (const [name, port = 0] of Object.entries(ports)) {
    if (port === 0) continue;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch (error) {
      throw portError(error, name as PortName, port);
    }
  }
}

/** A port that somebody else has is for the person to mend; Deno and Node name it differently. */
export function portError(error: unknown, service: PortName, port: number): unknown {
  const code = (error as { code?: unknown }).code;
  if (!(error instanceof Deno.errors.AddrInUse) && code !== "EADDRINUSE") return error;
  return new SimError(
    `The port of ${service}, ${port}, is in use by another program: choose one with ` +
      `--port ${service}=<port>`,
  );
}
