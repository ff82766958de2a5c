//! Files that a scan of a part of a repository reads without judging them: what they hold is put into files of the scan.
//!
//! A template says the same whether the whole chart is scanned or, in a hook, one changed file of it. And a changed value says there
//! what its templates make of it.

use crate::charts::{MAX_OUTER, above, is_environment, is_helper, outer_chart, outermost_chart, own_chart};
use crate::kustomize::{NAMES, joined};
use crate::load::{MAX_FILE_BYTES, load};
use crate::outside::ENVIRONMENT;
use crate::walk::Found;
use std::collections::BTreeSet;
use stockade_syntax::{FileKind, Kustomization, PatchBody, PathClass, classify_path, parse_at};

/// Most charts of a scan beside which files are looked for. Where more files are given by name than these are in, the whole
/// repository may as well be scanned.
const MAX_CHARTS: usize = 1_000;

/// The names of a chart's own file.
pub(crate) const CHART: [&str; 2] = ["Chart.yaml", "Chart.yml"];

/// The files that take something from files of a scan which is no scan of theirs: the templates of a chart whose values, or whose
/// helpers, are scanned, and the Compose file beside a `.env`. What is found in them with a line of the scan is found in the scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Takers {
    /// The folders of charts, each with its last `/`, or empty.
    charts: BTreeSet<String>,
    /// The folders of Compose files.
    compose: BTreeSet<String>,
}

impl Takers {
    /// Those of these files.
    #[must_use]
    pub fn of(files: &[Found]) -> Self {
        let mut takers = Self::default();
        for path in files.iter().map(|found| &*found.path) {
            let (folder, name) = path.rfind('/').map_or(("", path), |at| path.split_at(at + 1));
            if name == ENVIRONMENT && takers.compose.len() < MAX_CHARTS {
                takers.compose.insert(folder.to_owned());
            }
            if takers.charts.len() >= MAX_CHARTS {
                continue;
            }
            if is_helper(path) {
                takers.charts.insert(outermost_chart(path).to_owned());
            } else if is_environment(name) || matches!(name, "values.yaml" | "values.yml") {
                takers.charts.insert(folder.to_owned());
            }
        }
        takers
    }

    /// Whether there can be none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.charts.is_empty() && self.compose.is_empty()
    }

    /// Leaves only folders that have a chart. `exists` tells of a path, relative to the root, whether there is such a file.
    pub fn with_charts(&mut self, exists: impl Fn(&str) -> bool) {
        self.charts.retain(|folder| CHART.iter().any(|name| exists(&format!("{folder}{name}"))));
    }

    /// Whether the file of this path, relative to the root, is one.
    #[must_use]
    pub fn wants(&self, path: &str) -> bool {
        let (folder, name) = path.rfind('/').map_or(("", path), |at| path.split_at(at + 1));
        if !(name.ends_with(".yaml") || name.ends_with(".yml")) {
            return false;
        }
        let is_compose = || matches!(classify_path(path), PathClass::Known(FileKind::Compose, _));
        if self.compose.contains(folder) && is_compose() {
            return true;
        }
        if self.charts.is_empty() || is_helper(path) || !folder.contains("templates/") {
            return false;
        }
        let mut chart = Some(own_chart(path));
        for _ in 0..=MAX_OUTER {
            let Some(folder) = chart else { break };
            if self.charts.contains(folder) {
                return true;
            }
            chart = outer_chart(folder).map(|(outer, _)| outer);
        }
        false
    }

    /// The folders that they lie in, each with whether it is a chart's.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&str, bool)> {
        let charts = self.charts.iter().map(|folder| (folder.as_str(), true));
        charts.chain(self.compose.iter().map(|folder| (folder.as_str(), false)))
    }
}

/// Which files these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The folders of charts, each with its last `/`, or empty.
    charts: BTreeSet<String>,
    /// Those among them that lie in no other one.
    outermost: BTreeSet<String>,
    /// The folders around files of values: whether one of them is a chart's.
    around_values: BTreeSet<String>,
    /// The folders of Compose files.
    compose: BTreeSet<String>,
    /// The folders of files in YAML.
    yaml: BTreeSet<String>,
    /// Whether all kustomizations are wanted.
    kustomizations: bool,
}

