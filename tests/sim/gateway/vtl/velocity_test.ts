/**
 * Velocity itself is the judge: answers.jsonl holds templates and what Apache Velocity 1.7 made of
 * them (Answers.java writes it). Where we refuse what Velocity takes, no template stands there, nor
 * where the gateway is not Velocity: those are in nothing_test.ts, by name.
 */
import assert from "node:assert/strict";
import { TemplateFailure, TemplateSyntaxError } from "../../../../sim/gateway/vtl/mod.ts";
import { noParameters, render } from "./support.ts";

const text = await Deno.readTextFile(new URL("./velocity/answers.jsonl", import.meta.url));
const [body = "", ...lines] = text.trim().split("\n");
const path = new Map([["x", "p-x"], ["x y", "p-x y"]]);

Deno.test("Templates come out as Velocity 1.7 makes them, and fail where it fails", () => {
  assert.ok(lines.length > 290);
  for (const line of lines) {
    const [template, expected]: [string, string | null] = JSON.parse(line);
    assert.equal(output(template), expected, template);
  }
});

function output(template: string): string | null {
  try {
    return render(template, body, { parameters: { ...noParameters, path } });
  } catch (error) {
    const isExpected = error instanceof TemplateSyntaxError || error instanceof TemplateFailure;
    if (!isExpected) throw error;
    return null;
  }
}
