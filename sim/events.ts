/**
 * Events: what happens in the simulated cloud -> whoever listens, as plain data.
 *
 *   request   one request served: { event, atMs, service, who, action, resource, answer, ms }
 *
 * A service asks for a note at the beginning of a request and writes down who asks for what where
 * it knows both. While nobody listens there is no note, and `note?.` does not even make what it
 * would say.
 *
 * Left out: what is turned away before a service sees it (foreign `Host` or `Origin`, bytes that
 * are no request).
 */
import { anonymous, nameOf, type Principal } from "./iam/principal.ts";

export interface RequestEvent {
  event: "request";
  /** When it was answered, milliseconds since 1970. */
  atMs: number;
  /** As in `ServiceName`. */
  service: string;
  /** An ARN, a user's name, or `anonymous`. */
  who: string;
  /** In the vendor's word: `PutRecords`, `Fetch`, `Query`, or the method and the route. */
  action: string;
  /** What it is about: stream, bucket and key, path; empty where that is not one thing. */
  resource: string;
  /**
   * A status, with the code of a refusal behind it; `OK` where there are no numbers. Where the
   * client was told less than is known, the reason in brackets.
   */
  answer: string;
  /** From its first line to the beginning of its answer. */
  ms: number;
}

export type SimEvent = RequestEvent;

export type Tell = (event: SimEvent) => void;

/** Where all services of a simulator tell, and one listens or nobody. */
export class Events {
  readonly #nowMs: () => number;
  #tell: Tell | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  hear(tell: Tell): void {
    this.#tell = tell;
  }

  /** A request begins; null: nobody wants to know. */
  begin(service: string): RequestNote | null {
    return this.#tell === null ? null : new RequestNote(service, this.#nowMs, this.#tell);
  }
}

/** One request on its way. */
export class RequestNote {
  readonly #startMs = performance.now();
  #who = anonymous;
  #action = "";
  #resource = "";
  #code = "";
  #reason = "";

  constructor(
    readonly service: string,
    readonly nowMs: () => number,
    readonly tell: Tell,
  ) {}

  /** Who asks for what; the last word counts. */
  asks(who: Principal, action: string, resource = ""): void {
    this.#who = who;
    this.#action = action;
    this.#resource = resource;
  }

  /** Why it is refused, in the vendor's code. */
  refused(code: string): void {
    this.#code = code;
  }

  /** What the client is not told: why it is refused, in the words of who decided. */
  because(reason: string): void {
    this.#reason = ` (${reason.replaceAll(/\s*\n\s*/g, " ")})`;
  }

  /** It is over, and told. */
  answered(answer: number | string): void {
    this.tell({
      event: "request",
      atMs: this.nowMs(),
      service: this.service,
      who: nameOf(this.#who),
      action: this.#action,
      resource: this.#resource,
      answer: `${answer} ${this.#code}`.trimEnd() + this.#reason,
      ms: Math.round((performance.now() - this.#startMs) * 100) / 100,
    });
  }
}

const batchMs = 50;

/** Hands events over together: a message between threads costs more than most requests. */
export class Batch {
  #waiting: SimEvent[] = [];

  constructor(readonly send: (events: SimEvent[]) => void) {}

  add(event: SimEvent): void {
    if (this.#waiting.push(event) === 1) setTimeout(() => this.flush(), batchMs);
  }

  flush(): void {
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) this.send(events);
  }
}

interface Asked {
  method: string;
  target: string;
}

/**
 * An HTTP service whose requests are told. What it does not name itself goes by its method and
 * path; the query may hold a signature, and is nobody's to read.
 */
export function telling<Request extends Asked, Answer extends { status: number } | null>(
  events: Events | undefined,
  service: string,
  handle: (request: Request, note: RequestNote | null) => Answer | Promise<Answer>,
): (request: Request) => Answer | Promise<Answer> {
  return (request) => {
    const note = events?.begin(service) ?? null;
    if (note === null) return handle(request, null);
    note.asks(anonymous, request.method, request.target.split("?", 1)[0]);
    return toldBy(note, handle(request, note));
  };
}

async function toldBy<Answer extends { status: number } | null>(
  note: RequestNote,
  answering: Answer | Promise<Answer>,
): Promise<Answer> {
  const answer = await answering;
  note.answered(answer?.status ?? "no answer");
  return answer;
}
