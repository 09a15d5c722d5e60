/** Reads generated notebooks back, by the rules of their source form. */
import assert from "node:assert/strict";
import { databricksFiles } from "../../../../pipelines/deploy/databricks/mod.ts";

export const id = "0a1b2c3d4e5f";

export async function generated(): Promise<Map<string, string>> {
  return await databricksFiles({ id, bucket: `user-${id}-bucket`, region: "eu-west-1" });
}

export async function file(path: string): Promise<string> {
  const text = (await generated()).get(path);
  assert.ok(text !== undefined, `${path} was not generated`);
  return text;
}

export interface ReadCell {
  title: string;
  /** Without title; Markdown without its marks. */
  text: string;
  isMarkdown: boolean;
}

/** The cells of a notebook; throws where Databricks would not see a notebook. */
export function cellsOf(path: string, text: string): ReadCell[] {
  const mark = path.endsWith(".sql") ? "--" : "#";
  const [header, ...lines] = text.split("\n");
  assert.equal(header, `${mark} Databricks notebook source`, path);
  return lines.join("\n").split(`\n${mark} COMMAND ----------\n`).map((cell) => {
    const own = cell.trim().split("\n");
    const title = own[0]?.startsWith(`${mark} DBTITLE 1,`) ? own.shift() ?? "" : "";
    const isMarkdown = own[0] === `${mark} MAGIC %md`;
    if (isMarkdown) {
      own.shift();
      for (const line of own) assert.match(line, new RegExp(`^${mark} MAGIC( |$)`), path);
    }
    const body = isMarkdown ? own.map((line) => line.slice(mark.length + 7)) : own;
    return { title: title.slice(mark.length + 11), text: body.join("\n"), isMarkdown };
  });
}
