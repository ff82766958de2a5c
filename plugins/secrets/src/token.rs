//! Tokens whose issuer can be told by their form.
//!
//! One pass over the text looks at the places where one of the table's prefixes begins; the rest of a token is then
//! matched by hand. A format with a checksum is believed only if it fits, one without only if it looks random.

mod formats;

use crate::alphabet::{Alphabet, has_checksum, looks_random};
use crate::checks::is_made_up;
use crate::names::is_for_visitors;
use formats::{FORMATS, Tail};
use stockade_sdk::{Out, Params, Place, Source, Span};

impl Tail {
    /// Length of the tail at the start of `rest`, if it has the form.
    fn form(&self, rest: &[u8]) -> Option<Form> {
        match self {
            Self::Run(alphabet, least, most) => {
                run(rest, *alphabet, *least, *most).map(|length| Form { last: 0, length })
            }
            Self::Checked(length) => {
                let length = run(rest, Alphabet::Alnum, *length, *length)?;
                Some(Form { last: 0, length })
            }
            Self::Parts(between, parts) => {
                let (mut at, mut last) = (0, 0);
                for (number, (alphabet, least, most)) in parts.iter().enumerate() {
                    if number > 0 {
                        if rest.get(at) != Some(between) {
                            return None;
                        }
                        at += 1;
                    }
                    last = at;
                    at += run(rest.get(at..)?, *alphabet, *least, *most)?;
                }
                // A single letter at the end tells nothing.
                Some(Form { last: if at - last < SHORTEST { 0 } else { last }, length: at })
            }
        }
    }

    /// Length of the tail at the start of `rest`, if it has the form and looks real.
    fn length(&self, rest: &[u8]) -> Option<usize> {
        let Form { last, length } = self.form(rest)?;
        let real = match self {
            Self::Checked(_) => rest.get(..length).is_some_and(has_checksum),
            _ => is_random(rest, last, length),
        };
        real.then_some(length)
    }
}

/// What has the form of a tail: its length, and where the part begins that was drawn at random.
struct Form {
    last: usize,
    length: usize,
}

/// Fewest bytes of which can be said whether they are random.
const SHORTEST: usize = 8;

fn is_random(rest: &[u8], from: usize, to: usize) -> bool {
    rest.get(from..to).and_then(|bytes| str::from_utf8(bytes).ok()).is_some_and(looks_random)
}

/// Length of the run of an alphabet at the start, if it is within the bounds.
fn run(rest: &[u8], alphabet: Alphabet, least: usize, most: usize) -> Option<usize> {
    let length = rest.iter().take(most + 1).take_while(|byte| alphabet.has(**byte)).count();
    (least..=most).contains(&length).then_some(length)
}

/// Bytes of a prefix that tell where to look closer; none is shorter.
const HEAD: usize = 3;

/// The first bytes of each format's prefix.
const HEADS: [[u8; HEAD]; FORMATS.len()] = {
    let mut heads = [[0; HEAD]; FORMATS.len()];
    let mut at = 0;
    while at < FORMATS.len() {
        if let Some(head) = FORMATS[at].prefix.as_bytes().first_chunk() {
            heads[at] = *head;
        }
        at += 1;
    }
    heads
};

/// How many formats have a run in front of their sign.
const BEHIND: usize = {
    let (mut at, mut count) = (0, 0);
    while at < FORMATS.len() {
        if FORMATS[at].front.is_some() {
            count += 1;
        }
        at += 1;
    }
    count
};

/// The first bytes of their signs.
const BEHIND_HEADS: [[u8; HEAD]; BEHIND] = {
    let mut heads = [[0; HEAD]; BEHIND];
    let (mut at, mut count) = (0, 0);
    while at < FORMATS.len() {
        if FORMATS[at].front.is_some() {
            heads[count] = HEADS[at];
            count += 1;
        }
        at += 1;
    }
    heads
};

/// Places of the table of heads, in bits: some hundred heads take one in eighty.
const PLACE_BITS: u32 = 13;

/// By the hash of the three bytes at a place of the text: whether a prefix may begin there.
static MAY_BEGIN: [bool; 1 << PLACE_BITS] = {
    let mut table = [false; 1 << PLACE_BITS];
    let mut at = 0;
    while at < FORMATS.len() {
        let [a, b, c] = HEADS[at];
        table[place([a, b, c, 0])] = true;
        at += 1;
    }
    table
};

