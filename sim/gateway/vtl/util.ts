/**
 * `$util`: what the gateway gives templates to convert texts with.
 *
 * Assumed: `escapeJavaScript` is commons-lang's, so that quotes, slashes and everything beyond
 * ASCII are escaped; the functions that take a text take the printed text of any value.
 */
import { Buffer } from "node:buffer";
import { TemplateFailure } from "./errors.ts";
import { JsonDocument } from "./json_document.ts";
import { invoke, method, type Methods } from "./methods.ts";
import { HostObject, javaText, type Value } from "./values.ts";

/** Nothing becomes nothing: a null as it is, the empty text by every one of these conversions. */
function onText(convert: (text: string) => Value) {
  return [method<Util>("any", (_self, args) => {
    const value = args.any(0);
    return value === null ? null : convert(javaText(value));
  })];
}

export const utilMethods: Methods<Util> = new Map([
  ["base64Encode", onText((text) => Buffer.from(text, "utf8").toString("base64"))],
  ["base64Decode", onText(base64Decode)],
  ["escapeJavaScript", onText(escapeJavaScript)],
  // Assumed: of a field that is not there, as the others, rather than an error.
  ["parseJson", onText((text) => text === "" ? null : new JsonDocument(text).root)],
  ["urlEncode", onText(urlEncode)],
  ["urlDecode", onText(urlDecode)],
]);

export class Util extends HostObject {
  override call(name: string, args: Value[]): Value | undefined {
    return invoke(utilMethods, name, this, args);
  }
}

function base64Decode(text: string): string {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, "base64").toString("utf8");
  throw new TemplateFailure("The text is no Base64");
}

/** Source: commons-lang 2.4, StringEscapeUtils.escapeJavaScript. */
const escaped = /[^\x20-\x7e]|["'\\/]/g;
const shortForms: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escapeJavaScript(text: string): string {
  return text.replace(escaped, (sign) => {
    if (/["'\\/]/.test(sign)) return `\\${sign}`;
    return shortForms[sign] ??
      `\\u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
}

/** Source: Java SE, URLEncoder and URLDecoder; half a pair of surrogates is a question mark there. */
function urlEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "?")).replace(
    /[!'()~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  ).replaceAll("%20", "+");
}

function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new TemplateFailure("The text is not URL-encoded", { cause: error });
  }
}
