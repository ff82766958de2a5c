//! Whom Redis lets in.
//!
//! Source: Redis' documentation of access control lists, "ACL rules".

use super::{lines, place};
use crate::View;
use stockade_sdk::{Out, Params};

/// `redis-acl-open`: an account that needs no password and may give commands.
pub(crate) fn open(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    for line in lines(text) {
        let mut words = line.split_whitespace();
        let (Some("user"), Some(name)) = (words.next(), words.next()) else { continue };
        // What stands later counts; an account is off until it is switched on.
        let (mut is_on, mut open, mut commands) = (false, None, false);
        for word in words {
            match word.to_ascii_lowercase().as_str() {
                "on" => is_on = true,
                "off" => is_on = false,
                "nopass" => open = Some(word),
                "resetpass" => open = None,
                "reset" => (is_on, open, commands) = (false, None, false),
                "nocommands" | "-@all" => commands = false,
                "allcommands" => commands = true,
                other if other.starts_with('+') => commands = true,
                // A password takes the place of none at all.
                other if other.starts_with(['>', '#']) => open = None,
                _ => {}
            }
        }
        let Some(word) = open.filter(|_| is_on && commands) else { continue };
        out.finding(place(text, word), format!("{name} needs no password")).key(name.to_owned());
    }
}
