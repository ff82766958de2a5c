//! The outer members of a SARIF file. `serde_sarif` has them too, but holds their lists whole; here a result or a rule
//! is made when its turn comes to be written, and forgotten. Members stand in the order of `serde_sarif`'s.

use serde::{Serialize, Serializer};
use serde_sarif::sarif::{ArtifactLocation, Invocation, RunAutomationDetails};
use std::cell::Cell;
use std::collections::BTreeMap;

/// A file with one run.
#[derive(Serialize)]
pub(super) struct Log<R> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) runs: [R; 1],
    pub(super) version: String,
}

/// A run with its results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a, Results, Rules> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) automation_details: Option<RunAutomationDetails>,
    pub(super) column_kind: String,
    pub(super) invocations: [Invocation; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_uri_base_ids: Option<BTreeMap<String, ArtifactLocation>>,
    pub(super) results: Results,
    pub(super) tool: Tool<'a, Rules>,
}

/// The tool that ran.
#[derive(Serialize)]
pub(super) struct Tool<'a, Rules> {
    pub(super) driver: Driver<'a, Rules>,
}

/// What is said of the program itself, with its rules.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a, Rules> {
    pub(super) full_name: String,
    pub(super) information_uri: &'static str,
    pub(super) language: &'static str,
    pub(super) name: &'static str,
    pub(super) rules: Rules,
    pub(super) semantic_version: &'a str,
    pub(super) version: &'a str,
}

/// A list whose elements are made while it is written. It is written once; a second time it is empty.
pub(super) struct Each<I>(Cell<Option<I>>);

impl<I> Each<I> {
    pub(super) fn of(elements: I) -> Self {
        Self(Cell::new(Some(elements)))
    }
}

impl<I: Iterator<Item: Serialize>> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}
