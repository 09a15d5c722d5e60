/**
 * Functions of Databricks that a runner's statements use beside those of sql/dialect, as macros
 * of DuckDB; functions that Databricks has and nobody gave a meaning here; all others it has not.
 *
 * Here a macro is enough that means the same for what such statements give it: sql/ itself may
 * not call these, and the linter sees to that elsewhere.
 */

const bytesOf = (x: string): string =>
  `CASE WHEN typeof(${x}) = 'BLOB' THEN CAST(${x} AS BLOB)
     ELSE system.main.encode(CAST(${x} AS VARCHAR)) END`;

/** The text without what stands in quotes. */
const outside = (j: string): string =>
  `system.main.regexp_replace(${j}, '"([^"\\\\]|\\\\.)*"', '""', 'g')`;

/** DuckDB also takes a comma before a closing bracket, and NaN and infinity in any spelling. */
const isJson = (j: string): string =>
  `CASE WHEN json_valid(${j})
     THEN NOT regexp_matches(${outside(j)}, ',[ \\t\\r\\n]*[}\\]]|(?i:nan|inf)') ELSE false END`;

const keysOf = (j: string): string => `system.main.json_keys(${j})`;

/** The object with the last of each of its names alone, as Spark takes it; DuckDB takes the first. */
const lastOfEqual = (j: string): string =>
  `CASE WHEN len(${keysOf(j)}) = len(list_distinct(${keysOf(j)})) THEN ${j}
     ELSE '{' || array_to_string(list_transform(
       list_filter(range(1, len(${keysOf(j)}) + 1),
         lambda i: NOT list_contains(${keysOf(j)}[i + 1:], ${keysOf(j)}[i])),
       lambda i: to_json(${keysOf(j)}[i]) || ':' || json_extract(${j}, '$.*')[i]), ',') || '}' END`;

/** Strict JSON whose outermost value is of that type, or null. */
const jsonOf = `(j, type) AS CASE WHEN ${isJson("j")} THEN CASE
     WHEN json_type(j) <> type THEN NULL
     WHEN type = 'OBJECT' THEN ${lastOfEqual("j")}
     ELSE j END END`;

/** By name: arguments and meaning of each overload. */
const bridged: Readonly<Record<string, readonly string[]>> = {
  array_contains: ["(a, x) AS list_contains(a, x)"],
  array_distinct: ["(a) AS list_distinct(a)"],
  array_join: ["(a, d) AS array_to_string(a, d)"],
  array_size: ["(a) AS CAST(len(a) AS INTEGER)"],
  arrays_overlap: ["(a, b) AS list_has_any(a, b)"],
  base64: [`(x) AS system.main.base64(${bytesOf("x")})`],
  bool_and: [],
  bool_or: [],
  cardinality: ["(a) AS CAST(len(a) AS INTEGER)"],
  char_length: ["(s) AS CAST(system.main.length(s) AS INTEGER)"],
  collect_list: ["(x) AS coalesce(list(x) FILTER (x IS NOT NULL), [])"],
  collect_set: ["(x) AS coalesce(list(DISTINCT x) FILTER (x IS NOT NULL), [])"],
  contains: [],
  current_date: [],
  current_timestamp: [],
  date_trunc: [
    "(u, t) AS CAST(system.main.date_trunc(u, CAST(t AS TIMESTAMPTZ)) AS TIMESTAMPTZ)",
  ],
  decode: ["(b, charset) AS system.main.decode(b)"],
  encode: ["(s, charset) AS system.main.encode(s)"],
  endswith: ["(s, e) AS ends_with(s, e)"],
  get: ["(a, i) AS CASE WHEN i >= 0 THEN a[i + 1] END"],
  // Each call of a JSON function keeps a parsed chunk of texts: there must not be two for one.
  get_json_object: ["(j, p) AS TRY(json_extract_string(j, p))"],
  hex: [],
  instr: [],
  isnan: [],
  json_array_length: ["(j) AS CASE WHEN json_valid(j) THEN json_array_length(j) END"],
  json_object_keys: ["(j) AS json_keys(__json_of(j, 'OBJECT'))"],
  lcase: ["(s) AS system.main.lower(s)"],
  left: [],
  lower: [],
  lpad: [],
  max_by: [],
  min_by: [],
  now: [],
  repeat: [],
  reverse: [],
  right: [],
  rpad: [],
  sha2: ["(x, bits) AS system.main.sha256(x)"],
  sign: [],
  sort_array: ["(a) AS list_sort(a, 'ASC', 'NULLS FIRST')"],
  split_part: [],
  sqrt: [],
  startswith: ["(s, e) AS starts_with(s, e)"],
  try_add: ["(a, b) AS TRY(a + b)"],
  ucase: ["(s) AS system.main.upper(s)"],
  unbase64: ["(s) AS from_base64(s)"],
  unix_micros: ["(t) AS epoch_us(t)"],
  unix_millis: ["(t) AS epoch_ms(t)"],
  unix_seconds: ["(t) AS CAST(floor(epoch(t)) AS BIGINT)"],
  upper: [],
};

