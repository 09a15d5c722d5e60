/**
 * Charts: an answer and its picture -> SVG text, drawn without a browser.
 *
 *   in    a table with the columns that the picture names
 *   out   one <svg> element; text in it is escaped by the library
 *
 * echarts is loaded at the first chart, because only the report needs it.
 */
import type { EChartsOption } from "echarts";
import type { Picture } from "../../sql/dialect/mod.ts";
import { type Cell, column, type Table } from "./answers.ts";

const palette = ["#b5003a", "#0b6e99", "#d98e04", "#3f7d20", "#6b4ba1", "#8c564b"];

/** The drawing of one answer, or null for a picture that is no drawing, and for no rows. */
export async function chart(table: Table, picture: Picture): Promise<string | null> {
  if (picture.kind === "figure" || picture.kind === "table") return null;
  if (table.rows.length === 0) return null;
  const echarts = await import("echarts");
  const { option, height } = optionOf(table, picture);
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, width: 860, height });
  drawing.setOption({ animation: false, color: palette, ...option });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}

function optionOf(
  table: Table,
  picture: Exclude<Picture, { kind: "figure" | "table" }>,
): { option: EChartsOption; height: number } {
  switch (picture.kind) {
    case "bars":
      return bars(table, picture);
    case "groups":
      return groups(table, picture);
    case "heat":
      return heat(table, picture);
  }
}

/** Lying bars, the longest on top, when there are many; standing ones in order when few. */
function bars(table: Table, { label, value, note, most }: Picture & { kind: "bars" }) {
  const notes = note === undefined ? null : column(table, note);
  const values = column(table, value).map(Number);
  const items = column(table, label).map((name, at) => ({
    name: text(name),
    value: values[at] ?? 0,
    note: text(notes?.[at] ?? null),
  }));
  if (most === undefined) return { option: standing(items), height: 300 };
  const longest = items.toSorted((a, b) => b.value - a.value).slice(0, most).reverse();
  return { option: lying(longest), height: 60 + longest.length * 22 };
}

interface Item {
  name: string;
  value: number;
  note: string;
}

function lying(items: Item[]): EChartsOption {
  return {
    grid: { left: 230, right: 250, top: 10, bottom: 30 },
    xAxis: { type: "value" },
    yAxis: {
      type: "category",
      data: items.map((item) => item.name),
      axisLabel: { width: 215, overflow: "truncate" },
    },
    series: [{ type: "bar", data: items.map((item) => labelled(item, "right")) }],
  };
}

function standing(items: Item[]): EChartsOption {
  return {
    grid: { left: 80, right: 20, top: 30, bottom: 40 },
    xAxis: { type: "category", data: items.map((item) => item.name) },
    yAxis: { type: "value" },
    series: [{ type: "bar", barMaxWidth: 90, data: items.map((item) => labelled(item, "top")) }],
  };
}

/** Letters of a name beside its bar; the table below has it whole. */
const noteMax = 26;

/** The label of a bar: its value, and who it is about where the answer names somebody. */
function labelled({ value, note }: Item, position: "top" | "right") {
  const letters = [...note];
  const short = letters.length > noteMax ? `${letters.slice(0, noteMax - 1).join("")}\u2026` : note;
  const words = [value.toLocaleString("en-GB"), short].filter((word) => word !== "").join("  ");
  return {
    value,
    label: { show: true, position, formatter: words.replaceAll(/[{}|]/g, " ") },
  };
}

type Grid = Extract<Picture, { series: string }>;

function groups(table: Table, picture: Grid) {
  const labels = distinct(column(table, picture.label));
  const series = distinct(column(table, picture.series));
  const find = finder(table, picture);
  const option: EChartsOption = {
    legend: { top: 0 },
    grid: { left: 80, right: 20, top: 40, bottom: 40 },
    xAxis: { type: "category", data: labels },
    yAxis: { type: "value" },
    series: series.map((name) => ({
      type: "bar" as const,
      name,
      data: labels.map((label) => find(label, name) ?? "-"),
      label: { show: true, position: "top" as const },
    })),
  };
  return { option, height: 340 };
}

function heat(table: Table, picture: Grid) {
  const xs = distinct(column(table, picture.label));
  const ys = distinct(column(table, picture.series)).toReversed();
  const find = finder(table, picture);
  const data = xs.flatMap((x, i) => ys.map((y, j) => [i, j, find(x, y) ?? 0]));
  const counts = data.map((point) => point[2] ?? 0);
  const option: EChartsOption = {
    grid: { left: 140, right: 20, top: 10, bottom: 40 },
    xAxis: { type: "category", data: xs },
    yAxis: { type: "category", data: ys },
    visualMap: {
      show: false,
      min: Math.min(...counts),
      max: Math.max(...counts),
      inRange: { color: ["#fdf3f0", "#b5003a"] },
    },
    series: [{ type: "heatmap", data, label: { show: true } }],
  };
  return { option, height: 60 + ys.length * 26 };
}

/** The value of the row with these two labels. */
function finder(table: Table, { label, series, value }: Grid) {
  const values = column(table, value);
  const found = new Map<string, Cell>();
  const seconds = column(table, series);
  column(table, label).forEach((cell, at) => {
    found.set(`${text(cell)}\n${text(seconds[at] ?? null)}`, values[at] ?? null);
  });
  return (one: string, other: string): number | undefined => {
    const cell = found.get(`${one}\n${other}`);
    return cell === undefined || cell === null ? undefined : Number(cell);
  };
}

function distinct(cells: Cell[]): string[] {
  return [...new Set(cells.map(text))];
}

function text(cell: Cell): string {
  return cell === null ? "" : String(cell);
}
