import { checkModel } from "../checkmodel.ts";
import { posts } from "./people.ts";

const file = "sql/questions/median_followers_by_join_year.sql";

Deno.test("median_followers_by_join_year covers 2015 to 2020, by joining date and in UTC", () =>
  checkModel(file, {
    given: posts([
      { joined: "2014-12-31 23:59:59", followers: 1 },
      { joined: "2015-01-01 00:00:00", followers: 2 },
      { joined: "2015-06-01 00:00:00", followers: 5 },
      { joined: "2020-12-31 23:59:59", followers: 7 },
      { joined: "2021-01-01 00:00:00", followers: 8 },
      { joined: null, followers: 9 },
      { joined: "2018-01-01 00:00:00", followers: null },
      { joined: "2017-01-01 00:00:00", at: "2019-01-01 00:00:00", age: null, followers: 11 },
    ]),
    ordered: true,
    expect: [
      { join_year: 2015, median_follower_count: 3.5 },
      { join_year: 2017, median_follower_count: 11 },
      { join_year: 2020, median_follower_count: 7 },
    ],
  }));

Deno.test("median_followers_by_join_year counts a user once, with the latest post's count", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 10 },
      { name: "Ann", at: "2020-01-03 00:00:00", followers: 20 },
      { name: "Ann", at: "2020-01-02 00:00:00", followers: 30 },
      { name: "Bob", followers: 100 },
    ]),
    expect: [{ join_year: 2016, median_follower_count: 60 }],
  }));
