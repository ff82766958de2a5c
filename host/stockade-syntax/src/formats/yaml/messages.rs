//! What is wrong with a YAML file, in words for its author: one sentence each, lower case, no final period.

pub(super) const TAB: &str = "tab used for indentation: YAML allows only spaces";
pub(super) const EXPECTED_DOCUMENT: &str = "expected a new document (`---`) here";
pub(super) const TEXT_BEHIND_END: &str = "nothing may follow on the line of `...`";
pub(super) const INDENTATION: &str = "the indentation does not fit any line above";
pub(super) const SECOND_VERSION: &str = "second `%YAML` directive";
pub(super) const VERSION: &str = "only YAML 1 is known";
pub(super) const COMMENT: &str = "`#` must be preceded by a space to start a comment";
pub(super) const VALUE: &str = "`: ` is not possible here: quote the text if it contains `: `";
pub(super) const EXPECTED_KEY: &str = "expected a key here: the indentation does not fit the lines above";
pub(super) const EXPECTED_ITEM: &str = "expected `- ` here: the indentation does not fit the lines above";
pub(super) const ITEM: &str = "`- ` is not possible here";
pub(super) const ITEM_IN_BRACKETS: &str = "`- ` is not possible inside brackets";
pub(super) const DASH_IN_BRACKETS: &str = "`-` right before a bracket or comma: quote the text";
pub(super) const KEY: &str = "a key is not possible here";
pub(super) const EXPECTED_COLON: &str = "expected `:` after this key, on the same line";
pub(super) const EXPECTED_VALUE: &str = "expected a value here";
pub(super) const BEHIND_QUOTE: &str = "text behind a closing quote";
pub(super) const BEHIND_BRACKET: &str = "text behind a closing bracket";
pub(super) const BEHIND_ALIAS: &str = "text behind an alias";
pub(super) const OPEN_QUOTE: &str = "the quote is never closed";
pub(super) const QUOTE_INDENTATION: &str =
    "the quoted text above is not closed before this line, which is indented too little to be part of it";
pub(super) const ESCAPE: &str = "unknown escape sequence after `\\` in double quotes";
pub(super) const HEX_ESCAPE: &str =
    "`\\x`, `\\u` and `\\U` must be followed by 2, 4 or 8 hexadecimal digits of a character";
pub(super) const BACKTICK: &str = "a backtick cannot start a value: quote the text";
pub(super) const HEADER: &str = "only a digit, `+` or `-` may follow `|` or `>`";
pub(super) const HEADER_ZERO: &str = "the indentation after `|` or `>` cannot be 0";
pub(super) const FIRST_LINE: &str = "an empty first line of the text is indented more than the text";
pub(super) const NAME: &str = "`&` or `*` without a name: quote the text if none is meant";
pub(super) const HANDLE: &str = "the tag's handle is not declared by a `%TAG` directive";
pub(super) const TAG: &str = "a tag must be followed by a space";
pub(super) const TWO_ANCHORS: &str = "a second anchor or tag for one value";
pub(super) const ALIAS_PROPERTIES: &str = "an alias can have neither anchor nor tag";
pub(super) const COLON: &str = "`:` is not possible here";
pub(super) const CLOSING: &str = "closing bracket without an opening one";
pub(super) const COMMA: &str = "`,` is not possible here";
pub(super) const IN_MAPPING: &str = "expected `,` or `}` between the entries of a `{` mapping";
pub(super) const IN_SEQUENCE: &str = "expected `,` or `]` between the items of a `[` sequence";
pub(super) const OPEN_MAPPING: &str = "the file ends inside `{`: the closing `}` is missing";
pub(super) const OPEN_SEQUENCE: &str = "the file ends inside `[`: the closing `]` is missing";
pub(super) const DOCUMENT_IN_BRACKETS: &str = "a new document starts before the bracket is closed";

/// What is wrong with a character that no value starts with.
pub(super) fn character(found: char) -> String {
    format!("character `{}` cannot start a value: quote the text", found.escape_default())
}

/// Whether the message is clear without the bracket that the place is inside of.
pub(super) fn names_bracket(message: &str) -> bool {
    message == OPEN_MAPPING
        || message == OPEN_SEQUENCE
        || message.ends_with("is never closed")
        || message.contains("is closed by")
}
