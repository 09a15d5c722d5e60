import assert from "node:assert/strict";
import { contentType, negotiate } from "../../../sim/kafka_rest/media_types.ts";

Deno.test("contentType leaves out parameters and case", () => {
  assert.equal(
    contentType([["Content-Type", "Application/JSON; charset=utf-8"]]),
    "application/json",
  );
  assert.equal(contentType([]), null);
});

Deno.test("negotiate takes the offered type with the highest quality, the first on a tie", () => {
  const accepted = (accept: string) => negotiate([["Accept", accept]], ["a/x", "a/y"]);
  assert.equal(accepted("*/*"), "a/x");
  assert.equal(accepted("a/*"), "a/x");
  assert.equal(accepted("a/y"), "a/y");
  assert.equal(accepted("a/x;q=0.2, a/y;q=0.9"), "a/y");
  assert.equal(accepted("*/*;q=0.1, a/y"), "a/y");
  assert.equal(accepted("a/x;q=0, */*"), "a/y");
  assert.equal(accepted("b/x, text/*"), null);
  assert.equal(accepted(""), "a/x");
  assert.equal(negotiate([], ["a/x"]), "a/x");
});