impl Beside {
    /// Those that put something into these files.
    #[must_use]
    pub fn of<'f>(files: impl IntoIterator<Item = &'f Found>) -> Self {
        let mut beside = Self::default();
        for path in files.into_iter().map(|found| &*found.path) {
            let (folder, name) = path.rfind('/').map_or(("", path), |at| path.split_at(at + 1));
            let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
            if is_yaml && path.contains("templates/") && beside.outermost.len() < MAX_CHARTS {
                let mut chart = own_chart(path);
                beside.charts.insert(chart.to_owned());
                for _ in 0..MAX_OUTER {
                    let Some((outer, _)) = outer_chart(chart) else { break };
                    chart = outer;
                    beside.charts.insert(chart.to_owned());
                }
                beside.outermost.insert(chart.to_owned());
            }
            let has_values = is_environment(name) || matches!(name, "values.yaml" | "values.yml");
            if has_values && beside.around_values.len() < MAX_CHARTS {
                beside.around_values.extend(above(path).map(str::to_owned));
            }
            if is_yaml && beside.yaml.len() < MAX_CHARTS {
                beside.yaml.insert(folder.to_owned());
            }
            if is_yaml && matches!(classify_path(path), PathClass::Known(FileKind::Compose, _)) {
                beside.compose.insert(folder.to_owned());
            }
        }
        beside
    }

    /// Whether there can be some, kustomizations included.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        // Whatever something is put into is YAML.
        !self.yaml.is_empty()
    }

    /// Whether there can be none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.charts.is_empty()
            && self.around_values.is_empty()
            && self.compose.is_empty()
            && !self.kustomizations
    }

    /// Wants all kustomizations, if one lies beside a file of the scan: others may take its objects from there, wherever
    /// they lie. `exists` tells of a path, relative to the root, whether there is such a file.
    pub fn with_kustomizations(&mut self, exists: impl Fn(&str) -> bool) {
        let mut paths = self.yaml.iter().flat_map(|folder| NAMES.map(|name| format!("{folder}{name}")));
        self.kustomizations = paths.any(|path| exists(&path));
    }

    /// Whether all kustomizations are wanted.
    pub(crate) fn wants_kustomizations(&self) -> bool {
        self.kustomizations
    }

    /// The paths of the files with patches that kustomizations among these files name.
    #[must_use]
    pub fn patches(files: &[Found]) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for found in files {
            let (folder, name) =
                found.path.rfind('/').map_or(("", &*found.path), |at| found.path.split_at(at + 1));
            if !NAMES.contains(&name) {
                continue;
            }
            let Ok(loaded) = load(&found.origin, MAX_FILE_BYTES) else { continue };
            let says =
                Kustomization::read(&parse_at(FileKind::Kustomization, &found.path, loaded.decoded.text));
            paths.extend(says.patches.iter().filter_map(|patch| match &patch.body {
                PatchBody::File(name) => joined(folder, name),
                PatchBody::Text(_) => None,
            }));
        }
        paths
    }

    /// Whether the file of this path, relative to the root, is one.
    #[must_use]
    pub fn wants(&self, path: &str) -> bool {
        let (folder, name) = path.rfind('/').map_or(("", path), |at| path.split_at(at + 1));
        match name {
            ENVIRONMENT => self.compose.contains(folder),
            name if NAMES.contains(&name) => self.kustomizations,
            "Chart.yaml" | "Chart.yml" if self.around_values.contains(folder) => true,
            "values.yaml" | "values.yml" | "Chart.yaml" | "Chart.yml" | "requirements.yaml" => {
                self.charts.contains(folder)
            }
            name if is_environment(name) => self.outermost.contains(folder),
            _ => is_helper(path) && self.outermost.iter().any(|chart| path.starts_with(chart.as_str())),
        }
    }

    /// The folders around files of values.
    pub(crate) fn around_values(&self) -> impl Iterator<Item = &str> {
        self.around_values.iter().map(String::as_str)
    }

    /// The folders that they lie in, each with what below it may be passed by: the folders of charts first.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&str, bool)> {
        let charts = self.outermost.iter().map(|folder| (folder.as_str(), true));
        charts.chain(self.compose.iter().map(|folder| (folder.as_str(), false)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, Takers};
    use crate::walk::{Found, Origin};

    #[test]
    fn what_takes_something_from_the_files_of_a_scan() {
        let found = |path: &str| Found { path: path.into(), origin: Origin::Text("".into()), kind: None };
        let takers = |path: &str| {
            let mut takers = Takers::of(&[found(path)]);
            takers
                .with_charts(|path| ["a/Chart.yaml", "a/charts/db/Chart.yml", "Chart.yaml"].contains(&path));
            takers
        };
        let (own, part) = ("a/templates/x/pod.yaml", "a/charts/db/templates/pod.yaml");
        for (path, takes) in [
            ("a/values.yaml", vec![own, part]),
            ("a/values-prod.yml", vec![own, part]),
            ("a/charts/db/values.yaml", vec![part]),
            ("a/charts/db/templates/_x.tpl", vec![own, part]),
            ("b/values.yaml", vec![]),
            ("values.yaml", vec!["templates/pod.yaml"]),
            ("a/.env", vec!["a/compose.yaml"]),
        ] {
            let takers = takers(path);
            let all = [
                own,
                part,
                "templates/pod.yaml",
                "b/templates/pod.yaml",
                "a/compose.yaml",
                "compose.yaml",
                "a/pod.yaml",
                "a/templates/_y.yaml",
                "a/templates/NOTES.txt",
            ];
            let wanted: Vec<&str> = all.into_iter().filter(|path| takers.wants(path)).collect();
            assert_eq!(wanted, takes, "{path}");
        }
        assert!(Takers::of(&[found("a/pod.yaml")]).is_empty());
    }

    #[test]
    fn what_lies_beside_the_files_of_a_scan() {
        let found = |path: &str| Found { path: path.into(), origin: Origin::Text("".into()), kind: None };
        let files =
            ["a/charts/db/templates/x/pod.yaml", "web/templates/page.html", "shop/compose.yaml", "b.yaml"];
        let beside = Beside::of(&files.map(found));
        for path in [
            "a/values.yaml",
            "a/Chart.yaml",
            "a/charts/db/values.yaml",
            "a/requirements.yaml",
            "a/values-prod.yaml",
            "a/templates/_helpers.tpl",
            "a/charts/common/templates/_x.yaml",
            "shop/.env",
        ] {
            assert!(beside.wants(path), "{path}");
        }
        for path in [
            "values.yaml",
            "a/charts/values.yaml",
            "a/charts/db/values-prod.yaml",
            "a/_x.tpl",
            "web/values.yaml",
            ".env",
            "a/.env",
            "shop/x.env",
        ] {
            assert!(!beside.wants(path), "{path}");
        }
        assert!(Beside::of(&[found("b.yaml")]).is_empty());
        let values = Beside::of(&[found("a/b/values.yaml")]);
        assert!(["Chart.yaml", "a/Chart.yaml", "a/b/Chart.yml"].iter().all(|path| values.wants(path)));
        assert!(!["a/c/Chart.yaml", "a/b/other-values.yaml"].iter().any(|path| values.wants(path)));
    }
}
