/**
 * Told: who listens to a run, as its flags say: bars and notes on standard error, JSON lines
 * wherever `--events` says, a line for each request with `--log requests`.
 */
import { everything, type Listener, together } from "../events.ts";
import { EventLines } from "./event_lines.ts";
import { noProgress, terminalProgress } from "./progress.ts";
import { requestLine, type RequestServed } from "./request_line.ts";
import { say } from "./run_command.ts";

export interface ToldFlags {
  quiet?: true;
  events?: string;
  log?: "requests";
}

export interface Told extends AsyncDisposable {
  readonly tell: Listener;
  /** For requests that a simulator has served; null: nobody wants to know of them. */
  readonly request: ((request: RequestServed) => void) | null;
  /** Leaves the last state on screen and gives the terminal back. */
  stopDrawing(): void;
}

const notes: Listener = {
  trouble({ what, againInMs }) {
    if (againInMs === null) say(`Note: ${what}`);
  },
};

/** @throws {UsageError} if the events cannot be written where they are wanted. */
export async function openTold({ quiet, events, log }: ToldFlags): Promise<Told> {
  const lines = events === undefined ? null : await EventLines.open(events);
  const progress = quiet ? noProgress : terminalProgress();
  const written = everything((kind, event) =>
    lines?.write({ event: kind, atMs: Date.now(), ...event })
  );
  const hearing: ((request: RequestServed) => void)[] = [];
  if (lines !== null) hearing.push((request) => lines.write(request));
  if (log === "requests") hearing.push((request) => say(requestLine(request)));
  return {
    tell: together(progress.listener, notes, lines === null ? {} : written),
    request: hearing.length === 0 ? null : (request) => hearing.forEach((hear) => hear(request)),
    stopDrawing: () => progress.stop(),
    async [Symbol.asyncDispose]() {
      progress.stop();
      await lines?.[Symbol.asyncDispose]();
    },
  };
}
