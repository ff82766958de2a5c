//! Stages: `FROM`, what it refers to, and the shell in force.

use super::instruction::Word;
use super::scope::{Scope, Value};
use super::{File, Keyword, Line, reference, words};
use std::collections::HashMap;
use std::ops::Range;
use stockade_model::{NodeId, NodeKind, ScalarType, Span, Style, flag};

/// Which language a stage's commands are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// sh, bash and the like.
    Posix,
    /// PowerShell, cmd or anything else: left as text.
    Other,
}

impl Shell {
    /// The language of the program at `path`.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" | "zsh" => Self::Posix,
            _ => Self::Other,
        }
    }
}

#[derive(Debug)]
pub(super) struct Stage {
    pub(super) node: NodeId,
    pub(super) shell: Shell,
}

/// The stages so far.
#[derive(Debug, Default)]
pub(super) struct Stages {
    pub(super) list: Vec<Stage>,
    /// The stage of each name, in lower case.
    names: HashMap<String, usize>,
    /// The stage that is open.
    pub(super) current: Option<usize>,
    /// Where the last instruction ends.
    pub(super) end: u32,
}

impl Stages {
    /// The number of the stage that a name refers to. The last one of that name counts.
    pub(super) fn by_name(&self, name: &str) -> Option<usize> {
        self.names.get(&name.to_lowercase()).copied()
    }

    /// The stage that `--from` refers to: by name, else by number.
    pub(super) fn by_name_or_number(&self, name: &str) -> Option<&Stage> {
        let number = self.by_name(name).or_else(|| name.parse().ok())?;
        // A stage cannot copy from itself.
        self.list.get(number).filter(|_| Some(number) != self.current)
    }
}

