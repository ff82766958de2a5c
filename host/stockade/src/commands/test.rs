//! `stockade test`: runs the examples of rules' pages, through the same line as a scan.

use super::{counted, print};
use crate::args::{ListFormat, TestArguments};
use crate::catalog::Catalog;
use crate::config;
use crate::diff;
use crate::error::ProgramError;
use crate::exit::Exit;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stockade_engine::{Found, Options, Origin, Plan, Walked, apply, io_words, run_files};
use stockade_model::{Checker, Fault, FaultKind, Report, Rule, Severity, State};
use stockade_pack::config::Date;
use stockade_pack::{Example, ExampleFile, Outcome, Page, Role, Source};
use stockade_report::Pages;
use stockade_sandbox::{Limits, Sandbox};
use stockade_syntax::FileKind;

/// Rounds after which fixes count as not settling.
const ROUNDS: usize = 10;

/// The day that pages are tested on, whenever that is.
pub(crate) fn page_day() -> Option<Date> {
    Date::new(2026, 1, 1)
}

/// Runs the pages of the selected rules.
pub(crate) fn run(arguments: &TestArguments) -> Result<Exit, ProgramError> {
    let folder = arguments.bless.as_deref();
    let page = |rule: &Rule| folder.unwrap_or(Path::new("")).join(format!("{}.md", rule.id));
    let bless: Option<PageFile<'_>> = folder.is_some().then_some(&page);
    report(&config::catalog_here(arguments.config.as_deref())?, arguments, bless)
}

/// Where a rule's page is written.
pub(crate) type PageFile<'a> = &'a (dyn Fn(&Rule) -> PathBuf + Sync);

/// Runs the pages of those rules of a catalog that are selected; with `bless`, writes what comes out into them.
pub(crate) fn report(
    catalog: &Catalog,
    arguments: &TestArguments,
    bless: Option<PageFile<'_>>,
) -> Result<Exit, ProgramError> {
    let selection = catalog.select(&crate::args::SelectionArguments {
        profile: Some(stockade_pack::ALL.to_owned()),
        select: arguments.rules.clone(),
        pack: Vec::new(),
        extend_select: Vec::new(),
        ignore: Vec::new(),
    })?;
    let rules: Vec<usize> = (0..catalog.table.rules.len())
        .filter(|i| selection.enabled.get(*i).copied().unwrap_or(false))
        .filter(|i| catalog.table.rules.get(*i).is_some_and(|r| !r.plugin.is_empty()))
        .collect();
    let results: Vec<Result<Tested, ProgramError>> =
        rules.par_iter().map(|index| test_rule(catalog, *index, bless)).collect();
    let results = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    if arguments.format == ListFormat::Json {
        let json = serde_json::to_string_pretty(&results)
            .map_err(|error| ProgramError::Bundle { reason: error.to_string() })?;
        print(&(json + "\n"))?;
        let clean = results.iter().all(|tested| tested.failures.is_empty());
        return Ok(if clean { Exit::Clean } else { Exit::Findings });
    }
    let (mut text, mut failed, mut examples) = (String::new(), 0, 0);
    for tested in results {
        examples += tested.examples;
        if let Some(file) = &tested.written {
            let _ = writeln!(text, "wrote {}", file.display());
        }
        if !tested.failures.is_empty() {
            failed += 1;
            let _ = writeln!(text, "{}", tested.rule);
            for failure in tested.failures {
                let _ = writeln!(text, "  {}", failure.trim_end().replace('\n', "\n  "));
            }
        }
    }
    let (rules, examples, lost) =
        (counted(rules.len(), "rule"), counted(examples, "example"), counted(failed, "rule"));
    let _ = writeln!(text, "{rules}, {examples}: {lost} failed");
    print(&text)?;
    Ok(if failed == 0 { Exit::Clean } else { Exit::Findings })
}

