//! Configuration files: which there are, and what they mean for each path.

use crate::catalog::Catalog;
use crate::error::ProgramError;
use crate::home::{Home, own_packs};
use crate::locked;
use crate::own;
use crate::policy;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use stockade_engine::{Acceptance, Origin, Plan, Policy, Root, Walked};
use stockade_model::Rule;
use stockade_pack::config::{Config, Date, Pinned, Settings, Surroundings};
use stockade_pack::{Choice, Lock, PackSource, Placed, Vocabulary};
use stockade_syntax::FileKind;

/// The name of a configuration file.
pub(crate) const FILE: &str = "stockade.kdl";
/// The plugin interface that this program knows.
pub(crate) const INTERFACE: &str = "0.1";
/// The variable that sets the day of a run.
const TODAY: &str = "STOCKADE_TODAY";
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Which files a run is configured by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files<'a> {
    /// A policy from anywhere, which the repository's outermost file refines.
    pub(crate) policy: Option<&'a Path>,
    /// Whether the repository's own files count.
    pub(crate) own: bool,
    /// Whether lock files must pin exactly the plugins that are named.
    pub(crate) strict: bool,
}

/// Reads the configuration: the policy, the file at the root, those between the root and each scanned path, and those
/// in the folders that the walk found. Adds the plugins and packs that they name to the catalog. Beside the settings, how
/// many of the first `suppress` entries are the policy's.
pub(crate) fn load(
    catalog: &mut Catalog,
    root: &Root,
    walked: &Walked,
    choice: &Choice,
    files: Files<'_>,
    today: Option<Date>,
) -> Result<(Settings, usize), ProgramError> {
    let policy = files.policy.map(|file| policy::read(file, catalog, files.strict)).transpose()?;
    let (policy, mut packs) = policy.unzip();
    let mut configs = if files.own { read_all(root, walked, files.policy)? } else { Vec::new() };
    if files.own {
        locked::add(catalog, &wanted(&configs), &root.base, files.strict)?;
        packs.get_or_insert_default().extend(own_packs(&configs, &Home::repository(root))?);
    }
    add_packs(catalog, &packs.unwrap_or_default())?;
    // Joining keeps the policy's entries in front.
    let shared = policy.as_ref().map_or(0, |policy| policy.suppress.len());
    if let Some(policy) = policy {
        // The file at the root refines it as if it extended it; any other one governs only its folder.
        let layer = configs.first().and_then(|config| config.layers.first());
        let outermost = layer.is_some_and(|layer| layer.folder.is_empty()).then(|| configs.remove(0));
        configs.insert(0, policy.merge(outermost.unwrap_or_default()));
    }
    let settings = with_vocabulary(|vocabulary| resolve(catalog, configs, choice, vocabulary, today))?;
    Ok((settings, shared))
}

fn resolve(
    catalog: &Catalog,
    configs: Vec<Config>,
    choice: &Choice,
    vocabulary: &Vocabulary<'_>,
    today: Option<Date>,
) -> Result<Settings, ProgramError> {
    let surroundings = Surroundings { plugins: &catalog.plugins, vocabulary, today };
    let mut configs = configs.into_iter();
    let first = configs.next().unwrap_or_default();
    let settings = Settings::new(catalog.table.clone(), first, configs.collect(), choice, &surroundings)
        .map_err(|errors| ProgramError::Configuration { errors })?;
    Ok(settings)
}

/// The rules that hold in the current folder: the built-in ones, and the packs that the configuration at the
/// repository's root names, and those of a policy from anywhere. For commands that look at no file.
pub(crate) fn catalog_here(policy: Option<&Path>) -> Result<Catalog, ProgramError> {
    let mut catalog = Catalog::open()?;
    let policy = policy.map(|file| policy::read(file, &mut catalog, false)).transpose()?;
    let mut packs = policy.map(|(_, packs)| packs).unwrap_or_default();
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    let root = Root::find(&here, &[])?;
    let configs = read_all(&root, &Walked::default(), None)?;
    locked::add(&mut catalog, &wanted(&configs), &root.base, false)?;
    packs.extend(own_packs(&configs, &Home::repository(&root))?);
    add_packs(&mut catalog, &packs)?;
    Ok(catalog)
}

/// Gives what packs and plugins may refer to.
pub(crate) fn with_vocabulary<T>(ask: impl FnOnce(&Vocabulary<'_>) -> T) -> T {
    let kinds: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.as_str()).collect();
    ask(&Vocabulary { kinds: &kinds, interface: INTERFACE })
}

fn add_packs(catalog: &mut Catalog, packs: &[PackSource]) -> Result<(), ProgramError> {
    if packs.is_empty() {
        return Ok(());
    }
    with_vocabulary(|vocabulary| catalog.add_packs(packs, vocabulary))
        .map_err(|errors| ProgramError::Packs { errors })
}

/// The plugins from outside that the configuration at the root of a repository names.
pub(crate) fn wanted_at(root: &Path) -> Result<Vec<Placed<String>>, ProgramError> {
    let root = Root::find(root, &[])?;
    Ok(wanted(&read_all(&root, &Walked::default(), None)?))
}

/// Fails unless the lock file pins just the plugins that the configuration names.
pub(crate) fn check_lock(lock: &Lock, root: &Path) -> Result<(), ProgramError> {
    locked::exact(lock, &wanted_at(root)?).map(drop)
}

