/**
 * XML as S3 writes it.
 *
 * Source: S3 API reference; XML 1.0 for what must be escaped.
 */
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
// deno-lint-ignore no-control-regex -- XML cannot hold these as they are
const special = /[&<>"\u0000-\u0008\u000b-\u001f]/;
// deno-lint-ignore no-control-regex -- as above
const specials = /[&<>"\u0000-\u0008\u000b-\u001f]/g;
const named: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Documented: S3 writes characters that XML 1.0 has no place for as references all the same. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(
    specials,
    (found) => named[found] ?? `&#x${found.charCodeAt(0).toString(16)};`,
  );
}

export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${typeof text === "string" ? escapeXml(text) : text}</${name}>`;
}

/** An element of ready XML. */
export function wrap(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

export function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

/** A result document in the namespace of S3. */
export function result(name: string, content: string): string {
  return document(`<${name} xmlns="${namespace}">${content}</${name}>`);
}
