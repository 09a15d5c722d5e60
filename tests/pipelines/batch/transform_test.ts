import assert from "node:assert/strict";
import type { Listener } from "../../../pipelines/events.ts";
import { transform, type Transformed } from "../../../pipelines/batch/transform.ts";
import { RunError, UsageError } from "../../../pipelines/errors.ts";
import { tableNames } from "../../../pipelines/tables.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { modelsByName, questionsOf } from "../../../pipelines/warehouse/models.ts";
import { geo, type Given, id, MemoryObjects, pin, user } from "./landed_objects.ts";

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function transformed<T>(
  objects: MemoryObjects,
  ask: (batch: Transformed) => Promise<T> | T,
): Promise<T> {
  return await inFolder(async (folder) => {
    await using batch = await transform(objects, { id, outDir: folder });
    return await ask(batch);
  });
}

/** Landed posts 0 to `count` - 1, in objects of `perObject`. */
function posts(count: number, perObject = 100): MemoryObjects {
  const objects = new MemoryObjects();
  const make = { pin, geo, user };
  for (const table of tableNames) {
    for (let start = 0; start < count; start += perObject) {
      const size = Math.min(perObject, count - start);
      const records = Array.from({ length: size }, (_, at) => make[table](start + at));
      objects.land(table, 0, start, records);
    }
  }
  return objects;
}

/** Repeatable chance. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 8) % sides;
  };
}

type Verdict = "cleaned" | "duplicate" | "rejected";

/** The rule of the design once more, in a few lines that share nothing with the SQL. */
class Oracle {
  readonly counts = { landed: 0, cleaned: 0, duplicates: 0, rejected: 0 };
  readonly kept = new Map<number, string>();

  /** A record of `user` as what cleaning makes of it. */
  land(text: string): Verdict {
    const verdict = this.#judge(text);
    this.counts.landed++;
    this.counts[verdict === "duplicate" ? "duplicates" : verdict]++;
    return verdict;
  }

  #judge(text: string): Verdict {
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(text);
    } catch {
      return "rejected";
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "rejected";
    if (!("age" in value) && ("country" in value || "title" in value)) return "rejected";
    if (!/^-?\d+$/.test(String(value.ind)) || Math.abs(Number(value.ind)) > 2 ** 31 - 1) {
      return "rejected";
    }
    const ind = Number(value.ind);
    const name = `${value.first_name} ${value.last_name}`.trim();
    const content = JSON.stringify([name, Number(value.age), String(value.date_joined).trim()]);
    const before = this.kept.get(ind);
    if (before !== undefined) return before === content ? "duplicate" : "rejected";
    this.kept.set(ind, content);
    return "cleaned";
  }
}

/** One landed line of the user topic, clean or dirty. */
function dirtyLine(roll: (sides: number) => number): string {
  const ind = roll(150);
  const kinds: (() => Given)[] = [
    () => user(ind),
    () => user(ind, { age: String(20 + ind % 7) }),
    () => user(ind, { first_name: ` First${ind % 7}` }),
    () => user(ind, { age: 20 + roll(3) }),
    () => user(2 ** 31 + ind),
    () => user("none"),
    () => geo(ind),
    () => pin(ind),
    () => `{"ind":${ind}`,
    () => `[${ind}]`,
    () => "",
  ];
  const given = kinds[roll(4) === 0 ? roll(kinds.length) : 0]?.() ?? "";
  return typeof given === "string" ? given : JSON.stringify(given);
}

