/** The keys that tests sign with, as a service is told of them: those of an IAM user. */
import { type Door, openDoor } from "../../sim/iam/door.ts";
import { type AccessKey, userKey } from "../../sim/iam/principal.ts";

export const testUserArn = "arn:aws:iam::111122223333:user/tester";

export function testKey(pair: { accessKeyId: string; secretAccessKey: string }): AccessKey {
  return userKey(pair, "111122223333", "tester");
}

/** A door for this one key, which may do everything. */
export function testDoor(pair: { accessKeyId: string; secretAccessKey: string }): Door {
  return openDoor([testKey(pair)]);
}
