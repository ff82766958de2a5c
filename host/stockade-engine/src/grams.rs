//! Which literals occur in a text: one pass over the text for any number of literals, and nothing to build first.
//!
//! The text becomes a set of its three-byte sequences, hashed into 32,768 places; a literal can only occur where all of its own
//! sequences are in the set (the idea of Bloom filters, "Space/time trade-offs in hash coding with allowable errors",
//! 1970, over n-grams). That tells nearly all absent literals; the others are looked for. An automaton over all literals
//! would need no second look, but takes longer to build than most scans take to search.

/// Bytes of a sequence.
const GRAM: usize = 3;
/// Sets the bit in which upper-case and lower-case letters differ. Other bytes fall together too: that only makes the
/// filter a little coarser.
const FOLD: u32 = 0x0020_2020;
/// Places of the set: a byte each, which costs a third less than a bit, and together no more than a core's nearest cache.
const PLACES: usize = 1 << 15;

/// A text's sequences, without regard to case.
pub(crate) struct Grams<'t> {
    text: &'t [u8],
    set: Box<[u8; PLACES]>,
}

impl<'t> Grams<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let text = text.as_bytes();
        let mut set = Box::new([0_u8; PLACES]);
        let mut add = |slot: u16| {
            if let Some(place) = set.get_mut(usize::from(slot)) {
                *place = 1;
            }
        };
        // Four bytes are one load; the fourth is left out again.
        for four in text.array_windows::<4>() {
            add(slot(u32::from_le_bytes(*four)));
        }
        if let Some([a, b, c]) = text.last_chunk::<GRAM>() {
            add(slot(u32::from_le_bytes([*a, *b, *c, 0])));
        }
        Self { text, set }
    }

    /// Whether the literal occurs.
    pub(crate) fn hold(&self, literal: &Literal) -> bool {
        let possible = literal
            .slots
            .iter()
            .all(|slot| self.set.get(usize::from(*slot)).is_some_and(|place| *place != 0));
        possible && literal.is_in(self.text)
    }
}

/// A literal, made ready for [`Grams::hold`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    text: String,
    slots: Vec<u16>,
    /// With capital letters it must stand as it is written.
    exact: bool,
    /// Which of its bytes is the rarest in texts.
    rarest: usize,
}

impl Literal {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        Self {
            text: text.to_owned(),
            slots: bytes
                .array_windows::<GRAM>()
                .map(|[a, b, c]| slot(u32::from_le_bytes([*a, *b, *c, 0])))
                .collect(),
            exact: bytes.iter().any(u8::is_ascii_uppercase),
            rarest: (0..bytes.len()).max_by_key(|at| bytes.get(*at).map(rarity)).unwrap_or(0),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let literal = self.text.as_bytes();
        let Some(rarest) = literal.get(self.rarest) else { return true };
        if self.exact {
            return memchr::memmem::find(text, literal).is_some();
        }
        let is_here = |at: usize| {
            let start = at.checked_sub(self.rarest);
            let here = start.and_then(|start| text.get(start..start + literal.len()));
            here.is_some_and(|here| here.eq_ignore_ascii_case(literal))
        };
        match rarest.is_ascii_alphabetic() {
            true => memchr::memchr2_iter(*rarest, rarest.to_ascii_uppercase(), text).any(is_here),
            false => memchr::memchr_iter(*rarest, text).any(is_here),
        }
    }
}

/// How rare a byte is in files like those that are scanned, roughly: more is rarer.
fn rarity(byte: &u8) -> usize {
    const COMMON_FIRST: &[u8] = b" etaoins\"r:lc-d./pumg,_h=f0b1y2vk5w348697x#zjq@$";
    COMMON_FIRST.iter().position(|b| b.eq_ignore_ascii_case(byte)).unwrap_or(COMMON_FIRST.len())
}

/// The place of the sequence in the lower three bytes: multiplicative hashing, whose upper bits are the mixed ones.
fn slot(bytes: u32) -> u16 {
    (((bytes & 0x00FF_FFFF) | FOLD).wrapping_mul(0x9E37_79B1) >> 17) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(text: &str, literal: &str) -> bool {
        Grams::of(text).hold(&Literal::new(literal))
    }

    #[test]
    fn every_part_of_a_text_is_found_in_any_case() {
        let text = "FROM debian:12\nRUN apt-get install -y curl # Grüße\n";
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                let Some(part) = text.get(start..end) else { continue };
                assert!(is_in(text, &part.to_ascii_lowercase()), "{part:?}");
                assert!(is_in(text, part), "{part:?}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for absent in ["kubernetes", "hostnetwork", "privileged", "apt-get", "zz", "frm", "rom debian1"] {
            assert!(!is_in("FROM debian\nRUN true\n", absent), "{absent}");
        }
        // A text of some size, whose sequences fill a part of the set.
        let text: String = (0..800_u32).map(|n| format!("key{}: {}\n", n * 7919, n * 104_729)).collect();
        for n in 0..800_u32 {
            let literal = format!("{:x}", n.wrapping_mul(2_654_435_761));
            assert_eq!(is_in(&text, &literal), text.contains(&literal), "{literal}");
        }
    }

    #[test]
    fn capital_letters_of_a_literal_count() {
        assert!(!is_in("akia FROM Asia", "AKIA"));
        assert!(is_in("akia FROM Asia", "from"));
        assert!(!is_in("akia FROM Asia", "ASIA"));
        assert!(is_in("akia then AKIA", "AKIA"));
    }
}