/** Functions that are rewritten, not defined: see rewrite.ts. */
const rewritten = ["explode", "from_json", "posexplode", "read_files"];

/** What the simulator knows beyond the dialect's own list. */
export const known: ReadonlySet<string> = new Set([...Object.keys(bridged), ...rewritten]);

/** To be run once in a database, after the dialect's own. */
export const macros: readonly string[] = [
  ["__json_of", [jsonOf]] as const,
  ...Object.entries(bridged),
].filter(([, overloads]) => overloads.length > 0)
  .map(([name, overloads]) => `CREATE OR REPLACE MACRO ${name}${overloads.join(", ")}`);

/**
 * Functions of Databricks that mean something else here, or nothing: they are refused in words of
 * our own, because Databricks would run them.
 *
 * Source: Databricks SQL language manual, alphabetical list of built-in functions.
 */
export const onlyThere: ReadonlySet<string> = new Set(
  ("acos add_months aes_decrypt aes_encrypt aggregate ai_query any any_value " +
    "approx_count_distinct approx_percentile approx_top_k array_agg array_append array_compact " +
    "array_except array_insert array_intersect array_max array_min array_position array_prepend " +
    "array_remove array_repeat array_sort array_union arrays_zip ascii asin atan atan2 bigint bin " +
    "binary bit_and bit_count bit_length bit_or bit_xor boolean bround cbrt char charindex " +
    "concat_ws conv convert_timezone corr cos cosh cot covar_pop covar_samp crc32 csc cube " +
    "cume_dist curdate current_catalog current_database current_schema current_timezone " +
    "current_user date date_diff date_format date_from_unix_date date_part dateadd day dayname " +
    "dayofmonth dayofyear decimal degrees double e elt equal_null every exists exp explode_outer " +
    "expm1 extract factorial filter find_in_set first first_value flatten float forall " +
    "format_number format_string from_avro from_csv from_unixtime from_utc_timestamp getbit " +
    "getdate grouping grouping_id h3_boundaryaswkt hash histogram_numeric hypot iff initcap " +
    "inline inline_outer input_file_name int java_method json_tuple kurtosis last last_value " +
    "levenshtein listagg ln locate log log10 log1p log2 luhn_check make_date make_interval " +
    "make_timestamp map map_concat map_entries map_filter map_from_arrays map_from_entries " +
    "map_keys map_values mask mode monotonically_increasing_id months_between named_struct nanvl " +
    "negative next_day nth_value ntile octet_length overlay parse_json parse_url percent_rank " +
    "percentile_approx percentile_cont percentile_disc pi pmod position positive pow power printf " +
    "radians raise_error rand randn random randstr range reduce reflect regexp_count " +
    "regexp_extract_all regexp_instr regexp_substr regr_count replace rint row_number schema_of_json " +
    "sec secret sequence session_window sha sha1 shiftleft shiftright shuffle sin sinh skewness " +
    "slice smallint some soundex space spark_partition_id stack std stddev stddev_pop stddev_samp " +
    "str_to_map string string_agg struct substr substring_index tan tanh timestamp " +
    "timestamp_micros timestamp_millis timestamp_seconds timestampadd timestampdiff tinyint " +
    "to_avro to_binary to_char to_csv to_date to_json to_number to_timestamp to_unix_timestamp " +
    "to_utc_timestamp to_varchar to_xml transform transform_keys transform_values translate " +
    "trunc try_aes_decrypt try_avg try_element_at try_multiply try_subtract try_sum try_to_binary " +
    "try_to_number try_to_timestamp try_variant_get typeof unhex unix_date unix_timestamp upper " +
    "url_decode url_encode user uuid var_pop var_samp variance variant_get vector_search version " +
    "weekday weekofyear width_bucket window xpath xxhash64 zip_with").split(" "),
);
