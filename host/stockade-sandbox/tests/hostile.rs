//! Every plugin in `testdata/hostile/plugins` must end in the fault it names, within the limits, and leave the
//! other plugins working.

use crate::common::{RULE, check, component_of, folder, low_limits, setups, well_behaved};
use miette::Diagnostic;
use std::time::{Duration, Instant};
use stockade_model::{Checker, Fact, Fault, FaultKind, FileFacts, RawReport, Span};
use stockade_sandbox::{Builder, Sandbox};

/// Far more than any of them takes with the low limits, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The outcome that is no fault: an answer of too many findings loses those beyond the limit.
const CUT: &str = "cut";

struct Hostile {
    name: String,
    source: String,
}

impl Hostile {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let is_plugin = path.extension().is_some_and(|e| e == "wat");
            if is_plugin && !["default", "template"].contains(&name.as_str()) {
                all.push(Self { source: std::fs::read_to_string(&path).unwrap(), name });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn field(&self, field: &str) -> Option<&str> {
        let start = format!(";; {field}: ");
        self.source.lines().find_map(|line| line.strip_prefix(&start))
    }

    /// What is said of an answer that was cut; any other is none that a hostile plugin should get away with.
    fn cut(&self, report: &RawReport) -> String {
        let limits = low_limits();
        assert!(
            report.findings.len() <= limits.findings && report.facts.len() <= limits.facts,
            "{}",
            self.name
        );
        let mut parts = Vec::new();
        if report.cut.findings > 0 {
            let (kept, cut) = (report.findings.len(), report.cut.findings);
            parts.push(format!("the first {kept} findings are kept, {cut} left out"));
        }
        if report.cut.facts > 0 {
            parts.push(format!("{} facts are left out", report.cut.facts));
        }
        assert!(!parts.is_empty(), "{} gets away with it", self.name);
        parts.join(", ")
    }

    /// Puts it into a sandbox beside a well-behaved plugin, and gives the kind and the words of its fault.
    fn run(&self) -> (String, String) {
        let mut builder = Sandbox::builder(low_limits()).unwrap();
        let good = add(&mut builder, "good", &well_behaved()).unwrap();
        let bad = add(&mut builder, "hostile", &component_of(&self.source));
        let sandbox = builder.build();
        let before = ask(&sandbox, good, None).unwrap();
        let said = match bad {
            Err(error) => {
                let code = error.code().map(|c| c.to_string()).unwrap_or_default();
                let expected = self.field("code").map(|c| format!("stockade::sandbox::{c}"));
                assert_eq!(Some(code), expected, "{}: {error}", self.name);
                ("open".to_owned(), error.to_string())
            }
            Ok(bad) => {
                let answer = ask(&sandbox, bad, self.field("call"));
                // A second file must fare no better, and no worse.
                assert_eq!(ask(&sandbox, bad, self.field("call")), answer, "{}", self.name);
                match answer {
                    Ok(report) => (CUT.to_owned(), self.cut(&report)),
                    Err(fault) => {
                        assert_eq!(fault.plugin, "hostile", "{}", self.name);
                        (fault.kind.as_str().to_owned(), fault.message)
                    }
                }
            }
        };
        assert_eq!(ask(&sandbox, good, None).unwrap(), before, "{}: the other plugin changed", self.name);
        said
    }
}

fn add(builder: &mut Builder, name: &str, wasm: &[u8]) -> Result<usize, stockade_sandbox::OpenError> {
    let plugin = builder.add_component(name, "1.0.0", &["nodes"], wasm, None)?;
    builder.rules([(plugin, setups())]).map(|_| plugin)
}

fn ask(sandbox: &Sandbox, plugin: usize, call: Option<&str>) -> Result<RawReport, Fault> {
    if call == Some("check-project") {
        let fact = Fact { key: "k".to_owned(), value: "v".to_owned(), span: Some(Span::new(0, 4)) };
        let file = |path: &str| FileFacts { path: path.into(), kind: "yaml", facts: vec![fact.clone()] };
        sandbox.check_project(plugin, &[RULE], &[file("a.yaml"), file("b.yaml")])
    } else {
        check(sandbox, plugin)
    }
}

#[test]
fn hostile_plugins_are_contained() {
    let mut table = String::from(
        "<!-- table -->\n| plugin | what it tries | fault | what the host says |\n| --- | --- | --- | --- |\n",
    );
    let mut wrong = Vec::new();
    let all = Hostile::all();
    assert!(all.len() >= 25);
    for hostile in &all {
        let started = Instant::now();
        let (kind, message) = hostile.run();
        let took = started.elapsed();
        let expected = hostile.field("expect").unwrap_or("(no `;; expect:`)");
        if kind != expected {
            wrong.push(format!("{}: {kind}, not {expected}: {message}", hostile.name));
        }
        if took > PATIENCE {
            wrong.push(format!("{}: took {took:?}", hostile.name));
        }
        assert!(message.chars().all(stockade_model::is_harmless), "{}: {message:?}", hostile.name);
        let tries = hostile.field("tries").unwrap_or_default();
        let message = message.replace('|', "\\|");
        table.push_str(&format!("| `{}` | {tries} | {kind} | {message} |\n", hostile.name));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    compare_table(&table);
}

/// The table in the README is what just happened.
fn compare_table(table: &str) {
    let path = folder().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (head, kept) = readme.split_at(readme.find("<!-- table -->").expect("a table"));
    if std::env::var_os("STOCKADE_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{table}")).unwrap();
    } else {
        assert_eq!(kept, table, "run the test again with STOCKADE_BLESS=1 and read what changed");
    }
}

#[test]
fn every_kind_of_fault_has_a_plugin() {
    use FaultKind::{Answer, Budget, Configure, Memory, Open, Refused, Stack, Trap};
    let all = Hostile::all();
    // The deadline depends on the clock; it has a test of its own.
    for kind in [Answer, Budget, Configure, Memory, Open, Refused, Stack, Trap] {
        assert!(all.iter().any(|h| h.field("expect") == Some(kind.as_str())), "{kind:?}");
    }
}
