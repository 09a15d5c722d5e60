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

/**
 * Over the columns of a relation, null of none.
 * @param concatWs the function, where an engine has one by another name that takes texts alone
 */
export function contentHash(table: TableName, concatWs = "concat_ws"): string {
  const parts = sourceTables[table].columns
    .toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name: column, kind }) => {
      const given = ticked(column);
      return `coalesce(${kind === "number" ? canonicalNumber(given) : given}, chr(30))`;
    });
  return `md5(${concatWs}(chr(31), ${parts.join(", ")}))`;
}

/** `canonicalNumber` of content.ts, over a column. */
export function canonicalNumber(given: string): string {
  const isAll = (pattern: string) => `regexp_extract(${given}, '${pattern}', 0) = ${given}`;
  const digits = "-?[0-9]{1,4}([.][0-9]{0,17})?";
  const large = "-?[0-9]([.][0-9]{0,17})?[eE][+]?(1[6-9]|20)";
  const writtenOut = (decimal: string) =>
    withoutZeros(`cast(cast(${given} as ${decimal}) as string)`);
  const any = "^(-?[0-9]+([.][0-9]*)?)[eE]([+-]?[0-9]{1,3})";
  const group = (at: number) => `regexp_extract(${given}, '${any}', ${at})`;
  return `case
        when ${given} like '%e%' or ${given} like '%E%' then case
            when ${isAll(`^(${large}|${digits}[eE][+]?(1[0-5]|0?[0-9]))`)}
                then ${writtenOut("decimal(38, 17)")}
            when ${isAll(`^${digits}[eE]-0?[0-9]`)} then ${writtenOut("decimal(38, 27)")}
            when ${isAll(any)} then concat(
                case when ${group(2)} <> '' then ${withoutZeros(group(1))} else ${group(1)} end,
                'e', cast(cast(${group(3)} as int) as string)
            )
            else ${given}
        end
        when ${given} like '%.%0' and ${isAll("^-?[0-9]+[.][0-9]+")} then ${withoutZeros(given)}
        when ${given} = '-0' then '0'
        else ${given}
    end`;
}

function withoutZeros(digits: string): string {
  const short = `trim(trailing '.' from trim(trailing '0' from ${digits}))`;
  return `case ${short} when '-0' then '0' else ${short} end`;
}
