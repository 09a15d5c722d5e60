/**
 * Place: a value of the document together with where it stands, so that whoever reads it can say
 * what is wrong in the words of who wrote it. References (`$ref`) are followed on the way.
 *
 * Left out: references into other documents.
 */
import { RouteError } from "../errors.ts";

export class Place {
  /** @param where how a sentence about it begins, e.g. `PUT /streams, timeoutInMillis`. */
  constructor(readonly value: unknown, readonly where: string, readonly document: unknown) {}

  /** The sentence about it, to be thrown. */
  wrong(what: string): RouteError {
    return new RouteError(`${this.where}: ${what}`);
  }

  /** The same value under another beginning. */
  named(where: string): Place {
    return new Place(this.value, where, this.document);
  }

  /** A field, its reference followed; null where there is none. */
  get(name: string, where = `${this.where}, ${name}`): Place | null {
    const value = this.#fields()[name];
    return value === undefined ? null : new Place(value, where, this.document).resolved();
  }

  /** All fields that are no comment of somebody's. */
  entries(): [string, Place][] {
    return Object.keys(this.#fields()).map((name) => [name, this.get(name)!]);
  }

  items(): Place[] {
    if (!Array.isArray(this.value)) throw this.wrong("must be a list");
    return this.value.map((value, at) =>
      new Place(value, `${this.where} ${at + 1}`, this.document).resolved()
    );
  }

  text(): string {
    if (typeof this.value === "string") return this.value;
    throw this.wrong("must be a text");
  }

  /** A text, or a number or yes/no as a text: writers of documents do not always quote. */
  plain(): string {
    if (typeof this.value === "object") throw this.wrong("must be a text");
    return String(this.value);
  }

  flag(): boolean {
    if (typeof this.value === "boolean") return this.value;
    throw this.wrong("must be true or false");
  }

  /** A status of HTTP, as a number or as its digits. */
  status(): number {
    const text = this.plain();
    if (/^[1-5][0-9]{2}$/.test(text)) return Number(text);
    throw this.wrong(`'${text}' is no status of HTTP`);
  }

  /** Texts by name; where there is nothing, none. */
  static texts(place: Place | null): Record<string, string> {
    if (place === null) return {};
    return Object.fromEntries(place.entries().map(([name, one]) => [name, one.plain()]));
  }

  resolved(): Place {
    let [value, steps] = [this.value, 0];
    for (; isFields(value) && typeof value["$ref"] === "string"; steps++) {
      if (steps > 20) throw this.wrong(`'${value["$ref"]}' leads in a circle`);
      value = referred(this.document, value["$ref"]) ?? this.#lost(value["$ref"]);
    }
    return steps === 0 ? this : new Place(value, this.where, this.document);
  }

  #lost(reference: string): never {
    throw this.wrong(`there is nothing at '${reference}'`);
  }

  #fields(): Record<string, unknown> {
    if (isFields(this.value)) return this.value;
    throw this.wrong("must be an object");
  }
}

/** What a reference within the document leads to; undefined: nothing. */
export function referred(document: unknown, reference: string): unknown {
  if (!reference.startsWith("#/")) return undefined;
  let value = document;
  for (const step of reference.slice(2).split("/")) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isFields(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
