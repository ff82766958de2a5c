//! `stockade plugin new`: a project that builds, tests and runs at once.

use crate::args::plugin::{Lang, NewArguments};
use crate::catalog::Catalog;
use crate::commands::print;
use crate::error::ProgramError;
use crate::exit::Exit;
use std::path::Path;
use stockade_kit::{Language, project};

/// Names that language tools keep for themselves: of modules, crates and generated bindings.
const TAKEN: [&str; 6] = ["plugin", "stockade", "stockade-sdk", "wit", "test", "main"];

/// Writes the project into a new folder.
pub(super) fn run(arguments: &NewArguments) -> Result<Exit, ProgramError> {
    let name = arguments.name.as_str();
    let failed = |reason: &str| ProgramError::NewProject { name: name.to_owned(), reason: reason.to_owned() };
    if !is_name(name) {
        return Err(failed("this is no name for a plugin"));
    }
    let built_in = Catalog::open()?.built_in();
    let taken = built_in.plugins.iter().map(|plugin| plugin.name.as_str());
    if TAKEN
        .into_iter()
        .chain(taken)
        .chain(built_in.packs.iter().map(|pack| pack.name.as_str()))
        .any(|n| n == name)
    {
        return Err(failed("the name is taken"));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(failed("the folder exists already"));
    }
    let language = match arguments.lang {
        Lang::Kdl => Language::Kdl,
        Lang::Rust => Language::Rust,
        Lang::C => Language::C,
        Lang::Python => Language::Python,
        Lang::Javascript => Language::Javascript,
        Lang::Go => Language::Go,
    };
    for (path, text) in project(name, language) {
        let file = folder.join(path);
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        written
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| ProgramError::file("write", &file, &error))?;
    }
    let next = match language {
        Language::Kdl => format!("cd {name} && stockade test '{name}/*'"),
        Language::Javascript => {
            format!("cd {name} && npm install && stockade plugin build && stockade plugin test")
        }
        _ => format!("cd {name} && stockade plugin build && stockade plugin test"),
    };
    print(&format!("made {name}; next:\n  {next}\n"))?;
    Ok(Exit::Clean)
}

/// Lower-case letters, digits and single dashes, starting with a letter: what a pack may be called.
fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
