import assert from "node:assert/strict";
import { Variables } from "../../../../sim/mysql/admin/variables.ts";
import { MysqlError } from "../../../../sim/mysql/errors.ts";
import { assign } from "../../../../sim/mysql/sql/assignments.ts";
import { tokenize } from "../../../../sim/mysql/sql/tokens.ts";

function after(...statements: string[]): Variables {
  const variables = new Variables({});
  for (const sql of statements) assign(sql, tokenize(sql), variables);
  return variables;
}

const levels: [string, string][] = [
  ["SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "READ-COMMITTED"],
  ["set local transaction read only, isolation level serializable", "SERIALIZABLE"],
  ["SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "READ-UNCOMMITTED"],
  ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "REPEATABLE-READ"],
  ["SET @@session.transaction_isolation = 'READ-COMMITTED'", "READ-COMMITTED"],
];

for (const [sql, level] of levels) {
  Deno.test(`after ${sql} the session's level is ${level}`, () => {
    assert.equal(after(sql).read("@@session.transaction_isolation"), level);
  });
}

Deno.test("a session that is read only says so, until it may write again", () => {
  const readOnly = "SET SESSION TRANSACTION READ ONLY";
  assert.equal(after(readOnly).read("@@transaction_read_only"), 1);
  const readWrite = "SET SESSION TRANSACTION READ WRITE, ISOLATION LEVEL READ COMMITTED";
  assert.equal(after(readOnly, readWrite).read("@@transaction_read_only"), 0);
});

Deno.test("what holds for all sessions may not be set", () => {
  for (const sql of ["SET GLOBAL TRANSACTION READ ONLY", "SET GLOBAL autocommit = 0"]) {
    assert.throws(() => after(sql), MysqlError);
  }
});
