//! Write stockade rule plugins in Rust.
//!
//! A plugin is a [`Family`]: a view of one file that is built once, and a list of [`Check`]s over that view.
//! A check is a plain function, so it is tested natively, without Wasm.
//!
//! ```ignore
//! struct Demo;
//! impl Family for Demo {
//!     type View<'a> = &'a Source;
//!     type Project<'a> = ();
//!     const CHECKS: &'static [Check<Self>] = &[Check::file("no-tabs", no_tabs)];
//!     fn view(source: &Source) -> &Source { source }
//! }
//! fn no_tabs(source: &&Source, _: &Params, out: &mut Out) { /* ... */ }
//! stockade_sdk::export!(Demo);
//! ```
//!
//! What the plugin says about itself (`plugin.kdl`) is data beside the code; see the book's part for authors.

mod allocator;
#[doc(hidden)]
pub mod bindings;
// Elsewhere the system's own functions are as good.
#[cfg(any(target_family = "wasm", test))]
mod compare;
mod edit;
mod family;
pub mod host_pattern;
pub mod mode;
mod node;
mod out;
mod params;
pub mod script;
pub mod secrecy;
pub mod shell;
mod source;
pub mod tree_edit;
mod views;
pub mod wildcard;

pub use allocator::Allocator;
pub use bindings::stockade::plugin::types::{
    Applicability, Edit, Fact, FileFacts, Finding, Fix, Label, Param, Report, Rule, Span, Table,
};
pub use edit::{Style, remove_entry};
pub use family::{Check, Family, FileCheck, ProjectCheck, Runner};
pub use node::{Children, Kind, Node, Place, flag, keys};
pub use out::{FindingBuilder, Out, ProjectOut, Severity};
pub use params::Params;
pub use source::{Source, contains, find};
pub use views::{Setting, ValueKind, Variable, row_flag};

/// Makes a [`Family`] the plugin of this crate. Use once, at the top of the crate.
#[macro_export]
macro_rules! export {
    ($family:ty) => {
        // The exported names are no symbols that a native linker takes; tests run natively.
        #[cfg(target_family = "wasm")]
        mod stockade_guest {
            use super::*;
            use $crate::bindings::exports::stockade::plugin::rules;

            #[global_allocator]
            static ALLOCATOR: $crate::Allocator = $crate::Allocator::new();

            std::thread_local! {
                static RUNNER: ::core::cell::RefCell<$crate::Runner<$family>> =
                    ::core::cell::RefCell::new($crate::Runner::new());
            }

            struct Guest;

            impl rules::Guest for Guest {
                fn configure(enabled: Vec<$crate::Rule>) -> Result<(), String> {
                    RUNNER.with_borrow_mut(|runner| runner.configure(enabled))
                }
                fn check(file: rules::Source, run: Vec<u32>) -> Result<$crate::Report, String> {
                    RUNNER.with_borrow(|runner| runner.check($crate::Source::new(file), &run))
                }
                fn check_project(
                    files: Vec<$crate::FileFacts>,
                    run: Vec<u32>,
                ) -> Result<Vec<$crate::Finding>, String> {
                    RUNNER.with_borrow(|runner| runner.check_project(&files, &run))
                }
            }

            $crate::bindings::export_bindings!(Guest with_types_in $crate::bindings);
        }
    };
}
