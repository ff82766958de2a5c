//! Quoted texts whose lines are indented too little.

use super::read::Reader;

impl Reader<'_, '_> {
    /// Whether the quoted text at `pos`, which goes on at `from` indented too little, is one after all. The specification
    /// forbids it, and libyaml and whatever comes from it reads it. To tell it from a quote that was forgotten, nothing up to
    /// the closing one may look like an entry, and nothing may follow on its line. Looked for once for each text.
    pub(super) fn is_closed_loosely(&mut self, from: usize) -> bool {
        if from <= self.loose_until {
            return true;
        }
        let quote = self.byte(self.pos);
        let mut at = from;
        let mut line_start = true;
        loop {
            if line_start && self.is_entry(at) {
                return false;
            }
            line_start = false;
            match self.byte(at) {
                0 => return false,
                b'\\' if quote == b'"' => at += 2,
                b'\'' if quote == b'\'' && self.byte(at + 1) == b'\'' => at += 2,
                byte if byte == quote => break,
                b'\n' => {
                    line_start = true;
                    at += 1;
                }
                _ => at += 1,
            }
        }
        let rest = self.bytes.get(at + 1..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let ends = match rest.get(blanks) {
            None | Some(b'\n' | b'\r') => true,
            Some(b'#') => blanks > 0,
            Some(_) => false,
        };
        if ends {
            self.loose_until = at;
        }
        ends
    }

    /// Whether the line that starts at `at` looks like an item, an entry with a plain key, or the end of the document.
    fn is_entry(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        if self.is_marker(at) {
            return true;
        }
        let indent = rest.iter().take_while(|byte| **byte == b' ').count();
        let rest = rest.get(indent..).unwrap_or_default();
        let key = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_./".contains(b)).count();
        let item = rest.first() == Some(&b'-') && self.is_white(at + indent + 1);
        item || (key > 0 && rest.get(key) == Some(&b':') && self.is_white(at + indent + key + 1))
    }
}
