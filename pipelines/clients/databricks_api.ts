/**
 * Databricks API: one request -> its answer as JSON, with a token, over and over where that helps.
 *
 * 429 and 503 say that nothing was done: they are tried again after `Retry-After`, or after our
 * own pause, whichever is longer. Every other trouble of the moment (no answer, 5xx) is tried
 * again only if the caller says that the work may be done twice.
 *
 *   OAuth   POST <host>/oidc/v1/token, client id and secret as Basic, scope `all-apis`
 *           200 {"access_token":"…","token_type":"Bearer","expires_in":3600}
 *
 * A token is kept until shortly before its end, and forgotten when it is refused.
 *
 * Source: Databricks, OAuth for service principals (machine to machine); REST API errors.
 */
import { OutsideError } from "../errors.ts";
import type { DatabricksTarget } from "../target.ts";
import { excerpt, fieldOf, parsed } from "./answers.ts";
import { within } from "./delivery.ts";
import { outside } from "./outside.ts";
import { LaterError, retrying, type RetryOptions } from "./retry.ts";

export interface DatabricksOptions extends RetryOptions {
  /** One request without an answer for this long counts as lost; default 60 s. */
  answerTimeoutMs?: number;
}

export interface ApiRequest {
  method: "GET" | "POST";
  /** Below the host, e.g. `/api/2.0/sql/statements`. */
  path: string;
  body?: unknown;
  /** As in "Cannot <what>". */
  what: string;
  /** Whether it may be sent again when nobody knows what became of it. Default: yes. */
  repeatable?: boolean;
  /** Default: the one of the options; null: none. */
  signal?: AbortSignal | null;
}

/** Seconds before its end at which a token is no longer used. */
const tokenMarginSeconds = 60;
const mayHaveRun = "it may have run: see the warehouse's query history";

export class StatementApi {
  readonly #target: DatabricksTarget;
  readonly #options: DatabricksOptions;
  #token: Promise<{ text: string; untilMs: number }> | null = null;

  constructor(target: DatabricksTarget, options: DatabricksOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** @throws {OutsideError} with Databricks's code and words */
  async request(request: ApiRequest): Promise<unknown> {
    const signal = request.signal === null ? undefined : request.signal ?? this.#options.signal;
    let refusedTokens = 0;
    return await retrying(request.what, async () => {
      const token = await this.#bearer(signal);
      const answer = await this.#send(request, token, signal);
      if (answer.status === 401 && this.#target.auth.kind === "oauth" && refusedTokens++ === 0) {
        this.#token = null;
        throw this.#refusal(request, answer, true);
      }
      if (answer.status !== 200) throw this.#refusal(request, answer, false);
      return answer.body;
    }, { ...this.#options, signal, setting: `DATABRICKS_HOST (${this.#target.host})` });
  }

  async #send(request: ApiRequest, token: string, signal: AbortSignal | undefined) {
    const { method, path, body, what, repeatable = true } = request;
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const text = body === undefined ? null : JSON.stringify(body);
    try {
      return await this.#fetch(
        `${this.#target.host}${path}`,
        { method, headers, body: text },
        signal,
      );
    } catch (error) {
      signal?.throwIfAborted();
      const told = outside(what, error, { retryable: repeatable });
      if (repeatable || !(told instanceof OutsideError)) throw told;
      throw new OutsideError(
        `${told.message}; it may have run: see the warehouse's query history`,
        {
          retryable: false,
          cause: error,
        },
      );
    }
  }

  async #fetch(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Answer> {
    return await within(this.#options.answerTimeoutMs ?? 60_000, signal, async (signal) => {
      const response = await fetch(url, { ...init, signal, redirect: "manual" });
      const text = await response.text();
      return {
        status: response.status,
        retryAfter: response.headers.get("retry-after"),
        text,
        body: parsed(text),
      };
    });
  }

  #refusal(request: Asked, answer: Answer, isStale: boolean): OutsideError {
    const { status } = answer;
    const code = fieldOf(answer.body, "error_code");
    const message = fieldOf(answer.body, "message");
    const said = typeof message === "string"
      ? `${code ?? status}: ${excerpt(message)}`
      : `answered ${status} ${excerpt(answer.text)}`;
    const advice = adviceOf(status, code);
    const text = `Cannot ${request.what}: ${said}${advice === "" ? "" : `; ${advice}`}`;
    // Nothing was done, so that it may be sent again, whatever it is.
    if (status === 429 || status === 503) return new LaterError(text, afterMsOf(answer));
    const isUnclear = status === 408 || status >= 500;
    if (isUnclear && request.repeatable === false) {
      return new OutsideError(`${text}; ${mayHaveRun}`, { retryable: false });
    }
    return new OutsideError(text, { retryable: isStale || isUnclear });
  }

  async #bearer(signal: AbortSignal | undefined): Promise<string> {
    const { auth } = this.#target;
    if (auth.kind === "token") return auth.token.reveal();
    const kept = await this.#token?.catch(() => null);
    if (kept && kept.untilMs > this.#options.timing.nowMs()) return kept.text;
    this.#token = this.#askToken(auth.clientId, auth.clientSecret.reveal(), signal);
    return (await this.#token).text;
  }

  async #askToken(id: string, secret: string, signal: AbortSignal | undefined) {
    const request: Asked = { what: "get a token from Databricks" };
    const askedMs = this.#options.timing.nowMs();
    const answer = await this.#fetch(`${this.#target.host}/oidc/v1/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${basic(id, secret)}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: "grant_type=client_credentials&scope=all-apis",
    }, signal).catch((error) => {
      signal?.throwIfAborted();
      throw outside(request.what, error, { retryable: true });
    });
    const text = fieldOf(answer.body, "access_token");
    const seconds = Number(fieldOf(answer.body, "expires_in") ?? 3600);
    if (answer.status === 200 && typeof text === "string") {
      return { text, untilMs: askedMs + 1000 * Math.max(0, seconds - tokenMarginSeconds) };
    }
    throw this.#tokenRefusal(request, answer);
  }

  #tokenRefusal(request: Asked, answer: Answer): OutsideError {
    const code = fieldOf(answer.body, "error");
    if (typeof code !== "string") return this.#refusal(request, answer, false);
    const words = fieldOf(answer.body, "error_description") ?? "";
    return new OutsideError(
      `Cannot ${request.what}: ${code} ${words}; check DATABRICKS_CLIENT_ID and its secret`,
      { retryable: false },
    );
  }

  forget(): void {
    this.#token = null;
  }
}

/** What messages and repeats depend on. */
type Asked = Pick<ApiRequest, "what" | "repeatable">;

interface Answer {
  status: number;
  retryAfter: string | null;
  text: string;
  body: unknown;
}

function basic(id: string, secret: string): string {
  const bytes = new TextEncoder().encode(`${id}:${secret}`);
  return btoa(String.fromCharCode(...bytes));
}

function afterMsOf({ retryAfter }: Answer): number {
  const seconds = Number(retryAfter ?? "0");
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
}

function adviceOf(status: number, code: unknown): string {
  if (status === 401) return "check DATABRICKS_TOKEN: it may have expired";
  if (status === 403) return "check DATABRICKS_TOKEN and what its owner may do with the warehouse";
  if (status >= 300 && status < 400) return "check DATABRICKS_HOST";
  if (code === "RESOURCE_DOES_NOT_EXIST") return "check DATABRICKS_WAREHOUSE_ID";
  return "";
}
