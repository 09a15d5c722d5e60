/** The helper must fail where it should: a check that cannot fail proves nothing. */
import assert from "node:assert/strict";
import { checkModel } from "./checkmodel.ts";

const file = "sql/questions/users_joined_by_year.sql";
const given = {
  user: [
    { ind: 1, user_name: "Ann", date_joined: "2015-01-01 00:00:00" },
    { ind: 2, user_name: "Bob", date_joined: "2016-01-01 00:00:00" },
  ],
};

Deno.test("checkModel takes missing columns as null, and leaves unexpected ones free", () =>
  checkModel(file, { given, expect: [{ join_year: 2016 }, { join_year: 2015 }] }));

Deno.test("checkModel fails on a wrong value, a missing row, and a row too many", async () => {
  const first = { join_year: 2015, number_users_joined: 1 };
  const second = { join_year: 2016, number_users_joined: 1 };
  await checkModel(file, { given, expect: [first, second] });
  for (
    const expect of [[first], [first, second, second], [first, {
      ...second,
      number_users_joined: 2,
    }]]
  ) {
    await assert.rejects(checkModel(file, { given, expect }), assert.AssertionError);
  }
});

Deno.test("checkModel compares types: 2015 is not '2015'", () =>
  assert.rejects(
    checkModel(file, { given, expect: [{ join_year: "2015" }, { join_year: "2016" }] }),
    assert.AssertionError,
  ));

Deno.test("checkModel heeds the order where it is asked to", () =>
  assert.rejects(
    checkModel(file, { given, expect: [{ join_year: 2016 }, { join_year: 2015 }], ordered: true }),
    assert.AssertionError,
  ));

Deno.test("checkModel refuses tables that the model does not read, and columns they lack", async () => {
  await assert.rejects(checkModel(file, { given: { pin: [] }, expect: [] }), /does not read pin/);
  await assert.rejects(
    checkModel(file, { given: { user: [{ nobody: 1 }] }, expect: [] }),
    /user has no column nobody/,
  );
});
