//! Compiles every `plugins/<family>` to a component and that to native code, and `rules/` to one table.
//!
//! A folder is a family if it holds a `plugin.kdl`; nothing has to be registered. Nothing is downloaded: a missing
//! toolchain is an error that says what to run.
#![expect(clippy::print_stdout, reason = "how a build script talks to cargo")]

mod toolchain;

use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stockade_pack::{PackSource, PluginSource, RuleStore, Source, Vocabulary};
use stockade_syntax::FileKind;
use toolchain::Toolchain;

/// The plugin interface that the sandbox of this build knows.
const INTERFACE: &str = "0.1";

fn main() -> Result<()> {
    // As cargo runs it, not as it was compiled: a target folder may be shared by several checkouts.
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("OUT_DIR is not set")?);
    // A new family shows in the workspace's manifest. Other SDKs and the examples are no part of the bundle.
    for watched in ["Cargo.toml", "plugins/sdk/rust", "rules", "wit", "host/stockade-bundle/build"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed={}", toolchain::CHOICE);

    let families = folders(&root.join("plugins"))?.into_iter().filter(|f| f.join("plugin.kdl").is_file());
    let families: Vec<PathBuf> = families.collect();
    for family in &families {
        println!("cargo::rerun-if-changed={}", family.display());
    }
    if families.is_empty() {
        bail!("no folder of {} holds a plugin.kdl", root.join("plugins").display());
    }
    let store = compile_rules(&root, &families)?;
    for (name, bytes) in ["rules.bin", "pages.bin", "guides.bin"].into_iter().zip(&store) {
        std::fs::write(out.join(name), bytes)?;
    }

    let toolchain = Toolchain::find().map_err(anyhow::Error::msg)?;
    let components = build_components(&toolchain, &root, &out, &families)?;
    let target = std::env::var("TARGET")?;
    let mut list = String::new();
    for (name, component) in components {
        let code = stockade_sandbox::precompile(&component, Some(&target))
            .map_err(|error| anyhow::anyhow!("plugin `{name}`: {error}"))?;
        std::fs::write(out.join(format!("{name}.wasm")), &component)?;
        // Whole pages, so that nothing else lies in those that are run.
        let mut code = code;
        code.resize(code.len().next_multiple_of(stockade_sandbox::ALIGNMENT), 0);
        std::fs::write(out.join(format!("{name}.cwasm")), &code)?;
        let digest = blake3::hash(&component).to_hex();
        writeln!(
            list,
            "Builtin {{ name: {name:?}, digest: \"{digest}\", component_bytes: {}, \
             code: &Pages(*include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.cwasm\"))).0 }},",
            component.len()
        )?;
    }
    let generated = format!(
        "#[repr(C, align({}))]\nstruct Pages<T>(T);\n\
         /// The built-in plugins, sorted by name.\npub static PLUGINS: &[Builtin] = &[\n{list}];\n\
         /// What compiled them.\npub const TOOLCHAIN: &str = {:?};\n",
        stockade_sandbox::ALIGNMENT,
        toolchain.describe()
    );
    std::fs::write(out.join("generated.rs"), generated)?;
    Ok(())
}

/// The folders in `parent`, sorted by name.
fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent).with_context(|| format!("cannot list {}", parent.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Reads a file as a source that errors name relative to the root.
fn source(root: &Path, file: &Path) -> Result<Source> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
    Ok(Source::new(name, text))
}

fn compile_rules(root: &Path, families: &[PathBuf]) -> Result<[Vec<u8>; 3]> {
    let mut packs = Vec::new();
    for folder in folders(&root.join("rules"))? {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "kdl" || e == "md") {
                files.push(source(root, &path)?);
            }
        }
        packs.push(PackSource { folder: name_of(&folder), files });
    }
    let mut plugins = Vec::new();
    for family in families {
        let file = Some(source(root, &family.join("plugin.kdl"))?);
        plugins.push(PluginSource { folder: name_of(family), file });
    }
    let kinds: Vec<&str> = FileKind::ALL.iter().map(|k| k.as_str()).collect();
    let vocabulary = Vocabulary { kinds: &kinds, interface: INTERFACE };
    let compiled = stockade_pack::compile(&packs, &plugins, &vocabulary).map_err(|errors| {
        let shown: Vec<String> =
            errors.into_iter().take(40).map(|error| format!("{:?}", miette::Report::new(error))).collect();
        anyhow::anyhow!("the rules do not compile:\n{}", shown.join("\n"))
    })?;
    Ok(RuleStore::pack(&compiled)?)
}

/// Builds all plugins in one go; gives name and component of each, sorted by name.
fn build_components(
    toolchain: &Toolchain,
    root: &Path,
    out: &Path,
    families: &[PathBuf],
) -> Result<Vec<(String, Vec<u8>)>> {
    // OUT_DIR is target/<profile>/build/<package>/out; all profiles share one folder for guests. The two
    // toolchains do not: their standard libraries differ.
    let target = out.ancestors().nth(4).context("OUT_DIR has an unknown shape")?;
    let folder = target.join(match toolchain {
        Toolchain::Own { .. } => "guests",
        Toolchain::Debian { .. } => "guests-debian",
    });
    let mut command = toolchain.cargo_build();
    command.current_dir(root).arg("--target-dir").arg(&folder);
    for family in families {
        command.arg("--package").arg(format!("stockade-plugin-{}", name_of(family)));
    }
    let result = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !result.status.success() {
        bail!("the plugins do not build:\n{}", String::from_utf8_lossy(&result.stderr));
    }
    let mut components = Vec::new();
    for family in families {
        let name = name_of(family);
        let file = folder.join(toolchain::TARGET).join("guest").join(format!("stockade_plugin_{name}.wasm"));
        let module = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let metered = stockade_metering::meter(&module)
            .with_context(|| format!("plugin `{name}` cannot be made to count what it does"))?;
        let component = wit_component::ComponentEncoder::default()
            .module(&metered)
            .and_then(|encoder| encoder.validate(true).encode())
            .with_context(|| format!("plugin `{name}` does not become a component"))?;
        components.push((name, component));
    }
    Ok(components)
}
