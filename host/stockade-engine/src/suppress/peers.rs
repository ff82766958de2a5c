//! Other tools' directives, for repositories that move here from them or use them side by side.
//!
//! They are read only where somebody switched the tool on, and mean the rules that have its ids as aliases. Nothing
//! is said of ids that no rule here has, nor of directives that suppress nothing here: the other tool may need them.

use super::grammar::{body, squeeze};
use super::place::File;
use super::{Directive, Scope};
use stockade_model::{Comment, NodeId, NodeKind, RuleTable, Span, SuppressionSource, trivy_number};
use stockade_pack::config::Date;
use stockade_syntax::FileKind;

/// Most ids that are taken of one directive.
const MAX_IDS: usize = 50;
/// Stands for all rules that have an alias of the tool.
const ALL: &str = "*";

/// A tool whose directives are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Tool {
    Buildkit,
    Checkov,
    Hadolint,
    Kics,
    KubeLinter,
    KubeScore,
    Polaris,
    Semgrep,
    Trivy,
}

impl Tool {
    /// All of them, by name.
    pub const ALL: [Self; 9] = [
        Self::Buildkit,
        Self::Checkov,
        Self::Hadolint,
        Self::Kics,
        Self::KubeLinter,
        Self::KubeScore,
        Self::Polaris,
        Self::Semgrep,
        Self::Trivy,
    ];

    /// The name that aliases and the configuration use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buildkit => "buildkit",
            Self::Checkov => "checkov",
            Self::Hadolint => "hadolint",
            Self::Kics => "kics",
            Self::KubeLinter => "kube-linter",
            Self::KubeScore => "kube-score",
            Self::Polaris => "polaris",
            Self::Semgrep => "semgrep",
            Self::Trivy => "trivy",
        }
    }

    /// The tool of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.as_str() == name)
    }

    /// Words of which one stands in every file that has a directive of the tool.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Buildkit => &["skip"],
            Self::Checkov => &["checkov:skip", "bridgecrew:skip", "checkov.io/skip"],
            Self::Hadolint => &["hadolint"],
            Self::Kics => &["kics-scan"],
            Self::KubeLinter => &["kube-linter.io/"],
            Self::KubeScore => &["kube-score/ignore"],
            Self::Polaris => &["polaris.fairwinds.com/"],
            Self::Semgrep => &["nosem"],
            Self::Trivy => &["trivy:ignore"],
        }
    }
}

/// Whether the text may hold a directive of one of the tools.
pub(super) fn mentioned(text: &str, tools: &[Tool]) -> bool {
    let has = |mark: &&str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    tools.iter().flat_map(|tool| tool.marks()).any(has)
}

/// The rules that a tool's id stands for, as indices into the table.
pub(super) fn rules(tool: &str, id: &str, table: &RuleTable) -> Vec<usize> {
    let own = |alias: &str| -> bool {
        alias.split_once(':').is_some_and(|(of, known)| of == tool && (id == ALL || same(tool, known, id)))
    };
    let rules = table.rules.iter().enumerate();
    // KICS has no ids that anybody could know by heart, so its directives without any speak of everything.
    let everything = tool == Tool::Kics.as_str() && id == ALL;
    rules
        .filter(|(_, rule)| everything || rule.about.aliases.iter().any(|a| own(a)))
        .map(|(at, _)| at)
        .collect()
}

fn same(tool: &str, known: &str, id: &str) -> bool {
    match Tool::from_name(tool) {
        Some(Tool::Trivy) => {
            let number = trivy_number(known);
            known.eq_ignore_ascii_case(id) || (number.is_some() && number == trivy_number(id))
        }
        // A rule may be named with the folders that it came from.
        Some(Tool::Semgrep) => known.eq_ignore_ascii_case(id.rsplit('.').next().unwrap_or(id)),
        // A name in other letters skips nothing there.
        Some(Tool::Buildkit) => known == id,
        _ => known.eq_ignore_ascii_case(id),
    }
}

/// What a directive of another tool says, before it is known what it reaches.
struct Said<'a> {
    tool: Tool,
    ids: Vec<&'a str>,
    reach: Reach,
    until: Option<Date>,
    reason: Option<&'a str>,
}

enum Reach {
    /// The whole file.
    File,
    /// The document that the comment is in; where there are no documents, the file.
    Document,
    /// The comment's line, or what it stands above.
    Here,
    /// What begins on the next line.
    Below,
    /// The instructions of the stage whose `FROM` is on the next line, without that one.
    Stage,
    /// The comment's line, or the next one.
    Line,
}

