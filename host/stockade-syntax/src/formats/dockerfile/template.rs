//! Dockerfiles that a template engine fills in before they are built: Jinja, Go's templates, ERB.
//!
//! As for templates of YAML, the text is copied with each expression overwritten by as many harmless bytes and then read as
//! usual. What harmless is differs: an expression that puts text becomes a variable that nobody has set, so whatever
//! takes in its value is unknown by the rules of Dockerfiles; one that puts none becomes blanks. Of branches that exclude
//! each other the first is read, for they may hold ends of one instruction.

use crate::table::{add_flags, begin};
use crate::template::{Action, Presence, Role, later_branches, presence, scan};
use stockade_model::{Document, NodeId, NodeKind, ProblemLevel, STRIDE, Span, column, flag};

/// Most expressions of one value that get their text back. Each may cost a pass over the value.
const MAX_RESTORED: usize = 64;
/// What an expression has in front.
const OPENERS: [&str; 4] = ["{{", "{%", "<%", "{#"];

/// A text that is read in the place of a template. Of the same length.
pub(super) struct Filled {
    pub(super) text: String,
    /// Expressions that became variables, in order.
    holes: Vec<Span>,
    /// Those that put text where a line was their own: it may be instructions.
    inserts: Vec<u32>,
}

/// Whether a file whose reading gave `document` is a template: it could not be read without problems, or has an expression
/// for an image.
pub(super) fn is_template(document: &Document) -> bool {
    let text = document.text();
    if presence(text) != Presence::Anywhere {
        return false;
    }
    let is_from = |line: &str| {
        line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("from"))
            && OPENERS.iter().any(|open| line.contains(open))
    };
    !document.problems.is_empty() || text.lines().any(|line| is_from(line.trim_start()))
}

/// Overwrites the expressions of a template; `None` if it has none that end.
pub(super) fn fill(text: &str) -> Option<Filled> {
    let actions = scan(text);
    if actions.is_empty() {
        return None;
    }
    let mut filler =
        Filler { source: text, out: text.as_bytes().to_vec(), holes: Vec::new(), inserts: Vec::new() };
    later_branches(&actions).into_iter().for_each(|branch| filler.blank(branch));
    filler.lines(&actions);
    let Filler { out, holes, inserts, .. } = filler;
    // Whole characters are overwritten by ASCII, so this cannot fail.
    Some(Filled { text: String::from_utf8(out).ok()?, holes, inserts })
}

struct Filler<'t> {
    source: &'t str,
    out: Vec<u8>,
    holes: Vec<Span>,
    inserts: Vec<u32>,
}

impl Filler<'_> {
    /// Overwrites with spaces; line breaks stay.
    fn blank(&mut self, span: Span) {
        let bytes = self.out.get_mut(span.start as usize..span.end as usize).unwrap_or_default();
        bytes.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    }

    /// Whether branches that are not read hold it.
    fn is_dropped(&self, span: Span) -> bool {
        self.out.get(span.start as usize) == Some(&b' ')
    }

    /// Overwrites with a variable: `${____}`.
    fn hole(&mut self, span: Span) {
        if let Some(bytes) = self.out.get_mut(span.start as usize..span.end as usize)
            && let [dollar, open, name @ .., close] = bytes
            && !name.is_empty()
        {
            (*dollar, *open, *close) = (b'$', b'{', b'}');
            name.fill(b'_');
            self.holes.push(span);
        }
    }

    /// Goes through the lines that have expressions; one ends where no expression goes on to the next.
    fn lines(&mut self, actions: &[Action]) {
        let bytes = self.source.as_bytes();
        let mut next = 0;
        while let Some(first) = actions.get(next) {
            let at = first.span.start as usize;
            let start = bytes.get(..at).and_then(|b| memchr::memrchr(b'\n', b)).map_or(0, |line| line + 1);
            let mut end = line_end(bytes, at);
            let from = next;
            while let Some(action) = actions.get(next).filter(|action| (action.span.start as usize) < end) {
                end = end.max(line_end(bytes, action.span.end as usize));
                next += 1;
            }
            self.line(start, end, actions.get(from..next).unwrap_or_default());
        }
    }

    fn line(&mut self, start: usize, end: usize, actions: &[Action]) {
        // What stands between the expressions is blank: in front of each, and behind the last.
        let gaps = actions.iter().map(|action| (action.span.start as usize, action.span.end as usize));
        let mut at = start;
        let blank_gaps = gaps.chain([(end, end)]).take_while(|(from, to)| {
            let gap = self.out.get(at..*from).unwrap_or_default();
            at = *to;
            gap.trim_ascii().is_empty()
        });
        let leading = blank_gaps.count();
        let own = leading > actions.len();
        let closings = closings(actions);
        let mut index = 0;
        while let Some(action) = actions.get(index) {
            let closing = closings.get(index).copied().flatten();
            let leads = index < leading;
            index += 1;
            if self.is_dropped(action.span) {
                continue;
            }
            match (action.role, closing) {
                (Role::Value, _) if own => {
                    self.inserts.push(action.span.start);
                    self.blank(action.span);
                }
                (Role::Value, _) => self.hole(action.span),
                // `FROM {% if a %}b{% else %}c{% endif %}` has one word; at the front there may be an instruction.
                (Role::Open, Some(close)) if !leads => {
                    let last = actions.get(close).map_or(action.span.end, |close| close.span.end);
                    self.hole(Span::new(action.span.start, last));
                    index = close + 1;
                }
                _ => self.blank(action.span),
            }
        }
    }
}

