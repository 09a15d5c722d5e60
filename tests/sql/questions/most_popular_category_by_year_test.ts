import { checkModel } from "../checkmodel.ts";

Deno.test("most_popular_category_by_year keeps the winners of 2018 to 2022, and all ties", () =>
  checkModel("sql/questions/most_popular_category_by_year.sql", {
    given: {
      pin: [
        { ind: 1, category: "art" },
        { ind: 2, category: "travel" },
        { ind: 3, category: "art" },
        { ind: 4, category: "quotes" },
        { ind: 5, category: "art" },
        { ind: 6, category: "beauty" },
        { ind: 7, category: null },
        { ind: 8, category: null },
      ],
      geo: [
        { ind: 1, timestamp: "2017-12-31 23:59:59" },
        { ind: 2, timestamp: "2018-01-01 00:00:00" },
        { ind: 3, timestamp: "2020-06-01 00:00:00" },
        { ind: 4, timestamp: "2020-06-01 00:00:00" },
        { ind: 5, timestamp: "2018-06-01 00:00:00" },
        { ind: 6, timestamp: "2023-01-01 00:00:00" },
        { ind: 7, timestamp: "2020-06-01 00:00:00" },
        { ind: 8, timestamp: "2020-06-01 00:00:00" },
      ],
    },
    ordered: true,
    expect: [
      { post_year: 2018, category: "art", category_count: 1 },
      { post_year: 2018, category: "travel", category_count: 1 },
      { post_year: 2020, category: "art", category_count: 1 },
      { post_year: 2020, category: "quotes", category_count: 1 },
    ],
  }));

Deno.test("most_popular_category_by_year drops all but the winner", () =>
  checkModel("sql/questions/most_popular_category_by_year.sql", {
    given: {
      pin: [{ ind: 1, category: "art" }, { ind: 2, category: "art" }, { ind: 3, category: "b" }],
      geo: [1, 2, 3].map((ind) => ({ ind, timestamp: "2019-01-01 00:00:00" })),
    },
    expect: [{ post_year: 2019, category: "art", category_count: 2 }],
  }));
