import assert from "node:assert/strict";
import fc from "fast-check";
import { openSource } from "../../pipelines/clients/mysql.ts";
import {
  chained,
  coursePosts,
  type Post,
  postOfCells,
  postsInOrder,
  type Row,
  type Source,
} from "../../pipelines/posts.ts";
import { sourceTables, type TableName, tableNames } from "../../pipelines/tables.ts";
import { Secret } from "../../pipelines/target.ts";
import { generateSource } from "../../fixtures/generate.ts";
import { generatePosts } from "../../fixtures/posts.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import { startMysql } from "../../sim/mysql/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";

type Keys = { [table in TableName]?: unknown[] };

/** A source in memory: the keys of each table in order, handed out `size` rows at a time. */
function sourceOf(keys: Keys, size = 2) {
  const closed: TableName[] = [];
  let read = 0;
  const rowsOf = (table: TableName) =>
    (keys[table] ?? []).map((key, at): Row => ({ [sourceTables[table].key]: key, at }));
  const source: Source = {
    async *readTable(table) {
      try {
        const rows = rowsOf(table);
        for (let at = 0; at < rows.length; at += size) {
          read += size;
          yield await Promise.resolve(rows.slice(at, at + size));
        }
      } finally {
        closed.push(table);
      }
    },
    rowAt: (table, n) => Promise.resolve(rowsOf(table)[n]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { source, closed, readCount: () => read };
}

async function collect(posts: AsyncIterable<Post[]>): Promise<Post[]> {
  return (await Array.fromAsync(posts)).flat();
}

/** Each post as its index and the tables it has. */
function shapes(posts: Post[]): string[] {
  return posts.map(({ index, rows }) => `${index} ${Object.keys(rows).join(" ")}`);
}

Deno.test("postsInOrder puts the rows of one index into one post", async () => {
  const { source } = sourceOf({ pin: [1, 2, 3], geo: [1, 2, 3], user: [1, 2, 3] });
  assert.deepEqual(shapes(await collect(postsInOrder(source))), [
    "1 pin geo user",
    "2 pin geo user",
    "3 pin geo user",
  ]);
});

Deno.test("postsInOrder posts what an index has", async () => {
  const { source } = sourceOf({ pin: [1, 3], geo: [2, 3], user: [4] });
  assert.deepEqual(shapes(await collect(postsInOrder(source))), [
    "1 pin",
    "2 geo",
    "3 pin geo",
    "4 user",
  ]);
});

Deno.test("postsInOrder works without one table", async () => {
  const { source } = sourceOf({ pin: [1, 2], user: [2] });
  assert.deepEqual(shapes(await collect(postsInOrder(source))), ["1 pin", "2 pin user"]);
});

Deno.test("postsInOrder posts a repeated key each time it stands in the source", async () => {
  const { source } = sourceOf({ pin: [1, 1, 1], geo: [1], user: [1, 1, 2] });
  assert.deepEqual(shapes(await collect(postsInOrder(source))), [
    "1 pin geo user",
    "1 pin user",
    "1 pin",
    "2 user",
  ]);
});

Deno.test("postsInOrder orders keys as numbers, also where they are text", async () => {
  const { source } = sourceOf({ pin: ["9", "10"], geo: [9, 10], user: [null, 9] });
  assert.deepEqual(shapes(await collect(postsInOrder(source))), [
    "null user",
    "9 pin geo user",
    "10 pin geo",
  ]);
});

Deno.test("postsInOrder loses no row and keeps each table's order, whatever the keys", async () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(null, "x", "3", 2.5));
  const keys = fc.array(key, { maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ pin: keys, geo: keys, user: keys }),
      fc.integer({ min: 1, max: 4 }),
      async (given, size) => {
        const posts = await collect(postsInOrder(sourceOf(given, size).source));
        for (const table of tableNames) {
          const posted = posts.map(({ rows }) => rows[table]).filter((row) => row !== undefined);
          assert.deepEqual(posted.map(({ at }) => at), given[table].map((_, at) => at));
        }
      },
    ),
    { seed: 4, numRuns: 200 },
  );
});

Deno.test("postsInOrder stops at the limit, reads no further and closes the tables", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => index);
  const given = sourceOf({ pin: many, geo: many, user: many }, 100);
  const posts = await collect(postsInOrder(given.source, { limit: 150 }));
  assert.equal(posts.length, 150);
  assert.equal(posts.at(-1)?.index, 149);
  assert.equal(given.readCount(), 600);
  assert.deepEqual(given.closed.sort(), ["geo", "pin", "user"]);
});

