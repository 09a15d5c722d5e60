/**
 * Backends of the gateway: a request -> the answer that came within the time, over kept
 * connections; or the words in which the gateway says that none came.
 */
import type { HttpResponse } from "../net/http.ts";
import { HttpClient, HttpFailure, type OutgoingRequest } from "../net/http_client.ts";
import { type GatewayError, refusal } from "./errors.ts";
import { limits } from "./limits.ts";

/** Connections to all backends. Disposing closes them. */
export class Backends implements Disposable {
  readonly #clients = new Map<string, HttpClient>();
  #disposed = false;

  /** @throws {GatewayError} if the backend gives no answer. */
  async send(url: URL, request: OutgoingRequest, timeoutMs: number): Promise<HttpResponse> {
    try {
      const bodyBytesMax = limits.payloadBytesMax;
      return await this.#at(url).send(request, { timeoutMs, bodyBytesMax });
    } catch (error) {
      if (error instanceof HttpFailure) throw failures[error.kind]();
      throw error;
    }
  }

  #at(url: URL): HttpClient {
    let client = this.#clients.get(url.host);
    if (client === undefined) {
      client = new HttpClient(url.hostname.replace(/^\[|\]$/g, ""), Number(url.port || 80));
      if (this.#disposed) client[Symbol.dispose]();
      this.#clients.set(url.host, client);
    }
    return client;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const client of this.#clients.values()) client[Symbol.dispose]();
  }
}

/** Recorded: a refused connection is 500. */
const failures: Record<HttpFailure["kind"], () => GatewayError> = {
  refused: () => refusal("INTEGRATION_FAILURE", "Internal server error", { status: 500 }),
  broken: () => refusal("INTEGRATION_FAILURE", "Network error communicating with endpoint"),
  timeout: () => refusal("INTEGRATION_TIMEOUT", "Endpoint request timed out"),
};