/// The place of the first three of four bytes, which are read at once.
const fn place(four: [u8; 4]) -> usize {
    // The last byte is the highest, and multiplied out of the number.
    (u32::from_le_bytes(four).wrapping_mul(0x9E37_79B1 << 8) >> (u32::BITS - PLACE_BITS)) as usize
}

/// Finds the tokens of a text: issuer and bytes.
fn find(text: &str) -> Vec<(&'static str, usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut behind = 0;
    // No token is as short as what is left behind the last four bytes.
    for (at, four) in bytes.array_windows().enumerate() {
        if MAY_BEGIN.get(place(*four)) == Some(&true)
            && at >= behind
            && let Some((issuer, start, end)) = token_at(bytes, at)
        {
            found.push((issuer, start, end));
            behind = end;
        }
    }
    found
}

/// How many bytes of an alphabet end a text, counted up to one more than `most`.
fn front_length(before: &[u8], alphabet: Alphabet, most: usize) -> usize {
    before.iter().rev().take(most + 1).take_while(|byte| alphabet.has(**byte)).count()
}

fn token_at(bytes: &[u8], at: usize) -> Option<(&'static str, usize, usize)> {
    let here = bytes.get(at..)?;
    let head = here.first_chunk::<HEAD>()?;
    let before = at.checked_sub(1).and_then(|b| bytes.get(b)).copied().unwrap_or(b' ');
    // In the middle of a word, where a lock file has most of what looks like a prefix, only these have something before them.
    let inside = before.is_ascii_alphanumeric();
    if inside && !BEHIND_HEADS.contains(head) {
        return None;
    }
    FORMATS.iter().zip(&HEADS).filter(|(_, own)| *own == head).find_map(|(format, _)| {
        let rest = here.strip_prefix(format.prefix.as_bytes())?;
        let mut start = at;
        let length = if let Some((alphabet, least, most)) = format.front {
            let front = front_length(bytes.get(..at)?, alphabet, most);
            start = at - front;
            let word = start.checked_sub(1).and_then(|b| bytes.get(b)).is_some_and(u8::is_ascii_alphabetic);
            // Letters stand before a number that a URL has in its path, `/bot123:...`.
            if !(least..=most).contains(&front) || word && alphabet != Alphabet::Digits {
                return None;
            }
            let length = format.tail.form(rest)?.length;
            is_random(bytes, start, at + format.prefix.len() + length).then_some(length)?
        } else if inside || (before == b'_' && !format.prefix.contains('.')) {
            return None;
        } else {
            format.tail.length(rest)?
        };
        // What is secret of a webhook or connection string stands behind the prefix.
        if format.prefix.contains(['/', '=']) {
            start = at + format.prefix.len();
        }
        Some((format.issuer, start, at + format.prefix.len() + length))
    })
}

/// Keys that the documentation of an emulator prints: of Azure's storage and of Cosmos DB.
const PUBLISHED: [&str; 2] = ["Eby8vdM02xNOcqFl", "C2y6yDjf5/R+ob0N"];
/// Whether a key of Google's is one of those that Firebase gives to browsers and phones: it names a project, and
/// rules on the server say who may do what.
fn is_of_firebase(source: &Source, start: usize) -> bool {
    if matches!(source.file_name(), "google-services.json" | "GoogleService-Info.plist") {
        return true;
    }
    let text = source.text();
    let before = text.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    if is_for_visitors(line.strip_prefix("export ").unwrap_or(line)) {
        return true;
    }
    // The object that Firebase's console shows has the key beside these.
    let from = text.floor_char_boundary(start.saturating_sub(600));
    let around = text.get(from..text.ceil_char_boundary(start + 600)).unwrap_or_default();
    ["authDomain", "messagingSenderId", "firebaseapp.com", "FIREBASE_", "firebaseConfig"]
        .iter()
        .any(|word| around.contains(word))
}

/// `known-token`: a token of a known issuer.
pub(crate) fn known_token(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    for (issuer, start, end) in find(source.text()) {
        // An id of an AWS key alone is half a credential; made up ones in tests are common.
        if is_made_up(source) && issuer.starts_with("AWS") {
            continue;
        }
        if issuer == "Google API key" && is_of_firebase(source, start) {
            continue;
        }
        let token = source.text().get(start..end).unwrap_or_default();
        if PUBLISHED.iter().any(|front| token.starts_with(front)) {
            continue;
        }
        let span = Span { start: start as u32, end: end as u32 };
        let article = if issuer.starts_with(['A', 'E', 'I', 'O', 'a', 'x']) { "an" } else { "a" };
        out.finding(Place { span, node: None }, format!("{article} {issuer} stands in the file"))
            .key(format!("issuer={issuer}"))
            .data("issuer", issuer);
    }
}