/// What testing one rule gave. In JSON, fields are only ever added.
#[derive(Default, Serialize)]
struct Tested {
    rule: String,
    examples: usize,
    /// Examples that break the rule.
    bad: usize,
    /// Examples that do not.
    good: usize,
    failures: Vec<String>,
    /// The page that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<PathBuf>,
}

fn test_rule(catalog: &Catalog, index: usize, bless: Option<PageFile<'_>>) -> Result<Tested, ProgramError> {
    let Some(rule) = catalog.table.rules.get(index) else {
        return Ok(Tested::default());
    };
    let name = format!("rules/{}.md", rule.id);
    let file = bless.map(|page| page(rule));
    let text = match &file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| ProgramError::Unusable {
            path: file.clone(),
            reason: io_words(&error),
            advice: "`--bless FOLDER` names the folder that holds the pack's folder, such as `policy` for `policy/acme`.",
        })?,
        None => catalog.page(rule).map(|p| p.into_owned()).unwrap_or_default(),
    };
    let page = Page::parse(&Source::new(name, text.as_str()))
        .map_err(|errors| ProgramError::Selection { errors })?;

    let bench = Bench::new(catalog, index)?;
    let bad = page.examples.iter().filter(|example| example.role == Role::Bad).count();
    let examples = page.examples.len();
    let good = examples - bad;
    let mut tested =
        Tested { rule: rule.id.clone(), examples, bad, good, failures: Vec::new(), written: None };
    let mut outcomes = Vec::new();
    let (mut any_fixed, mut judged_all) = (false, true);
    for example in &page.examples {
        let outcome = bench.example(rule, example, bless.is_some(), &mut tested.failures);
        any_fixed |= example.fixed.is_some();
        judged_all &= outcome.is_some();
        if example.role == Role::Bad {
            outcomes.push(outcome.unwrap_or_default());
        }
    }
    if rule.fixable != "no" && !any_fixed {
        tested
            .failures
            .push(format!("is `fixable \"{}\"`, and no example shows what the fix gives", rule.fixable));
    }
    // What a plugin that failed did not find is not what the page should say.
    if let Some(file) = file.filter(|_| judged_all) {
        let blessed = page.bless(&outcomes);
        if blessed != text {
            std::fs::write(&file, blessed).map_err(|e| ProgramError::file("write", &file, &e))?;
            tested.written = Some(file);
        }
    }
    Ok(tested)
}

/// What is said of a bad example in which nothing was found. Mostly the check was not asked: the file is of another kind,
/// or lacks the words that the check says must be there. `nodes`: whether its plugin is given the nodes of files.
fn nothing(rule: &Rule, example: &Example, report: &Report, nodes: bool) -> String {
    let read =
        |file: &&stockade_model::FileEntry| rule.kinds.iter().any(|kind| kind == file.kind || kind == "any");
    let unread = report.files.iter().find(|file| !read(file) && !rule.kinds.is_empty());
    let without_word = |words: &[String]| {
        let has = |text: &str| words.iter().any(|word| text.contains(&word.to_ascii_lowercase()));
        !words.is_empty() && !example.files.iter().any(|file| has(&file.text.to_ascii_lowercase()))
    };
    let what = "is bad, but gives nothing";
    match unread.filter(|_| !report.files.iter().any(|file| read(&file))) {
        Some(file) => format!("{what}: it is {}, and the rule reads {}", file.kind, rule.kinds.join(", ")),
        None if without_word(&rule.any_literal) => {
            let words: Vec<String> = rule.any_literal.iter().map(|word| format!("`{word}`")).collect();
            format!("{what}: the check is asked only about files with {} in them", words.join(" or "))
        }
        None if rule.plugin == "declare" => {
            format!(
                "{what}; `stockade nodes FILE` shows the paths and values of such a file, with \
                     `--settings` or `--variables` the names"
            )
        }
        None if !nodes => {
            format!("{what}; its plugin gets no nodes, for `plugin.kdl` does not say `needs \"nodes\"`")
        }
        None => what.to_owned(),
    }
}

