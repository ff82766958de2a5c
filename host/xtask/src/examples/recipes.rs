//! How each language is compiled. The READMEs in `plugins/examples` say the same to people.

use super::tools::{Tools, quietly, text};
use crate::toolchain::{TARGET, Toolchain};
use anyhow::Result;
use std::path::Path;

/// A language that the example plugin is written in.
pub(crate) struct Language {
    /// Its folder below `plugins/examples`.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// Compiles to this file: a core module or a component.
    pub(crate) build: fn(&Tools, &Path) -> Result<()>,
}

/// All of them, the reference first.
pub(crate) const LANGUAGES: &[Language] = &[
    Language { name: "rust", title: "Rust", build: rust },
    Language { name: "c", title: "C", build: c },
    Language { name: "zig", title: "Zig", build: zig },
    Language { name: "assemblyscript", title: "AssemblyScript", build: assemblyscript },
    Language { name: "go", title: "Go", build: go },
    Language { name: "javascript", title: "TypeScript", build: javascript },
    Language { name: "python", title: "Python", build: python },
];

fn rust(tools: &Tools, output: &Path) -> Result<()> {
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
    std::fs::copy(module, output)?;
    Ok(())
}

fn c(tools: &Tools, output: &Path) -> Result<()> {
    let sources = ["-Iplugins/sdk/c", "plugins/sdk/c/stockade.c", "plugins/examples/c/plugin.c"];
    quietly(
        tools
            .zig()?
            .args(["cc", "-target", "wasm32-wasi", "-mexec-model=reactor", "-Oz", "-s"])
            .args(["-Wall", "-Wextra", "-Werror", "-Wl,-z,stack-size=65536"])
            .args(sources)
            .args(["-o", &text(output)]),
    )
}

fn python(tools: &Tools, output: &Path) -> Result<()> {
    let paths = ["-p", "plugins/sdk/python", "-p", "plugins/examples/python"];
    quietly(
        tools
            .componentize_py()?
            .args(["-d", "wit/v0.1.0", "-w", "plugin", "componentize", "--stub-wasi"])
            .args(paths)
            .args(["plugin", "-o", &text(output)]),
    )
}

fn javascript(tools: &Tools, output: &Path) -> Result<()> {
    // jco reads what lies beside the source, and paths of WIT from there.
    quietly(
        tools
            .npm_program("jco")?
            .current_dir(tools.root.join("plugins/examples/javascript"))
            .args(["componentize", "plugin.ts", "--wit", "../../../wit/v0.1.0", "-n", "plugin"])
            .args(["--backend", "qjs", "--backend-qjs-disable-async", "--backend-qjs-stub-wasi"])
            .args(["-o", &text(&tools.root.join(output))]),
    )
}

fn go(tools: &Tools, output: &Path) -> Result<()> {
    quietly(
        tools
            .go()?
            .current_dir(tools.root.join("plugins/examples/go"))
            .args(["build", "-buildmode=c-shared", "-ldflags=-s -w", "-trimpath"])
            .args(["-o", &text(&tools.root.join(output)), "."]),
    )
}

fn zig(tools: &Tools, output: &Path) -> Result<()> {
    quietly(
        tools
            .zig()?
            .args(["build-exe", "-target", "wasm32-freestanding", "-OReleaseSmall", "-fstrip"])
            .args(["-fno-entry", "-rdynamic", "--stack", "65536", "--dep", "stockade"])
            .args(["-Mroot=plugins/examples/zig/plugin.zig", "-Mstockade=plugins/sdk/zig/stockade.zig"])
            .arg(format!("-femit-bin={}", text(output))),
    )
}

fn assemblyscript(tools: &Tools, output: &Path) -> Result<()> {
    // A transform finds the compiler from where it lies.
    let mut asc = tools.npm_program("asc")?;
    let transform = tools.npm_folder().join("exports.mjs");
    std::fs::copy("plugins/sdk/assemblyscript/exports.mjs", &transform)?;
    quietly(
        asc.current_dir(&tools.root)
            .args(["plugins/examples/assemblyscript/plugin.ts", "-O3s", "--runtime", "minimal"])
            .args(["--noAssert", "--use", "abort=", "--transform", &text(&transform)])
            .args(["-o", &text(output)]),
    )
}