/// The plugins from outside that the configuration names.
fn wanted(configs: &[Config]) -> Vec<Placed<String>> {
    configs.iter().flat_map(|config| config.plugins.iter().cloned()).collect()
}

/// All configuration files of the repository, the outermost first. With a policy only the one at the root speaks for the
/// whole run beside it.
fn read_all(root: &Root, walked: &Walked, policy: Option<&Path>) -> Result<Vec<Config>, ProgramError> {
    let home = Home::repository(root);
    let above = |start| Path::ancestors(start).take_while(|folder| folder.starts_with(&root.base));
    let folders: BTreeSet<&Path> = root.starts.iter().flat_map(|start| above(start)).collect();
    let mut files = Vec::new();
    for folder in folders {
        files.extend(own::file(folder, FILE, &root.base)?);
    }
    files.extend(walked.files.iter().filter_map(|found| match &found.origin {
        Origin::Disk(file) if file.file_name().is_some_and(|name| name == FILE) => Some(file.to_path_buf()),
        _ => None,
    }));
    files.sort_by_key(|file| (file.components().count(), file.clone()));
    files.dedup();

    let mut configs = Vec::new();
    let mut errors = Vec::new();
    let at_root = files.first().is_some_and(|file| file.parent() == Some(&*root.base));
    let mut outermost = policy.filter(|_| !at_root).map(|file| file.display().to_string());
    for file in files {
        let source = home.read(&file)?;
        let folder = root.relative(file.parent().unwrap_or(&root.base));
        let mut fetch = |pinned: &Pinned| home.fetch(pinned);
        match Config::load(&source, &folder, outermost.as_deref(), &mut fetch) {
            Ok(config) => configs.push(config),
            Err(found) => errors.extend(found),
        }
        outermost.get_or_insert_with(|| source.name().to_owned());
    }
    if errors.is_empty() { Ok(configs) } else { Err(ProgramError::Configuration { errors }) }
}

/// Settings that no file has a say in.
pub(crate) fn without_files(catalog: &Catalog, choice: &Choice) -> Result<Settings, ProgramError> {
    Settings::without_files(catalog.table.clone(), choice)
        .map_err(|errors| ProgramError::Selection { errors })
}

/// The day that suppressions are held against: the one given, that of the environment, or that of the clock, in UTC.
pub(crate) fn today(given: Option<Date>) -> Result<Option<Date>, ProgramError> {
    if given.is_some() {
        return Ok(given);
    }
    if let Some(day) = std::env::var_os(TODAY) {
        let day = day.to_string_lossy().into_owned();
        return day.parse().map(Some).map_err(|_| ProgramError::Today { day });
    }
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs());
    Ok(seconds.and_then(|seconds| Date::from_days(u32::try_from(seconds / DAY_SECONDS).ok()?)))
}

/// What the engine asks of the configuration.
pub(crate) struct ConfigPolicy {
    settings: Settings,
    /// How many of the first `suppress` entries stand in a policy for many repositories.
    shared: usize,
}

impl ConfigPolicy {
    pub(crate) fn new(settings: Settings, shared: usize) -> Self {
        Self { settings, shared }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Policy for ConfigPolicy {
    fn possible(&self) -> Vec<bool> {
        self.settings.possible()
    }

    /// What is secret in everybody's eyes. Rules that are only for those who ask for them guess too much to blot out what
    /// others want to read.
    fn hiding(&self) -> Vec<bool> {
        let is_default = |rule: &Rule| rule.profiles.iter().any(|name| name == stockade_pack::DEFAULT);
        self.settings.table.rules.iter().map(|rule| rule.sensitive && is_default(rule)).collect()
    }

    fn plan(&self, path: &str) -> Arc<Plan> {
        let selection = self.settings.selection(path);
        Arc::new(Plan {
            enabled: selection.enabled.clone(),
            severity: selection.severity.clone(),
            rated: selection.rated.clone(),
        })
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        self.settings.kind(path).and_then(FileKind::from_name)
    }

    fn excluded(&self, path: &str) -> Option<String> {
        let exclude = self.settings.excluded(path)?;
        Some(match &exclude.reason {
            Some(reason) => format!("excluded by configuration: {reason}"),
            None => "excluded by configuration".to_owned(),
        })
    }

    fn locked(&self, path: &str, rule: usize) -> bool {
        self.settings.selection(path).is_locked(rule)
    }

    fn acceptances(&self) -> Vec<Acceptance> {
        let entries = self.settings.config.suppress.iter().zip(self.settings.suppressed_rules());
        entries
            .enumerate()
            .map(|(number, (entry, rules))| Acceptance {
                path: Arc::from(entry.place.source.name()),
                text: Arc::from(entry.place.source.text()),
                span: entry.place.span,
                names: entry.rules.iter().map(|rule| rule.value.clone()).collect(),
                rules: rules.clone(),
                scope: entry.pattern().to_owned(),
                until: entry.until,
                reason: entry.reason.clone(),
                shared: number < self.shared,
            })
            .collect()
    }

    fn accepted(&self, path: &str, rule: usize, node_path: &str) -> Vec<usize> {
        self.settings
            .suppressions_numbered(path, rule)
            .filter(|(_, entry)| entry.speaks_of(node_path))
            .map(|(number, _)| number)
            .collect()
    }
}
