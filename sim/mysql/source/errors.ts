/** A source file that cannot be used: the person who gave it can mend it. */
export class SourceFileError extends Error {
  override readonly name = "SourceFileError";
  readonly file: string;
  /** From 1; where the record begins, if it has several. */
  readonly line: number | undefined;
  readonly column: string | undefined;

  constructor(file: string, problem: string, place: { line?: number; column?: string } = {}) {
    const where = [file];
    if (place.line !== undefined) where.push(`line ${place.line}`);
    if (place.column !== undefined) where.push(`column '${place.column}'`);
    super(`${where.join(", ")}: ${problem}`);
    this.file = file;
    this.line = place.line;
    this.column = place.column;
  }
}

/** Long cells are cut in messages. */
export function shown(text: string): string {
  return text.length > 60 ? `'${text.slice(0, 60)}…'` : `'${text}'`;
}
