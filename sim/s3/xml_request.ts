/** XML of a request: bytes -> the content of its root, with what may repeat as lists. */
import { refusal } from "./errors.ts";

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
