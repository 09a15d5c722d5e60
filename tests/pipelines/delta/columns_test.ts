import assert from "node:assert/strict";
import { missingColumns } from "../../../pipelines/delta/columns.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { arrayOf, type DeltaColumn } from "../../../pipelines/delta/types.ts";

const table: DeltaColumn[] = [
  { name: "ind", type: "integer" },
  { name: "places", type: { type: "array", elementType: "double", containsNull: false } },
];
const [ind, places] = [{ name: "ind", type: "integer" }, {
  name: "places",
  type: arrayOf("double"),
}] as const;
const title = { name: "title", type: "string" } as const;

Deno.test("what a table lacks is added, wherever it stands; order and case are no change", () => {
  assert.deepEqual(missingColumns(table, [places, title, ind], "t"), [title]);
  assert.deepEqual(missingColumns(table, [{ ...ind, name: "IND" }, places], "t"), []);
});

Deno.test("a column that is gone, renamed or of another type is refused with what to do", () => {
  const refused = (wanted: DeltaColumn[], message: RegExp) =>
    assert.throws(() => missingColumns(table, wanted, "t"), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, message);
      assert.match(error.message, /takes added columns, no other change: put back .* --id$/);
      return true;
    });
  refused([ind], /write to t: its column places is none that cleaning makes[.] /);
  refused([ind, { ...places, name: "coordinates" }], /places is none .*; new is coordinates[.] /);
  refused([{ ...ind, type: "string" }, places], /ind is integer, and cleaning makes string[.] /);
});
