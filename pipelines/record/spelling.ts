/**
 * Spelling: what producers and parsers write in more than one way -> one text.
 *
 *   mended        a line of JSON in which half a surrogate pair, written as an escape, is U+FFFD
 *   contentHash   the hash of content.ts, over the columns as posted
 *
 * Expressions in the subset of sql/dialect, the same for every engine.
 */
import { sourceTables, type TableName } from "../tables.ts";
import { ticked } from "../warehouse/quoting.ts";

const backslash = "chr(92)";
const escapedBackslash = "chr(1)";
const halfOfPair = "chr(2)";

/**
 * A line of JSON that every parser takes. An escape counts where an even number of backslashes
 * stands before it; a pair is left as it is. Both are marked for the time between, with control
 * characters: a line that has one of them is no JSON, and is not mended.
 */
export function mended(line: string): string {
  const isMarkable = `${without(line, escapedBackslash, halfOfPair)} = ${line}`;
  // No line without such an escape is looked at any further: a case ends at its first answer.
  const begins = `concat('[', ${backslash}, ${backslash}, ']u[dD]')`;
  return `case
        when not regexp_like(${line}, ${begins}) then ${line}
        when ${isMarkable} then ${withoutHalves(line)}
        else ${line}
    end`;
}

function without(text: string, ...pieces: readonly string[]): string {
  return pieces.reduce((rest, piece) => `replace(${rest}, ${piece}, '')`, text);
}

function withoutHalves(line: string): string {
  const hex = "[0-9a-fA-F]";
  const escape = (digits: string) => `'[', ${backslash}, ${backslash}, ']u${digits}'`;
  const [high, low] = [`([dD][89abAB]${hex}${hex})`, `([dD][c-fC-F]${hex}${hex})`];
  const pair = `concat(${escape(high)}, ${escape(low)})`;
  const half = `concat(${escape(`[dD][89a-fA-F]${hex}${hex}`)})`;
  const marked = `replace(${line}, concat(${backslash}, ${backslash}), ${escapedBackslash})`;
  const paired =
    `regexp_replace(${marked}, ${pair}, concat(${halfOfPair}, '$1', ${halfOfPair}, '$2'))`;
  return `replace(replace(regexp_replace(${paired}, ${half}, '\ufffd'), ${halfOfPair}, ` +
    `concat(${backslash}, 'u')), ${escapedBackslash}, concat(${backslash}, ${backslash}))`;
}

/** What an engine is given in place of the portable words, which it would plan at great cost. */
export interface Spelled {
  /** `concat_ws`, of texts alone. */
  concatWs: string;
  /** The text of a text that was read as a type; it is one that every engine reads. */
  readAs(given: string, type: string): string;
}

const portable: Spelled = {
  concatWs: "concat_ws",
  readAs: (given, type) => `cast(cast(${given} as ${type}) as string)`,
};

/** Over the columns of a relation, null of none. */
export function contentHash(table: TableName, spelled = portable): string {
  const parts = sourceTables[table].columns
    .toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name: column, kind }) => {
      const given = ticked(column);
      const text = kind === "number" ? canonicalNumber(given, spelled) : given;
      return `coalesce(${text}, chr(30))`;
    });
  return `md5(${spelled.concatWs}(chr(31), ${parts.join(", ")}))`;
}

/** `canonicalNumber` of content.ts, over a column. */
function canonicalNumber(given: string, { readAs }: Spelled): string {
  const isAll = (pattern: string) => `regexp_extract(${given}, '${pattern}', 0) = ${given}`;
  const digits = "-?[0-9]{1,4}([.][0-9]{0,17})?";
  const large = "-?[0-9]([.][0-9]{0,17})?[eE][+]?(1[6-9]|20)";
  const writtenOut = (decimal: string) => withoutZeros(readAs(given, decimal));
  const exponent = "[eE]([+-]?[0-9]{1,3})";
  const any = `^(-?[0-9]+([.][0-9]*)?)${exponent}`;
  const group = (at: number) => `regexp_extract(${given}, '${any}', ${at})`;
  return `case
        when ${given} like '%e%' or ${given} like '%E%' then case
            when ${isAll(`^(${large}|${digits}[eE][+]?(1[0-5]|0?[0-9]))`)}
                then ${writtenOut("decimal(38, 17)")}
            when ${isAll(`^${digits}[eE]-0?[0-9]`)} then ${writtenOut("decimal(38, 27)")}
            when ${isAll(any)} then concat(
                case
                    when ${group(2)} = '' then ${group(1)}
                    when ${isAll(`^-0[.]0*${exponent}`)} then '0'
                    else ${withoutZeros(group(1))}
                end,
                'e', ${readAs(group(3), "int")}
            )
            else ${given}
        end
        when ${given} = '-0' or ${given} like '-0.%0' and ${isAll("^-0[.]0+")} then '0'
        when ${given} like '%.%0' and ${isAll("^-?[0-9]+[.][0-9]+")} then ${withoutZeros(given)}
        else ${given}
    end`;
}

/** Of digits with a point among them. */
function withoutZeros(digits: string): string {
  return `trim(trailing '.' from trim(trailing '0' from ${digits}))`;
}
