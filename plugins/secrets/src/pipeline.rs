//! Passwords that are worth nothing: of a database that a pipeline starts for one job and throws away.

use std::collections::HashSet;
use stockade_sdk::{Node, Source};

/// Variables by which images of databases and brokers are told their first password: they start with the container.
const FIRST_PASSWORDS: [&str; 13] = [
    "POSTGRES_PASSWORD",
    "POSTGRESQL_PASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_PASSWORD",
    "MARIADB_ROOT_PASSWORD",
    "MARIADB_PASSWORD",
    "MONGO_INITDB_ROOT_PASSWORD",
    "RABBITMQ_DEFAULT_PASS",
    "MSSQL_SA_PASSWORD",
    "SA_PASSWORD",
    "ELASTIC_PASSWORD",
    "MINIO_ROOT_PASSWORD",
    "ORACLE_PASSWORD",
];

/// Where the variables of those containers stand: at GitHub, Drone and Woodpecker, Bitbucket.
const SERVICES: [&str; 4] = [
    "[*].jobs[*].services[*].env[*]",
    "[*].services[*].environment[*]",
    "[*].definitions.services[*].variables[*]",
    "[*].definitions.services[*].environment[*]",
];

/// The password of every database on AppVeyor's machines, as its documentation has it.
const APPVEYOR: &str = "Password12!";

/// Whether a file tells a service of continuous integration what to do.
pub(crate) fn is_pipeline(source: &Source) -> bool {
    source.is_marked("pipeline")
}

/// The passwords of the containers that a pipeline starts beside its jobs. Gathered when first asked for.
pub(crate) struct Throwaway<'a> {
    source: &'a Source,
    values: Option<HashSet<&'a str>>,
}

impl<'a> Throwaway<'a> {
    /// Those of `source`: none where it is no pipeline.
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source, values: (!is_pipeline(source)).then(HashSet::new) }
    }

    /// Whether `value` is one of them. What is the same elsewhere in the file is how a job reaches the container.
    pub(crate) fn has(&mut self, value: &str) -> bool {
        let source = self.source;
        self.values.get_or_insert_with(|| passwords(source)).contains(value)
    }
}

fn passwords(source: &Source) -> HashSet<&str> {
    let root = source.root();
    let is_first = |node: &Node<'_>| node.is_scalar() && FIRST_PASSWORDS.contains(&node.name());
    let mut found: HashSet<&str> =
        std::iter::once(root).chain(root.descendants()).filter(is_first).map(Node::text).collect();
    // What else the container of a service is told is as short-lived.
    let services = SERVICES.iter().flat_map(|path| root.at(path));
    found.extend(services.filter(|node| node.is_scalar()).map(Node::text));
    // At CircleCI the first container is the one that the job runs in.
    for container in root.at("[*].jobs[*].docker").into_iter().flat_map(|list| list.children().skip(1)) {
        found.extend(container.at("environment[*]").into_iter().filter(|n| n.is_scalar()).map(Node::text));
    }
    let name = source.path().rsplit('/').next().unwrap_or_default();
    if name.trim_start_matches('.').starts_with("appveyor") {
        found.insert(APPVEYOR);
    }
    found.retain(|value| !value.is_empty());
    found
}
