//! GitHub's limits, and what it asks of runs and results.

use super::{Remarks, items, join, rules, text, uri};
use crate::limits::{
    EXTENSIONS, FLOW_LOCATIONS, FLOW_LOCATIONS_KEPT, GZIP_BYTES, LOCATIONS, LOCATIONS_KEPT, RESULTS,
    RESULTS_KEPT, RULES, RUNS,
};
use crate::text::number;
use serde_json::Value;
use std::collections::HashSet;
use std::io::{self, Write};

/// Judges everything but the file's size.
pub(super) fn check(root: &Value, remarks: &mut Remarks) {
    if text(root, "$schema").is_none() {
        remarks.warning("/$schema", "`$schema` is required");
    }
    let Some(runs) = root.get("runs").and_then(Value::as_array) else {
        return;
    };
    if runs.len() > RUNS {
        let message = format!("a file may have {RUNS} runs at most, this one has {}", number(runs.len()));
        remarks.rejected("/runs", message);
    }
    let mut seen = HashSet::new();
    for (i, run) in runs.iter().enumerate() {
        let at = format!("/runs/{i}");
        let driver = run.pointer("/tool/driver");
        let part = |key: &str| driver.and_then(|d| d.get(key)).and_then(Value::as_str);
        let category = run.pointer("/automationDetails/id").and_then(Value::as_str).map(category);
        if !seen.insert((part("name"), part("version"), part("semanticVersion"), part("guid"), category)) {
            remarks.rejected(&at, "another run of this file has the same tool and category");
        }
        check_run(run, &at, remarks);
    }
}

