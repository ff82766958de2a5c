//! The functions and aggregations there are.

use super::Type::{self, Matrix, Scalar, String as Text, Vector};

/// A function: what it takes, how many of these may be left out, whether the last one repeats, what it gives.
pub(super) struct Function {
    pub(super) takes: &'static [Type],
    pub(super) optional: usize,
    pub(super) repeats: bool,
    pub(super) gives: Type,
}

const fn function(takes: &'static [Type], optional: usize, repeats: bool, gives: Type) -> Option<Function> {
    Some(Function { takes, optional, repeats, gives })
}

/// The function of this name.
pub(super) fn named(name: &str) -> Option<Function> {
    match name {
        "absent_over_time"
        | "avg_over_time"
        | "changes"
        | "count_over_time"
        | "delta"
        | "deriv"
        | "first_over_time"
        | "idelta"
        | "increase"
        | "irate"
        | "last_over_time"
        | "mad_over_time"
        | "max_over_time"
        | "min_over_time"
        | "present_over_time"
        | "rate"
        | "resets"
        | "stddev_over_time"
        | "stdvar_over_time"
        | "sum_over_time"
        | "ts_of_first_over_time"
        | "ts_of_last_over_time"
        | "ts_of_max_over_time"
        | "ts_of_min_over_time" => function(&[Matrix], 0, false, Vector),
        "abs" | "absent" | "acos" | "acosh" | "asin" | "asinh" | "atan" | "atanh" | "ceil" | "cos"
        | "cosh" | "deg" | "exp" | "floor" | "histogram_avg" | "histogram_count" | "histogram_stddev"
        | "histogram_stdvar" | "histogram_sum" | "ln" | "log10" | "log2" | "rad" | "sgn" | "sin" | "sinh"
        | "sort" | "sort_desc" | "sqrt" | "tan" | "tanh" | "timestamp" => {
            function(&[Vector], 0, false, Vector)
        }
        "day_of_month" | "day_of_week" | "day_of_year" | "days_in_month" | "hour" | "minute" | "month"
        | "year" => function(&[Vector], 1, false, Vector),
        "clamp" => function(&[Vector, Scalar, Scalar], 0, false, Vector),
        "clamp_max" | "clamp_min" => function(&[Vector, Scalar], 0, false, Vector),
        "double_exponential_smoothing" | "holt_winters" => {
            function(&[Matrix, Scalar, Scalar], 0, false, Vector)
        }
        "histogram_fraction" => function(&[Scalar, Scalar, Vector], 0, false, Vector),
        "histogram_quantile" => function(&[Scalar, Vector], 0, false, Vector),
        "histogram_quantiles" => function(&[Vector, Text, Scalar], 0, true, Vector),
        "info" => function(&[Vector, Vector], 1, false, Vector),
        "label_join" => function(&[Vector, Text, Text, Text], 1, true, Vector),
        "label_replace" => function(&[Vector, Text, Text, Text, Text], 0, false, Vector),
        "predict_linear" => function(&[Matrix, Scalar], 0, false, Vector),
        "quantile_over_time" => function(&[Scalar, Matrix], 0, false, Vector),
        "round" => function(&[Vector, Scalar], 1, false, Vector),
        "sort_by_label" | "sort_by_label_desc" => function(&[Vector, Text], 0, true, Vector),
        "scalar" => function(&[Vector], 0, false, Scalar),
        "vector" => function(&[Scalar], 0, false, Vector),
        "pi" | "time" | "start" | "end" | "range" | "step" => function(&[], 0, false, Scalar),
        _ => None,
    }
}

/// The type of an aggregation's parameter, where there is an aggregation of this name.
pub(super) fn aggregation(name: &str) -> Option<Option<Type>> {
    match name {
        "sum" | "avg" | "min" | "max" | "count" | "stddev" | "stdvar" | "group" => Some(None),
        "topk" | "bottomk" | "quantile" | "limitk" | "limit_ratio" => Some(Some(Scalar)),
        "count_values" => Some(Some(Text)),
        _ => None,
    }
}

/// Whether a function may be one of LogQL or MetricsQL.
pub(super) fn is_foreign(name: &str) -> bool {
    const BEGINNINGS: [&str; 16] = [
        "rollup", "label_", "labels_", "range_", "running_", "keep_", "remove_", "aggr_", "bytes_", "rate_",
        "rand", "topk_", "bottomk_", "outliers", "sort_by_", "bitmap_",
    ];
    const NAMES: [&str; 45] = [
        "any",
        "median",
        "mode",
        "sum2",
        "geomean",
        "zscore",
        "share",
        "distinct",
        "histogram",
        "interpolate",
        "smooth_exponential",
        "ru",
        "ttf",
        "union",
        "alias",
        "default_rollup",
        "increase_pure",
        "increase_prometheus",
        "delta_prometheus",
        "changes_prometheus",
        "lag",
        "lifetime",
        "integrate",
        "ideriv",
        "deriv_fast",
        "scrape_interval",
        "tmin_over_time",
        "buckets_limit",
        "drop_common_labels",
        "drop_empty_series",
        "prometheus_buckets",
        "limit_offset",
        "now",
        "timezone_offset",
        "approx_topk",
        "with",
        "quantiles",
        "mad",
        "iqr_over_time",
        "hoeffding_bound_lower",
        "hoeffding_bound_upper",
        "end_of_day",
        "decolorize",
        "variants",
        "step",
    ];
    name.ends_with("_over_time")
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || NAMES.contains(&name)
}
