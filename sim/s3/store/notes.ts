/**
 * Notes about files: what no file says by itself, appended to a few packs of lines.
 *
 *   line    "\n", 40 hex digits of the name's digest, " ", JSON {name, file: {size, mtimeMs}, about}
 *
 * The file is the truth: a note counts only while size and time of its file agree. The note of a
 * new version is appended before its file is renamed into place, so a process killed at any
 * moment leaves either version with the note that belongs to it; a line cut short is no line.
 * What the file has become without us (removed, edited, brought in by hand) needs no bookkeeping.
 *
 * Packs, and not a file each: making a second file doubles the cost of a small object.
 */
import { hash } from "node:crypto";
import { type Disk, type FileState, readText, removeFile, stateOf } from "./disk.ts";

interface Note {
  name: string;
  file: FileState;
  about: unknown;
}

const encoder = new TextEncoder();
const digestLength = 40;
/** A pack that has grown to this is rewritten without its dead lines. */
const packBytesMax = 262_144;

export class Notes {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #digits: number;
  /** Size of each pack in use; one whose living lines are many may grow to twice their size. */
  readonly #packs = new Map<string, { size: number; sizeMax: number }>();
  /** The state of the file that a name stands for now, to tell which notes are dead. */
  readonly #stateNow: (name: string) => FileState | null;

  /** @param digits 0: one pack; 2: 256 packs */
  constructor(
    folder: string,
    disk: Disk,
    digits: 0 | 2,
    stateNow: (name: string) => FileState | null,
  ) {
    this.#folder = folder;
    this.#disk = disk;
    this.#digits = digits;
    this.#stateNow = stateNow;
  }

  /** What is noted about the file in this state; null if nothing is. */
  read<T>(
    name: string,
    state: FileState,
    isAbout: (value: unknown) => value is T,
    packs?: PackCache,
  ): T | null {
    const digest = digestOf(name);
    const path = this.#packPath(digest);
    const pack = packs === undefined ? readText(path) : packs.text(path);
    if (pack === null) return null;
    return lastMatch(pack, digest, { state, isAbout, onDamage: this.#damage(path, name) });
  }

  /** The last note about a name, whatever state its file was in. */
  latest<T>(name: string, isAbout: (value: unknown) => value is T): T | null {
    const digest = digestOf(name);
    const path = this.#packPath(digest);
    const pack = readText(path);
    if (pack === null) return null;
    return lastMatch(pack, digest, { state: null, isAbout, onDamage: this.#damage(path, name) });
  }

  #damage(path: string, name: string): (at: number) => void {
    return (at) =>
      this.#disk.tell(`${path}: the note at character ${at} is damaged, and passed over: ${name}`);
  }

  /**
   * Puts a temporary file in the place of `old` and notes what is known about it.
   * @param place moves the file from its temporary path to its own; what it throws undoes all
   */
  commit(
    name: string,
    from: string,
    about: unknown,
    old: FileState | null,
    place: () => void,
  ): void {
    try {
      this.append(name, distinctState(from, old), about);
      place();
    } catch (error) {
      removeFile(from);
      throw error;
    }
  }

  /** Notes something else about a file that stays as it is, or is about to get its name. */
  append(name: string, file: FileState, about: unknown): void {
    const digest = digestOf(name);
    const path = this.#packPath(digest);
    const line = `\n${digest} ${JSON.stringify({ name, file, about } satisfies Note)}`;
    const bytes = encoder.encode(line);
    this.#disk.append(path, bytes);
    const pack = this.#packs.get(path);
    const size = pack === undefined ? stateOf(path)?.size ?? 0 : pack.size + bytes.length;
    const sizeMax = pack?.sizeMax ?? packBytesMax;
    this.#packs.set(path, { size, sizeMax });
    if (size >= sizeMax) this.#compact(path, name, file);
  }

  #packPath(digest: string): string {
    return `${this.#folder}/notes-${digest.slice(0, this.#digits)}`;
  }

  /** Rewrites a pack with the notes that are alive, and the one whose file is still to come. */
  #compact(path: string, coming: string, state: FileState): void {
    const living: string[] = [];
    const seen = new Set<string>();
    for (const line of (readText(path) ?? "").split("\n").reverse()) {
      const note = parseLine(line);
      if (note === null) continue;
      const isComing = note.name === coming && sameState(note.file, state);
      if (!isComing && !sameState(note.file, this.#stateNow(note.name))) continue;
      const version = `${note.name}\n${note.file.size} ${note.file.mtimeMs}`;
      if (!seen.has(version)) living.push(`\n${line}`);
      seen.add(version);
    }
    const bytes = encoder.encode(living.reverse().join(""));
    Deno.renameSync(this.#disk.write(bytes), path);
    const sizeMax = Math.max(packBytesMax, bytes.length * 2);
    this.#packs.set(path, { size: bytes.length, sizeMax });
  }
}

/** Packs as they were when first asked for, for a list that asks for many notes at once. */
export class PackCache {
  readonly #texts = new Map<string, string | null>();
  #size = 0;

  text(path: string): string | null {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const text = readText(path);
    this.#size += text?.length ?? 0;
    if (this.#size > 16 * packBytesMax) this.#texts.clear();
    if (this.#texts.size === 0) this.#size = text?.length ?? 0;
    this.#texts.set(path, text);
    return text;
  }
}

/** Name of a pack's line: a digest, so that any name fits and none can be mistaken. */
export function digestOf(name: string): string {
  return hash("sha256", name, "hex").slice(0, digestLength);
}

interface Wanted<T> {
  /** Null: whatever state the file was in. */
  state: FileState | null;
  isAbout: (value: unknown) => value is T;
  /** Told where a note is damaged. */
  onDamage: (at: number) => void;
}

function lastMatch<T>(
  pack: string,
  digest: string,
  { state, isAbout, onDamage }: Wanted<T>,
): T | null {
  const start = `\n${digest} `;
  for (let at = pack.lastIndexOf(start); at >= 0;) {
    const end = pack.indexOf("\n", at + 1);
    const note = parseLine(pack.slice(at + 1, end < 0 ? undefined : end));
    if (note === null) onDamage(at);
    const isOfState = note !== null && (state === null || sameState(note.file, state));
    if (isOfState && isAbout(note.about)) return note.about;
    at = at === 0 ? -1 : pack.lastIndexOf(start, at - 1);
  }
  return null;
}

function parseLine(line: string): Note | null {
  if (line.length <= digestLength) return null;
  try {
    return JSON.parse(line.slice(digestLength + 1));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function sameState(one: FileState, other: FileState | null): boolean {
  return one.size === other?.size && one.mtimeMs === other.mtimeMs;
}

/** The state of the new file, moved on by a moment if it could be taken for the old one. */
function distinctState(path: string, old: FileState | null): FileState {
  const state = stateOf(path);
  if (state === null) throw new Error(`Cannot store ${path}: it has been removed`);
  if (!sameState(state, old)) return state;
  // A Date, because a fraction of a second as a number may round down to the same millisecond.
  const later = new Date(state.mtimeMs + 1);
  Deno.utimeSync(path, later, later);
  return stateOf(path) ?? state;
}
