/**
 * GetSessionToken: a user -> credentials of the same user that end by themselves.
 *
 * Documented: no permission is needed; such credentials call nothing of IAM, and of STS only
 * AssumeRole and GetCallerIdentity.
 *
 * Source: STS API reference, GetSessionToken.
 * Left out: SerialNumber, TokenCode.
 */
import { action } from "../action.ts";
import { credentialsShown, mustBeLongLived } from "../sessions.ts";
import { integer } from "../shapes.ts";

export const getSessionToken = action({
  shape: { DurationSeconds: integer({ min: 900, max: 129_600 }) },
  asks: () => [],
  run: ({ DurationSeconds = 43_200 }, { account, principal }) => {
    const name = mustBeLongLived(principal);
    const entity = { type: "user", name } as const;
    const key = account.openSession({ entity, name: null, seconds: DurationSeconds });
    return { Credentials: credentialsShown(key) };
  },
});
