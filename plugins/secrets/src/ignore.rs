//! Files with secrets that are read by name, and the patterns of `.gitignore` that should cover them.

use std::collections::BTreeMap;
use stockade_sdk::{Edit, FileFacts, Kind, Node, Out, Params, ProjectOut, Source, Span, wildcard};

/// Facts: a path that is read, a pattern, the end of a file of patterns, and a file that is in the repository.
const READS: &str = "reads";
const PATTERN: &str = "pattern";
const END: &str = "end";
const FILE: &str = "file";

/// Records what a file reads, or which patterns it holds.
pub(crate) fn facts(source: &Source, out: &mut Out) {
    match source.kind() {
        "gitignore" => {
            for pattern in source.root().children().filter(|n| n.is("pattern")).take(900) {
                let not = if pattern.get("not").is_some() { "!" } else { "" };
                if pattern.text().len() <= 200 {
                    out.fact(PATTERN, format!("{not}{}", pattern.text()), None);
                }
            }
            let end = source.text().len() as u32;
            let ended = source.text().is_empty() || source.text().ends_with('\n');
            out.fact(END, if ended { "line" } else { "" }, Some(Span { start: end, end }));
        }
        "dotenv" | "pem" | "keystore" | "der" => out.fact(FILE, "", None),
        _ if source.is_marked("test") || source.is_marked("example") || source.is_empty() => {}
        "compose" => compose(source, out),
        "shell" => shell(source, out),
        _ => {}
    }
}

/// Whether a path is worth a pattern: an env file or a key inside the repository.
fn is_secret_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env") && name.len() > 4;
    let template =
        ["example", "sample", "template", "dist", "defaults"].iter().any(|word| name.contains(word));
    let key = [".key", ".p12", ".pfx", ".jks", "-key.pem"].iter().any(|end| name.ends_with(end));
    (env || key) && !template && !path.starts_with(['/', '~', '$']) && !path.contains(['$', '{', '*', ' '])
}

fn read(source: &Source, node: Node<'_>, path: &str, out: &mut Out) {
    if !node.is_known() || !is_secret_path(path) {
        return;
    }
    let folder = source.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    if let Some(path) = join(folder, path) {
        out.fact(READS, path, Some(node.place().span));
    }
}

/// A path relative to a folder, from the root; `None` where it leaves the repository.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

fn compose(source: &Source, out: &mut Out) {
    for node in source.root().descendants() {
        if node.name() == "env_file" {
            match node.kind() {
                Kind::Sequence => {
                    for item in node.children() {
                        let path = item.get("path").unwrap_or(item);
                        read(source, path, path.text(), out);
                    }
                }
                _ => read(source, node, node.text(), out),
            }
        } else if node.name() == "file"
            && node.ancestors().nth(1).is_some_and(|above| matches!(above.name(), "secrets" | "configs"))
        {
            read(source, node, node.text(), out);
        }
    }
}

fn shell(source: &Source, out: &mut Out) {
    for command in source.root().descendants().filter(|n| n.is("command")) {
        let mut words = command.children().filter(|n| n.kind() == Kind::Scalar && n.key_span().is_none());
        let first = words.next().map_or("", Node::text);
        let mut option = first == "source" || first == ".";
        for word in words {
            let text = word.text();
            if option {
                read(source, word, text, out);
            }
            option = text == "--env-file";
            if let Some(path) = text.strip_prefix("--env-file=") {
                read(source, word, path, out);
            }
        }
    }
}

/// Patterns of all files, by folder.
#[derive(Debug)]
pub struct Project<'a> {
    files: &'a [FileFacts],
}

pub(crate) fn project(files: &[FileFacts]) -> Project<'_> {
    Project { files }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `path` relative to a folder above it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// Whether a pattern of `.gitignore` fits a path that is relative to its folder, or a folder above it.
fn fits(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_end();
    let only_folders = pattern.ends_with('/');
    let pattern = pattern.trim_end_matches('/');
    let anchored = pattern.contains('/');
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let wanted: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    (1..=parts.len()).any(|length| {
        let is_file = length == parts.len();
        let Some(part) = parts.get(..length).filter(|_| !(is_file && only_folders)) else { return false };
        if anchored {
            segments(&wanted, part, 0)
        } else {
            part.last().is_some_and(|name| wildcard::fits(pattern, name))
        }
    })
}

/// Whether segments fit; `**` stands for any number of them.
fn segments(wanted: &[&str], parts: &[&str], depth: u8) -> bool {
    match (wanted.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) if depth < 8 => {
            (0..=parts.len()).any(|skip| segments(rest, parts.get(skip..).unwrap_or_default(), depth + 1))
        }
        (Some((first, rest)), Some((name, others))) => {
            wildcard::fits(first, name) && segments(rest, others, depth)
        }
        _ => false,
    }
}

