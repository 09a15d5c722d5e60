/**
 * Api: what each file in `apis/` gives: which versions it speaks, and the way from the bytes of a
 * request to the bytes of its answer.
 *
 * `decode` and `encode` know bytes and no state, `handle` knows state and no bytes. Reader and
 * writer are told whether the version is flexible, so the same calls serve both generations.
 */
import type { RequestNote } from "../events.ts";
import { type Reader, Writer } from "../net/bytes.ts";
import type { Broker } from "./broker.ts";
import { errorIn } from "./errors.ts";
import type { Session } from "./session.ts";

export interface Call {
  broker: Broker;
  version: number;
  clientId: string;
  session: Session;
  note: RequestNote | null;
}

export interface Api<Request, Response> {
  key: number;
  name: string;
  versions: { min: number; max: number };
  /** The lowest version told to clients, where it is not `versions.min`. */
  advertisedMin?: number;
  /** The first version with compact lengths and tagged fields. */
  flexibleFrom: number;
  decode(reader: Reader, version: number): Request;
  /** Null: the client expects no answer. */
  handle(request: Request, call: Call): Response | null | Promise<Response | null>;
  encode(writer: Writer, response: Response, version: number): void;
}

/** An API whose request and response types only its own file knows. */
export interface ServedApi {
  key: number;
  name: string;
  versions: { min: number; max: number };
  advertisedMin: number;
  flexibleFrom: number;
  /**
   * Reads the request at once, since its bytes are gone with the next frame, and answers later.
   * @throws {RangeError} if the request is cut short.
   */
  prepare(reader: Reader, call: Call): () => Promise<Writer | null> | Writer | null;
}

export function served<Request, Response>(api: Api<Request, Response>): ServedApi {
  const { key, name, versions, flexibleFrom } = api;
  const write = (response: Response | null, { version, note }: Call): Writer | null => {
    note?.refused(errorIn(response));
    if (response === null) return null;
    const writer = new Writer({ flexible: version >= flexibleFrom });
    api.encode(writer, response, version);
    return writer;
  };
  return {
    key,
    name,
    versions,
    advertisedMin: api.advertisedMin ?? versions.min,
    flexibleFrom,
    prepare(reader, call) {
      const request = api.decode(reader, call.version);
      call.note?.asks(call.session.principal, name, topicsIn(request));
      return () => {
        const response = api.handle(request, call);
        if (!(response instanceof Promise)) return write(response, call);
        return response.then((response) => write(response, call));
      };
    },
  };
}

/** The names of the topics that a request is about, where it names any. */
function topicsIn(request: unknown): string {
  const { topics } = Object(request) as { topics?: unknown };
  if (!Array.isArray(topics)) return "";
  return topics.map((topic) => typeof topic === "string" ? topic : topic?.name ?? "").join(",");
}
