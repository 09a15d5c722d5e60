"""Runs generated notebooks on a local Spark with Delta, in place of a Databricks workspace.

    TZ=UTC python spark_notebook_judge.py JARS PLAN

PLAN is a file with one JSON object: `folder` (for the tables), `schema`, `runs`. A run is a
notebook with what stands in for the workspace:

    {"notebook": "stream.py", "widgets": {...}, "records": DIR, "filesPerBatch": N,
     "arrive": DIR, "forget": DIR, "failAt": TEXT}
    {"notebook": "batch.sql", "parameters": {...}, "bucket": DIR}

`records` has a folder of JSON lines for each table, in place of Kinesis; the files in `arrive`
are added to it first, and the folder `forget` is removed. A statement that begins like `failAt`
fails, once, and the notebook with it. `bucket` is where the bucket's objects lie as files. Prints a list: for each
run the titles of its cells, and of a SQL notebook the rows of each query by its title.
"""
import json
import re
import shutil
import sys
from types import SimpleNamespace

from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession, functions

plan = json.load(open(sys.argv[2]))
settings = {
    "spark.jars": sys.argv[1],
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions":
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=200m",
    # Data of some thousand rows: compiling costs more than it saves.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.warehouse.dir": plan["folder"],
    # On Databricks a table is a Delta table if nothing else is said.
    "spark.sql.sources.default": "delta",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
}
builder = SparkSession.builder.master("local[2]").appName("judge")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()


def cells(path):
    """Title and text of each cell; Markdown cells have no text."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    mark = "--" if path.endswith(".sql") else "#"
    header, body = text.split("\n", 1)
    assert header == f"{mark} Databricks notebook source", header
    for cell in body.split(f"\n{mark} COMMAND ----------\n"):
        title = re.search(rf"^{mark} DBTITLE 1,(.*)$", cell, re.MULTILINE)
        is_markdown = f"{mark} MAGIC %md" in cell
        yield title.group(1) if title else "", "" if is_markdown else cell.strip()


def kinesis_of(folder, files_per_batch):
    """What the cell Source defines, over files with the columns of the Kinesis source."""

    def source(table):
        frame = (
            spark.readStream.schema(
                "partitionKey string, data string, stream string, shardId string,"
                " sequenceNumber string, approximateArrivalTimestamp timestamp"
            )
            .option("maxFilesPerTrigger", files_per_batch)
            .json(f"{folder}/{table}")
        )
        return frame.withColumn("data", functions.unbase64("data"))

    return source


def failing_once(beginning):
    """Whether a statement has failed by now; `SparkSession.sql` is itself again afterwards."""
    usual, failed = SparkSession.sql, []

    def sql(session, text, *more, **options):
        if text.startswith(beginning) and not failed:
            failed.append(text)
            raise RuntimeError("The judge has cut the cord")
        return usual(session, text, *more, **options)

    SparkSession.sql = sql

    def is_over():
        SparkSession.sql = usual
        return bool(failed)

    return is_over


def run_stream(run):
    if "forget" in run:
        shutil.rmtree(run["forget"])
    if "arrive" in run:
        shutil.copytree(run["arrive"], run["records"], dirs_exist_ok=True)
    defaults = {}
    widgets = SimpleNamespace(text=lambda name, default: defaults.update({name: default}),
                              get=lambda name: run["widgets"].get(name, defaults[name]))
    names = {"spark": spark, "dbutils": SimpleNamespace(widgets=widgets)}
    is_over = failing_once(run["failAt"]) if "failAt" in run else None
    ran = []
    for title, text in cells(run["notebook"]):
        if title == "Source":
            names["source"] = kinesis_of(run["records"], run["filesPerBatch"])
        elif title == "Follow" and is_over:
            follow_to_failure(text, names)
            assert is_over(), "No statement failed"
        elif text:
            exec(compile(text, title, "exec"), names)
        ran.append(title)
    return {"cells": ran}


def follow_to_failure(text, names):
    try:
        exec(compile(text, "Follow", "exec"), names)
    except StreamingQueryException as error:
        assert "cut the cord" in str(error), error
    else:
        raise AssertionError("The notebook did not end with the query that failed")
    finally:
        for query in names["queries"]:
            query.stop()
        spark.streams.resetTerminated()


def landed_files(text, bucket):
    """Whole objects with their paths, also packed ones, in place of `read_files`."""

    def view(found):
        folder = f"{bucket}/{found.group(1)}"
        objects = spark.read.text(folder, wholetext=True, recursiveFileLookup=True)
        objects.select("value", "_metadata").createOrReplaceTempView("objects_of_bucket")
        return "objects_of_bucket"

    return re.sub(
        r"read_files\('s3://[^/]+/([^']+)', format => 'text', wholeText => true\)", view, text
    )


def with_names(text, parameters):
    """With Delta in it, Spark binds no parameters in statements that are no queries."""
    return re.sub(r"identifier\(:(\w+)\)", lambda found: f"`{parameters[found.group(1)]}`", text)


def run_batch(run):
    ran, rows = [], {}
    for title, text in cells(run["notebook"]):
        # `use catalog` is a statement of Databricks alone.
        if text and title != "Catalog":
            frame = spark.sql(with_names(landed_files(text, run["bucket"]), run["parameters"]))
            rows[title] = [list(map(str, row)) for row in frame.collect()]
        ran.append(title)
    return {"cells": ran, "rows": rows}


results = [run_batch(run) if run["notebook"].endswith(".sql") else run_stream(run)
           for run in plan["runs"]]
print("answer " + json.dumps(results), flush=True)
spark.stop()
