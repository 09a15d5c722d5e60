/**
 * A source with dirt that a stream has to sort out: rows that stand twice, keys that stand twice
 * with different content, and keys that are no 32-bit integers; spread over all of the rows.
 */
import { generateSource } from "../../fixtures/generate.ts";

export const tables = ["pin", "geo", "user"] as const;
export type Table = typeof tables[number];

export const fileNames = {
  pin: "pinterest_data",
  geo: "geolocation_data",
  user: "user_data",
} as const;

export const keyNames = { pin: "index", geo: "ind", user: "ind" } as const;

/** A text column of each table that cleaning leaves as it is. */
export const witnesses = { pin: "unique_id", geo: "country", user: "first_name" } as const;

export interface DirtySource {
  posts: number;
  seed: number;
  /** Made; holds the three files. */
  dir: string;
}

/** Rows as lines of JSON, as they will be posted. */
export type Lines = Record<Table, string[]>;

/** Writes the files, and returns their rows. */
export async function dirtySource({ posts, seed, dir }: DirtySource): Promise<Lines> {
  const clean = await generateSource({ posts, seed, dir: `${dir}.clean` });
  await Deno.mkdir(dir, { recursive: true });
  const lines: Lines = { pin: [], geo: [], user: [] };
  for (const table of tables) {
    const text = await Deno.readTextFile(clean[table]);
    lines[table] = text.trimEnd().split("\n").flatMap((line, at) => withDirt(table, line, at));
    await Deno.writeTextFile(`${dir}/${fileNames[table]}.jsonl`, lines[table].join("\n") + "\n");
  }
  await Deno.remove(`${dir}.clean`, { recursive: true });
  return lines;
}

/** Every tenth row stands twice, and others have a rival or a key beyond what fits. */
function withDirt(table: Table, line: string, at: number): string[] {
  const row: Record<string, unknown> = JSON.parse(line);
  const key = keyNames[table];
  const changed = (changes: Record<string, unknown>) => JSON.stringify({ ...row, ...changes });
  switch (at % 10) {
    case 2:
      return [line, line];
    case 4:
      return [line, changed({ [witnesses[table]]: `Not ${row[witnesses[table]]}` })];
    case 7:
      return [line, changed({ [key]: (at % 20 < 10 ? 1 : -1) * (3_000_000_000 + at) })];
    default:
      return [line];
  }
}

/** The row's key if it is a 32-bit integer, else null. */
export function indOf(table: Table, row: Record<string, unknown>): number | null {
  const ind = row[keyNames[table]];
  return typeof ind === "number" && ind === (ind | 0) ? ind : null;
}
