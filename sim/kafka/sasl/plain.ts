/**
 * PLAIN: a user's name and password, as they are.
 *
 *   client   authorisation id NUL user NUL password
 *
 * Documented: the authorisation id is empty or the user's own name.
 *
 * Source: RFC 4616.
 */
import { timingSafeEqual } from "node:crypto";
import { sha256 } from "./scram_formulas.ts";
import { type Exchange, type Mechanism, proven, refused } from "./mechanism.ts";

const utf8 = new TextDecoder();

export const plain: Mechanism = ({ passwordOf }): Exchange => ({
  next(message) {
    const fields = utf8.decode(message).split("\0");
    const [authorizationId = "", user = "", given = ""] = fields;
    if (fields.length !== 3 || user === "" || given === "") {
      return refused("Invalid SASL/PLAIN response: expected 3 tokens, none of them empty");
    }
    const password = passwordOf(user);
    // Of equal length, so that neither length nor content shows in the time it takes.
    const isRight = timingSafeEqual(sha256(given), sha256(password ?? "")) &&
      password !== undefined;
    if (!isRight) return refused("Authentication failed: Invalid username or password");
    if (authorizationId !== "" && authorizationId !== user) {
      return refused(
        "Authentication failed: Client requested an authorization id that is different from " +
          "username",
      );
    }
    return proven({ kind: "account", name: user });
  },
});
