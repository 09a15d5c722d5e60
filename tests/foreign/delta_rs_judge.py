"""delta-rs, asked about Delta tables: see delta_values.py."""
import json
import sys

import pyarrow
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake

from delta_values import answer_questions, from_json, rows_to_json

options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None


def table_at(path, version=None, timestamp=None):
    table = DeltaTable(path, version=version, storage_options=options)
    if timestamp is not None:
        table.load_as_version(timestamp)
    return table


def read(path, version=None, timestamp=None):
    table = table_at(path, version, timestamp)
    schema = json.loads(table.schema().to_json())
    rows = table.to_pyarrow_table().to_pylist()
    return {"version": table.version(), "schema": schema, "rows": rows_to_json(rows, schema)}


def history(path):
    return [[commit["version"], commit["operation"]] for commit in table_at(path).history()]


def append(path, schema, rows, mode="append", partitionBy=None, txn=None):
    fields = Schema.from_json(json.dumps(schema)).to_arrow()
    arrow = pyarrow.schema(fields)
    columns = [
        pyarrow.array([from_json(row[field["name"]], field["type"]) for row in rows],
                      type=arrow.field(field["name"]).type)
        for field in schema["fields"]
    ]
    transactions = [Transaction(txn["app"], txn["version"])] if txn else None
    write_deltalake(
        path, pyarrow.table(columns, schema=arrow), mode=mode, partition_by=partitionBy,
        storage_options=options,
        commit_properties=CommitProperties(app_transactions=transactions))


def vacuum(path):
    return len(table_at(path).vacuum(
        retention_hours=0, enforce_retention_duration=False, dry_run=False))


def change(path, name, value):
    table_at(path).alter.set_table_properties({name: value})


answer_questions({
    "read": read,
    "history": history,
    "append": append,
    "vacuum": vacuum,
    "property": change,
    "txn": lambda path, app: table_at(path).transaction_version(app),
    "delete": lambda path, where: table_at(path).delete(where) and None,
    "optimize": lambda path: table_at(path).optimize.compact() and None,
    "checkpoint": lambda path: table_at(path).create_checkpoint(),
    "open": lambda path: table_at(path).version(),
})