/// For each expression that opens a block: the one among these that closes it.
fn closings(actions: &[Action]) -> Vec<Option<usize>> {
    let mut closings = vec![None; actions.len()];
    let mut open = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        match action.role {
            Role::Open => open.push(index),
            Role::Close => {
                if let Some(closed) = open.pop().and_then(|opened: usize| closings.get_mut(opened)) {
                    *closed = Some(index);
                }
            }
            Role::Middle | Role::Value | Role::Silent => {}
        }
    }
    closings
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |at| from + at)
}

/// Puts the template's own text back into a document of what was read in its place, and marks what is incomplete.
pub(super) fn finish(document: &mut Document, original: &str, filled: &Filled) {
    let length = document.text_len as usize;
    if original.len() != length {
        return;
    }
    document.data.replace_range(..length, original);
    for node in 1..document.len() as NodeId {
        restore(document, node, original, filled);
    }
    open_stages(document, &filled.inserts);
    for problem in document.problems.iter_mut().filter(|problem| problem.code == "invalid") {
        problem.level = ProblemLevel::Warning;
        problem.message.insert_str(0, "this part of the template could not be read: ");
    }
    if !document.marks.contains(&"template") {
        document.marks.push("template");
    }
}

/// Whether a line that has no other word is one that a build script puts lines in the place of: `@EXTRA_STEPS@`, `%%STEPS%%`.
pub(super) fn is_placeholder(word: &str) -> bool {
    let inside = |around: &str| word.strip_prefix(around).and_then(|rest| rest.strip_suffix(around));
    inside("@").or_else(|| inside("%%")).is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    })
}

/// Marks the stages in which these offsets are as incomplete: there may be more instructions.
pub(super) fn open_stages(document: &mut Document, inserts: &[u32]) {
    let stages: Vec<NodeId> =
        document.children(0).filter(|node| document.kind(*node) == NodeKind::Element).collect();
    for insert in inserts {
        let next = stages.partition_point(|stage| begin(document, *stage) <= *insert);
        let stage = next.checked_sub(1).and_then(|at| stages.get(at)).copied().unwrap_or(0);
        add_flags(document, stage, flag::PARTIAL);
    }
}

