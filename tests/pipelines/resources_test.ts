import assert from "node:assert/strict";
import { resourcesOf } from "../../pipelines/resources.ts";

Deno.test("the manifest of an id has the course's names", () => {
  const { gateway, ...named } = resourcesOf("0a1b2c3d4e5f");
  assert.deepEqual(named, {
    id: "0a1b2c3d4e5f",
    region: "us-east-1",
    bucket: "user-0a1b2c3d4e5f-bucket",
    database: { name: "pinterest_data", user: "project_user" },
    topics: { pin: "0a1b2c3d4e5f.pin", geo: "0a1b2c3d4e5f.geo", user: "0a1b2c3d4e5f.user" },
    connector: "0a1b2c3d4e5f-connector",
    streams: {
      pin: "streaming-0a1b2c3d4e5f-pin",
      geo: "streaming-0a1b2c3d4e5f-geo",
      user: "streaming-0a1b2c3d4e5f-user",
    },
    tables: {
      pin: "0a1b2c3d4e5f_pin_table",
      geo: "0a1b2c3d4e5f_geo_table",
      user: "0a1b2c3d4e5f_user_table",
      rejects: "0a1b2c3d4e5f_rejects_table",
    },
    roles: {
      gateway: "0a1b2c3d4e5f-kinesis-access-role",
      rest: "0a1b2c3d4e5f-ec2-access-role",
      sink: "0a1b2c3d4e5f-sink-role",
      reader: "0a1b2c3d4e5f-reader-role",
    },
  });
  assert.equal(gateway.stage, "prod");
});
