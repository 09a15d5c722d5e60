import assert from "node:assert/strict";
import { Routes } from "../../../sim/gateway/routes.ts";

const to = (uri: string) => ({ type: "HTTP_PROXY" as const, uri });
const routes = new Routes([
  { path: "/{proxy+}", method: "ANY", integration: to("greedy") },
  { path: "/streams", method: "GET", integration: to("list") },
  { path: "/streams/{stream-name}", method: "GET", integration: to("describe") },
  { path: "/streams/{stream-name}/record", method: "PUT", integration: to("put") },
  { path: "/streams/own", method: "GET", integration: to("own") },
]);

function found(method: string, path: string): string | null {
  const match = routes.match(method, path);
  if (match === null) return null;
  const parameters = [...match.parameters].map(([name, value]) => `${name}=${value}`);
  return [match.integration.uri, ...parameters].join(" ");
}

Deno.test("An exact segment wins over a parameter, and that over the greedy one", () => {
  assert.equal(found("GET", "/streams"), "list");
  assert.equal(found("GET", "/streams/own"), "own");
  assert.equal(found("GET", "/streams/other"), "describe stream-name=other");
  assert.equal(found("PUT", "/streams/own/record"), "put stream-name=own");
  assert.equal(found("POST", "/topics/x.pin"), "greedy proxy=topics/x.pin");
});

Deno.test("Where the deeper resources end, the greedy one takes over, with nothing left of them", () => {
  assert.equal(found("GET", "/streams/a/b/c"), "greedy proxy=streams/a/b/c");
});

Deno.test("A resource without the verb does not pass on to a wider one", () => {
  assert.equal(found("POST", "/streams"), null);
  assert.equal(found("GET", "/streams/own/record"), null);
});

Deno.test("ANY is the seven verbs and no other", () => {
  for (const verb of ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]) {
    assert.equal(found(verb, "/a"), "greedy proxy=a");
  }
  assert.equal(found("BREW", "/a"), null);
  assert.equal(found("get", "/a"), null);
});

Deno.test("Trailing slashes are ignored, and the greedy resource needs a segment", () => {
  assert.equal(found("GET", "/streams/"), "list");
  assert.equal(found("GET", "/topics/a/"), "greedy proxy=topics/a");
  assert.equal(found("GET", "/"), null);
  assert.equal(found("GET", ""), null);
});

Deno.test("Empty segments do not count, as they do not for policies and signatures", () => {
  assert.equal(found("GET", "//streams"), "list");
  assert.equal(found("GET", "/streams//own"), "own");
  assert.equal(found("GET", "//topics//a//"), "greedy proxy=topics/a");
  assert.equal(found("PUT", "/streams//record"), null);
});

Deno.test("Escapes count in exact names and stay in parameters", () => {
  assert.equal(found("GET", "/%73treams"), "list");
  assert.equal(found("GET", "/topics/a%2Fb"), "greedy proxy=topics/a%2Fb");
  assert.equal(found("GET", "/100%"), "greedy proxy=100%");
});

Deno.test("Routes that AWS refuses to create are refused with their method and path", () => {
  const add = (...paths: string[]) => () =>
    new Routes(paths.map((path) => ({ path, method: "GET", integration: to("x") })));
  assert.throws(add("/a/{x}", "/a/{y}/b"), {
    name: "RouteError",
    message: "GET /a/{y}/b: {y} stands where another path has {x}",
  });
  assert.throws(add("/{proxy+}/a"), {
    name: "RouteError",
    message: "GET /{proxy+}/a: the path goes on after {proxy+}",
  });
  assert.throws(add("/a-{x}"), { name: "RouteError" });
});
