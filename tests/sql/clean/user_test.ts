/** clean/user: names, ages and joining dates. */
import { checkModel } from "../checkmodel.ts";
import { times } from "./times.ts";

const file = "sql/clean/user.sql";

Deno.test("clean/user joins first and last name with one space", () =>
  checkModel(file, {
    given: {
      raw_user: [
        { first_name: "Abigail", last_name: "Ali" },
        { first_name: " Abigail\n", last_name: "\u00a0Ali " },
        { first_name: "Mary Ann", last_name: "O'Neil" },
      ],
    },
    expect: [
      { user_name: "Abigail Ali" },
      { user_name: "Abigail Ali" },
      { user_name: "Mary Ann O'Neil" },
    ],
  }));

Deno.test("clean/user takes the one name that is there, and null when there is none", () =>
  checkModel(file, {
    given: {
      raw_user: [
        { first_name: "Abigail", last_name: null },
        { first_name: " ", last_name: "Ali" },
        { first_name: "", last_name: "\t" },
        { first_name: null, last_name: null },
      ],
    },
    expect: [
      { user_name: "Abigail" },
      { user_name: "Ali" },
      { user_name: null },
      { user_name: null },
    ],
  }));

Deno.test("clean/user reads ages as 32-bit integers, and nulls what is none", () =>
  checkModel(file, {
    given: {
      raw_user: [
        "17",
        "18",
        "60",
        " 35 ",
        "35.0",
        "-3",
        "0", // integers
        "35.5",
        "thirty",
        "1e2",
        "99999999999",
        "",
        null, // none
      ].map((age) => ({ age })),
    },
    expect: [
      17,
      18,
      60,
      35,
      35,
      -3,
      0, //
      null,
      null,
      null,
      null,
      null,
      null,
    ].map((age) => ({ age })),
  }));

Deno.test("clean/user reads every spelling of a joining date as UTC, and nulls what is none", () =>
  checkModel(file, {
    given: {
      raw_user: times.map(([text], index) => ({ ind: String(index), date_joined: text })),
    },
    expect: times.map(([, instant], index) => ({ ind: index, date_joined: instant })),
  }));