Deno.test("postsInOrder closes the tables when its reader leaves", async () => {
  const many = Array.from({ length: 2_000 }, (_, index) => index);
  const given = sourceOf({ pin: many, geo: many, user: many }, 100);
  for await (const batch of postsInOrder(given.source)) {
    assert.equal(batch.length, 500);
    break;
  }
  assert.deepEqual(given.closed.sort(), ["geo", "pin", "user"]);
});

Deno.test("coursePosts draws the same row number from each table, and its pause", async () => {
  const { source } = sourceOf({ pin: [70, 71, 72], geo: [70, 71, 72], user: [70, 71] });
  const draws = [
    { sleepSeconds: 0, row: 2 },
    { sleepSeconds: 1, row: 0 },
    { sleepSeconds: 1, row: 2 },
    { sleepSeconds: 0, row: 1 },
  ];
  const posts = await collect(coursePosts(source, draws, { limit: 3 }));
  assert.deepEqual(shapes(posts), ["72 pin geo", "70 pin geo user", "72 pin geo"]);
  assert.deepEqual(posts.map((post) => post.pauseSeconds), [0, 1, 1]);
});

/** Posts of one pin each. */
const pinPosts = (...indexes: unknown[]): Post[] =>
  indexes.map((index) => ({ index, rows: { pin: { index } }, pauseSeconds: 0 }));

async function* inBatches(...batches: Post[][]): AsyncGenerator<Post[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

Deno.test("chained goes on where the source ends, told how far that is", async () => {
  const told: number[][] = [];
  const posts = chained(
    inBatches(pinPosts(0, "x", null), [], pinPosts("41", 2.5, 7)),
    (...args) => {
      told.push(args);
      return pinPosts(42, 43);
    },
  );
  assert.deepEqual(
    shapes(await collect(posts)),
    ["0", "x", "null", "41", "2.5", "7", "42", "43"]
      .map((index) => `${index} pin`),
  );
  assert.deepEqual(told, [[6, 42]]);
});

Deno.test("chained begins with an empty source at nought, and takes batches as they are", async () => {
  const posts = chained(inBatches(), (count, nextIndex) => {
    assert.deepEqual([count, nextIndex], [0, 0]);
    return inBatches(pinPosts(1), pinPosts(2, 3));
  });
  const sizes = (await Array.fromAsync(posts)).map((batch) => batch.length);
  assert.deepEqual(sizes, [1, 2]);
});

Deno.test("chained takes of an endless generator only what is asked for", async () => {
  let made = 0;
  const endless = function* (): Generator<Post> {
    for (;;) yield* pinPosts(made++);
  };
  let closed = false;
  const first = (async function* () {
    try {
      yield pinPosts(0);
    } finally {
      closed = true;
    }
  })();
  let count = 0;
  for await (const batch of chained(first, endless)) if ((count += batch.length) > 250) break;
  assert.ok(made <= 500, `${made}`);
  assert.equal(closed, true);
});

Deno.test("postOfCells makes of generated cells what the database makes of the generated files", async () => {
  const dir = await Deno.makeTempDir();
  const account = { user: "reader", password: "", database: "pinterest_data" };
  const range = { posts: 700, seed: 5 };
  try {
    const { pin, geo, user } = await generateSource({ dir, ...range });
    await using service = await startMysql(
      { world: worldFromSeed(1), faults: noFaults, dir },
      account,
    );
    await service.load({ pinterest_data: pin, geolocation_data: geo, user_data: user });
    const { port } = service;
    const password = new Secret(account.password);
    await using source = openSource({ ...account, host: "127.0.0.1", port, password, tls: false });
    const fromDatabase = await collect(postsInOrder(source));
    const made = [...generatePosts(range)].map((cells) => postOfCells(cells));
    assert.equal(fromDatabase.length, 700);
    assert.deepEqual(made, fromDatabase.map((post) => ({ ...post, rows: plain(post) })));
    // The order of the fields too: the same text is posted.
    assert.equal(JSON.stringify(made), JSON.stringify(fromDatabase));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Rows without the prototype that a database driver may give them. */
function plain({ rows }: Post): Post["rows"] {
  return Object.fromEntries(Object.entries(rows).map(([table, row]) => [table, { ...row }]));
}