impl Project<'_> {
    /// Whether git ignores a path: the last pattern that fits counts, those of inner folders after those of outer ones.
    fn is_ignored(&self, path: &str) -> bool {
        let mut ignored = false;
        let mut lists: Vec<&FileFacts> = self.files.iter().filter(|f| f.kind == "gitignore").collect();
        lists.sort_by_key(|f| f.path.len());
        for list in lists {
            let Some(inner) = below(folder_of(&list.path), path) else { continue };
            for fact in list.facts.iter().filter(|fact| fact.key == PATTERN) {
                match fact.value.strip_prefix('!') {
                    Some(pattern) if fits(pattern, inner) => ignored = false,
                    None if fits(&fact.value, inner) => ignored = true,
                    _ => {}
                }
            }
        }
        ignored
    }
}

/// `gitignore-missing`: env files and keys that the repository reads by name, and that no pattern covers.
pub(crate) fn missing(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    // Without a file at the top the scan began further down, and the patterns at the top were not seen.
    let whole = project.files.iter().any(|f| !f.path.contains('/'));
    let is_there = |path: &str| {
        project.files.iter().any(|f| f.path == path && f.facts.iter().any(|fact| fact.key == FILE))
    };
    // By the file of patterns that should have it, or by the reader where there is none.
    let mut by_list: BTreeMap<usize, Vec<(usize, &str)>> = BTreeMap::new();
    let mut alone: Vec<(usize, Option<Span>, &str)> = Vec::new();
    for (reader, file) in project.files.iter().enumerate() {
        for fact in file.facts.iter().filter(|fact| fact.key == READS) {
            let path = fact.value.as_str();
            if project.is_ignored(path) || is_there(path) {
                continue;
            }
            let nearest = project
                .files
                .iter()
                .enumerate()
                .filter(|(_, f)| f.kind == "gitignore" && below(folder_of(&f.path), path).is_some())
                .max_by_key(|(_, f)| f.path.len());
            match nearest {
                Some((list, _)) => {
                    let paths = by_list.entry(list).or_default();
                    if !paths.iter().any(|(_, other)| *other == path) {
                        paths.push((reader, path));
                    }
                }
                None if whole && !alone.iter().any(|(.., other)| *other == path) => {
                    alone.push((reader, fact.span, path));
                }
                None => {}
            }
        }
    }
    for (list, paths) in by_list {
        let Some(file) = project.files.get(list) else { continue };
        let Some(end) = file.facts.iter().find(|fact| fact.key == END) else { continue };
        let names: Vec<&str> =
            paths.iter().filter_map(|(_, path)| below(folder_of(&file.path), path)).collect();
        let readers: Vec<&str> = paths
            .iter()
            .filter_map(|(reader, _)| project.files.get(*reader))
            .map(|f| f.path.as_str())
            .collect();
        let first = readers.first().copied().unwrap_or_default();
        let message = format!(
            "{first} reads {}, and no pattern covers {}",
            names.join(" and "),
            if names.len() == 1 { "it" } else { "them" }
        );
        let mut lines = String::new();
        if end.value.is_empty() {
            lines.push('\n');
        }
        for name in &names {
            // An env file is one wherever it lies; a key is named by its place.
            let line = if name.starts_with(".env") || !name.contains('/') {
                (*name).to_owned()
            } else {
                format!("/{name}")
            };
            lines.push_str(&line);
            lines.push('\n');
        }
        let at = end.span.map_or(0, |span| span.end);
        out.finding(list, None, message)
            .key(names.join(" "))
            .safe_fix("Ignore them", vec![Edit::insert(at, lines)]);
    }
    for (reader, span, path) in alone {
        out.finding(reader, span, format!("{path} is read here, and there is no .gitignore that covers it"))
            .key(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{fits, join};

    #[test]
    fn patterns_fit_as_git_reads_them() {
        for (pattern, path) in [
            (".env", ".env"),
            (".env", "a/b/.env"),
            (".env*", ".env.production"),
            ("*.key", "certs/server.key"),
            ("certs/", "certs/server.key"),
            ("/certs", "certs/server.key"),
            ("certs/*.key", "certs/server.key"),
            ("**/secrets/**", "a/secrets/b/c.key"),
            ("a/**/c", "a/b/b/c"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("/.env", "a/.env"),
            (".env/", ".env"),
            ("certs/*.key", "a/certs/server.key"),
            ("*.pem", "server.key"),
            ("env", ".env"),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn paths_are_joined_inside_the_repository() {
        assert_eq!(join("deploy", "../.env").as_deref(), Some(".env"));
        assert_eq!(join("deploy", "./a/.env").as_deref(), Some("deploy/a/.env"));
        assert_eq!(join("", "../.env"), None);
    }
}
