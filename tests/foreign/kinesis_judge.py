"""boto3 on Kinesis: prints one line for each thing that it found as the API reference says.

    python kinesis_judge.py http://127.0.0.1:PORT
"""
import datetime
import hashlib
import sys
import time

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1])
quick = {"Delay": 0.1, "MaxAttempts": 100}


def active(stream):
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig=quick)


def shards(stream):
    found, more = [], {"StreamName": stream}
    while True:
        page = kinesis.list_shards(**more)
        found += page["Shards"]
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def start(stream, shard, kind="TRIM_HORIZON", **more):
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]


def drain(stream, shard, limit=300):
    """The records of a shard, and its last page: at the tip, or of a shard that has ended."""
    found, at = [], start(stream, shard)
    while True:
        page = kinesis.get_records(ShardIterator=at, Limit=limit)
        assert len(page["Records"]) <= limit, len(page["Records"])
        found += page["Records"]
        at = page.get("NextShardIterator")
        if at is None or page["MillisBehindLatest"] == 0 and not page["Records"]:
            return found, page


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] in code.split("|"), error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call.__name__} did not fail with {code}")


def holds(shard, key):
    hashed = int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
    spread = shard["HashKeyRange"]
    return int(spread["StartingHashKey"]) <= hashed <= int(spread["EndingHashKey"])


now = datetime.datetime.now(datetime.timezone.utc)
kinesis.create_stream(StreamName="made", ShardCount=4)
active("made")
summary = kinesis.describe_stream_summary(StreamName="made")["StreamDescriptionSummary"]
assert summary["StreamStatus"] == "ACTIVE" and summary["OpenShardCount"] == 4, summary
assert summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}, summary
assert summary["RetentionPeriodHours"] == 24 and summary["EncryptionType"] == "NONE", summary
assert abs((summary["StreamCreationTimestamp"] - now).total_seconds()) < 60, summary
for number in range(3):
    kinesis.create_stream(StreamName=f"other-{number}", ShardCount=1)
names = [name for page in kinesis.get_paginator("list_streams").paginate(
    PaginationConfig={"PageSize": 2}) for name in page["StreamNames"]]
assert names == ["made", "other-0", "other-1", "other-2"], names
pages = list(kinesis.get_paginator("describe_stream").paginate(
    StreamName="made", PaginationConfig={"PageSize": 3}))
assert [len(page["StreamDescription"]["Shards"]) for page in pages] == [3, 1], pages
four = shards("made")
first = kinesis.list_shards(StreamARN=summary["StreamARN"], MaxResults=3)
assert len(first["Shards"]) == 3 and len(four) == 4, first
edges = [int(shard["HashKeyRange"]["StartingHashKey"]) for shard in four] + [2**128]
for shard, begin, end in zip(four, edges, edges[1:]):
    assert begin < end and int(shard["HashKeyRange"]["EndingHashKey"]) == end - 1, shard
print("streams and shards")

one = kinesis.put_record(StreamName="made", PartitionKey="é😀", Data=bytes(range(256)))
put = kinesis.put_records(StreamARN=summary["StreamARN"], Records=[
    {"PartitionKey": f"key {number}", "Data": f'{{"record":{number}}}'.encode()}
    for number in range(500)])
assert put["FailedRecordCount"] == 0 and len(put["Records"]) == 500, put
told = {record["SequenceNumber"]: (record["ShardId"], number)
        for number, record in enumerate(put["Records"])}
seen = 0
for shard in four:
    records, last = drain("made", shard["ShardId"])
    assert last["NextShardIterator"], last
    order = [int(record["SequenceNumber"]) for record in records]
    assert order == sorted(set(order)), order
    for record in records:
        seen += 1
        assert holds(shard, record["PartitionKey"]), record
        assert abs((record["ApproximateArrivalTimestamp"] - now).total_seconds()) < 60, record
        if record["PartitionKey"] == "é😀":
            assert record["Data"] == bytes(range(256)), record
            assert record["SequenceNumber"] == one["SequenceNumber"], record
            continue
        where, number = told[record["SequenceNumber"]]
        assert (where, f"key {number}") == (shard["ShardId"], record["PartitionKey"]), record
        assert record["Data"] == f'{{"record":{number}}}'.encode(), record
assert seen == 501, seen
print("records and times")

shard = four[1]
put = kinesis.put_record(StreamName="made", PartitionKey="anywhere", Data=b"x",
                         ExplicitHashKey=shard["HashKeyRange"]["EndingHashKey"])
