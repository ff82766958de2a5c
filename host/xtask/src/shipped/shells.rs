//! Completions in the real shells, asked for what they offer, and the manual's pages through its linter.

use super::Bench;
use crate::run::output;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

pub(super) fn check(bench: &Bench) -> Result<String> {
    for (program, package) in [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish"), ("mandoc", "mandoc")] {
        bench.tools.debian(program, package)?;
    }
    let folder = bench.folder("shells")?;
    let program = bench.program.to_string_lossy().into_owned();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let name = if shell == "zsh" { "_stockade".to_owned() } else { format!("stockade.{shell}") };
        std::fs::write(folder.join(name), output(&program, &["completions", shell])?)?;
    }
    offers("bash", bash(&folder)?)?;
    offers("fish", fish(&folder)?)?;
    offers("zsh", zsh(&folder)?)?;
    let man = folder.join("man");
    output(&program, &["man", &man.to_string_lossy()])?;
    let mut pages = 0;
    for entry in std::fs::read_dir(&man)? {
        let page = entry?.path();
        // Below errors there are remarks about empty lines and a date that the generator leaves out.
        let found = Command::new("mandoc").args(["-T", "lint", "-W", "error"]).arg(&page).output()?;
        let remarks = String::from_utf8_lossy(&found.stdout).into_owned();
        ensure!(remarks.is_empty(), "{remarks}");
        let text = output("mandoc", &["-T", "utf8", &page.to_string_lossy()])?;
        ensure!(text.contains("stockade"), "{} says nothing", page.display());
        pages += 1;
    }
    ensure!(pages > 10, "there are only {pages} pages");
    Ok(format!("bash, zsh and fish offer commands, flags and values; {pages} pages of the manual"))
}

/// What the shells offer behind `stockade `, `stockade scan --for` and `stockade scan --format `.
struct Offered([String; 3]);

fn offers(shell: &str, Offered([commands, flags, values]): Offered) -> Result<()> {
    for (offered, expected) in [
        (&commands, ["scan", "explain", "baseline"]),
        (&flags, ["--format"; 3]),
        (&values, ["pretty", "sarif", "markdown"]),
    ] {
        // A shell may add what it knows of a candidate behind it, and colours.
        let plain = without_colours(offered);
        let words: Vec<&str> = plain.split_whitespace().collect();
        for one in expected {
            ensure!(words.contains(&one), "{shell} does not offer {one}: {offered}");
        }
    }
    ensure!(!values.contains("Cargo.toml"), "{shell} offers files for a format");
    Ok(())
}

/// `text` with a space for each of a terminal's control sequences.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | '?'));
        plain.push(' ');
        plain.extend(rest.chars().skip(1));
    }
    plain
}

fn bash(folder: &Path) -> Result<Offered> {
    let script = "source \"$1/stockade.bash\"; shift; COMP_WORDS=(stockade \"$@\"); COMP_CWORD=$#; \
                  \"$(complete -p stockade | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" stockade \"${*: -1}\" \"${*: -2:1}\"; \
                  printf '%s\\n' \"${COMPREPLY[@]}\"";
    let ask = |words: &[&str]| {
        let folder = folder.to_string_lossy();
        output("bash", &[&["--norc", "-c", script, "bash", &folder], words].concat())
    };
    Ok(Offered([ask(&[""])?, ask(&["scan", "--for"])?, ask(&["scan", "--format", ""])?]))
}

fn fish(folder: &Path) -> Result<Offered> {
    let ask = |line: &str| {
        let script = format!("source {}/stockade.fish; complete --do-complete '{line}'", folder.display());
        output("fish", &["--no-config", "--command", &script])
    };
    Ok(Offered([ask("stockade ")?, ask("stockade scan --for")?, ask("stockade scan --format ")?]))
}

/// zsh completes only at a terminal, so one is made for it, with the function loaded as users do it.
fn zsh(folder: &Path) -> Result<Offered> {
    let ask = |line: &str| -> Result<String> {
        let script = format!(
            "zmodload zsh/zpty; zpty -b z zsh -f -i; \
             z() {{ zpty -w z \"$1\"; sleep 0.3; }}; \
             z 'PS1=; unsetopt prompt_cr prompt_sp; LISTMAX=10000; LINES=1000; COLUMNS=100'; \
             z 'fpath=({} $fpath); autoload -Uz compinit; compinit -u -D; zstyle \":completion:*\" list-colors \"\"; bindkey \"^I\" list-choices'; \
             sleep 1; zpty -r z ignored '*' >/dev/null 2>&1; \
             zpty -n -w z $'{line}\\t'; sleep 2.5; out=; while zpty -r -t z part; do out+=$part; done; print -r -- \"$out\"; zpty -d z",
            folder.display()
        );
        let found = Command::new("zsh").args(["-f", "-c", &script]).output().context("cannot run zsh")?;
        Ok(String::from_utf8_lossy(&found.stdout).into_owned())
    };
    Ok(Offered([ask("stockade ")?, ask("stockade scan --for")?, ask("stockade scan --format ")?]))
}
