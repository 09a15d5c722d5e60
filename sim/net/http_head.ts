/**
 * Heads of HTTP/1.1: their text -> first line, header fields, and how long the body is.
 *
 * What two readers could understand in two ways is refused: a request whose end the next reader
 * sees elsewhere hides another one.
 *
 * Source: RFC 9112, sections 2 to 7; RFC 9110, sections 5 and 7.2.
 * Left out: obsolete line folding and bare line feeds (refused), transfer codings but chunked.
 */
export type HeaderField = readonly [name: string, value: string];

export interface Head {
  /** The three parts of the first line; the last may hold blanks or be empty. */
  firstLine: readonly [string, string, string];
  headers: HeaderField[];
}

/** The other side broke the rules of HTTP: nothing sensible can be read from here on. */
export class MalformedHttp extends Error {
  override readonly name = "MalformedHttp";
  /** @param status what a server answers. */
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}

/** Controls but the tab, and ends of lines that are only half of one. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const authority = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** The first field of this name, compared without case. */
export function headerOf(headers: readonly HeaderField[], name: string): string | undefined {
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) return value;
  }
  return undefined;
}

/** All fields of this name, in their order. */
export function headersOf(headers: readonly HeaderField[], name: string): string[] {
  const values: string[] = [];
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) values.push(value);
  }
  return values;
}

/**
 * A head from its first line to its empty one.
 * @throws {MalformedHttp}
 */
export function parseHead(text: string): Head {
  const lines = linesOf(text.slice(0, -2));
  const first = /^(\S+) (\S+)(?: (.*))?$/.exec(lines[0] ?? "");
  if (first === null) throw new MalformedHttp(`First line is '${lines[0]}'`);
  const headers = lines.slice(1).map(parseField);
  return { firstLine: [first[1] ?? "", first[2] ?? "", first[3] ?? ""], headers };
}

/**
 * Whole lines, each without its end. In a value that comes back in an answer, half a line's end
 * would make a header of its own.
 * @throws {MalformedHttp}
 */
export function linesOf(text: string): string[] {
  if (forbidden.test(text)) throw new MalformedHttp("A line holds a control or half a line's end");
  return text.slice(0, -2).split("\r\n");
}

/** @throws {MalformedHttp} */
export function parseField(line: string): HeaderField {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon <= 0 || !token.test(name)) throw new MalformedHttp(`Header field is '${line}'`);
  return [name, withoutBlanks(line, colon + 1)];
}

/** From `start` on, without blanks and tabs at both ends; other blanks belong to the value. */
function withoutBlanks(line: string, start: number): string {
  let [from, to] = [start, line.length];
  while (from < to && isBlank(line.charCodeAt(from))) from++;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to--;
  return line.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * The head of a request, its target as path and query whatever form it came in.
 * @throws {MalformedHttp}
 */
export function requestOf({ firstLine, headers }: Head): Head {
  const [method, target, version] = firstLine;
  if (!token.test(method)) throw new MalformedHttp(`Method is '${method}'`);
  if (!/^HTTP\/1\.[0-9]$/.test(version)) throw new MalformedHttp(`Version is '${version}'`);
  const hosts = headersOf(headers, "host");
  const isOld = version === "HTTP/1.0";
  if (hosts.length > 1 || (hosts.length === 0 && !isOld)) {
    throw new MalformedHttp(`A request has one Host field: ${hosts.length} found`);
  }
  const [host] = hosts;
  if (host !== undefined && !authority.test(host)) throw new MalformedHttp(`Host is '${host}'`);
  if (isOld && headerOf(headers, "transfer-encoding") !== undefined) {
    throw new MalformedHttp("HTTP/1.0 knows no Transfer-Encoding");
  }
  if (target.startsWith("/") || (target === "*" && method === "OPTIONS")) {
    return { firstLine, headers };
  }
  const [named, path] = absolute(target);
  if (host !== undefined && named.toLowerCase() !== host.toLowerCase()) {
    throw new MalformedHttp(`Target is '${target}' at the Host '${host}'`);
  }
  return {
    firstLine: [method, path, version],
    headers: host ? headers : [["Host", named], ...headers],
  };
}

/** Host and path of a target in absolute form, as proxies are sent it. */
function absolute(target: string): [host: string, path: string] {
  const [, host, rest = ""] = /^http:\/\/([^/?#]+)([/?][^#]*)?$/i.exec(target) ?? [];
  if (host === undefined) throw new MalformedHttp(`Target is '${target}'`);
  return [host, rest.startsWith("/") ? rest : `/${rest}`];
}

/** How the length of a body is told. */
export type Framing = { kind: "length"; length: number } | { kind: "chunked" } | { kind: "close" };

/** @throws {MalformedHttp} for lengths that are told twice or are no number. */
export function framingOf(headers: readonly HeaderField[], none: Framing): Framing {
  const lengths = headersOf(headers, "content-length");
  const encodings = headersOf(headers, "transfer-encoding");
  if (encodings.length > 0) return checkedChunked(encodings, lengths);
  const [text] = lengths;
  if (text === undefined) return none;
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(text)) {
    throw new MalformedHttp(`Cannot read a body of length '${lengths.join(", ")}'`);
  }
  return { kind: "length", length: Number(text) };
}

function checkedChunked(encodings: string[], lengths: string[]): Framing {
  const encoding = encodings.join(", ").toLowerCase();
  if (encoding === "chunked" && lengths.length === 0) return { kind: "chunked" };
  // Documented: 501 for codings that end in chunked and are unknown.
  const isUnknown = lengths.length === 0 && encodings.length === 1 &&
    /^(?!chunked\b).*,[ \t]*chunked$/.test(encoding);
  const beside = lengths.length > 0 ? " beside a Content-Length" : "";
  throw new MalformedHttp(
    `Cannot read a body with Transfer-Encoding '${encoding}'${beside}`,
    isUnknown ? 501 : 400,
  );
}

const quoted = /"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"/.source;
const word = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const chunkHead = new RegExp(
  `^0*([0-9a-fA-F]{1,8})(?:[ \\t]*;[ \\t]*${word}(?:[ \\t]*=[ \\t]*(?:${word}|${quoted}))?)*$`,
);

/** The size that the first line of a chunk tells; its extensions are dropped. */
export function parseChunkSize(line: string): number {
  const digits = chunkHead.exec(line)?.[1];
  if (digits === undefined) throw new MalformedHttp(`Chunk size is '${line}'`);
  return parseInt(digits, 16);
}