/// Judges the size, as it is after compression.
pub(super) fn check_size(bytes: &[u8], remarks: &mut Remarks) {
    // Compression makes nothing larger, save by a few bytes.
    if bytes.len() < GZIP_BYTES {
        return;
    }
    let mut encoder = flate2::write::GzEncoder::new(Counter(0), flate2::Compression::default());
    let size = encoder.write_all(bytes).and_then(|()| encoder.finish()).map_or(0, |counter| counter.0);
    if size > GZIP_BYTES {
        let message = format!(
            "the compressed file may have {} bytes at most, this one has {}",
            number(GZIP_BYTES),
            number(size)
        );
        remarks.rejected("", message);
    }
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The part of `automationDetails.id` before its last slash; without a slash there is no category.
fn category(id: &str) -> &str {
    id.rsplit_once('/').map_or("", |(category, _)| category)
}

fn check_run(run: &Value, at: &str, remarks: &mut Remarks) {
    check_tool(run, at, remarks);
    if let Some(id) = run.pointer("/automationDetails/id").and_then(Value::as_str) {
        let at = format!("{at}/automationDetails/id");
        if id.contains('/') {
            remarks.warning(&at, "takes precedence over the category that the upload step is given");
        } else {
            remarks.ignored(&at, "without a slash it is no category");
        }
    }
    let Some(results) = run.get("results").and_then(Value::as_array) else {
        remarks.rejected(at, "`results` must be there, empty if nothing was found");
        return;
    };
    let results_at = join(at, "results");
    if results.len() > RESULTS {
        let message = format!("a run may have {} results at most", number(RESULTS));
        remarks.rejected(&results_at, message);
    } else if results.len() > RESULTS_KEPT {
        let message =
            format!("only {} results of a run are kept, the most severe ones", number(RESULTS_KEPT));
        remarks.ignored(&results_at, message);
    }
    let rules = rule_ids(run);
    let mut alerts = HashSet::new();
    for (i, result) in results.iter().enumerate() {
        let at = join(&results_at, &i.to_string());
        check_result(run, result, &at, remarks);
        check_rule_of(result, &rules, &at, remarks);
        check_fingerprint(result, &at, &mut alerts, remarks);
    }
}

fn check_tool(run: &Value, at: &str, remarks: &mut Remarks) {
    let driver_at = format!("{at}/tool/driver");
    let Some(driver) = run.pointer("/tool/driver") else {
        return;
    };
    if text(driver, "name").is_none() {
        remarks.rejected(&join(&driver_at, "name"), "the tool needs a name that is not empty");
    }
    if text(driver, "semanticVersion").or(text(driver, "version")).is_none() {
        remarks.warning(
            &driver_at,
            "without `semanticVersion` or `version` alerts do not name the tool's version",
        );
    }
    let extensions = run.pointer("/tool/extensions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if extensions.len() > EXTENSIONS {
        remarks.rejected(
            &format!("{at}/tool/extensions"),
            format!("a run may have {EXTENSIONS} extensions at most"),
        );
    }
    let all = std::iter::once(driver).chain(extensions).map(|c| items(c, "rules").len()).sum::<usize>();
    if all > RULES {
        remarks
            .rejected(&join(&driver_at, "rules"), format!("a run may have {} rules at most", number(RULES)));
    } else if all == 0 {
        let message = "`rules` is required: without it alerts have no title, help or severity";
        remarks.warning(&join(&driver_at, "rules"), message);
    }
    rules::check(items(driver, "rules"), &join(&driver_at, "rules"), remarks);
    for (i, extension) in extensions.iter().enumerate() {
        rules::check(items(extension, "rules"), &format!("{at}/tool/extensions/{i}/rules"), remarks);
    }
}

/// Ids of the driver's rules by index, and those of the extensions behind them.
fn rule_ids(run: &Value) -> (Vec<Option<&str>>, HashSet<&str>) {
    let driver = run.pointer("/tool/driver").map_or(&[][..], |d| items(d, "rules"));
    let by_index: Vec<Option<&str>> = driver.iter().map(|r| text(r, "id")).collect();
    let mut all: HashSet<&str> = by_index.iter().flatten().copied().collect();
    let extensions = run.pointer("/tool/extensions").and_then(Value::as_array);
    for extension in extensions.into_iter().flatten() {
        all.extend(items(extension, "rules").iter().filter_map(|r| text(r, "id")));
    }
    (by_index, all)
}

fn check_rule_of(
    result: &Value,
    (by_index, all): &(Vec<Option<&str>>, HashSet<&str>),
    at: &str,
    remarks: &mut Remarks,
) {
    // A reference through `rule` may lead into an extension, where indices are others.
    if result.get("rule").is_some() {
        return;
    }
    let id = text(result, "ruleId");
    let index = result.get("ruleIndex").and_then(Value::as_u64);
    match (id, index) {
        (None, None) => remarks.warning(at, "names no rule, by `ruleId`, `ruleIndex` or `rule`"),
        (Some(id), None) => {
            if !all.is_empty()
                && !all.contains(id)
                && !all.iter().any(|rule| id.starts_with(&format!("{rule}/")))
            {
                remarks.warning(&join(at, "ruleId"), "no rule of this run has this id");
            }
        }
        (id, Some(index)) => {
            let rule = usize::try_from(index).ok().and_then(|i| by_index.get(i));
            match (rule, id) {
                (None, _) => remarks.warning(&join(at, "ruleIndex"), "is beyond the rules of this run"),
                (Some(Some(rule)), Some(id)) if id != *rule && !id.starts_with(&format!("{rule}/")) => {
                    remarks.warning(&join(at, "ruleIndex"), "points at a rule with another id than `ruleId`");
                }
                _ => {}
            }
        }
    }
}

fn check_result(run: &Value, result: &Value, at: &str, remarks: &mut Remarks) {
    match result.get("message") {
        Some(message) if message.get("text").is_some_and(|t| t.as_str().is_some_and(str::is_empty)) => {
            remarks.rejected(&join(at, "message"), "`message.text` may not be empty");
        }
        Some(message) if text(message, "text").is_none() => {
            remarks.warning(&join(at, "message"), "GitHub shows `message.text` only, and there is none");
        }
        _ => {}
    }
    for (key, message) in [
        ("suppressions", "suppressions are ignored: GitHub opens an alert all the same"),
        ("fixes", "fixes are ignored"),
        ("taxa", "taxa are ignored: use tags such as `external/cwe/cwe-79` of the rule"),
    ] {
        if !items(result, key).is_empty() {
            remarks.ignored(&join(at, key), message);
        }
    }
    if let Some(kind) = result.get("kind").and_then(Value::as_str).filter(|k| *k != "fail") {
        let message = format!("`kind` is ignored: a result that is `{kind}` becomes an alert like any other");
        remarks.warning(&join(at, "kind"), message);
    }
    if let Some(state) = result.get("baselineState").and_then(Value::as_str).filter(|s| *s != "new") {
        let message =
            format!("`baselineState` is ignored: a result that is `{state}` becomes an alert like any other");
        remarks.ignored(&join(at, "baselineState"), message);
    }
    check_locations(run, result, at, remarks);
    check_related(result, at, remarks);
    check_flows(result, at, remarks);
}

fn check_locations(run: &Value, result: &Value, at: &str, remarks: &mut Remarks) {
    let locations = items(result, "locations");
    let locations_at = join(at, "locations");
    if locations.len() > LOCATIONS {
        remarks.rejected(&locations_at, format!("a result may have {} locations at most", number(LOCATIONS)));
    } else if locations.len() > LOCATIONS_KEPT {
        remarks.ignored(&locations_at, format!("only {LOCATIONS_KEPT} locations of a result are kept"));
    } else if locations.len() > 1 {
        remarks.ignored(&locations_at, "only the first location of a result is shown");
    }
    let Some(first) = locations.first() else {
        remarks.rejected(at, "a result needs at least one location");
        return;
    };
    if !items(first, "logicalLocations").is_empty() {
        remarks.ignored(&format!("{locations_at}/0/logicalLocations"), "logical locations are ignored");
    }
    let at = format!("{locations_at}/0/physicalLocation");
    let artifact = first.pointer("/physicalLocation/artifactLocation");
    check_artifact(run, artifact, &format!("{at}/artifactLocation"), remarks);
    match first.pointer("/physicalLocation/region") {
        Some(region) => check_region(region, &format!("{at}/region"), remarks),
        None => remarks.warning(&at, "without a region the alert is about the first line of the file"),
    }
}

fn check_artifact(run: &Value, artifact: Option<&Value>, at: &str, remarks: &mut Remarks) {
    let given = artifact.and_then(|a| a.get("uri")).and_then(Value::as_str);
    // An index alone leads to the run's artifacts.
    let by_index = || {
        let index = usize::try_from(artifact?.get("index")?.as_u64()?).ok()?;
        items(run, "artifacts").get(index)?.pointer("/location/uri")?.as_str()
    };
    let Some(place) = given.or_else(by_index) else {
        remarks.rejected(at, "the location of a result needs an artifact location with a URI");
        return;
    };
    if place.trim().is_empty() {
        remarks.rejected(at, "the URI of a location may not be empty");
        return;
    }
    if artifact.is_some_and(|a| a.get("uriBaseId").is_some()) {
        let message =
            "`uriBaseId` is ignored: the URI must be relative to the root of the repository by itself";
        remarks.ignored(&join(at, "uriBaseId"), message);
    }
    let at = join(at, "uri");
    match uri::scheme(place) {
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let message = "an absolute URI is an alert's place only if it lies below the checkout's";
            remarks.warning(&at, message);
        }
        // A letter alone is a drive of Windows.
        Some(scheme) if scheme.len() == 1 => {
            remarks.rejected(&at, "a Windows path is no URI");
        }
        Some(scheme) => {
            remarks.rejected(&at, format!("the scheme `{scheme}` is not that of the checkout's URI"));
        }
        None => match (uri::refused(place), uri::problem(place)) {
            (Some(problem), _) => remarks.rejected(&at, problem),
            (None, Some(problem)) => {
                remarks.warning(&at, format!("{problem}: the alert may not find its file"))
            }
            _ if place.starts_with('/') => {
                remarks.warning(
                    &at,
                    "an absolute path is an alert's place only if it lies below the checkout's",
                );
            }
            _ if place.split('/').any(|part| part == "..") => {
                remarks.warning(&at, "leads out of the repository, or may");
            }
            _ => {}
        },
    }
}

