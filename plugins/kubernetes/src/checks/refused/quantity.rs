//! Quantities of resources: `500m`, `1.5Gi`, `2e9`.

/// Factors that suffixes stand for.
const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("", 1.0),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// The number that a quantity stands for; `None` where the API does not read it.
pub(super) fn value(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    if !digits.contains(|c: char| c.is_ascii_digit()) || digits.matches('.').count() > 1 {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    let number = if text.starts_with('-') { -number } else { number };
    if let Some((_, factor)) = SUFFIXES.iter().find(|(name, _)| *name == suffix) {
        return Some(number * factor);
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some(number * 10_f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn quantities_are_read_as_the_api_reads_them() {
        for (text, number) in [
            ("500m", 0.5),
            ("1.5Ki", 1536.0),
            ("2e3", 2000.0),
            ("1E", 1e18),
            (".5", 0.5),
            ("-1", -1.0),
            ("1k", 1e3),
        ] {
            let read = value(text);
            assert!(read.is_some_and(|read| (read - number).abs() <= number.abs() * 1e-9), "{text} {read:?}");
        }
        for text in ["", "1 Gi", "512MB", "1g", "1K", "Gi", "1.2.3", "1mi", "1e", "one"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
