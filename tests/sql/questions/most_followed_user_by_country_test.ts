import { checkModel } from "../checkmodel.ts";

Deno.test("most_followed_user_by_country takes each name's highest count, and keeps all ties", () =>
  checkModel("sql/questions/most_followed_user_by_country.sql", {
    given: {
      pin: [
        { ind: 1, poster_name: "Zoe", follower_count: 8000000 },
        { ind: 2, poster_name: "Ann", follower_count: 8000000 },
        { ind: 3, poster_name: "Ann", follower_count: 5 },
        { ind: 4, poster_name: "Bob", follower_count: 7999999 },
        { ind: 5, poster_name: "Ann", follower_count: 3 },
        { ind: 6, poster_name: "Cy", follower_count: 0 },
      ],
      geo: [
        { ind: 1, country: "Angola" },
        { ind: 2, country: "Angola" },
        { ind: 3, country: "Angola" },
        { ind: 4, country: "Angola" },
        { ind: 5, country: "Chad" }, // only the posts made there count there
        { ind: 6, country: "Korea" },
      ],
    },
    ordered: true,
    expect: [
      { country: "Angola", poster_name: "Ann", follower_count: 8000000 },
      { country: "Angola", poster_name: "Zoe", follower_count: 8000000 },
      { country: "Chad", poster_name: "Ann", follower_count: 3 },
      { country: "Korea", poster_name: "Cy", follower_count: 0 },
    ],
  }));

Deno.test("most_followed_user_by_country has neither error users, orphans nor unknown countries", () =>
  checkModel("sql/questions/most_followed_user_by_country.sql", {
    given: {
      pin: [
        { ind: 1, poster_name: null, follower_count: 9 },
        { ind: 2, poster_name: "Ann", follower_count: null },
        { ind: 3, poster_name: "Ann", follower_count: 9 },
        { ind: 4, poster_name: "Ann", follower_count: 9 },
      ],
      geo: [
        { ind: 1, country: "Albania" },
        { ind: 2, country: "Albania" },
        { ind: 3, country: null },
        { ind: 9, country: "Chad" },
      ],
    },
    expect: [],
  }));
