//! Tables beside the tree, computed once by the host for all rules that need them: `environment` (variables
//! wherever they are set) and `settings` (everything that has a name and a value, under one spelling of the name).
//!
//! Both are described, column by column, in `book/src/internals/documents.md`. Names and decoded values that do
//! not stand in the file are appended to the document's data.

mod data;
mod dsn;
mod environment;
mod fold;
mod options;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use crate::FileKind;
use crate::table::push_problem;
use stockade_model::{Document, NodeId, Problem, ProblemLevel, Span, Table, column};

pub use environment::Origin;
pub use fold::fold;
pub use value::ValueKind;

/// Cells in a row of the table `environment`.
pub const ENVIRONMENT_STRIDE: u32 = 11;
/// Cells in a row of the table `settings`.
pub const SETTINGS_STRIDE: u32 = 14;

/// Most rows of one table. A generated manifest has some ten thousand values; a rule that looks at each must
/// still be done soon. Rows beyond are left out.
pub const MAX_ROWS: usize = 200_000;

/// Bits in the flags of a row; the low five are set in both tables.
pub mod row_flag {
    /// The value, or a part of it, comes from a template or variable and is not known.
    pub const UNKNOWN: u32 = 1;
    /// The value is the default of an interpolation: `y` in `${X:-y}`.
    pub const DEFAULT: u32 = 2;
    /// The value refers to a secret kept elsewhere: `secretKeyRef`, `vault:`, `op://`, `/run/secrets/`, `ENC[`.
    pub const SECRET_REFERENCE: u32 = 4;
    /// There is no value: the variable is taken from whoever starts the program.
    pub const INHERITED: u32 = 8;
    /// Set by an environment variable (always so in the table `environment`).
    pub const VARIABLE: u32 = 16;
    /// The value reads as "on": true, yes, on, 1, enabled.
    pub const ON: u32 = 32;
    /// The value reads as "off": false, no, off, 0, disabled, none.
    pub const OFF: u32 = 64;
    /// The unit of the number comes from the name (`_minutes`, `_mb`).
    pub const UNIT_FROM_NAME: u32 = 128;
    /// The number has no unit; seconds are assumed because the name speaks of a time.
    pub const UNIT_ASSUMED: u32 = 256;
    /// An element of a list; it has the list's name.
    pub const ELEMENT: u32 = 512;
    /// A part of a URL or DSN (`database_url_password`).
    pub const PART: u32 = 1024;
    /// The number is the whole part of one with a fraction, or does not fit.
    pub const INEXACT: u32 = 2048;
    /// A variable that a script sets for itself and that reaches what it runs all the same: it is exported elsewhere, or is the
    /// default of one from outside (`X="${X:-1}"`) in a script that ends in another program.
    pub const GIVEN: u32 = 4096;
}

/// A name or value: what it says, as offsets into the document's data, and where that stands in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    data: Span,
    at: Span,
}

impl Piece {
    /// The decoded value of a node.
    fn value(document: &Document, node: NodeId) -> Self {
        let cell = |column| document.cell(node, column);
        Self { data: Span::new(cell(column::TEXT_START), cell(column::TEXT_END)), at: document.span(node) }
    }

    /// The decoded key of a node.
    fn name(document: &Document, node: NodeId) -> Self {
        let cell = |column| document.cell(node, column);
        Self {
            data: Span::new(cell(column::NAME_START), cell(column::NAME_END)),
            at: Span::new(cell(column::KEY_START), cell(column::KEY_END)),
        }
    }

    /// A part of it, by offsets into its decoded text. Where that text does not stand in the file as it is, the
    /// place is that of the whole.
    fn part(self, document: &Document, start: usize, end: usize) -> Self {
        let data = Span::new(self.data.start + start as u32, self.data.start + end as u32);
        let in_text = self.data.end <= document.text_len;
        Self { data, at: if in_text { data } else { self.at } }
    }

    fn text(self, document: &Document) -> &str {
        self.data.slice(&document.data).unwrap_or_default()
    }
}

/// Adds the tables that are wanted and that this version knows: `environment`, `settings`. A table that is there
/// already is not added again. `kind` is what the document was parsed as.
pub fn add_views(kind: FileKind, document: &mut Document, wanted: &[&str]) {
    let lacks = |document: &Document, name| {
        wanted.contains(&name) && document.tables.iter().all(|table| table.name != name)
    };
    let (environment, settings) = (lacks(document, "environment"), lacks(document, "settings"));
    if !environment && !settings {
        return;
    }
    let variables = environment::collect(kind, document);
    if settings {
        let (cells, names) = settings::collect(kind, document, &variables);
        document.data.push_str(&names);
        note_limit(document, "settings", cells.len() / SETTINGS_STRIDE as usize);
        document.tables.push(Table { name: "settings", stride: SETTINGS_STRIDE, cells });
    }
    if environment {
        let cells = variables.iter().flat_map(environment::Variable::cells).collect();
        note_limit(document, "variables", variables.len());
        document.tables.push(Table { name: "environment", stride: ENVIRONMENT_STRIDE, cells });
    }
}

/// Says that a table does not hold all, where it may not.
fn note_limit(document: &mut Document, what: &str, rows: usize) {
    if rows < MAX_ROWS {
        return;
    }
    let message = format!("more than {MAX_ROWS} {what}: rules about them see the first ones");
    let span = document.span(0);
    push_problem(
        &mut document.problems,
        Problem { code: "limit", level: ProblemLevel::Warning, span, message },
    );
}
