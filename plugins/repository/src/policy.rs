//! Whom to tell about a flaw, and what happens then.

use crate::paths;
use stockade_sdk::{FileFacts, Out, Params, ProjectOut, Source, Span};

/// A sentence that somebody still has to write.
const PLACEHOLDER: &str = "placeholder";

/// Beginnings of sentences that templates of policies have where the author's own should stand, in lower case.
const TEMPLATES: [&str; 8] = [
    "use this section to tell people",
    "tell them where to go",
    "todo",
    "tbd",
    "coming soon",
    "to be written",
    "insert contact",
    "your-email@",
];

/// Whether a file is a security policy or a plan for incidents, by its name.
fn is_policy(path: &str) -> bool {
    let name = paths::name(path);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    if !matches!(
        ending,
        "" | "md"
            | "markdown"
            | "rst"
            | "txt"
            | "adoc"
            | "asciidoc"
            | "html"
            | "org"
            | "yml"
            | "yaml"
            | "pdf"
            | "docx"
    ) {
        return false;
    }
    let squeezed: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let prose = !matches!(ending, "yml" | "yaml" | "html");
    squeezed == "security" && prose
        || squeezed == "security-insights"
        || prose
            && (squeezed.starts_with("security-policy")
                || squeezed.starts_with("security-contact")
                || squeezed.starts_with("reporting-security")
                || squeezed.contains("incident")
                || squeezed.contains("vulnerability-disclosure")
                || squeezed.contains("responsible-disclosure"))
}

/// Records that a policy is still to be filled in.
pub(crate) fn record(source: &Source, out: &mut Out) {
    if source.kind() != "markdown" || !is_policy(source.path()) {
        return;
    }
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let bare = line.trim();
        let lower =
            bare.trim_start_matches(['#', '-', '*', '>', '<', '!', '[', '(', ' ', '_']).to_ascii_lowercase();
        if TEMPLATES.iter().any(|start| lower.starts_with(start)) {
            let start = at + line.find(bare).unwrap_or(0);
            let span = Span { start: start as u32, end: (start + bare.len()) as u32 };
            out.fact(PLACEHOLDER, "", Some(span));
            return;
        }
        at += line.len();
    }
}

/// `policy-missing`: there is no security policy and no plan for incidents, or it is still a template.
pub(crate) fn missing(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    let mut written = false;
    let mut open = None;
    for (at, file) in files.iter().enumerate().filter(|(_, file)| is_policy(&file.path)) {
        match file.facts.iter().find(|fact| fact.key == PLACEHOLDER) {
            Some(fact) => open = open.or(Some((at, fact.span))),
            None => written = true,
        }
    }
    if written {
        return;
    }
    if let Some((at, span)) = open {
        let name = files.get(at).map_or("", |file| file.path.as_str());
        out.finding(at, span, format!("{name} is a template that nobody has filled in")).key("policy");
        return;
    }
    let shown =
        paths::first(files, paths::is_readme).or_else(|| paths::first(files, |path| !path.contains('/')));
    if let Some(at) = shown {
        out.finding(at, None, "the repository says nowhere whom to tell about a security flaw").key("policy");
    }
}
