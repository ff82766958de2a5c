//! Rules about Prometheus: what it is told to scrape, over which connections, and the rules that it evaluates.

mod alert;
mod coverage;
mod expression;
mod promql;
mod rules;
mod scrape;

use stockade_sdk::{Check, Family, FileFacts, Out, Source};

/// The family.
#[derive(Debug)]
pub struct Prometheus;

type One = Check<Prometheus>;

impl Family for Prometheus {
    type View<'a> = &'a Source;
    type Project<'a> = &'a [FileFacts];

    const CHECKS: &'static [Check<Self>] = &[
        One::file("alert", alert::alert),
        One::file("expression", expression::expression),
        One::file("scrape-insecure", scrape::insecure),
        One::project("scrape-missing", coverage::scrape_missing),
        One::project("alert-missing", coverage::alert_missing),
    ];

    fn view(source: &Source) -> &Source {
        source
    }

    fn facts(view: &&Source, out: &mut Out) {
        coverage::record(view, out);
    }

    fn project(files: &[FileFacts]) -> &[FileFacts] {
        files
    }
}

/// Whether the file is for tests, development or as an example.
fn is_exempt(source: &Source) -> bool {
    ["development", "test", "example"].iter().any(|mark| source.is_marked(mark))
}

stockade_sdk::export!(Prometheus);
