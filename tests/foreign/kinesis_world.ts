/**
 * A simulated Kinesis alone, for the judges: on a free port, without shard limits, its files gone
 * at the end.
 */
import { noFaults } from "../../sim/faults/plan.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { testDoor } from "../sim/keys.ts";

export const region = "eu-west-1";
const credentials = { accessKeyId: "AKIDJUDGE", secretAccessKey: "judge/secret+text" };

export interface JudgedKinesis extends AsyncDisposable {
  url: string;
  /** The environment of an AWS program: these credentials and nobody's profile. */
  env: Record<string, string>;
}

export async function judgedKinesis(): Promise<JudgedKinesis> {
  const dir = await Deno.makeTempDir({ prefix: "judged-" });
  const context = { world: worldFromSeed(7), faults: noFaults, dir };
  const service = await startKinesis(context, {
    port: 0,
    region,
    door: testDoor(credentials),
    limits: "off",
  });
  const url = `http://127.0.0.1:${service.port}`;
  return {
    url,
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_ENDPOINT_URL_KINESIS: url,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
