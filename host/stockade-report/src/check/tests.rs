//! Files that break one thing each, and the schema interpreter against a complete validator.

use super::*;
use serde_json::json;

/// A file that GitHub takes without a word.
fn good() -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tool",
                "semanticVersion": "1.2.3",
                "rules": [{
                    "id": "a",
                    "shortDescription": {"text": "a."},
                    "fullDescription": {"text": "a."},
                    "help": {"text": "a.", "markdown": "a."},
                    "defaultConfiguration": {"level": "error"},
                    "properties": {"tags": ["security"], "security-severity": "8.0", "precision": "high"}
                }]
            }},
            "results": [{
                "ruleId": "a",
                "ruleIndex": 0,
                "message": {"text": "Bad."},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": "a%20b/c.yaml"},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
                }}],
                "partialFingerprints": {"primaryLocationLineHash": "abc:1"}
            }]
        }]
    })
}

const LOCATION: &str = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
const REGION: &str = "/runs/0/results/0/locations/0/physicalLocation/region";

/// The remarks on [`good`] with the value at `pointer` replaced; `null` takes it away.
fn with(pointer: &str, value: Value) -> Vec<Remark> {
    check(&serde_json::to_vec(&changed(&good(), pointer, value)).unwrap())
}

fn changed(root: &Value, pointer: &str, value: Value) -> Value {
    let mut root = root.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match root.pointer_mut(parent).unwrap() {
        Value::Object(object) if value.is_null() => {
            object.remove(&key);
        }
        Value::Object(object) => {
            object.insert(key, value);
        }
        Value::Array(array) => array[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    root
}

#[track_caller]
fn assert_remark(remarks: &[Remark], verdict: Verdict, words: &str) {
    assert!(
        remarks.iter().any(|r| r.verdict == verdict && r.message.contains(words)),
        "no {} with {words:?} in {remarks:#?}",
        verdict.as_str()
    );
}

#[test]
fn a_good_file_gets_no_remark() {
    assert_eq!(check(&serde_json::to_vec(&good()).unwrap()), []);
}

#[test]
fn what_is_no_sarif_is_rejected() {
    assert_remark(&check(b"scanning...\n{}"), Verdict::Rejected, "is no JSON");
    assert_remark(&check(b"\xef\xbb\xbf{}"), Verdict::Rejected, "byte order mark");
    assert_remark(&check(b"{}"), Verdict::Rejected, "`version` is missing");
    assert_remark(&check(b"[]"), Verdict::Rejected, "must be of type object");
}

#[test]
fn uploads_that_fail() {
    let results = "/runs/0/results/0";
    for (pointer, value, words) in [
        ("/version", json!("2.0.0"), "must be one of 2.1.0"),
        ("/runs/0/results", Value::Null, "`results` must be there"),
        ("/runs/0/tool/driver/name", json!(""), "name that is not empty"),
        ("/runs/0/tool/driver/rules/0/id", json!(" "), "id that is not empty"),
        ("/runs/0/extra", json!(1), "knows no property `extra`"),
        (LOCATION, json!(""), "may not be empty"),
        (LOCATION, Value::Null, "needs an artifact location"),
        (LOCATION, json!("https://example.com/a"), "the scheme `https`"),
        (LOCATION, json!("Dockerfile (nginx:1.23 lines 1-1)"), "colon in its first path segment"),
        (LOCATION, json!("1a:b/c"), "colon in its first path segment"),
        (LOCATION, json!("100%"), "percent sign"),
        (LOCATION, json!("C:\\a"), "Windows path"),
        (&format!("{REGION}/startLine"), json!(0), "must be at least 1"),
        (&format!("{REGION}/startLine"), json!(-1), "must be at least 1"),
        (&format!("{REGION}/startColumn"), json!(1.5), "must be of type integer"),
        (&format!("{results}/locations"), json!([]), "at least one location"),
        (&format!("{results}/message"), json!({"text": ""}), "may not be empty"),
        (&format!("{results}/message"), json!({}), "at least one of `text`, `id`"),
        (&format!("{results}/level"), json!("high"), "must be one of none, note, warning, error"),
        (
            "/runs/0/tool/driver/rules/0/properties/tags",
            json!((0..21).map(|i| i.to_string()).collect::<Vec<_>>()),
            "20 tags at most",
        ),
    ] {
        assert_remark(&with(pointer, value), Verdict::Rejected, words);
    }
}

#[test]
fn limits_are_counted() {
    let run = good()["runs"][0].clone();
    let remarks = with("/runs", Value::Array(vec![run; 21]));
    assert_remark(&remarks, Verdict::Rejected, "20 runs at most, this one has 21");
    assert_remark(&remarks, Verdict::Rejected, "same tool and category");

    let result = good()["runs"][0]["results"][0].clone();
    let remarks = with("/runs/0/results", Value::Array(vec![result.clone(); 25_001]));
    assert_remark(&remarks, Verdict::Rejected, "25,000 results at most");
    let twice = remarks.iter().find(|r| r.message.contains("become one alert")).unwrap();
    assert_eq!((twice.pointer.as_str(), twice.more), ("/runs/0/results/1", 24_999));
    let remarks = with("/runs/0/results", Value::Array(vec![result; 5_001]));
    assert_remark(&remarks, Verdict::Ignored, "only 5,000 results");

    // Fifteen million random characters of six bits each do not fit, however well they are compressed.
    let mut state = 1_u64;
    let noise: String = (0..15_000_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'@' + (state >> 58) as u8)
        })
        .collect();
    let remarks = with("/runs/0/results/0/message/text", Value::String(noise));
    assert_remark(&remarks, Verdict::Rejected, "the compressed file may have 10,485,760 bytes");
    // As many zeros do.
    let remarks = with("/runs/0/results/0/message/text", Value::String("0".repeat(15_000_000)));
    assert_eq!(remarks, []);
}

