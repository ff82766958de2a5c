//! Which characters a text may be shown with.

/// Whether a character may stand in shown text as it is: none that commands a terminal, turns the direction of writing
/// or takes no room. Line breaks and tabs count as commands, too; U+200C and U+200D do not, since scripts and emoji
/// need them.
#[must_use]
pub fn is_harmless(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !matches!(u32::from(c),
        0x80..=0x9f                         // C1 controls
        | 0xad                              // soft hyphen
        | 0x61c | 0x200e | 0x200f           // bidi marks
        | 0x180e | 0x200b | 0x2060..=0x2064 // zero width
        | 0x2028 | 0x2029                   // line and paragraph separator
        | 0x202a..=0x202e                   // bidi embeddings and overrides
        | 0x2065..=0x206f                   // bidi isolates, deprecated format characters
        | 0xfeff                            // byte order mark
        | 0xfff0..=0xfffb                   // interlinear annotations
        | 0xe0000..=0xe0fff                 // tags
    ) && u32::from(c) & 0xfffe != 0xfffe
        && !matches!(u32::from(c), 0xfdd0..=0xfdef)
}
