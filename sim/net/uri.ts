/**
 * Percent-encoding as AWS signs it: everything but `A-Za-z0-9-._~` becomes `%XX` of its UTF-8.
 *
 * Source: RFC 3986; Signature Version 4, "UriEncode()".
 */
const plain = /^[A-Za-z0-9\-._~]*$/;
const plainPath = /^[A-Za-z0-9\-._~/]*$/;
const leftByBuiltIn = /[!'()*]/g;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * Encodes a name or a value, slashes included. Half a pair of surrogates, which JSON can write and
 * which has no UTF-8, is the sign for what is not known.
 */
export function encodeUri(text: string): string {
  if (plain.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(leftByBuiltIn, percent);
}

/** The same, but slashes stay. */
export function encodeUriPath(text: string): string {
  return plainPath.test(text) ? text : encodeUri(text).replaceAll("%2F", "/");
}

/** Decodes; a text that is no percent-encoded UTF-8 gives null. */
export function decodeUri(text: string): string | null {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** Name and value of each parameter of a raw query, decoded, in order; null if one is no UTF-8. */
export function parseQuery(raw: string): [name: string, value: string][] | null {
  const pairs: [string, string][] = [];
  for (const part of raw.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = decodeUri((at < 0 ? part : part.slice(0, at)).replaceAll("+", " "));
    const value = at < 0 ? "" : decodeUri(part.slice(at + 1).replaceAll("+", " "));
    if (name === null || value === null) return null;
    pairs.push([name, value]);
  }
  return pairs;
}