/// What the author of a plugin can do about a fault, behind its message.
fn advice(fault: &Fault) -> &'static str {
    match fault.kind {
        // It has said why.
        FaultKind::Trap if fault.message.contains("it wrote: ") => "",
        FaultKind::Trap => {
            "\nwhat a panic says stays in the sandbox, but for a plugin that is compiled for WASI: in Rust with `cargo build \
             --release --target wasm32-wasip1` and `stockade plugin pack --component target/wasm32-wasip1/release/NAME.wasm`, \
             in Zig with `-target wasm32-wasi`; what C writes to stderr is told, too"
        }
        FaultKind::Budget => {
            "\na loop without an end, or too much work for a file of this size: `stockade plugin bench` counts it"
        }
        FaultKind::Answer if fault.message.contains(" span ") => {
            "\nspans are bytes of UTF-8, not characters, and end within the file"
        }
        _ => "",
    }
}

/// One rule, set up alone.
struct Bench<'a> {
    catalog: &'a Catalog,
    plan: Arc<Plan>,
    sandbox: Sandbox,
    index: usize,
}

impl<'a> Bench<'a> {
    fn new(catalog: &'a Catalog, index: usize) -> Result<Self, ProgramError> {
        // The host's own remarks stay on: an example that does not parse proves nothing.
        let enabled: Vec<bool> =
            catalog.table.rules.iter().enumerate().map(|(i, r)| i == index || r.plugin.is_empty()).collect();
        let severity = catalog.table.rules.iter().map(|r| r.severity).collect();
        let sandbox = catalog.sandbox(&catalog.table, &enabled, Limits::default(), page_day())?;
        Ok(Self { catalog, plan: Arc::new(Plan { enabled, severity, ..Plan::default() }), sandbox, index })
    }

    fn scan(&self, files: &[(String, Option<FileKind>, String)]) -> Result<Report, String> {
        let mut files: Vec<Found> = files
            .iter()
            .map(|(path, kind, text)| Found {
                path: path.as_str().into(),
                origin: Origin::Text(Arc::from(text.as_str())),
                kind: *kind,
            })
            .collect();
        files.sort();
        let walked = Walked { files, whole: true, ..Walked::default() };
        let options = Options { threads: 1, ..Options::default() };
        run_files(walked, &self.catalog.table, &self.plan, &self.sandbox, &options).map_err(|e| e.to_string())
    }

    /// Runs one example and notes every way in which it is not what the page says. None where it could not be judged.
    fn example(
        &self,
        rule: &Rule,
        example: &Example,
        bless: bool,
        failures: &mut Vec<String>,
    ) -> Option<Outcome> {
        let place = example.files.first().map_or(0, |f| f.line);
        let mut fail = |what: String| failures.push(format!("example on line {place}: {what}"));
        let files = match inputs(&example.files) {
            Ok(files) => files,
            Err(error) => {
                fail(error);
                return None;
            }
        };
        let report = match self.scan(&files) {
            Ok(report) => report,
            Err(error) => {
                fail(error);
                return None;
            }
        };
        for fault in &report.faults {
            fail(format!("{fault}{}", advice(fault)));
        }
        if !report.faults.is_empty() {
            return None;
        }
        for file in report.files.iter().filter(|f| f.kind.is_empty()) {
            fail(format!("`{}` is of no kind ({})", file.path, file.reason));
        }
        // A rule about what a format forbids has examples that break the format, on the lines it names.
        let judged =
            |line: u32| report.findings.iter().any(|f| f.rule == self.index && f.region.line == line);
        let others = report.findings.iter().filter(|f| f.rule != self.index);
        for finding in others.filter(|f| !judged(f.region.line)) {
            fail(format!("{}:{}: {}", finding.path, finding.region.line, finding.message));
        }
        let lines = self.lines(&report, files.len() > 1);
        match example.role {
            Role::Good if !lines.is_empty() => fail(format!("is good, but gives\n{}", lines.join("\n"))),
            Role::Bad if lines.is_empty() => {
                // What its fix would have given is no second failure.
                let plugin = self.sandbox.plugins().iter().find(|plugin| *plugin.name == *rule.plugin);
                let nodes = plugin.is_none_or(|plugin| plugin.needs.iter().any(|need| need == "nodes"));
                fail(nothing(rule, example, &report, nodes));
                return Some(Outcome::default());
            }
            Role::Bad if !bless && example.expected.as_ref() != Some(&lines) => {
                let expected = example.expected.as_deref().unwrap_or_default();
                let changes = diff::plain(&expected.join("\n"), &lines.join("\n"));
                fail(format!("differs: the page says `-`, the plugin `+`\n{changes}"));
            }
            _ => {}
        }
        if rule.fixable == "no" && report.findings.iter().any(|f| !f.fixes.is_empty()) {
            fail("offers a fix, but the rule is `fixable \"no\"`".to_owned());
        }
        let mut outcome = Outcome { lines, fixed: Vec::new() };
        if let Some(expected) = &example.fixed {
            let fixed = self.fix(rule, files, &report, &mut fail);
            for file in expected {
                let Some((_, _, text)) = fixed.iter().find(|(path, ..)| *path == file.path) else {
                    fail(format!("`{}` is not among its files", file.path));
                    continue;
                };
                if !bless && *text != file.text {
                    let changes = diff::plain(&file.text, text);
                    fail(format!("the fix of `{}` differs\n{changes}", file.path));
                }
            }
            outcome.fixed = fixed.into_iter().map(|(path, _, text)| (path, text)).collect();
        }
        Some(outcome)
    }

