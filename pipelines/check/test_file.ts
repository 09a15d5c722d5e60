/**
 * Test file: text -> test cases of one model, each line of it known by its number.
 *
 *   # clean/pin: what counts as a follower        a comment, on a line of its own
 *   model pin                                     only where the file is not named pin.test
 *
 *   test k and M are thousands and millions       one sentence; the cases follow each other
 *     at 2020-08-28 03:52:47                      what the clock shows, for models that look at it
 *     given raw_pin
 *       | index | follower_count |                names, and types where wanted: `| age int |`
 *       | 1     | 2k             |
 *     given raw_user from users.csv               or .jsonl; the path counts from this file
 *     given pin, geo                              one table for both: each takes its columns
 *     expect                                      the model; columns not named are free
 *       | ind | follower_count |
 *       | 1   | 2000           |                  # a remark behind a row
 *     expect parsed ordered                       one of its CTEs; rows in this order
 *       {"ind": 1, "digits": "2"}                 JSON instead of a table, over any lines
 *     expect parsed no rows
 *
 * A cell is its text without the blanks around it, read as its column's type: `2k`, `-1.5`,
 * `2020-08-28 03:52:47`, `[1.5, 2]`. `null` is no value. In quotes it is a text of JSON, for what
 * a table cannot show: `""`, `" a"`, `"a|b"`, `"null"`, `"line\nbreak"`. A cell is never empty.
 * In CSV an empty cell is no value and `""` an empty text. Columns and tables that are not given
 * are null and empty; indents mean nothing.
 */
import { readTime } from "./cells.ts";
import { PlacedError, readJsonLines, readRowFile, readTable } from "./rows.ts";
import type { Expectation, Given, Problem, RowSet, TestCase } from "./types.ts";

export interface TestFile {
  cases: TestCase[];
  problems: Problem[];
}

/** Reads a file that a test names; the path counts from the test file. */
export type ReadBeside = (path: string) => Promise<{ file: string; text: string }>;

interface Line {
  line: number;
  text: string;
}

/** A case with a problem is left out; the others are there. */
export async function parseTestFile(
  file: string,
  text: string,
  model: string,
  read: ReadBeside,
): Promise<TestFile> {
  const parser = new Parser(file, model, read);
  for (const block of blocks(text)) await parser.block(block);
  return parser.end();
}

/** A line with a keyword, and the rows below it. */
interface Block extends Line {
  rows: Line[];
}

function blocks(text: string): Block[] {
  const found: Block[] = [];
  let inJson = false;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = { line: index + 1, text: raw.trim() };
    if (/^test\s/.test(line.text)) inJson = false; // An object without an end ends here.
    if (!inJson && (line.text === "" || line.text.startsWith("#"))) continue;
    const isRow = inJson || /^[|{]/.test(line.text);
    const last = found.at(-1);
    if (isRow && last !== undefined) last.rows.push(line);
    else found.push({ ...line, rows: [] });
    if (inJson || line.text.startsWith("{")) inJson = !line.text.endsWith("}");
  }
  return found;
}

class Parser {
  readonly #file: string;
  readonly #read: ReadBeside;
  readonly #cases: (TestCase & { given: Given[]; expects: Expectation[] })[] = [];
  readonly #problems: Problem[] = [];
  readonly #broken = new Set<TestCase>();
  #model: string;

  constructor(file: string, model: string, read: ReadBeside) {
    this.#file = file;
    this.#model = model;
    this.#read = read;
  }

