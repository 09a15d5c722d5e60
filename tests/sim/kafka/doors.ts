/** A door for tests of Kafka: it knows one key, writes down what it is asked, and refuses on demand. */
import type { Asked, Door } from "../../../sim/iam/door.ts";
import type { AccessKey } from "../../../sim/iam/principal.ts";
import { testKey } from "../keys.ts";

export const pair = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
export const key = testKey(pair);

export interface TestDoor extends Door {
  /** `<action> <type>[/<name>]`, without the cluster in the ARN, in order. */
  readonly asked: string[];
  /** Those that are refused from now on, in the same form. */
  refused: Set<string>;
  /** Every resource in full. */
  readonly resources: string[];
  /** Those that it knows. */
  keys: AccessKey[];
}

export function watchedDoor(keys: AccessKey[] = [key]): TestDoor {
  const door: TestDoor = {
    asked: [],
    refused: new Set(),
    resources: [],
    keys,
    keyOf: (id) => door.keys.find(({ accessKeyId }) => accessKeyId === id),
    refusalOf(asked) {
      const question = shortened(asked);
      door.asked.push(question);
      door.resources.push(asked.resource);
      if (!door.refused.has(question)) return null;
      const because = `because no policy of this test allows ${question}`;
      return { message: `Refused ${because}`, because, isExplicit: false };
    },
  };
  return door;
}

function shortened({ action, resource }: Asked): string {
  const [type = "", , , ...name] = (resource.split(":")[5] ?? "").split("/");
  const what = name.length > 0 ? `${type}/${name.join("/")}` : type;
  return `${action.replace("kafka-cluster:", "")} ${what}`;
}
