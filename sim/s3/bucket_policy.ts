/**
 * The policy of a bucket as S3 judges it before it takes it, and whether it makes the bucket public.
 *
 * Beside what every policy must be: that it speaks of this bucket, and that its actions fit its
 * resources. What it then means is IAM's affair.
 *
 * Source: S3 user guide, "Bucket policies for Amazon S3" and "The meaning of 'public'"; words as in
 * public reports.
 * Left out: whether the principals that it names exist.
 */
import { compiled, MalformedPolicy } from "../iam/policy/mod.ts";
import { pattern } from "../iam/policy/pattern.ts";
import { refusal, type S3Error } from "./errors.ts";

/** Documented: 20 KB. */
const bytesMax = 20_480;

type Statement = Readonly<Record<string, unknown>>;

function malformed(words: string): S3Error {
  return refusal("MalformedPolicy", {}, words);
}

/**
 * The text of a policy that S3 takes for this bucket.
 * @throws {S3Error} MalformedPolicy, PolicyTooLarge
 */
export function checkedPolicy(bytes: Uint8Array, bucket: string): string {
  if (bytes.length > bytesMax) throw refusal("PolicyTooLarge");
  const text = new TextDecoder().decode(bytes);
  const document = parsed(text);
  if (document === null) throw refusal("MalformedPolicy");
  mustCompile(text);
  for (const statement of listOf(document.Statement)) {
    if (isRecord(statement)) checkStatement(statement, bucket);
  }
  return text;
}

/** What no policy may be, of whatever service. */
function mustCompile(text: string): void {
  try {
    compiled(text, "resource", "bucket policy");
  } catch (error) {
    throw error instanceof MalformedPolicy ? malformed(error.message) : error;
  }
}

function parsed(text: string): Statement | null {
  if (!text.startsWith("{")) return null;
  try {
    const document: unknown = JSON.parse(text);
    return isRecord(document) ? document : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function checkStatement(statement: Statement, bucket: string): void {
  const actions = textsOf(statement.Action ?? statement.NotAction);
  if (!actions.every((action) => /^(\*|s3:[a-z*?]+)$/i.test(action))) {
    throw malformed("Policy has invalid action");
  }
  const resources = textsOf(statement.Resource ?? statement.NotResource);
  if (!resources.every((resource) => isOf(bucket, resource))) {
    throw malformed("Policy has invalid resource");
  }
  if (statement.Action === undefined || statement.Resource === undefined) return;
  if (actions.every((action) => resources.some((resource) => applies(action, resource)))) return;
  throw malformed("Action does not apply to any resource(s) in statement");
}

const arnStart = "arn:aws:s3:::";

/** Documented: a policy is about its own bucket; with wildcards it may be about others too. */
function isOf(bucket: string, resource: string): boolean {
  if (resource === "*") return true;
  if (!resource.startsWith(arnStart)) return false;
  const [name = ""] = resource.slice(arnStart.length).split("/", 1);
  // What a variable stands for is told by a request.
  return pattern(name, { wildcards: true, variables: true }).matches(bucket, {}) !== false;
}

const ofObjects =
  /^s3:([A-Z][a-z]+Object(?!Lock)|AbortMultipart|ListMultipartUploadParts|Replicate)/i;

function applies(action: string, resource: string): boolean {
  if (/[*?]/.test(action) || resource === "*") return true;
  const path = resource.slice(arnStart.length);
  if (ofObjects.test(action) && !/Bucket/i.test(action)) return /[/*]/.test(path);
  return !path.includes("/");
}

/** Condition keys that, with values that are fixed, keep a bucket from being public. */
const closing = new Set([
  ...["aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount", "aws:sourceowner"],
  ...["aws:sourceip", "aws:userid", "aws:principalorgid", "aws:principalorgpaths"],
  ...["aws:principalaccount", "aws:principalarn", "s3:dataaccesspointarn"],
  ...["s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id"],
]);

/**
 * Documented: public is what allows something to everybody, unless a condition names fixed values
 * of where or who.
 */
export function isPublic(text: string): boolean {
  const statements = listOf(parsed(text)?.Statement);
  return statements.some((one) => {
    if (!isRecord(one) || one.Effect !== "Allow" || !meansEverybody(one)) return false;
    return !isClosed(one.Condition);
  });
}

function meansEverybody({ Principal: principal }: Statement): boolean {
  if (principal === "*") return true;
  return isRecord(principal) && textsOf(principal.AWS).includes("*");
}

function isClosed(condition: unknown): boolean {
  if (!isRecord(condition)) return false;
  return Object.entries(condition).some(([operator, keys]) =>
    isRecord(keys) && !/Not|IfExists|^Null$/.test(operator) &&
    Object.entries(keys).some(([key, values]) =>
      closing.has(key.toLowerCase()) && textsOf(values).every(isFixed)
    )
  );
}

/** Documented: no wildcard and no variable. */
function isFixed(value: string): boolean {
  return !/[*?]|\$\{/.test(value) && value !== "0.0.0.0/0" && value !== "::/0";
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((one) => typeof one === "string");
}

function isRecord(value: unknown): value is Statement {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
