/**
 * XML as the Query protocol writes it: plain values -> elements.
 *
 *   text, number, boolean   as they are        Date   to the second, UTC
 *   array                   <member>…          Map    <entry><key>…</key><value>…</value></entry>
 *   undefined, null         nothing
 *
 * Source: Smithy, "AWS Query protocol"; XML 1.0 for what must be escaped.
 */
export type Value =
  | string
  | number
  | boolean
  | Date
  | null
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | { readonly [name: string]: Value };

/** An answer: names of elements -> what is in them. */
export type Answer = { readonly [name: string]: Value };

const named: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** What XML 1.0 has no place for becomes the sign for "not known". */
export function escapeXml(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- these are what XML cannot hold
    /[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g,
    (found) => named[found] ?? (found === "\r" ? "&#xD;" : "\ufffd"),
  );
}

export function element(name: string, value: Value): string {
  if (value === undefined || value === null) return "";
  return `<${name}>${contentOf(value)}</${name}>`;
}

export function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+/, "");
}

function contentOf(value: NonNullable<Value>): string {
  if (typeof value === "string") return escapeXml(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Date) return timeText(value);
  if (Array.isArray(value)) return value.map((one: Value) => element("member", one)).join("");
  if (value instanceof Map) return entriesOf(value);
  return fields(value as Answer);
}

function entriesOf(map: ReadonlyMap<string, Value>): string {
  const entries = [...map].map(([key, value]) => ({ key, value }));
  return entries.map((entry) => element("entry", entry)).join("");
}

export function fields(answer: Answer): string {
  return Object.entries(answer).map(([name, value]) => element(name, value)).join("");
}