for (const seed of [1, 2, 3]) {
  Deno.test(`every record is cleaned, a duplicate or rejected, as an independent count says, seed ${seed}`, async () => {
    const roll = dice(seed);
    const objects = new MemoryObjects({ chunkBytes: 1 + roll(5_000) });
    const oracle = new Oracle();
    const rejected: string[] = [];
    for (let partition = 0; partition < 3; partition++) {
      for (let start = roll(9), size = 0; start < 200; start += size + roll(2)) {
        const lines = Array.from({ length: size = 1 + roll(60) }, () => dirtyLine(roll));
        objects.land("user", partition, start, lines);
        for (const [at, line] of lines.entries()) {
          if (oracle.land(line) !== "rejected") continue;
          rejected.push(`${partition} ${start + at} ${btoa(line)}`);
        }
      }
    }
    await transformed(objects, async ({ counts, work }) => {
      assert.deepEqual(counts.user, oracle.counts);
      const inds = await work.db.rows('select ind from "user" order by ind');
      assert.deepEqual(inds.map(({ ind }) => ind), [...oracle.kept.keys()].sort((a, b) => a - b));
      const rows = await work.db.rows('select partition, "offset", bytes from rejects');
      assert.deepEqual(
        rows.map((row) => `${row.partition} ${row.offset} ${row.bytes}`),
        rejected,
      );
    });
  });
}

Deno.test("a few hundred posts give clean tables, answers and files with the right rows", async () => {
  await transformed(posts(300), async ({ counts, answers, rejects, outDir, work }) => {
    const each = { landed: 300, cleaned: 300, duplicates: 0, rejected: 0 };
    assert.deepEqual(counts, { pin: each, geo: each, user: each });
    assert.deepEqual(rejects, []);
    const questions = questionsOf(await modelsByName());
    assert.deepEqual([...answers.keys()], questions.map(({ name }) => name));
    // Every third post is in Albania, all are about travel; followers rise with the index.
    assert.deepEqual(answers.get("most_popular_category_by_country")?.rows, [
      ["Albania", "travel", 100],
      ["Cote d'Ivoire", "travel", 100],
      ["Svalbard & Jan Mayen Islands", "travel", 100],
    ]);
    assert.deepEqual(answers.get("most_followed_country"), {
      caption: questions.find(({ name }) => name === "most_followed_country")?.caption,
      columns: ["country", "follower_count"],
      rows: [["Svalbard & Jan Mayen Islands", 300_000]],
      file: `${outDir}/answers/most_followed_country.csv`,
      reads: ["pin", "geo"],
    });
    assert.equal(
      await Deno.readTextFile(`${outDir}/answers/most_followed_country.csv`),
      "country,follower_count\nSvalbard & Jan Mayen Islands,300000\n",
    );
    const [row] = await work.db.rows(`from read_parquet('${outDir}/clean/geo.parquet')
      where ind = 7`);
    assert.deepEqual(row, {
      ind: 7,
      country: "Cote d'Ivoire",
      coordinates: [-82.5, 12.25],
      timestamp: "2020-03-04T05:06:07Z",
    });
  });
});

Deno.test("the same records give the same answers, however they were cut into objects", async () => {
  const answersOf = (objects: MemoryObjects) =>
    transformed(objects, ({ answers }) => [...answers].map(([name, { rows }]) => ({ name, rows })));
  const whole = await answersOf(posts(120, 120));
  assert.deepEqual(await answersOf(posts(120, 1)), whole);
  const twice = posts(120, 50);
  for (const table of tableNames) {
    twice.land(
      table,
      0,
      120,
      Array.from({ length: 120 }, (_, at) => ({ pin, geo, user })[table](at)),
    );
  }
  assert.deepEqual(await answersOf(twice), whole);
});

