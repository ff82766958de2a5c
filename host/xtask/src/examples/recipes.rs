//! How each language is compiled. The READMEs in `plugins/examples` say the same to people.

use super::tools::{Tools, quietly, text};
use crate::toolchain::{TARGET, Toolchain};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A language that the example plugin is written in.
pub(crate) struct Language {
    /// Its folder below `plugins/examples`.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// Writes the component to the path.
    pub(crate) build: fn(&Tools, &Path) -> Result<()>,
}

/// All of them, the reference first.
pub(crate) const LANGUAGES: &[Language] = &[
    Language { name: "rust", title: "Rust", build: rust },
    Language { name: "c", title: "C", build: c },
    Language { name: "python", title: "Python", build: python },
    Language { name: "go", title: "Go", build: go },
    Language { name: "javascript", title: "TypeScript", build: javascript },
];

/// The compiled module before it becomes a component.
fn module(component: &Path) -> PathBuf {
    component.with_extension("module.wasm")
}

/// Turns a core module into a component of the contract. Modules that use the old WASI need an adapter.
fn wrap(tools: &Tools, module: &Path, component: &Path, adapter: Option<&Path>) -> Result<()> {
    let typed = component.with_extension("typed.wasm");
    let embed = ["component", "embed", "wit/v0.1.0", "-w", "plugin", &text(module), "-o", &text(&typed)];
    quietly(tools.wasm_tools()?.args(embed))?;
    let mut new = tools.wasm_tools()?;
    new.args(["component", "new", &text(&typed), "-o", &text(component)]);
    if let Some(adapter) = adapter {
        new.arg("--adapt").arg(format!("wasi_snapshot_preview1={}", adapter.display()));
    }
    quietly(&mut new)
}

fn rust(tools: &Tools, component: &Path) -> Result<()> {
    let toolchain = Toolchain::find().map_err(anyhow::Error::msg)?;
    // The folder that the built-in plugins are compiled in: the SDK is compiled already.
    let folder = match toolchain {
        Toolchain::Own { .. } => "target/guests",
        Toolchain::Debian { .. } => "target/guests-debian",
    };
    quietly(
        toolchain
            .cargo_build()
            .args(["--package", "stockade-plugin-example", "--target-dir", folder])
            .current_dir(&tools.root),
    )?;
    let module = Path::new(folder).join(TARGET).join("guest/stockade_plugin_example.wasm");
    let new = ["component", "new", &text(&module), "-o", &text(component)];
    quietly(tools.wasm_tools()?.args(new)).context("the module does not become a component")
}

fn c(tools: &Tools, component: &Path) -> Result<()> {
    let module = module(component);
    let sources = ["-Iplugins/sdk/c", "plugins/sdk/c/stockade.c", "plugins/examples/c/plugin.c"];
    quietly(
        tools
            .zig()?
            .args(["cc", "-target", "wasm32-wasi", "-mexec-model=reactor", "-Oz", "-s"])
            .args(["-Wall", "-Wextra", "-Werror", "-Wl,-z,stack-size=65536"])
            .args(sources)
            .args(["-o", &text(&module)]),
    )?;
    wrap(tools, &module, component, None)
}

fn python(tools: &Tools, component: &Path) -> Result<()> {
    let paths = ["-p", "plugins/sdk/python", "-p", "plugins/examples/python"];
    quietly(
        tools
            .componentize_py()?
            .args(["-d", "wit/v0.1.0", "-w", "plugin", "componentize", "--stub-wasi"])
            .args(paths)
            .args(["plugin", "-o", &text(component)]),
    )
}

fn javascript(tools: &Tools, component: &Path) -> Result<()> {
    // jco reads what lies beside the source, and paths of WIT from there.
    quietly(
        tools
            .npm_program("jco")?
            .current_dir(tools.root.join("plugins/examples/javascript"))
            .args(["componentize", "plugin.ts", "--wit", "../../../wit/v0.1.0", "-n", "plugin"])
            .args(["--backend", "qjs", "--backend-qjs-disable-async", "--backend-qjs-stub-wasi"])
            .args(["-o", &text(&tools.root.join(component))]),
    )
}

fn go(tools: &Tools, component: &Path) -> Result<()> {
    let module = module(component);
    quietly(
        tools
            .go()?
            .current_dir(tools.root.join("plugins/examples/go"))
            .args(["build", "-buildmode=c-shared", "-ldflags=-s -w", "-trimpath"])
            .args(["-o", &text(&tools.root.join(&module)), "."]),
    )?;
    wrap(tools, &module, component, Some(&tools.adapter()?))
}
