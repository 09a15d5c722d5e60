/**
 * The house rules that a machine can check: which way imports go, what stands at the top, what
 * every module and task has, and that every action and API has a test of its own.
 */
import assert from "node:assert/strict";

const root = new URL("..", import.meta.url);

/** A path from the root as an address: names may hold a per cent sign. */
function at(path: string): URL {
  return new URL(path.split("/").map(encodeURIComponent).join("/"), root);
}

/** All TypeScript files below a folder, as paths from the root. */
function sources(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(at(folder))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory && !entry.name.startsWith(".")) found.push(...sources(`${path}/`));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

function read(path: string): string {
  return Deno.readTextFileSync(at(path));
}

/** What a file imports from this project, as paths from the root. */
function imports(path: string): string[] {
  const found = read(path).matchAll(
    /(?:from|import)\s*\(?\s*"(\.[^"]+)"|new URL\("(\.[^"]+\.ts)", import/g,
  );
  return [...found].map(([, one, two]) => {
    const url = new URL(one ?? two ?? "", new URL(path, root));
    return url.href.slice(root.href.length);
  });
}

/** The files that import something they must not. */
function trespassers(folder: string, isForbidden: (target: string, from: string) => boolean) {
  return sources(folder).flatMap((from) =>
    imports(from).filter((target) => isForbidden(target, from)).map((to) => `${from} -> ${to}`)
  );
}

/** Everything that a file or a room reaches in the end, by way of others too. */
function reached(from: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const to of edges.get(next) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}

/** Those that reach themselves, each with what it shares the circle with. */
function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reach = new Map([...edges.keys()].map((from) => [from, reached(from, edges)]));
  const found = [...reach].flatMap(([from, all]) =>
    all.has(from) ? [[...all].filter((to) => reach.get(to)?.has(from)).sort().join(" <-> ")] : []
  );
  return [...new Set(found)];
}

/** What imports what, types too: by file, or by what `nameOf` makes of one. */
function importsBy(nameOf: (path: string) => string): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  const files = ["pipelines/", "sim/", "sql/", "fixtures/", "tests/"].flatMap(sources);
  for (const path of [...files, "main.ts"]) {
    const from = nameOf(path);
    const targets = edges.get(from) ?? new Set();
    edges.set(from, targets);
    for (const to of imports(path).map(nameOf)) if (to !== from) targets.add(to);
  }
  return edges;
}

Deno.test("circles are found, however long the way round is", () => {
  const edges = Object.entries({ a: ["b"], b: ["c"], c: ["a", "d"], d: ["e"], e: [], f: ["a"] });
  const found = circles(new Map(edges.map(([from, to]) => [from, new Set(to)])));
  assert.deepEqual(found, ["a <-> b <-> c"]);
});

Deno.test("no two files need each other, by way of others neither", () => {
  assert.deepEqual(circles(importsBy((path) => path)), []);
});

Deno.test("no two rooms need each other, by way of others neither", () => {
  const roomOf = (path: string) => path.split("/").slice(0, 2).join("/");
  assert.deepEqual(circles(importsBy(roomOf)), []);
});

