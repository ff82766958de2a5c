//! `stockade plugin new`: a project that builds, tests and runs at once.

use crate::args::plugin::{Lang, NewArguments};
use crate::catalog::Catalog;
use crate::commands::print;
use crate::config::FILE;
use crate::error::ProgramError;
use crate::exit::Exit;
use std::path::{Path, PathBuf};
use stockade_engine::Root;
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
        Lang::Zig => Language::Zig,
        Lang::Assemblyscript => Language::Assemblyscript,
        Lang::Python => Language::Python,
        Lang::Javascript => Language::Javascript,
        Lang::Go => Language::Go,
    };
    let governing = if language == Language::Kdl { governing()? } else { None };
    for (path, text) in project(name, language) {
        // Only the outermost configuration may name packs: one below it would be an error in every scan.
        if governing.is_some() && path == FILE {
            continue;
        }
        let file = folder.join(path);
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        written
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| ProgramError::file("write", &file, &error))?;
    }
    let next = match language {
        Language::Kdl => match governing {
            Some((file, here)) => format!(
                "write `pack \"{here}{name}/{name}\"` into {}\n  stockade test '{name}/*'",
                file.display()
            ),
            None => format!("cd {name} && stockade test '{name}/*'"),
        },
        Language::Javascript | Language::Assemblyscript => {
            format!("cd {name} && npm install && stockade plugin build && stockade plugin test")
        }
        _ => format!("cd {name} && stockade plugin build && stockade plugin test"),
    };
    print(&format!("made {name}; next:\n  {next}\n"))?;
    Ok(Exit::Clean)
}

/// The outermost configuration file that holds in the current folder, and this folder relative to that file's, with a
/// slash behind it.
fn governing() -> Result<Option<(PathBuf, String)>, ProgramError> {
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    let root = Root::find(&here, &[])?;
    let Some(here) = root.starts.first() else { return Ok(None) };
    let inside = here.ancestors().take_while(|folder| folder.starts_with(&root.base));
    let outermost = inside.map(|folder| folder.join(FILE)).filter(|file| file.is_file()).last();
    Ok(outermost.map(|file| {
        let base = file.parent().unwrap_or(&root.base).to_path_buf();
        let below = Root { base, ..root.clone() }.relative(here);
        let shown = file.strip_prefix(here).unwrap_or(&file).to_path_buf();
        (shown, if below.is_empty() { below } else { format!("{below}/") })
    }))
}

/// Lower-case letters, digits and single dashes, starting with a letter: what a pack may be called.
fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
