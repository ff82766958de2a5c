//! Which literals occur in a text: one pass over the text for any number of literals, and nothing to build first.
//!
//! The text becomes a set of its three-byte sequences, hashed into 32,768 places; a literal can only occur where all of its own
//! sequences are in the set (the idea of Bloom filters, "Space/time trade-offs in hash coding with allowable errors",
//! 1970, over n-grams). That tells nearly all absent literals; the others are looked for. An automaton over all literals
//! would need no second look, but takes longer to build than most scans take to search.

use memchr::memmem::Finder;
use std::cell::{Cell, OnceCell};
use std::sync::OnceLock;

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
    /// With small letters; made for the first literal that has to be looked for.
    small: OnceCell<Vec<u8>>,
    /// Gone only while it is dropped.
    set: Option<Box<Set>>,
}

/// The places, and what stands in those that are taken. A set is used again for the next text with another mark, which
/// spares emptying it: that takes longer than most files take to read.
struct Set {
    places: [u8; PLACES],
    mark: u8,
}

thread_local! {
    /// The set of the text that this thread looked at last.
    static LAST: Cell<Option<Box<Set>>> = const { Cell::new(None) };
}

impl Set {
    /// An empty set.
    fn empty() -> Box<Self> {
        let mut set = LAST.take().unwrap_or_else(|| Box::new(Self { places: [0; PLACES], mark: 0 }));
        match set.mark.checked_add(1) {
            Some(mark) => set.mark = mark,
            None => *set = Self { places: [0; PLACES], mark: 1 },
        }
        set
    }
}

impl Drop for Grams<'_> {
    fn drop(&mut self) {
        // Fails where the thread is ending, which is as good.
        let _ = LAST.try_with(|last| last.set(self.set.take()));
    }
}

impl<'t> Grams<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let text = text.as_bytes();
        let mut set = Set::empty();
        let Set { places, mark } = &mut *set;
        let mut add = |slot: u16| {
            if let Some(place) = places.get_mut(usize::from(slot)) {
                *place = *mark;
            }
        };
        // Four bytes are one load; the fourth is left out again.
        for four in text.array_windows::<4>() {
            add(slot(u32::from_le_bytes(*four)));
        }
        if let Some([a, b, c]) = text.last_chunk::<GRAM>() {
            add(slot(u32::from_le_bytes([*a, *b, *c, 0])));
        }
        Self { text, small: OnceCell::new(), set: Some(set) }
    }

    /// Whether the literal occurs.
    pub(crate) fn hold(&self, literal: &Literal) -> bool {
        if !self.may_hold(literal) {
            return false;
        }
        let text = match literal.exact {
            true => self.text,
            false => self.small.get_or_init(|| self.text.to_ascii_lowercase()),
        };
        literal.finder().find(text).is_some()
    }

    /// Whether all of the literal's sequences occur.
    fn may_hold(&self, literal: &Literal) -> bool {
        // A prefilter may only spare work.
        let Some(Set { places, mark }) = self.set.as_deref() else { return true };
        literal.slots.iter().all(|slot| places.get(usize::from(*slot)) == Some(mark))
    }
}

/// A literal, made ready for [`Grams::hold`].
#[derive(Debug)]
pub(crate) struct Literal {
    text: String,
    slots: Vec<u16>,
    /// Made when it is first looked for: most never are.
    finder: OnceLock<Finder<'static>>,
    /// With capital letters it must stand as it is written.
    exact: bool,
}

impl Literal {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let grams = bytes.array_windows::<GRAM>();
        let mut slots: Vec<u16> =
            grams.clone().map(|[a, b, c]| slot(u32::from_le_bytes([*a, *b, *c, 0]))).collect();
        // The rarest first: most literals are told from it alone.
        let rare = |(_, gram): &(usize, &[u8; GRAM])| gram.iter().map(|b| u32::from(rarity(*b))).sum::<u32>();
        if let Some((rarest, _)) = grams.enumerate().max_by_key(rare) {
            slots.swap(0, rarest);
        }
        let exact = bytes.iter().any(u8::is_ascii_uppercase);
        Self { text: text.to_owned(), slots, finder: OnceLock::new(), exact }
    }

    fn finder(&self) -> &Finder<'static> {
        self.finder.get_or_init(|| Finder::new(self.text.as_bytes()).into_owned())
    }
}

/// How rare a byte is in files like those that are scanned, roughly: more is rarer.
fn rarity(byte: u8) -> u8 {
    const COMMON_FIRST: &[u8; 47] = b" etaoins\"r:lc-d./pumg,_h=f0b1y2vk5w348697x#zjq@";
    const RARITY: [u8; 256] = {
        let mut rarity = [COMMON_FIRST.len() as u8; 256];
        let mut at = 0;
        while at < COMMON_FIRST.len() {
            let byte = COMMON_FIRST[at];
            rarity[byte as usize] = at as u8;
            rarity[byte.to_ascii_uppercase() as usize] = at as u8;
            at += 1;
        }
        rarity
    };
    RARITY.get(usize::from(byte)).copied().unwrap_or(u8::MAX)
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
        let grams = Grams::of(&text);
        let mut told = 0;
        for n in 0..800_u32 {
            let literal = format!("{:x}", n.wrapping_mul(2_654_435_761));
            assert_eq!(is_in(&text, &literal), text.contains(&literal), "{literal}");
            told += u32::from(!grams.may_hold(&Literal::new(&literal)));
        }
        assert!(told > 700, "the sequences tell {told} of 800");
    }

    /// A set is used again, with more texts than there are marks.
    #[test]
    fn a_text_leaves_nothing_to_the_next() {
        let literals = [Literal::new("alpha"), Literal::new("omega")];
        for round in 0..600 {
            let (text, other) = if round % 2 == 0 { ("an alpha", 1) } else { ("an omega", 0) };
            let grams = Grams::of(text);
            assert!(grams.may_hold(&literals[1 - other]) && !grams.may_hold(&literals[other]), "{round}");
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
