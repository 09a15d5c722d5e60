"""Reads the jobs of a bundle with Databricks' own classes, which refuse fields that are none.

    python bundle_judge.py < JOBS

JOBS is one JSON object, name to job. Prints the same object as the classes write it.
"""
import json
import sys

from databricks.bundles.jobs import Job

jobs = json.load(sys.stdin)
print(json.dumps({name: Job.from_dict(job).as_dict() for name, job in jobs.items()}))
