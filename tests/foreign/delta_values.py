"""What the two judges of Delta tables share: values as JSON and back, and the line of questions.

A question is one line of JSON on the standard input, `{"do": ..., ...}`; its answer is one line
on the standard output that begins with `answer `, `{"is": ...}` or `{"error": ...}`. 64-bit integers
and decimals travel as text, instants as `2018-01-02T03:04:05.678901Z`, dates as `2020-02-29`.
"""
import datetime
import decimal
import json
import math
import sys


def to_json(value, kind):
    """A value of a column of this type (Delta's name or object) as JSON."""
    if value is None:
        return None
    if isinstance(kind, dict):
        return [to_json(item, kind["elementType"]) for item in value]
    if kind == "long" or kind.startswith("decimal"):
        return str(value)
    if kind == "timestamp":
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if kind == "date":
        return value.isoformat()
    if kind == "double" and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def from_json(value, kind):
    """The other way."""
    if value is None:
        return None
    if isinstance(kind, dict):
        return [from_json(item, kind["elementType"]) for item in value]
    if kind == "long":
        return int(value)
    if kind.startswith("decimal"):
        return decimal.Decimal(value)
    if kind == "timestamp":
        return datetime.datetime.fromisoformat(value)
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "double":
        return float(value)
    return value


def rows_to_json(rows, schema):
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    return [{name: to_json(row[name], kind) for name, kind in kinds.items()} for row in rows]


def answer_questions(answers):
    """Until the input ends; `answers` has a function for each `do`."""
    print("answer ready", flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            result = {"is": answers[question.pop("do")](**question)}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print("answer " + json.dumps(result), flush=True)
