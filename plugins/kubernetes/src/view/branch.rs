//! Branches of a template: what stands in two of them is never there at once.

/// Most bytes between two places that are looked through; branches that exclude each other stand close together.
const MAX_BYTES: usize = 8192;

/// Whether the text between two places of a template leads from one branch into another: past an `else`, or out of one
/// condition and into the next.
#[must_use]
pub fn leads_elsewhere(between: &str) -> bool {
    if between.len() > MAX_BYTES || !between.contains(['{']) {
        return false;
    }
    // Blocks that are open here, those of the first place counted as none.
    let (mut depth, mut least) = (0_i32, 0_i32);
    let mut rest = between;
    while let Some(at) = rest.find('{') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(inside) = rest.strip_prefix(['{', '%']) else { continue };
        let inside = inside.trim_start_matches(['-', '+']).trim_start();
        let end = inside.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inside.len());
        match inside.get(..end).unwrap_or_default() {
            "if" | "with" | "range" | "for" => depth += 1,
            "end" | "endif" | "endwith" | "endfor" => {
                depth -= 1;
                least = least.min(depth);
            }
            "else" | "elif" if depth == least => return true,
            _ => {}
        }
    }
    least < 0 && depth > least
}

#[cfg(test)]
mod tests {
    use super::leads_elsewhere;

    #[test]
    fn branches_exclude_each_other() {
        for text in [
            "a\n{{- else }}\nb",
            "{{ if .A }} x {{ else }} y {{ end }}\n{{- else if .B }}\nb",
            "a\n{% elif b %}\n",
            "a {{ end }} b {{- if .Values.b }} c",
        ] {
            assert!(leads_elsewhere(text), "{text}");
        }
        for text in [
            "a\nb",
            "a {{ .Values.end }} b",
            "{{ if .A }} x {{ else }} y {{ end }} b",
            "{{- if .A }} b",
            "a {{ end }} b",
            "{else}",
        ] {
            assert!(!leads_elsewhere(text), "{text}");
        }
    }
}
