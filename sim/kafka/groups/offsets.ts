/**
 * Offsets: what groups have committed -> a journal that survives a crash.
 *
 *   <dir>/offsets.jsonl   one line per commit: its CRC-32C in eight hex digits, a space, and
 *                         [group, [[topic, partition, offset, epoch, metadata]…]]; an empty list
 *                         forgets the group; the first line forgets the group "", so that a journal
 *                         is never empty
 *
 * A commit that was answered is in the file. A last line without its end was never answered; that
 * and lines that are damaged are cut at the start, kept beside and told. The journal is written anew
 * when most of it is out of date.
 */
import type { Faults } from "../../faults/plan.ts";
import { crc32c } from "../../net/crc32c.ts";
import { AppendFile, readFileIfAny, replaceFile, StorageError } from "../../storage/append_file.ts";
import { keepCut } from "../../storage/cuts.ts";
import { printNote, type Tell } from "../../storage/tell.ts";
import { joined } from "../../net/joined.ts";

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

  /** @param options.isNew whether there cannot be a journal yet */
  constructor(dir: string, faults: Faults, options: { isNew?: boolean; tell?: Tell } = {}) {
    const { isNew = true, tell = printNote } = options;
    this.#path = `${dir}/offsets.jsonl`;
    this.#faults = faults;
    const journal = readFileIfAny(this.#path);
    if (!isNew && (journal === null || journal.length === 0)) {
      const found = journal === null ? "is missing" : "is empty";
      tell(`${this.#path} ${found}: no group has a committed offset any more`);
    }
    this.#read(journal ?? new Uint8Array(), tell);
    this.#journal = new AppendFile(this.#path, faults);
    if (this.#journal.size === 0) this.#journal.append(encodeLine(firstLine));
  }

  /** Takes all whole lines; others are kept beside, and then the journal is written without them. */
  #read(journal: Uint8Array, tell: Tell): void {
    const whole: Uint8Array[] = [];
    for (let start = 0; start < journal.length;) {
      const end = journal.indexOf(newLine, start) + 1 || journal.length;
      const bytes = journal.subarray(start, end);
      const line = decodeLine(bytes);
      if (line === null) {
        const what = bytes.at(-1) === newLine ? "a damaged commit" : "the beginning of a commit";
        const cut = `cut ${bytes.length} bytes at byte ${start}, ${what} of a group`;
        tell(`${this.#path}: ${cut}; they are kept as ${keepCut(this.#path, start, bytes)}`);
      } else {
        this.#apply(line);
        whole.push(bytes);
      }
      start = end;
    }
    const size = whole.reduce((sum, { length }) => sum + length, 0);
    if (size < journal.length) replaceFile(this.#path, joined(whole, size), this.#faults);
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
    const encoded = lines.map(encodeLine);
    this.#journal.append(joined(encoded));
    for (const line of lines) this.#apply(line);
    if (this.#journal.size >= this.#rewriteAtBytes) this.#rewrite();
  }

  #rewrite(): void {
    const lines = [...this.#byGroup].map(([group, offsets]) =>
      encodeLine([group, [...offsets.values()].map(toLine)])
    );
    const parts = [encodeLine(firstLine), ...lines];
    const bytes = joined(parts);
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

const newLine = 10;
const firstLine: Line = ["", []];
const utf8 = new TextEncoder();

function encodeLine(line: Line): Uint8Array {
  const text = JSON.stringify(line);
  return utf8.encode(`${checksumOf(text)} ${text}\n`);
}

function checksumOf(text: string): string {
  return crc32c(utf8.encode(text)).toString(16).padStart(8, "0");
}

/** Null if it is damaged. Earlier versions wrote no checksum. */
function decodeLine(bytes: Uint8Array): Line | null {
  const found = /^(?:([0-9a-f]{8}) )?(\[.*)\n$/.exec(new TextDecoder().decode(bytes));
  if (found === null || found[1] !== undefined && checksumOf(found[2]!) !== found[1]) return null;
  try {
    return JSON.parse(found[2]!);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