Deno.test("rejects have table, reason, place and the original bytes, in both files", async () => {
  const objects = posts(3);
  objects.land("pin", 0, 3, [geo(1), '{"index": 4', pin(1, { title: "Other" })]);
  objects.reject("pin", 0, 6, "no value", null).reject("user", 1, 0, "not UTF-8", "\xff");
  const conflict = btoa(JSON.stringify(pin(1, { title: "Other" })));
  const expected = [
    ["pin", "columns of another table: geo", "pin", 0, 3, btoa(JSON.stringify(geo(1)))],
    ["pin", "no JSON object", "pin", 0, 4, btoa('{"index": 4')],
    [
      "pin",
      "ind was seen before with other content: 1, first landed at partition 0, offset 1",
      "pin",
      0,
      5,
      conflict,
    ],
    ["pin", "no value", "pin", 0, 6, null],
    ["user", "not UTF-8", "user", 1, 0, "/w=="],
  ].map(([table, reason, topic, partition, offset, bytes]) => ({
    table,
    reason,
    topic: `${id}.${topic}`,
    partition,
    offset,
    bytes,
  }));
  await transformed(objects, async ({ counts, rejects, outDir, work }) => {
    assert.deepEqual(counts.pin, { landed: 7, cleaned: 3, duplicates: 0, rejected: 4 });
    assert.deepEqual(counts.user, { landed: 4, cleaned: 3, duplicates: 0, rejected: 1 });
    assert.deepEqual(
      await work.db.rows(`from read_parquet('${outDir}/rejects.parquet')`),
      expected,
    );
    const csv = await Deno.readTextFile(`${outDir}/rejects.csv`);
    assert.equal(csv.split("\n")[0], "table,reason,topic,partition,offset,bytes");
    assert.equal(csv.split("\n")[2], `pin,no JSON object,${id}.pin,0,4,${btoa('{"index": 4')}`);
    assert.equal(csv.split("\n")[4], `pin,no value,${id}.pin,0,6,`);
    assert.deepEqual(
      rejects.map(({ table, reason, count }) => [table, reason, count]).sort(),
      [
        ["pin", "columns of another table", 1],
        ["pin", "ind was seen before with other content", 1],
        ["pin", "no JSON object", 1],
        ["pin", "no value", 1],
        ["user", "not UTF-8", 1],
      ],
    );
  });
});

Deno.test("values that cannot be used are counted with examples, and the row stays", async () => {
  const objects = posts(3)
    .land("user", 0, 3, [
      user(3, { age: "old" }),
      user(4, { age: 3e9 }),
      user(4, { age: 3e9 }), // A duplicate is not counted again,
      user(4, { age: "none of the two" }), // nor is it before it is equal,
      user("five", { age: "old" }), // nor what is rejected.
    ])
    .land("pin", 0, 3, [
      pin(3, { follower_count: "2.5K" }),
      pin(4, { follower_count: "about 7" }),
      pin(5, { follower_count: "User Info Error", title: "No Title Data Available" }),
      pin("6.0", { follower_count: " NaN\u00a0" }),
    ])
    .land("geo", 0, 3, [geo(3, { timestamp: "0202-03-04 05:06:07" })]);
  const told = [
    { table: "pin", column: "follower_count", cells: 2, examples: ["NaN", "about 7"] },
    { table: "geo", column: "timestamp", cells: 1, examples: ["0202-03-04 05:06:07"] },
    { table: "user", column: "age", cells: 2, examples: ["3000000000", "old"] },
  ];
  await transformed(objects, async ({ counts, nulled, audits, work, outDir }) => {
    assert.equal(counts.user.cleaned, 5);
    assert.deepEqual(await work.db.rows('select age from "user" where ind > 2'), [
      { age: null },
      { age: null },
    ]);
    assert.deepEqual(await work.db.rows("select follower_count from pin where ind = 3"), [
      { follower_count: 2500 },
    ]);
    assert.deepEqual(nulled, told);
    assert.deepEqual(audits, []);
    assert.deepEqual(await work.db.rows(`from read_parquet('${outDir}/nulled.parquet')`), told);
    assert.equal(
      (await Deno.readTextFile(`${outDir}/nulled.csv`)).split("\n")[2],
      'geo,timestamp,1,"[""0202-03-04 05:06:07""]"',
    );
  });
});

Deno.test("nothing landed gives empty tables and answers without rows", async () => {
  await transformed(new MemoryObjects(), ({ counts, answers, ignoredKeys }) => {
    const none = { landed: 0, cleaned: 0, duplicates: 0, rejected: 0 };
    assert.deepEqual(counts, { pin: none, geo: none, user: none });
    assert.deepEqual([...answers.values()].flatMap(({ rows }) => rows), []);
    assert.deepEqual(ignoredKeys, []);
  });
});

