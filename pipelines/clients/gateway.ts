/**
 * Gateway: records -> a Kafka topic, through API Gateway and the REST proxy behind it.
 *
 *   POST <gateway>/topics/<topic>   application/vnd.kafka.json.v2+json
 *        {"records":[{"value":{…}},{"key":7,"value":{…}}]}
 *   200  {"offsets":[{"partition":0,"offset":41,"error_code":null,"error":null},…],…}
 *
 * A 200 can carry failures and a 403 can carry successes, so every entry is read: 50003 may
 * succeed later, 50002 (record too large) is refused for good, all else ends the delivery.
 * What is sent again, and when, is delivery.ts's.
 *
 * Source: Confluent REST Proxy API reference, v2; API Gateway developer guide, error responses.
 */
import { excerpt, listIn, parsed } from "./answers.ts";
import {
  deliver,
  type Exchange,
  type GatewayOptions,
  mayPass,
  type Produced,
  refusal,
  type TooMuch,
  type Verdict,
  wrongCount,
} from "./delivery.ts";
import { forbiddenAdvice } from "./gateway_auth.ts";

/** Both as JSON text. */
export interface Outgoing {
  key?: string;
  value: string;
}

export interface Gateway {
  /** Sends records in order. Trouble comes back as `failure`, beside what was stored before it. */
  produce(topic: string, records: readonly Outgoing[]): Promise<Produced>;
}

export function openGateway(gatewayUrl: string, options: GatewayOptions): Gateway {
  return {
    produce(topic, records) {
      const url = `${gatewayUrl}/topics/${encodeURIComponent(topic)}`;
      return deliver(exchangeWith(url), records, options);
    },
  };
}

function exchangeWith(url: string): Exchange<Outgoing> {
  return {
    url,
    method: "POST",
    contentType: "application/vnd.kafka.json.v2+json",
    body: (records) => `{"records":[${records.map(recordText).join(",")}]}`,
    read: (status, text, count) => read(url, status, text, count),
  };
}

function recordText({ key, value }: Outgoing): string {
  return key === undefined ? `{"value":${value}}` : `{"key":${key},"value":${value}}`;
}

function read(url: string, status: number, text: string, count: number): Verdict[] | TooMuch {
  if (status === 413) return { tooMuch: `413: ${excerpt(text)}` };
  const entries = status === 200 || status === 401 || status === 403
    ? listIn(parsed(text), "offsets")
    : null;
  if (entries === null) {
    const retryable = mayPass(status);
    const hint = status === 403 ? forbiddenAdvice(text) : advice[status];
    throw refusal(url, { status, text }, { retryable, advice: hint });
  }
  if (entries.length !== count) throw wrongCount(url, "offsets", entries.length, count);
  return entries.map(verdictOf);
}

function verdictOf(entry: Record<string, unknown>): Verdict {
  const { partition, offset, error_code: code, error } = entry;
  if (typeof offset === "number" && typeof partition === "number") {
    return { partition, offset: BigInt(offset) };
  }
  const told = `${code ?? "no offset"}: ${error ?? "no reason given"}`;
  if (code === 50002) return { refused: told };
  return code === 50003 ? { later: told } : { fatal: told };
}

const advice: Readonly<Record<number, string>> = {
  200: "this is not a REST proxy's answer: check GATEWAY_URL",
  404: "check the path of GATEWAY_URL and the {proxy+} resource",
  415: "the gateway changes the content type: let application/vnd.kafka.json.v2+json pass",
};