/// Reads the directives of the tools in a file.
pub(super) fn read(file: &File<'_>, tools: &[Tool], most: usize) -> Vec<Directive> {
    let mut found = Vec::new();
    for comment in file.comments {
        let Some(text) = comment.span.slice(file.lines.text) else { continue };
        for said in tools.iter().flat_map(|tool| of_comment(*tool, file.kind, body(text).1)) {
            found.extend(place(file, comment, said));
        }
        if found.len() >= most {
            break;
        }
    }
    annotations(file, tools, &mut found);
    if tools.contains(&Tool::Buildkit) && file.kind == FileKind::Dockerfile {
        found.extend(buildkit(file));
    }
    found.truncate(most);
    found
}

fn place(file: &File<'_>, comment: &Comment, said: Said<'_>) -> Option<Directive> {
    let alone = file.is_alone(comment);
    let lines = &file.lines;
    let own_line = Span::new(lines.start(comment.span.start), lines.end(comment.span.end));
    let whole = (Scope::File, Span::new(0, lines.text.len() as u32));
    let (scope, reach) = match said.reach {
        Reach::File => whole,
        Reach::Document => match file.document_around(comment.span.start) {
            Some(document) => (Scope::Document, document),
            None => whole,
        },
        Reach::Here if alone => (Scope::Node, file.below(comment)?),
        Reach::Below => (Scope::Node, file.directly_below(comment)?),
        Reach::Stage => (Scope::Node, file.stage_below(comment)?),
        Reach::Line if alone => {
            let next = lines.next(comment.span.end);
            (Scope::Line, Span::new(next, lines.end(next)))
        }
        Reach::Here | Reach::Line => (Scope::Line, own_line),
    };
    Some(directive(comment.span, scope, reach, &said))
}

fn directive(span: Span, scope: Scope, reach: Span, said: &Said<'_>) -> Directive {
    let reason = said.reason.map(|r| squeeze(r.trim())).filter(|reason| !reason.is_empty());
    Directive {
        span,
        source: SuppressionSource::Tool(said.tool.as_str()),
        scope,
        reach,
        names: said.ids.iter().take(MAX_IDS).map(|id| ((*id).to_owned(), span)).collect(),
        list: Some(span),
        until: said.until.map(|until| (until, span)),
        reason,
        // The other tool may need it.
        removal: None,
    }
}

/// What the text of a comment says for a tool.
fn of_comment(tool: Tool, kind: FileKind, text: &str) -> Vec<Said<'_>> {
    match tool {
        Tool::Hadolint if kind == FileKind::Dockerfile => hadolint(text).into_iter().collect(),
        Tool::Checkov => checkov(kind, text).into_iter().collect(),
        Tool::Trivy => trivy(text),
        Tool::Semgrep => semgrep(text).into_iter().collect(),
        Tool::Kics => kics(text).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// `# check=skip=JSONArgsRecommended,StageNameCasing` or `skip=all` among the parser directives at the top of a Dockerfile,
/// also before `;error=true`. Below the first other line it is a comment like any other.
fn buildkit(file: &File<'_>) -> Option<Directive> {
    let document = file.document;
    let check = document.get(document.get(0, "directives")?, "check")?;
    let list = document.value(check).split(';').find_map(|option| {
        let (name, list) = option.split_once('=')?;
        (name.trim() == "skip").then_some(list.trim())
    })?;
    let ids: Vec<&str> = match list {
        "all" => vec![ALL],
        ids => ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect(),
    };
    let said = Said { tool: Tool::Buildkit, ids, reach: Reach::File, until: None, reason: None };
    let whole = Span::new(0, file.lines.text.len() as u32);
    Some(directive(file.place_of(check), Scope::File, whole, &said))
}

/// A list of ids up to the first white space, and what follows it.
fn list(text: &str) -> (Vec<&str>, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (ids, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect(), rest)
}

/// `hadolint ignore=DL3006, DL3008 # why`, with `global` for the file, `stage` above a `FROM` for what follows it. hadolint
/// takes a comment as a whole or not at all, so one with any other word in its list means nothing here either.
fn hadolint(text: &str) -> Option<Said<'_>> {
    let behind = |text: &'_ str, word: &str| -> Option<usize> {
        let rest = text.strip_prefix(word)?.strip_prefix([' ', '\t'])?.trim_start();
        Some(text.len() - rest.len())
    };
    let text = text.get(behind(text, "hadolint")?..)?;
    let (start, reach) = match (behind(text, "global"), behind(text, "stage")) {
        (Some(start), _) => (start, Reach::File),
        (None, Some(start)) => (start, Reach::Stage),
        (None, None) => (0, Reach::Below),
    };
    let list = text.get(start..)?.strip_prefix("ignore")?.trim_start().strip_prefix('=')?;
    let (list, reason) = list.split_once('#').unwrap_or((list, ""));
    let ids: Vec<&str> = list.split(',').map(str::trim).collect();
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|b| b"DLSC".contains(&b) || b.is_ascii_digit());
    let reason = Some(reason.trim_start_matches([' ', '-', ':']));
    ids.iter().all(is_id).then_some(Said { tool: Tool::Hadolint, ids, reach, until: None, reason })
}

