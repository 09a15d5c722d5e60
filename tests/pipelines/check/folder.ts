/** Folders of SQL for the tests of `check`: files by their paths, gone afterwards. */

export type Files = Record<string, string | Uint8Array>;

export async function write(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = `${dir}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
  }
}

export async function inFolderOf(files: Files, work: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir({ prefix: "check-" });
  try {
    await write(dir, files);
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Numbers doubled, and those doubled ones that are large; each with a case. */
export const twoModels: Files = {
  "sql/doubled.sql": `-- doubled.sql: each number twice as large.
-- input    numbers: n int
-- grain    n
-- output   n int, twice int
-- audit range(twice, 0, 100)

select
    n,
    n * 2 as twice
from numbers
`,
  "sql/large.sql": `-- large.sql: the large ones.
-- input    doubled
-- grain    n
-- output   n int

select n
from doubled
where twice > 10
`,
  "sql/samples/numbers.csv": "n\n1\n2\n",
  "tests/sql/doubled.test": `test doubles
  given numbers
    | n |
    | 3 |
  expect
    | n | twice |
    | 3 | 6     |
`,
  "tests/sql/large.test": `test begins above ten
  given doubled
    | n | twice |
    | 5 | 10    |
    | 6 | 11    |
  expect
    | n |
    | 6 |
`,
};
