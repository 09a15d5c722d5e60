/**
 * Judges: curl and botocore, which sign requests to a gateway that asks for IAM.
 *
 * Covers bodies, queries with what must be escaped, a session token, presigned addresses, and that
 * what was signed otherwise is refused.
 */
import assert from "node:assert/strict";
import { noFaults } from "../../sim/faults/plan.ts";
import { startGateway } from "../../sim/gateway/mod.ts";
import { openDoor } from "../../sim/iam/door.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { definitionOf, mockOf, nobody } from "../sim/gateway/definitions.ts";
import { testKey } from "../sim/keys.ts";
import { debian, mustRun, python } from "./tools.ts";
import { judgedWorld, setting, topic } from "./world.ts";

Deno.test("curl signs what the batch leg posts, and a wrong secret is refused", async () => {
  const curl = await debian("curl");
  await using world = await judgedWorld({ posts: 20, auth: "iam" });
  // The REST proxy's role may write to the pipeline's topics alone.
  const name = await topic(world, `${setting(world, "PIPELINE_ID")}.pin`);
  const url = `${setting(world, "GATEWAY_URL")}/topics/${name}`;
  const user = (secret: string) => `${setting(world, "AWS_ACCESS_KEY_ID")}:${secret}`;
  const post = async (credentials: string[]) =>
    (await mustRun(curl, [
      ...["--silent", "--show-error", "--write-out", "\n%{http_code}", ...credentials],
      ...["--header", "Content-Type: application/vnd.kafka.json.v2+json"],
      ...["--data-binary", '{"records":[{"value":{"title":"é"}}]}', url],
    ])).split("\n");
  const aws = ["--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user"];
  const [text, status] = await post([...aws, user(setting(world, "AWS_SECRET_ACCESS_KEY"))]);
  assert.equal(status, "200", String(text));
  assert.equal(JSON.parse(text ?? "").offsets[0].offset, 0);
  const [unsigned] = await post([]);
  assert.deepEqual(JSON.parse(unsigned ?? ""), { message: "Missing Authentication Token" });
  const [wrong, refused] = await post([...aws, user("wrong")]);
  assert.equal(refused, "403");
  assert.match(JSON.parse(wrong ?? "").message, /^The request signature we calculated/);
});

/** Each line printed is a request that botocore signed, and its answer. */
const signer = `
import sys, requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
base, key, secret, token = sys.argv[1:]
def call(method, path, data=b"", token=token, auth=SigV4Auth, change=lambda r: None):
    request = AWSRequest(method=method, url=base + path, data=data)
    credentials = Credentials(key, secret, token or None)
    auth(credentials, "execute-api", "us-east-1").add_auth(request)
    prepared = request.prepare()
    sent = requests.Request(method, prepared.url, headers=dict(prepared.headers), data=data)
    with requests.Session() as session:
        ready = sent.prepare()
        change(ready)
        answer = session.send(ready)
    print(answer.status_code, answer.headers.get("x-amzn-ErrorType", "-"), answer.text.split(":")[0])
call("GET", "/x")
call("POST", "/a/b%20c/%C3%A9?q=1%202&p=%2F&q=0&empty=", "é😀".encode())
call("GET", "/x?a=b", auth=SigV4QueryAuth)
call("GET", "/x", token="")
call("GET", "/x", token="other")
def other_body(request): request.body = b"other"
call("POST", "/x", b"these", change=other_body)
def other_path(request): request.url = request.url.replace("/x", "/y")
call("GET", "/x", change=other_path)
`;

Deno.test("botocore signs with a session token, in the header and in the address", async () => {
  const bin = await python();
  const pair = { accessKeyId: "ASIATESTER", secretAccessKey: "secret/with+signs" };
  const key = { ...testKey(pair), sessionToken: "token/with+signs==" };
  const security = [{ sigv4: [] }];
  const sigv4 = {
    type: "apiKey",
    name: "Authorization",
    in: "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
  };
  await using gateway = await startGateway(
    { world: worldFromSeed(1), faults: noFaults, dir: "" },
    {
      ...nobody,
      door: openDoor([key]),
      definition: definitionOf(
        [mockOf("/{proxy+}", "ANY", "$context.identity.accessKey:", { security })],
        { components: { securitySchemes: { sigv4 } } },
      ),
    },
  );
  const { accessKeyId, secretAccessKey, sessionToken } = key;
  const args = [gateway.invokeUrl(), accessKeyId, secretAccessKey, sessionToken];
  const said = await mustRun(bin, ["-c", signer, ...args]);
  const invalid = '{"message"';
  assert.deepEqual(said.trim().split("\n"), [
    "200 - ASIATESTER",
    "200 - ASIATESTER",
    "200 - ASIATESTER",
    `403 UnrecognizedClientException ${invalid}`,
    `403 UnrecognizedClientException ${invalid}`,
    `403 InvalidSignatureException ${invalid}`,
    `403 InvalidSignatureException ${invalid}`,
  ]);
});
