/** What the gateway knows of one request besides the request itself. */
import type { Principal } from "../iam/principal.ts";
import type { ApiKey } from "./usage.ts";

export interface Passage {
  accountId: string;
  apiId: string;
  stage: string;
  requestId: string;
  extendedRequestId: string;
  /** Value of X-Amzn-Trace-Id. */
  trace: string;
  /** Below the stage, raw. */
  path: string;
  /** Of the resource that was chosen, e.g. `/streams/{stream-name}`; empty before that. */
  resourcePath: string;
  /** Of the path by name, raw as they stood there; a greedy one with its inner slashes. */
  parameters: ReadonlyMap<string, string>;
  query: string;
  stageVariables: Readonly<Record<string, string>>;
  nowMs: number;
  /** Who signed it, where the method asks for that. */
  caller: Principal;
  /** Where the method asks for one. */
  apiKey: ApiKey | null;
}
