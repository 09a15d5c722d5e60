/**
 * Usage: API keys and the plans that they are in -> whether a request with this key may go on.
 *
 * The plan is the one that has both the key and the stage. Documented: its throttle holds for each
 * key by itself, first that of the method; then the quota. Assumed: a throttled request does not
 * count against the quota; days, weeks (from Sunday on) and months are those of UTC.
 *
 * Source: API Gateway developer guide, "Usage plans and API keys for REST APIs".
 * Left out: counts and tokens that survive the end of the process, a key in two plans of one stage.
 */
import { refusal, RouteError, throttled } from "./errors.ts";
import { limits, type Throttle, TokenBucket } from "./limits.ts";

export interface ApiKey {
  id: string;
  name: string;
  /** What a client sends in `x-api-key`. */
  value: string;
  /** Default: yes. */
  isEnabled?: boolean | undefined;
}

export interface Quota {
  /** How many requests in a period. */
  limit: number;
  period: "DAY" | "WEEK" | "MONTH";
}

export interface UsagePlan {
  name: string;
  stages: readonly string[];
  /** Ids of the keys in it. */
  keys: readonly string[];
  throttle?: Throttle | undefined;
  /** Of single methods, in place of that: `PUT /streams/{stream-name}/records`. */
  methodThrottles?: Readonly<Record<string, Throttle>> | undefined;
  quota?: Quota | undefined;
}

interface Clock {
  nowMs(): number;
}

/** Documented: a key that is unknown, not enabled or in no plan of the stage is the same. */
const forbidden = () => refusal("INVALID_API_KEY", "Forbidden");

/** Plans and keys of one API, and what was used of them. */
export class Usage {
  readonly #clock: Clock;
  readonly #plans: readonly UsagePlan[];
  readonly #byValue: ReadonlyMap<string, ApiKey>;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #counts = new Map<string, { startMs: number; count: number }>();

  /** @throws {RouteError} if a plan or a key cannot work. */
  constructor(
    { plans, keys, stages }: {
      plans: readonly UsagePlan[];
      keys: readonly ApiKey[];
      stages: readonly string[];
    },
    clock: Clock,
  ) {
    checkKeys(keys);
    for (const plan of plans) checkPlan(plan, keys, stages);
    this.#clock = clock;
    this.#plans = plans;
    this.#byValue = new Map(keys.map((key) => [key.value, key]));
  }

  /**
   * The key that a client sent, if it may be used on this stage.
   * @throws {GatewayError}
   */
  keyOf(value: string | undefined, stage: string): ApiKey {
    const key = this.#byValue.get(value ?? "");
    if (key === undefined || key.isEnabled === false) throw forbidden();
    if (this.#planOf(key, stage) === undefined) throw forbidden();
    return key;
  }

  /**
   * Counts one request.
   * @param method as in `methodThrottles`
   * @throws {GatewayError} if it is one too many
   */
  use(key: ApiKey, stage: string, method: string): void {
    const plan = this.#planOf(key, stage);
    if (plan === undefined) throw forbidden();
    const own = plan.methodThrottles?.[method];
    const name = `${plan.name}\n${key.id}`;
    if (own !== undefined && !this.#takes(`${name}\n${stage}\n${method}`, own)) throw throttled();
    if (plan.throttle !== undefined && !this.#takes(name, plan.throttle)) throw throttled();
    if (plan.quota !== undefined) this.#count(name, plan.quota);
  }

  #planOf({ id }: ApiKey, stage: string): UsagePlan | undefined {
    return this.#plans.find(({ keys, stages }) => keys.includes(id) && stages.includes(stage));
  }

  #takes(name: string, throttle: Throttle): boolean {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      this.#buckets.set(name, bucket = new TokenBucket(throttle, () => this.#clock.nowMs()));
    }
    return bucket.take();
  }

  #count(name: string, { limit, period }: Quota): void {
    const startMs = startOf(period, this.#clock.nowMs());
    const before = this.#counts.get(name);
    const count = before?.startMs === startMs ? before.count : 0;
    if (count >= limit) throw refusal("QUOTA_EXCEEDED", "Limit Exceeded");
    this.#counts.set(name, { startMs, count: count + 1 });
  }
}

const dayMs = 86_400_000;

function startOf(period: Quota["period"], nowMs: number): number {
  const now = new Date(nowMs);
  const midnightMs = Math.floor(nowMs / dayMs) * dayMs;
  if (period === "DAY") return midnightMs;
  if (period === "WEEK") return midnightMs - now.getUTCDay() * dayMs;
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
}

function checkKeys(keys: readonly ApiKey[]): void {
  const { min, max } = limits.apiKeyLength;
  for (const { id, value } of keys) {
    if (value.length >= min && value.length <= max) continue;
    throw new RouteError(`API key '${id}': its value must have ${min} to ${max} characters`);
  }
  if (new Set(keys.map(({ value }) => value)).size === keys.length) return;
  throw new RouteError("Two API keys have the same value");
}

function checkPlan(
  { name, keys: ids, stages: named, throttle, methodThrottles, quota }: UsagePlan,
  keys: readonly ApiKey[],
  stages: readonly string[],
): void {
  const lost = ids.find((id) => !keys.some((key) => key.id === id));
  if (lost !== undefined) throw new RouteError(`Usage plan '${name}': there is no key '${lost}'`);
  const nowhere = named.find((stage) => !stages.includes(stage));
  if (nowhere !== undefined) {
    throw new RouteError(`Usage plan '${name}': there is no stage '${nowhere}'`);
  }
  const throttles = [throttle, ...Object.values(methodThrottles ?? {})];
  for (const one of throttles) {
    if (one === undefined || one.ratePerSecond > 0 && one.burst >= 0) continue;
    throw new RouteError(`Usage plan '${name}': a rate must be above 0, and a burst not below it`);
  }
  if (quota === undefined || Number.isInteger(quota.limit) && quota.limit >= 0) return;
  throw new RouteError(`Usage plan '${name}': the limit of a quota must be a whole number`);
}
