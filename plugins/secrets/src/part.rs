//! Parts of a file that are for tests or development: what stands there is worth less, or nothing.

use crate::names::{ends_in, is_password_name, is_signing_name};
use std::collections::HashMap;
use stockade_sdk::{Kind, Node, Setting, Source};

/// Variables by which frameworks are told what they run for.
const MODES: [&str; 8] =
    ["NODE_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV", "MIX_ENV", "FLASK_ENV", "DJANGO_ENV", "ENVIRONMENT"];
/// Keys of a pipeline whose entries are variables.
const VARIABLES: [&str; 3] = ["env", "environment", "variables"];
/// Settings that say where a password is asked for.
const PLACES: [&str; 5] = ["host", "hostname", "server", "url", "address"];

/// What is asked of the mappings around settings.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    /// Is it a document that Spring reads for the profile of tests?
    TestProfile,
    /// Does it name a host that is neither this machine nor a container beside it?
    Elsewhere,
}

/// The parts of a file that are for tests or development. Each mapping is asked once: it may have thousands of entries.
#[derive(Default)]
pub(crate) struct Trial {
    answers: HashMap<(Question, u32), bool>,
    /// Whether the jobs of the pipeline run tests.
    of_tests: Option<bool>,
}

impl Trial {
    /// Whether a setting stands where its value gives nothing away: in the part for tests, or in the one for development where
    /// a program makes the secret up itself. What somebody else issued is as good there as anywhere.
    pub(crate) fn has(&mut self, setting: Setting<'_>) -> bool {
        let node = setting.node();
        let part = part(node);
        // In a pipeline it is the name of a job.
        let of_tests = part == "test";
        if of_tests && !node.source().is_marked("pipeline") || self.is_in(node, Question::TestProfile) {
            return true;
        }
        let name = setting.name();
        let own = is_password_name(name)
            || is_signing_name(name)
            || ends_in(name, &["secret_key", "secret_key_base", "encryption_key", "app_key", "pass"]);
        let near = |trial: &mut Self| {
            !node.parent().is_some_and(|section| trial.answer(section, Question::Elsewhere))
        };
        own && (matches!(part, "development" | "dev") && near(self)
            || is_variable_of_a_job(node)
                && (of_tests || says_so(setting.value()) || self.runs_tests(node.source())))
    }

    /// Whether a pipeline says of one of its jobs that it runs for tests, and of none that it is for production. What the file
    /// sets for all jobs counts for that one, too.
    fn runs_tests(&mut self, pipeline: &Source) -> bool {
        *self.of_tests.get_or_insert_with(|| {
            let is_test = |node: &Node<'_>| matches!(node.text(), "test" | "testing" | "ci");
            !pipeline.is_marked("production")
                && pipeline.root().descendants().any(|node| MODES.contains(&node.name()) && is_test(&node))
        })
    }

    /// Whether the answer for one of the mappings around a node is yes.
    fn is_in(&mut self, node: Node<'_>, question: Question) -> bool {
        node.ancestors()
            .filter(|above| above.kind() == Kind::Mapping)
            .any(|above| self.answer(above, question))
    }

    fn answer(&mut self, mapping: Node<'_>, question: Question) -> bool {
        *self.answers.entry((question, mapping.id())).or_insert_with(|| match question {
            Question::TestProfile => mapping.key_span().is_none() && is_of_test_profile(mapping),
            Question::Elsewhere => PLACES.iter().filter_map(|name| mapping.get(name)).any(is_elsewhere),
        })
    }
}

/// The name of the part at the top of the file. Quarkus writes the profile in front of each name of a list of properties.
fn part<'a>(node: Node<'a>) -> &'a str {
    let outermost =
        std::iter::once(node).chain(node.ancestors()).filter(|node| node.key_span().is_some()).last();
    let name = outermost.map_or("", Node::name);
    match name.strip_prefix('%') {
        Some(profile) => profile.split('.').next().unwrap_or_default(),
        None => name,
    }
}

fn is_of_test_profile(document: Node<'_>) -> bool {
    let Some(spring) = document.get("spring") else { return false };
    let profile = spring.find("config.activate.on-profile").or_else(|| spring.get("profiles"));
    profile.is_some_and(|profile| profile.is_scalar() && profile.text() == "test")
}

/// Whether a node is a variable that a pipeline hands to what it runs.
fn is_variable_of_a_job(node: Node<'_>) -> bool {
    node.source().is_marked("pipeline")
        && node.parent().is_some_and(|above| VARIABLES.contains(&above.name()))
}

/// Whether a value says itself that it is there for tests: `for-tests-only-12`.
fn says_so(value: &str) -> bool {
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        ["test", "tests", "testing", "ci", "dummy"].iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
    })
}

/// Whether an address leads beyond this machine and the containers beside it.
fn is_elsewhere(place: Node<'_>) -> bool {
    let rest = place.text().split_once("://").map_or(place.text(), |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.contains('.') && !host.starts_with("127.") && !host.starts_with("0.0.0.0")
}
