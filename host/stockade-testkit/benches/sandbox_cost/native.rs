//! The built-in plugins as ordinary code of this program: the same checks over the same documents, without WebAssembly.

use crate::spent::Spent;
use std::cell::RefCell;
use std::time::Instant;
use stockade_model::{
    Applicability, Checker, Document, Edit, Fact, Fault, FaultKind, FileFacts, Fix, Param, PluginInfo,
    RawFinding, RawLabel, RawReport, RuleSetup, Span,
};
use stockade_sdk::{Family, Runner, Source};

/// What one thread asks of a family; the runner is made at the first question, as an instance of a plugin is.
type File = fn(&[RuleSetup], Source, &[u32]) -> Result<stockade_sdk::Report, String>;
type Project =
    fn(&[RuleSetup], &[stockade_sdk::FileFacts], &[u32]) -> Result<Vec<stockade_sdk::Finding>, String>;

/// Name of a plugin with its functions.
struct Own {
    name: &'static str,
    file: File,
    project: Project,
}

/// One `Own` for each family. A runner belongs to a thread, for families keep what `configured` prepares in one.
macro_rules! families {
    ($($name:literal: $family:ty),+ $(,)?) => {
        &[$({
            thread_local! {
                static RUNNER: RefCell<Option<Runner<$family>>> = const { RefCell::new(None) };
            }
            Own {
                name: $name,
                file: |rules, source, run| RUNNER.with_borrow_mut(|slot| ready(slot, rules)?.check(source, run)),
                project: |rules, files, run| {
                    RUNNER.with_borrow_mut(|slot| ready(slot, rules)?.check_project(files, run))
                },
            }
        }),+]
    };
}

static FAMILIES: &[Own] = families! {
    "commands": stockade_plugin_commands::Commands,
    "compose": stockade_plugin_compose::ComposeFamily,
    "declare": stockade_plugin_declare::Declare,
    "dockerfile": stockade_plugin_dockerfile::Dockerfile,
    "kubernetes": stockade_plugin_kubernetes::Kubernetes,
    "nginx": stockade_plugin_nginx::Nginx,
    "prometheus": stockade_plugin_prometheus::Prometheus,
    "repository": stockade_plugin_repository::Repository,
    "requirements": stockade_plugin_requirements::Requirements,
    "secrets": stockade_plugin_secrets::Secrets,
    "settings": stockade_plugin_settings::Settings,
    "tls": stockade_plugin_tls::Tls,
};

fn ready<'a, F: Family>(
    slot: &'a mut Option<Runner<F>>,
    rules: &[RuleSetup],
) -> Result<&'a Runner<F>, String> {
    if slot.is_none() {
        let mut runner = Runner::new();
        runner.configure(rules.iter().map(told).collect())?;
        *slot = Some(runner);
    }
    slot.as_ref().ok_or_else(|| "there is no runner".to_owned())
}

fn told(rule: &RuleSetup) -> stockade_sdk::Rule {
    let param = |param: &Param| stockade_sdk::Param {
        depth: param.depth,
        name: param.name.clone(),
        args: param.args.clone(),
        props: param.props.clone(),
    };
    stockade_sdk::Rule {
        index: rule.rule,
        id: rule.id.clone(),
        check: rule.check.clone(),
        params: rule.params.iter().map(param).collect(),
    }
}

/// Asks the families directly. For one set of rules in a process: its runners are the threads'.
pub(crate) struct Native {
    infos: Vec<PluginInfo>,
    rules: Vec<Vec<RuleSetup>>,
    own: Vec<&'static Own>,
    pub(crate) spent: Spent,
}

impl Native {
    /// The same plugins in the same order as a sandbox has them, each with its rules.
    pub(crate) fn new(infos: &[PluginInfo], rules: Vec<Vec<RuleSetup>>) -> anyhow::Result<Self> {
        let find = |info: &PluginInfo| {
            let own = FAMILIES.iter().find(|own| own.name == info.name);
            own.ok_or_else(|| anyhow::anyhow!("plugin `{}` is missing in benches/sandbox_cost", info.name))
        };
        let own = infos.iter().map(find).collect::<anyhow::Result<_>>()?;
        Ok(Self { infos: infos.to_vec(), rules, own, spent: Spent::new(infos.len()) })
    }

