/**
 * Worlds: small inputs for the models, as landed: raw pins, geos and users, all text.
 *
 * Each is made of few values, clean and odd ones, so that ties, repeats, orphans, nulls and what
 * cleaning has to undo are everywhere. A seed is a world.
 */
import { Dice } from "../../fixtures/dice.ts";
import { landedEdgeRows, type Table as Name } from "../../fixtures/edges.ts";
import { columns, generatePosts, type Row } from "../../fixtures/posts.ts";

export type World = Record<Name, (string | null)[][]>;

const names = ["pin", "geo", "user"] as const;
const blanks = ["", " ", "\t", "\r\n", "\u00a0", " \u00a0\n"];
const marks = ["User Info Error", "No Title Data Available", "Image src error.", "💡 é", "\u2003x"];

/** Values of a column: clean ones, then what dirt there may be. */
const values: Readonly<Record<string, readonly string[]>> = {
  follower_count: ["1k", "2k", "2000", "1.5k", "1M", "1.2M", "0.5", "3B", "9B", "12m", "k", "1e3"]
    .concat(["1,234", "12,34", "1,234k", "2.5K", "1.05m", "1b", "NaN"]),
  title: ["Shelves", "No Title Data Available", "Ten Quiet Shelves", 'O\'Neil "x"'],
  description: ["Words", "No description available", "No description available Story format"],
  poster_name: ["Ann", "ann", "Bob", "Émile", "User Info Error"],
  save_location: ["Local save in /data/art", "/data/art", "Local save in", "Local save in "],
  category: ["art", "beauty", "quotes", "travel"],
  timestamp: [
    ...["2018-01-01 00:00:00", "2018-06-01T12:30:00Z", "2019-12-31 23:59:59.999999"],
    ...["2020-02-29 12:00:00", "2021-02-29 12:00:00", "2022:12:31 23:30:00", "2017-12-31 23:59:59"],
    ...[
      "2022-12-31 23:30:00-01:00",
      "2018-01-01 00:30:00+0130",
      "2020-01-01",
      "2020-01-01 24:00:00",
    ],
  ],
  date_joined: [
    ...["2015-01-01 00:00:00", "2016-07-08 09:10:11", "2017-12-31 23:59:59", "2020-12-31 23:59:59"],
    ...["2014-12-31 23:59:59", "2021-01-01 00:00:00", "2020-01-01 00:00:00+05:30", "yesterday"],
  ],
  latitude: ["0", "-89.9787", "1e2", "1e", "12.", ".5", "NaN", "+1", "0x10", "1_0"],
  longitude: ["180", "-0.0", "1E-5", "3,5", "123456789012345.5"],
  country: ["Albania", "Algeria", "Chad", "Cote d'Ivoire"],
  age: ["17", "18", "24", "25", "35", "36", "50", "51", "60", "36.0", "36.5", "-3", "131", "3e1"],
  first_name: ["Ann", "Bob", "Cy"],
  last_name: ["Ali", "Lee"],
};

function cell(dice: Dice, column: string): string | null {
  if (dice.strikes(0.06)) return null;
  if (dice.strikes(0.04)) return dice.pick(blanks);
  if (dice.strikes(0.02)) return dice.pick(marks);
  const value = dice.pick(values[column] ?? ["a", "b"]);
  return dice.strikes(0.08) ? `${dice.pick(blanks)}${value}${dice.pick(blanks)}` : value;
}

/** Mostly a small number; sometimes one as other sources write it, or none. */
function key(dice: Dice, index: number): string | null {
  if (dice.strikes(0.9)) return String(index);
  const odd = [`${index}.0`, ` ${index} `, String(index + 1), "2147483648", "1.5", "x", "", null];
  return dice.pick(odd);
}

/** No two seeds share a key: their worlds can also be one. */
export function smallWorld(seed: number): World {
  const dice = new Dice(seed, "spark").seat(seed);
  const count = dice.below(14); // None at all, too.
  const first = seed * 20;
  const rows = (table: Name) =>
    Array.from({ length: count }, (_, index) => index)
      .filter(() => !dice.strikes(0.08))
      .map((index) =>
        columns[table].map((column, at) => at === 0 ? key(dice, first + index) : cell(dice, column))
      );
  return { pin: rows("pin"), geo: rows("geo"), user: rows("user") };
}

/** Every edge of `fixtures/`, as it lands. */
export function edgeWorld(): World {
  return worldOf(landedEdgeRows);
}

/** Posts of the generated source. */
export function sourceWorld(posts: number): World {
  const all = [...generatePosts({ posts, seed: 4 })];
  return worldOf((table) => all.map((post) => post[table]));
}

function worldOf(rowsOf: (table: Name) => readonly Row[]): World {
  const [pin, geo, user] = names.map((table) =>
    rowsOf(table).map((row) => row.map((value) => value === null ? null : String(value)))
  );
  if (pin === undefined || geo === undefined || user === undefined) {
    throw new RangeError("No world");
  }
  return { pin, geo, user };
}
