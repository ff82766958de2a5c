//! `stockade config show`: what is in force, and who says so.

use super::print;
use crate::args::{ConfigCommand, ListFormat};
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::prepare::{FAIL_ON, Input, Outside, Prepared};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stockade_engine::MAX_FILE_BYTES;
use stockade_model::RESERVED_PACKS;
use stockade_pack::config::{RuleState, Settings};
use stockade_pack::{Choice, Place};

/// Shows the effective settings, or what there is to set.
pub(crate) fn run(command: &ConfigCommand) -> Result<Exit, ProgramError> {
    match command {
        ConfigCommand::Show { path, config, format } => show(path.as_ref(), config.as_deref(), *format),
        ConfigCommand::Schema => print(&stockade_pack::config_schema()).map(|()| Exit::Clean),
    }
}

fn show(path: Option<&PathBuf>, policy: Option<&Path>, format: ListFormat) -> Result<Exit, ProgramError> {
    let outside = Outside { plugins: &[], locked: false, limits: &[], policy };
    let paths: Vec<_> = path.into_iter().cloned().collect();
    let ready = Prepared::new(Input::Paths(&paths), outside, &Choice::default(), false, 0, None)?;
    let settings = ready.policy.settings();
    let path = match path {
        Some(path) => {
            let real = path.canonicalize().map_err(|error| ProgramError::file("read", path, &error))?;
            Some(ready.root.relative(&real))
        }
        None => None,
    };
    print(&match (format, path) {
        (ListFormat::Text, None) => run_text(settings),
        (ListFormat::Text, Some(path)) => path_text(settings, &path),
        (ListFormat::Json, path) => json(settings, path.as_deref())?,
    })?;
    Ok(Exit::Clean)
}

fn by(place: Option<&Place>) -> String {
    place.map_or_else(|| "default".to_owned(), Place::to_string)
}

fn run_text(settings: &Settings) -> String {
    let mut out = String::new();
    for shown in settings.show(FAIL_ON, MAX_FILE_BYTES) {
        let _ = writeln!(out, "{} {}  // {}", shown.name, shown.value, by(shown.place.as_ref()));
    }
    out
}

/// What is said of one file: what it is, whether it is left out, and each rule that a file of configuration touched.
fn path_text(settings: &Settings, path: &str) -> String {
    let mut out = String::new();
    if let Some(exclude) = settings.excluded(path) {
        let why = exclude.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let _ = writeln!(out, "excluded{why}");
    }
    if let Some(kind) = settings.kind(path) {
        let _ = writeln!(out, "kind {kind}");
    }
    let states = settings.rule_states(path);
    // What a whole profile or `select` says of each rule is no news of that rule.
    let layers = || settings.config.layers.iter().map(|layer| &layer.choice);
    let profiles: Vec<&Place> = layers().filter_map(|choice| Some(&choice.profile.as_ref()?.place)).collect();
    let selects: Vec<&Place> = layers().filter_map(|choice| Some(&choice.select.first()?.place)).collect();
    let is_own = |place: &Option<Place>, enabled: bool, reserved: bool| {
        place.as_ref().is_some_and(|place| {
            !profiles.contains(&place) && !(selects.contains(&place) && (reserved || !enabled))
        })
    };
    let id = |state: &RuleState| settings.table.rules.get(state.rule).map_or("", |rule| rule.id.as_str());
    for state in &states {
        let rule = settings.table.rules.get(state.rule);
        let reserved = rule.is_some_and(|rule| RESERVED_PACKS.contains(&rule.pack()));
        let switched = is_own(&state.enabled_by, state.enabled, reserved);
        let touched = switched || state.severity_by.is_some() || state.locked_by.is_some();
        if !touched {
            continue;
        }
        let (severity, switched) = match (state.enabled, &state.enabled_by) {
            (true, _) => (Some(state.severity.as_str()), "on"),
            (false, None) => (Some("off"), "off"),
            (false, Some(_)) => (None, "off"),
        };
        let words =
            [(switched, &state.enabled_by), ("severity", &state.severity_by), ("locked", &state.locked_by)];
        let by = words.iter().filter_map(|(what, place)| Some(format!("{what} by {}", place.as_ref()?)));
        let all: Vec<String> = severity.map(str::to_owned).into_iter().chain(by).collect();
        let _ = writeln!(out, "{}: {}", id(state), all.join(", "));
    }
    // The program's own remarks are on whatever is selected; a scan's summary does not count them either.
    let is_selectable = |state: &&RuleState| {
        let rule = settings.table.rules.get(state.rule);
        rule.is_some_and(|rule| !RESERVED_PACKS.contains(&rule.pack()))
    };
    let selectable = states.iter().filter(is_selectable);
    let on = selectable.clone().filter(|state| state.enabled).count();
    let _ = writeln!(
        out,
        "{on} of {} rules are on; those not named are as the profile or `select` has them",
        selectable.count()
    );
    out
}

fn json(settings: &Settings, path: Option<&str>) -> Result<String, ProgramError> {
    let place = |place: &Option<Place>| {
        place
            .as_ref()
            .map(|place| serde_json::json!({ "file": Path::new(place.source.name()), "line": place.line() }))
    };
    let value = match path {
        None => {
            let shown = settings.show(FAIL_ON, MAX_FILE_BYTES);
            shown
                .iter()
                .map(|s| serde_json::json!({ "name": s.name, "value": s.value, "from": place(&s.place) }))
                .collect::<serde_json::Value>()
        }
        Some(path) => {
            let rules: Vec<serde_json::Value> = settings
                .rule_states(path)
                .iter()
                .filter_map(|state| {
                    let rule = settings.table.rules.get(state.rule)?;
                    Some(serde_json::json!({
                        "id": rule.id,
                        "enabled": state.enabled,
                        "enabled_by": place(&state.enabled_by),
                        "severity": state.severity.as_str(),
                        "severity_by": place(&state.severity_by),
                        "locked_by": place(&state.locked_by),
                    }))
                })
                .collect();
            let excluded = settings.excluded(path);
            serde_json::json!({
                "path": path,
                "kind": settings.kind(path),
                "excluded": excluded.is_some(),
                "excluded_reason": excluded.and_then(|exclude| exclude.reason.clone()),
                "rules": rules,
            })
        }
    };
    let text = serde_json::to_string_pretty(&value)
        .map_err(|error| ProgramError::file("write", "standard output", &std::io::Error::other(error)))?;
    Ok(text + "\n")
}
