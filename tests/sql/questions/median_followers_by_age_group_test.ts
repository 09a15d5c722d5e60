import { checkModel } from "../checkmodel.ts";
import { posts } from "./people.ts";

const file = "sql/questions/median_followers_by_age_group.sql";

Deno.test("median_followers_by_age_group is the middle of odd, and halfway in even numbers", () =>
  checkModel(file, {
    given: posts([
      { age: 18, followers: 100 },
      { age: 20, followers: 0 },
      { age: 24, followers: 7 },
      { age: 25, followers: 1 },
      { age: 35, followers: 4 },
      { age: 36, followers: 10 },
      { age: 50, followers: 20 },
      { age: 40, followers: 1000000 },
      { age: 41, followers: 21 },
      { age: 51, followers: 2147483647 },
      { age: 60, followers: 2147483646 },
    ]),
    ordered: true,
    expect: [
      { age_group: "18-24", median_follower_count: 7 },
      { age_group: "25-35", median_follower_count: 2.5 },
      { age_group: "36-50", median_follower_count: 20.5 },
      { age_group: "+50", median_follower_count: 2147483646.5 },
    ],
  }));

Deno.test("median_followers_by_age_group counts a user once, with the latest post's count", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", at: "2020-01-02 00:00:00", followers: 10 },
      { name: "Ann", at: "2020-01-03 00:00:00", followers: 20 },
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 30 },
      { name: "Bob", followers: 100 },
    ]),
    expect: [{ age_group: "18-24", median_follower_count: 60 }],
  }));

Deno.test("median_followers_by_age_group takes the latest post that has a count", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 10 },
      { name: "Ann", at: "2020-01-02 00:00:00", followers: 20 },
      { name: "Ann", at: "2020-01-03 00:00:00", followers: null },
    ]),
    expect: [{ age_group: "18-24", median_follower_count: 20 }],
  }));

Deno.test("median_followers_by_age_group takes the highest ind of equal times, null times last", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 3 },
      { name: "Ann", at: "2020-01-01 00:00:00", followers: 1 },
      { name: "Ann", at: null, followers: 9 },
      { name: "Bob", age: 30, at: null, followers: 5 },
      { name: "Bob", age: 30, at: null, followers: 4 },
    ]),
    ordered: true,
    expect: [
      { age_group: "18-24", median_follower_count: 1 },
      { age_group: "25-35", median_follower_count: 4 },
    ],
  }));

Deno.test("median_followers_by_age_group knows a user by name, age and date, null equal to null", () =>
  checkModel(file, {
    given: posts([
      { name: "Ann", followers: 0 },
      { name: "Ann", joined: "2017-01-01 00:00:00", followers: 10 },
      { name: "Ann", age: 24, followers: 20 },
      { name: null, joined: null, at: "2020-01-01 00:00:00", followers: 1000 },
      { name: null, joined: null, at: "2020-01-02 00:00:00", followers: 30 },
    ]),
    expect: [{ age_group: "18-24", median_follower_count: 15 }],
  }));

Deno.test("median_followers_by_age_group has no group for nobody, minors or unknown ages", () =>
  checkModel(file, {
    given: posts([
      { age: 17, followers: 1 },
      { age: null, followers: 2 },
      { age: 30, followers: null },
    ]),
    expect: [],
  }));

Deno.test("median_followers_by_age_group joins inner: a post without place or user is out", () => {
  const given = posts([{ followers: 1 }, { followers: 3 }, { followers: 5 }]);
  return checkModel(file, {
    given: {
      ...given,
      geo: (given["geo"] ?? []).slice(1),
      user: (given["user"] ?? []).slice(0, 2),
    },
    expect: [{ age_group: "18-24", median_follower_count: 3 }],
  });
});

Deno.test("median_followers_by_age_group is the same on every run even if an ind is repeated", () => {
  const given = posts([{ followers: 5 }]);
  const pin = [5, 9, 7].map((follower_count) => ({ ind: 0, follower_count }));
  return checkModel(file, {
    given: { ...given, pin },
    expect: [{ age_group: "18-24", median_follower_count: 9 }],
  });
});
