import assert from "node:assert/strict";
import { apis } from "../../../../sim/kafka/apis/mod.ts";
import { apiVersions } from "../../../../sim/kafka/apis/api_versions.ts";
import { goldenOf } from "./golden.ts";

const api = apiVersions(() => []);

const { checkRequest, checkResponse } = goldenOf(api);

checkRequest("ApiVersions request", (version) => ({
  clientSoftwareName: version >= 3 ? "java" : "",
  clientSoftwareVersion: version >= 3 ? "3.9.1" : "",
}));

checkResponse("ApiVersions response", () => ({
  error: 0,
  ranges: [{ key: 0, min: 0, max: 11 }, { key: 18, min: 0, max: 4 }],
}));

Deno.test("Every API is advertised as far as it is served, Produce from 0 on", () => {
  for (const { key, name, versions, advertisedMin } of apis.values()) {
    assert.equal(advertisedMin, key === 0 ? 0 : versions.min, name);
    assert.ok(versions.min <= versions.max, name);
  }
  assert.equal(apis.get(0)?.versions.min, 3);
});
