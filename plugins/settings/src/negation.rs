//! Names that say the opposite of what they end in: `disable_require_tls` is no demand for TLS.

use stockade_sdk::secrecy::flat;
use stockade_sdk::{Setting, row_flag};

/// Words that turn round what stands behind them, each with the `_` that ends it.
const WORDS: [&str; 8] =
    ["disable_", "disabled_", "turn_off_", "deactivate_", "suppress_", "skip_", "bypass_", "without_"];

/// What stands behind such a word in the folded name of a setting, where the setting's own key has one: sections around it
/// are other settings' as well.
pub(crate) fn behind<'a>(setting: Setting<'a>) -> Option<&'a str> {
    let name = setting.name();
    let rest = behind_word(name)?;
    let node = setting.node();
    // The node of a variable may be the `value` of an entry in a list.
    let has_name = !node.name().is_empty() && !setting.has(row_flag::VARIABLE);
    let written = if has_name { node.name().to_owned() } else { setting.written() };
    // A line of a Java properties file has the whole path for a key.
    let own = written.rsplit('.').next().map(flat)?;
    own.ends_with(rest).then_some(rest).filter(|rest| own.len() > rest.len())
}

fn behind_word(name: &str) -> Option<&str> {
    let edges = name.bytes().enumerate().filter(|(_, byte)| *byte == b'_').map(|(at, _)| at + 1);
    let ends = std::iter::once(0).chain(edges).filter_map(|start| {
        let rest = name.get(start..)?;
        // Nearly all words of names begin otherwise.
        rest.starts_with(['d', 't', 's', 'b', 'w']).then_some(())?;
        WORDS.iter().find(|word| rest.starts_with(**word)).map(|word| start + word.len())
    });
    name.get(ends.max()?..).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::behind_word;

    #[test]
    fn the_last_word_that_turns_round_counts() {
        assert_eq!(behind_word("notifier_smtp_disable_require_tls"), Some("require_tls"));
        assert_eq!(behind_word("litellm_turn_off_message_logging"), Some("message_logging"));
        assert_eq!(behind_word("skip_disable_log"), Some("log"));
        for name in ["metrics_disable", "undisable_log", "tls_enabled"] {
            assert_eq!(behind_word(name), None, "{name}");
        }
    }
}
