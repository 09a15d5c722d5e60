/** Mutants: each kind of change, and what is left as it is. */
import assert from "node:assert/strict";
import { patternMutants } from "../../../pipelines/check/mutant_patterns.ts";
import { mutantsOf } from "../../../pipelines/check/mutants.ts";

/** What becomes of one line of SQL, without the line around the change. */
function changes(text: string): string[] {
  return mutantsOf(text).map(({ was, becomes }) => `${was} -> ${becomes}`);
}

Deno.test("a comparison is turned round and its boundary moved", () => {
  assert.deepEqual(changes("select a from t where a < b"), ["< -> <=", "< -> >="]);
  assert.deepEqual(changes("select a from t where a >= b"), [">= -> >", ">= -> <"]);
  assert.deepEqual(changes("select a from t where a = b"), ["= -> <>"]);
});

Deno.test("AND and OR change places, but not the AND of a BETWEEN", () => {
  assert.deepEqual(changes("select a from t where a or b and c"), ["or -> and", "and -> or"]);
  assert.deepEqual(changes("select a from t where a between b and c"), ["between -> not between"]);
  assert.deepEqual(
    changes("select a from t where a between f(b) and c and d"),
    ["between -> not between", "and -> or"],
  );
});

Deno.test("an inner join becomes a left one, and a left one an inner one", () => {
  assert.deepEqual(changes("select a from t join u using (a)"), ["join -> left join"]);
  assert.deepEqual(changes("select a from t inner join u using (a)"), ["inner -> left"]);
  assert.deepEqual(changes("select a from t left join u using (a)"), ["left -> inner"]);
  assert.deepEqual(changes("select a from t cross join u"), []);
});

Deno.test("each key of an order is turned round, whether it says its direction or not", () => {
  const sql = "select a from t order by a desc nulls last, f(b, c), d";
  const texts = mutantsOf(sql).map(({ text }) => text);
  assert.deepEqual(texts, [
    "select a from t order by a desc nulls last, f(b, c) desc, d",
    "select a from t order by a desc nulls last, f(b, c), d desc",
    "select a from t order by a asc nulls last, f(b, c), d",
    "select a from t order by a desc nulls first, f(b, c), d",
  ]);
  assert.deepEqual(
    mutantsOf("select row_number() over (order by a) as n from t").map(({ text }) => text),
    [
      "select rank() over (order by a) as n from t",
      "select row_number() over (order by a desc) as n from t",
    ],
  );
});

Deno.test("the tests for null, NOT, IN and LIKE say the opposite, DISTINCT is dropped", () => {
  assert.deepEqual(changes("select a is null from t"), ["is null -> is not null"]);
  assert.deepEqual(changes("select a is not null from t"), ["is not -> is"]);
  assert.deepEqual(changes("select a from t where a not in (b)"), ["not -> "]);
  assert.deepEqual(changes("select a from t where a in (b)"), ["in -> not in"]);
  assert.deepEqual(changes("select distinct a from t"), ["distinct -> "]);
  assert.deepEqual(changes("select a from t union all select a from u"), ["union all -> union"]);
});

Deno.test("numbers move by one of their last digit, but not those of a type", () => {
  assert.deepEqual(changes("select 7"), ["7 -> 8", "7 -> 6"]);
  assert.deepEqual(changes("select 0"), ["0 -> 1"]);
  assert.deepEqual(changes("select 0.25"), ["0.25 -> 0.26", "0.25 -> 0.24"]);
  assert.deepEqual(changes("select cast(a as decimal(18, 8)) from t"), []);
});

Deno.test("a suffix loses its percent sign and its letter", () => {
  assert.deepEqual(changes("select a like '%k' from t"), [
    "like -> not like",
    "'%k' -> 'k'",
    "'%k' -> '%'",
  ]);
});

Deno.test("a text becomes another one, an empty one is no more empty", () => {
  assert.deepEqual(changes("select 'art'"), ["'art' -> 'art~'"]);
  assert.deepEqual(changes("select ''"), ["'' -> 'mutant'"]);
});

Deno.test("what stands for all columns, in names and in comments is left alone", () => {
  assert.deepEqual(changes("-- 1 and 2\nselect *, t.year, count(*) as min from t"), []);
  assert.deepEqual(changes("select a * b, -a from t"), ["* -> /"]);
});

Deno.test("a mutant says its place and shows its line as it would read", () => {
  const [first] = mutantsOf("select a\nfrom t\n  where a = 'x'");
  assert.deepEqual(first, {
    line: 3,
    column: 11,
    was: "=",
    becomes: "<>",
    shown: "where a <> 'x'",
    text: "select a\nfrom t\n  where a <> 'x'",
  });
});

Deno.test("every sign of a pattern is changed once", () => {
  assert.deepEqual(patternMutants("^-?[0-9]+x{1,2}"), [
    "-?[0-9]+x{1,2}",
    "^-[0-9]+x{1,2}",
    "^-?[1-9]+x{1,2}",
    "^-?[0-8]+x{1,2}",
    "^-?[0-9]x{1,2}",
    "^-?[0-9]+x{2,2}",
    "^-?[0-9]+x{0,2}",
    "^-?[0-9]+x{1,3}",
    "^-?[0-9]+x{1,1}",
  ]);
  assert.deepEqual(patternMutants("a(b|c)*[de][.]"), [
    "a(b)*[de][.]",
    "a(b|c)+[de][.]",
    "a(b|c)*[e][.]",
    "a(b|c)*[d~][.]",
    "a(b|c)*[de][~]",
  ]);
});
