/** IAM and STS for the judges: ports of their own, and the environment of an AWS program. */
import { startIdentity, type TestIdentity } from "../sim/identity/support.ts";
import { administrator, region } from "../sim/identity/support.ts";

export interface JudgedIdentity extends AsyncDisposable {
  identity: TestIdentity;
  /** Of the administrator. */
  env: Record<string, string>;
}

export async function judgedIdentity(): Promise<JudgedIdentity> {
  const identity = await startIdentity();
  return {
    identity,
    env: {
      AWS_ACCESS_KEY_ID: administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_IAM: `http://127.0.0.1:${identity.iamPort}`,
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${identity.stsPort}`,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async [Symbol.asyncDispose]() {
      await identity[Symbol.asyncDispose]();
    },
  };
}
