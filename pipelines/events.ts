/**
 * Events: what a run tells -> whoever listens: bars, notes, a log, JSON lines, a live page.
 *
 *   stage     how far a stage is: ingest, land, load, clean, answer, write, prove, read, generate
 *   counts    how many records of a table are at a hop: source, posted, landed, read, ...
 *   sample    one record on its way: where it is now, and what it looks like there
 *   commit    a commit of a Delta table, and how long records took until it showed them
 *   trouble   something did not work and the run goes on: tried again, or done without
 *
 * A listener takes the kinds that it wants. `tell.counts?.({ … })` makes nothing where nobody
 * wants to know, and nobody who listens may change or end a run: what a run needs for itself
 * (crash tests, latency, failures) are callbacks of their own.
 */
import type { TableName } from "./tables.ts";

/** The shape of each kind; as JSON lines there is `event`, the kind, and `atMs` before them. */
export interface RunEvents {
  stage: {
    stage: string;
    /** What is counted: rows, records, objects, steps, ... */
    unit: string;
    done: number;
    /** Null: nobody knows. */
    total: number | null;
    /** What is being done right now. */
    note?: string;
  };
  /**
   * The last of a hop and table is what the proof has counted, earlier runs included. Until then
   * `landed` and `read` are this run's.
   */
  counts: { hop: Hop; table: TableName; count: number };
  sample: {
    hop: Hop;
    table: TableName;
    /** Of the row, as the source gave it. */
    key: string;
    /** Partition and offset, or shard and sequence number; a table's version once it is there. */
    place: Readonly<Record<string, string | number>>;
    /** As it stands there; left out where it has not changed. */
    value?: string;
  };
  commit: {
    table: TableName;
    /** Of the Delta table. */
    version: number;
    /** Records that were read for it, and rows that it added. */
    read: number;
    rows: number;
    tookMs: number;
    /** From post to visible commit, of the run so far; null: of no record yet. */
    latencyMs: { p50: number; p95: number; max: number } | null;
  };
  trouble: {
    /** A sentence. */
    what: string;
    /** When it is tried again; null: never, and it does no harm. */
    againInMs: number | null;
  };
}

export type Hop =
  | "source"
  | "posted"
  | "landed"
  | "read"
  | "cleaned"
  | "committed"
  | "duplicates"
  | "rejected";

export type EventKind = keyof RunEvents;

/** What somebody wants to be told. */
export type Listener = { readonly [Kind in EventKind]?: (event: RunEvents[Kind]) => void };

const kinds: readonly EventKind[] = ["stage", "counts", "sample", "commit", "trouble"];

/** Tells each kind to all who want it; a kind that nobody wants stays untold. */
export function together(...listeners: readonly Listener[]): Listener {
  const tell = <Kind extends EventKind>(kind: Kind) => {
    const wanting = listeners.flatMap((listener) => listener[kind] ?? []);
    if (wanting.length < 2) return wanting[0];
    return (event: RunEvents[Kind]) => wanting.forEach((hear) => hear(event));
  };
  return Object.fromEntries(kinds.flatMap((kind) => {
    const hear = tell(kind);
    return hear === undefined ? [] : [[kind, hear]];
  }));
}

/** One who wants all of it, whatever it is. */
export function everything(hear: (kind: EventKind, event: object) => void): Listener {
  return Object.fromEntries(kinds.map((kind) => [kind, (event: object) => hear(kind, event)]));
}

/** Tells the figures of a proof: from now on these hold. */
export function tellHops(
  tell: Listener,
  hops: Readonly<Partial<Record<Hop, Readonly<Record<TableName, number>>>>>,
): void {
  if (tell.counts === undefined) return;
  for (const [hop, tables] of Object.entries(hops)) {
    for (const [table, count] of Object.entries(tables)) {
      tell.counts({ hop: hop as Hop, table: table as TableName, count });
    }
  }
}