#[test]
fn what_is_ignored_or_misleading() {
    use Verdict::{Ignored, Warning};
    let result = "/runs/0/results/0";
    let rule = "/runs/0/tool/driver/rules/0";
    for (pointer, value, verdict, words) in [
        (
            format!("{result}/suppressions"),
            json!([{"kind": "inSource"}]),
            Ignored,
            "opens an alert all the same",
        ),
        (format!("{result}/kind"), json!("pass"), Warning, "becomes an alert"),
        (format!("{result}/partialFingerprints"), Value::Null, Warning, "primaryLocationLineHash"),
        (format!("{result}/ruleIndex"), json!(7), Warning, "beyond the rules"),
        (format!("{result}/ruleId"), json!("b"), Warning, "another id than `ruleId`"),
        (format!("{rule}/help"), Value::Null, Warning, "`help.text` is required"),
        (format!("{rule}/shortDescription"), json!({"text": "x".repeat(1025)}), Ignored, "1024 characters"),
        (format!("{rule}/properties/security-severity"), json!(8.0), Ignored, "must be a text"),
        (format!("{rule}/properties/tags"), json!([]), Ignored, "only for a rule with the tag `security`"),
        (format!("{rule}/properties/precision"), json!("exact"), Ignored, "`precision` must be"),
        ("/runs/0/tool/driver/rules".to_owned(), Value::Null, Warning, "no title, help or severity"),
        ("/runs/0/automationDetails".to_owned(), json!({"id": "a/"}), Warning, "takes precedence"),
        ("/runs/0/automationDetails".to_owned(), json!({"id": "a"}), Ignored, "without a slash"),
        (LOCATION.to_owned(), json!("a b"), Warning, "space"),
        (LOCATION.to_owned(), json!("a\\b"), Warning, "backslash"),
        (LOCATION.to_owned(), json!("file:///a"), Warning, "below the checkout"),
        (LOCATION.to_owned(), json!("../a"), Warning, "leads out"),
        (LOCATION.replace("/uri", "/uriBaseId"), json!("ROOT"), Ignored, "`uriBaseId` is ignored"),
        (REGION.to_owned(), Value::Null, Warning, "without a region"),
        (format!("{REGION}/endColumn"), Value::Null, Warning, "whole lines"),
    ] {
        assert_remark(&with(&pointer, value), verdict, words);
    }
}

