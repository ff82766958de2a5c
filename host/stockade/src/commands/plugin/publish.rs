//! `stockade plugin publish`: into an OCI registry.

use super::source::client;
use crate::args::plugin::PublishArguments;
use crate::catalog::Catalog;
use crate::commands::print;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::plugins::Component;
use std::collections::BTreeMap;
use stockade_kit::{KitError, PluginSource, push};

/// Publishes a plugin, and says by what it can be pinned.
pub(super) fn run(arguments: &PublishArguments) -> Result<Exit, ProgramError> {
    let component = Component::read_file(&arguments.file, &Catalog::open()?)?.usable()?;
    let origin = arguments.reference.clone();
    let failed = |error: KitError| ProgramError::Kit { origin: origin.clone(), error };
    let PluginSource::Oci(reference) = PluginSource::parse(&arguments.reference).map_err(failed)? else {
        return Err(failed(KitError::Source { reason: "plugins are published to `oci://`".to_owned() }));
    };
    let imports: Vec<String> = component.imports.iter().map(|import| import.name.clone()).collect();
    let annotations = BTreeMap::from([
        ("org.opencontainers.image.title".to_owned(), component.name().to_owned()),
        ("org.opencontainers.image.version".to_owned(), component.version().to_owned()),
    ]);
    let digest = push(&client()?, &reference, &component.wasm, &imports, &annotations).map_err(failed)?;
    let named = reference.pinned(&digest);
    print(&format!("published {} {}\n{named}\n", component.name(), component.version()))?;
    Ok(Exit::Clean)
}
