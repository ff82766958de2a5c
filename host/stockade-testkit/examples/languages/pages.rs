//! The pages' examples and whole trees, through the real sandbox and the real pipeline.

use anyhow::{Context, Result, anyhow, bail, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stockade_engine::{Found, Options, Origin, Plan, Root, Walked, apply, run, run_files};
use stockade_model::{Checker as _, Document, Report, RuleSetup, RuleTable, State};
use stockade_pack::{
    Compiled, ExampleFile, Outcome, PackSource, Page, PluginSource, Role, Source, Vocabulary,
};
use stockade_sandbox::{CodeCache, Limits, Reuse, Sandbox};
use stockade_syntax::FileKind;

/// The example's name, as a plugin and as a pack.
const NAME: &str = "example";

/// The description, rules and pages that all languages share.
pub(crate) struct Pack {
    pub(crate) table: RuleTable,
    pub(crate) needs: Vec<String>,
    compiled: Compiled,
    folder: PathBuf,
}

impl Pack {
    /// Reads a folder with `plugin.kdl`, `pack.kdl` and `rules/`.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut files = vec![source(&folder.join("pack.kdl"))?];
        for entry in std::fs::read_dir(folder.join("rules"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "kdl" || end == "md") {
                files.push(source(&path)?);
            }
        }
        files.sort_by(|a, b| a.name().cmp(b.name()));
        let kinds: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let vocabulary = Vocabulary { kinds: &kinds, interface: "0.1" };
        let plugin =
            PluginSource { folder: NAME.to_owned(), file: Some(source(&folder.join("plugin.kdl"))?) };
        let packs = [PackSource { folder: NAME.to_owned(), files }];
        let compiled = stockade_pack::compile(&packs, &[plugin], &vocabulary).map_err(|errors| {
            let shown: Vec<String> =
                errors.into_iter().map(|error| format!("{:?}", miette::Report::new(error))).collect();
            anyhow!("the pack does not compile:\n{}", shown.join("\n"))
        })?;
        let needs = compiled.plugin(NAME).context("the pack describes no such plugin")?.needs.clone();
        Ok(Self { table: compiled.table(), needs, compiled, folder: folder.to_owned() })
    }

    /// What the plugin is told about its rules.
    pub(crate) fn setups(&self) -> Vec<RuleSetup> {
        let rules = self.table.rules.iter().enumerate().filter(|(_, rule)| rule.plugin == NAME);
        rules
            .map(|(index, rule)| RuleSetup {
                rule: index as u32,
                id: rule.id.clone(),
                check: rule.check.clone(),
                params: rule.params.clone(),
            })
            .collect()
    }

    /// A sandbox with this component in it and these rules switched on, and how long it took to open.
    pub(crate) fn sandbox(
        &self,
        wasm: &[u8],
        rules: Vec<RuleSetup>,
        reuse: Reuse,
        cache: &CodeCache,
    ) -> Result<(Sandbox, Duration)> {
        let mut builder = Sandbox::builder(Limits::default())?.reuse(reuse);
        let needs: Vec<&str> = self.needs.iter().map(String::as_str).collect();
        let start = Instant::now();
        let number = builder.add_component(NAME, "0.1.0", &needs, wasm, Some(cache))?;
        let compile = start.elapsed();
        builder.rules([(number, rules)])?;
        let sandbox = builder.build();
        ensure!(sandbox.remarks().is_empty(), "{}", sandbox.remarks().join("\n"));
        Ok((sandbox, compile))
    }

    fn plan(&self) -> Arc<Plan> {
        let rules = &self.table.rules;
        Arc::new(Plan {
            enabled: rules.iter().map(|_| true).collect(),
            severity: rules.iter().map(|rule| rule.severity).collect(),
            rated: Vec::new(),
        })
    }
}

fn source(path: &Path) -> Result<Source> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Source::new(path.display().to_string(), text))
}

/// The example plugin in one language.
pub(crate) struct Plugin {
    sandbox: Sandbox,
    /// How long the component took to compile.
    pub(crate) compile: Duration,
}

type Input = (String, Option<FileKind>, String);

impl Plugin {
    /// Compiles a component.
    pub(crate) fn open(pack: &Pack, wasm: &[u8], cache: &CodeCache) -> Result<Self> {
        let (sandbox, compile) = pack.sandbox(wasm, pack.setups(), Reuse::Kept, cache)?;
        Ok(Self { sandbox, compile })
    }

