/**
 * A file and what is known about it, changed as one.
 *
 * The file is the truth: notes carry size and time of the file they belong to and count only
 * while both agree. New notes are laid beside the old ones, then the file is renamed into place,
 * then the notes: killed between any two of these steps, old file with old notes or new file
 * with new notes is what the next reader finds. A file that came in by hand has no notes.
 */
import { type Disk, type FileState, readText, removeFile, stateOf } from "./disk.ts";

export type Content =
  | { kind: "bytes"; bytes: Uint8Array }
  /** A temporary file, which becomes the file itself. */
  | { kind: "file"; path: string };

interface Note<T> {
  file: FileState;
  about: T;
}

const encoder = new TextEncoder();

function nextOf(notePath: string): string {
  return `${notePath}.next`;
}

/** What is noted about the file in this state; null if nothing is. */
export function readNote<T>(
  notePath: string,
  state: FileState,
  isAbout: (value: unknown) => value is T,
): T | null {
  for (const path of [notePath, nextOf(notePath)]) {
    const note = parseNote(readText(path));
    if (note !== null && sameState(note.file, state) && isAbout(note.about)) return note.about;
  }
  return null;
}

function parseNote(text: string | null): Note<unknown> | null {
  // Empty: the process was killed between making the file and filling it.
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function sameState(one: FileState | undefined, other: FileState): boolean {
  return one?.size === other.size && one.mtimeMs === other.mtimeMs;
}

/**
 * Puts a file with its notes in place of `old`.
 * @param place moves the file from its temporary path to its own; what it throws undoes all
 */
export function commitFile<T>(
  disk: Disk,
  content: Content,
  note: { path: string; about: T },
  old: FileState | null,
  place: (from: string) => void,
): FileState {
  const from = content.kind === "file" ? content.path : disk.write(content.bytes);
  // Beside a file there may be notes that still hold; without one there is nothing to keep.
  const notePath = old === null ? note.path : nextOf(note.path);
  try {
    const file = distinctState(from, old);
    const text = JSON.stringify({ file, about: note.about } satisfies Note<T>);
    disk.writeAt(notePath, encoder.encode(text));
    place(from);
    if (old !== null) Deno.renameSync(notePath, note.path);
    return file;
  } catch (error) {
    removeFile(from);
    throw error;
  }
}

/** The state of the new file, moved on by a moment if it could be taken for the old one. */
function distinctState(path: string, old: FileState | null): FileState {
  const state = stateOf(path);
  if (state === null) throw new Error(`Cannot store ${path}: it has been removed`);
  if (old === null || !sameState(old, state)) return state;
  Deno.utimeSync(path, (state.mtimeMs + 1) / 1000, (state.mtimeMs + 1) / 1000);
  return stateOf(path) ?? state;
}

/** Writes new notes about a file that stays as it is. */
export function rewriteNote<T>(disk: Disk, notePath: string, file: FileState, about: T): void {
  const text = JSON.stringify({ file, about } satisfies Note<T>);
  Deno.renameSync(disk.write(encoder.encode(text)), notePath);
}

export function removeNotes(notePath: string): void {
  removeFile(notePath);
  removeFile(nextOf(notePath));
}
