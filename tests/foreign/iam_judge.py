"""Judge of the simulated IAM and STS: boto3. Prints a line for each part that holds."""
import json

import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam")
sts = boto3.client("sts")
account = sts.get_caller_identity()["Account"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return document(statement)


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError(f"{call} was not refused")


def client(service, credentials):
    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


# The exceptions of the client are the service's codes.
user = iam.create_user(UserName="bob", Path="/staff/", Tags=[{"Key": "team", "Value": "x"}])["User"]
assert user["Arn"] == f"arn:aws:iam::{account}:user/staff/bob"
assert user["Tags"] == [{"Key": "team", "Value": "x"}]
assert user["CreateDate"].tzinfo is not None
try:
    iam.create_user(UserName="bob")
    raise AssertionError("made twice")
except iam.exceptions.EntityAlreadyExistsException:
    pass
try:
    iam.get_user(UserName="nobody")
    raise AssertionError("found")
except iam.exceptions.NoSuchEntityException as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
key = iam.create_access_key(UserName="bob")["AccessKey"]
bob = client("iam", key)
error = refused("AccessDenied", bob.list_users)
assert "is not authorized to perform: iam:ListUsers" in str(error)
print("users, keys and codes")

iam.put_user_policy(UserName="bob", PolicyName="lists", PolicyDocument=document(allow("iam:ListUsers")))
assert iam.get_user_policy(UserName="bob", PolicyName="lists")["PolicyDocument"]["Statement"]
assert len(bob.list_users()["Users"]) >= 3
for number in range(12):
    iam.create_user(UserName=f"u{number}", Path="/many/")
pages = iam.get_paginator("list_users").paginate(PathPrefix="/many/", PaginationConfig={"PageSize": 5})
assert [len(page["Users"]) for page in pages] == [5, 5, 2]
iam.get_waiter("user_exists").wait(UserName="u0")
print("inline policies and pages")

role = iam.create_role(
    RoleName="taken",
    AssumeRolePolicyDocument=trust(
        {"AWS": user["Arn"]}, Condition={"StringEquals": {"sts:ExternalId": "e1"}}
    ),
    MaxSessionDuration=7200,
)["Role"]
assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": user["Arn"]}
policy = iam.create_policy(PolicyName="reads", PolicyDocument=document(allow("iam:Get*")))["Policy"]
iam.attach_role_policy(RoleName="taken", PolicyArn=policy["Arn"])
bobs = client("sts", key)
taking = {"RoleArn": role["Arn"], "RoleSessionName": "py"}
refused("AccessDenied", bobs.assume_role, **taking)
session = bobs.assume_role(ExternalId="e1", DurationSeconds=7200, **taking)
assert session["AssumedRoleUser"]["Arn"].endswith("assumed-role/taken/py")
taken = client("iam", session["Credentials"])
assert taken.get_role(RoleName="taken")["Role"]["RoleId"] == role["RoleId"]
refused("AccessDenied", taken.list_users)
narrow = bobs.assume_role(ExternalId="e1", Policy=document(allow("iam:GetUser")), **taking)
error = refused("AccessDenied", client("iam", narrow["Credentials"]).get_role, RoleName="taken")
assert "because no session policy allows" in str(error)
refused("ValidationError", bobs.assume_role, ExternalId="e1", DurationSeconds=43200, **taking)
token = bobs.get_session_token()["Credentials"]
assert client("sts", token).get_caller_identity()["Arn"] == user["Arn"]
assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == account
print("roles, sessions and external ids")

for version in range(4):
    iam.create_policy_version(
        PolicyArn=policy["Arn"], PolicyDocument=document(allow("s3:*")), SetAsDefault=True
    )
refused(
    "LimitExceeded",
    iam.create_policy_version,
    PolicyArn=policy["Arn"],
    PolicyDocument=document(allow("s3:*")),
)
refused("AccessDenied", taken.get_role, RoleName="taken")
iam.set_default_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
taken.get_role(RoleName="taken")
refused("DeleteConflict", iam.delete_policy, PolicyArn=policy["Arn"])
entities = iam.list_entities_for_policy(PolicyArn=policy["Arn"])
assert [one["RoleName"] for one in entities["PolicyRoles"]] == ["taken"]
print("managed policies and their versions")

results = iam.simulate_principal_policy(
    PolicySourceArn=user["Arn"], ActionNames=["iam:ListUsers", "iam:ListRoles"]
)["EvaluationResults"]
assert [one["EvalDecision"] for one in results] == ["allowed", "implicitDeny"]
conditional = document(allow("s3:*", Condition={"StringLike": {"s3:prefix": "a*"}}))
custom = {"PolicyInputList": [conditional], "ActionNames": ["s3:ListBucket"]}
[missing] = iam.simulate_custom_policy(**custom)["EvaluationResults"]
assert missing["MissingContextValues"] == ["s3:prefix"]
entry = {"ContextKeyName": "s3:prefix", "ContextKeyValues": ["ab"], "ContextKeyType": "string"}
[given] = iam.simulate_custom_policy(ContextEntries=[entry], **custom)["EvaluationResults"]
assert given["EvalDecision"] == "allowed"
print("simulations")

resource = boto3.resource("iam")
group = resource.create_group(GroupName="g")
group.add_user(UserName="bob")
assert [one.name for one in resource.User("bob").groups.all()] == ["g"]
profile = resource.create_instance_profile(InstanceProfileName="p")
profile.add_role(RoleName="taken")
profile.reload()
assert [one.name for one in profile.roles] == ["taken"]
assert resource.Role("taken").assume_role_policy_document
assert resource.Policy(policy["Arn"]).default_version_id == "v1"
details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
assert {one["RoleName"] for one in details} >= {"taken"}
print("resources of boto3 and details")
