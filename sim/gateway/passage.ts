/** What the gateway knows of one request besides the request itself. */
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
  /** Of the resource that was chosen, e.g. `/streams/{stream-name}`. */
  resourcePath: string;
  /** Of the path by name, raw as they stood there; a greedy one with its inner slashes. */
  parameters: ReadonlyMap<string, string>;
  query: string;
  stageVariables: Readonly<Record<string, string>>;
  timeoutMs: number;
  nowMs: number;
}
