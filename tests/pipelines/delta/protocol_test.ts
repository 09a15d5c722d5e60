import assert from "node:assert/strict";
import type { Metadata, Protocol } from "../../../pipelines/delta/actions.ts";
import { UnsupportedTable } from "../../../pipelines/delta/mod.ts";
import { checkReadable, checkRemovable, checkWritable } from "../../../pipelines/delta/protocol.ts";
import { parseSchema } from "../../../pipelines/delta/types.ts";

const plain = { name: "id", type: "integer", nullable: true, metadata: {} };

function metadata(changes: Partial<Metadata> = {}, fields: unknown[] = [plain]): Metadata {
  return {
    id: "0f",
    format: { provider: "parquet" },
    schemaString: JSON.stringify({ type: "struct", fields }),
    partitionColumns: [],
    configuration: {},
    ...changes,
  };
}

function protocol(reader: number, writer: number, features?: string[]): Protocol {
  return {
    minReaderVersion: reader,
    minWriterVersion: writer,
    ...(features && reader === 3 && { readerFeatures: features }),
    ...(features && { writerFeatures: features }),
  };
}

/** Null, or the refusal. */
function refusal(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof UnsupportedTable) return error.message;
    throw error;
  }
}

const reading = (protocol: Protocol, data = metadata()) =>
  refusal(() => checkReadable(protocol, data, "t"));
const writing = (protocol: Protocol, data = metadata()) =>
  refusal(() => checkWritable(protocol, data, parseSchema(data.schemaString, "t"), "t"));

Deno.test("A table is read unless it asks for what we do not know", () => {
  assert.equal(reading(protocol(1, 2)), null);
  assert.equal(reading(protocol(1, 7, ["changeDataFeed"])), null, "a matter of writers");
  assert.equal(reading(protocol(2, 5)), null, "column mapping is not switched on");
  assert.equal(reading(protocol(3, 7, [])), null);
  assert.equal(reading(protocol(3, 7, ["timestampNtz"])), null);
  const mapped = metadata({ configuration: { "delta.columnMapping.mode": "name" } });
  assert.match(reading(protocol(2, 5), mapped) ?? "", /column mapping by name/);
  assert.match(
    reading(protocol(3, 7, ["deletionVectors", "v2Checkpoint"])) ?? "",
    /features deletionVectors, v2Checkpoint, which we do not know/,
  );
  assert.match(reading(protocol(4, 7)) ?? "", /reader version 4, we know 1 to 3/);
  const orc = metadata({ format: { provider: "orc" } });
  assert.match(reading(protocol(1, 2), orc) ?? "", /its files are orc, not parquet/);
});

Deno.test("A table is written only where we keep all it promises", () => {
  assert.equal(writing(protocol(1, 1)), null);
  assert.equal(writing(protocol(1, 2)), null);
  assert.equal(writing(protocol(1, 7, ["appendOnly", "invariants"])), null);
  assert.equal(writing(protocol(3, 7, [])), null);
  assert.match(writing(protocol(1, 3)) ?? "", /writer version 3 \(check constraints\), we write/);
  assert.match(writing(protocol(1, 4)) ?? "", /check constraints, change data feed and generated/);
  assert.match(writing(protocol(1, 7, ["appendOnly", "rowTracking"])) ?? "", /feature rowTracking/);
  assert.match(writing(protocol(2, 2)) ?? "", /reader version 2 \(column mapping\)/);
  const partitioned = metadata({ partitionColumns: ["id"] });
  assert.match(writing(protocol(1, 2), partitioned) ?? "", /partitioned by id/);
});

Deno.test("Columns with rules of their own are not written", () => {
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ metadata: { "delta.invariants": "{}" } }, /column id has an invariant/],
    [{ metadata: { "delta.generationExpression": "1" } }, /column id is generated/],
    [{ metadata: { "delta.identity.start": 1 } }, /column id is an identity column/],
    [
      { type: { type: "array", elementType: "long", containsNull: false } },
      /column id must hold no nulls/,
    ],
  ];
  for (const [changes, message] of refused) {
    assert.match(writing(protocol(1, 2), metadata({}, [{ ...plain, ...changes }])) ?? "", message);
  }
  assert.equal(writing(protocol(1, 2), metadata({}, [{ ...plain, nullable: false }])), null);
});

Deno.test("Nothing is removed from a table that only grows", () => {
  const of = (value: string) => metadata({ configuration: { "delta.appendOnly": value } });
  assert.equal(refusal(() => checkRemovable(of("false"), "overwrite", "t")), null);
  assert.match(
    refusal(() => checkRemovable(of("true"), "overwrite", "t")) ?? "",
    /^Cannot overwrite t: it is append-only/,
  );
});

Deno.test("A schema with a type that we do not know is refused by the column's name", () => {
  const of = (type: unknown) =>
    refusal(() => parseSchema(metadata({}, [{ ...plain, name: "v", type }]).schemaString, "t"));
  assert.match(of("variant") ?? "", /the type of v is variant, which we do not know/);
  assert.match(of({ type: "array", elementType: "void" }) ?? "", /v\.element is void/);
  assert.match(of({ type: "udt" }) ?? "", /v is {"type":"udt"}/);
  assert.match(refusal(() => parseSchema("{", "t")) ?? "", /its schema is no JSON/);
  assert.match(refusal(() => parseSchema(`"long"`, "t")) ?? "", /no struct of columns/);
});
