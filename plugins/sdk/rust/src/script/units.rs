//! What units of systemd start.
//!
//! Source: `systemd.service(5)`, "Command lines": the words are cut as a shell cuts them, but for signs that no program here is
//! called with.

use super::cutter::{Cutter, Notation};
use super::programs::Reader;
use super::{Command, Wanted};
use crate::Source;

/// Settings that hold a command line.
const COMMANDS: [&str; 7] =
    ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"];
/// What may stand in front of it: how errors count, and with which rights it runs.
const SIGNS: [char; 6] = ['-', '@', ':', '+', '!', '|'];

/// The command lines of all sections: `[Service]` has them, and so have sockets, mounts and swaps.
pub(super) fn units(source: &Source, wanted: Wanted<'_>, found: &mut Vec<Command>) {
    let mut reader = Reader { source, wanted, found };
    for node in source.root().descendants() {
        if !COMMANDS.contains(&node.name()) {
            continue;
        }
        let span = node.span();
        let text = source.slice(span);
        let line = text.trim_start_matches(SIGNS);
        if wanted.may_be_in(line) {
            let start = span.start + (text.len() - line.len()) as u32;
            let before = reader.found.len();
            Cutter::new(line, start, Notation::Shell, node.id()).cut(reader.found);
            reader.handed_scripts(before, Notation::Shell);
        }
    }
}
