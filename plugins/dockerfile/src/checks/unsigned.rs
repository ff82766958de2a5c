//! Package repositories that are used without signatures.

use super::written::{Written, written};
use crate::view::View;
use std::collections::HashMap;
use std::ops::Range;
use stockade_sdk::{Out, Params, Severity};

/// Longest part of a line that is looked at in front of a switch. Without a limit, a line of nothing but switches would take
/// quadratic time.
const LONGEST_LINE: usize = 512;

/// Where one of these is written, a repository or a whole package manager does without signatures.
struct Switch {
    /// The manager, for the message.
    tool: &'static str,
    /// The switch, in bytes of the text.
    range: Range<usize>,
    /// The text in which the addresses of the repository stand.
    scope: Range<usize>,
}

/// `unsigned-repository`: what is written to the files of apt, dnf, yum and pacman, or given to `add-apt-repository`,
/// switches signatures off. It is less bad where packages come by https all the same, and no matter for folders of the image.
pub fn repository(view: &View<'_>, _: &Params, out: &mut Out) {
    let mut texts = written(view);
    for (stage, instruction) in view.instructions() {
        let adds = |name: &str| matches!(name, "add-apt-repository" | "apt-add-repository");
        let calls = instruction.commands.iter().filter(|command| adds(command.name()));
        let words = calls.flat_map(|command| command.args().iter().copied());
        texts.extend(words.map(|node| Written::one(stage, node, "")));
    }
    texts.sort_by_key(|text| text.span.start);
    // A repository may be written line by line: `echo baseurl=… > file && echo gpgcheck=0 >> file`.
    let mut addresses = HashMap::new();
    for text in texts {
        let lower = text.raw().to_ascii_lowercase();
        if !text.file.is_empty() && lower.contains("://") {
            addresses.insert((text.stage, text.file), Transport::of(&lower));
        }
        report(text, &lower, addresses.get(&(text.stage, text.file)).copied(), out);
    }
}

