/**
 * Stages: what a definition says nothing of, by name: variables, and how much goes through.
 *
 * Documented: after the limits of a usage plan come those of the stage's method, the stage and the
 * account.
 *
 * Source: API Gateway developer guide, "Throttle requests to your REST APIs".
 */
import { RouteError, throttled } from "./errors.ts";
import { limits, type Throttle, TokenBucket } from "./limits.ts";

export interface Stage {
  /** Part of the invoke URL. */
  name: string;
  /** `$stageVariables` of the templates. */
  variables?: Readonly<Record<string, string>> | undefined;
  throttle?: Throttle | undefined;
  /** Of single methods, in place of that: `PUT /streams/{stream-name}/records`. */
  methodThrottles?: Readonly<Record<string, Throttle>> | undefined;
}

export class LiveStage {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly #own: TokenBucket | null;
  readonly #byMethod: ReadonlyMap<string, TokenBucket>;

  /** @throws {RouteError} if it cannot be part of a URL. */
  constructor(stage: Stage, nowMs: () => number) {
    const { name, variables = {}, throttle, methodThrottles = {} } = stage;
    if (!limits.stageName.test(name)) throw new RouteError(`'${name}' is no name for a stage`);
    this.name = name;
    this.variables = variables;
    this.#own = throttle === undefined ? null : new TokenBucket(throttle, nowMs);
    this.#byMethod = new Map(
      Object.entries(methodThrottles).map(([method, one]) => [method, new TokenBucket(one, nowMs)]),
    );
  }

  /** @throws {GatewayError} if it is one too many. */
  use(method: string): void {
    const bucket = this.#byMethod.get(method) ?? this.#own;
    if (bucket?.take() === false) throw throttled();
  }
}