    /// What the plugin says to a rule with a check that it does not have.
    pub(crate) fn refusal(pack: &Pack, wasm: &[u8], cache: &CodeCache) -> Result<String> {
        let mut rules = pack.setups();
        for rule in rules.iter_mut().take(1) {
            "no-such-check".clone_into(&mut rule.check);
        }
        let asked: Vec<u32> = rules.iter().map(|rule| rule.rule).collect();
        let (sandbox, _) = pack.sandbox(wasm, rules, Reuse::Kept, cache)?;
        let document = Document::of_text(String::new());
        match sandbox.check(0, "Dockerfile", "dockerfile", &document, &asked) {
            Err(fault) if fault.message.contains("no-such-check") => Ok(format!("{fault}\n")),
            Err(fault) => bail!("a rule with an unknown check should be refused with a reason, not: {fault}"),
            Ok(_) => bail!("a rule with an unknown check should be refused"),
        }
    }

    /// Runs every example of every page, as it is and after each fix, holds the results against the page, and gives all
    /// of what was reported.
    pub(crate) fn run_pages(&self, pack: &Pack, bless: bool) -> Result<String> {
        let mut transcript = String::new();
        for rule in pack.compiled.rules.iter() {
            let name = rule.id.rsplit('/').next().unwrap_or_default();
            let file = pack.folder.join("rules").join(format!("{name}.md"));
            let text = std::fs::read_to_string(&file)?;
            let page =
                Page::parse(&Source::new(file.display().to_string(), text.as_str())).map_err(|errors| {
                    anyhow!("{}: {}", file.display(), errors.first().map_or(String::new(), |e| e.to_string()))
                })?;
            let mut outcomes = Vec::new();
            for example in &page.examples {
                let outcome = self.example(pack, &rule.id, &inputs(&example.files)?, &mut transcript)?;
                let place = format!("{}:{}", file.display(), example.files.first().map_or(0, |f| f.line));
                if example.role == Role::Bad {
                    ensure!(!outcome.lines.is_empty(), "{place} is bad, but gives nothing");
                    if !bless {
                        let expected = example.expected.as_deref().unwrap_or_default();
                        ensure!(
                            outcome.lines == expected,
                            "{place}: the page says\n{}\nand the plugin\n{}",
                            expected.join("\n"),
                            outcome.lines.join("\n")
                        );
                        for file in example.fixed.iter().flatten() {
                            let same =
                                outcome.fixed.iter().any(|(p, text)| *p == file.path && *text == file.text);
                            ensure!(same, "{place}: the fix gives something else than the page says");
                        }
                    }
                    outcomes.push(outcome);
                } else {
                    ensure!(
                        outcome.lines.is_empty(),
                        "{place} is good, but gives {}",
                        outcome.lines.join("\n")
                    );
                }
            }
            if bless {
                std::fs::write(&file, page.bless(&outcomes))?;
            }
        }
        Ok(transcript)
    }

    fn example(&self, pack: &Pack, rule: &str, files: &[Input], transcript: &mut String) -> Result<Outcome> {
        let report = self.scan(pack, files)?;
        write!(transcript, "{}", told(&report)?)?;
        let fixed = files
            .iter()
            .map(|(path, kind, text)| {
                let own = report.findings.iter().filter(|f| *f.path == **path);
                (path.clone(), *kind, apply(text, own, false).text)
            })
            .collect::<Vec<Input>>();
        write!(transcript, "{}", told(&self.scan(pack, &fixed)?)?)?;
        let own = |rule_index: usize| report.rules.rules.get(rule_index).is_some_and(|r| r.id == rule);
        let lines = report
            .findings
            .iter()
            .filter(|f| f.state == State::Open && own(f.rule))
            .map(|f| {
                let line = format!("{}:{} {}", f.region.line, f.region.column, f.message);
                if files.len() > 1 { format!("{}:{line}", f.path) } else { line }
            })
            .collect();
        Ok(Outcome { lines, fixed: fixed.into_iter().map(|(path, _, text)| (path, text)).collect() })
    }

    fn scan(&self, pack: &Pack, files: &[Input]) -> Result<Report> {
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
        Ok(run_files(walked, &pack.table, &pack.plan(), &self.sandbox, &Options::default())?)
    }

    /// Runs everything below a folder; gives all of what was reported.
    pub(crate) fn run_tree(&self, pack: &Pack, tree: &Path) -> Result<String> {
        let root = Root::find(tree, &[])?;
        told(&run(&root, &pack.table, &pack.plan(), &self.sandbox, &Options::default())?)
    }
}

/// All of what a report says that comes from a plugin.
fn told(report: &Report) -> Result<String> {
    if let Some(fault) = report.faults.first() {
        bail!("{fault}");
    }
    Ok(format!("{:#?}\n", report.findings))
}

fn inputs(files: &[ExampleFile]) -> Result<Vec<Input>> {
    files
        .iter()
        .map(|file| {
            let kind = match &file.kind {
                Some(name) => Some(
                    FileKind::from_name(name).with_context(|| format!("no file kind is called `{name}`"))?,
                ),
                None => None,
            };
            Ok((file.path.clone(), kind, file.text.clone()))
        })
        .collect()
}