/// Gives a decoded value the source text of its expressions; values that equal their source have it already.
fn restore(document: &mut Document, node: NodeId, original: &str, filled: &Filled) {
    let value = document.value(node);
    let decoded = document.cell(node, column::TEXT_START) >= document.text_len;
    if !decoded || !value.contains("${_") {
        return;
    }
    let span = document.span(node);
    let first = filled.holes.partition_point(|hole| hole.end <= span.start);
    let mut restored = String::with_capacity(value.len());
    let mut rest = value;
    let holes = filled.holes.get(first..).unwrap_or_default().iter().take_while(|hole| hole.start < span.end);
    for hole in holes.take(MAX_RESTORED) {
        let (Some(written), Some(text)) = (hole.slice(&filled.text), hole.slice(original)) else { break };
        // A part of an image's name has the place of the whole, and not all of its expressions.
        let Some((before, after)) = rest.split_once(written) else { continue };
        restored.push_str(before);
        restored.push_str(text);
        rest = after;
    }
    restored.push_str(rest);
    let start = document.data.len() as u32;
    document.data.push_str(&restored);
    let end = document.data.len() as u32;
    for (column, value) in [(column::TEXT_START, start), (column::TEXT_END, end)] {
        if let Some(cell) = document.nodes.get_mut(node as usize * STRIDE + column) {
            *cell = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, with one space for several and one `_` as well.
    fn filled(text: &str) -> String {
        let filled = fill(text).unwrap();
        assert_eq!(filled.text.len(), text.len());
        let mut short: Vec<char> = filled.text.chars().collect();
        short.dedup_by(|a, b| a == b && matches!(a, ' ' | '_'));
        short.into_iter().collect()
    }

    #[test]
    fn expressions_become_variables_and_blanks() {
        for (text, expected) in [
            ("FROM {{ base }}:{{tag}} AS a\n", "FROM ${_}:${_} AS a\n"),
            (
                "{% if a %}\nENV A=1 \\\n{% else %}\nENV B=1\n{% endif %}\n X=2\n",
                " \nENV A=1 \\\n \n \n \n X=2\n",
            ),
            ("FROM {% if a %}{{ b }}{% else %}c{% endif %} AS d\n", "FROM ${_} AS d\n"),
            ("{% if a -%}CMD {{ b }}{% endif %}\n", " CMD ${_} \n"),
            ("{{ include \"é\" }}\nRUN a\n", " \nRUN a\n"),
            ("{% set a = [\n 'b' ] %}\nRUN a\n", " \n \nRUN a\n"),
            ("RUN {% for p in ps %}{{ p }} {% endfor %}\\\n b\n", "RUN ${_}\\\n b\n"),
            ("ENV V v<%= v %>\n", "ENV V v${_}\n"),
        ] {
            assert_eq!(filled(text), expected, "{text}");
        }
    }

    #[test]
    fn what_takes_in_an_expression_is_unknown_and_has_its_text() {
        let text =
            "ARG V={{ v }}\nFROM {{ r }}/a:$V\nENV A=\"x {{ y }} z\" B=1\nRUN {{ z }} --b\n{{ more }}\n";
        let document = super::super::parse(text.to_owned());
        assert_eq!(document.text(), text);
        assert_eq!(document.problems, []);
        assert_eq!(document.marks, ["template"]);
        let of =
            |name: &str| (1..document.len() as NodeId).find(|node| document.name(*node) == name).expect(name);
        assert_ne!(document.flags(of("image")) & (flag::UNKNOWN | flag::PARTIAL), 0);
        assert_ne!(document.flags(of("tag")) & (flag::UNKNOWN | flag::PARTIAL), 0);
        assert_eq!(document.value(of("A")), "x {{ y }} z");
        assert_eq!((document.value(of("B")), document.flags(of("B"))), ("1", 0));
        assert_ne!(document.flags(of("stage")) & flag::PARTIAL, 0, "there may be more instructions");
    }

    #[test]
    fn a_line_that_a_build_script_replaces_may_be_any_instruction() {
        let document = super::super::parse("FROM a:1\n@EXTRA@\n%%more.steps%%\nUSER 1\n".to_owned());
        assert_eq!((document.problems.as_slice(), document.marks.as_slice()), (&[][..], &["template"][..]));
        let stage = (1..document.len() as NodeId).find(|node| document.name(*node) == "stage").unwrap();
        assert_ne!(document.flags(stage) & flag::PARTIAL, 0);
        for broken in ["FROM a:1\n@EXTRA@ x\n", "FROM a:1\n@@\n", "FROM a:1\n@EXTRA\n"] {
            assert_eq!(super::super::parse(broken.to_owned()).problems.len(), 1, "{broken}");
        }
    }

    #[test]
    fn braces_in_scripts_make_no_template() {
        let text = "FROM a:1\nRUN docker inspect -f '{{ .Id }}' x\n";
        assert_eq!(super::super::parse(text.to_owned()).marks, [""; 0]);
    }
}
