//! `stockade plugin build|check|test`: a project's code with the tools of its language, and its rules.

use super::pack::{current, is_plugin, pack};
use crate::args::plugin::{FolderArguments, PluginTestArguments};
use crate::args::{ListFormat, TestArguments};
use crate::catalog::Catalog;
use crate::commands::{counted, print, test as pages};
use crate::error::ProgramError;
use crate::exit::Exit;
use std::path::{Path, PathBuf};
use std::process::Command;
use stockade_model::Rule;
use stockade_sandbox::Limits;

/// How a language's project is compiled.
struct Recipe {
    /// The file that tells the language.
    marker: &'static str,
    /// Programs that can do it, the first that is there does; each with its first arguments.
    programs: &'static [&'static [&'static str]],
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// What it writes; `None` for what is named after the project.
    output: Option<&'static str>,
    /// How to get the program.
    install: &'static str,
}

const OUTPUT: &str = "build/plugin.wasm";

const RECIPES: &[Recipe] = &[
    Recipe {
        marker: "Cargo.toml",
        programs: &[&["cargo"]],
        arguments: &["build", "--release", "--target", "wasm32-unknown-unknown", "--target-dir", "target"],
        environment: &[],
        output: None,
        install: "Install Rust from https://rustup.rs, then `rustup target add wasm32-unknown-unknown`.",
    },
    Recipe {
        marker: "plugin.c",
        programs: &[&["zig"], &["python3", "-m", "ziglang"]],
        arguments: &[
            "cc",
            "-target",
            "wasm32-wasi",
            "-mexec-model=reactor",
            "-Oz",
            "-s",
            "-Wall",
            "-Wextra",
            "-Wl,-z,stack-size=65536",
            "-Isdk",
            "sdk/stockade.c",
            "plugin.c",
            "-o",
            OUTPUT,
        ],
        environment: &[],
        output: Some(OUTPUT),
        install: "Install Zig, which is also a C compiler: `pip install ziglang`.",
    },
    Recipe {
        marker: "plugin.zig",
        programs: &[&["zig"], &["python3", "-m", "ziglang"]],
        arguments: &[
            "build-exe",
            "-target",
            "wasm32-freestanding",
            "-OReleaseSmall",
            "-fstrip",
            "-fno-entry",
            "-rdynamic",
            "--stack",
            "65536",
            "--dep",
            "stockade",
            "-Mroot=plugin.zig",
            "-Mstockade=sdk/stockade.zig",
            "-femit-bin=build/plugin.wasm",
        ],
        environment: &[],
        output: Some(OUTPUT),
        install: "Install Zig 0.17: `pip install ziglang==0.17.0`.",
    },
    // Beside a `package.json`, so it comes before the recipe for that.
    Recipe {
        marker: "asconfig.json",
        programs: &[&["npx", "--no-install", "asc"]],
        // A path to a transform is not understood in `asconfig.json`.
        arguments: &["--transform", "./sdk/exports.mjs", "-o", OUTPUT],
        environment: &[],
        output: Some(OUTPUT),
        install: "Install Node.js 20 or newer, then run `npm install` in the project.",
    },
    Recipe {
        marker: "plugin.py",
        programs: &[&["componentize-py"]],
        arguments: &[
            "-d",
            "wit",
            "-w",
            "plugin",
            "componentize",
            "--stub-wasi",
            "-p",
            "sdk",
            "-p",
            ".",
            "plugin",
            "-o",
            OUTPUT,
        ],
        environment: &[],
        output: Some(OUTPUT),
        install: "Install it with `pip install componentize-py==0.25.1`.",
    },
    Recipe {
        marker: "package.json",
        programs: &[&["npx", "--no-install", "jco"]],
        arguments: &[
            "componentize",
            "plugin.ts",
            "--wit",
            "wit",
            "-n",
            "plugin",
            "--backend",
            "qjs",
            "--backend-qjs-disable-async",
            "--backend-qjs-stub-wasi",
            "-o",
            OUTPUT,
        ],
        environment: &[],
        output: Some(OUTPUT),
        install: "Install Node.js 20 or newer, then run `npm install` in the project.",
    },
    Recipe {
        marker: "go.mod",
        programs: &[&["go"]],
        arguments: &["build", "-buildmode=c-shared", "-ldflags=-s -w", "-trimpath", "-o", OUTPUT, "."],
        environment: &[("GOOS", "wasip1"), ("GOARCH", "wasm")],
        output: Some(OUTPUT),
        install: "Install Go 1.24 or newer from https://go.dev.",
    },
];

/// Compiles and packs a project.
pub(super) fn run(arguments: &FolderArguments) -> Result<Exit, ProgramError> {
    let folder = arguments.folder.as_path();
    let module = compile(folder)?;
    let (component, output) = pack(&Catalog::open()?, folder, Some(&module), None)?;
    print(&format!(
        "wrote {}: plugin {} {}, {} bytes\n",
        output.display(),
        component.name(),
        component.version(),
        component.wasm.len()
    ))?;
    Ok(Exit::Clean)
}

/// Opens what was built, as a scan would, and reads the rules as they are now.
pub(super) fn check(arguments: &FolderArguments) -> Result<Exit, ProgramError> {
    let (catalog, name) = with_project(&arguments.folder)?;
    let enabled = vec![true; catalog.table.rules.len()];
    // Compiles it and holds its functions against the contract.
    catalog.sandbox(&catalog.table, &enabled, Limits::default(), crate::commands::test::page_day())?;
    let rules = catalog.table.rules.iter().filter(|rule| rule.pack() == name).count();
    let rules = counted(rules, "rule");
    print(&format!("plugin {name} can be opened; its {rules} and their pages are right\n"))?;
    Ok(Exit::Clean)
}

/// Runs the examples of a project's pages, or writes what comes out into them.
pub(super) fn test(arguments: &PluginTestArguments) -> Result<Exit, ProgramError> {
    let (catalog, name) = with_project(&arguments.folder)?;
    let rules = vec![format!("{name}/*")];
    // A page lies beside its rule, and a rule's file has the rule's name.
    let page = |rule: &Rule| {
        let name = rule.id.rsplit('/').next().unwrap_or_default();
        arguments.folder.join("rules").join(format!("{name}.md"))
    };
    let bless: Option<pages::PageFile<'_>> = arguments.bless.then_some(&page);
    pages::report(
        &catalog,
        &TestArguments { rules, bless: None, format: ListFormat::Text, config: None },
        bless,
    )
}

fn with_project(folder: &Path) -> Result<(Catalog, String), ProgramError> {
    let mut catalog = Catalog::open()?;
    let component = current(&catalog, folder)?;
    let name = component.name().to_owned();
    catalog.add_plugin(component)?;
    Ok((catalog, name))
}

/// Compiles a project; gives the file that the compiler wrote.
fn compile(folder: &Path) -> Result<PathBuf, ProgramError> {
    is_plugin(folder)?;
    let recipe = RECIPES.iter().find(|recipe| folder.join(recipe.marker).is_file()).ok_or_else(|| {
        let markers: Vec<&str> = RECIPES.iter().map(|recipe| recipe.marker).collect();
        ProgramError::Build {
            what: format!(
                "`{}` is no project that can be built here: it has none of {}",
                folder.display(),
                markers.join(", ")
            ),
            advice: "Compile it with its own tools, then run `stockade plugin pack --component FILE`."
                .to_owned(),
        }
    })?;
    let output = match recipe.output {
        Some(path) => folder.join(path),
        None => folder.join("target/wasm32-unknown-unknown/release").join(crate_file(folder)?),
    };
    if recipe.output.is_some()
        && let Some(parent) = output.parent()
    {
        std::fs::create_dir_all(parent).map_err(|error| ProgramError::file("write", parent, &error))?;
    }
    for program in recipe.programs {
        let Some((name, first)) = program.split_first() else { continue };
        let run = Command::new(name)
            .args(first)
            .args(recipe.arguments)
            .envs(recipe.environment.iter().copied())
            .current_dir(folder)
            .output();
        let done = match run {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(ProgramError::file("run", *name, &error)),
            Ok(done) => done,
        };
        let words = String::from_utf8_lossy(&done.stderr);
        // `python3 -m ziglang` without ziglang.
        if words.contains("No module named ziglang") {
            continue;
        }
        if done.status.success() && output.is_file() {
            return Ok(output);
        }
        let words = stockade_sandbox::clean_lines(&words, 4000);
        return Err(ProgramError::Build {
            what: format!("`{}` fails:\n{words}", program.join(" ")),
            advice: format!("Mend what it names. Where it says that a tool is missing: {}", recipe.install),
        });
    }
    let names: Vec<String> =
        recipe.programs.iter().map(|program| format!("`{}`", program.join(" "))).collect();
    Err(ProgramError::Build {
        what: format!("{} is not there", names.join(" or ")),
        advice: recipe.install.to_owned(),
    })
}

/// What cargo calls the module: the package's name, as `Cargo.toml` says it first, with underscores.
fn crate_file(folder: &Path) -> Result<String, ProgramError> {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| ProgramError::file("read", &path, &error))?;
    let name = text.lines().find_map(|line| line.trim().strip_prefix("name")?.trim().strip_prefix('='));
    let name = name.map(|name| name.trim().trim_matches('"').replace('-', "_"));
    name.map(|name| format!("{name}.wasm")).ok_or_else(|| ProgramError::Build {
        what: format!("`{}` names no package", path.display()),
        advice: "Give the package a name.".to_owned(),
    })
}
