import { checkModel } from "../checkmodel.ts";

const file = "sql/questions/users_joined_by_year.sql";

Deno.test("users_joined_by_year counts users, not posts, names or (name, age)", () =>
  checkModel(file, {
    given: {
      user: [
        { ind: 1, user_name: "Ann Ali", age: 20, date_joined: "2015-10-24 11:23:51" },
        { ind: 2, user_name: "Ann Ali", age: 20, date_joined: "2015-10-24 11:23:51" }, // the same
        { ind: 3, user_name: "Ann Ali", age: 21, date_joined: "2015-10-24 11:23:51" },
        { ind: 4, user_name: "Ann Ali", age: 20, date_joined: "2015-10-24 11:23:52" },
        { ind: 5, user_name: "Bob Ali", age: 20, date_joined: "2016-01-01 00:00:00" },
      ],
    },
    ordered: true,
    expect: [
      { join_year: 2015, number_users_joined: 3 },
      { join_year: 2016, number_users_joined: 1 },
    ],
  }));

Deno.test("users_joined_by_year takes null as equal to null", () =>
  checkModel(file, {
    given: {
      user: [
        { ind: 1, user_name: null, age: null, date_joined: "2015-10-24 11:23:51" },
        { ind: 2, user_name: null, age: null, date_joined: "2015-10-24 11:23:51" },
        { ind: 3, user_name: "Ann", age: null, date_joined: "2015-10-24 11:23:51" },
        { ind: 4, user_name: "Ann", age: null, date_joined: "2015-10-24 11:23:51" },
      ],
    },
    expect: [{ join_year: 2015, number_users_joined: 2 }],
  }));

Deno.test("users_joined_by_year covers 2015 to 2020, by the joining date", () =>
  checkModel(file, {
    given: {
      user: [
        { ind: 1, date_joined: "2014-12-31 23:59:59" },
        { ind: 2, date_joined: "2015-01-01 00:00:00" },
        { ind: 3, date_joined: "2020-12-31 23:59:59" },
        { ind: 4, date_joined: "2021-01-01 00:00:00" },
        { ind: 5, date_joined: null },
      ],
    },
    ordered: true,
    expect: [
      { join_year: 2015, number_users_joined: 1 },
      { join_year: 2020, number_users_joined: 1 },
    ],
  }));
