"""Spark in ANSI mode, asked about SQL: one session for all questions, see spark_sql_judge.ts.

    TZ=UTC python spark_sql_judge.py

Values are JSON: 64-bit numbers and decimals as text, instants as `2018-01-02T03:04:05.5Z`.
"""
import datetime
import decimal
import math

import pyarrow
from pyspark.sql import SparkSession

from delta_values import answer_questions

settings = {
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
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.log.level": "ERROR",
}
builder = SparkSession.builder.master("local[1]").appName("judge")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()


ARROW = {
    "string": pyarrow.string(),
    "int": pyarrow.int32(),
    "timestamp": pyarrow.timestamp("us", "UTC"),
    "array<double>": pyarrow.list_(pyarrow.float64()),
}


def plain(value):
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None)  # All are in UTC.
        fraction = f"{value.microsecond:06d}".rstrip("0")
        return value.isoformat(timespec="seconds") + ("." + fraction if fraction else "") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


def answer(sql, args=None):
    """Names and types of the columns, and the rows."""
    frame = spark.sql(sql, args=args) if args else spark.sql(sql)
    # As one task: each would read the whole plan again.
    rows = [[plain(value) for value in row] for row in frame.coalesce(1).collect()]
    return {"columns": [list(column) for column in frame.dtypes], "rows": rows}


def answers(sqls):
    """One after the other; a statement that Spark refuses has its error instead."""
    found = []
    for sql in sqls:
        try:
            found.append(answer(sql))
        except Exception as error:
            found.append({"error": str(error).split("\n")[0]})
    return found


def tables(given):
    """Makes each a temporary view: names and types of the columns, and rows of JSON values."""
    for name, table in given.items():
        fields = [pyarrow.field(column, ARROW[kind]) for column, kind in table["columns"]]
        columns = zip(*table["rows"]) if table["rows"] else [[] for _ in fields]
        arrays = [
            pyarrow.array([typed(value, field.type) for value in column], field.type)
            for column, field in zip(columns, fields)
        ]
        view(name, pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields)))


def typed(value, kind):
    if value is None or not pyarrow.types.is_timestamp(kind):
        return value
    return datetime.datetime.fromisoformat(value)


def view(name, table):
    # In one part: nothing has to be exchanged, so that a query is one task.
    spark.createDataFrame(table).coalesce(1).createOrReplaceTempView(name)


def models(given, build, ask):
    """Rows given, models built one on the other, then questions: what each of them holds."""
    tables(given)
    found = {}
    for name, sql in build:
        frame = spark.sql(sql)
        built = frame.toArrow()
        view(name, built)
        rows = [[plain(value) for value in row.values()] for row in built.to_pylist()]
        found[name] = {"columns": [list(column) for column in frame.dtypes], "rows": rows}
    return found | {name: answer(sql) for name, sql in ask}


def many(given, build, worlds):
    """Like `models`, and of each a view `all_…` that says to which world a row belongs."""
    found = models(given, build, [])
    for name, _ in build:
        built = spark.table(name).toArrow()
        column = pyarrow.array(worlds[name], pyarrow.int32())
        view(f"all_{name}", built.append_column("world", column))
    return found


answer_questions({"answer": answer, "answers": answers, "models": models, "many": many})
spark.stop()
