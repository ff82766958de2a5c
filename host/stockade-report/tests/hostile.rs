//! Texts and places that no one would write, through every format: nothing panics, and what has a
//! parser is still well-formed. The snippets of `pretty` pass through miette, which asserts what it is given.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its functions included")]

mod canonical;

use canonical::{CanonicalPages, clean_report, report};
use std::sync::{Arc, LazyLock};
use stockade_model::{FileEntry, FileStatus, Label, LineIndex, Region, Report, Severity, Span};
use stockade_report::{Format, Options, SarifProfile, render};

/// Knuth's linear congruential generator: the same reports on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "a",
            "key: value",
            "\n",
            "\r\n",
            "\r",
            "\t",
            " ",
            "漢字",
            "𝄞",
            "e\u{301}",
            "\u{1b}[31m",
            "\0",
            "\u{feff}",
            "\u{202e}",
            "\u{200d}",
            "</script>",
            "]]>",
            "`",
            "```",
            "##[set-output name=a]",
            "::error::",
            "|",
            "\u{85}",
            "\u{ffff}",
        ];
        let mut text: String = (0..self.below(60)).map(|_| PIECES[self.below(PIECES.len())]).collect();
        if self.below(8) == 0 {
            text += &"長い行".repeat(self.below(400));
        }
        text
    }

    /// A place in `text` on character boundaries, as admission guarantees it.
    fn place(&mut self, text: &str) -> (Span, Region) {
        let mut offset = || {
            let mut at = self.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at as u32
        };
        let (a, b) = (offset(), offset());
        let span = Span::new(a.min(b), a.max(b));
        (span, LineIndex::new(text).region(text, span))
    }

    fn report(&mut self) -> Report {
        let mut report = report();
        let texts: Vec<(Arc<str>, Arc<str>)> = ["a", "b\n::error::", "ü ##[x]"]
            .iter()
            .map(|path| (Arc::from(*path), Arc::from(self.text())))
            .collect();
        for finding in &mut report.findings {
            let (path, text) = &texts[self.below(texts.len())];
            finding.path = path.clone();
            (finding.span, finding.region) = self.place(text);
            finding.message = self.text();
            finding.severity = Severity::ALL[self.below(5)];
            finding.labels = (0..self.below(5))
                .map(|_| {
                    let (path, text) = &texts[self.below(texts.len())];
                    let (span, region) = self.place(text);
                    Label { path: path.clone(), span, region, message: self.text() }
                })
                .collect();
            for fix in &mut finding.fixes {
                for edit in &mut fix.edits {
                    edit.span = self.place(text).0;
                }
            }
        }
        report.findings.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        report.files = texts
            .into_iter()
            .map(|(path, text)| FileEntry {
                path,
                kind: "yaml",
                reason: "by its name".into(),
                status: FileStatus::Analysed,
                // A file whose text was not kept has no snippet.
                text: (self.below(10) > 0).then_some(text),
                hidden: Vec::new(),
            })
            .collect();
        report.files.sort_by(|a, b| a.path.cmp(&b.path));
        report
    }
}

#[test]
fn nothing_panics_and_everything_stays_well_formed() {
    let mut dice = Dice(1);
    for round in 0..300 {
        let report = if round == 0 { clean_report() } else { dice.report() };
        let options = Options {
            color: round % 2 == 0,
            hyperlinks: round % 3 == 0,
            width: dice.below(150) as u16,
            sarif_profile: if round % 2 == 0 { SarifProfile::Full } else { SarifProfile::Github },
            docs_base_url: Some("https://docs.example".to_owned()),
            show_suppressed: round % 2 == 1,
            max_annotations: dice.below(12),
            max_markdown: 2_000 + dice.below(20_000),
            ..Options::default()
        };
        for format in Format::ALL {
            let mut bytes = Vec::new();
            render(format, &report, &CanonicalPages, &options, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            well_formed(format, &text, &options);
        }
    }
}

static GITLAB: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = include_str!("../../../testdata/schemas/gitlab-code-quality.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

/// Reads a command as the runner does: a name, known properties between commas, and a message.
fn is_one_command(line: &str) {
    let (head, _) = line.trim_start_matches("::").split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    assert!(["error", "warning", "notice"].contains(&name), "{line}");
    for property in properties.split(',') {
        let (key, value) = property.split_once('=').unwrap();
        assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&key), "{line}");
        assert!(!value.contains([':', '\r']), "{line}");
    }
}

fn well_formed(format: Format, text: &str, options: &Options) {
    match format {
        Format::Json => {
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
        Format::Gitlab => {
            let report: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(GITLAB.is_valid(&report), "{text}");
            let entries = report.as_array().unwrap();
            let prints: std::collections::HashSet<_> =
                entries.iter().map(|e| e["fingerprint"].as_str()).collect();
            assert_eq!(prints.len(), entries.len(), "two entries of one fingerprint are one for GitLab");
        }
        Format::Sarif => {
            let remarks = stockade_report::check::check(text.as_bytes());
            let rejected = remarks.iter().find(|r| r.verdict == stockade_report::check::Verdict::Rejected);
            assert_eq!(rejected, None);
        }
        Format::Junit | Format::Checkstyle => {
            let mut reader = quick_xml::Reader::from_str(text);
            while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
            let forbidden =
                |c: char| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
            assert!(!text.contains(forbidden), "{format}");
        }
        Format::Pretty | Format::Concise => {
            if !options.color && !options.hyperlinks {
                assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{format}: {text:?}");
            }
            assert!(!text.contains("##["), "{format}: {text}");
            assert!(!text.lines().any(|l| l.trim_start().starts_with("::")), "{format}: {text}");
        }
        Format::Github => {
            assert!(text.lines().all(|l| !l.starts_with("::") || l.matches("::").count() >= 2));
            let injected = |l: &&str| l.starts_with("::error::") || l.starts_with("::set-");
            assert_eq!(text.lines().find(injected), None);
            text.lines().filter(|line| line.starts_with("::")).for_each(is_one_command);
        }
        Format::Markdown => {
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert!(text.len() < options.max_markdown + 8_000, "{}", text.len());
        }
        Format::Html => {
            assert_eq!(text.matches("<script>").count(), 1);
            assert_eq!(text.matches("</script>").count(), 1);
        }
    }
}
