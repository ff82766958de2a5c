//! Typed rows of the tables that the host computes beside the tree: settings and environment variables,
//! wherever they are written. A plugin gets them if its `plugin.kdl` says `needs "settings"` or `needs "environment"`.

use crate::secrecy::flat;
use crate::{Node, Place, Source, Span};

/// Bits of [`Setting::flags`] and [`Variable::flags`].
pub mod row_flag {
    /// The value, or a part of it, comes from a template or variable and is not known.
    pub const UNKNOWN: u32 = 1;
    /// The value is the default of an interpolation: `y` in `${X:-y}`.
    pub const DEFAULT: u32 = 2;
    /// The value refers to a secret kept elsewhere.
    pub const SECRET_REFERENCE: u32 = 4;
    /// There is no value: the variable is taken from whoever starts the program.
    pub const INHERITED: u32 = 8;
    /// Set by an environment variable.
    pub const VARIABLE: u32 = 16;
    /// The value reads as "on".
    pub const ON: u32 = 32;
    /// The value reads as "off".
    pub const OFF: u32 = 64;
    /// The unit of the number comes from the name.
    pub const UNIT_FROM_NAME: u32 = 128;
    /// The number has no unit; seconds are assumed because the name speaks of a time.
    pub const UNIT_ASSUMED: u32 = 256;
    /// An element of a list; it has the list's name.
    pub const ELEMENT: u32 = 512;
    /// A part of a URL or DSN.
    pub const PART: u32 = 1024;
    /// The number is the whole part of one with a fraction, or does not fit.
    pub const INEXACT: u32 = 2048;
    /// A variable that a script sets for itself and that reaches what it runs all the same.
    pub const GIVEN: u32 = 4096;
}

/// What kind of value a setting has, decided by the host from its text and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any text.
    String,
    /// true, false, yes, no, on, off, enabled, disabled.
    Bool,
    /// A number without a unit.
    Number,
    /// A time; [`Setting::number`] is in milliseconds.
    Duration,
    /// A size; [`Setting::number`] is in bytes.
    Size,
    /// A sequence (its number is the count of elements), or a text of elements separated by commas.
    List,
    /// `scheme://…`.
    Url,
    /// A URL or text of keys and values that tells how to reach a database, cache or queue.
    Dsn,
    /// A name of something kept elsewhere.
    Reference,
    /// Nothing but a template expression or variable without default.
    Template,
    /// A text that says "put the value here".
    Placeholder,
    /// No text at all, null, or an empty collection.
    Empty,
}

impl ValueKind {
    fn from_cell(cell: u32) -> Self {
        match cell {
            1 => Self::Bool,
            2 => Self::Number,
            3 => Self::Duration,
            4 => Self::Size,
            5 => Self::List,
            6 => Self::Url,
            7 => Self::Dsn,
            8 => Self::Reference,
            9 => Self::Template,
            10 => Self::Placeholder,
            11 => Self::Empty,
            // Kinds that a later host may add are texts to this SDK.
            _ => Self::String,
        }
    }
}

/// Columns of a row that this SDK reads; a host may send longer rows.
const SETTING_CELLS: usize = 14;
const VARIABLE_CELLS: usize = 11;

/// A value that has a name: see the table `settings` in the book.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    source: &'a Source,
    row: &'a [u32; SETTING_CELLS],
}

