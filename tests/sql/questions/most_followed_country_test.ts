import { checkModel } from "../checkmodel.ts";

const file = "sql/questions/most_followed_country.sql";

Deno.test("most_followed_country is exactly one row: of a tie the first by name", () =>
  checkModel(file, {
    given: {
      pin: [
        { ind: 1, poster_name: "Ann", follower_count: 8000000 },
        { ind: 2, poster_name: "Bob", follower_count: 8000000 },
        { ind: 3, poster_name: "Cy", follower_count: 7 },
      ],
      geo: [
        { ind: 1, country: "Angola" },
        { ind: 2, country: "American Samoa" },
        { ind: 3, country: "Albania" },
      ],
    },
    expect: [{ country: "American Samoa", follower_count: 8000000 }],
  }));

Deno.test("most_followed_country heeds neither unknown countries nor posts without a name", () =>
  checkModel(file, {
    given: {
      pin: [
        { ind: 1, poster_name: "Ann", follower_count: 9 },
        { ind: 2, poster_name: null, follower_count: 8 },
        { ind: 3, poster_name: "Cy", follower_count: 7 },
        { ind: 4, poster_name: "Di", follower_count: 10 },
      ],
      geo: [{ ind: 1, country: null }, { ind: 2, country: "Chad" }, { ind: 3, country: "Korea" }],
    },
    expect: [{ country: "Korea", follower_count: 7 }],
  }));
