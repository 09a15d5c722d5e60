/** Select: what each way of naming finds. */
import assert from "node:assert/strict";
import { downstreamOf, select, upstreamOf } from "../../../pipelines/check/select.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { smallProject } from "./small_project.ts";

const project = smallProject({
  models: {
    "clean/pin": ["raw_pin"],
    "clean/geo": ["raw_geo"],
    "questions/most_followed": ["pin", "geo"],
    "questions/most_popular": ["pin"],
    "report/front_page": ["most_followed"],
  },
  cases: {
    pin: ["expands k and M", "trims"],
    geo: ["reads times"],
    most_followed: ["keeps ties", "expands nothing"],
  },
});

function found(...names: string[]) {
  const { models, cases } = select(project, names);
  return { models, cases: cases.map(({ name }) => name) };
}

Deno.test("no name selects all", () => {
  assert.equal(found().models.length, 5);
  assert.equal(found().cases.length, 5);
});

Deno.test("a model is named by itself, with its folder, or by its file", () => {
  for (const name of ["pin", "clean/pin", "sql/clean/pin.sql", "tests/sql/pin.test"]) {
    assert.deepEqual(found(name), { models: ["pin"], cases: ["expands k and M", "trims"] }, name);
  }
});

Deno.test("a folder and a pattern name several models", () => {
  assert.deepEqual(found("clean").models, ["pin", "geo"]);
  assert.deepEqual(found("most_*").models, ["most_followed", "most_popular"]);
  assert.deepEqual(found("*page").models, ["front_page"]);
});

Deno.test("a plus behind a name takes in all that reads it, one before it all that it reads", () => {
  assert.deepEqual(found("geo+").models, ["geo", "most_followed", "front_page"]);
  assert.deepEqual(found("+front_page").models, ["pin", "geo", "most_followed", "front_page"]);
});

Deno.test("words of a case's name select cases alone, in the order of the files", () => {
  assert.deepEqual(found("Expands"), { models: [], cases: ["expands k and M", "expands nothing"] });
  assert.deepEqual(found("ties", "geo"), { models: ["geo"], cases: ["reads times", "keeps ties"] });
});

Deno.test("a name that fits nothing is refused, with those that come near", () => {
  assert.throws(() => select(project, ["most_folowed"]), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /named 'most_folowed': did you mean most_followed\?/);
    return true;
  });
  assert.throws(() => select(project, ["zebra"]), /models are in clean, questions, report/);
});

Deno.test("downstream and upstream are followed to the end, without the model itself", () => {
  assert.deepEqual([...downstreamOf(project, ["pin"])], [
    "most_followed",
    "most_popular",
    "front_page",
  ]);
  assert.deepEqual([...downstreamOf(project, ["raw_geo"])], ["geo", "most_followed", "front_page"]);
  assert.deepEqual([...upstreamOf(project, "front_page")].sort(), ["geo", "most_followed", "pin"]);
});