/// Reports the switch in a text, `elsewhere` being how the packages of its file come where the text itself does not say so.
fn report(text: Written<'_>, lower: &str, elsewhere: Option<Transport>, out: &mut Out) {
    let Some(switch) = apt_option(lower)
        .or_else(|| deb822(lower, text.file))
        .or_else(|| apt_setting(lower, text.file))
        .or_else(|| gpgcheck(lower, text))
        .or_else(|| siglevel(lower, text.file))
    else {
        return;
    };
    let scope = lower.get(switch.scope.clone()).unwrap_or_default();
    let here = Transport::of(scope);
    let alone = switch.range.len() == scope.trim_matches(['"', '\'', ' ']).len();
    let transport = if alone { elsewhere.unwrap_or(here) } else { here };
    if transport == Transport::Local {
        return;
    }
    let setting = text.raw().get(switch.range.clone()).unwrap_or_default();
    let message = format!("{} accepts unsigned packages by {setting}", switch.tool);
    let finding = out.finding(text.place(switch.range), message).data("setting", setting);
    if transport == Transport::Https {
        finding.severity(Severity::Medium);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// From the image itself.
    Local,
    /// By https alone.
    Https,
    /// By http, or not known.
    Other,
}

impl Transport {
    fn of(text: &str) -> Self {
        let addresses = || text.match_indices("://").map(|(at, _)| text.split_at(at));
        let scheme = |before: &str| {
            let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
            before.get(start..).unwrap_or_default().to_owned()
        };
        let is_local = |(before, behind): (&str, &str)| {
            scheme(before) == "file"
                || ["://localhost", "://127."].iter().any(|address| behind.starts_with(address))
        };
        let folder =
            [" file:/", " copy:/", " cdrom:", "] file:/"].iter().any(|address| text.contains(address));
        if addresses().next().is_none() {
            return if folder { Self::Local } else { Self::Other };
        }
        if addresses().all(is_local) {
            return Self::Local;
        }
        if addresses().all(|(before, _)| scheme(before) == "https") { Self::Https } else { Self::Other }
    }
}

/// What stands in front of a place, as far back as a line is long.
fn before(text: &str, at: usize) -> &str {
    let mut start = at.saturating_sub(LONGEST_LINE);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

/// `deb [trusted=yes] https://...`
fn apt_option(lower: &str) -> Option<Switch> {
    const OPTIONS: [&str; 4] = ["trusted=yes", "trusted=true", "trusted=1", "allow-insecure=yes"];
    let found = OPTIONS.iter().flat_map(|option| lower.match_indices(option)).find(|(at, _)| {
        let before = before(lower, *at);
        let Some(bracket) = before.rfind('[') else { return false };
        let inside = before.get(bracket + 1..).unwrap_or_default();
        let front = before.get(..bracket).unwrap_or_default().trim_end_matches(['\\', ' ', '\t']);
        let begins = inside.is_empty() || inside.ends_with([' ', '\t']);
        begins && !inside.contains([']', '\n']) && (front.ends_with("deb") || front.ends_with("deb-src"))
    });
    let (at, option) = found?;
    let rest = lower.get(at..).unwrap_or_default();
    let line = rest.find('\n').into_iter().chain(rest.find("\\n")).min().unwrap_or(rest.len());
    Some(Switch { tool: "apt", range: at..at + option.len(), scope: at..at + line })
}

/// `Trusted: yes` in the newer form of apt's lists.
fn deb822(lower: &str, file: &str) -> Option<Switch> {
    if !file.ends_with(".sources") && !lower.contains("uris:") {
        return None;
    }
    let (at, _) = lower.match_indices("trusted:").find(|(at, name)| {
        let before = lower.get(..*at).unwrap_or_default();
        let begins = before.is_empty() || before.ends_with(['\n', '"', '\'']) || before.ends_with("\\n");
        let value = lower.get(at + name.len()..).unwrap_or_default().trim_start_matches([' ', '\t']);
        begins && value.starts_with("yes")
    })?;
    let end = at + lower.get(at..)?.find("yes")? + "yes".len();
    Some(Switch { tool: "apt", range: at..end, scope: 0..lower.len() })
}

/// `APT::Get::AllowUnauthenticated "true";` in a file of apt's settings.
fn apt_setting(lower: &str, file: &str) -> Option<Switch> {
    if !file.contains("apt") {
        return None;
    }
    let names = ["allowunauthenticated", "allowinsecurerepositories"];
    names.iter().flat_map(|name| lower.match_indices(name)).find_map(|(at, name)| {
        let start =
            at - lower.get(..at)?.bytes().rev().take_while(|b| b.is_ascii_alphabetic() || *b == b':').count();
        let behind = lower.get(at + name.len()..)?;
        let value = behind.trim_start_matches([' ', '\t', '"', '\'', '\\', '=']);
        let on = ["true", "yes", "1"].iter().find(|on| value.starts_with(**on))?;
        let quote = usize::from(value.get(on.len()..).is_some_and(|rest| rest.starts_with('"')));
        let end = at + name.len() + (behind.len() - value.len()) + on.len() + quote;
        Some(Switch { tool: "apt", range: start..end, scope: 0..0 })
    })
}

/// `gpgcheck=0` in a repository of yum or dnf, or for all of them.
fn gpgcheck(lower: &str, text: Written<'_>) -> Option<Switch> {
    let file = text.file;
    let of_yum = [".repo", "yum.conf", "dnf.conf"].iter().any(|end| file.ends_with(end))
        || file.contains("/yum.repos.d/")
        || lower.contains("baseurl");
    if !of_yum {
        return None;
    }
    // What sed replaces stands first, what it puts in last.
    let last = lower.rfind("gpgcheck").filter(|_| text.by_sed);
    let mut all =
        lower.match_indices("gpgcheck").map(|(at, _)| at).filter(|at| last.is_none_or(|last| last == *at));
    all.find_map(|at| {
        // Metadata and local packages have switches of their own, which are off in most files.
        let own = !lower.get(..at)?.ends_with('_');
        let behind = lower.get(at + "gpgcheck".len()..)?;
        let value = behind.trim_start_matches([' ', '\t', '=']);
        let assigned = behind.get(..behind.len() - value.len())?.contains('=');
        let length = value.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let off = matches!(value.get(..length)?, "0" | "no" | "false" | "off");
        let end = at + "gpgcheck".len() + (behind.len() - value.len()) + length;
        (own && assigned && off).then(|| Switch {
            tool: "yum or dnf",
            range: at..end,
            scope: if text.by_sed { 0..0 } else { section(lower, at) },
        })
    })
}

/// The part of a file of repositories that belongs to the one around `at`: from one `[name]` to the next.
fn section(lower: &str, at: usize) -> Range<usize> {
    let start = lower.get(..at).and_then(|before| before.rfind('[')).unwrap_or(0);
    let end = lower.get(at..).and_then(|behind| behind.find('[')).map_or(lower.len(), |end| at + end);
    start..end
}

/// `SigLevel = Never` in pacman's settings.
fn siglevel(lower: &str, file: &str) -> Option<Switch> {
    if !file.contains("pacman") {
        return None;
    }
    let (at, name) = lower.rmatch_indices("siglevel").next()?;
    let behind = lower.get(at + name.len()..)?;
    let value = behind.trim_start_matches([' ', '\t', '=']);
    let end = at + name.len() + (behind.len() - value.len()) + "never".len();
    value.starts_with("never").then_some(Switch { tool: "pacman", range: at..end, scope: 0..0 })
}

#[cfg(test)]
mod tests {
    use super::{Transport, apt_option, section};

    #[test]
    fn options_of_apt_stand_in_brackets_behind_deb() {
        for line in
            ["deb [trusted=yes] http://a /", "deb [arch=amd64 trusted=yes] a", r"s/^deb/deb \[trusted=yes]/"]
        {
            assert!(apt_option(line).is_some(), "{line}");
        }
        for line in [
            "trusted=yes",
            "deb [arch=amd64] http://a/?[trusted=yes",
            "[trusted=yes]",
            "deb [untrusted=yes] a",
        ] {
            assert!(apt_option(line).is_none(), "{line}");
        }
    }

    #[test]
    fn the_way_of_packages_is_read_from_their_addresses() {
        assert_eq!(Transport::of("baseurl=https://a/x\ngpgkey=https://a/y"), Transport::Https);
        assert_eq!(Transport::of("baseurl=http://a/x\ngpgkey=https://a/y"), Transport::Other);
        assert_eq!(Transport::of("baseurl=file:///srv/x"), Transport::Local);
        assert_eq!(Transport::of("trusted=yes] file:/srv/x ./"), Transport::Local);
        assert_eq!(Transport::of("trusted=yes] $url ./"), Transport::Other);
    }

    #[test]
    fn a_repository_ends_where_the_next_begins() {
        let text = "[a]\ngpgcheck=1\n[b]\ngpgcheck=0\n[c]\n";
        let at = text.rfind("gpgcheck").unwrap_or_default();
        assert_eq!(text.get(section(text, at)), Some("[b]\ngpgcheck=0\n"));
    }
}
