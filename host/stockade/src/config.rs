//! Configuration files: which there are, and what they mean for each path.

use crate::catalog::Catalog;
use crate::error::ProgramError;
use crate::locked;
use crate::own;
use crate::policy;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use stockade_engine::{Acceptance, Origin, Plan, Policy, Root, Walked};
use stockade_model::Rule;
use stockade_pack::config::{Config, Date, Fetched, Pinned, Settings, Surroundings};
use stockade_pack::{Choice, Lock, PackSource, Placed, Source, Vocabulary};
use stockade_syntax::FileKind;

/// The name of a configuration file.
pub(crate) const FILE: &str = "stockade.kdl";
/// The plugin interface that this program knows.
pub(crate) const INTERFACE: &str = "0.1";
/// Files of one own pack: four times the largest built-in one. More are a mistake, such as a wrong folder.
const MAX_PACK_FILES: usize = 2000;
/// The variable that sets the day of a run.
const TODAY: &str = "STOCKADE_TODAY";
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// A folder with files of configuration, and how messages name what lies in it.
pub(crate) struct Home {
    pub(crate) root: Root,
    /// What stands in front of paths below the root; empty for the repository that is scanned.
    pub(crate) shown: String,
}

impl Home {
    fn repository(root: &Root) -> Self {
        Self { root: root.clone(), shown: String::new() }
    }

    /// A file with the name that messages have for it.
    pub(crate) fn read(&self, file: &Path) -> Result<Source, ProgramError> {
        Ok(Source::new(format!("{}{}", self.shown, self.root.relative(file)), own::text(file)?))
    }

    /// A base that a file extends: a file below the root. A scan opens nothing else and fetches nothing.
    pub(crate) fn fetch(&self, pinned: &Pinned) -> Result<Fetched, String> {
        let real = inside(&pinned.target.value, &pinned.folder, &self.root.base)?;
        let source = self.read(&real).map_err(|error| error.to_string())?;
        let folder = self.root.relative(real.parent().unwrap_or(&self.root.base));
        Ok(Fetched { source, folder })
    }
}

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
/// in the folders that the walk found. Adds the plugins and packs that they name to the catalog.
pub(crate) fn load(
    catalog: &mut Catalog,
    root: &Root,
    walked: &Walked,
    choice: &Choice,
    files: Files<'_>,
    today: Option<Date>,
) -> Result<Settings, ProgramError> {
    let policy = files.policy.map(|file| policy::read(file, catalog, files.strict)).transpose()?;
    let (policy, mut packs) = policy.unzip();
    let mut configs = if files.own { read_all(root, walked, files.policy)? } else { Vec::new() };
    if files.own {
        locked::add(catalog, &wanted(&configs), &root.base, files.strict)?;
        packs.get_or_insert_default().extend(own_packs(&configs, &Home::repository(root))?);
    }
    add_packs(catalog, &packs.unwrap_or_default())?;
    if let Some(policy) = policy {
        // The file at the root refines it as if it extended it; any other one governs only its folder.
        let layer = configs.first().and_then(|config| config.layers.first());
        let outermost = layer.is_some_and(|layer| layer.folder.is_empty()).then(|| configs.remove(0));
        configs.insert(0, policy.merge(outermost.unwrap_or_default()));
    }
    with_vocabulary(|vocabulary| resolve(catalog, configs, choice, vocabulary, today))
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
/// repository's root names. For commands that look at no file.
pub(crate) fn catalog_here() -> Result<Catalog, ProgramError> {
    let mut catalog = Catalog::open()?;
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    let root = Root::find(&here, &[])?;
    let configs = read_all(&root, &Walked::default(), None)?;
    locked::add(&mut catalog, &wanted(&configs), &root.base, false)?;
    let packs = own_packs(&configs, &Home::repository(&root))?;
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
        Origin::Disk(file) if file.file_name().is_some_and(|name| name == FILE) => Some(file.clone()),
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

/// Reads the folders with rules of the user's own that the configuration names: each once, in the order of their
/// names. They are data; a scan runs no code that they bring along.
pub(crate) fn own_packs(configs: &[Config], home: &Home) -> Result<Vec<PackSource>, ProgramError> {
    let mut folders: BTreeMap<PathBuf, &Pinned> = BTreeMap::new();
    for pinned in configs.iter().flat_map(|config| &config.packs) {
        let folder = inside(&pinned.target.value, &pinned.folder, &home.root.base)
            .map_err(|reason| pack_error(pinned, reason))?;
        folders.entry(folder).or_insert(pinned);
    }
    let mut packs = Vec::new();
    for (folder, pinned) in folders {
        let failed = |error: std::io::Error| pack_error(pinned, error.to_string());
        let mut files = Vec::new();
        for entry in folder.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let found = path.symlink_metadata().map_err(failed)?;
            let is_part = path.extension().is_some_and(|end| end == "kdl" || end == "md");
            // A rule that is not read would be missed by nobody.
            let unread = match (found.is_symlink() && is_part, found.is_dir()) {
                (true, _) => Some("a link, which is not followed"),
                (_, true) if has_rules(&path) => Some("a folder with rules: they lie beside `pack.kdl`"),
                _ => None,
            };
            if let Some(what) = unread {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                return Err(pack_error(pinned, format!("`{name}` in it is {what}")));
            }
            // What else lies there (an editor's copies, pictures) is not read.
            if found.is_file() && is_part {
                if files.len() == MAX_PACK_FILES {
                    return Err(pack_error(pinned, format!("it holds more than {MAX_PACK_FILES} files")));
                }
                files.push(home.read(&path)?);
            }
        }
        files.sort_by(|a, b| a.name().cmp(b.name()));
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        packs.push(PackSource { folder: name.unwrap_or_default(), files });
    }
    Ok(packs)
}

/// Whether a folder inside a pack looks like a part of it.
fn has_rules(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|end| end == "kdl"))
}

fn pack_error(pinned: &Pinned, reason: String) -> ProgramError {
    let target = &pinned.target;
    ProgramError::Pack { pack: target.value.clone(), place: target.place.to_string(), reason }
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

/// Where in the repository something lies that a configuration file in `folder` names.
pub(crate) fn inside(target: &str, folder: &str, root: &Path) -> Result<PathBuf, String> {
    if target.contains("://") {
        return Err("a scan fetches nothing; put it into the repository".to_owned());
    }
    let relative = Path::new(folder).join(target);
    let mut inside = PathBuf::new();
    for part in relative.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir if inside.pop() => {}
            _ => return Err("it lies outside the repository".to_owned()),
        }
    }
    let file = root.join(&inside);
    let real = file.canonicalize().map_err(|error| error.to_string())?;
    if !real.starts_with(root) {
        return Err("it is a link to a place outside the repository".to_owned());
    }
    Ok(real)
}

/// What the engine asks of the configuration.
pub(crate) struct ConfigPolicy {
    settings: Settings,
}

impl ConfigPolicy {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings }
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
            .map(|(entry, rules)| Acceptance {
                path: Arc::from(entry.place.source.name()),
                text: Arc::from(entry.place.source.text()),
                span: entry.place.span,
                names: entry.rules.iter().map(|rule| rule.value.clone()).collect(),
                rules: rules.clone(),
                scope: entry.pattern().to_owned(),
                until: entry.until,
                reason: entry.reason.clone(),
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
