/**
 * The ten answers once more, from DESIGN §3.4 in plain TypeScript: clean rows -> answers.
 *
 * Written from the definitions, not from the SQL: loops and maps where that has windows.
 */
export interface Pin {
  ind: number;
  category: string | null;
  poster_name: string | null;
  follower_count: number | null;
}
export interface Geo {
  ind: number;
  country: string | null;
  /** ISO, UTC, whole seconds: text order is time order. */
  timestamp: string | null;
}
export interface User {
  ind: number;
  user_name: string | null;
  age: number | null;
  date_joined: string | null;
}
export interface World {
  pin: Pin[];
  geo: Geo[];
  user: User[];
}

type Answer = Record<string, string | number>[];

export function answersOf(world: World): Record<string, Answer> {
  const placed = pairs(world.pin, world.geo);
  const owned = pairs(world.pin, world.user);
  const byCountry = placed.map(([pin, geo]) => [geo.country, pin.category] as const);
  const byYear = placed.map(([pin, geo]) => {
    const year = yearOf(geo.timestamp);
    return [year !== null && year >= 2018 && year <= 2022 ? year : null, pin.category] as const;
  });
  const byAge = owned.map(([pin, user]) => [groupOf(user.age), pin.category] as const);
  const followed = mostFollowed(placed);
  const people = followersOfUsers(world);
  const highest = Math.max(...followed.map((row) => row.follower_count));
  return {
    most_popular_category_by_country: winners("country", counts("country", byCountry)),
    posts_by_category_and_year: counts("post_year", byYear),
    most_popular_category_by_year: winners("post_year", counts("post_year", byYear)),
    most_followed_user_by_country: followed.map((row) => ({ ...row })),
    most_followed_country: followed.filter((row) => row.follower_count === highest)
      .slice(0, 1).map(({ country, follower_count }) => ({ country, follower_count })),
    most_popular_category_by_age_group: winners("age_group", counts("age_group", byAge)),
    median_followers_by_age_group: medians(
      people,
      (person) => ({ age_group: groupOf(person.age) }),
    ),
    users_joined_by_year: usersJoined(world.user),
    median_followers_by_join_year: medians(people, (person) => ({ join_year: joinYear(person) })),
    median_followers_by_join_year_and_age_group: medians(people, (person) => ({
      age_group: groupOf(person.age),
      join_year: joinYear(person),
    })),
  };
}

function pairs<Left extends { ind: number }, Right extends { ind: number }>(
  left: Left[],
  right: Right[],
): [Left, Right][] {
  return left.flatMap((one) =>
    right.filter((other) => other.ind === one.ind).map((other): [Left, Right] => [one, other])
  );
}

function yearOf(time: string | null): number | null {
  return time === null ? null : Number(time.slice(0, 4));
}

function joinYear(user: User): number | null {
  const year = yearOf(user.date_joined);
  return year !== null && year >= 2015 && year <= 2020 ? year : null;
}

const groups = ["18-24", "25-35", "36-50", "+50"];

function groupOf(age: number | null): string | null {
  if (age === null || age < 18) return null;
  if (age <= 24) return "18-24";
  if (age <= 35) return "25-35";
  return age <= 50 ? "36-50" : "+50";
}

function counts(
  key: string,
  list: readonly (readonly [string | number | null, string | null])[],
): Answer {
  const found = new Map<string, Answer[number]>();
  for (const [group, category] of list) {
    if (group === null || category === null) continue;
    const id = JSON.stringify([group, category]);
    const row = found.get(id) ?? { [key]: group, category, category_count: 0 };
    found.set(id, { ...row, category_count: Number(row["category_count"]) + 1 });
  }
  return inOrder([...found.values()], [key, "category"]);
}

function winners(key: string, counted: Answer): Answer {
  return counted.filter((row) =>
    counted.every((other) =>
      other[key] !== row[key] || Number(other["category_count"]) <= Number(row["category_count"])
    )
  );
}

function mostFollowed(placed: [Pin, Geo][]) {
  const rows: { country: string; poster_name: string; follower_count: number }[] = [];
  for (const [{ poster_name, follower_count }, { country }] of placed) {
    if (country === null || poster_name === null || follower_count === null) continue;
    if (
      rows.some((row) =>
        row.country === country && row.poster_name === poster_name &&
        row.follower_count === follower_count
      )
    ) continue;
    rows.push({ country, poster_name, follower_count });
  }
  const best = rows.filter((row) =>
    !rows.some((other) =>
      other.country === row.country && other.follower_count > row.follower_count
    )
  );
  return best.sort((a, b) =>
    compare(a.country, b.country) || compare(a.poster_name, b.poster_name)
  );
}

interface Person extends User {
  followers: number;
}

function identity({ user_name, age, date_joined }: User): string {
  return JSON.stringify([user_name, age, date_joined]);
}

/** Each user once, with the count on the latest post that has one. */
function followersOfUsers({ pin, geo, user }: World): Person[] {
  const latest = new Map<string, { person: Person; recency: [string, number] }>();
  for (const [one, owner] of pairs(pin, user)) {
    for (const place of geo.filter(({ ind }) => ind === one.ind)) {
      if (one.follower_count === null) continue;
      const recency: [string, number] = [place.timestamp ?? "", one.ind];
      const before = latest.get(identity(owner));
      const later = before === undefined || recency[0] > before.recency[0] ||
        (recency[0] === before.recency[0] && recency[1] > before.recency[1]);
      if (!later) continue;
      latest.set(identity(owner), { person: { ...owner, followers: one.follower_count }, recency });
    }
  }
  return [...latest.values()].map(({ person }) => person);
}

function medians(
  people: readonly Person[],
  groupsOf: (person: Person) => Record<string, string | number | null>,
): Answer {
  const found = new Map<string, number[]>();
  for (const person of people) {
    const id = groupsOf(person);
    if (Object.values(id).includes(null)) continue;
    const key = JSON.stringify(id);
    found.set(key, [...found.get(key) ?? [], person.followers]);
  }
  const rows = [...found].map(([key, list]): Answer[number] => ({
    ...JSON.parse(key),
    median_follower_count: median(list),
  }));
  return inOrder(rows, ["age_group", "join_year"]);
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

function usersJoined(users: readonly User[]): Answer {
  const found = new Map<number, Set<string>>();
  for (const user of users) {
    const year = joinYear(user);
    if (year !== null) found.set(year, (found.get(year) ?? new Set()).add(identity(user)));
  }
  const rows = [...found].map(([join_year, set]) => ({ join_year, number_users_joined: set.size }));
  return inOrder(rows, ["join_year"]);
}

/** By the keys in turn; age groups by age, texts by their bytes. */
function inOrder(rows: Answer, keys: readonly string[]): Answer {
  return rows.toSorted((a, b) => {
    for (const key of keys) {
      const order = key === "age_group"
        ? groups.indexOf(String(a[key])) - groups.indexOf(String(b[key]))
        : compare(a[key] ?? "", b[key] ?? "");
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
