import assert from "node:assert/strict";
import { givenSource } from "../../../pipelines/cli/given_source.ts";
import { UsageError } from "../../../pipelines/errors.ts";

function refusal(source: string): string {
  try {
    givenSource(source);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${source} was taken` });
}

Deno.test("a folder is a folder, also with a colon in it or of Windows", () => {
  for (const dir of ["dumps", "./a:b", "/tmp/x", "C:\\dumps", "C:/dumps"]) {
    assert.deepEqual(givenSource(dir), { kind: "folder", words: dir, dir });
  }
});

Deno.test("a server is told without its user and password, localhost as 127.0.0.1", () => {
  for (const scheme of ["mysql", "mysql+pymysql", "mariadb"]) {
    const given = givenSource(`${scheme}://me:hush@localhost/shop?charset=utf8mb4`);
    assert.ok(given.kind === "server");
    assert.equal(given.words, "mysql://127.0.0.1:3306/shop");
    assert.equal(given.mysql.host, "127.0.0.1");
    assert.equal(given.mysql.password.reveal(), "hush");
  }
});

Deno.test("what is not read is refused with what to do, and never repeated", () => {
  const cases: [string, RegExp][] = [
    ["postgres://me:hush@h/db", /PostgreSQL.*export.*copy/],
    ["postgresql+psycopg2://me:hush@h/db", /PostgreSQL/],
    ["s3://bucket/hush", /aws s3 cp --recursive/],
    ["s3a://bucket/hush", /copy it to a folder/],
    ["jdbc:mysql://h/db?password=hush", /[(]jdbc:[)].*mysql:\/\/user:password/],
    ["mysql:/me:hush@h/db", /malformed.*mysql:\/\/user:password@host/],
    ["mysql://me:hush@/db", /--source must look like/],
    ["mysql://me:hush@h", /--source names no database/],
    ["sqlite:///hush.db", /[(]sqlite:[)]/],
  ];
  for (const [source, said] of cases) {
    const message = refusal(source);
    assert.match(message, said);
    assert.doesNotMatch(message, /hush/);
  }
});

Deno.test("a dump of SQL is refused with what to do", () => {
  for (const path of ["dump.sql", "./DUMP.SQL.gz"]) {
    assert.match(refusal(path), /Load it into a MySQL server/);
  }
});
