/**
 * Delta tables on the local disk: how long a table of 10,000 commits takes to open, with
 * checkpoints and without, and what one commit costs, beside a floor: the same bytes written,
 * synced and linked. delta-rs is the peer where `task foreign` has installed it.
 *
 * Target: 10,000 commits open in under 1 s thanks to checkpoints.
 */
import { createTable, diskStorage, openTable } from "../../pipelines/delta/mod.ts";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { median } from "./median.ts";

const commits = 10_000;
const sinceCheckpoint = 15;
const rounds = 5;
const folder = await Deno.makeTempDir({ prefix: "bench-" });
const db = await openDuckDb();
const options = { workDir: `${folder}/work`, checkpointEvery: 0 };

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function print(what: string, ms: number): void {
  console.log(`${what.padEnd(52)} ${ms.toFixed(ms < 20 ? 2 : 0).padStart(8)} ms`);
}

async function open(dir: string, version: number): Promise<void> {
  const table = await openTable(diskStorage(dir), db, options);
  if (table?.version !== version) throw new Error(`Opened version ${table?.version}`);
}

/** What a batch of a stream commits: one file and its `txn`. Nobody reads the files here. */
function commitText(version: number): string {
  const timestamp = 1_795_000_000_000 + version;
  const stats = JSON.stringify({ numRecords: 500, minValues: { ind: version } });
  const add = {
    path: `part-00000-${crypto.randomUUID()}-c000.snappy.parquet`,
    partitionValues: {},
    ...{ size: 31_000, modificationTime: timestamp, dataChange: true, stats },
  };
  const positions = {
    "shardId-000000000000": "49660000000000000000000000000000000000000000000001",
  };
  const commitInfo = { timestamp, operation: "STREAMING UPDATE", isBlindAppend: true, positions };
  const txn = { appId: "stream-bench-pin", version, lastUpdated: timestamp };
  return [{ commitInfo }, { txn }, { add }].map((action) => JSON.stringify(action)).join("\n");
}

async function writeCommits(dir: string, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++) {
    const name = `${String(version).padStart(20, "0")}.json`;
    await Deno.writeTextFile(`${dir}/_delta_log/${name}`, commitText(version));
  }
}

async function openings(): Promise<void> {
  const dir = `${folder}/long`;
  const columns = [{ name: "ind", type: "integer" }] as const;
  await createTable(diskStorage(dir), db, { ...options, columns });
  const last = commits - sinceCheckpoint;
  await writeCommits(dir, 1, last);
  print(`open ${last} commits without a checkpoint`, await milliseconds(() => open(dir, last)));
  const table = await openTable(diskStorage(dir), db, options);
  print("write a checkpoint of them", await milliseconds(async () => await table?.checkpoint()));
  await writeCommits(dir, last + 1, commits);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(await milliseconds(() => open(dir, commits)));
  }
  print(`open ${commits} commits, ${sinceCheckpoint} of them after a checkpoint`, median(times));
  await peer(
    `from deltalake import DeltaTable; work = lambda: DeltaTable(${
      JSON.stringify(dir)
    }).file_uris()`,
  );
}

/** The median of delta-rs, if it is there. */
async function peer(python: string): Promise<void> {
  const bin = new URL("../foreign/.tools/delta/bin/python", import.meta.url).pathname;
  if (await Deno.stat(bin).catch(() => null) === null) {
    return console.log("  (peer delta-rs is not installed: `deno task foreign` does it)");
  }
  const script = `import time
${python}
times = []
for round in range(${rounds}):
    start = time.perf_counter()
    work()
    times.append(time.perf_counter() - start)
print(sorted(times)[len(times) // 2] * 1000)`;
  const { code, stdout, stderr } = await new Deno.Command(bin, { args: ["-c", script] }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  print("  the same by delta-rs (peer)", Number(new TextDecoder().decode(stdout)));
}

/** The least that two files and their folders cost when they are to survive a power cut. */
async function bareCommit(dir: string, name: string, bytes: Uint8Array): Promise<void> {
  for (const kind of ["data", "log"]) {
    const part = `${dir}/.${name}.${kind}`;
    using file = await Deno.open(part, { write: true, createNew: true });
    await file.write(bytes);
    await file.syncData();
    await Deno.link(part, `${dir}/${name}.${kind}`);
    using parent = await Deno.open(dir);
    await parent.sync();
    await Deno.remove(part);
  }
}

async function appends(rows: number): Promise<void> {
  const dir = `${folder}/appended-${rows}`;
  const columns = [
    { name: "ind", type: "integer" },
    { name: "title", type: "string" },
    { name: "timestamp", type: "timestamp" },
  ] as const;
  const query = `SELECT CAST(range AS INTEGER) AS ind, 'title of ' || range AS title, ` +
    `TIMESTAMPTZ '2020-01-01 00:00:00+00' AS timestamp FROM range(${rows})`;
  const table = await createTable(diskStorage(dir), db, { ...options, columns });
  const bare = `${folder}/bare-${rows}`;
  await Deno.mkdir(bare);
  const [times, floor]: [number[], number[]] = [[], []];
  for (let version = 1; version <= 100; version++) {
    const txn = { appId: "stream-bench-pin", version };
    const { files } = await table.append(query, { txn: { ...txn, version: version * 2 } });
    times.push(
      await milliseconds(() => table.append(query, { txn: { ...txn, version: version * 2 + 1 } })),
    );
    const bytes = await Deno.readFile(`${dir}/${files[0]}`);
    floor.push(await milliseconds(() => bareCommit(bare, String(version), bytes)));
  }
  print(`commit of ${rows} rows on disk`, median(times));
  print("  the same bytes written, synced and linked (floor)", median(floor));
  await peer(`import pyarrow, datetime
from deltalake import write_deltalake
rows = pyarrow.table({
    "ind": pyarrow.array(range(${rows}), pyarrow.int32()),
    "title": [f"title of {at}" for at in range(${rows})],
    "timestamp": pyarrow.array([datetime.datetime(2020, 1, 1)] * ${rows}, pyarrow.timestamp("us", "UTC"))})
def work():
    write_deltalake(${JSON.stringify(`${folder}/peer-${rows}`)}, rows, mode="append")`);
}

try {
  await openings();
  for (const rows of [1, 5000]) await appends(rows);
} finally {
  db.close();
  await Deno.remove(folder, { recursive: true });
}
