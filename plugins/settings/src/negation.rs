//! Names that say the opposite of what they end in: `disable_require_tls` is no demand for TLS.

use stockade_sdk::Setting;
use stockade_sdk::secrecy::flat;

/// Words that turn round what stands behind them, each with the `_` that ends it.
const WORDS: [&str; 8] =
    ["disable_", "disabled_", "turn_off_", "deactivate_", "suppress_", "skip_", "bypass_", "without_"];

/// What stands behind such a word in the folded name of a setting, where the setting's own key has one: sections around it
/// are other settings' as well.
pub(crate) fn behind<'a>(setting: Setting<'a>) -> Option<&'a str> {
    let name = setting.name();
    let rest = behind_word(name)?;
    let node = setting.node();
    let written = if node.name().is_empty() { setting.written() } else { node.name().to_owned() };
    // A line of a Java properties file has the whole path for a key.
    let own = written.rsplit('.').next().map(flat)?;
    own.ends_with(rest).then_some(rest).filter(|rest| own.len() > rest.len())
}

fn behind_word(name: &str) -> Option<&str> {
    let at = WORDS.iter().filter_map(|word| {
        let at = name.rfind(word)?;
        (at == 0 || name.get(..at).is_some_and(|front| front.ends_with('_'))).then_some(at + word.len())
    });
    name.get(at.max()?..).filter(|rest| !rest.is_empty())
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
