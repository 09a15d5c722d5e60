import { checkModel } from "../checkmodel.ts";

const file = "sql/questions/most_popular_category_by_country.sql";

Deno.test("most_popular_category_by_country counts posts and keeps all ties, by name", () =>
  checkModel(file, {
    given: {
      pin: [
        { ind: 1, category: "travel" },
        { ind: 2, category: "art" },
        { ind: 3, category: "art" },
        { ind: 4, category: "travel" },
        { ind: 5, category: "quotes" },
        { ind: 6, category: "art" },
      ],
      geo: [
        { ind: 1, country: "Albania" },
        { ind: 2, country: "Albania" },
        { ind: 3, country: "Albania" },
        { ind: 4, country: "Albania" },
        { ind: 5, country: "Albania" },
        { ind: 6, country: "Algeria" },
      ],
    },
    ordered: true,
    expect: [
      { country: "Albania", category: "art", category_count: 2 },
      { country: "Albania", category: "travel", category_count: 2 },
      { country: "Algeria", category: "art", category_count: 1 },
    ],
  }));

Deno.test("most_popular_category_by_country counts error users, but no orphans and no nulls", () =>
  checkModel(file, {
    given: {
      pin: [
        { ind: 1, category: "art", poster_name: null, follower_count: null },
        { ind: 2, category: null },
        { ind: 3, category: "art" },
        { ind: 4, category: "travel" }, // has no place
      ],
      geo: [
        { ind: 1, country: "Albania" },
        { ind: 2, country: "Albania" },
        { ind: 3, country: null },
        { ind: 5, country: "Algeria" }, // has no post
      ],
    },
    expect: [{ country: "Albania", category: "art", category_count: 1 }],
  }));
