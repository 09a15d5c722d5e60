/**
 * Model: the text of one file of `sql/` -> what its header declares.
 *
 *   -- sql/clean/geo.sql: one sentence on what a row is.
 *   -- input    raw_geo: ind string, country string      a table with its columns, or
 *   -- input    pin, geo                                 names of other models
 *   -- grain    ind
 *   -- output   ind int, coordinates array<double>
 *   -- parts    coordinates: latitude, longitude         what an output column is made of; the
 *                                                        others are separated by semicolons
 *   -- title    text, for people                         these three are what a question needs:
 *   -- picture  bars of follower_count by country        see picture.ts
 *   -- units    text, for people
 *   -- order    3                                        among the questions; default: behind them
 *   -- audit    …                                        see pipelines/warehouse/audit_rules.ts
 *
 * A line of the header that begins with spaces instead of a key continues the one above.
 * The types are Databricks SQL's; `duckDbType` says how DuckDB spells them.
 */
export interface Column {
  name: string;
  type: string;
}

export interface Input {
  table: string;
  /** Null: whatever the model of that name declares. */
  columns: Column[] | null;
}

export interface Header {
  inputs: Input[];
  /** Empty for the whole, and where nothing is declared. */
  grain: string[];
  /** Empty where nothing is declared (audits). */
  output: Column[];
  /** The columns that an output column is made of, where it is not the one of its own name. */
  parts: Record<string, string[]>;
  /** What is for people; a question's is read by `pipelines/warehouse/captions.ts`. */
  told: Partial<Record<Told, { value: string; line: number }>>;
}

type Told = "title" | "picture" | "units" | "order";

/** @throws {SyntaxError} with the line, when a header line cannot be read. */
export function readHeader(text: string): Header {
  const header: Header = { inputs: [], grain: [], output: [], parts: {}, told: {} };
  for (const { key, value, line } of headerLines(text)) {
    if (key === "input") header.inputs.push(...readInputs(value, line));
    if (key === "grain") header.grain = /^the whole/.test(value) ? [] : value.split(/\s*,\s*/);
    if (key === "output") header.output = readColumns(value, line);
    if (key === "parts") header.parts = readParts(value, line);
    if (isTold(key)) header.told[key] = { value, line };
  }
  return header;
}

function isTold(key: string): key is Told {
  return /^(title|picture|units|order)$/.test(key);
}

interface HeaderLine {
  key: string;
  value: string;
  line: number;
}

/** Words that begin sentences as well need a column of blanks behind them. */
const headerLine =
  /^-- ((?:input|grain|output|parts|units)(?= )|(?:title|picture|order)(?= {2})) +(\S.*)$/;

function headerLines(text: string): HeaderLine[] {
  const found: HeaderLine[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    if (!raw.startsWith("--")) break;
    const keyed = headerLine.exec(raw);
    const more = /^-- {4,}(\S.*)$/.exec(raw);
    const last = found.at(-1);
    if (keyed?.[1] !== undefined && keyed[2] !== undefined) {
      found.push({ key: keyed[1], value: keyed[2].trim(), line: index + 1 });
    } else if (more?.[1] !== undefined && last !== undefined) last.value += ` ${more[1].trim()}`;
    else if (found.length > 0 && raw.startsWith("-- audit ")) {
      found.push({ key: "audit", value: raw, line: index + 1 });
    } else if (found.length > 0) break;
  }
  return found;
}

function readInputs(value: string, line: number): Input[] {
  const colon = value.indexOf(":");
  if (colon === -1) return value.split(",").map((name) => ({ table: name.trim(), columns: null }));
  return [{
    table: value.slice(0, colon).trim(),
    columns: readColumns(value.slice(colon + 1), line),
  }];
}

function readColumns(value: string, line: number): Column[] {
  return splitOutside(value).map((part) => {
    const match = /^\s*(\w+)\s+(\S.*?)\s*$/.exec(part);
    if (match?.[1] === undefined || match[2] === undefined) {
      throw new SyntaxError(
        `Cannot read the column '${part.trim()}' at line ${line}: need a name and a type`,
      );
    }
    duckDbType(match[2], line);
    return { name: match[1], type: match[2] };
  });
}

function readParts(value: string, line: number): Record<string, string[]> {
  return Object.fromEntries(
    value.split(";").map((part) => {
      const match = /^\s*(\w+):\s*(\w+(?:\s*,\s*\w+)*)\s*$/.exec(part);
      if (match?.[1] === undefined || match[2] === undefined) {
        throw new SyntaxError(
          `Cannot read the parts '${part.trim()}' at line ${line}: need a column, a colon and names`,
        );
      }
      return [match[1], match[2].split(/\s*,\s*/)];
    }),
  );
}

/** At the commas that stand in no bracket. */
function splitOutside(text: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "(" || char === "<") depth++;
    if (char === ")" || char === ">") depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

const duckDbTypes: Readonly<Record<string, string>> = {
  boolean: "BOOLEAN",
  tinyint: "TINYINT",
  smallint: "SMALLINT",
  int: "INTEGER",
  bigint: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  string: "VARCHAR",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
};

/**
 * How DuckDB names a type of Databricks SQL; `timestamp` is an instant there.
 * @throws {SyntaxError} for a type that has no equal.
 */
export function duckDbType(type: string, line = 1): string {
  const plain = duckDbTypes[type.toLowerCase()];
  if (plain !== undefined) return plain;
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/i.exec(type);
  if (decimal !== null) return `DECIMAL(${decimal[1]},${decimal[2]})`;
  const array = /^array<(.+)>$/i.exec(type);
  if (array?.[1] !== undefined) return `${duckDbType(array[1].trim(), line)}[]`;
  throw new SyntaxError(
    `Cannot use the type '${type}' at line ${line}: no such type on both engines`,
  );
}