/// Every value of real reports, replaced in turn by values that may or may not fit: the interpreter
/// must agree with a complete validator on each.
#[test]
fn the_schema_is_understood_as_by_a_complete_validator() {
    // The pattern of languages has a stray bracket, see `matches`.
    let text = include_str!("../../../../testdata/schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}?$");
    let reference = jsonschema::options()
        .should_validate_formats(true)
        .with_format("uri", |_: &str| true)
        .with_format("uri-reference", |_: &str| true)
        .build(&serde_json::from_str(&text).unwrap())
        .unwrap();
    let mut rich = changed(
        &good(),
        "/runs/0/invocations",
        json!([{
            "executionSuccessful": true, "endTimeUtc": "2024-02-29T23:59:60.5Z",
            "toolExecutionNotifications": [{"message": {"text": "x"}, "level": "note", "descriptor": {"id": "x"}}]
        }]),
    );
    rich = changed(
        &rich,
        "/runs/0/automationDetails",
        json!({"id": "x/", "guid": "01234567-89ab-4cde-8f01-23456789abcd"}),
    );
    rich = changed(&rich, "/runs/0/results/0/rank", json!(50.0));
    rich = changed(&rich, "/runs/0/artifacts", json!([{"mimeType": "text/plain", "roles": ["added"]}]));
    rich = changed(&rich, "/runs/0/language", json!("en-US"));
    rich = changed(&rich, "/runs/0/tool/driver/dottedQuadFileVersion", json!("1.2.3.4"));
    rich = changed(&rich, "/runs/0/graphs", json!([{"nodes": [{"id": "n"}]}]));
    rich = changed(&rich, "/runs/0/results/0/graphTraversals", json!([{"runGraphIndex": 0}]));
    rich = changed(&rich, "/runs/0/tool/driver/globalMessageStrings", json!({"a": {"text": "b"}}));

    let mut pointers = Vec::new();
    collect(&rich, String::new(), &mut pointers);
    let values = [
        Value::Null,
        json!(""),
        json!("x"),
        json!("x//y"),
        json!("/y"),
        json!("2023-02-29T00:00:00Z"),
        json!("2024-02-29T12:00:00+01:00"),
        json!("1.2.3."),
        json!("99.1.2.3.4x"),
        json!("error"),
        json!(0),
        json!(-2),
        json!(1.0),
        json!(100.5),
        json!(true),
        json!([]),
        json!(["a", "a"]),
        json!(["added", "modified"]),
        json!([{"text": "x"}]),
        json!({}),
        json!({"text": "x"}),
        json!({"id": "x", "tags": ["a", "b"]}),
        json!({"runGraphIndex": 0, "resultGraphIndex": 0}),
    ];
    let mut tried = [0, 0];
    for pointer in &pointers {
        for value in &values {
            let root = changed(&rich, pointer, value.clone());
            let mut remarks = Remarks::default();
            schema::check(&root, &mut remarks);
            let ours = !remarks.all.iter().any(|r| r.verdict == Verdict::Rejected);
            assert_eq!(ours, reference.is_valid(&root), "{pointer} = {value}: {:?}", remarks.all);
            tried[usize::from(ours)] += 1;
        }
    }
    assert!(tried[0] > 500 && tried[1] > 200, "{tried:?}");
}

fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let at = join(&at, key);
        pointers.push(at.clone());
        collect(value, at, pointers);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(array) => array.iter().enumerate().for_each(|(i, value)| child(&i.to_string(), value)),
        _ => {}
    }
}

#[test]
fn dates_are_those_of_rfc_3339() {
    for good in ["2024-02-29T23:59:60Z", "2024-01-01t00:00:00.123z", "2024-12-31T00:00:00-23:59"] {
        assert!(schema::is_date_time(good), "{good}");
    }
    for bad in [
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01",
        "2024-01-01T00:00Z",
    ] {
        assert!(!schema::is_date_time(bad), "{bad}");
    }
}
