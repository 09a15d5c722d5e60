/** Where in a file something is wrong. */
export interface Place {
  /** From 1; where the record begins, if it has several lines. */
  line?: number | undefined;
  /** From 1, in files without lines of their own. */
  row?: number | undefined;
  column?: string | undefined;
}

/** A source file that cannot be used: the person who gave it can mend it. */
export class SourceFileError extends Error {
  override readonly name = "SourceFileError";
  readonly file: string;
  readonly line: number | undefined;
  readonly column: string | undefined;

  constructor(file: string, problem: string, place: Place = {}) {
    super(placed(file, problem, place));
    this.file = file;
    this.line = place.line;
    this.column = place.column;
  }
}

/** `user_data.csv, line 3, column 'age': Expected …` */
export function placed(file: string, problem: string, { line, row, column }: Place): string {
  const where = [file];
  if (line !== undefined) where.push(`line ${line}`);
  if (row !== undefined) where.push(`row ${row}`);
  if (column !== undefined) where.push(`column '${column}'`);
  return `${where.join(", ")}: ${problem}`;
}

/** Long cells are cut in messages. */
export function shown(text: string): string {
  return text.length > 60 ? `'${text.slice(0, 60)}…'` : `'${text}'`;
}
