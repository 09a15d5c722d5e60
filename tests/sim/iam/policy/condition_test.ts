// IAM user guide, "IAM JSON policy elements: Condition operators"; "Multivalued context keys".
import assert from "node:assert/strict";
import type { Context } from "../../../../sim/iam/policy/mod.ts";
import { account, holds } from "./policies.ts";

/** Operator, value of the policy, value of the request, whether they match. */
type Row = [operator: string, wanted: unknown, given: string, holds: boolean];

function check(rows: readonly Row[]): void {
  for (const [operator, wanted, given, expected] of rows) {
    const found = holds({ [operator]: { "aws:Key": wanted } }, { "aws:key": given });
    assert.equal(found, expected, `${operator} ${JSON.stringify(wanted)} of ${given}`);
  }
}

Deno.test("string operators compare characters, and Like knows wildcards", () => {
  check([
    ["StringEquals", "data", "data", true],
    ["StringEquals", "data", "Data", false],
    ["StringEquals", "d*", "data", false],
    ["StringEquals", "d*", "d*", true],
    ["StringEquals", ["web", "data"], "data", true],
    ["StringNotEquals", "data", "Data", true],
    ["StringNotEquals", ["web", "data"], "data", false],
    ["StringEqualsIgnoreCase", "DATA", "data", true],
    ["StringEqualsIgnoreCase", "DATA", "dat", false],
    ["StringNotEqualsIgnoreCase", "DATA", "data", false],
    ["StringLike", "d?t*", "data:/x", true],
    ["StringLike", "D*", "data", false],
    ["StringLike", "*", "", true],
    ["StringNotLike", "d*", "data", false],
    ["StringNotLike", "d*", "web", true],
  ]);
});

Deno.test("numeric operators compare whole and decimal numbers", () => {
  check([
    ["NumericEquals", "10", "10.0", true],
    ["NumericEquals", 10, "10", true],
    ["NumericNotEquals", "10", "11", true],
    ["NumericNotEquals", "10", "10", false],
    ["NumericLessThan", "10", "9.5", true],
    ["NumericLessThan", "10", "10", false],
    ["NumericLessThanEquals", "10", "10", true],
    ["NumericGreaterThan", "-1", "0", true],
    ["NumericGreaterThan", "9", "10", true],
    ["NumericGreaterThanEquals", "10", "9", false],
  ]);
});

Deno.test("what is not of an operator's type meets neither it nor its negation", () => {
  check([
    ["NumericEquals", "10", "ten", false],
    ["NumericNotEquals", "10", "ten", false],
    ["NumericNotEquals", "ten", "10", false],
    ["NotIpAddress", "10.0.0.0/8", "here", false],
  ]);
});