Deno.test("pipelines/ never imports the simulator, the fixtures or the tests", () => {
  const found = trespassers("pipelines/", (to) => /^(sim|fixtures|tests)\//.test(to));
  assert.deepEqual(found, []);
});

Deno.test("sim/ imports nothing but itself; its Databricks the dialect, which is no pipeline's", () => {
  const dialect = "sql/dialect/";
  const found = trespassers(
    "sim/",
    (to, from) =>
      !to.startsWith("sim/") && !(from.startsWith("sim/databricks/") && to.startsWith(dialect)),
  );
  assert.deepEqual(found, []);
});

Deno.test("sql/ and fixtures/ import nothing but themselves", () => {
  assert.deepEqual(trespassers("sql/", (to) => !to.startsWith("sql/")), []);
  assert.deepEqual(trespassers("fixtures/", (to) => !to.startsWith("fixtures/")), []);
});

Deno.test("simulator services do not import each other", () => {
  const services = [
    "gateway",
    "kafka",
    "kafka_rest",
    "kinesis",
    "s3",
    "mysql",
    "databricks",
    "identity",
  ];
  const serviceOf = (path: string) => services.find((name) => path.startsWith(`sim/${name}/`));
  const found = trespassers("sim/", (to, from) => {
    const [here, there] = [serviceOf(from), serviceOf(to)];
    return here !== undefined && there !== undefined && here !== there;
  });
  assert.deepEqual(found, []);
});

Deno.test("what services share does not know the services", () => {
  const shared = /^sim\/(net|storage|faults|duckdb|iam)\//;
  const found = trespassers(
    "sim/",
    (to, from) => shared.test(from) && /^sim\/[a-z0-9_]+\//.test(to) && !shared.test(to),
  );
  assert.deepEqual(found, []);
});

Deno.test("the batch and the stream pipeline do not import each other", () => {
  assert.deepEqual(
    trespassers(
      "pipelines/",
      (to, from) =>
        (from.startsWith("pipelines/batch/") && to.startsWith("pipelines/stream/")) ||
        (from.startsWith("pipelines/stream/") && to.startsWith("pipelines/batch/")),
    ),
    [],
  );
});

Deno.test("outside systems are spoken to in pipelines/clients only", () => {
  const vendors = /from "(kafkajs|mysql2[^"]*|@aws-sdk\/[^"]+)"|import\("(kafkajs|mysql2|@aws)/;
  const found = sources("pipelines/")
    .filter((path) => !path.startsWith("pipelines/clients/") && vendors.test(read(path)));
  assert.deepEqual(found, []);
});

Deno.test("where the simulator opens DuckDB, it is closed and locked; everywhere it is offline", () => {
  const opens = (path: string) => /DuckDBInstance\.create\(/.test(read(path));
  for (const path of sources("sim/").filter(opens)) {
    assert.match(read(path), /closedSettings[\s\S]*lockSettings\(/, path);
  }
  for (const path of sources("pipelines/").filter(opens)) {
    assert.match(read(path), /autoinstall_known_extensions: "false"/, path);
    assert.match(read(path), /autoload_known_extensions: "false"/, path);
  }
});

Deno.test("nothing at the top level that the design does not list", () => {
  const listed = new Set([
    ...["deno.json", "deno.lock", "main.ts", "README.md", "LICENSE"],
    ...["pipelines", "sim", "sql", "fixtures", "tests", "node_modules", "out"],
  ]);
  const found = [...Deno.readDirSync(root)].map((entry) => entry.name)
    .filter((name) => !name.startsWith(".") && !listed.has(name));
  assert.deepEqual(found, []);
});

Deno.test("every module of ours begins with a comment that says what it is", () => {
  const found = ["pipelines/", "sim/", "sql/", "fixtures/"].flatMap(sources)
    .filter((path) => !/^(?:#!.*\n)?\/\*\*/.test(read(path)));
  assert.deepEqual(found, []);
});

Deno.test("every API of the broker has a test of its own", () => {
  const tests = new Set(sources("tests/"));
  const missing = sources("sim/kafka/apis/")
    .filter((path) => !path.endsWith("/mod.ts"))
    .filter((path) => !tests.has(`tests/${path.replace(/\.ts$/, "_test.ts")}`));
  assert.deepEqual(missing, []);
});

Deno.test("every action of a simulated AWS service is named in a test of that service", () => {
  for (const service of ["s3", "kinesis", "identity"]) {
    const texts = sources("tests/").filter((path) => path.includes(service)).map(read).join("\n");
    const missing = actionNames(`sim/${service}/actions/`).filter((name) => !texts.includes(name));
    assert.deepEqual(missing, [], service);
  }
});

/** `put_object.ts` holds PutObject. A service without such a folder is caught here, not passed. */
function actionNames(folder: string): string[] {
  const names = sources(folder).map((path) => path.slice(folder.length, -".ts".length))
    .map((name) => name.replace(/(^|_)([a-z])/g, (_, _bar, letter) => letter.toUpperCase()));
  assert.ok(names.length > 0, `${folder} holds no action`);
  return names;
}

Deno.test("the simulator binds and advertises the literal 127.0.0.1 only", () => {
  const found = sources("sim/").filter((path) => {
    const code = read(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    const other = /\bhost(name)?\b\s*[:=]\s*["'`](localhost|0\.0\.0\.0|::1?)["'`]/.test(code);
    const binds = /\bDeno\.listen\w*\(|\bserver\.listen\(/i.test(code);
    return other || (binds && !code.includes("127.0.0.1") && !/\bhost\b/.test(code));
  });
  assert.deepEqual(found, []);
});

interface DenoJson {
  tasks: Record<string, { description?: string; command?: string }>;
  imports: Record<string, string>;
}

const denoJson: DenoJson = JSON.parse(read("deno.json"));

Deno.test("every task has a description, and none has all permissions", () => {
  for (const [name, task] of Object.entries(denoJson.tasks)) {
    assert.ok(task.description, `${name} has no description`);
    assert.doesNotMatch(task.command ?? "", /(^|\s)(-A|--allow-all)(\s|$)/, name);
  }
});

Deno.test("tasks reach the network at 127.0.0.1 only, but for those that say aws", () => {
  for (const [name, task] of Object.entries(denoJson.tasks)) {
    if (name.endsWith(":aws")) continue;
    const grants = (task.command ?? "").match(/--allow-net\S*/g) ?? [];
    assert.deepEqual(grants.filter((grant) => grant !== "--allow-net=127.0.0.1"), [], name);
  }
});

Deno.test("every dependency is pinned to one version", () => {
  for (const [name, target] of Object.entries(denoJson.imports)) {
    assert.match(target, /^npm:(@[^/]+\/)?[^@]+@[0-9]+[.][0-9]+[.][0-9]+(-[a-z0-9.]+)?$/, name);
  }
});

Deno.test("no source says any, and no test is skipped", () => {
  const found = ["pipelines/", "sim/", "sql/", "fixtures/", "tests/"].flatMap(sources)
    .filter((path) => path !== "tests/architecture_test.ts")
    .filter((path) => {
      const code = read(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, "");
      return /:\s*any\b|\bas any\b|Deno\.test\.ignore|ignore:\s*true|@ts-ignore/.test(code);
    });
  assert.deepEqual(found, []);
});
