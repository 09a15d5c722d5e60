/** A document that the policy language does not know; the message is what AWS says of it. */
export class MalformedPolicy extends Error {
  override readonly name = "MalformedPolicy";
}
