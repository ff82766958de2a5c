//! From what a compiler wrote to a component.

use crate::KitError;
use crate::sections::{Layer, layer, sections};
use std::borrow::Cow;
use wasi_preview1_component_adapter_provider as adapter;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The released contract that plugins are built against, word by word.
pub const WIT: &str = include_str!("../../../wit/v0.1.0/plugin.wit");

/// The world of a plugin.
const WORLD: &str = "plugin";
/// Language tools put the types of a module into sections whose names start like this.
const TYPES: &str = "component-type";

/// The component for a file that a compiler wrote: a component as it is; a core module wrapped, with the contract's
/// types if it brings none along, and with an adapter where it uses the old WASI. The same bytes for the same file.
///
/// # Errors
/// [`KitError::NoWasm`] for other files, [`KitError::Component`] for modules that do not fit the contract.
pub fn to_component(wasm: &[u8]) -> Result<Vec<u8>, KitError> {
    match layer(wasm) {
        Some(Layer::Component) => Ok(wasm.to_vec()),
        Some(Layer::Module) => wrap(wasm),
        None => Err(KitError::NoWasm { at: 0 }),
    }
}

fn wrap(module: &[u8]) -> Result<Vec<u8>, KitError> {
    let typed = sections(module)?.iter().any(|section| section.name.starts_with(TYPES));
    let mut module = Cow::Borrowed(module);
    if !typed {
        let mut resolve = Resolve::default();
        let package = resolve.push_source("plugin.wit", WIT).map_err(|e| misfit(&e))?;
        let world = resolve.select_world(&[package], Some(WORLD)).map_err(|e| misfit(&e))?;
        embed_component_metadata(module.to_mut(), &resolve, world, StringEncoding::UTF8)
            .map_err(|e| misfit(&e))?;
    }
    let name = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.adapter(name, adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER))
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|e| misfit(&e))
}

/// The encoder's words, all of them on one line: the innermost alone does not say which function it is about.
fn misfit(error: &impl std::fmt::Display) -> KitError {
    let words: Vec<String> =
        format!("{error:#}").split_whitespace().map(|word| word.escape_debug().to_string()).collect();
    KitError::Component { reason: words.join(" ").chars().take(600).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `wit-bindgen` exports for the three functions, doing nothing. `IMPORTS` stands first.
    fn module(imports: &str) -> Vec<u8> {
        let rules = "stockade:plugin/rules@0.1.0";
        wat::parse_str(format!(
            r#"(module {imports}
                (memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
                (func (export "{rules}#configure") (param i32 i32) (result i32) i32.const 16)
                (func (export "{rules}#check")
                    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 16)
                (func (export "{rules}#check-project") (param i32 i32 i32 i32) (result i32) i32.const 16))"#
        ))
        .unwrap()
    }

    #[test]
    fn a_module_without_types_gets_the_contracts() {
        let component = to_component(&module("")).unwrap();
        assert_eq!(layer(&component), Some(Layer::Component));
        assert_eq!(component, to_component(&module("")).unwrap());
        assert_eq!(to_component(&component).unwrap(), component);
        // The adapter is put in only where it is needed.
        assert!(component.len() < 4_000, "{}", component.len());
    }

    #[test]
    fn a_module_on_the_old_wasi_gets_the_adapter() {
        let import = r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#;
        let component = to_component(&module(import)).unwrap();
        let text = String::from_utf8_lossy(&component);
        assert!(text.contains("wasi:random/random@0.2"), "no WASI 0.2 among the imports");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let missing = wat::parse_str("(module)").unwrap();
        let error = to_component(&missing).unwrap_err().to_string();
        assert!(error.contains("stockade:plugin/rules@0.1.0"), "{error}");
        let error = to_component(&module(r#"(import "env" "read" (func))"#)).unwrap_err().to_string();
        assert!(error.contains("env"), "{error}");
        assert_eq!(to_component(b"#!/bin/sh"), Err(KitError::NoWasm { at: 0 }));
    }
}