assert put["ShardId"] == shard["ShardId"], put
sequence = {"StartingSequenceNumber": put["SequenceNumber"]}
at = kinesis.get_records(ShardIterator=start("made", put["ShardId"], "AT_SEQUENCE_NUMBER", **sequence))
assert [record["Data"] for record in at["Records"]] == [b"x"], at
assert at["MillisBehindLatest"] == 0, at
after = start("made", put["ShardId"], "AFTER_SEQUENCE_NUMBER", **sequence)
latest = start("made", put["ShardId"], "LATEST")
moment = at["Records"][0]["ApproximateArrivalTimestamp"]
since = kinesis.get_records(ShardIterator=start("made", put["ShardId"], "AT_TIMESTAMP", Timestamp=moment))
assert since["Records"][-1]["Data"] == b"x", since
assert all(record["ApproximateArrivalTimestamp"] >= moment for record in since["Records"]), since
kinesis.put_record(StreamName="made", PartitionKey="anywhere", Data=b"y",
                   ExplicitHashKey=shard["HashKeyRange"]["EndingHashKey"])
for iterator in [after, latest]:
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"y"]
print("every kind of iterator")

record = {"PartitionKey": "k", "Data": b"x"}
message = fails("ResourceNotFoundException", kinesis.put_record, StreamName="absent", **record)
assert message.startswith("Stream absent under account "), message
fails("ResourceInUseException", kinesis.create_stream, StreamName="made", ShardCount=1)
fails("InvalidArgumentException", kinesis.get_records, ShardIterator="nonsense")
fails("ResourceNotFoundException", kinesis.get_shard_iterator, StreamName="made",
      ShardId="shardId-000000009999", ShardIteratorType="LATEST")
fails("ValidationException", kinesis.put_records, StreamName="made", Records=[record] * 501)
fails("ValidationException", kinesis.put_record, StreamName="made", PartitionKey="k" * 257, Data=b"")
# Nobody has recorded which of the two a record gets since its limit became the stream's own.
fails("ValidationException|InvalidArgumentException", kinesis.put_record, StreamName="made",
      PartitionKey="k", Data=bytes(2**20 + 1))
fails("InvalidArgumentException", kinesis.put_records, StreamName="made",
      Records=[{"PartitionKey": "k", "Data": bytes(2**20 - 1)}] * 11)
wrong = boto3.client("kinesis", endpoint_url=sys.argv[1], aws_secret_access_key="wrong",
                     aws_access_key_id=boto3.Session().get_credentials().access_key)
fails("InvalidSignatureException", wrong.list_streams)
stranger = boto3.client("kinesis", endpoint_url=sys.argv[1], aws_access_key_id="AKIDNOBODY",
                        aws_secret_access_key="nothing")
fails("UnrecognizedClientException", stranger.list_streams)
print("errors with their codes")

parent = four[0]
records = len(drain("made", parent["ShardId"])[0])
middle = (int(parent["HashKeyRange"]["EndingHashKey"]) + 1) // 2
kinesis.split_shard(StreamName="made", ShardToSplit=parent["ShardId"], NewStartingHashKey=str(middle))
active("made")
children = [shard for shard in shards("made") if shard.get("ParentShardId") == parent["ShardId"]]
assert len(children) == 2, shards("made")
kept, last = drain("made", parent["ShardId"])
assert len(kept) == records and "NextShardIterator" not in last, last
assert sorted(child["ShardId"] for child in last["ChildShards"]) == [
    child["ShardId"] for child in children], last
for child, told in zip(children, last["ChildShards"]):
    assert told["ParentShards"] == [parent["ShardId"]], told
    assert told["HashKeyRange"] == child["HashKeyRange"], told
kinesis.merge_shards(StreamName="made", ShardToMerge=children[0]["ShardId"],
                     AdjacentShardToMerge=children[1]["ShardId"])
active("made")
merged = shards("made")[-1]
assert merged["HashKeyRange"] == parent["HashKeyRange"], merged
assert [merged["ParentShardId"], merged["AdjacentParentShardId"]] == [
    child["ShardId"] for child in children], merged
open_ones = kinesis.list_shards(StreamName="made", ShardFilter={"Type": "AT_LATEST"})["Shards"]
assert len(open_ones) == 4, open_ones
kinesis.update_shard_count(StreamName="made", TargetShardCount=8, ScalingType="UNIFORM_SCALING")
active("made")
summary = kinesis.describe_stream_summary(StreamName="made")["StreamDescriptionSummary"]
assert summary["OpenShardCount"] == 8, summary
print("split, merge and a new number of shards")

kinesis.increase_stream_retention_period(StreamName="made", RetentionPeriodHours=48)
active("made")
kinesis.decrease_stream_retention_period(StreamName="made", RetentionPeriodHours=24)
active("made")
kinesis.add_tags_to_stream(StreamName="made", Tags={"a": "1", "b": "2"})
kinesis.remove_tags_from_stream(StreamName="made", TagKeys=["a"])
assert kinesis.list_tags_for_stream(StreamName="made")["Tags"] == [{"Key": "b", "Value": "2"}]
kinesis.update_stream_mode(StreamARN=summary["StreamARN"],
                           StreamModeDetails={"StreamMode": "ON_DEMAND"})
active("made")
summary = kinesis.describe_stream_summary(StreamName="made")["StreamDescriptionSummary"]
assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}, summary
kinesis.delete_stream(StreamName="made")
kinesis.get_waiter("stream_not_exists").wait(StreamName="made", WaiterConfig=quick)
print("retention, tags, modes and deletion")