/// Whether a text is or holds a token of a known issuer: another rule reports it.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() <= 4096 && !find(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::alphabet::crc32;

    /// A GitHub or npm token with the checksum that belongs to its body.
    fn checked(prefix: &str, body: &str) -> String {
        let mut rest = crc32(body.as_bytes());
        let mut tail = String::new();
        for _ in 0..6 {
            let digit =
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(rest % 62) as usize];
            tail.insert(0, char::from(digit));
            rest /= 62;
        }
        format!("{prefix}{body}{tail}")
    }

    #[test]
    fn tokens_are_found_by_form_and_checksum() {
        let body = "zQw7RkT2mVb9XcN4hLp8JsD5fGy3Ae";
        let token = checked("ghp_", body);
        assert_eq!(find(&format!("x = '{token}'\n")), [("GitHub personal access token", 5, 45)]);
        assert!(find(&format!("ghp_{body}abcdef")).is_empty(), "the checksum does not fit");
        assert!(find(&format!("{token}x")).is_empty(), "too long");
        assert!(find(&format!("a{token}")).is_empty(), "inside a word");
    }

    #[test]
    fn keys_of_other_issuers_are_told_apart() {
        let slack = ["xoxb", "2417563829", "7391856402", "kV8mTq2Rz6LwXc4NbYp9Hs"].join("-");
        let telegram = ["731946285", "AAkV8mTq2Rz6LwXc4NbYp9Hs3JdFg7Eu5Wx"].join(":");
        let aws = ["AKIA", "Z7QXW3RMTN5VBLKP"].concat();
        let stripe = ["sk", "live", "kV8mTq2Rz6LwXc4NbYp9Hs3J"].join("_");
        for token in [slack, telegram, aws, stripe] {
            assert_eq!(find(&token).len(), 1, "{token}");
        }
    }

    #[test]
    fn signs_stand_inside_and_at_the_end_of_tokens() {
        let hex = "3f9c1ab7d2e84056b1c7f0a98e6d24537c10";
        for (issuer, token) in [
            ("Azure client secret", ["x4B", "8Q~", "kV8mTq2Rz6LwXc4NbYp9Hs3JdFg7E_.~"].concat()),
            ("Mailchimp key", [&hex[..32], "-us", "14"].concat()),
            ("New Relic license key", [hex, "NRAL"].concat()),
            ("Azure DevOps token", [&hex.repeat(2)[..], "kV8m", "AZDO", "Tq2R"].concat()),
            ("Resend key", ["re", "kV8mTq2R", "z6LwXc4NbYp9Hs3JdFg7Eu5W"].join("_")),
            ("Flutterwave secret key", ["FLWSECK", &hex[..32], "X"].join("-")),
            ("Airtable token", ["pat", "kV8mTq2Rz6LwXc", ".", &hex.repeat(2)[..64]].concat()),
        ] {
            assert_eq!(find(&format!("key: {token}\n")), [(issuer, 5, 5 + token.len())], "{token}");
        }
        for text in [format!("x{}-us14", &hex[..32]), format!("{hex}-us1"), "cache-us2".to_owned()] {
            assert!(find(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_number_may_stand_before_the_sign() {
        let body = "RbHs3JdFg7Eu5WxQ8cNyV6aTzB1oGi0hKdMfRuPe4LsYj2UnXk9vQm3TbC";
        let token = ["k7Pq2vXw9LmZ4t", "atlasv1", &format!("{body}kV8mTq2R")].join(".");
        assert_eq!(find(&format!("token = {token}")), [("Terraform Cloud token", 8, 8 + token.len())]);
        assert!(find(&["k7", "atlasv1", body].join(".")).is_empty());
    }

    #[test]
    fn examples_and_words_are_no_tokens() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAXXXXXXXXXXXXXXXX",
            "sk_live_your_key_here_please_ok",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "glpat-xxxxxxxxxxxxxxxxxxxx",
            "hf_transformers",
            "SKILLS",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
