//! The programs that the checks use, and how to get them.

use crate::run::{output, run, succeeds};
use crate::setup::debian_packages;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Where tools of npm and PyPI are installed, as `setup` does.
const FOLDER: &str = "target/tools";

/// A tool that is not there. It makes a check undone, not failed.
#[derive(Debug)]
pub(crate) struct Missing(String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is missing; --install installs it where that is possible", self.0)
    }
}

impl std::error::Error for Missing {}

/// Finds tools.
pub(crate) struct Tools {
    /// Whether to install what is not there.
    pub(crate) install: bool,
}

impl Tools {
    /// Makes sure of a program on the PATH that Debian has in `package`.
    pub(crate) fn debian(&self, program: &str, package: &str) -> Result<()> {
        let found = || succeeds("sh", &["-c", &format!("command -v {program}")]);
        if !found() && self.install {
            debian_packages(&[package])?;
        }
        if found() { Ok(()) } else { Err(Missing(format!("{program} (Debian: {package})")).into()) }
    }

    /// The path of `file` in an npm package, `spec` being name and version.
    pub(crate) fn npm(&self, spec: &str, file: &str) -> Result<PathBuf> {
        let folder = std::env::current_dir()?.join(FOLDER);
        let path = folder.join("node_modules").join(file);
        let (name, version) = spec.rsplit_once('@').unwrap_or((spec, ""));
        let wanted = format!("\"version\": \"{version}\"");
        let manifest = folder.join("node_modules").join(name).join("package.json");
        let found = || std::fs::read_to_string(&manifest).is_ok_and(|text| text.contains(&wanted));
        if !found() && self.install {
            std::fs::create_dir_all(&folder)?;
            let prefix = folder.to_string_lossy().into_owned();
            let flags = ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--prefix"];
            run("npm", &[&flags[..], &[&prefix, spec]].concat())?;
        }
        if found() && path.exists() { Ok(path) } else { Err(Missing(format!("{spec} of npm")).into()) }
    }

    /// A program of a Python package, `spec` being name and version, in an environment of its own.
    pub(crate) fn python(&self, spec: &str, program: &str) -> Result<PathBuf> {
        let folder = std::env::current_dir()?.join(FOLDER).join("python");
        let path = folder.join("bin").join(program);
        if !path.exists() && self.install {
            run("python3", &["-m", "venv", &folder.to_string_lossy()])?;
            run(&folder.join("bin/pip").to_string_lossy(), &["install", "--quiet", spec])?;
        }
        if path.exists() { Ok(path) } else { Err(Missing(format!("{spec} of PyPI")).into()) }
    }
}

/// pre-commit, and with it a reader of YAML.
pub(crate) const PRE_COMMIT: &str = "pre-commit==4.7.0";

/// What a YAML file holds.
pub(crate) fn yaml(tools: &Tools, file: &Path) -> Result<serde_json::Value> {
    let python = tools.python(PRE_COMMIT, "pre-commit")?.with_file_name("python");
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=str))";
    let json = output(&python.to_string_lossy(), &["-c", script, &file.to_string_lossy()])?;
    serde_json::from_str(&json).with_context(|| format!("cannot read {}", file.display()))
}

/// Says that something which is no program is not there.
pub(crate) fn missing(what: &str) -> anyhow::Error {
    Missing(what.to_owned()).into()
}
