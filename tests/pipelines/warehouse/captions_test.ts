import assert from "node:assert/strict";
import { captionOf } from "../../../pipelines/warehouse/captions.ts";
import { readHeader } from "../../../sql/dialect/mod.ts";

const header = `-- input    pin
-- output   year int, kind string, posts bigint
-- title    Posts: how many?
-- picture  bars of posts by year
-- units    posts: posts
select 1`;

const caption = (text: string, file = "questions/posts_by_year.sql") =>
  captionOf(file, readHeader(text));

const drawn = (picture: string) =>
  caption(header.replace("bars of posts by year", picture))?.picture;

Deno.test("a question's caption is its title, picture, unit and place; other models have none", () => {
  const expected = {
    title: "Posts: how many?",
    picture: { kind: "bars", value: "posts", label: "year", note: undefined, most: undefined },
    units: "posts: posts",
  };
  assert.deepEqual(caption(header), { ...expected, order: Infinity });
  assert.equal(caption(header.replace("-- units", "-- order    3\n-- units"))?.order, 3);
  assert.equal(caption("select 1", "clean/pin.sql"), null);
  assert.equal(caption("select 1", "marts/questions/x.sql"), null);
});

Deno.test("every form of a picture is read", () => {
  assert.deepEqual(drawn("table"), { kind: "table" });
  assert.deepEqual(drawn("figure of posts by kind"), {
    kind: "figure",
    value: "posts",
    label: "kind",
  });
  for (const kind of ["groups", "heat"]) {
    const picture = { kind, value: "posts", label: "year", series: "kind" };
    assert.deepEqual(drawn(`${kind} of posts by year and kind`), picture);
  }
  assert.deepEqual(drawn("bars of posts by year, note kind, most 25"), {
    ...{ kind: "bars", value: "posts", label: "year" },
    ...{ note: "kind", most: 25 },
  });
});

Deno.test("what is missing or cannot be told is refused with what to write", () => {
  const without = (key: string) =>
    header.split("\n").filter((line) => !line.startsWith(`-- ${key} `)).join("\n");
  assert.throws(() => caption(without("title")), /no title: write '-- title {4}</);
  assert.throws(() => caption(without("picture")), /no picture: write '-- picture {2}bars of </);
  assert.throws(() => caption(without("units")), /no unit: write '-- units {4}</);
  const order = header.replace("-- units", "-- order    first\n-- units");
  assert.throws(() => caption(order), /order 'first' at line 5: write a whole number/);
  for (
    const picture of [
      ...[
        "pie of posts by year",
        "bars",
        "bars of posts by year and kind",
        "heat of posts by year",
      ],
      ...["figure of posts by year, most 3", "groups of posts by year and kind, note kind"],
    ]
  ) {
    assert.throws(() => drawn(picture), /Cannot read the picture '.*' at line 4: write '-- pict/);
  }
  assert.throws(
    () => drawn("bars of posts by month"),
    /names 'month': write one of the output's columns, year, kind, posts at line 4/,
  );
  assert.throws(() => drawn("bars of posts by year, note month"), /names 'month'/);
  assert.throws(() => drawn("bars of kind by year"), /'kind', which is no number but string/);
});

Deno.test("a question that no run would find, or that would replace a table, is refused", () => {
  assert.throws(() => caption(header, "questions/more/x.sql"), /no folder below it is read/);
  assert.throws(() => caption(header, "questions/top-ten.sql"), /use letters, digits and/);
  for (const name of ["pin", "raw_geo", "rejects", "Nulled", "landed_user"]) {
    assert.throws(() => caption(header, `questions/${name}.sql`), /has a table of that name/);
  }
  assert.notEqual(caption(header, "questions/most_followed_user.sql"), null);
});
