"""Two auditors of policies; lines of JSON in, and a line of what they find for each.

  in   {"text": policy, "role": ARN of the role whose trust policy it is, or null}
  out  {"parliament": [finding], "cloudsplaining": [finding]}
"""

import json
import sys

from cloudsplaining.command.scan_policy_file import scan_policy
from cloudsplaining.scan.assume_role_policy_document import AssumeRolePolicyDocument
from parliament import analyze_policy_string

# Every action that writes, wherever it may: nothing to learn from where the resource is named.
not_asked = {"ServicesAffected", "InfrastructureModification"}


def on_its_role(text, role):
    """parliament knows no trust policies: it is told the resource, which is the role."""
    policy = json.loads(text)
    return json.dumps({
        **policy,
        "Statement": [{**each, "Resource": role} for each in policy["Statement"]],
    })


def of_parliament(text):
    policy = analyze_policy_string(text, include_community_auditors=True)
    return [
        " ".join([finding.issue, *finding.location.get("actions", [])])
        for finding in policy.findings
    ]


def named(name, finding):
    return f"{name} {finding['type'] if isinstance(finding, dict) else finding}"


def of_cloudsplaining(text):
    policy = json.loads(text)
    open_to_all = scan_policy(policy)["InfrastructureModification"]
    risks = scan_policy(
        policy, flag_conditional_statements=True, flag_resource_arn_statements=True
    )
    return [named("InfrastructureModification", each) for each in open_to_all["findings"]] + [
        named(name, each)
        for name, risk in risks.items()
        if name not in not_asked
        for each in risk["findings"]
    ]


trust_risks = [
    "role_assumable_by_any_principal",
    "role_assumable_by_any_principal_with_conditions",
    "role_assumable_by_compute_services",
    "role_assumable_by_cross_account_principals",
]


def of_trust(text, role):
    account = role.split(":")[4]
    document = AssumeRolePolicyDocument(json.loads(text), current_account_id=account)
    return [f"{risk} {each}" for risk in trust_risks for each in getattr(document, risk)]


for line in sys.stdin:
    question = json.loads(line)
    text, role = question["text"], question["role"]
    print(json.dumps({
        "parliament": of_parliament(text if role is None else on_its_role(text, role)),
        "cloudsplaining": of_cloudsplaining(text) if role is None else of_trust(text, role),
    }))
