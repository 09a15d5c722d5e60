"""Spark with Delta, asked about Delta tables: see delta_values.py.

    TZ=UTC python delta_spark_judge.py JARS
"""
import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from delta_values import answer_questions, from_json, rows_to_json

settings = {
    "spark.jars": sys.argv[1],
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    # A short life: compiling costs more than it saves.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
    # Small tables: one task where the defaults make hundreds, or ten thousand.
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
}
builder = SparkSession.builder.master("local[1]").appName("judge")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()


def read(path, version=None, timestamp=None):
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    if timestamp is not None:
        reader = reader.option("timestampAsOf", timestamp)
    frame = reader.load(path)
    schema = json.loads(frame.schema.json())
    rows = [row.asDict() for row in frame.collect()]
    newest = history(path)[0][0] if version is None and timestamp is None else version
    return {"version": newest, "schema": schema, "rows": rows_to_json(rows, schema)}


def history(path):
    frame = spark.sql(f"DESCRIBE HISTORY delta.`{path}`")
    return [[row["version"], row["operation"]] for row in frame.collect()]


def append(path, schema, rows, mode="append", partitionBy=None, txn=None):
    kinds = [(field["name"], field["type"]) for field in schema["fields"]]
    values = [tuple(from_json(row[name], kind) for name, kind in kinds) for row in rows]
    frame = spark.createDataFrame(values, StructType.fromJson(schema)).coalesce(1)
    writer = frame.write.format("delta").mode(mode)
    if partitionBy:
        writer = writer.partitionBy(*partitionBy)
    if txn:
        writer = writer.option("txnAppId", txn["app"]).option("txnVersion", txn["version"])
    writer.save(path)


def sql(text):
    return lambda path, **more: spark.sql(text.format(table=f"delta.`{path}`", **more)) and None


answer_questions({
    "read": read,
    "history": history,
    "append": append,
    "delete": sql("DELETE FROM {table} WHERE {where}"),
    "optimize": sql("OPTIMIZE {table}"),
    "vacuum": sql("VACUUM {table} RETAIN 0 HOURS"),
    "property": sql("ALTER TABLE {table} SET TBLPROPERTIES ('{name}' = '{value}')"),
    "open": lambda path: history(path)[0][0],
})
spark.stop()
