//! What to do about an error, as a sentence.

/// What a selector may be.
const SELECTORS: &str = "A rule is chosen by its id, a pattern of ids such as `dockerfile/*`, another tool's id, \
                         `tag:`, `severity:`, `cwe:`, `ref:`, `profile:` or `pack:`.";

/// What to do about the name of a rule that is like no other.
pub(crate) fn rule_advice(shown: &str) -> String {
    let is_foreign = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.ends_with(|c: char| c.is_ascii_digit())
    };
    if is_foreign(shown.rsplit(':').next().unwrap_or(shown)) {
        return "If it is another tool's id, no rule here is its counterpart: leave it out. \
                `stockade rules` lists the rules, with `--format json` also the ids that they are known by."
            .to_owned();
    }
    match shown.split_once('/') {
        Some((pack, _)) if !pack.contains(['*', '?', ':']) => format!(
            "There is no pack `{pack}`, or no such rule in it. `stockade packs` lists the packs; one of your own is named by \
             `pack \"FOLDER\"` in `stockade.kdl`."
        ),
        _ => SELECTORS.to_owned(),
    }
}

/// What is missing at a fence of this language, perhaps of none.
pub(crate) fn path_wanted(language: &str) -> String {
    match language {
        "" => "the fence of an example says neither its language nor its path".to_owned(),
        _ => format!("an example in `{language}` needs a path"),
    }
}

/// What to write at such a fence.
pub(crate) fn path_example(language: &str) -> String {
    match language {
        "" => "Write for example ```` ```yaml ```` or ```` ```yaml path=some/file ````.".to_owned(),
        _ => format!("Write for example ```` ```{language} path=some/file ````."),
    }
}

/// What to write into a file that is missing beside another, or where the other belongs.
pub(crate) fn partner_advice(partner: &str) -> String {
    if partner.ends_with(".md") {
        format!(
            "Write `{partner}`, the rule's page: `# ` and the rule's title, why it matters, and examples below `## Bad` \
             and `## Good`."
        )
    } else {
        format!(
            "Every page has its rule beside it, in `{partner}`. Other texts than pages and a `README.md` belong \
             elsewhere."
        )
    }
}

/// The nearest name, or those that there are.
pub(crate) fn suggest(near: &Option<String>, known: &[String]) -> String {
    match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => "Remove it.".to_owned(),
        None => format!("Known are {}.", list(known)),
    }
}

/// The nearest name, or something else.
pub(crate) fn suggest_or(near: &Option<String>, otherwise: impl FnOnce() -> String) -> String {
    near.as_ref().map_or_else(otherwise, |near| format!("Did you mean `{near}`?"))
}

/// What to write instead of a property that means nothing.
pub(crate) fn property_advice(name: &str, near: &Option<String>, known: &[String]) -> String {
    match name {
        "reason" | "comment" | "because" if near.is_none() => {
            "Write the reason as a comment behind it: `// because ...`.".to_owned()
        }
        _ => suggest(near, known),
    }
}

/// Most names in a sentence: all kinds of files, all conditions. A hundred help nobody.
const LISTED: usize = 40;

/// Names for a sentence.
pub(crate) fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > shown.len() {
        shown.push(format!("and {} more", names.len() - shown.len()));
    }
    shown.join(", ")
}
