import { checkModel } from "../checkmodel.ts";

Deno.test("posts_by_category_and_year counts all categories of 2018 to 2022, in UTC", () =>
  checkModel("sql/questions/posts_by_category_and_year.sql", {
    given: {
      pin: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((ind) => ({
        ind,
        category: ind < 3 ? "art" : "quotes",
      })),
      geo: [
        { ind: 1, timestamp: "2017-12-31 23:59:59" },
        { ind: 2, timestamp: "2018-01-01 00:00:00" },
        { ind: 3, timestamp: "2018-06-01 00:00:00" },
        { ind: 4, timestamp: "2018-06-02 00:00:00" },
        { ind: 5, timestamp: "2022-12-31 23:59:59" },
        { ind: 6, timestamp: "2023-01-01 00:00:00" },
        { ind: 7, timestamp: null },
        { ind: 8, timestamp: "2022-12-31 23:30:00-01:00" }, // 2023 in UTC
        { ind: 10, timestamp: "2020-01-01 00:00:00" }, // has no post
      ],
    },
    ordered: true,
    expect: [
      { post_year: 2018, category: "art", category_count: 1 },
      { post_year: 2018, category: "quotes", category_count: 2 },
      { post_year: 2022, category: "quotes", category_count: 1 },
    ],
  }));

Deno.test("posts_by_category_and_year leaves out posts without category", () =>
  checkModel("sql/questions/posts_by_category_and_year.sql", {
    given: {
      pin: [{ ind: 1, category: null }],
      geo: [{ ind: 1, timestamp: "2020-01-01 00:00:00" }],
    },
    expect: [],
  }));
