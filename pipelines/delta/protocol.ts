/**
 * Protocol: what a table asks of those who read and write it -> nothing, or a refusal.
 *
 * Our own tables declare (1, 2). We read what we would read right, and write only where we
 * would keep every promise of the table.
 *
 * Source: the Delta protocol, "Protocol Evolution", "Table Features", "Column Invariants".
 */
import type { Metadata, Protocol } from "./actions.ts";
import { UnsupportedTable } from "./errors.ts";
import { allColumns, type DeltaColumn } from "./types.ts";

export const ownProtocol: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** What a version brings that the ones before do not have. */
const readerVersions: Readonly<Record<number, string>> = { 2: "column mapping" };
const writerVersions: Readonly<Record<number, string>> = {
  3: "check constraints",
  4: "change data feed and generated columns",
  5: "column mapping",
  6: "identity columns",
};

/** Features that change nothing for somebody who only reads what the log names. */
const readable = new Set(["timestampNtz", "vacuumProtocolCheck"]);
const writable = new Set(["appendOnly", "invariants"]);

/** @throws {UnsupportedTable} reading it would be wrong */
export function checkReadable(protocol: Protocol, metadata: Metadata, table: string): void {
  const { minReaderVersion: version, readerFeatures = [] } = protocol;
  const refuse = (reason: string) => new UnsupportedTable(`Cannot read ${table}: ${reason}`);
  if (version > 3) throw refuse(`it asks for reader version ${version}, we know 1 to 3`);
  const unknown = version === 3 ? readerFeatures.filter((feature) => !readable.has(feature)) : [];
  if (unknown.length > 0) throw refuse(`it uses ${listed(unknown)}, which we do not know`);
  const mapping = metadata.configuration["delta.columnMapping.mode"] ?? "none";
  if (version === 2 && mapping !== "none") {
    throw refuse(`it uses ${readerVersions[2]} by ${mapping} (reader version 2)`);
  }
  if (metadata.format.provider !== "parquet") {
    throw refuse(`its files are ${metadata.format.provider}, not parquet`);
  }
}

/** @throws {UnsupportedTable} writing it would break what it promises */
export function checkWritable(
  protocol: Protocol,
  metadata: Metadata,
  columns: readonly DeltaColumn[],
  table: string,
): void {
  const reason = unwritableProtocol(protocol) ?? unwritableSchema(metadata, columns);
  if (reason !== undefined) throw new UnsupportedTable(`Cannot write ${table}: ${reason}`);
}

function unwritableProtocol(protocol: Protocol): string | undefined {
  const { minReaderVersion: reader, minWriterVersion: writer, writerFeatures = [] } = protocol;
  if (writer === 7) {
    const unknown = writerFeatures.filter((feature) => !writable.has(feature));
    if (unknown.length > 0) return `it uses ${listed(unknown)}, which we do not write`;
  } else if (writer > 2) {
    const brought = Object.entries(writerVersions)
      .filter(([version]) => Number(version) <= writer).map(([, what]) => what);
    return `it asks for writer version ${writer} (${brought.join(", ")}), we write version 2`;
  }
  if (reader === 1 || (reader === 3 && writer === 7)) return undefined;
  return `it asks for reader version ${reader} (${readerVersions[reader] ?? "unknown to us"})`;
}

function unwritableSchema(
  { partitionColumns }: Metadata,
  columns: readonly DeltaColumn[],
): string | undefined {
  if (partitionColumns.length > 0) {
    return `it is partitioned by ${
      partitionColumns.join(", ")
    }; we write tables without partitions`;
  }
  for (const { name, metadata = {} } of allColumns(columns)) {
    if ("delta.invariants" in metadata) return `column ${name} has an invariant`;
    if ("delta.generationExpression" in metadata) return `column ${name} is generated`;
    if ("delta.identity.start" in metadata) return `column ${name} is an identity column`;
  }
  return unwritableNulls(columns);
}

/** Of the columns themselves we count the nulls; of what lies within them nobody does. */
function unwritableNulls(columns: readonly DeltaColumn[]): string | undefined {
  const strict = columns.find(({ type, nullable = true }) =>
    typeof type === "object" &&
    (!nullable || /"(containsNull|valueContainsNull|nullable)":false/.test(JSON.stringify(type)))
  );
  return strict &&
    `column ${strict.name} must hold no nulls, which we do not check within lists, maps and structs`;
}

/** @throws {UnsupportedTable} nothing may be removed from this table */
export function checkRemovable(metadata: Metadata, doing: string, table: string): void {
  if (metadata.configuration["delta.appendOnly"] !== "true") return;
  throw new UnsupportedTable(
    `Cannot ${doing} ${table}: it is append-only (delta.appendOnly is true)`,
  );
}

function listed(features: readonly string[]): string {
  return `the feature${features.length === 1 ? "" : "s"} ${features.join(", ")}`;
}
