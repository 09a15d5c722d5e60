import { checkModel } from "../checkmodel.ts";

const file = "sql/questions/most_popular_category_by_age_group.sql";

Deno.test("most_popular_category_by_age_group draws its bounds at 18, 25, 36 and 51", () => {
  const ages = [17, 18, 24, 25, 35, 36, 50, 51, 99, null, -1, 0];
  return checkModel(file, {
    given: {
      pin: ages.map((age, ind) => ({ ind, category: `age ${age}` })),
      user: ages.map((age, ind) => ({ ind, age })),
    },
    ordered: true,
    expect: [
      { age_group: "18-24", category: "age 18", category_count: 1 },
      { age_group: "18-24", category: "age 24", category_count: 1 },
      { age_group: "25-35", category: "age 25", category_count: 1 },
      { age_group: "25-35", category: "age 35", category_count: 1 },
      { age_group: "36-50", category: "age 36", category_count: 1 },
      { age_group: "36-50", category: "age 50", category_count: 1 },
      { age_group: "+50", category: "age 51", category_count: 1 },
      { age_group: "+50", category: "age 99", category_count: 1 },
    ],
  });
});

Deno.test("most_popular_category_by_age_group keeps only winners, and counts error users", () =>
  checkModel(file, {
    given: {
      pin: [
        { ind: 1, category: "art", poster_name: null },
        { ind: 2, category: "art", poster_name: null },
        { ind: 3, category: "quotes", poster_name: "Ann" },
        { ind: 4, category: null },
        { ind: 5, category: "travel" }, // has no user
      ],
      user: [1, 2, 3, 4].map((ind) => ({ ind, age: 20 })),
    },
    expect: [{ age_group: "18-24", category: "art", category_count: 2 }],
  }));
