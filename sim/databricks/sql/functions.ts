/**
 * Functions that Databricks has and the dialect has not: they are refused in words of our own,
 * because Databricks would run them. All others it does not know either.
 *
 * Source: `SHOW FUNCTIONS` of Apache Spark 4.1.4; Databricks SQL language manual, alphabetical list
 * of built-in functions.
 */
import { allowed } from "../../../sql/dialect/functions.ts";

const onlyThere: ReadonlySet<string> = new Set(
  ("acos acosh aes_decrypt aes_encrypt agg aggregate any any_value approx_count_distinct " +
    "approx_percentile approx_top_k approx_top_k_accumulate approx_top_k_combine " +
    "approx_top_k_estimate array_agg array_append array_compact array_contains " +
    "array_distinct array_except array_insert array_intersect array_max array_min " +
    "array_position array_prepend array_remove array_repeat array_size array_sort " +
    "array_union arrays_zip ascii asin asinh assert_true atan atan2 atanh base64 bigint bin " +
    "binary bit_and bit_count bit_get bit_length bit_or bit_xor bool_and bool_or boolean " +
    "bround btrim cardinality cbrt ceiling char char_length character_length charindex " +
    "cloud_files_state collate collation collations contains conv convert_timezone corr cos " +
    "cosh cot count_min_sketch covar_pop covar_samp crc32 csc cube cume_dist curdate " +
    "current_catalog current_database current_metastore current_oauth_custom_identity_claim " +
    "current_recipient current_schema current_time current_timezone current_user " +
    "current_version date date_diff date_from_unix_date date_part date_trunc dateadd " +
    "datepart dayname dayofmonth dayofyear decimal decode degrees div double e elt encode " +
    "endswith equal_null event_log every exists exp explode_outer expm1 extract factorial " +
    "filter find_in_set first first_value flatten float forall format_number format_string " +
    "from_avro from_csv from_protobuf from_unixtime from_utc_timestamp from_xml " +
    "get_json_object getbit getdate grouping grouping_id hash hex histogram_numeric " +
    "http_request hypot iff initcap inline inline_outer input_file_block_length " +
    "input_file_block_start input_file_name instr int is_account_group_member is_member " +
    "is_valid_utf8 is_variant_null isnan isnotnull isnull java_method json_array_length " +
    "json_tuple kurtosis last last_value lcase left len levenshtein list_secrets listagg ln " +
    "localtimestamp locate log log10 log1p log2 lower lpad ltrim luhn_check make_date " +
    "make_dt_interval make_interval make_time make_timestamp make_timestamp_ltz " +
    "make_timestamp_ntz make_valid_utf8 make_ym_interval map map_concat map_contains_key " +
    "map_entries map_filter map_from_arrays map_from_entries map_keys map_values " +
    "map_zip_with mask max_by mean min_by mod mode monotonically_increasing_id monthname " +
    "named_struct nanvl negative next_day nth_value ntile nullifzero octet_length overlay " +
    "parse_json parse_url percent_rank percentile_cont percentile_disc pi pmod " +
    "posexplode_outer position positive pow power printf python_worker_logs quote radians " +
    "raise_error rand randn random randstr range read_files read_kafka read_kinesis " +
    "read_pubsub read_pulsar read_state_metadata read_statestore reduce reflect " +
    "regexp_count regexp_extract_all regexp_instr regexp_substr remote_query reverse right " +
    "rint rollup rpad rtrim schema_of_avro schema_of_csv schema_of_json schema_of_variant " +
    "schema_of_variant_agg schema_of_xml search sec secret sentences sequence session_user " +
    "session_window sha sha1 sha2 shiftleft shiftright shiftrightunsigned shuffle sign " +
    "signum sin sinh skewness slice smallint some soundex space spark_partition_id " +
    "split_part sql_keywords sqrt stack startswith std stddev stddev_pop stddev_samp " +
    "str_to_map string string_agg struct substr substring_index table_changes " +
    "table_properties tan tanh time time_diff time_trunc timediff timestamp " +
    "timestamp_micros timestamp_millis timestamp_seconds timestampadd timestampdiff tinyint " +
    "to_avro to_binary to_char to_csv to_geography to_geometry to_json to_number " +
    "to_protobuf to_time to_timestamp_ltz to_timestamp_ntz to_unix_timestamp " +
    "to_utc_timestamp to_varchar to_variant_object to_xml transform transform_keys " +
    "transform_values translate trunc try_add try_aes_decrypt try_avg try_make_interval " +
    "try_make_timestamp try_make_timestamp_ltz try_make_timestamp_ntz try_mod try_multiply " +
    "try_parse_json try_parse_url try_reflect try_secret try_subtract try_sum try_to_binary " +
    "try_to_date try_to_geography try_to_geometry try_to_number try_to_time try_url_decode " +
    "try_validate_utf8 try_variant_get try_zstd_decompress typeof ucase unbase64 unhex " +
    "uniform unix_date unix_micros unix_millis unix_seconds unix_timestamp upper url_decode " +
    "url_encode user uuid validate_utf8 var_pop var_samp variance variant_explode " +
    "variant_explode_outer variant_get vector_search version weekday weekofyear " +
    "width_bucket window window_time xxhash64 zeroifnull zip_with zstd_compress " +
    "zstd_decompress").split(" "),
);

/** Sketches, maps, documents and models: too many to name. */
const families = /^(ai|bitmap|h3|hll|kll|regr|st|theta|xpath)(_|$)/;

export const isThere = (name: string): boolean =>
  allowed.has(name) || onlyThere.has(name) || families.test(name);