    fn lines(&self, report: &Report, several: bool) -> Vec<String> {
        let own = report.findings.iter().filter(|f| f.rule == self.index && f.state == State::Open);
        // A severity is said only where it is not what the rule's page says above.
        let own_severity = self.plan.severity.get(self.index).copied().unwrap_or(Severity::Medium);
        own.map(|f| {
            let severity =
                if f.severity == own_severity { String::new() } else { format!("[{}] ", f.severity) };
            let place = format!("{}:{} {severity}{}", f.region.line, f.region.column, f.message);
            if several { format!("{}:{place}", f.path) } else { place }
        })
        .collect()
    }

    /// Applies fixes until nothing changes; the findings must be gone then, and the files still parse.
    fn fix(
        &self,
        rule: &Rule,
        mut files: Vec<(String, Option<FileKind>, String)>,
        first: &Report,
        fail: &mut impl FnMut(String),
    ) -> Vec<(String, Option<FileKind>, String)> {
        let unsafe_too = rule.fixable == "unsafe";
        let mut report = first.clone();
        for _ in 0..ROUNDS {
            let mut changed = false;
            for (path, _, text) in &mut files {
                let own = report.findings.iter().filter(|f| *f.path == **path && f.rule == self.index);
                let fixed = apply(text, own, unsafe_too);
                changed |= fixed.text != *text;
                *text = fixed.text;
            }
            if !changed {
                let left = self.lines(&report, true);
                if !left.is_empty() {
                    fail(format!("after the fix there is still\n{}", left.join("\n")));
                }
                for broken in report.findings.iter().filter(|f| f.rule != self.index) {
                    fail(format!(
                        "after the fix: {}:{}: {}",
                        broken.path, broken.region.line, broken.message
                    ));
                }
                return files;
            }
            match self.scan(&files) {
                Ok(next) => report = next,
                Err(error) => fail(error),
            }
        }
        fail(format!("its fixes do not settle in {ROUNDS} rounds"));
        files
    }
}

fn inputs(files: &[ExampleFile]) -> Result<Vec<(String, Option<FileKind>, String)>, String> {
    let mut inputs = Vec::new();
    for file in files {
        let kind = match &file.kind {
            Some(name) => {
                Some(FileKind::from_name(name).ok_or_else(|| format!("no file kind is called `{name}`"))?)
            }
            None => None,
        };
        inputs.push((file.path.clone(), kind, file.text.clone()));
    }
    Ok(inputs)
}
