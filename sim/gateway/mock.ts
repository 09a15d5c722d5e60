/**
 * MOCK: no backend at all; the request template says which status it would have answered.
 *
 * Recorded: a template that makes no `{"statusCode": <whole number>}` is 500.
 *
 * Source: API Gateway developer guide, "Set up mock integrations".
 */
import type { HttpResponse } from "../net/http.ts";
import type { Asked } from "./asked.ts";
import type { MockIntegration } from "./definition/types.ts";
import { internalError } from "./errors.ts";
import { IntegrationResponses } from "./responses.ts";
import { RequestTemplates } from "./templates.ts";

const decoder = new TextDecoder();
const none = new Uint8Array(0);

export class Mock {
  readonly #templates: RequestTemplates;
  readonly #responses: IntegrationResponses;

  /** @throws {RouteError} that begins with `where`. */
  constructor(integration: MockIntegration, where: string) {
    this.#templates = new RequestTemplates(integration, where);
    this.#responses = new IntegrationResponses(integration.responses, where);
  }

  /** @throws {GatewayError} */
  answer(asked: Asked): HttpResponse {
    const status = statusIn(decoder.decode(this.#templates.body(asked)));
    return this.#responses.answer(asked, { status, headers: [], body: none });
  }
}

function statusIn(text: string): number {
  try {
    const status: unknown = JSON.parse(text)?.statusCode;
    if (Number.isInteger(status)) return status as number;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw internalError();
}
