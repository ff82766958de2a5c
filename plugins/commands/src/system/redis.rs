//! Whom Redis lets in.
//!
//! Source: Redis' documentation of access control lists, "ACL rules".

use super::{lines, place};
use crate::View;
use stockade_sdk::secrecy::may_be_secret;
use stockade_sdk::{Out, Params};

/// The accounts of a file, each with its rules. Lines of other servers' files begin alike, and have no rule that says which
/// commands or keys an account may use.
fn accounts<'t>(view: &View<'t>) -> impl Iterator<Item = (&'t str, Vec<&'t str>)> {
    let is_own = view.source.kind() == "redis-acl";
    lines(view.source.text()).into_iter().filter_map(move |line| {
        let mut words = line.split_whitespace();
        let (Some("user"), Some(name)) = (words.next(), words.next()) else { return None };
        let rules: Vec<&str> = words.collect();
        let of_redis =
            |rule: &&str| rule.starts_with(['~', '+', '&']) || rule.eq_ignore_ascii_case("allkeys");
        (is_own || rules.iter().any(of_redis)).then_some((name, rules))
    })
}

/// `redis-acl-password`: an account's password stands in the file as it is.
pub(crate) fn password(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    for (name, rules) in accounts(view) {
        for password in rules.iter().filter_map(|rule| rule.strip_prefix('>')) {
            let open = password.starts_with(['$', '<', '{', '%']) || password.contains("${");
            if !open && may_be_secret(password) {
                out.finding(place(text, password), format!("the password of {name} stands in the file"))
                    .key(name.to_owned());
            }
        }
    }
}

/// `redis-acl-open`: an account that needs no password and may give commands.
pub(crate) fn open(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    for (name, words) in accounts(view) {
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
