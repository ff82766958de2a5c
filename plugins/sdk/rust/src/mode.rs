//! Modes of files as `chmod` takes them.

/// Whether a word of `chmod` is an option: `-R`, `--recursive`; `-w` and `-rwx` are modes.
#[must_use]
pub fn is_option(word: &str) -> bool {
    word.starts_with("--")
        || (word.starts_with('-')
            && word
                .bytes()
                .skip(1)
                .all(|b| matches!(b, b'R' | b'c' | b'f' | b'v' | b'h' | b'P' | b'H' | b'L')))
}

/// Whether a mode gives others write permission and no sticky bit.
#[must_use]
pub fn lets_everyone_write(mode: &str) -> bool {
    if is_octal(mode) {
        let digits = mode.trim_start_matches('0').as_bytes();
        let others = digits.last().map_or(0, |d| d - b'0');
        let special = digits.len().checked_sub(4).and_then(|at| digits.get(at)).map_or(0, |d| d - b'0');
        return others & 2 != 0 && special & 1 == 0;
    }
    let sticky = mode.split(',').any(|clause| clause.contains('+') && clause.ends_with('t'));
    !sticky && mode.split(',').any(clause_opens)
}

fn is_octal(mode: &str) -> bool {
    !mode.is_empty() && mode.len() <= 5 && mode.bytes().all(|b| (b'0'..=b'7').contains(&b))
}

/// `o+w`, `a+rwx`, `ugo=rw`. `+w` alone leaves to others what the umask takes from them, so only a fuller one counts.
fn clause_opens(clause: &str) -> bool {
    let who_length = clause.bytes().take_while(|b| b"ugoa".contains(b)).count();
    let (who, what) = clause.split_at(who_length);
    let grants = what.split(['-']).next().unwrap_or_default();
    let others = who.contains(['o', 'a']);
    let wide = who.is_empty() && grants.contains("rw");
    (others || wide) && grants.starts_with(['+', '=']) && grants.contains('w')
}

/// The mode without the write permission of others; none where it cannot be told.
#[must_use]
pub fn tightened(mode: &str) -> Option<String> {
    if is_octal(mode) {
        let (rest, last) = mode.split_at(mode.len().checked_sub(1)?);
        let others = last.parse::<u8>().ok()? & !2;
        // Write permission of the group goes as well where it was given to all alike: 777 is meant as 755.
        let mut digits: Vec<u8> = rest.bytes().collect();
        let (Some(group), all) = (digits.last().copied(), last.as_bytes().first().copied()) else {
            return Some(others.to_string());
        };
        if Some(group) == all
            && let Some(group) = digits.last_mut()
        {
            *group = b'0' + others;
        }
        return Some(format!("{}{others}", String::from_utf8(digits).ok()?));
    }
    let clauses: Vec<String> = mode
        .split(',')
        .map(|clause| {
            if !clause_opens(clause) {
                return clause.to_owned();
            }
            let (who, what) = clause.split_at(clause.bytes().take_while(|b| b"ugoa".contains(b)).count());
            if what.trim_start_matches(['+', '=']) == "w" {
                return format!("u{what}");
            }
            // Others keep the rest; the owner keeps writing.
            let rest: String = what.chars().filter(|c| *c != 'w').collect();
            let who = if who.is_empty() { "a" } else { who };
            format!("{who}{rest},u+w")
        })
        .collect();
    Some(clauses.join(","))
}
