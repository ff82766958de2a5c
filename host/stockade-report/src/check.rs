//! Judges SARIF files.
