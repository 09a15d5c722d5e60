"""spark_answers: one expression per line in -> spark_answers.jsonl out, with Spark's answers.

Each line of the file is [expression, Spark's type, Spark's value]; the expressions of the old
file are asked again, together with those on standard input. Written with pyspark 4.0.1 on
Java 17, ANSI mode, session time zone UTC:

    TZ=UTC python spark_answers.py < /dev/null
"""

import datetime
import decimal
import json
import pathlib
import sys

from pyspark.sql import SparkSession

ANSWERS = pathlib.Path(__file__).with_suffix(".jsonl")


def plain(value):
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        fraction = f"{value.microsecond:06d}".rstrip("0")
        return value.isoformat(timespec="seconds") + ("." + fraction if fraction else "") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def main():
    old = ANSWERS.read_text().splitlines() if ANSWERS.exists() else []
    asked = [json.loads(line)[0] for line in old]
    asked += [line.strip() for line in sys.stdin if line.strip()]
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    answers = []
    for expression in dict.fromkeys(asked):
        frame = spark.sql(f"select {expression} as v")
        row = [expression, frame.dtypes[0][1], plain(frame.collect()[0][0])]
        answers.append(json.dumps(row, ensure_ascii=False))
    ANSWERS.write_text("\n".join(answers) + "\n")


main()
