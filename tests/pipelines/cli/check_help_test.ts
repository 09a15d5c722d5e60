import assert from "node:assert/strict";
import { auditExample, fileHelp, testExample } from "../../../pipelines/cli/check_help.ts";
import { parseTestFile } from "../../../pipelines/check/test_file.ts";
import { readAuditFile } from "../../../pipelines/warehouse/audit_rules.ts";

Deno.test("the examples of the help can be read as they stand", async () => {
  const csv = () => Promise.resolve({ file: "posts.csv", text: "index\n1\n" });
  const { cases, problems } = await parseTestFile("pin.test", testExample, "pin", csv);
  assert.deepEqual(problems, []);
  assert.deepEqual(cases.map(({ expects }) => expects.length), [1, 2]);
  const audits = readAuditFile(auditExample, "pin.audit.sql", { name: "pin", grain: ["ind"] });
  assert.deepEqual([audits.problems, audits.rules.length], [[], 8]);
  assert.ok(fileHelp.split("\n").every((line) => line.length <= 100));
});