/// `checkov:skip=CKV_DOCKER_2:why`.
fn checkov(kind: FileKind, text: &str) -> Option<Said<'_>> {
    let at = ["checkov:skip=", "bridgecrew:skip="]
        .iter()
        .find_map(|mark| text.find(mark).map(|at| at + mark.len()))?;
    let rest = text.get(at..)?;
    let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let (ids, _) = list(ids);
    // A Dockerfile is one resource.
    let reach = if kind.has_documents() { Reach::Document } else { Reach::File };
    Some(Said { tool: Tool::Checkov, ids, reach, until: None, reason: Some(reason) })
}

/// `trivy:ignore:DS-0002:exp:2027-01-31`, several with spaces between them.
fn trivy(text: &str) -> Vec<Said<'_>> {
    let one = |word: &'_ str| -> Option<(String, Option<Date>)> {
        let mut parts = word.strip_prefix("trivy:ignore:")?.split(':');
        let id = parts.next()?.to_owned();
        let mut until = None;
        while let Some(part) = parts.next() {
            // What depends on attributes or a workspace is not known here.
            let "exp" = part else { return None };
            until = Some(parts.next()?.parse().ok()?);
        }
        (!id.is_empty() && !id.contains('[')).then_some((id, until))
    };
    let words =
        text.split_whitespace().filter_map(|word| one(word).map(|(id, until)| (word, id.len(), until)));
    words
        .filter_map(|(word, len, until)| {
            let id = word.strip_prefix("trivy:ignore:")?.get(..len)?;
            Some(Said { tool: Tool::Trivy, ids: vec![id], reach: Reach::Here, until, reason: None })
        })
        .take(MAX_IDS)
        .collect()
}

/// `nosemgrep: rule-id, other-id`, or without ids for all.
fn semgrep(text: &str) -> Option<Said<'_>> {
    let at = text.find("nosem")?;
    let rest = text.get(at + "nosem".len()..)?;
    let rest = rest.strip_prefix("grep").unwrap_or(rest);
    let ids = match rest.trim_start().strip_prefix(':') {
        Some(ids) => ids.split([',', ' ', '\t']).filter(|id| !id.is_empty()).collect(),
        None if rest.starts_with(|c: char| c.is_alphanumeric()) => return None,
        None => vec![ALL],
    };
    Some(Said { tool: Tool::Semgrep, ids, reach: Reach::Line, until: None, reason: None })
}

/// `kics-scan ignore`, `ignore-line`, `ignore-block`, `disable=id,id`.
fn kics(text: &str) -> Option<Said<'_>> {
    let rest = text.strip_prefix("kics-scan")?.strip_prefix(char::is_whitespace)?.trim_start();
    let word = rest.split_whitespace().next()?;
    let (ids, reach) = match word {
        "ignore" => (vec![ALL], Reach::File),
        "ignore-line" => (vec![ALL], Reach::Line),
        "ignore-block" => (vec![ALL], Reach::Here),
        _ => (list(rest.strip_prefix("disable=")?).0, Reach::File),
    };
    Some(Said { tool: Tool::Kics, ids, reach, until: None, reason: None })
}

/// Annotations of Kubernetes objects: each speaks about its whole object.
fn annotations(file: &File<'_>, tools: &[Tool], found: &mut Vec<Directive>) {
    const OF_ANNOTATIONS: [Tool; 4] = [Tool::Checkov, Tool::KubeLinter, Tool::KubeScore, Tool::Polaris];
    if !tools.iter().any(|tool| OF_ANNOTATIONS.contains(tool)) {
        return;
    }
    let document = file.document;
    for object in document.children(0).filter(|node| document.kind(*node) == NodeKind::Mapping) {
        let annotations = document.get(object, "metadata").and_then(|node| document.get(node, "annotations"));
        let Some(annotations) = annotations else { continue };
        for entry in document.children(annotations) {
            let (key, value) = (document.name(entry), document.value(entry));
            for said in tools.iter().filter_map(|tool| of_annotation(*tool, key, value)) {
                found.push(directive(file.place_of(entry), Scope::Document, file.extent(object), &said));
            }
        }
    }
}

