//! Rules about settings, wherever they are written: YAML, TOML, JSON, INI, properties, env files, environment
//! blocks.
//!
//! A rule is data: patterns over folded names, and what is wrong about the value. The host folds names and types
//! values (the table `settings`); `index` finds the rules that a name matters to, `checks` judge the value.

pub mod checks;
pub mod edge;
pub mod edit;
pub mod index;
pub mod known;
mod negation;
pub mod pattern;
pub mod regex;
pub mod sections;
pub mod view;

use checks::{address, header, limit, list, listeners, missing, origin, pattern_list, roles, url, value};
use index::Index;
use stockade_sdk::{Check, Family, FileFacts, Out, Params, Source};
use view::View;

/// The family.
#[derive(Debug)]
pub struct Settings;

impl Family for Settings {
    type View<'a> = View<'a>;
    type Project<'a> = &'a [FileFacts];

    const CHECKS: &'static [Check<Self>] = &[
        Check::<Self>::file("combined-listener", listeners::combined),
        Check::<Self>::file("pattern-valid", pattern_list::pattern_valid),
        Check::<Self>::file("role-exempt", roles::role_exempt),
        Check::<Self>::file("origin-pattern", origin::origin_pattern),
        Check::<Self>::file("roles", roles::roles),
        Check::<Self>::file("address", address::address),
        Check::<Self>::file("header", header::header),
        Check::<Self>::file("limit", limit::limit),
        Check::<Self>::file("list", list::list),
        Check::<Self>::file("missing", missing::missing),
        Check::<Self>::project("missing-anywhere", missing::anywhere),
        Check::<Self>::file("network", address::network),
        Check::<Self>::file("url", url::url),
        Check::<Self>::file("value", value::value),
    ];

    fn configured(rules: &[(u32, &'static str, &Params)]) -> Result<(), String> {
        Index::new(rules).map(Index::install)
    }

    fn view(source: &Source) -> View<'_> {
        View::new(source)
    }

    fn subjects(view: &View<'_>) -> Option<Vec<u32>> {
        Some(view.subjects())
    }

    fn facts(view: &View<'_>, out: &mut Out) {
        missing::record(view, out);
    }

    fn project(files: &[FileFacts]) -> &[FileFacts] {
        files
    }
}

stockade_sdk::export!(Settings);
