/**
 * XML as S3 writes and reads it.
 *
 * Source: S3 API reference; XML 1.0 for what must be escaped.
 */
import { refusal } from "./errors.ts";

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

/** A parsed element: text, or children by name; an element that may repeat is always a list. */
export type XmlNode = string | {
  readonly [name: string]: XmlNode | readonly XmlNode[] | undefined;
};

/**
 * Parses a request document and gives the content of its root. The parser is loaded with the
 * first document that comes, not at start.
 * @param lists names of the elements that may repeat
 * @throws {S3Error} MalformedXML
 */
export async function parseXml(
  bytes: Uint8Array,
  root: string,
  lists: readonly string[],
): Promise<XmlNode> {
  const text = new TextDecoder().decode(bytes);
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  // A document type could define entities that grow without limit; S3 takes none.
  if (text.includes("<!DOCTYPE") || XMLValidator.validate(text) !== true) {
    throw refusal("MalformedXML");
  }
  const parser = new XMLParser({
    ignoreAttributes: true,
    removeNSPrefix: true,
    parseTagValue: false,
    trimValues: false,
    processEntities: true,
    htmlEntities: true,
    isArray: (name) => lists.includes(name),
  });
  const parsed: Record<string, XmlNode> = parser.parse(text);
  const content = parsed[root];
  if (content === undefined) throw refusal("MalformedXML");
  return content;
}

/** The text of a child, null if there is none. */
export function childText(node: XmlNode, name: string): string | null {
  if (typeof node === "string") return null;
  const child = node[name];
  return typeof child === "string" ? child : null;
}

/** The children of a name that was declared a list. */
export function childList(node: XmlNode, name: string): readonly XmlNode[] {
  if (typeof node === "string") return [];
  const child = node[name];
  return Array.isArray(child) ? child : [];
}

/** The one child of this name that has children itself, or is empty. */
export function childNode(node: XmlNode, name: string): XmlNode | null {
  if (typeof node === "string") return null;
  const child = node[name];
  if (child === undefined || isList(child)) return null;
  return child;
}

function isList(value: XmlNode | readonly XmlNode[]): value is readonly XmlNode[] {
  return Array.isArray(value);
}
