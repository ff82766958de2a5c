//! Where expansions and templates end.

/// Where an end is looked for, in bytes: on the same line, and not far away.
const MAX_LENGTH: usize = 4_096;

/// What ends an expansion or template.
#[derive(Clone, Copy)]
pub(super) enum Close {
    Brace,
    Bracket,
    Braces,
}

/// Looks for ends. Up to where there is none is remembered for each kind: without that, a line of expansions that all lack
/// their ends would take quadratic time.
#[derive(Default)]
pub(super) struct Ends([usize; 3]);

impl Ends {
    /// How long the expansion is that begins at `at`, its end included; `None` where it has none.
    pub(super) fn length(&mut self, text: &str, at: usize, close: Close) -> Option<usize> {
        let none_before = self.0.get_mut(close as usize)?;
        if at < *none_before {
            return None;
        }
        let bytes = text.as_bytes().get(at..)?;
        let line = bytes.iter().take(MAX_LENGTH).take_while(|byte| **byte != b'\n');
        let (mut before, mut length) = (0, 0);
        for byte in line {
            length += 1;
            let ends = match close {
                Close::Brace => *byte == b'}',
                Close::Bracket => *byte == b')',
                Close::Braces => *byte == b'}' && before == b'}',
            };
            if ends {
                return Some(length);
            }
            before = *byte;
        }
        *none_before = at + length;
        None
    }
}