impl<'a> Setting<'a> {
    /// The name, folded to snake case (`talos_security_require_tls`).
    #[must_use]
    pub fn name(self) -> &'a str {
        self.source.data_slice(self.row[1], self.row[2])
    }

    /// The value as text; for `${X:-y}` that is `y`.
    #[must_use]
    pub fn value(self) -> &'a str {
        self.source.data_slice(self.row[7], self.row[8])
    }

    /// Where it stands among the settings of its file: a number that grows with each, and means nothing else.
    #[must_use]
    pub fn order(self) -> usize {
        self.row.as_ptr().addr()
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(self) -> ValueKind {
        ValueKind::from_cell(self.row[3])
    }

    /// Milliseconds, bytes, elements, or the number itself, by [`Setting::kind`]; 0 where it has none.
    #[must_use]
    pub fn number(self) -> i64 {
        (u64::from(self.row[4]) | u64::from(self.row[5]) << 32).cast_signed()
    }

    /// Its [`row_flag`] bits.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.row[6]
    }

    /// Whether any of these [`row_flag`] bits is set.
    #[must_use]
    pub fn has(self, flags: u32) -> bool {
        self.row[6] & flags != 0
    }

    /// Whether the value reads as "on".
    #[must_use]
    pub fn is_on(self) -> bool {
        self.has(row_flag::ON)
    }

    /// Whether the value reads as "off".
    #[must_use]
    pub fn is_off(self) -> bool {
        self.has(row_flag::OFF)
    }

    /// The node of the value.
    #[must_use]
    pub fn node(self) -> Node<'a> {
        self.source.node(self.row[0])
    }

    /// The name as its author wrote it: `security.tls.enabled`, `APP_DEBUG`; for a part of a URL `sslmode of database.url`.
    #[must_use]
    pub fn written(self) -> String {
        let whole = self.written_whole();
        if !self.has(row_flag::PART) || self.has(row_flag::VARIABLE) {
            return whole;
        }
        let part = self.name().strip_prefix(flat(&whole).as_str()).and_then(|rest| rest.strip_prefix('_'));
        part.map_or_else(|| self.name().to_owned(), |part| format!("{part} of {whole}"))
    }

    /// As [`Setting::written`]; for a part of a URL or connection string, the name of the whole.
    #[must_use]
    pub fn written_whole(self) -> String {
        let own = self.source.slice(self.key_span()).trim_matches(['"', '\'']);
        if self.has(row_flag::VARIABLE) && !own.is_empty() {
            return own.to_owned();
        }
        let mut names: Vec<&str> = std::iter::once(self.node())
            .chain(self.node().ancestors())
            .map(Node::name)
            .filter(|name| !name.is_empty())
            .take(12)
            .collect();
        names.reverse();
        if names.is_empty() { self.name().to_owned() } else { names.join(".") }
    }

    /// Whether something is known of the value: neither a template nor a reference nor taken from elsewhere.
    #[must_use]
    pub fn is_value(self) -> bool {
        !matches!(self.kind(), ValueKind::Template | ValueKind::Reference)
            && !self.has(row_flag::INHERITED | row_flag::SECRET_REFERENCE)
            && (!self.has(row_flag::UNKNOWN) || self.has(row_flag::DEFAULT))
    }

    /// Whether a script gives a variable to other programs, and always: a variable of its own, or one that is set where
    /// somebody asked for it, is no setting.
    #[must_use]
    pub fn is_given(self) -> bool {
        let node = self.node();
        let asked = node.ancestors().any(|above| matches!(above.name(), "if" | "case" | "while" | "until"));
        let own = node.parent().filter(|parent| parent.name() == "env").and_then(Node::parent).is_some_and(
            |command| !command.children().any(|word| word.is_scalar() && word.name().is_empty()),
        );
        !asked && (!own || self.has(row_flag::GIVEN))
    }

    /// Keys on the path, 1 for a variable.
    #[must_use]
    pub fn depth(self) -> u32 {
        self.row[13]
    }

    /// Bytes of the key; empty for an element of a list.
    #[must_use]
    pub fn key_span(self) -> Span {
        Span { start: self.row[9], end: self.row[10] }
    }

    /// Bytes of the value.
    #[must_use]
    pub fn value_span(self) -> Span {
        Span { start: self.row[11], end: self.row[12] }
    }

    /// Where a finding about the value is: the value, or the key where the value is empty or of several lines.
    #[must_use]
    pub fn place(self) -> Place {
        place(self.source, self.row[0], self.key_span(), self.value_span())
    }

    /// Where a finding about the setting as a whole is: the key, or the value of an element.
    #[must_use]
    pub fn key_place(self) -> Place {
        place(self.source, self.row[0], self.value_span(), self.key_span())
    }
}

/// A variable that is set somewhere: see the table `environment` in the book.
#[derive(Clone, Copy, Debug)]
pub struct Variable<'a> {
    source: &'a Source,
    row: &'a [u32; VARIABLE_CELLS],
}

impl<'a> Variable<'a> {
    /// The name as written.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.source.data_slice(self.row[1], self.row[2])
    }

    /// The value; for `${X:-y}` that is `y`.
    #[must_use]
    pub fn value(self) -> &'a str {
        self.source.data_slice(self.row[3], self.row[4])
    }

    /// The number of its origin, as the book lists them.
    #[must_use]
    pub fn origin(self) -> u32 {
        self.row[5]
    }

    /// Its [`row_flag`] bits.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.row[6]
    }

    /// Whether any of these [`row_flag`] bits is set.
    #[must_use]
    pub fn has(self, flags: u32) -> bool {
        self.row[6] & flags != 0
    }

    /// The node of the value or, where there is none, of the entry.
    #[must_use]
    pub fn node(self) -> Node<'a> {
        self.source.node(self.row[0])
    }

    /// Bytes of the name.
    #[must_use]
    pub fn name_span(self) -> Span {
        Span { start: self.row[7], end: self.row[8] }
    }

    /// Bytes of the value.
    #[must_use]
    pub fn value_span(self) -> Span {
        Span { start: self.row[9], end: self.row[10] }
    }

    /// Where a finding about the value is: the value, or the name where the value is empty or of several lines.
    #[must_use]
    pub fn place(self) -> Place {
        place(self.source, self.row[0], self.name_span(), self.value_span())
    }
}

/// `wanted`, or `other` where that is empty or runs over lines.
fn place(source: &Source, node: u32, other: Span, wanted: Span) -> Place {
    let fits = |span: Span| span.start < span.end && !source.slice(span).contains('\n');
    let span = if fits(wanted) || !fits(other) { wanted } else { other };
    Place { span, node: Some(node) }
}

impl Source {
    /// The settings of the file, in the order of the document; none where the host did not send the table.
    pub fn settings(&self) -> impl Iterator<Item = Setting<'_>> {
        self.table("settings")
            .filter_map(|row| row.first_chunk::<SETTING_CELLS>())
            .map(|row| Setting { source: self, row })
    }

    /// The variables that the file sets; none where the host did not send the table.
    pub fn variables(&self) -> impl Iterator<Item = Variable<'_>> {
        self.table("environment")
            .filter_map(|row| row.first_chunk::<VARIABLE_CELLS>())
            .map(|row| Variable { source: self, row })
    }
}
