//! What is wrong with a YAML file, in words for its author.

use granit_parser::ErrorKind;

/// The problem's code and a message: one sentence, lower case, no final period.
pub(super) fn describe(kind: &ErrorKind) -> (&'static str, String) {
    use ErrorKind as E;
    let message = match kind {
        E::RecursionLimitExceeded => {
            return ("limit", format!("collections are nested deeper than {}", crate::limits::MAX_DEPTH));
        }
        E::UnexpectedEofFlowSequence => "the file ends inside `[`: the closing `]` is missing",
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            "the file ends inside `{`: the closing `}` is missing"
        }
        E::UnclosedFlowCollection { open } => return ("invalid", format!("`{open}` is never closed")),
        E::MismatchedFlowCollectionEnd { open, close } => {
            return ("invalid", format!("`{open}` is closed by `{close}`"));
        }
        E::MisplacedFlowCollectionEnd => "closing bracket without an opening one",
        E::ExpectedFlowMappingSeparator => "expected `,` or `}` between the entries of a `{` mapping",
        E::ExpectedFlowSequenceSeparator => "expected `,` or `]` between the items of a `[` sequence",
        E::UnclosedQuotedScalar => "the quote is never closed",
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            "text behind a closing quote"
        }
        E::InvalidQuotedScalarIndent | E::DocumentIndicatorInQuotedScalar => {
            "the quoted text above is not closed before this line, which is indented too little to be part of it"
        }
        E::UnknownQuotedScalarEscape => "unknown escape sequence after `\\` in double quotes",
        E::InvalidQuotedScalarHexEscape => {
            "`\\x`, `\\u` and `\\U` must be followed by 2, 4 or 8 hexadecimal digits"
        }
        E::TabInBlockIndentation | E::TabInIndentation | E::TabNotAllowed | E::TabAtBlockScalarStart => {
            "tab used for indentation: YAML allows only spaces"
        }
        E::ExpectedBlockMappingKey => "expected a key here: the indentation does not fit the lines above",
        E::ExpectedBlockSequenceEntry => "expected `- ` here: the indentation does not fit the lines above",
        E::BlockSequenceEntryNotAllowed => "`- ` is not possible here",
        E::BlockEntryInFlowCollection => "`- ` is not possible inside brackets",
        E::InvalidIndentation => "the indentation does not fit any line above",
        E::SimpleKeyExpected | E::InvalidSimpleKey => "expected `:` after this key, on the same line",
        E::MappingKeyNotAllowed => "a key is not possible here",
        E::MappingValueNotAllowed => "`: ` is not possible here: quote the text if it contains `: `",
        E::InvalidColonPlacement => "`:` is not possible here",
        E::CommentNotSeparated => "`#` must be preceded by a space to start a comment",
        E::CommentInterceptedScalar => "a comment stands between the lines of a text without quotes",
        E::UnexpectedCharacter { character: '`' } => "a backtick cannot start a value: quote the text",
        E::UnexpectedCharacter { character } => {
            return (
                "invalid",
                format!("character `{}` cannot start a value: quote the text", character.escape_default()),
            );
        }
        E::PlainScalarStartsWithDashFlowIndicator => "`-` right before a bracket or comma: quote the text",
        E::TabInPlainScalar => "a line of a text without quotes starts with a tab",
        E::InvalidBlockScalarHeader => "only a digit, `+` or `-` may follow `|` or `>`",
        E::ZeroBlockScalarIndent => "the indentation after `|` or `>` cannot be 0",
        E::InvalidBlockScalarIndent => "an empty first line of the text is indented more than the text",
        E::InvalidFlowScalarIndent => "a line inside brackets is indented less than its parent",
        E::UnknownAnchor => "the alias names no anchor above",
        E::MissingAnchorOrAliasName => "`&` or `*` without a name: quote the text if none is meant",
        E::UndeclaredTagHandle => "the tag's handle is not declared by a `%TAG` directive",
        E::DuplicateVersionDirective => "second `%YAML` directive",
        E::UnsupportedYamlMajorVersion => "only YAML 1 is known",
        E::MissingDocumentEndBeforeDirective => "a directive must follow the end of a document (`...`)",
        E::ExpectedDocumentStart | E::InvalidDocumentEnd => "expected a new document (`---`) here",
        E::BomInsideDocument => "byte order mark inside a document",
        E::ExpectedNodeContent => "expected a value here",
        _ => return ("invalid", kind.to_string()),
    };
    ("invalid", message.to_owned())
}

/// Whether the message is clear without the bracket that the place is inside of.
pub(super) fn names_bracket(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
    )
}
