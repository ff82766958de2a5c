//! Microsoft's SARIF multitool, with the rules for GitHub, over what we write.
//!
//! It is a program of its own: the path in `STOCKADE_SARIF_MULTITOOL`, or `Sarif.Multitool` on the `PATH`.
#![expect(
    clippy::disallowed_methods,
    reason = "tests run a program and read its files; the crate itself does not"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its functions included"
)]
#![expect(clippy::print_stderr, reason = "a test that is left out says so")]

mod canonical;

use canonical::{CanonicalPages, clean_report, report};
use std::path::{Path, PathBuf};
use std::process::Command;
use stockade_report::{Format, Options, SarifProfile, render};

const INSTALL: &str = "the SARIF multitool is missing. Install it with
    npm install --prefix ~/.cache/sarif-multitool @microsoft/sarif-multitool-linux
    chmod u+x ~/.cache/sarif-multitool/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
    export STOCKADE_SARIF_MULTITOOL=~/.cache/sarif-multitool/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
or set STOCKADE_SKIP_MULTITOOL=1 to do without this test";

/// The program, or `None` if this test is not wanted.
fn multitool() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("STOCKADE_SARIF_MULTITOOL") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "STOCKADE_SARIF_MULTITOOL is no file: {}", path.display());
        return Some(path);
    }
    let on_path = std::env::var_os("PATH").and_then(|all| {
        std::env::split_paths(&all).map(|dir| dir.join("Sarif.Multitool")).find(|path| path.is_file())
    });
    if on_path.is_none() && std::env::var_os("STOCKADE_SKIP_MULTITOOL").is_some() {
        eprintln!("skipped: STOCKADE_SKIP_MULTITOOL is set, nothing was checked with the SARIF multitool");
        return None;
    }
    Some(on_path.expect(INSTALL))
}

/// Errors that the multitool reports. Its exit code is 0 in any case.
fn errors(multitool: &Path, sarif: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in.sarif"), dir.path().join("out.sarif"));
    std::fs::write(&input, sarif).unwrap();
    let run = Command::new(multitool)
        .arg("validate")
        .arg(&input)
        .args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "--log", "ForceOverwrite", "-o"])
        .arg(&output)
        // It is a .NET program, whose language data may not be installed.
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&output).unwrap_or_else(|e| {
        panic!("the multitool wrote nothing ({e}): {}", String::from_utf8_lossy(&run.stderr))
    });
    let log: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "{log:#}");
    let results = run["results"].as_array().unwrap();
    // A level that is not stated is a warning.
    results.iter().filter(|r| r["level"] == "error").map(ToString::to_string).collect()
}

#[test]
fn the_multitool_finds_no_error() {
    let Some(multitool) = multitool() else {
        return;
    };
    // It must be able to find one.
    let bare = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "x"}}]}]}"#;
    assert!(!errors(&multitool, bare).is_empty());
    for (name, report) in [("canonical", report()), ("clean", clean_report())] {
        for sarif_profile in [SarifProfile::Github, SarifProfile::Full] {
            let options = Options {
                sarif_profile,
                docs_base_url: Some("https://docs.example/rules".to_owned()),
                category: (sarif_profile == SarifProfile::Full).then(|| "infra".to_owned()),
                ..Options::default()
            };
            let mut bytes = Vec::new();
            render(Format::Sarif, &report, &CanonicalPages, &options, &mut bytes).unwrap();
            let found = errors(&multitool, &String::from_utf8(bytes).unwrap());
            assert!(found.is_empty(), "{name}, {}: {found:#?}", sarif_profile.as_str());
        }
    }
}
