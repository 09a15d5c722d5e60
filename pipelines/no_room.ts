/**
 * No room: any error -> whether a disk took no more, in one sentence; the one place that knows.
 *
 * Whoever writes (a ledger, the engine, a generator, a part of the simulated cloud) says it in
 * words of its own, and the number of the system's error is all that they have in common. It is
 * never the fault of what was written.
 */

/** By Linux's number and name, and in the words of the C library. */
const kinds: readonly { found: RegExp; words: string }[] = [
  {
    found: /\bos error 28\b|\bENOSPC\b|no space left on device/i,
    words: "The disk is full",
  },
  {
    found: /\bos error 122\b|\bEDQUOT\b|disk quota exceeded/i,
    words: "The quota of the disk is used up",
  },
  {
    found: /\bos error 27\b|\bEFBIG\b|\bfile too large\b/i,
    words: "The disk takes no more: a limit on the size of files is in force",
  },
  // DuckDB may spill as much as the disk had room for when it began, by its own account.
  { found: /'max_temp_directory_size'/, words: "The disk is full" },
];

/** What is the matter with the disk; null if it is something else. */
export function noRoom(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = "code" in at ? String(at.code) : "";
    const kind = kinds.find(({ found }) => found.test(`${code} ${at.message}`));
    if (kind !== undefined) return kind.words;
  }
  return null;
}
