//! Which literals occur in a text: one pass over the text for any number of literals, and next to nothing to build first.
//!
//! Only every second byte of the text is looked at. Of each literal, two three-byte sequences stand in a table: the one that
//! is rarest in files like these of those at its even offsets, and of those at its odd ones; one of the two begins where the
//! text is looked at. There the whole literal is compared (Karp and Rabin, "Efficient randomized pattern-matching algorithms",
//! 1987, with a hash of three bytes). An automaton over all literals takes longer to build than most scans take to search.

use memchr::memmem::Finder;

/// Bytes of a sequence.
const GRAM: usize = 3;
/// Keeps the first three of four bytes that were loaded at once, and of each the bits that upper-case and lower-case letters
/// share. Other bytes fall together too: the comparison that follows tells them apart.
const FOLD: u32 = 0x001F_1F1F;
/// The bits of [`FOLD`] for the first byte of a sequence.
const FIRST: u32 = 0x1F;
/// Bytes from one look at the text to the next.
const STEP: usize = 2;
/// Places of the table, a power of two: with 140 literals, one place in thirty is taken.
const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 13;
/// The end of the list at a place.
const NONE: u16 = 0;

/// Literals made ready to be looked for together.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    literals: Vec<Literal>,
    /// By place: which bytes may follow those of `sequences` that are there, as [`follower`] counts them; none where there is
    /// no sequence. All that is looked at for nearly every byte of a text.
    taken: Vec<u8>,
    /// By place: the number, counted from 1, of the first of `sequences` there.
    first: Vec<u16>,
    sequences: Vec<Sequence>,
    /// Those that are shorter than a sequence, or beyond what a table can number: each is looked for by itself.
    alone: Vec<(usize, Finder<'static>)>,
}

#[derive(Debug)]
struct Literal {
    text: Vec<u8>,
    /// With capital letters it must stand as it is written.
    exact: bool,
}

impl Literal {
    /// Whether other letters may stand for its own.
    fn has_case(&self) -> bool {
        !self.exact && self.text.iter().any(u8::is_ascii_alphabetic)
    }
}

/// A sequence of a literal.
#[derive(Clone, Copy, Debug)]
struct Sequence {
    folded: u32,
    literal: u16,
    /// From one byte before the literal to the sequence.
    offset: u16,
    /// The next at the same place.
    next: u16,
}

/// Which literals occur, by number.
pub(crate) struct Found(Vec<bool>);

impl Found {
    /// Whether the literal occurs. One that was never asked about may.
    pub(crate) fn has(&self, literal: usize) -> bool {
        self.0.get(literal).copied().unwrap_or(true)
    }
}

