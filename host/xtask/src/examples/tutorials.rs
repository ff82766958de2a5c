//! Follows the book's tutorials for plugin authors literally, each in a new, empty folder outside the workspace, and does
//! the same with the projects that `stockade plugin new` makes.
//!
//! A fence behind a line that is nothing but `` `NAME`: `` is a file to write; a fence marked `sh` is run; a fence marked
//! `text` behind that is what it must print. Exit code 1 counts as success where output is shown: findings are the point.

use super::projects;
use super::recipes::LANGUAGES;
use super::tools::Tools;
use crate::run::{run, step};
use crate::setup;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where the pages lie.
const PAGES: &str = "book/src/authors";

/// One thing that a page says to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Write { name: String, text: String },
    Run { commands: String, prints: Option<String> },
}

/// `tutorials [LANGUAGE...]`: all unless some are named.
pub(crate) fn all(names: &[String]) -> Result<()> {
    setup::wasm()?;
    run("cargo", &["build", "--quiet", "--package", "stockade"])?;
    let tools = Tools::new()?;
    let mut times = Vec::new();
    for language in LANGUAGES {
        if !names.is_empty() && !names.iter().any(|name| name == language.name) {
            continue;
        }
        step(&format!("the tutorial for {}", language.title));
        let time = follow(&tools, language.name)
            .with_context(|| format!("{PAGES}/{}.md does not work", language.name))?;
        times.push((language.title, time));
    }
    let mut made = Vec::new();
    for (language, title) in projects::LANGUAGES {
        if names.is_empty() || names.iter().any(|name| name == language) {
            step(&format!("a new project {title}"));
            let time = projects::follow(&tools, language).with_context(|| {
                format!("what `stockade plugin new --lang {language}` makes does not work")
            })?;
            made.push((*title, time));
        }
    }
    ensure!(!times.is_empty() || !made.is_empty(), "there is no tutorial for {}", names.join(", "));
    println!(
        "| language | by the tutorial, from an empty folder to the first finding | by `plugin new` |\n|---|--:|--:|"
    );
    let titles = LANGUAGES.iter().map(|language| language.title).chain(["without code"]);
    for title in titles {
        let of = |list: &[(&str, Duration)]| {
            let time = list.iter().find(|(other, _)| *other == title);
            time.map(|(_, time)| format!("{:.0} s", time.as_secs_f64()))
        };
        let (tutorial, project) = (of(&times), of(&made));
        if tutorial.is_some() || project.is_some() {
            println!("| {title} | {} | {} |", tutorial.unwrap_or_default(), project.unwrap_or_default());
        }
    }
    Ok(())
}

fn follow(tools: &Tools, language: &str) -> Result<Duration> {
    let page = read(&tools.root.join(PAGES), &format!("{language}.md"))?;
    let mut path = Vec::new();
    if language == "go" {
        path.extend(Path::new(tools.go()?.get_program()).parent().map(Path::to_path_buf));
    }
    in_new_folder(&format!("tutorial-{language}"), |folder| {
        steps(&page)?.iter().try_for_each(|step| act(tools, &path, folder, step))
    })
}

/// Works in a new folder, which is gone afterwards; how long it took.
pub(super) fn in_new_folder(name: &str, work: impl FnOnce(&Path) -> Result<()>) -> Result<Duration> {
    let folder = std::env::temp_dir().join(format!("stockade-{name}-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let start = Instant::now();
    let done = work(&folder);
    let time = start.elapsed();
    std::fs::remove_dir_all(&folder)?;
    done.map(|()| time)
}

/// Does one thing in a folder; programs are looked for in `path` before the usual places.
pub(super) fn act(tools: &Tools, first: &[PathBuf], folder: &Path, step: &Step) -> Result<()> {
    match step {
        Step::Write { name, text } => {
            let file = folder.join(name);
            let parent = file.parent().context("a file lies in a folder")?;
            std::fs::create_dir_all(parent)?;
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
        }
        Step::Run { commands, prints } => {
            let mut path = vec![tools.root.join("target/debug")];
            path.extend_from_slice(first);
            path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
            let result = Command::new("bash")
                .args(["-e", "-u", "-c", commands])
                .current_dir(folder)
                .env("PATH", std::env::join_paths(path)?)
                .env("STOCKADE", &tools.root)
                // What an author has built before must not count.
                .env("STOCKADE_HOME", folder.join(".home"))
                .env_remove("CARGO_TARGET_DIR")
                .output()
                .context("cannot run bash")?;
            let (out, err) =
                (String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
            let success = result.status.success() || (prints.is_some() && result.status.code() == Some(1));
            ensure!(success, "{}\n{commands}\n{out}{err}", result.status);
            for line in prints.iter().flat_map(|text| text.lines()) {
                ensure!(
                    out.lines().any(|l| l == line),
                    "`{line}` is not among what was printed:\n{out}{err}"
                );
            }
            Ok(())
        }
    }
}

/// A page with the files that it includes.
fn read(folder: &Path, name: &str) -> Result<String> {
    let file: PathBuf = folder.join(name);
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut whole = String::new();
    for line in text.lines() {
        match line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}")) {
            Some(included) => whole.push_str(&read(folder, included)?),
            None => whole.push_str(line),
        }
        whole.push('\n');
    }
    Ok(whole)
}

fn steps(page: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut file: Option<String> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if ticks < 3 {
            let name = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
            if name.is_some() || !line.is_empty() {
                file = name.map(str::to_owned);
            }
            continue;
        }
        let (fence, kind) = line.split_at(ticks);
        let mut text = String::new();
        loop {
            match lines.next() {
                Some(line) if line == fence => break,
                Some(line) => {
                    text.push_str(line);
                    text.push('\n');
                }
                None => bail!("a fence is not closed"),
            }
        }
        match (file.take(), kind, steps.last_mut()) {
            (Some(name), ..) => steps.push(Step::Write { name, text }),
            (None, "sh", _) => steps.push(Step::Run { commands: text, prints: None }),
            (None, "text", Some(Step::Run { prints, .. })) => *prints = Some(text),
            (None, kind, _) => bail!("a fence marked `{kind}` has no file name above it"),
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::{Step, steps};

    #[test]
    fn files_commands_and_output_are_told_apart() {
        let page = "# T\n\nFirst:\n\n`a/b.c`:\n\n````md\n```text\nx\n```\n````\n\n```sh\nmake\n```\n\n```text\ndone\n```\n";
        let write = Step::Write { name: "a/b.c".to_owned(), text: "```text\nx\n```\n".to_owned() };
        let run = Step::Run { commands: "make\n".to_owned(), prints: Some("done\n".to_owned()) };
        assert_eq!(steps(page).ok(), Some(vec![write, run]));
        assert!(steps("```c\nint x;\n```\n").is_err(), "a fence that nothing is done with");
        assert!(steps("```sh\nmake\n").is_err());
    }
}
