/**
 * Functions of Timestream SQL (developer guide, "Supported functions") that do not run here. They are refused by name,
 * and not as a name that nobody has.
 */
export const LACKING: ReadonlySet<string> = new Set(
  `approx_most_frequent approx_set array_frequency arrays_zip checksum combinations correlate_pearson correlate_spearman
  derivative_linear filter format_datetime from_iso8601_timestamp_nanos histogram human_readable_seconds
  integral_trapezoidal interpolate_spline_cubic map_agg map_concat map_entries map_filter map_from_entries map_keys
  map_union map_values merge multimap_agg ngrams none_match non_negative_derivative_linear normal_cdf numeric_histogram
  all_match any_match parse_datetime parse_duration parse_presto_data_size qdigest_agg reduce reduce_agg
  regexp_count regexp_position shuffle split_to_map split_to_multimap tdigest_agg timezone_hour timezone_minute
  transform transform_keys transform_values translate typeof width_bucket with_timezone at_timezone word_stem zip
  zip_with`.split(/\s+/),
);
