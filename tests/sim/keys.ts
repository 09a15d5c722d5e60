/** The keys that tests sign with, as a service is told of them: those of an IAM user. */
import { type AccessKey, userKey } from "../../sim/iam/principal.ts";

export const testUserArn = "arn:aws:iam::111122223333:user/tester";

export function testKey(pair: Omit<AccessKey, "principal">): AccessKey {
  return userKey(pair, "111122223333", "tester");
}
