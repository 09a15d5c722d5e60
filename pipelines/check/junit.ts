/**
 * JUnit: the results of a run -> the XML that build servers read.
 *
 * One suite for each file, one case for each result; a warning is a case that passed, with its
 * text as output. What XML cannot hold (most control characters) becomes U+FFFD.
 *
 * Source: the schema of Apache Ant's JUnit task, as Jenkins and GitLab read it.
 */
import { placeOf, type Result } from "./results.ts";
import { differenceLines } from "./report.ts";

export function junitXml(results: readonly Result[], seconds: number): string {
  const suites = Map.groupBy(results, ({ file }) => file);
  const inner = [...suites].map(([file, ofFile]) => suite(file, ofFile)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<testsuites ${counts(results)} time="${seconds.toFixed(3)}">\n${inner}</testsuites>\n`;
}

function suite(file: string, results: readonly Result[]): string {
  const ms = results.reduce((sum, result) => sum + result.ms, 0);
  const cases = results.map(testCase).join("");
  return `  <testsuite name="${escape(file)}" ${counts(results)} time="${inSeconds(ms)}">\n` +
    `${cases}  </testsuite>\n`;
}

function counts(results: readonly Result[]): string {
  const count = (status: string) => results.filter((result) => result.status === status).length;
  return `tests="${results.length}" failures="${count("failed")}" errors="0" ` +
    `skipped="${count("skipped")}"`;
}

function testCase(result: Result): string {
  const of = result.model ?? result.kind;
  const start = `    <testcase classname="${escape(of)}" name="${escape(result.name)}" ` +
    `file="${escape(result.file)}" line="${result.line}" time="${inSeconds(result.ms)}"`;
  if (result.status === "passed") return `${start}/>\n`;
  return `${start}>\n      ${outcome(result)}\n    </testcase>\n`;
}

function outcome(result: Result): string {
  const { status, message } = result;
  const text = [`${placeOf(result)}: ${message || result.name}`, ...differenceLines(result)];
  const [first = ""] = text;
  if (status === "skipped") return `<skipped message="${escape(message)}"/>`;
  if (status === "warning") return `<system-out>${escape(text.join("\n"))}</system-out>`;
  return `<failure message="${escape(first)}" type="${result.kind}">` +
    `${escape(text.join("\n"))}</failure>`;
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

function escape(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex -- these are what XML 1.0 leaves out
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll(/[&<>"\n\r\t]/g, (char) => entities[char] ?? char);
}
