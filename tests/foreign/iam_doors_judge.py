"""What boto3 makes of the doors of S3 and Kinesis; each line printed is one thing found good."""

import json
import os
import sys

import boto3
import botocore
import requests
from botocore.config import Config

s3_url, kinesis_url, bucket, account = sys.argv[1:5]
reader_keys = json.loads(os.environ["READER"])
session_keys = json.loads(os.environ["SESSION"])
path_style = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}


def client(service, keys=None, **config):
    url = s3_url if service == "s3" else kinesis_url
    settings = {**path_style, **config} if service == "s3" else config
    return boto3.client(service, endpoint_url=url, config=Config(**settings), **(keys or {}))


def refused(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error
    raise AssertionError(f"{call} was not refused")


def code(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


admin, reader = client("s3"), client("s3", reader_keys)
reader_arn = f"arn:aws:iam::{account}:user/reader"
objects = f"arn:aws:s3:::{bucket}/*"
admin.put_object(Bucket=bucket, Key="a", Body=b"A")

error = refused(admin.get_bucket_policy, Bucket=bucket)
assert code(error) == (404, "NoSuchBucketPolicy"), error
text = policy(Principal={"AWS": reader_arn}, Action="s3:GetObject", Resource=objects)
admin.put_bucket_policy(Bucket=bucket, Policy=text)
assert json.loads(admin.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(text)
assert admin.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
other = policy(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::another/*")
error = refused(admin.put_bucket_policy, Bucket=bucket, Policy=other)
assert code(error) == (400, "MalformedPolicy"), error
assert error.response["Error"]["Message"] == "Policy has invalid resource", error
assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"A"
admin.delete_bucket_policy(Bucket=bucket)
print("bucket policy")

error = refused(reader.get_object, Bucket=bucket, Key="a")
assert code(error) == (403, "AccessDenied"), error
assert error.response["Error"]["Message"] == (
    f"User: {reader_arn} is not authorized to perform: s3:GetObject on resource: "
    f'"arn:aws:s3:::{bucket}/a" because no identity-based policy allows the s3:GetObject action'
), error
assert code(refused(reader.head_object, Bucket=bucket, Key="a")) == (403, "403")
assert code(refused(admin.head_object, Bucket=bucket, Key="none")) == (404, "404")
assert code(refused(reader.get_object, Bucket="no-such-bucket", Key="a")) == (404, "NoSuchBucket")
error = refused(reader.list_buckets)
assert "is not authorized to perform: s3:ListAllMyBuckets because" in str(error), error
print("denials of S3")

gone = reader.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "mine/b"}]})
assert [one["Key"] for one in gone["Deleted"]] == ["mine/b"], gone
assert [(one["Key"], one["Code"]) for one in gone["Errors"]] == [("a", "AccessDenied")], gone
print("deletes key by key")

unsigned = client("s3", signature_version=botocore.UNSIGNED)
assert code(refused(unsigned.get_object, Bucket=bucket, Key="a")) == (403, "AccessDenied")
admin.put_bucket_policy(
    Bucket=bucket, Policy=policy(Principal="*", Action="s3:GetObject", Resource=objects)
)
assert admin.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
assert unsigned.get_object(Bucket=bucket, Key="a")["Body"].read() == b"A"
assert code(refused(unsigned.put_object, Bucket=bucket, Key="a", Body=b"")) == (403, "AccessDenied")
admin.delete_bucket_policy(Bucket=bucket)
print("public reads")

session = client("s3", session_keys)
session.put_object(Bucket=bucket, Key="mine/c", Body=b"C")
url = session.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "mine/c"})
assert "X-Amz-Security-Token=" in url and requests.get(url).content == b"C", url
denied = session.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
answer = requests.get(denied)
assert answer.status_code == 403 and "assumed-role/worker/one is not" in answer.text, answer.text
tokenless = {name: value for name, value in session_keys.items() if "token" not in name}
error = refused(client("s3", tokenless).get_object, Bucket=bucket, Key="mine/c")
assert code(error) == (400, "InvalidToken"), error
print("sessions and presigned addresses")

streams, reads = client("kinesis"), client("kinesis", reader_keys)
streams.create_stream(StreamName="s", ShardCount=1)
streams.get_waiter("stream_exists").wait(StreamName="s", WaiterConfig={"Delay": 1})
arn = streams.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
record = {"StreamName": "s", "Data": b"x", "PartitionKey": "k"}
error = refused(reads.put_record, **record)
assert code(error) == (400, "AccessDeniedException"), error
assert error.response["Error"]["Message"] == (
    f"User: {reader_arn} is not authorized to perform: kinesis:PutRecord on resource: {arn} "
    "because no identity-based policy allows the kinesis:PutRecord action"
), error
text = policy(Principal={"AWS": reader_arn}, Action="kinesis:PutRecord", Resource=arn)
streams.put_resource_policy(ResourceARN=arn, Policy=text)
assert json.loads(streams.get_resource_policy(ResourceARN=arn)["Policy"]) == json.loads(text)
reads.put_record(**record)
streams.delete_resource_policy(ResourceARN=arn)
assert code(refused(reads.put_record, **record))[1] == "AccessDeniedException"
assert code(refused(streams.delete_resource_policy, ResourceARN=arn))[1] == (
    "ResourceNotFoundException"
)
print("denials and policies of Kinesis")
