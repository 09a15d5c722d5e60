/**
 * Hoisted headers: what a presigned URL says in its query -> the headers it stands for.
 *
 * Signers move headers into the query, so that whoever follows the URL need not send them.
 * Documented: `x-amz-` headers may stand there. Observed (recorded by a public test suite): so may
 * a condition, and it counts. Observed (public reports): a checksum there does not; some clients
 * put in that of an empty body, whatever the body will be. What is sent as a header outweighs it.
 */
const conditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
/** Said about the signature, and judged with it. */
const ofSignature =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;
const ofChecksum = /^x-amz-(sdk-)?checksum/;

/** The headers of a request, with those that its query holds if it is a presigned URL's. */
export function withHoisted(
  headers: ReadonlyMap<string, string>,
  parameters: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (!parameters.has("X-Amz-Signature")) return headers;
  const hoisted = [...parameters].map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => isHoisted(name));
  return new Map([...hoisted, ...headers]);
}

function isHoisted(name: string): boolean {
  if (conditions.includes(name)) return true;
  return name.startsWith("x-amz-") && !ofSignature.test(name) && !ofChecksum.test(name);
}
