/** All ten questions at once, over random posts, against a calculation of their own. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { fill, outputOf, root } from "../checkmodel.ts";
import { answersOf, type World } from "./independent.ts";

// Few values each, so that ties, repeats, nulls and orphans are everywhere.
const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 8 });
const second = fc.constantFrom(
  ...["2014-12-31", "2015-01-01", "2016-07-01", "2017-12-31", "2018-01-01", "2019-05-05"],
  ...["2020-12-31", "2021-01-01", "2022-12-31", "2023-01-01"],
).chain((day) =>
  fc.constantFrom("00:00:00", "12:30:00", "23:59:59").map((time) => `${day}T${time}Z`)
);

const pin = fc.record({
  category: rarely(fc.constantFrom("art", "beauty", "quotes", "travel")),
  poster_name: rarely(fc.constantFrom("Ann", "ann", "Bob", "Émile", "zoe")),
  follower_count: rarely(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.nat(15_000_000))),
});
const geo = fc.record({
  country: rarely(fc.constantFrom("Albania", "Algeria", "Chad", "Cote d'Ivoire")),
  timestamp: rarely(second),
});
const user = fc.record({
  user_name: rarely(fc.constantFrom("Ann Ali", "Bob Ali", "Cy Lee")),
  age: rarely(fc.constantFrom(17, 18, 24, 25, 35, 36, 50, 51, 60)),
  date_joined: rarely(second),
});

/** Each table lacks some indexes: orphans on all sides. */
const world: fc.Arbitrary<World> = fc.integer({ min: 1, max: 300 }).chain((count) => {
  const table = <T extends object>(row: fc.Arbitrary<T>) =>
    fc.array(fc.tuple(row, fc.nat(19)), { minLength: count, maxLength: count })
      .map((rows) =>
        rows.map(([of, roll], ind) => ({ ind, keep: roll > 0, ...of }))
          .filter(({ keep }) => keep).map(({ keep: _, ...of }) => of)
      );
  return fc.record({ pin: table(pin), geo: table(geo), user: table(user) });
});

Deno.test("the ten answers equal an independent calculation over random posts", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  const texts = new Map<string, string>();
  for (const name of Object.keys(answersOf({ pin: [], geo: [], user: [] }))) {
    texts.set(name, await Deno.readTextFile(new URL(`sql/questions/${name}.sql`, root)));
  }
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      for (const table of ["pin", "geo", "user"] as const) {
        await fill(
          warehouse,
          table,
          await outputOf(table),
          given[table].map((row) => ({ ...row })),
        );
      }
      const expected = answersOf(given);
      for (const [name, text] of texts) {
        await warehouse.model(name, text, { as: "view" });
        assert.deepEqual({ [name]: await warehouse.rows(`SELECT * FROM ${name}`) }, {
          [name]: expected[name],
        });
      }
    }),
    { numRuns: 12, seed: 20, endOnFailure: true },
  );
});
