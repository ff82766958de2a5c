//! Rules about what scripts, pipelines, Makefiles, documentation, services and containers call, and about the firewall that
//! they or rule files set up; and about files that tell a system whom it lets do what.

mod checks;
pub mod firewall;
mod system;

use checks::{backup, datastore, docker, keys, packages, retired, startup, vpn};
use stockade_sdk::script::Command;
use stockade_sdk::{Check, Family, FileFacts, Source, script};

/// The family.
#[derive(Debug)]
pub struct Commands;

/// What the checks look at.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// What it calls.
    pub commands: Vec<Command>,
}

impl View<'_> {
    /// Whether the file is for tests, development or as an example.
    #[must_use]
    pub fn is_exempt(&self) -> bool {
        ["development", "test", "example"].iter().any(|mark| self.source.is_marked(mark))
    }
}

type One = Check<Commands>;

impl Family for Commands {
    type View<'a> = View<'a>;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        One::file("backup-upload", backup::upload),
        One::file("docker-run", docker::docker_run),
        One::file("datastore-key", datastore::datastore_key),
        One::file("retired", retired::retired),
        One::file("key-generated", keys::key_generated),
        One::file("vpn-routes", vpn::vpn_routes),
        One::file("startup-pipe-to-shell", startup::pipe_to_shell),
        One::file("startup-index-plaintext", packages::index_plaintext),
        One::file("startup-world-writable", startup::world_writable),
        One::file("server-option", startup::server_option),
        One::file("firewall-default", firewall::checks::default_allow),
        One::file("firewall-deny-missing", firewall::checks::deny_missing),
        One::file("firewall-port", firewall::checks::port_open),
        One::file("sudo-password", system::sudoers::password),
        One::file("nfs-export", system::exports::open),
        One::file("dns-open", system::named::open),
        One::file("snmp-open", system::snmp::open),
        One::file("redis-acl-open", system::redis::open),
        One::file("redis-acl-password", system::redis::password),
        One::file("haproxy-stats", system::haproxy::stats),
    ];

    fn view(source: &Source) -> View<'_> {
        View { source, commands: script::commands(source) }
    }

    fn project(_: &[FileFacts]) -> Self::Project<'_> {}
}

stockade_sdk::export!(Commands);
