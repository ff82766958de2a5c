//! Hands the target triple to the crate: compiled plugins are made for it, not for the building machine's CPU.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=STOCKADE_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}
