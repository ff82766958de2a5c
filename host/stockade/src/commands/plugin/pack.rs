//! `stockade plugin pack`: one file out of code, description and rules.

use crate::args::plugin::PackArguments;
use crate::catalog::Catalog;
use crate::commands::{counted, print};
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::plugins::{Component, compile, read_capped};
use std::path::{Path, PathBuf};
use stockade_kit::{replace_section, to_component};
use stockade_pack::{MAX_SECTION_BYTES, MAX_SECTION_FILES, PluginFiles, SECTION};
use stockade_sandbox::Limits;

/// Packs a folder and says what came out.
pub(crate) fn run(arguments: &PackArguments) -> Result<Exit, ProgramError> {
    let catalog = Catalog::open()?;
    let (component, output) =
        pack(&catalog, &arguments.folder, arguments.component.as_deref(), arguments.output.as_deref())?;
    let rules = component.says.rules.len();
    print(&format!(
        "wrote {}: plugin {} {}, {}, {} bytes\nsha256:{}\n",
        output.display(),
        component.name(),
        component.version(),
        counted(rules, "rule"),
        component.wasm.len(),
        component.digest
    ))?;
    Ok(Exit::Clean)
}

/// Packs a folder; gives what was written, and where.
pub(crate) fn pack(
    catalog: &Catalog,
    folder: &Path,
    component: Option<&Path>,
    output: Option<&Path>,
) -> Result<(Component, PathBuf), ProgramError> {
    let files = collect(folder)?;
    let says = compile(&files, &folder.display().to_string(), catalog)?;
    let name = says.plugins.first().map(|plugin| plugin.name.clone()).unwrap_or_default();
    let output = output.map_or_else(|| built(folder, &name), Path::to_path_buf);
    let source = match component {
        Some(file) => file.to_path_buf(),
        None => only_wasm(folder, &output)?,
    };
    let component = assemble(&files, &source, catalog)?;
    let written = output.parent().map_or(Ok(()), std::fs::create_dir_all);
    written
        .and_then(|()| std::fs::write(&output, &component.wasm))
        .map_err(|error| ProgramError::file("write", &output, &error))?;
    Ok((component, output))
}

/// Where a project's packed plugin lies.
pub(super) fn built(folder: &Path, name: &str) -> PathBuf {
    folder.join("dist").join(format!("{name}.wasm"))
}

/// The plugin that a project's rules as they are now and its code as it was built last make, in memory.
pub(super) fn current(catalog: &Catalog, folder: &Path) -> Result<Component, ProgramError> {
    let files = collect(folder)?;
    let says = compile(&files, &folder.display().to_string(), catalog)?;
    let name = says.plugins.first().map(|plugin| plugin.name.clone()).unwrap_or_default();
    let code = built(folder, &name);
    if !code.is_file() {
        return Err(ProgramError::NotBuilt { folder: folder.to_path_buf() });
    }
    assemble(&files, &code, catalog)
}

fn assemble(files: &PluginFiles, code: &Path, catalog: &Catalog) -> Result<Component, ProgramError> {
    let origin = code.display().to_string();
    let wasm = read_capped(code, Limits::default().component_bytes)?;
    let kit = |error| ProgramError::Kit { origin: origin.clone(), error };
    let whole = to_component(&wasm).and_then(|wasm| replace_section(&wasm, SECTION, &files.encode()));
    Component::read(&origin, whole.map_err(kit)?, catalog)?.usable()
}

/// Fails unless a folder is that of a plugin with code.
pub(super) fn is_plugin(folder: &Path) -> Result<(), ProgramError> {
    if folder.join("plugin.kdl").exists() {
        return Ok(());
    }
    Err(ProgramError::Unusable {
        path: folder.to_path_buf(),
        reason: "it is no plugin's folder: there is no `plugin.kdl` in it".to_owned(),
        advice: "Rules without code need no plugin: `stockade test 'PACK/*'` runs their examples, and `pack` in \
                 `stockade.kdl` lets scans use them. `stockade plugin new` starts a plugin.",
    })
}

/// The files of a plugin's folder that go into the section.
pub(crate) fn collect(folder: &Path) -> Result<PluginFiles, ProgramError> {
    let origin = folder.display().to_string();
    let mut files = Vec::new();
    is_plugin(folder)?;
    let missing = |name: &str, reason: &str, advice| ProgramError::Unusable {
        path: folder.join(name),
        reason: reason.to_owned(),
        advice,
    };
    if !folder.join("pack.kdl").is_file() {
        let advice = "Write one: `pack \"NAME\" { version \"0.1.0\"; title \"Rules of ...\"; requires \"0.1\" }` with the plugin's name.";
        return Err(missing("pack.kdl", "there is no such file", advice));
    }
    if !folder.join("rules").is_dir() {
        let advice =
            "Make it, with `ID.kdl` and the page `ID.md` for each rule; `stockade plugin new` shows both.";
        return Err(missing("rules", "there is no such folder", advice));
    }
    for name in ["plugin.kdl", "pack.kdl"] {
        files.push((name.to_owned(), read_text(&folder.join(name))?));
    }
    let guide = folder.join("guide.kdl");
    if guide.is_file() {
        files.push(("guide.kdl".to_owned(), read_text(&guide)?));
    }
    for path in list(&folder.join("rules"))? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wanted = path.extension().is_some_and(|end| end == "kdl" || end == "md");
        if wanted && !name.eq_ignore_ascii_case("readme.md") {
            files.push((format!("rules/{name}"), read_text(&path)?));
        }
    }
    PluginFiles::new(files).map_err(|error| ProgramError::BadPack { origin, reason: error.to_string() })
}

fn read_text(path: &Path) -> Result<String, ProgramError> {
    let bytes = read_capped(path, MAX_SECTION_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| ProgramError::File {
        verb: "read",
        path: path.to_path_buf(),
        reason: "it is not UTF-8".to_owned(),
    })?;
    // The same plugin from a checkout on Windows.
    Ok(text.replace("\r\n", "\n"))
}

/// The plain files of a folder, sorted by name.
fn list(folder: &Path) -> Result<Vec<PathBuf>, ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("read", folder, &error);
    let mut paths = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            paths.push(path);
        }
        if paths.len() > MAX_SECTION_FILES {
            let reason = format!("it holds more than {MAX_SECTION_FILES} files");
            return Err(ProgramError::File { verb: "read", path: folder.to_path_buf(), reason });
        }
    }
    paths.sort();
    Ok(paths)
}

/// The one compiled file of a folder.
fn only_wasm(folder: &Path, output: &Path) -> Result<PathBuf, ProgramError> {
    let is_wasm = |path: &PathBuf| path.extension().is_some_and(|end| end == "wasm") && path != output;
    let mut found: Vec<PathBuf> = list(folder)?.into_iter().filter(is_wasm).collect();
    match (found.pop(), found.len()) {
        (Some(file), 0) => Ok(file),
        (last, _) => Err(ProgramError::WhichWasm {
            folder: folder.to_path_buf(),
            found: if last.is_none() { "no `.wasm` file" } else { "several `.wasm` files" },
        }),
    }
}
