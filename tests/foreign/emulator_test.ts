/**
 * Judge: Python's requests, posting exactly as the course's emulator does.
 *
 * Covers the request of the course through the gateway and the REST proxy, the answer it looks
 * at, and the answers it gets when it makes the usual mistakes.
 */
import assert from "node:assert/strict";
import { debian, mustRun, python } from "./tools.ts";
import { judgedWorld, setting, topic } from "./world.ts";

const emulator = `
import json, sys, requests
invoke_url, topic = sys.argv[1:3]
headers = {"Content-Type": "application/vnd.kafka.json.v2+json"}
row = {"index": 7528, "title": "No Title Data Available", "follower_count": "124k",
       "poster_name": "é😀 | name", "downloaded": 0, "image_src": None}
def post(path, body, headers=headers):
    answer = requests.request("POST", f"{invoke_url}{path}", headers=headers, data=json.dumps(body))
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, answer.text
print(json.dumps({
    "good": post(f"/topics/{topic}", {"records": [{"value": row}]}),
    "unwrapped": post(f"/topics/{topic}", row),
    "plain json": post(f"/topics/{topic}", {"records": [{"value": row}]},
                       {"Content-Type": "application/json"}),
    "stage root": requests.post(invoke_url, json=row).status_code,
    "topics": requests.get(f"{invoke_url}/topics").json(),
}))
`;

Deno.test("the course's emulator posts, and its mistakes get the course's errors", async () => {
  const bin = await python();
  const kcat = await debian("kcat");
  await using world = await judgedWorld({ posts: 20 });
  const name = await topic(world, `${setting(world, "PIPELINE_ID")}.pin`);
  const said = JSON.parse(
    await mustRun(bin, ["-c", emulator, setting(world, "GATEWAY_URL"), name]),
  );
  assert.deepEqual(said.good, [200, {
    offsets: [{ partition: 0, offset: 0, error_code: null, error: null }],
    key_schema_id: null,
    value_schema_id: null,
  }]);
  assert.deepEqual(said.unwrapped, [422, {
    error_code: 422,
    message: "Unrecognized field: index",
  }]);
  assert.equal(said["plain json"][0], 415);
  assert.equal(said["stage root"], 403);
  assert.deepEqual(said.topics, [name]);
  const stored = await mustRun(kcat, [
    ...["-b", setting(world, "KAFKA_BROKERS"), "-C", "-t", name, "-e", "-q"],
  ]);
  assert.equal(
    stored,
    '{"index":7528,"title":"No Title Data Available","follower_count":"124k",' +
      '"poster_name":"é😀 | name","downloaded":0,"image_src":null}\n',
  );
});
