/** Answers: bodies of other people's services, of which nothing is known before. */

/** The objects that an answer lists under a name; null if its body is something else. */
export function listIn(body: unknown, name: string): Record<string, unknown>[] | null {
  const list = fieldOf(body, name);
  if (!Array.isArray(list)) return null;
  return list.map((entry: unknown) => isObject(entry) ? entry : {});
}

/** A field of what was parsed, undefined where there is none. */
export function fieldOf(body: unknown, name: string): unknown {
  return isObject(body) ? body[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Null for a body that is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Room for a denial of AWS with all its names. */
const excerptSigns = 600;

/** The first of a text, on one line. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > excerptSigns ? `${line.slice(0, excerptSigns)}…` : line;
}
