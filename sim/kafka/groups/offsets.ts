/**
 * Offsets: what groups have committed -> a journal that survives a crash.
 *
 *   <dir>/offsets.jsonl   one line per commit: [group, [[topic, partition, offset, epoch, metadata]…]];
 *                         an empty list forgets the group
 *
 * A commit that was answered is in the file. A last line without its end was never answered, and is
 * cut off. The journal is written anew when most of it is out of date.
 */
import type { Faults } from "../../faults/plan.ts";
import { AppendFile, readFileIfAny, replaceFile, StorageError } from "../../storage/append_file.ts";

const journalBytesMin = 1024 * 1024;

export interface CommittedOffset {
  topic: string;
  partition: number;
  offset: bigint;
  leaderEpoch: number;
  metadata: string;
}

type Line = readonly [string, (readonly [string, number, string, number, string])[]];

export class Offsets implements Disposable {
  readonly #path: string;
  readonly #faults: Faults;
  readonly #byGroup = new Map<string, Map<string, CommittedOffset>>();
  #journal: AppendFile;
  /** Size of the journal that makes it worth writing anew. */
  #rewriteAtBytes = journalBytesMin;

  constructor(dir: string, faults: Faults) {
    this.#path = `${dir}/offsets.jsonl`;
    this.#faults = faults;
    const text = new TextDecoder().decode(readFileIfAny(this.#path) ?? new Uint8Array());
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of whole.split("\n").filter((line) => line !== "")) {
      this.#apply(JSON.parse(line));
    }
    this.#journal = new AppendFile(this.#path, faults);
    this.#journal.truncate(new TextEncoder().encode(whole).length);
  }

  #apply([group, commits]: Line): void {
    if (commits.length === 0) {
      this.#byGroup.delete(group);
      return;
    }
    const offsets = this.#byGroup.get(group) ?? new Map<string, CommittedOffset>();
    this.#byGroup.set(group, offsets);
    for (const [topic, partition, offset, leaderEpoch, metadata] of commits) {
      const commit = { topic, partition, offset: BigInt(offset), leaderEpoch, metadata };
      offsets.set(`${partition} ${topic}`, commit);
    }
  }

  /** @throws {StorageError} if there is no room; then nothing is committed. */
  commit(group: string, commits: readonly CommittedOffset[]): void {
    if (commits.length > 0) this.#write([[group, commits.map(toLine)]]);
  }

  /** @throws {StorageError} if there is no room; then nothing is forgotten. */
  forget(group: string): void {
    if (this.#byGroup.has(group)) this.#write([[group, []]]);
  }

  /** @throws {StorageError} if there is no room; then nothing is forgotten. */
  forgetTopic(topic: string): void {
    for (const [group, offsets] of [...this.#byGroup]) {
      const left = [...offsets.values()].filter((commit) => commit.topic !== topic);
      if (left.length === offsets.size) continue;
      this.#write([[group, []], ...left.length > 0 ? [[group, left.map(toLine)] as const] : []]);
    }
  }

  /** All lines or none. */
  #write(lines: readonly Line[]): void {
    const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
    this.#journal.append(new TextEncoder().encode(text));
    for (const line of lines) this.#apply(line);
    if (this.#journal.size >= this.#rewriteAtBytes) this.#rewrite();
  }

  #rewrite(): void {
    const lines = [...this.#byGroup].map(([group, offsets]) =>
      JSON.stringify([group, [...offsets.values()].map(toLine)]) + "\n"
    );
    const bytes = new TextEncoder().encode(lines.join(""));
    this.#rewriteAtBytes = Math.max(journalBytesMin, bytes.length * 4);
    try {
      replaceFile(this.#path, bytes, this.#faults);
    } catch (error) {
      if (error instanceof StorageError) return; // The long journal still holds all of it.
      throw error;
    }
    this.#journal[Symbol.dispose]();
    this.#journal = new AppendFile(this.#path, this.#faults);
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#byGroup.get(group)?.get(`${partition} ${topic}`);
  }

  of(group: string): CommittedOffset[] {
    return [...this.#byGroup.get(group)?.values() ?? []];
  }

  groups(): string[] {
    return [...this.#byGroup.keys()];
  }

  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }
}

function toLine(
  { topic, partition, offset, leaderEpoch, metadata }: CommittedOffset,
): Line[1][number] {
  return [topic, partition, String(offset), leaderEpoch, metadata];
}
