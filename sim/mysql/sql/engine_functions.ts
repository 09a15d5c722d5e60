/**
 * The functions that may reach the engine, by its own names: MySQL's that it has under the same
 * name, and what the rewriting makes of the others. All of them compute from their arguments.
 *
 * Source: MySQL 8.0 reference, Functions and Operators; DuckDB documentation, Functions.
 */
import { functionNames, macros } from "./functions.ts";

/** The same name, and for what clients ask the same meaning. */
const alike = "abs acos any_value ascii asin atan atan2 avg bin bit_and bit_count bit_length " +
  "bit_or bit_xor ceil ceiling char_length character_length concat concat_ws cos cot count " +
  "cume_dist datediff dayname dayofmonth dayofweek dayofyear degrees dense_rank exp first_value " +
  "floor from_base64 greatest hex instr json_array json_contains json_extract json_keys " +
  "json_merge_patch json_object json_pretty json_quote json_type json_valid lag last_day " +
  "last_value lcase lead least left length ln log log10 log2 lower lpad ltrim max md5 " +
  "microsecond min mod monthname nth_value ntile nullif octet_length ord percent_rank pi " +
  "position pow power quarter radians rank regexp_replace repeat replace reverse right round " +
  "row_number rpad rtrim sha1 sign sin sqrt stddev stddev_pop stddev_samp substr substring sum " +
  "tan to_base64 trim ucase unhex upper uuid var_pop var_samp variance week weekofyear yearweek";

/** What operators and special forms are for the engine: `count(*)`, `extract`, `interval`, rows. */
const forms = "count_star date_part row to_days to_hours to_microseconds to_minutes to_months " +
  "to_quarters to_seconds to_weeks to_years trunc";

const operators = "+ - * / // % & | ^ << >> ~ || -> ->> ~~ !~~ ~~* !~~* ilike_escape " +
  "like_escape not_ilike_escape not_like_escape regexp_full_match";

/** What functionRewrites and the rewriter write. */
const rewritten = "chr date_sub mysql_signed mysql_unsigned strftime string_agg";

const names = (words: string): string[] => words.split(" ");
const nameOfMacro = (macro: string): string => macro.slice(0, macro.indexOf("("));

export const engineFunctions: ReadonlySet<string> = new Set([
  ...names(alike),
  ...names(forms),
  ...names(operators),
  ...names(rewritten),
  ...Object.values(functionNames),
  ...macros.map(nameOfMacro),
]);
