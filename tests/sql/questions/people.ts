/** One post per person: the pin, geo and user rows from a short description. */
import type { Value } from "../../../pipelines/warehouse/duckdb.ts";

export interface Post {
  name?: string | null;
  age?: number | null;
  joined?: string | null;
  at?: string | null;
  followers?: number | null;
}

/** Indexes are the positions; a name of its own unless one is given. */
export function posts(list: readonly Post[]): Record<string, Record<string, Value>[]> {
  const withDefaults = list.map((post, ind) => ({
    ind,
    name: `user ${ind}`,
    age: 20,
    joined: "2016-05-05 05:05:05",
    at: "2020-01-01 00:00:00",
    followers: null,
    ...post,
  }));
  return {
    pin: withDefaults.map(({ ind, followers }) => ({ ind, follower_count: followers })),
    geo: withDefaults.map(({ ind, at }) => ({ ind, timestamp: at })),
    user: withDefaults.map(({ ind, name, age, joined }) => ({
      ind,
      user_name: name,
      age,
      date_joined: joined,
    })),
  };
}