    fn fault(&self, plugin: usize, path: Option<&str>, message: String) -> Fault {
        let name = self.infos.get(plugin).map_or(String::new(), |info| info.name.clone());
        Fault { plugin: name, kind: FaultKind::Refused, path: path.map(str::to_owned), message }
    }
}

impl Checker for Native {
    fn plugins(&self) -> &[PluginInfo] {
        &self.infos
    }

    fn check(
        &self,
        plugin: usize,
        path: &str,
        kind: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        let (Some(info), Some(setups), Some(own)) =
            (self.infos.get(plugin), self.rules.get(plugin), self.own.get(plugin))
        else {
            return Err(self.fault(plugin, None, "there is no such plugin".to_owned()));
        };
        // Native code would borrow the document: the copy that the SDK's type asks for is not part of the check.
        let source = Source::new(stockade_testkit::to_wire(path, kind, document, &info.needs));
        let start = Instant::now();
        let answer = (own.file)(setups, source, rules);
        self.spent.add(plugin, start.elapsed());
        let report = answer.map_err(|words| self.fault(plugin, Some(path), words))?;
        Ok(RawReport {
            findings: report.findings.into_iter().map(finding).collect(),
            facts: report.facts.into_iter().map(fact).collect(),
            ..RawReport::default()
        })
    }

    fn check_project(&self, plugin: usize, rules: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let (Some(setups), Some(own)) = (self.rules.get(plugin), self.own.get(plugin)) else {
            return Err(self.fault(plugin, None, "there is no such plugin".to_owned()));
        };
        let files: Vec<stockade_sdk::FileFacts> = files.iter().map(facts).collect();
        let start = Instant::now();
        let answer = (own.project)(setups, &files, rules);
        self.spent.add(plugin, start.elapsed());
        let findings = answer.map_err(|words| self.fault(plugin, None, words))?;
        Ok(RawReport { findings: findings.into_iter().map(finding).collect(), ..RawReport::default() })
    }
}

fn facts(file: &FileFacts) -> stockade_sdk::FileFacts {
    let fact = |fact: &Fact| stockade_sdk::Fact {
        key: fact.key.clone(),
        value: fact.value.clone(),
        span: fact.span.map(|span| stockade_sdk::Span { start: span.start, end: span.end }),
    };
    stockade_sdk::FileFacts {
        path: file.path.to_string(),
        kind: file.kind.to_owned(),
        facts: file.facts.iter().map(fact).collect(),
    }
}

fn span(span: stockade_sdk::Span) -> Span {
    Span::new(span.start, span.end)
}

fn fact(fact: stockade_sdk::Fact) -> Fact {
    Fact { key: fact.key, value: fact.value, span: fact.span.map(span) }
}

fn finding(finding: stockade_sdk::Finding) -> RawFinding {
    let label = |label: stockade_sdk::Label| RawLabel {
        path: label.path,
        span: span(label.span),
        message: label.message,
    };
    RawFinding {
        rule: finding.rule,
        file: finding.file,
        span: finding.span.map(span),
        node: finding.node,
        message: finding.message,
        help: finding.help,
        labels: finding.labels.into_iter().map(label).collect(),
        fixes: finding.fixes.into_iter().map(fix).collect(),
        key: finding.key,
        data: finding.data,
    }
}

fn fix(fix: stockade_sdk::Fix) -> Fix {
    let edit = |edit: stockade_sdk::Edit| Edit { span: span(edit.span), replacement: edit.replacement };
    Fix {
        title: fix.title,
        applicability: match fix.applicability {
            stockade_sdk::Applicability::Safe => Applicability::Safe,
            stockade_sdk::Applicability::Unsafe => Applicability::Unsafe,
            stockade_sdk::Applicability::Manual => Applicability::Manual,
        },
        edits: fix.edits.into_iter().map(edit).collect(),
    }
}