fn of_annotation<'a>(tool: Tool, key: &'a str, value: &'a str) -> Option<Said<'a>> {
    let (ids, reason) = match tool {
        Tool::KubeLinter => match key.split_once('/')? {
            ("ignore-check.kube-linter.io", name) => (vec![name], Some(value)),
            ("kube-linter.io", "ignore-all") => (vec![ALL], Some(value)),
            _ => return None,
        },
        Tool::Checkov => {
            let number = key.strip_prefix("checkov.io/skip")?;
            if !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let (id, reason) = value.split_once('=').unwrap_or((value, ""));
            (vec![id.trim()], Some(reason))
        }
        Tool::Polaris if value == "true" => {
            let check = key.strip_prefix("polaris.fairwinds.com/")?;
            let all = check == "exempt";
            (vec![if all { ALL } else { check.strip_suffix("-exempt")? }], None)
        }
        Tool::KubeScore if key == "kube-score/ignore" => {
            (value.split(',').map(str::trim).filter(|id| !id.is_empty()).collect(), None)
        }
        _ => return None,
    };
    Some(Said { tool, ids, reach: Reach::Document, until: None, reason })
}

impl File<'_> {
    /// What begins on the line below a comment, if anything.
    fn directly_below(&self, comment: &Comment) -> Option<Span> {
        self.below(comment).filter(|extent| extent.start == self.lines.next(comment.span.end))
    }

    /// What follows a `FROM` on the line below a comment, up to the end of its stage.
    fn stage_below(&self, comment: &Comment) -> Option<Span> {
        let from = self.directly_below(comment)?;
        let stage = self.document.parent(comment.node)?;
        let is_stage = self.document.name(comment.node) == "FROM" && self.document.name(stage) == "stage";
        let start = self.lines.next(from.end);
        is_stage.then(|| Span::new(start, self.document.span(stage).end.max(start)))
    }

    /// Where an entry stands, with its key.
    fn place_of(&self, node: NodeId) -> Span {
        let span = self.document.span(node);
        self.document
            .key_span(node)
            .map_or(span, |key| Span::new(key.start.min(span.start), span.end.max(key.end)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Directives;
    use super::*;

    fn said(kind: &str, text: &str) -> Vec<String> {
        let kind = FileKind::from_name(kind).unwrap();
        let document = stockade_syntax::parse(kind, text.to_owned());
        let lines = stockade_model::LineIndex::new(text);
        let line = |at: u32| lines.line_of(at) + 1;
        let all = Directives::read(kind, &document, &Tool::ALL);
        let show = |d: &Directive| {
            let SuppressionSource::Tool(tool) = d.source else { panic!("{d:?}") };
            let names: Vec<&str> = d.names.iter().map(|(name, _)| name.as_str()).collect();
            let (first, last) = (line(d.reach.start), line(d.reach.end.saturating_sub(1).max(d.reach.start)));
            let until = d.until.map(|(until, _)| format!(" until {until}")).unwrap_or_default();
            let reason = d.reason.as_deref().map(|reason| format!(" -- {reason}")).unwrap_or_default();
            format!("{tool} {} {first}-{last} {}{until}{reason}", d.scope.as_str(), names.join("+"))
        };
        all.found.iter().map(show).collect()
    }

    #[test]
    fn comments_of_other_tools() {
        for (kind, text, expected) in [
            (
                "dockerfile",
                "FROM a\n# hadolint ignore=DL3006,DL3008\nRUN a\n",
                "hadolint node 3-3 DL3006+DL3008",
            ),
            ("dockerfile", "# hadolint global ignore=DL3003\nFROM a\n", "hadolint file 1-2 DL3003"),
            (
                "dockerfile",
                "# syntax=docker/dockerfile:1\n# check=skip=StageNameCasing, FromAsCasing;error=true\nFROM a\n",
                "buildkit file 1-3 StageNameCasing+FromAsCasing",
            ),
            ("dockerfile", "#check = error=true; skip=all\nFROM a\n", "buildkit file 1-2 *"),
            (
                "dockerfile",
                "FROM a\n#\thadolint  ignore = DL3006 , DL3008# both\nRUN a \\\n b\n",
                "hadolint node 3-4 DL3006+DL3008 -- both",
            ),
            (
                "dockerfile",
                "# hadolint stage ignore=DL3006,SC2086\nFROM a\nRUN a\nRUN b\nFROM c\n",
                "hadolint node 3-4 DL3006+SC2086",
            ),
            (
                "dockerfile",
                "FROM a\n#checkov:skip=CKV_DOCKER_2:no health here\nRUN a\n",
                "checkov file 1-3 CKV_DOCKER_2 -- no health here",
            ),
            (
                "dockerfile",
                "FROM a\n# trivy:ignore:DS-0002:exp:2027-01-31\nUSER root\n",
                "trivy node 3-3 DS-0002 until 2027-01-31",
            ),
            (
                "yaml",
                "a: 1 # nosemgrep: yaml.x.rule-a, rule-b\nb: 2\n",
                "semgrep line 1-1 yaml.x.rule-a+rule-b",
            ),
            ("yaml", "# nosemgrep\na: 1\nb: 2\n", "semgrep line 2-2 *"),
            ("yaml", "# kics-scan ignore-block\na:\n  b: 1\nc: 2\n", "kics node 2-3 *"),
            ("yaml", "# kics-scan disable=aa-bb,cc\na: 1\n", "kics file 1-2 aa-bb+cc"),
            ("dockerfile", "FROM a\n# kics-scan ignore-line\nRUN a\nRUN b\n", "kics line 3-3 *"),
            ("yaml", "a: 1\n---\n# checkov:skip=CKV_1\nb: 2\n", "checkov document 4-4 CKV_1"),
        ] {
            assert_eq!(said(kind, text), [expected], "{text}");
        }
        let two = "FROM a\n# trivy:ignore:DS001 trivy:ignore:DS002\nUSER root\n";
        assert_eq!(said("dockerfile", two), ["trivy node 3-3 DS001", "trivy node 3-3 DS002"]);
        for text in [
            "# a comment\n# check=skip=all\nFROM a\n",
            "# check=error=true\nFROM skip\n",
            "FROM a\n# hadolint shell=bash\nRUN a\n",
            "FROM a\n# trivy:ignore:DS001[port=22]\nRUN a\n",
            "FROM a\n# trivy:ignore:DS001:ws:x\nRUN a\n",
            "FROM a\n# nosemaphore here\nRUN a\n",
            "FROM a\n# hadolint ignore=DL3006\n",
            "FROM a\n# hadolint ignore=DL3006 because\nRUN a\n",
            "FROM a\n# hadolint ignore=DL3006,all\nRUN a\n",
            "FROM a\n# hadolint ignore=DL3006,\nRUN a\n",
            "FROM a\n# hadolint ignore=DL3006\n# why\nRUN a\n",
            "FROM a\n# hadolint ignore=DL3006\n\nRUN a\n",
            "# hadolint stage ignore=DL3006\n\nFROM a\nRUN a\n",
            "FROM a\n# hadolint stage ignore=DL3006\nRUN a\n",
        ] {
            assert_eq!(said("dockerfile", text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn annotations_speak_about_their_object() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    \
            ignore-check.kube-linter.io/no-read-only-root-fs: \"writes a cache\"\n    \
            checkov.io/skip1: CKV_K8S_20=legacy\n    polaris.fairwinds.com/runAsRootAllowed-exempt: \"true\"\n    \
            kube-score/ignore: pod-networkpolicy, container-resources\nspec: {}\n---\na: 1\n";
        assert_eq!(
            said("kubernetes", text),
            [
                "kube-linter document 1-9 no-read-only-root-fs -- writes a cache",
                "checkov document 1-9 CKV_K8S_20 -- legacy",
                "polaris document 1-9 runAsRootAllowed",
                "kube-score document 1-9 pod-networkpolicy+container-resources",
            ]
        );
    }

    #[test]
    fn ids_are_compared_as_their_tools_do() {
        for (tool, known, id, expected) in [
            ("trivy", "KSV-0106", "AVD-KSV-0106", true),
            ("trivy", "KSV-0001", "KSV001", true),
            ("trivy", "KSV-01010", "KSV-0101", false),
            ("trivy", "DS-0001", "KSV-0001", false),
            ("semgrep", "privileged", "yaml.docker.privileged", true),
            ("hadolint", "DL3007", "dl3007", true),
            ("hadolint", "DL3007", "DL300", false),
            ("buildkit", "StageNameCasing", "stagenamecasing", false),
        ] {
            assert_eq!(same(tool, known, id), expected, "{tool} {known} {id}");
        }
    }
}
