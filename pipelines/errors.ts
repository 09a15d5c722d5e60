/** Trouble outside: what a client of an outside system throws, and whether trying again may help. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
  readonly retryable: boolean;
  constructor(message: string, { retryable, cause }: { retryable: boolean; cause?: unknown }) {
    super(message, { cause });
    this.retryable = retryable;
  }
}

/** The person at the keyboard can mend it: a flag, a file, a folder. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The run cannot go on, and says what was tried, what was found and what to do. Exit code 1. */
export class RunError extends Error {
  override readonly name = "RunError";
}
