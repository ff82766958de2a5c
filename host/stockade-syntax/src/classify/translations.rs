//! Files of texts that a program shows, told by their names. `"password": "Passwort"` in one is a label, whatever a
//! rule about settings would make of it.

/// Endings of formats that texts are kept in, and settings as well.
const ENDINGS: [&str; 6] = ["json", "yaml", "yml", "properties", "ini", "toml"];
/// Folders of texts.
const FOLDERS: [&str; 12] = [
    "i18n",
    "l10n",
    "locale",
    "locales",
    "_locales",
    "localization",
    "translation",
    "translations",
    "messages",
    "lang",
    "langs",
    "languages",
];
/// Last words of the names of files of texts, where a language follows or the ending says what is meant.
const NAMES: [&str; 9] = [
    "messages",
    "bundle",
    "labels",
    "strings",
    "i18n",
    "translations",
    "translation",
    "localization",
    "texts",
];

/// Whether a file holds texts in the languages of people. `folders` and `name` are in lower case.
///
/// A folder of texts alone does not tell: there are services called `i18n`, with manifests in their folder. The file or
/// its folder has to be named by a language too. Bundles of Java and lists of strings are told by their own names.
pub(super) fn is_translation(folders: &str, name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    if !ENDINGS.contains(&ending) {
        return false;
    }
    if ending == "json" && stem == "strings" {
        return true;
    }
    if ending == "properties" && NAMES.iter().any(|word| without_language(stem).ends_with(word)) {
        return true;
    }
    let mut parts = folders.split('/').skip_while(|part| !FOLDERS.contains(part));
    parts.next().is_some() && (ends_in_language(stem) || parts.any(is_language))
}

/// `en`, `pt-br`, `zh_hans`, `es-419`.
fn is_language(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    let letters = |part: &str, most| {
        (2..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let region = |part: &str| letters(part, 4) || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    parts.next().is_some_and(|first| letters(first, 3)) && parts.clone().count() <= 2 && parts.all(region)
}

/// Where the tag of a language begins at the end of `stem`: `locale_en-us`, `devise.de`, `fr`.
fn language_at(stem: &str) -> Option<usize> {
    let starts = std::iter::once(0).chain(
        stem.bytes().enumerate().filter(|(_, b)| matches!(b, b'.' | b'_' | b'-')).map(|(at, _)| at + 1),
    );
    starts.take(8).find(|at| stem.get(*at..).is_some_and(is_language))
}

fn ends_in_language(stem: &str) -> bool {
    language_at(stem).is_some()
}

/// The stem without the tag of a language and what joins it: `messages` of `messages_pt_br`.
fn without_language(stem: &str) -> &str {
    let front = language_at(stem).filter(|at| *at > 0).and_then(|at| stem.get(..at - 1));
    front.unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::is_translation;

    #[test]
    fn texts_are_told_by_folder_and_language_or_by_their_own_name() {
        for path in [
            "src/i18n/en.json",
            "locales/de/common.json",
            "config/locales/devise.pt-br.yml",
            "options/locale/locale_en-us.ini",
            "resources/lang/zh_hans/auth.json",
            "src/main/resources/messages_en.properties",
            "src/main/resources/validationmessages.properties",
            "components/mqtt/strings.json",
            "components/mqtt/translations/es-419.json",
        ] {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            assert!(is_translation(folders, name), "{path}");
        }
        for path in [
            "services/i18n/deployment.yaml",
            "i18n/config.json",
            "en.json",
            "lang/settings.toml",
            "src/main/resources/application_de.properties",
            "config/strings.yaml",
            "locales/de/index.ts",
        ] {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            assert!(!is_translation(folders, name), "{path}");
        }
    }
}
