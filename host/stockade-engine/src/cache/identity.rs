//! What all results of a run depend on alike.

use crate::run::Options;
use stockade_model::{AlsoLiterals, PluginInfo, Rule, RuleTable, Severity};

/// A hash over everything but the files that the results of a run depend on: where it differs, nothing that was kept
/// counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(pub(super) [u8; blake3::OUT_LEN]);

impl Identity {
    /// The identity of a run. `enabled` says for each rule of the table whether it may be on for any path; `whole` is
    /// that of the files. `build` names the program, `code` what the plugins are made of and what they may use up.
    #[must_use]
    pub fn new(
        rules: &RuleTable,
        enabled: &[bool],
        plugins: &[PluginInfo],
        whole: bool,
        options: &Options<'_>,
        (build, code): (&str, &[&str]),
    ) -> Self {
        let mut parts = Parts(blake3::Hasher::new());
        parts.text(build);
        parts.list(code);
        for PluginInfo { name, version, needs, only_with } in plugins {
            parts.text(name);
            parts.text(version);
            parts.list(needs);
            parts.list(only_with.as_slice());
        }
        // Findings name rules by number, so all of them count, and in their order.
        for (at, rule) in rules.rules.iter().enumerate() {
            parts.text(&rule.id);
            let is_on = enabled.get(at).copied().unwrap_or(false);
            parts.flag(is_on);
            if is_on {
                parts.rule(rule);
            }
        }
        // Named one by one, so that a new option has to be thought of here. How many threads there are and what is
        // told about progress changes no result; suppressions are held against the findings afterwards, and only
        // which tools' directives are read is part of a file's result.
        let Options {
            threads: _,
            max_file_bytes,
            progress: _,
            version,
            stop_after: _,
            without_project,
            count_files,
            line_hashes,
            suppressions,
            cache: _,
            timing: _,
        } = options;
        parts.0.update(&max_file_bytes.to_le_bytes());
        parts.text(version);
        [whole, *without_project, *count_files, *line_hashes].into_iter().for_each(|flag| parts.flag(flag));
        for tool in suppressions.tools.list() {
            parts.text(tool.as_str());
        }
        Self(*parts.0.finalize().as_bytes())
    }

    /// The first half, to name files by.
    #[must_use]
    pub fn short(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().as_str().get(..32).unwrap_or_default().to_owned()
    }
}

/// Hashes so that no two lists of values look alike.
struct Parts(blake3::Hasher);

impl Parts {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.update(&[u8::from(flag)]);
    }

    fn list<T: AsRef<str>>(&mut self, list: &[T]) {
        self.0.update(&(list.len() as u64).to_le_bytes());
        list.iter().for_each(|text| self.text(text.as_ref()));
    }

    /// What of a rule a file's result depends on. What people are told about a rule is taken from the table when it is
    /// told.
    fn rule(&mut self, rule: &Rule) {
        let Rule {
            plugin,
            check,
            params,
            kinds,
            any_literal,
            also_literals,
            literal_param,
            project,
            repository,
            yields_to,
            single_files,
            sensitive,
            ..
        } = rule;
        self.list(&rule.severities().map(Severity::as_str).collect::<Vec<_>>());
        self.text(plugin);
        self.text(check);
        self.bytes(&params.encoded());
        self.list(kinds);
        self.list(any_literal);
        self.0.update(&(also_literals.len() as u64).to_le_bytes());
        for AlsoLiterals { literals, kinds } in also_literals {
            self.list(literals);
            self.list(kinds);
        }
        self.list(literal_param.as_slice());
        self.list(yields_to);
        [*project, *repository, *single_files, *sensitive].into_iter().for_each(|flag| self.flag(flag));
    }
}
