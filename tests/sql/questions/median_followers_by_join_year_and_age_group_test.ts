import { checkModel } from "../checkmodel.ts";
import { posts } from "./people.ts";

const file = "sql/questions/median_followers_by_join_year_and_age_group.sql";

Deno.test("median_followers_by_join_year_and_age_group orders groups by age, then by year", () =>
  checkModel(file, {
    given: posts([
      { age: 51, joined: "2016-01-01 00:00:00", followers: 1 },
      { age: 50, joined: "2016-01-01 00:00:00", followers: 2 },
      { age: 18, joined: "2017-01-01 00:00:00", followers: 3 },
      { age: 24, joined: "2015-01-01 00:00:00", followers: 4 },
      { age: 24, joined: "2015-02-01 00:00:00", followers: 7 },
      { age: 35, joined: "2020-01-01 00:00:00", followers: 5 },
      { age: 17, joined: "2016-01-01 00:00:00", followers: 6 },
      { age: null, joined: "2016-01-01 00:00:00", followers: 6 },
      { age: 20, joined: "2014-01-01 00:00:00", followers: 6 },
      { age: 20, joined: "2021-01-01 00:00:00", followers: 6 },
      { age: 20, joined: null, followers: 6 },
      { age: 40, joined: "2019-01-01 00:00:00", followers: null },
    ]),
    ordered: true,
    expect: [
      { age_group: "18-24", join_year: 2015, median_follower_count: 5.5 },
      { age_group: "18-24", join_year: 2017, median_follower_count: 3 },
      { age_group: "25-35", join_year: 2020, median_follower_count: 5 },
      { age_group: "36-50", join_year: 2016, median_follower_count: 2 },
      { age_group: "+50", join_year: 2016, median_follower_count: 1 },
    ],
  }));

Deno.test("median_followers_by_join_year_and_age_group counts a user once, by the latest post", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", at: "2020-01-02 00:00:00", followers: 10 },
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 30 },
      { name: "Bob", followers: 100 },
    ]),
    expect: [{ age_group: "18-24", join_year: 2016, median_follower_count: 55 }],
  }));