Deno.test("date operators compare moments, of ISO 8601 and of the epoch", () => {
  check([
    ["DateEquals", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", true],
    ["DateEquals", "1772366400", "2026-03-01T12:00:00Z", true],
    ["DateNotEquals", "2026-03-01", "2026-03-01T00:00:00Z", false],
    ["DateLessThan", "2026-03-02", "2026-03-01T23:59:59.999Z", true],
    ["DateLessThan", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", false],
    ["DateLessThanEquals", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", true],
    ["DateGreaterThan", "2026", "2026-01-01T00:00:01Z", true],
    ["DateGreaterThanEquals", "2026-03", "2026-02-28T23:59:59Z", false],
  ]);
});

Deno.test("Bool and BinaryEquals", () => {
  check([
    ["Bool", "true", "true", true],
    ["Bool", true, "true", true],
    ["Bool", "false", "true", false],
    ["BinaryEquals", "QmluYXJ5", "QmluYXJ5", true],
    ["BinaryEquals", "QmluYXJ5", "QmluYXJ6", false],
  ]);
});

Deno.test("IP operators know ranges of both families", () => {
  check([
    ["IpAddress", "203.0.113.0/24", "203.0.113.7", true],
    ["IpAddress", "203.0.113.0/24", "203.0.114.7", false],
    ["IpAddress", "203.0.113.7", "203.0.113.7", true],
    ["IpAddress", "203.0.112.0/23", "203.0.113.255", true],
    ["IpAddress", "0.0.0.0/0", "203.0.113.7", true],
    ["IpAddress", ["10.0.0.0/8", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", true],
    ["IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", false],
    ["IpAddress", "0.0.0.0/0", "::1", false],
    ["NotIpAddress", "203.0.113.0/24", "203.0.113.7", false],
    ["NotIpAddress", "203.0.113.0/24", "192.0.2.1", true],
    ["NotIpAddress", "0.0.0.0/0", "::1", true],
  ]);
});

Deno.test("ARN operators compare the six parts, with wildcards, Equals as well as Like", () => {
  const queue = `arn:aws:sqs:us-east-1:${account}:q:x`;
  for (const like of ["Equals", "Like"]) {
    check([
      [`Arn${like}`, queue, queue, true],
      [`Arn${like}`, "arn:aws:sqs:*:*:q*", queue, true],
      [`Arn${like}`, "arn:aws:s?s:us-*:*:*", queue, true],
      [`Arn${like}`, "arn:aws:sqs:*:q:x", queue, false],
      [`Arn${like}`, "arn:aws:sqs:*", queue, false],
      [`Arn${like}`, "arn:aws:sqs:*:*:Q*", queue, false],
      [`ArnNot${like}`, "arn:aws:sqs:*:*:q*", queue, false],
      [`ArnNot${like}`, "arn:aws:sns:*:*:q*", queue, true],
    ]);
  }
});

const positive = [
  ...["StringEquals", "StringLike", "StringEqualsIgnoreCase", "NumericEquals", "NumericLessThan"],
  ...["DateEquals", "DateGreaterThan", "Bool", "BinaryEquals", "IpAddress", "ArnEquals", "ArnLike"],
];
const negated = [
  ...["StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase", "NumericNotEquals"],
  ...["DateNotEquals", "NotIpAddress", "ArnNotEquals", "ArnNotLike"],
];

Deno.test("a missing key fails what asks for a value, and meets what asks for none", () => {
  const missing = (operator: string) => holds({ [operator]: { "aws:Key": "1" } }, {});
  for (const operator of positive) assert.equal(missing(operator), false, operator);
  for (const operator of negated) assert.equal(missing(operator), true, operator);
  for (const operator of [...positive, ...negated]) {
    assert.equal(missing(`${operator}IfExists`), true, operator);
    assert.equal(missing(`ForAllValues:${operator}`), true, operator);
    assert.equal(missing(`ForAnyValue:${operator}`), false, operator);
    assert.equal(missing(`ForAnyValue:${operator}IfExists`), true, operator);
  }
});

Deno.test("IfExists judges a key that is there", () => {
  check([
    ["StringEqualsIfExists", "data", "data", true],
    ["StringEqualsIfExists", "data", "web", false],
    ["StringNotEqualsIfExists", "data", "data", false],
  ]);
});

Deno.test("Null asks whether a key is there", () => {
  const isNull = (wanted: unknown, context: Context) =>
    holds({ Null: { "aws:TokenIssueTime": wanted } }, context);
  const there = { "aws:tokenissuetime": "2026-01-01T00:00:00Z" };
  assert.equal(isNull("true", {}), true);
  assert.equal(isNull("true", there), false);
  assert.equal(isNull("false", {}), false);
  assert.equal(isNull("false", there), true);
  assert.equal(isNull(true, {}), true);
});

// The table "Evaluation logic for multiple values": a request with some tag keys.
Deno.test("qualifiers count the values of the request", () => {
  const tags = (operator: string, wanted: string[], given: string[]) =>
    holds({ [operator]: { "aws:TagKeys": wanted } }, { "aws:tagkeys": given });
  const wanted = ["environment", "costcenter"];
  const rows: [string, string[], boolean][] = [
    ["ForAllValues:StringEquals", ["environment", "costcenter"], true],
    ["ForAllValues:StringEquals", ["environment"], true],
    ["ForAllValues:StringEquals", ["environment", "dept"], false],
    ["ForAllValues:StringEquals", [], true],
    ["ForAnyValue:StringEquals", ["environment", "dept"], true],
    ["ForAnyValue:StringEquals", ["dept"], false],
    ["ForAnyValue:StringEquals", [], false],
    ["ForAllValues:StringNotEquals", ["dept", "owner"], true],
    ["ForAllValues:StringNotEquals", ["dept", "environment"], false],
    ["ForAnyValue:StringNotEquals", ["dept", "environment"], true],
    ["ForAnyValue:StringNotEquals", ["costcenter", "environment"], false],
  ];
  for (const [operator, given, expected] of rows) {
    assert.equal(tags(operator, wanted, given), expected, `${operator} ${given}`);
  }
});

// "… or if the context key value resolves to a null data set, such as an empty string."
Deno.test("ForAllValues holds for an empty text, the others compare it", () => {
  const empty = { "aws:tagkeys": "" };
  assert.equal(holds({ "ForAllValues:StringEquals": { "aws:TagKeys": "a" } }, empty), true);
  assert.equal(holds({ "ForAnyValue:StringEquals": { "aws:TagKeys": "a" } }, empty), false);
  assert.equal(holds({ StringEquals: { "aws:TagKeys": "" } }, empty), true);
});

Deno.test("operators and keys must all hold, one of the values is enough", () => {
  const context = { "aws:a": "1", "aws:b": "2" };
  assert.equal(holds({ StringEquals: { "aws:A": ["0", "1"], "aws:B": "2" } }, context), true);
  assert.equal(holds({ StringEquals: { "aws:A": "1", "aws:B": "3" } }, context), false);
  const two = { StringEquals: { "aws:A": "1" }, NumericLessThan: { "aws:B": "2" } };
  assert.equal(holds(two, context), false);
});

Deno.test("strings, ARNs and Bool know variables, numbers do not", () => {
  const context = {
    "aws:username": "ann",
    "aws:principalaccount": account,
    "aws:principalarn": `arn:aws:iam::${account}:user/ann`,
    "aws:key": "ann",
    "aws:truth": "true",
    "aws:number": "1",
  };
  assert.equal(holds({ StringEquals: { "aws:Key": "${aws:username}" } }, context), true);
  assert.equal(holds({ StringLike: { "aws:Key": "${aws:none, 'a'}*" } }, context), true);
  const arn = "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}";
  assert.equal(holds({ ArnEquals: { "aws:PrincipalArn": arn } }, context), true);
  assert.equal(holds({ Bool: { "aws:Truth": "${aws:truth}" } }, context), true);
  assert.equal(holds({ NumericEquals: { "aws:Number": "${aws:number}" } }, context), false);
});

// "Inverted condition operators … do match against a null value."
Deno.test("a variable without a value equals nothing, so a negated operator holds", () => {
  const context = { "aws:key": "ann" };
  assert.equal(holds({ StringEquals: { "aws:Key": "${aws:none}" } }, context), false);
  assert.equal(holds({ StringNotEquals: { "aws:Key": "${aws:none}" } }, context), true);
});

Deno.test("what every object of JavaScript has is no key of a request", () => {
  assert.equal(holds({ Null: { constructor: "true" } }, {}), true);
  assert.equal(holds({ StringLike: { toString: "*" } }, {}), false);
});
