//! The nearest name to one that does not exist.

/// Names longer than this (in characters) get no suggestion: the distance costs their product.
const MAX_NAME: usize = 80;

/// The candidate that `name` is most likely a misspelling of, compared without case: the one with the smallest
/// edit distance, if that is at most a third of the name's length. The first of equals wins.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).take(MAX_NAME + 1).collect();
    if wanted.len() > MAX_NAME {
        return None;
    }
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(MAX_NAME + 1).collect();
        let limit = (wanted.len().max(other.len()) / 3).max(1);
        if other.len() > MAX_NAME || wanted.len().abs_diff(other.len()) > limit {
            continue;
        }
        let distance = distance(&wanted, &other);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edit distance with insertions, deletions, replacements and swaps of neighbours ("optimal string alignment"),
/// after Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            // The row before has one cell more than this one so far, so `j` and `j + 1` are in it.
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut least =
                (cell(&last, j) + usize::from(x != y)).min(cell(&last, j + 1) + 1).min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(cell(&before_last, j - 1) + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_finds_its_name() {
        let names = ["image-tag-latest", "user-root", "severity", "low"];
        assert_eq!(nearest("image-tag-lastest", names), Some("image-tag-latest"));
        assert_eq!(nearest("sevreity", names), Some("severity"));
        assert_eq!(nearest("LOW", names), Some("low"));
        assert_eq!(nearest("lwo", names), Some("low"));
        assert_eq!(nearest("completely-different", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(10_000), names), None);
    }

    #[test]
    fn distances() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("ab", "ba"), 1);
    }
}
