//! Expressions of the documentation and of public rules, and ones that Prometheus refuses.

use super::{Reading, read};

const VALID: &[&str] = &[
    "up == 0",
    "http_requests_total{job=\"prometheus\",group=\"canary\"}[5m] offset 1w",
    "rate(http_requests_total{job=\"api-server\"}[5m])",
    "sum by (job, instance) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m])) > 0.8",
    "sum(rate(x[5m])) by (job,)",
    "SUM(rate(x[5m])) BY (job) > 1 AND ON(job) up",
    "topk(3, sum by (app, proc) (rate(instance_cpu_time_ns[5m])))",
    "count_values(\"version\", build_version)",
    "quantile(0.95, x)",
    "histogram_quantile(0.9, sum by (le) (rate(request_duration_bucket[10m])))",
    "rate(http_requests_total[5m])[30m:1m]",
    "max_over_time(deriv(rate(distance_covered_total[5s])[30s:5s])[10m:])",
    "{__name__=~\"job:.*\"}",
    "{\"http.server.requests\", method=\"GET\"}",
    "{\"http.status\"=\"500\", __name__=\"x\"}",
    "http_requests_total offset -5m",
    "sum(http_requests_total{method=\"GET\"} @ 1609746000)",
    "rate(http_requests_total[5m] @ end()) and up @ start()",
    "-1 ^ 2 + +up",
    "method_code:http_errors:rate5m{code=\"500\"} / ignoring(code) method:http_requests:rate5m",
    "a / on (job) group_left (version) b",
    "a * on () group_left b",
    "1 > bool 2",
    "0x1F + 1e-3 + .5 + 1_000 + Inf * NaN + inf",
    "vector(1)",
    "time() - process_start_time_seconds > 86400 * 7",
    "hour() > 8 and day_of_week(vector(time())) < 6",
    "label_replace(up, \"a\", \"$1\", \"instance\", \"(.*):.*\")",
    "label_join(up, \"a\", \",\", \"b\", \"c\", \"d\")",
    "absent(up{job=\"x\"})",
    "predict_linear(node_filesystem_free_bytes[1h], 4 * 3600) < 0",
    "round(x, 0.1) or sort_desc(y) unless z",
    "clamp(x, 0, 10)",
    "(a + b) * c % d atan2 e",
    "avg without (cpu) (x)",
    "foo{a='it\\'s', b=`c:\\d`,}",
    "foo # with a comment\n > 1",
    "node:x:sum{} > 0",
    "by{on=\"x\"} + group",
    "sum",
    "x > 5m",
    "x{a=~\"a\\\\.b\"}",
    "changes(up[1h30m])",
    "scalar(x) > bool 3",
    "min(foo) by (a) > 0 and max(foo) without (b) < 1",
    "sum(rate(a[5m])) / sum(rate(b[5m])) > 0.05",
    "(\n  a\n  and\n  b\n)",
    "x == bool 1",
    ":a:b > 1",
    "a and ignoring(x) b or on(y) c",
    "increase(x[5m:]) > 0",
    "x offset 1h30m > 0",
];

#[test]
fn what_is_valid_is_never_called_invalid() {
    for text in VALID {
        match read(text) {
            Reading::Valid(_) => {}
            // A range alone is an expression, but not one for a rule.
            Reading::Invalid(fault) if text.ends_with("1w") || text.ends_with("1m]") => {
                assert!(fault.why.contains("needs numbers"), "{text}: {fault:?}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_prometheus_refuses() {
    for (text, why) in [
        ("", "an operand is missing at the end"),
        ("sum(rate(x[5m])) by (job) > 0.5)", "unexpected `)`"),
        ("up == 0 for 5m", "unexpected `for`"),
        ("rate(x)", "rate needs a range vector here, not an instant vector"),
        ("sum(x[5m])", "sum needs an instant vector here, not a range vector"),
        ("rate(x[5m]", "`)` is missing at the end"),
        (
            "x[5m] > 1",
            "an operator stands beside a range vector; use rate, increase or another function over time",
        ),
        ("rtae(x[5m])", "there is no function `rtae`"),
        ("x{a=b}", "a text in quotes is missing before `b`"),
        ("x{a=~\"\\d+\"}", "`\\d` is no escape; write `\\\\d`"),
        ("x{a=\"b}", "the text that begins with \" has no end"),
        ("x{a==\"b\"}", "`=` is missing before `==`"),
        ("{}", "a selector names neither a metric nor a label"),
        ("histogram_quantile(0.9)", "histogram_quantile needs 2 arguments, not 1"),
        ("1 > 2", "two numbers are compared without bool"),
        ("x and 1", "and, or and unless stand between instant vectors"),
        ("x[5m", "`]` is missing at the end"),
        ("x[] > 1", "a duration is missing before `]`"),
        ("x[5x] > 1", "5x is no number"),
        ("x =! 1", "`!` stands for nothing"),
        ("x => 1", "unexpected `=`"),
        ("x & y", "`&` stands for nothing"),
        ("\"a\"", "it gives a string, and a rule needs numbers"),
        ("> 1", "an operand is missing before `>`"),
        ("x >", "an operand is missing at the end"),
        ("sum(x) by job", "`(` is missing before `job`"),
    ] {
        match read(text) {
            Reading::Invalid(fault) => assert_eq!(fault.why, why, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn other_languages_and_templates_are_not_judged() {
    for text in [
        "sum(rate({app=\"a\"} |= \"error\" [5m])) > 1",
        "count_over_time({app=\"a\"} | json [5m])",
        "rate(x[$__rate_interval]) > 1",
        "x{job=\"{{ .Values.job }}\"} > 1",
        "x{%(selector)s} > 1",
        "x > ${THRESHOLD}",
        "x > __THRESHOLD__",
        "median_over_time(x[5m])",
        "x default 0 > 1",
        "rollup_rate(x[5m])",
        "x[5i] > 1",
    ] {
        assert_eq!(read(text), Reading::Other, "{text}");
    }
    assert_eq!(read(&"(".repeat(1000)), Reading::Other, "bounded");
    assert_eq!(read(&"a+".repeat(40_000)), Reading::Other, "bounded");
}

#[test]
fn counters_that_are_compared_as_they_are() {
    let counters = |text| match read(text) {
        Reading::Valid(counters) => counters.into_iter().map(|(_, name)| name).collect::<Vec<_>>(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(counters("errors_total > 5"), ["errors_total"]);
    assert_eq!(counters("sum by (a) (errors_total{b=\"c\"}) >= 1 and up"), ["errors_total"]);
    assert_eq!(counters("0 < (errors_total)"), ["errors_total"]);
    for text in [
        "increase(errors_total[5m]) > 5",
        "errors_total - errors_total offset 5m > 0",
        "count(errors_total) > 3",
        "absent(errors_total)",
        "errors_total unless errors_total offset 5m",
        "errors_total / requests_total > 0.1",
        "sum_over_time(errors_total[5m]) > 1",
        "node_memory_total > 1",
        "job:errors_total > 1",
        "errors_total offset 5m == 0",
        "errors_total",
    ] {
        assert_eq!(counters(text), [""; 0], "{text}");
    }
}