Deno.test("a second run replaces the files of the first and removes what is stale", async () => {
  await inFolder(async (outDir) => {
    {
      await using _ = await transform(posts(9), { id, outDir });
    }
    await Deno.writeTextFile(`${outDir}/answers/of_an_older_version.csv`, "x\n");
    await Deno.writeTextFile(`${outDir}/answers/notes.txt`, "mine");
    await Deno.mkdir(`${outDir}/.work/left`, { recursive: true });
    {
      await using _ = await transform(posts(6), { id, outDir });
    }
    const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names(outDir), [
      "answers",
      "clean",
      "nulled.csv",
      "nulled.parquet",
      "rejects.csv",
      "rejects.parquet",
    ]);
    assert.deepEqual(names(`${outDir}/clean`), ["geo.parquet", "pin.parquet", "user.parquet"]);
    assert.deepEqual(
      names(`${outDir}/answers`),
      [
        ...questionsOf(await modelsByName()).flatMap((
          { name },
        ) => [`${name}.csv`, `${name}.parquet`]),
        "notes.txt",
      ].sort(),
    );
    await using db = await openDuckDb();
    assert.deepEqual(
      await db.rows(`select count(*) as count from read_parquet('${outDir}/clean/pin.parquet')`),
      [{ count: 6 }],
    );
  });
});

Deno.test("progress names the steps in order and ends each at its total", async () => {
  await inFolder(async (outDir) => {
    const last = new Map<string, boolean>();
    const tell: Listener = {
      stage({ stage, note, done, total }) {
        last.set(stage === "load" ? `load ${note}` : stage, done === total);
      },
    };
    await using _ = await transform(posts(20, 5), { id, outDir, tell });
    assert.deepEqual([...last], [
      ...tableNames.map((table) => [`load ${table}`, true]),
      ["clean", true],
      ["answer", true],
      ["write", true],
    ]);
  });
});

Deno.test("an abort ends the stage and leaves no work folder", async () => {
  await inFolder(async (outDir) => {
    const stop = new AbortController();
    const tell: Listener = {
      stage({ stage }) {
        if (stage === "clean") stop.abort(new Error("stop"));
      },
    };
    const options = { id, outDir, signal: stop.signal, tell };
    await assert.rejects(transform(posts(5), options), /stop/);
    assert.deepEqual([...Deno.readDirSync(outDir)], []);
  });
});

Deno.test("a folder that cannot be written is named, and is the person's to mend", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(
      transform(posts(3), { id, outDir: `${folder}/file/out` }),
      (error) =>
        error instanceof UsageError && error.message.includes(`${folder}/file/out`) &&
        error.message.includes("--out"),
    );
  });
});

Deno.test("a full disk ends the stage with a clear text", async () => {
  await inFolder(async (outDir) => {
    const open = Deno.openSync;
    // The spool file is on a disk without room, from the first byte on.
    using _ = {
      [Symbol.dispose]: () => {
        Deno.openSync = open;
      },
    };
    Deno.openSync = (path, options) => {
      const file = open(path, options);
      if (String(path).endsWith(".lines")) {
        file.write = () => Promise.reject(new Error("No space left on device (os error 28)"));
      }
      return file;
    };
    await assert.rejects(
      transform(posts(3), { id, outDir }),
      (error) => error instanceof RunError && /No space left.*Make room/.test(error.message),
    );
  });
});

Deno.test("a real limit on the size of files ends the stage with a clear text", async () => {
  await inFolder(async (folder) => {
    const script = `
      import { transform } from "${import.meta.resolve("../../../pipelines/batch/transform.ts")}";
      import { id, MemoryObjects, pin } from "${import.meta.resolve("./landed_objects.ts")}";
      const records = Array.from({ length: 5000 }, (_, at) => pin(at));
      const objects = new MemoryObjects().land("pin", 0, 0, records);
      try {
        await transform(objects, { id, outDir: "${folder}/out" });
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }`;
    await Deno.writeTextFile(`${folder}/limited.ts`, script);
    const grants =
      "--no-prompt --no-check --allow-env --allow-sys --allow-ffi --allow-read --allow-write";
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const { stdout } = await new Deno.Command("bash", {
      args: [
        "-c",
        `trap '' XFSZ; ulimit -f 1000; exec "${Deno.execPath()}" run ${grants} --config ${config} ${folder}/limited.ts`,
      ],
      env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "" },
    }).output();
    assert.match(new TextDecoder().decode(stdout), /^RunError: .*File too large/);
  });
});
