/**
 * Judge: Databricks' SDK for Python, on the simulated Statement Execution API.
 *
 * Covers a token and a service principal, typed parameters, a failed statement, chunks behind
 * links, a cancelled statement, and one that does not exist.
 */
import assert from "node:assert/strict";
import { client, openWorkspace, token, warehouseId } from "../sim/databricks/helper.ts";
import { databricksPython, mustRun } from "./tools.ts";

const script = `
import sys, requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.sql import (
    Disposition, Format, StatementParameterListItem as Parameter, StatementState as State)
url, token, client_id, client_secret, warehouse = sys.argv[1:]
for auth in {"token": token}, {"client_id": client_id, "client_secret": client_secret}:
    api = WorkspaceClient(host=url, **auth).statement_execution
    done = api.execute_statement("select :a + 1 as x", warehouse, wait_timeout="50s",
        parameters=[Parameter(name="a", value="4", type="INT")])
    assert done.status.state == State.SUCCEEDED, done.status
    assert [(c.name, c.type_name.value) for c in done.manifest.schema.columns] == [("x", "INT")]
    assert done.result.data_array == [["5"]]
print("token and service principal")
failed = api.execute_statement("select * from nowhere", warehouse)
assert failed.status.state == State.FAILED and "42P01" in failed.status.error.message
assert failed.status.error.error_code.value == "BAD_REQUEST"
print("failed statement")
links = api.execute_statement(
    "select pos from (select repeat(',', 999) as x) as t, "
    "lateral posexplode(split(x, ',')) as p(pos, col) order by pos",
    warehouse, disposition=Disposition.EXTERNAL_LINKS, format=Format.JSON_ARRAY)
rows, result = [], links.result
while True:
    rows += requests.get(result.external_links[0].external_link).json()
    following = result.external_links[0].next_chunk_index
    if following is None: break
    result = api.get_statement_result_chunk_n(links.statement_id, following)
assert len(links.manifest.chunks) > 1
assert rows == [[str(at)] for at in range(1000)]
print("chunks behind links")
began = api.execute_statement("select count(*) from (select explode(split(repeat(',', 90000), ',')) "
    "as a) as t, (select explode(split(repeat(',', 90000), ',')) as b) as u where a < b",
    warehouse, wait_timeout="0s")
api.cancel_execution(began.statement_id)
assert api.get_statement(began.statement_id).status.state == State.CANCELED
print("cancelled statement")
try:
    api.get_statement("00000000-0000-0000-0000-000000000000")
    raise AssertionError("a statement that is not there was found")
except NotFound:
    print("unknown statement")
`;

Deno.test("Databricks' SDK for Python speaks to the simulator", async () => {
  const python = await databricksPython();
  await using workspace = await openWorkspace({ chunkBytes: 2_000 });
  const args = ["-c", script, workspace.url, token, client.id, client.secret, warehouseId];
  const stdout = await mustRun(python, args, { timeoutMs: 60_000 });
  assert.deepEqual(stdout.trim().split("\n"), [
    "token and service principal",
    "failed statement",
    "chunks behind links",
    "cancelled statement",
    "unknown statement",
  ]);
});
