// What IAM answers to malformed documents, as moto's tests have recorded it
// (tests/test_iam/test_iam_policies.py).
import assert from "node:assert/strict";
import { compiled, type PolicyKind, sizeOf } from "../../../../sim/iam/policy/mod.ts";

type Json = Record<string, unknown>;

const bucket = "arn:aws:s3:::example_bucket";
const fine = { Effect: "Allow", Action: "s3:ListBucket", Resource: bucket };

/** What is said of a document; null: it is taken. */
function saidOf(text: string, kind: PolicyKind = "identity"): string | null {
  try {
    compiled(text, kind, "p");
    return null;
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "MalformedPolicy", String(error));
    return error.message;
  }
}

const ofStatement = (...statements: unknown[]) =>
  saidOf(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
const ofDocument = (document: Json) => saidOf(JSON.stringify(document));

/** `fine` with other elements; undefined takes one away. */
const but = (change: Json): Json => ({ ...fine, ...change });
const condition = (block: unknown) => but({ Condition: block });

Deno.test("syntax errors", () => {
  const syntax = "Syntax errors in policy.";
  for (const text of ["This is not a json document", "", "[]", '"x"', "null"]) {
    assert.equal(saidOf(text), syntax, text);
  }
  const documents: Json[] = [
    { Version: "2013-10-17", Statement: fine },
    { Version: "2012-10-17" },
    { Version: "2012-10-17", Statement: ["afd"] },
    { Version: "2012-10-17", Statement: [] },
    { Version: "2012-10-17", Statement: fine, "Extra field": "value" },
    { Version: "2012-10-17", Statement: fine, Id: ["cd3a"] },
    { Version: "2012-10-17", Statement: fine, Id: {} },
  ];
  for (const document of documents) {
    assert.equal(ofDocument(document), syntax, JSON.stringify(document));
  }
  const statements: Json[] = [
    but({ "Extra field": "value" }),
    but({ Effect: "invalid" }),
    but({ Effect: undefined }),
    but({ Resource: { a: bucket } }),
    but({ Resource: ["adfdf", {}] }),
    but({ NotResource: [] }),
    but({ NotResource: "*" }),
    but({ NotAction: "s3s:ListBucket", Action: [] }),
    but({ Action: [[]] }),
    but({ Action: {} }),
    but({ Sid: {} }),
    but({ Sid: [] }),
    condition([]),
    condition("a"),
    condition({ a: "b" }),
    condition({ DateGreaterThan: "b" }),
    condition({ DateGreaterThan: [] }),
    condition({ DateGreaterThan: { a: {} } }),
    condition({ x: { a: "1" } }),
    condition({ "ForAnyValue::StringEqualsIfExists": { a: "asf" } }),
    condition([{ "ForAllValues:StringEquals": { "aws:TagKeys": "Department" } }]),
    condition({ NullIfExists: { a: "true" } }),
  ];
  for (const statement of statements) {
    assert.equal(ofStatement(statement), syntax, JSON.stringify(statement));
  }
});

Deno.test("an old version, before anything that is wrong in the statements", () => {
  const old = "Policy document must be version 2012-10-17 or greater.";
  assert.equal(ofDocument({ Statement: fine }), old);
  assert.equal(ofDocument({ Version: "2008-10-17", Statement: fine }), old);
  assert.equal(ofDocument({ Statement: but({ Effect: "denY" }) }), old);
  const twins = [{ ...fine, Sid: "sdf" }, { Sid: "sdf", Effect: "Allow" }];
  assert.equal(ofDocument({ Statement: twins }), old);
});

Deno.test("legacy parsing", () => {
  const legacy = "The policy failed legacy parsing";
  const date = (text: string, operator = "DateLessThanEquals") =>
    condition({ [operator]: { a: text } });
  const statements: Json[] = [
    but({ Effect: "denY" }),
    but({ Effect: "aLLow" }),
    but({ Resource: "arn:aws:s3::example_bucket" }),
    but({ Resource: "arn:aws:s3::example_bucket", Action: undefined }),
    but({ Resource: undefined, NotResource: "arn:aws:s3::example_bucket" }),
    but({ Resource: "arn:aws::::example_bucket" }),
    but({ Resource: "arn:aws::fdsasf" }),
    but({ Effect: "allow", Resource: "arn:aws:s3:us-east-1::example_bucket" }),
    date("sdfdsf", "DateGreaterThan"),
    date("234-13"),
    date("2016-12-13t2:00:00.593194+1"),
    date("2016-12-13t2:00:00.1999999999+10:59"),
    date("9223372036854775808", "DateLessThan"),
    { ...date("sdfdsf"), Resource: "arn:error:s3:::example_bucket" },
  ];
  for (const statement of statements) {
    assert.equal(ofStatement(statement), legacy, JSON.stringify(statement));
  }
});

Deno.test("actions", () => {
  const vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
  const none = "Policy statement must contain actions.";
  assert.equal(ofStatement(but({ Action: "invalid" })), vendor);
  assert.equal(ofStatement(but({ Action: "invalid", Resource: undefined })), vendor);
  assert.equal(ofStatement(but({ Action: undefined, NotAction: "" })), vendor);
  assert.equal(ofStatement(but({ Action: "a a:ListBucket" })), "Vendor a a is not valid");
  const colons = "Actions/Condition can contain only one colon.";
  assert.equal(ofStatement(but({ Action: "s3:List:Bucket" })), colons);
  assert.equal(ofStatement(but({ Action: "s3s:ListBucket" }), but({ Action: "s:3s:x" })), colons);
  assert.equal(ofStatement(but({ Action: undefined })), none);
  assert.equal(ofStatement(but({ Action: [] })), none);
  assert.equal(ofStatement({ Effect: "Allow" }), none);
  assert.equal(ofStatement({ Effect: "Deny" }, fine), none);
});

Deno.test("resources", () => {
  const resource = (value: unknown) => ofStatement(but({ Resource: value }));
  const arn = (value: string) => `Resource ${value} must be in ARN format or "*".`;
  const partition = (name: string, shown: string) =>
    `Partition "${name}" is not valid for resource "${shown}".`;
  assert.equal(resource("invalid resource"), arn("invalid resource"));
  assert.equal(resource(""), arn(""));
  assert.equal(resource(["adf"]), arn("adf"));
  assert.equal(ofStatement(but({ Action: "s:3:x", Resource: "sdfsadf" })), arn("sdfsadf"));
  assert.equal(resource("a:bsdfdsafsad"), partition("bsdfdsafsad", "arn:bsdfdsafsad:*:*:*:*"));
  assert.equal(resource("a:b:cadfsdf"), partition("b", "arn:b:cadfsdf:*:*:*"));
  assert.equal(resource("a:b:c:d:e:f:g:h"), partition("b", "arn:b:c:d:e:f:g:h"));
  assert.equal(resource("aws:s3:::example_bucket"), partition("s3", "arn:s3:::example_bucket:*"));
  assert.equal(
    resource(["arn:error:s3:::example_bucket", "arn:error:s3::example_bucket"]),
    partition("error", "arn:error:s3:::example_bucket"),
  );
  assert.equal(
    resource("arn:aws"),
    "Resource vendor must be fully qualified and cannot contain regexes.",
  );
  assert.equal(
    resource("arn:aws:iam:us-east-1::example_bucket"),
    "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.",
  );
  assert.equal(
    resource("arn:aws:s3:us-east-1::example_bucket"),
    "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.",
  );
  assert.equal(
    resource("arn:aws:iam:::example_bucket"),
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, ' +
      "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, " +
      "oidc-provider/, report/, access-report/.",
  );
  for (const none of [undefined, []]) {
    assert.equal(resource(none), "Policy statement must contain resources.");
  }
});

Deno.test("Sids that are not unique", () => {
  assert.equal(
    ofStatement({ ...fine, Sid: "sdf" }, { Sid: "sdf", Effect: "Allow" }),
    "Statement IDs (SID) in a single policy must be unique.",
  );
});

Deno.test("a principal has no place in permissions", () => {
  for (const name of ["Principal", "NotPrincipal"]) {
    assert.equal(
      ofStatement(but({ [name]: "*" })),
      "Policy document should not specify a principal.",
    );
  }
});

Deno.test("what IAM takes is taken", () => {
  const statements: Json[] = [
    but({ Resource: ["*", bucket] }),
    but({ Action: "iam: asdf safdsf af " }),
    but({ Action: "*" }),
    but({ Action: "aaaaaadsfdsafsadfsadfaaaaa:ListBucket" }),
    but({ Action: "s3.s:ListBucket" }),
    but({ Action: undefined, NotAction: "s3:x", Resource: undefined, NotResource: "*" }),
    but({ Resource: "arn:aws:iam:::user/example_bucket" }),
    but({ Resource: "arn:aws:fdsasf" }),
    but({ Resource: "arn:aws:invalid-service:us-east-1::example_bucket" }),
    but({ Sid: "" }),
    condition({}),
    condition({ DateGreaterThan: {} }),
    condition({ DateGreaterThan: { a: [] } }),
    condition({ DateGreaterThan: { a: "01T" } }),
    condition({ DateLessThanEquals: { a: "2016-12-13t2:00:00.593194+23" } }),
    condition({ DateLessThan: { a: "-292275054" } }),
    condition({ a: {}, b: {} }),
    condition({ "ForAnyValue:StringEqualsIfExists": { a: "asf" } }),
    condition({ Bool: { "aws:SecureTransport": true }, NumericLessThan: { a: 3 } }),
  ];
  for (const statement of statements) {
    assert.equal(ofStatement(statement), null, JSON.stringify(statement));
  }
  assert.equal(ofDocument({ Version: "2012-10-17", Id: "x", Statement: fine }), null);
});

Deno.test("sessions and boundaries are permissions as well", () => {
  for (const kind of ["session", "boundary"] as const) {
    assert.equal(saidOf("{", kind), "Syntax errors in policy.");
  }
});

Deno.test("white space does not count towards the size of a document", () => {
  assert.equal(sizeOf('{ "a":\n\t"b c" }\r\n'), '{"a":"bc"}'.length);
});