impl File<'_> {
    fn open_stage(&mut self, span: Span) -> NodeId {
        let node = self.builder.open(NodeKind::Element, span);
        self.builder.set_fixed_key(node, Span::new(span.start, span.start), "stage");
        node
    }

    fn start_stage(&mut self, node: NodeId, parent: Option<usize>, sees_global: bool, shell: Shell) -> usize {
        let number = self.scopes.add_stage(parent, sees_global);
        self.stages.list.push(Stage { node, shell });
        self.stages.current = Some(number);
        number
    }

    /// Closes the open stage behind its last instruction.
    pub(super) fn end_stage(&mut self) {
        if self.stages.current.take().is_some() {
            let node = self.builder.close();
            let start = self.builder.doc().span(node).start;
            self.builder.set_span(node, Span::new(start, self.stages.end.max(start)));
        }
    }

    /// Opens the stage of a file whose first instruction is no `FROM`.
    pub(super) fn implicit_stage(&mut self, span: Span) -> usize {
        let node = self.open_stage(span);
        self.builder.add_flags(node, flag::IMPLICIT);
        let shell = if self.lines.escape == '`' { Shell::Other } else { Shell::Posix };
        self.start_stage(node, None, true, shell)
    }

    /// Reads `FROM`, which opens a stage.
    pub(super) fn from(&mut self, line: Line<'_>, keyword: Range<usize>, args: Range<usize>, span: Span) {
        self.end_stage();
        let stage = self.open_stage(span);
        self.open_instruction(line, &keyword, &args, span);
        let (flags, rest) = words::flags(line.text(), args);
        self.flags(line, &flags, Scope::Global);
        let is_for_windows = flags.iter().any(|flag| {
            let value = flag.value.as_ref().map(|value| line.slice(value)).unwrap_or_default();
            line.slice(&flag.name) == "platform" && value.starts_with("windows")
        });
        let mut words = words::split(line.text(), rest);
        let (mut parent, mut shell) = (None, Shell::Posix);
        match words.next() {
            Some(image) => {
                let word = self.expand(line, image.clone(), Scope::Global);
                let value = word.value(line.slice(&image));
                if is_for_windows || self.looks_like_windows(&value) {
                    shell = Shell::Other;
                }
                parent = self.image(line, image, &word, &value);
            }
            None => self.problem(line.span(&keyword), "`FROM` has no image"),
        }
        if let Some(parent) = parent.and_then(|number| self.stages.list.get(number)) {
            shell = parent.shell;
        }
        let alias = match (words.next(), words.next()) {
            (Some(word), Some(alias)) if line.slice(&word).eq_ignore_ascii_case("as") => {
                let (text, span) = (line.slice(&alias), line.span(&alias));
                let node = self.builder.leaf(NodeKind::Scalar, span);
                self.builder.set_fixed_key(node, line.span(&word), "alias");
                self.builder.set_value(node, span, text);
                self.builder.set_value(stage, span, text);
                if let Some(more) = words.next() {
                    self.problem(line.span(&more), "nothing may follow the name of a stage");
                }
                Some(text)
            }
            (Some(word), _) => {
                self.problem(line.span(&word), "`FROM` takes one image, and `AS` with a name");
                None
            }
            (None, _) => None,
        };
        self.builder.close();
        let number = self.start_stage(stage, parent, false, shell);
        if let Some(alias) = alias {
            self.stages.names.insert(alias.to_lowercase(), number);
        }
    }

    /// Adds the image and its parts, or the stage that it is: gives that one's number.
    fn image(&mut self, line: Line<'_>, range: Range<usize>, word: &Word, value: &Value) -> Option<usize> {
        self.word(line, Some("image"), range.clone(), word);
        let parent = if value.is_known() { self.stages.by_name(&value.text) } else { None };
        if let Some(number) = parent {
            let node = self.builder.leaf(NodeKind::Scalar, line.span(&range));
            self.builder.set_fixed_key(node, line.start(&range), "parent");
            self.builder.set_value(node, line.start(&range), &number.to_string());
            self.builder.set_type(node, ScalarType::Int, Style::Plain);
            if let Some(stage) = self.stages.list.get(number) {
                self.builder.set_target(node, stage.node);
            }
            return parent;
        }
        let parts = reference::split(value);
        let parts = [
            ("registry", parts.registry),
            ("repository", parts.repository),
            ("tag", parts.tag),
            ("digest", parts.digest),
        ];
        for (name, part) in parts {
            let Some(part) = part else { continue };
            let source = word.source_of(&part, &range);
            let span = line.span(source.as_ref().unwrap_or(&range));
            let node = self.builder.leaf(NodeKind::Scalar, span);
            self.builder.set_fixed_key(node, Span::new(span.start, span.start), name);
            self.builder.set_value(node, span, value.text.get(part.clone()).unwrap_or_default());
            let defaulted = if source.is_some() { flag::DEFAULTED } else { 0 };
            self.builder.add_flags(node, value.flags(part.start, part.end) & !defaulted);
        }
        None
    }

    /// Whether an image is one of Windows: by its name, or, where a backtick escapes, by being Microsoft's or
    /// unknown.
    fn looks_like_windows(&self, image: &Value) -> bool {
        let text = image.text.to_ascii_lowercase();
        ["windows", "nanoserver", "servercore", "dotnet/framework/"].iter().any(|name| text.contains(name))
            || (self.lines.escape == '`'
                && (!image.is_known()
                    || text.starts_with("mcr.microsoft.com/")
                    || text.starts_with("microsoft/")))
    }

    /// Reads `SHELL`'s words: what they are changes how the stage's commands are read.
    pub(super) fn set_shell(&mut self, program: &str) {
        if let Some(stage) = self.stages.current.and_then(|number| self.stages.list.get_mut(number)) {
            stage.shell = Shell::of(program);
        }
    }
}

/// Whether an instruction may stand behind `ONBUILD`.
pub(super) const fn is_trigger(keyword: Keyword) -> bool {
    !matches!(keyword, Keyword::Onbuild | Keyword::From | Keyword::Maintainer)
}
