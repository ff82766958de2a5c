//! Who may depend on whom, compared with what `cargo metadata` says.

use crate::run::{output, step};
use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Our crates with those of ours that each may depend on; `book/src/internals/architecture.md` has the picture.
const ARROWS: &[(&str, &[&str])] = &[
    ("stockade-model", &[]),
    ("stockade-syntax", &["stockade-model"]),
    ("stockade-pack", &["stockade-model"]),
    ("stockade-report", &["stockade-model"]),
    ("stockade-sandbox", &["stockade-model"]),
    ("stockade-metering", &[]),
    ("stockade-bundle", &[]),
    ("stockade-kit", &[]),
    ("stockade-engine", &["stockade-model", "stockade-pack", "stockade-syntax"]),
    (
        "stockade",
        &[
            "stockade-bundle",
            "stockade-engine",
            "stockade-kit",
            "stockade-model",
            "stockade-pack",
            "stockade-report",
            "stockade-sandbox",
            "stockade-syntax",
        ],
    ),
    ("stockade-sdk", &[]),
];

/// Crates that nothing that ships may depend on.
const DEVELOPMENT: &[&str] = &["stockade-testkit", "xtask"];

/// Checks normal dependencies; development ones are free, and those of build scripts end in no program.
pub(crate) fn check() -> Result<()> {
    step("dependency arrows");
    let metadata: Value =
        serde_json::from_str(&output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let names: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let dependencies: Vec<&str> = package["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|d| d["kind"].is_null())
            .filter_map(|d| d["name"].as_str())
            .collect();
        let ours = dependencies.iter().copied().filter(|d| names.contains(d));
        if DEVELOPMENT.contains(&name) {
            continue;
        }
        let allowed = match ARROWS.iter().find(|(crate_name, _)| *crate_name == name) {
            Some((_, allowed)) => *allowed,
            None if name.starts_with("stockade-plugin-") => &["stockade-sdk"],
            None => {
                bail!("`{name}` is not in the picture of dependencies: add it to host/xtask/src/arrows.rs")
            }
        };
        wrong.extend(ours.filter(|d| !allowed.contains(d)).map(|d| format!("{name} -> {d}")));
        if name != "stockade-sandbox" {
            wrong.extend(
                dependencies.iter().filter(|d| d.starts_with("wasmtime")).map(|d| format!("{name} -> {d}")),
            );
        }
    }
    if !wrong.is_empty() {
        bail!("these dependencies are against the architecture: {}", wrong.join(", "));
    }
    Ok(())
}
