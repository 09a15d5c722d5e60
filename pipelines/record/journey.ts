/**
 * Journey: a few records of a run, followed from hop to hop and told as samples.
 *
 * Of each table a record is taken up when it was posted, at most one a second, and followed until
 * others have taken its place: so many at a time, whatever the run's length.
 */
import type { Hop, Listener } from "../events.ts";
import type { Place } from "./ledger.ts";
import { perTable, type TableName, tableNames } from "../tables.ts";

const followedMax = 20;
const betweenMs = 1_000;

interface Followed extends Place {
  key: string;
  /** Where it was told to be; each is told once. */
  seen: Set<Hop>;
}

export class Journey {
  readonly #tell: NonNullable<Listener["sample"]>;
  readonly #nowMs: () => number;
  readonly #followed = perTable((): Followed[] => []);
  readonly #takenMs = perTable(() => -Infinity);

  private constructor(tell: NonNullable<Listener["sample"]>, nowMs: () => number) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  /** Null: nobody wants samples, and nothing is followed. */
  static of({ sample }: Listener, nowMs = () => performance.now()): Journey | null {
    return sample === undefined ? null : new Journey(sample, nowMs);
  }

  /** A record has its place. */
  posted(table: TableName, key: string, value: string, place: Place): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#takenMs[table] < betweenMs) return;
    this.#takenMs[table] = nowMs;
    const followed = this.#followed[table];
    if (followed.length === followedMax) followed.shift();
    const { partition, offset } = place;
    followed.push({ partition, offset, key, seen: new Set() });
    this.#tell({ hop: "posted", table, key, place: { partition, offset: String(offset) }, value });
  }

  /** All records of a partition from `first` to `last` are at a hop. */
  arrived(
    hop: Hop,
    table: TableName,
    { partition, first = 0n, last }: {
      partition: number | undefined;
      first?: bigint;
      last: bigint;
    },
    place: Readonly<Record<string, string | number>>,
  ): void {
    for (const one of this.#followed[table]) {
      const isThere = one.partition === partition && first <= one.offset && one.offset <= last;
      if (isThere) this.#arrive(hop, table, one, place);
    }
  }

  /** Those whose row can be found are at a hop, and look like it. */
  async found(
    hop: Hop,
    rowsOf: (table: TableName, keys: readonly number[]) => Promise<Map<number, string>>,
  ): Promise<void> {
    for (const table of tableNames) {
      const keys = this.#followed[table].map(({ key }) => Number(key));
      const rows = await rowsOf(table, keys.filter((key) => Number.isInteger(key)));
      for (const one of this.#followed[table]) {
        const value = rows.get(Number(one.key));
        if (value !== undefined) this.#arrive(hop, table, one, {}, value);
      }
    }
  }

  #arrive(hop: Hop, table: TableName, one: Followed, place: object, value?: string): void {
    if (one.seen.has(hop)) return;
    one.seen.add(hop);
    const sample = { hop, table, key: one.key, place: { ...place } };
    this.#tell(value === undefined ? sample : { ...sample, value });
  }
}