fn check_region(region: &Value, at: &str, remarks: &mut Remarks) {
    let number = |key: &str| region.get(key).and_then(Value::as_i64);
    let Some(start) = number("startLine") else {
        remarks.warning(at, "without `startLine` the alert is about the first line of the file");
        return;
    };
    let end = number("endLine").unwrap_or(start);
    if end < start {
        remarks.warning(at, "ends on a line before that on which it starts");
    }
    if number("startColumn").is_none() || number("endColumn").is_none() {
        remarks.warning(at, "without `startColumn` and `endColumn` the alert marks whole lines");
    } else if end == start && number("endColumn") < number("startColumn") {
        remarks.warning(at, "ends at a column before that at which it starts");
    }
    if region.get("snippet").is_some() {
        remarks.ignored(&join(at, "snippet"), "snippets are ignored: GitHub shows the file itself");
    }
}

fn check_related(result: &Value, at: &str, remarks: &mut Remarks) {
    let message = result.pointer("/message/text").and_then(Value::as_str).unwrap_or_default();
    let linked = |location: &Value| {
        location.get("id").and_then(Value::as_i64).is_some_and(|id| message.contains(&format!("]({id})")))
    };
    if items(result, "relatedLocations").iter().any(|location| !linked(location)) {
        let message = "a related location is shown only where the message links to it, as in `[there](1)`";
        remarks.ignored(&join(at, "relatedLocations"), message);
    }
}

fn check_flows(result: &Value, at: &str, remarks: &mut Remarks) {
    let flows = items(result, "codeFlows").iter().flat_map(|flow| items(flow, "threadFlows"));
    let locations: usize = flows.map(|flow| items(flow, "locations").len()).sum();
    if locations > FLOW_LOCATIONS {
        let message = format!("a result may have {} locations in its flows at most", number(FLOW_LOCATIONS));
        remarks.rejected(&join(at, "codeFlows"), message);
    } else if locations > FLOW_LOCATIONS_KEPT {
        let message = format!("only {} locations of flows are shown", number(FLOW_LOCATIONS_KEPT));
        remarks.ignored(&join(at, "codeFlows"), message);
    }
}

/// What makes two results one alert: rule, file, line hash.
type Alert<'v> = (Option<&'v str>, Option<&'v str>, &'v str);

fn check_fingerprint<'v>(
    result: &'v Value,
    at: &str,
    alerts: &mut HashSet<Alert<'v>>,
    remarks: &mut Remarks,
) {
    let hash = result.pointer("/partialFingerprints/primaryLocationLineHash").and_then(Value::as_str);
    let Some(hash) = hash.filter(|h| !h.is_empty()) else {
        let message = "has no `partialFingerprints.primaryLocationLineHash`: the upload action computes it, other \
                       ways of uploading do not, and alerts open anew when lines move";
        remarks.warning(at, message);
        return;
    };
    let place = "/locations/0/physicalLocation/artifactLocation/uri";
    let place = result.pointer(place).and_then(Value::as_str);
    if !alerts.insert((text(result, "ruleId"), place, hash)) {
        remarks.warning(at, "has the rule, file and line hash of another result: both become one alert");
    }
}