  async block(block: Block): Promise<void> {
    const [word = ""] = block.text.split(/\s/, 1);
    const rest = block.text.slice(word.length).trim();
    try {
      if (word === "given" || word === "expect") await this.#rows(word, rest, block);
      else if (block.rows.length > 0) {
        throw this.#at(block.rows[0] ?? block, "rows belong below 'given' or 'expect'");
      } else if (word === "test") this.#test(rest, block);
      else if (word === "at") this.#case(block).at = readTime(rest);
      else if (word === "model") this.#setModel(rest, block);
      else {throw this.#at(
          block,
          `'${block.text}' begins with none of test, at, given, expect, model, # and |`,
        );}
    } catch (error) {
      this.#note(error, block);
    }
  }

  end(): TestFile {
    for (const test of this.#cases) {
      if (test.expects.length > 0 || this.#broken.has(test)) continue;
      const message = `the test '${test.name}' expects nothing; write 'expect' and rows, or ` +
        "'expect no rows'";
      this.#note(this.#at(test, message), test, test);
    }
    this.#problems.sort((a, b) => a.file === b.file ? a.line - b.line : 0);
    if (this.#cases.length === 0 && this.#problems.length === 0) {
      this.#problems.push({ file: this.#file, line: 1, message: "There is no test in this file" });
    }
    return {
      cases: this.#cases.filter((test) => !this.#broken.has(test)),
      problems: this.#problems,
    };
  }

  #test(name: string, { line }: Line): void {
    const file = this.#file;
    const test = { name, model: this.#model, file, line, at: null, given: [], expects: [] };
    this.#cases.push(test);
    if (name === "") throw new SyntaxError("a test needs a name: 'test', and one sentence");
    const twin = this.#cases.find((other) => other !== test && other.name === name);
    if (twin !== undefined) throw new SyntaxError(`line ${twin.line} has a test of this name`);
  }

  #setModel(name: string, block: Line): void {
    if (!/^\S+$/.test(name)) throw this.#at(block, "'model' needs the name of one model");
    if (this.#cases.length > 0) throw this.#at(block, "'model' belongs above the first test");
    this.#model = name.replace(/^.*[/]|[.]sql$/g, "");
  }

  #case(block: Line) {
    const test = this.#cases.at(-1);
    if (test === undefined) throw this.#at(block, `'${block.text}' belongs below a line 'test …'`);
    return test;
  }

  async #rows(word: "given" | "expect", rest: string, block: Block): Promise<void> {
    const test = this.#case(block);
    const { names, isOrdered, isEmpty, from } = this.#options(word, rest, block);
    const rows = isEmpty
      ? { file: this.#file, line: block.line, columns: [], rows: [] }
      : from !== undefined
      ? await this.#fromFile(from, block)
      : this.#inline(block);
    const { line } = block;
    if (word === "expect") {
      test.expects.push({ cte: names[0] ?? null, isOrdered, line, rows });
    } else {
      this.#given(test, names, isOrdered, block, rows);
    }
  }

  #given(
    test: TestCase & { given: Given[] },
    among: string[],
    isOrdered: boolean,
    block: Block,
    rows: RowSet,
  ): void {
    const { line } = block;
    if (among.length === 0) throw this.#at(block, "'given' needs the name of a table");
    if (isOrdered) throw this.#at(block, "the rows of a table have no order to give");
    for (const table of among) {
      const twin = test.given.find((given) => given.table === table);
      if (twin !== undefined) throw this.#at(block, `line ${twin.line} has rows of ${table}`);
      test.given.push({ table, among, line, rows });
    }
  }

  #options(word: string, rest: string, block: Block) {
    const { names, rest: end, isOrdered } = optionsOf(rest);
    const [, empty, from] = /^(no rows)$|^from (\S+)$/.exec(end) ?? [];
    const isOneName = word === "given" || names.length < 2;
    if (!isOneName || (end !== "" && empty === undefined && from === undefined)) {
      throw this.#at(
        block,
        `cannot read '${block.text}'; write 'given <table>, … [from <file>]' or ` +
          "'expect [<cte>] [ordered] [no rows | from <file>]'",
      );
    }
    if (end !== "" && block.rows[0] !== undefined) {
      throw this.#at(block.rows[0], `rows stand here, and the line above says '${end}'`);
    }
    return { names, isEmpty: empty !== undefined, from, isOrdered };
  }

  #inline(block: Block): RowSet {
    const [first] = block.rows;
    if (first === undefined) {
      throw this.#at(
        block,
        `there are no rows below '${block.text}'; write 'no rows' if that is meant`,
      );
    }
    return first.text.startsWith("{")
      ? readJsonLines(this.#file, block.rows)
      : readTable(this.#file, block.rows);
  }

  async #fromFile(path: string, block: Block): Promise<RowSet> {
    const { file, text } = await this.#read(path).catch((cause: Error) => {
      throw this.#at(block, `cannot read ${path}: ${cause.message}`);
    });
    return readRowFile(file, text);
  }

  #at({ line }: Line | TestCase, message: string): PlacedError {
    return new PlacedError(this.#file, line, message);
  }

  /** Notes what is wrong, and that the case it stands in cannot be run. */
  #note(error: unknown, { line }: Line | TestCase, test = this.#cases.at(-1)): void {
    if (!(error instanceof SyntaxError)) throw error;
    const placed = error instanceof PlacedError
      ? error
      : new PlacedError(this.#file, line, error.message);
    const message = placed.message.charAt(0).toUpperCase() + placed.message.slice(1);
    this.#problems.push({ file: placed.file, line: placed.line, message });
    if (test !== undefined) this.#broken.add(test);
  }
}

/** `[name] [ordered] [no rows | from file]`, cut at its words. */
function optionsOf(text: string) {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const at = words.findIndex((word) => ["ordered", "no", "from"].includes(word));
  const names = at === -1 ? words : words.slice(0, at);
  const others = at === -1 ? [] : words.slice(at);
  const isOrdered = others[0] === "ordered";
  return { names, isOrdered, rest: others.slice(isOrdered ? 1 : 0).join(" ") };
}
