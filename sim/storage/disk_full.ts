/**
 * Disk full: an error of the file system -> whether the disk took no more, and a word about it.
 *
 * A service answers in its vendor's words (500, SlowDown, KAFKA_STORAGE_ERROR), which its clients
 * take for trouble that passes. Whoever started the simulator is told the reason as well, once, so
 * that a run need not try until it gives up. A fault that the plan asked for is told to nobody.
 *
 * Observed (Deno 2.9.6): the number stands in the message; EDQUOT and EFBIG have no class.
 */

/** Linux's numbers for EFBIG, ENOSPC and EDQUOT. */
const noRoom = /\(os error (27|28|122)\)/;

/** What `disk.full` of the plan of faults throws in place of the system. */
export class PlannedFullDisk extends Error {
  readonly code = "ENOSPC";
  constructor() {
    super("No space left on device (os error 28)");
  }
}

/** No room: the process's limit on the size of files, the disk, or a quota. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && noRoom.test(error.message);
}

type Listener = (what: string) => void;

let listener: Listener | null = null;

/** Who is told, the first time only. */
export function onDiskFull(then: Listener): void {
  listener = then;
}

/** Passes on what a write ran into, if it was the disk. */
export function tellIfFull(path: string, error: unknown): void {
  if (listener === null || !isDiskFull(error) || error instanceof PlannedFullDisk) return;
  listener(`Cannot write ${path}: ${(error as Error).message}`);
  listener = null;
}