impl Literals {
    /// Literals with capital letters must occur as they are written, others in any case.
    pub(crate) fn new<'l>(literals: impl IntoIterator<Item = &'l str>) -> Self {
        let mut this = Self { taken: vec![0; PLACES], first: vec![NONE; PLACES], ..Self::default() };
        for text in literals {
            let bytes = text.as_bytes();
            let number = this.literals.len();
            let exact = bytes.iter().any(u8::is_ascii_uppercase);
            this.literals.push(Literal { text: bytes.to_vec(), exact });
            if this.enter(number, bytes).is_none() {
                this.alone.push((number, Finder::new(bytes).into_owned()));
            }
        }
        this
    }

    /// Enters a literal in the table, if it fits there.
    fn enter(&mut self, number: usize, bytes: &[u8]) -> Option<()> {
        let literal = u16::try_from(number).ok().filter(|_| bytes.len() >= GRAM)?;
        let rare = |(_, gram): &(usize, &[u8; GRAM])| gram.iter().map(|b| u32::from(rarity(*b))).sum::<u32>();
        for side in 0..STEP {
            let on_side = bytes.array_windows::<GRAM>().enumerate().skip(side).step_by(STEP);
            if let Some((at, [a, b, c])) = on_side.max_by_key(rare) {
                let next = bytes.get(at + GRAM).copied();
                let offset = u16::try_from(at + 1).ok()?;
                self.add(Sequence { folded: folded([*a, *b, *c]), literal, offset, next: NONE }, next)?;
            } else {
                // A literal of three bytes: whatever stands before it.
                let [b, c, next] = bytes.first_chunk()?;
                for first in 0..=FIRST {
                    let folded = folded([0, *b, *c]) | first;
                    self.add(Sequence { folded, literal, offset: 0, next: NONE }, Some(*next))?;
                }
            }
        }
        Some(())
    }

    /// Enters one sequence in the table, if there is room; `next` is the byte of the literal behind it.
    fn add(&mut self, sequence: Sequence, next: Option<u8>) -> Option<()> {
        let own = u16::try_from(self.sequences.len() + 1).ok()?;
        let place = place(sequence.folded);
        let (first, taken) = self.first.get_mut(place).zip(self.taken.get_mut(place))?;
        *taken |= next.map_or(u8::MAX, |next| follower(u32::from(next)));
        self.sequences.push(Sequence { next: *first, ..sequence });
        *first = own;
        Some(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.literals.is_empty()
    }

    /// Looks for all of them.
    pub(crate) fn find(&self, text: &str) -> Found {
        let text = text.as_bytes();
        let mut found = vec![false; self.literals.len()];
        for (literal, finder) in &self.alone {
            let is_in = match self.literals.get(*literal) {
                Some(literal) if literal.has_case() => finder.find(&text.to_ascii_lowercase()).is_some(),
                _ => finder.find(text).is_some(),
            };
            if let Some(found) = found.get_mut(*literal) {
                *found = is_in;
            }
        }
        // Of this length by the way it is made; this says so to the compiler. A copy, to leave out what was found.
        let Some(mut taken) = self.taken.first_chunk::<PLACES>().copied() else { return Found(found) };
        let mut look = |at: usize, four: u32| {
            let folded = four & FOLD;
            let place = place(folded);
            let next = follower(four >> (8 * GRAM));
            let is_taken = taken.get(place).is_some_and(|taken| taken & next != 0);
            if is_taken && !self.compare(text, at, folded, &mut found) {
                taken.get_mut(place).into_iter().for_each(|taken| *taken = 0);
            }
        };
        // Four bytes are one load.
        let whole = text.array_windows::<4>().enumerate().step_by(STEP);
        whole.for_each(|(at, four)| look(at, u32::from_le_bytes(*four)));
        // What begins in the last three bytes.
        for at in (text.len().saturating_sub(GRAM)..text.len()).filter(|at| at % STEP == 0) {
            let byte = |nth: usize| text.get(at + nth).copied().unwrap_or(0);
            look(at, u32::from_le_bytes([byte(0), byte(1), byte(2), 0]));
        }
        Found(found)
    }

    /// Compares the literals that have this sequence with the text around it. Whether any at its place is still missing.
    #[cold]
    fn compare(&self, text: &[u8], at: usize, folded: u32, found: &mut [bool]) -> bool {
        let mut is_any_missing = false;
        let mut next = self.first.get(place(folded)).copied().unwrap_or(NONE);
        // Ends: a list only leads to sequences that were entered before.
        while let Some(sequence) = usize::from(next).checked_sub(1).and_then(|n| self.sequences.get(n)) {
            next = sequence.next;
            let literal = usize::from(sequence.literal);
            let (Some(found), Some(wanted)) = (found.get_mut(literal), self.literals.get(literal)) else {
                continue;
            };
            if !*found && sequence.folded == folded {
                let start = (at + 1).checked_sub(usize::from(sequence.offset));
                let part = start.and_then(|start| text.get(start..)?.get(..wanted.text.len()));
                *found = part.is_some_and(|part| match wanted.exact {
                    true => part == wanted.text,
                    false => part.eq_ignore_ascii_case(&wanted.text),
                });
            }
            is_any_missing |= !*found;
        }
        is_any_missing
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

/// A sequence, without regard to case.
fn folded([a, b, c]: [u8; GRAM]) -> u32 {
    u32::from_le_bytes([a, b, c, 0]) & FOLD
}

/// A byte as one bit of eight, without regard to case.
fn follower(byte: u32) -> u8 {
    1 << (byte & 7)
}

/// The place of a sequence: multiplicative hashing, whose upper bits are the mixed ones.
fn place(folded: u32) -> usize {
    (folded.wrapping_mul(0x9E37_79B1) >> (u32::BITS - PLACE_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(text: &str, literal: &str) -> bool {
        Literals::new([literal]).find(text).has(0)
    }

    #[test]
    fn every_part_of_a_text_is_found_in_any_case() {
        let text = "FROM debian:12\nRUN apt-get install -y curl # Grüße\n";
        let mut parts = Vec::new();
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                let Some(part) = text.get(start..end).filter(|part| part.is_ascii()) else { continue };
                assert!(is_in(text, &part.to_ascii_lowercase()), "{part:?}");
                assert!(is_in(text, part), "{part:?}");
                parts.push(part);
            }
        }
        // All of them at once, which share sequences and places.
        let found = Literals::new(parts.iter().copied()).find(text);
        for (number, part) in parts.iter().enumerate() {
            assert!(found.has(number), "{part:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for absent in ["kubernetes", "hostnetwork", "privileged", "apt-get", "zz", "frm", "rom debian1"] {
            assert!(!is_in("FROM debian\nRUN true\n", absent), "{absent}");
        }
        assert!(!is_in("", "a") && !is_in("ab", "abc"));
        // Many literals in a text of some size, whose sequences fall on the same places.
        let text: String = (0..800_u32).map(|n| format!("key{}: {}\n", n * 7919, n * 104_729)).collect();
        let literals: Vec<String> =
            (0..4000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
        let found = Literals::new(literals.iter().map(String::as_str)).find(&text);
        for (number, literal) in literals.iter().enumerate() {
            assert_eq!(found.has(number), text.contains(literal), "{literal}");
        }
        let there: Vec<String> = (0..800_u32).map(|n| format!("{}", n * 104_729)).collect();
        let found = Literals::new(there.iter().map(String::as_str)).find(&text);
        assert!((0..there.len()).all(|number| found.has(number)));
    }

    /// What one text holds says nothing of the next.
    #[test]
    fn a_text_leaves_nothing_to_the_next() {
        let literals = Literals::new(["alpha", "alphabet", "omega"]);
        for round in 0..6 {
            let found =
                literals.find(if round % 2 == 0 { "an alpha, an alpha" } else { "an omega, an alphabet" });
            let has: Vec<bool> = (0..3).map(|number| found.has(number)).collect();
            assert_eq!(has, [true, round % 2 == 1, round % 2 == 1], "{round}");
        }
    }

    #[test]
    fn capital_letters_of_a_literal_count() {
        assert!(!is_in("akia FROM Asia", "AKIA"));
        assert!(is_in("akia FROM Asia", "from"));
        assert!(!is_in("akia FROM Asia", "ASIA"));
        assert!(is_in("akia then AKIA", "AKIA"));
        // Bytes that folding makes alike.
        assert!(!is_in("user{name", "user[name") && !is_in("a\u{1}b", "a!b"));
    }
}
