/**
 * Forms: texts that people give, by a flag or in the environment -> checked values, or one sentence
 * that says what is wrong. No sentence repeats a password.
 */
import { isMysqlUrl, ownHost, plainMysqlUrl, withoutPasswords, withOwnHost } from "./addresses.ts";
import { UsageError } from "./errors.ts";
import { Secret } from "./secret.ts";
import { sourceTables, type TableName, tableNames } from "./tables.ts";

/**
 * @param name how the person gave it, for the sentence
 * @param before of what may be given again: what was given so far
 * @throws {UsageError}
 */
export type Form<T> = (name: string, text: string, before?: T) => T;

/** A whole number within limits, both included. */
export function wholeNumber(min = 0, max = Number.MAX_SAFE_INTEGER): Form<number> {
  return (name, text) => {
    const value = /^[0-9][0-9_]*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw new UsageError(`${name} is '${text}': must be a whole number ${range}`);
  };
}

/** `all`, or how many. */
export const countOrAll: Form<number | "all"> = (name, text) =>
  text === "all" ? "all" : wholeNumber(1)(name, text);

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Form<T> {
  return (name, text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${name} is '${text}': must be ${words.join(" or ")}`);
  };
}

/** A text of one pattern. */
function matching(pattern: RegExp, must: string): Form<string> {
  return (name, text) => {
    if (pattern.test(text)) return text;
    throw new UsageError(`${name} is '${text}': must ${must}`);
  };
}

/** The prefix of all names. */
export const pipelineId = matching(/^[0-9a-f]{12}$/, "be twelve hex digits, e.g. 0a1b2c3d4e5f");

export const regionName = matching(/^[a-z0-9-]+$/, "look like us-east-1");

export const roleArn = matching(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  "look like arn:aws:iam::123456789012:role/name",
);

export const bucketName = matching(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  "be 3 to 63 of small letters, digits, points and hyphens",
);

export const warehouseId = matching(
  /^[0-9a-zA-Z-]+$/,
  "be the id alone, e.g. 0123456789abcdef: the last part of the warehouse's HTTP path",
);

const listenerNames = ["plain", "tls", "scram", "iam"] as const;

/** `plain,iam`. */
export function kafkaListeners(name: string, text: string): (typeof listenerNames[number])[] {
  const names = text.split(",").map((one) => one.trim());
  const known = listenerNames.filter((one) => names.includes(one));
  if (known.length === names.length) return known;
  throw new UsageError(`${name} is '${text}': must be of ${listenerNames.join(", ")}`);
}

/** `geo`, `geo,user` or the name in the source; may be given again. */
export const tablesLeftOut: Form<TableName[]> = (name, text, before = []) => {
  const named = text.split(",").map((word) => {
    const plain = word.trim().toLowerCase();
    const table = tableNames.find((one) => one === plain || sourceTables[one].source === plain);
    if (table !== undefined) return table;
    throw new UsageError(`${name} is '${text}': must be of ${tableNames.join(", ")}`);
  });
  const all = tableNames.filter((table) => before.includes(table) || named.includes(table));
  if (all.length < tableNames.length) return all;
  throw new UsageError(`${name} names all tables: nothing would be left`);
};

/** May be given again. */
export const texts: Form<string[]> = (_, text, before = []) => [...before, text];

/** `kafka=9092`: another port than the usual one of a service; may be given again. */
export function portOfService<T extends Record<string, number>>(usual: T): Form<T> {
  return (name, text, before = usual) => {
    const [service = "", port = ""] = text.split("=");
    const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) < 65_536;
    if (isPort && Object.hasOwn(usual, service)) return { ...before, [service]: Number(port) };
    const services = Object.keys(usual).join(", ");
    throw new UsageError(
      `${name} is '${text}': must be a service and a port; services: ${services}`,
    );
  };
}

/** `10s`, `5m`, `1h` or `250ms`, as milliseconds. */
export const duration: Form<number> = (name, text) => {
  const found = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found?.[2] ?? ""];
  if (unitMs !== undefined) return Number(found?.[1]) * unitMs;
  throw new UsageError(`${name} is '${text}': must be a time such as 30s, 5m or 250ms`);
};

/** A time, or a number of seconds without a unit; as seconds, from `min` to `max`. */
export function seconds(min: number, max: number): Form<number> {
  return (name, text) => {
    const value = duration(name, /^[0-9]+$/.test(text) ? `${text}s` : text) / 1000;
    if (value >= min && value <= max) return value;
    throw new UsageError(`${name} is '${text}': must be from ${min}s to ${max}s`);
  };
}

/** Without a slash at its end. */
export const httpUrl: Form<string> = (name, text) => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const shown = withoutPasswords(text);
    throw new UsageError(`${name} is '${shown}': must begin with http:// or https://`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `${name} holds a user or a password before its host: must be without them`,
    );
  }
  return withOwnHost(text).replace(/\/+$/, "");
};

/** A bare name, as other programs take it, is spoken to by https. */
export const hostUrl: Form<string> = (name, text) => {
  const host = httpUrl(name, text.includes("://") ? text : `https://${text}`);
  if (new URL(host).pathname === "/") return host;
  throw new UsageError(`${name} is '${text}': must be the host alone, without a path`);
};

/** `host:port,host:port`. */
export const brokerList: Form<string[]> = (name, text) => {
  const brokers = text.split(",").map((broker) => broker.trim()).filter((broker) => broker !== "")
    .map((broker) => broker.replace(/^[^\s:@]+(?=:)/, ownHost));
  const wrong = brokers.find((broker) => !/^[^\s:@]+:[0-9]{1,5}$/.test(broker));
  if (wrong === undefined) return brokers;
  throw new UsageError(`${name} has '${withoutPasswords(wrong)}': each must be host:port`);
};

export interface MysqlTarget {
  host: string;
  port: number;
  user: string;
  password: Secret;
  database: string;
  /** `?ssl=true` in the URL: speak TLS and check the server's name. */
  tls: boolean;
}

/** The address of a source. */
export const mysqlUrl: Form<MysqlTarget> = (name, text) => {
  const url = isMysqlUrl(text) ? URL.parse(plainMysqlUrl(text)) : null;
  if (url === null || url.hostname === "") {
    throw new UsageError(`${name} must look like mysql://user:password@host:port/database`);
  }
  const [database, user, password] = [url.pathname.slice(1), url.username, url.password]
    .map(decoded);
  if (database === undefined || user === undefined || password === undefined) {
    throw new UsageError(`${name} has a % that is no escape: write %25 for a percent sign`);
  }
  if (database === "") {
    throw new UsageError(`${name} names no database: add /pinterest_data at its end`);
  }
  const tls = url.searchParams.get("ssl") === "true";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host: tls ? host : ownHost(host),
    port: url.port === "" ? 3306 : Number(url.port),
    user: user || "root",
    password: new Secret(password),
    database,
    tls,
  };
};

/** Undefined if a `%` in it is not followed by two hex digits that make UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
