/**
 * `check` as people run it: mistakes planted into a copy of sql/, files that are wrong in every
 * way there is, and somebody else's folder.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { inFolder, run } from "./harness.ts";

const root = new URL("../../", import.meta.url).pathname;

/** A copy of the project's models and tests. */
async function copyOfSql(dir: string): Promise<string> {
  for (const folder of ["sql/clean", "sql/questions", "tests/sql"]) {
    await cp(`${root}${folder}`, `${dir}/${folder}`, {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  }
  return `${dir}/sql`;
}

/** What a run says about a mistake, and the line that the mistake is on. */
interface Planted {
  text: string;
  line: number;
}

/** Puts a mistake in the place of what is right, checks that model, takes it out again. */
async function planted(sql: string, file: string, right: string, wrong: string): Promise<Planted> {
  const path = `${sql}/${file}`;
  const text = await Deno.readTextFile(path);
  assert.ok(text.includes(right), `${file} has no ${right}`);
  await Deno.writeTextFile(path, text.replace(right, wrong));
  const name = file.slice(file.lastIndexOf("/") + 1).replace(".sql", "");
  const { code, stdout } = await run("check", sql, name);
  await Deno.writeTextFile(path, text);
  assert.equal(code, 1, stdout);
  return { text: stdout, line: text.slice(0, text.indexOf(right)).split("\n").length };
}

Deno.test("each mistake planted into sql/ is caught, with what to do about it", () =>
  inFolder(async (dir) => {
    const sql = await copyOfSql(dir);
    const clean = await run("check", sql);
    assert.equal(clean.code, 0, clean.stdout);
    assert.match(clean.stdout, /^13 models, [0-9]+ tests, [0-9]+ audits: all well[.]/);

    const users = "questions/users_joined_by_year.sql";
    const { text: functionOfDuckDb, line } = await planted(
      sql,
      users,
      "year(date_joined) as",
      "isoyear(date_joined) as",
    );
    assert.match(
      functionOfDuckDb,
      new RegExp(`users_joined_by_year[.]sql:${line}:5\n.*isoyear.*; write `),
    );

    const cast = await planted(sql, users, "count(*)", "count(*) + cast('1.5' as int)");
    assert.match(
      cast.text,
      new RegExp(
        `users_joined_by_year[.]sql:${cast.line}:21\n.*'1.5' is no whole number.*; write `,
      ),
    );

    const alias = await planted(sql, users, "where year(date_joined)", "where join_year");
    assert.match(
      alias.text,
      new RegExp(`users_joined_by_year[.]sql:${alias.line}:7\n.*cannot use 'join_year'.*; write `),
    );

    const suffix = await planted(
      sql,
      "clean/pin.sql",
      "when 'k' then 1000\n",
      "",
    );
    assert.match(
      suffix.text,
      /pin[.]test:[0-9]+ .*\n(.*\n)*?.*follower_count +expected 124000 +actual 124\n/,
    );

    const bound = await planted(
      sql,
      "questions/median_followers_by_age_group.sql",
      "between 18 and 24",
      "between 24 and 18",
    );
    assert.match(bound.text, /median_followers_by_age_group[.]test:[0-9]+ /);
    assert.match(bound.text, /age_group 18-24 .*expected, not there/);
  }));

const good = `-- good.sql: doubled.
-- input    numbers: n int
-- output   n int, twice int

select n, n * 2 as twice from numbers
`;

/** Files by their paths; text, or bytes. */
async function write(dir: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = `${dir}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
  }
}

const header = "-- x: a model.\n-- input    numbers: n int\n-- output   n int\n\n";

Deno.test("every wrong file is named with its line and a sentence, and the others are checked", () =>
  inFolder(async (dir) => {
    await write(dir, {
      "m/good.sql": good,
      "m/good.test": "test doubles\n  given numbers\n    | n |\n    | 2 |\n" +
        "  expect\n    | n | twice |\n    | 2 | 4     |\n",
      "m/syntax.sql": `${header}select n\nfrom numbers\nwhere where n = 1\n`,
      "m/table.sql": `${header}select n\nfrom no_such_table\n`,
      "m/column.sql": `${header}select\n    m as n\nfrom numbers\n`,
      "m/bare.sql": "select 1 as n\n",
      "m/one.sql": "-- one.\n-- input    two\n-- output   n int\n\nselect n from two\n",
      "m/two.sql": "-- two.\n-- input    one\n-- output   n int\n\nselect n from one\n",
      "m/latin.sql": Uint8Array.of(0x2d, 0x2d, 0x20, 0xe9, 0x0a),
      "m/gone.test": "test of nothing\n  given numbers\n    | n |\n    | 2 |\n  expect no rows\n",
      "m/typed.sql": good.replace("good", "typed"),
      "m/typed.test": "test a number is no word\n  given numbers\n    | n |\n    | 2 |\n" +
        "  expect\n    | n | twice |\n    | 2 | four  |\n",
    });
    const { code, stdout, stderr } = await run("check", `${dir}/m`, "--json");
    assert.equal(code, 1, stderr);
    const { results, totals } = JSON.parse(stdout);
    const told = results.filter(({ status }: { status: string }) => status === "failed")
      .map(({ file, line, message }: { file: string; line: number; message: string }) => ({
        place: `${file.slice(file.lastIndexOf("/") + 1)}:${line}`,
        message,
      }));
    const places: string[] = told.map(({ place }: { place: string }) => place).sort();
    assert.deepEqual(places.filter((place) => !/^(one|two)[.]sql/.test(place)), [
      "bare.sql:1",
      "column.sql:6",
      "gone.test:1",
      "latin.sql:1",
      "syntax.sql:7",
      "table.sql:6",
      "typed.test:7",
    ]);
    assert.ok(places.some((place) => /^(one|two)[.]sql:2$/.test(place)), places.join());
    for (const { message } of told) {
      assert.match(message, /^[^\n]{10,}$/, "one sentence");
      assert.doesNotMatch(message, /mistake in the program|\bat file:/);
    }
    const passed = results.filter(({ name, status }: { name: string; status: string }) =>
      name === "doubles" && status === "passed"
    );
    assert.equal(passed.length, 1);
    assert.equal(totals.tests, 2);
  }));

Deno.test("exit codes: 0 all well, 1 something failed, 2 wrong usage, each with one sentence", () =>
  inFolder(async (dir) => {
    await write(dir, { "m/good.sql": good });
    await Deno.mkdir(`${dir}/empty`);
    assert.equal((await run("check", `${dir}/m`)).code, 0);
    const cases: [string[], RegExp][] = [
      [[`${dir}/empty`], /empty:1: There are no models here/],
      [[`${dir}/none/`], /No folder .*none/],
      [[`${dir}/m`, "bad"], /Nothing in .*m is named 'bad'/],
      [[`${dir}/m`, "--new", "bad"], /No model bad in/],
      [[`${dir}/m`, "--watch", "--mutate"], /--watch and --mutate do not go together/],
      [[`${dir}/m`, "--junit", `${dir}/no/such/file.xml`], /Cannot write --junit/],
    ];
    for (const [words, sentence] of cases) {
      const { code, stderr } = await run("check", ...words);
      assert.equal(code, 2, words.join(" "));
      assert.match(stderr, sentence);
    }
  }));

Deno.test("somebody else's folder: models, a schema, tests beside, a draft, mutants, JUnit", () =>
  inFolder(async (dir) => {
    await write(dir, {
      "shop/schema.sql": "create table orders (id int, price decimal(10, 2), paid boolean);\n",
      "shop/paid.sql": "-- paid.sql: orders that are paid.\n-- input    orders\n-- grain    id\n" +
        "-- output   id int, price decimal(10, 2)\n-- audit not_null(id)\n\n" +
        "select id, price\nfrom orders\nwhere paid and price > 10\n",
      "shop/samples/orders.csv": "id,price,paid\n1,10.00,true\n2,10.01,true\n3,99.99,false\n",
    });
    const shop = `${dir}/shop`;
    const checked = await run("check", shop, "--junit", `${dir}/out.xml`);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    assert.match(await Deno.readTextFile(`${dir}/out.xml`), /<testsuites tests="/);

    // Nothing is tested so far, so nothing is noticed.
    const untested = await run("check", shop, "--mutate");
    assert.equal(untested.code, 1);
    assert.match(untested.stdout, /paid[.]sql:9:22\n {2}No test notices > -> >=\n/);

    const drafted = await run("check", shop, "--new", "paid", "--json");
    assert.equal(drafted.code, 0, drafted.stderr);
    const { text } = JSON.parse(drafted.stdout);
    assert.match(
      text,
      /given orders\n.*\| id \| price \| paid {2}\|\n.*\| 1 {2}\| 10.00 \| true {2}\|/,
    );
    assert.match(text, /expect\n.*\| id \| price \|\n.*\| 2 {2}\| 10.01 \|\n$/);

    // The samples stand on both sides of the bound: the draft notices every change.
    const tested = await run("check", shop, "--mutate");
    assert.equal(tested.code, 0, tested.stdout);
    assert.match(tested.stdout, /^5 mutants: 5 noticed, 0 excused, 0 survived/);
  }));
