//! A guide against the canonical report, in each format; expected output is in `testdata/reports`.

use crate::{canonical, compare, testdata};
use stockade_model::{Checkable, Guide, GuideItem, GuideSection, State};
use stockade_report::{Checklist, ChecklistFormat, NoPages, Options, Status, render_checklists};

fn item(title: &str, checkable: Checkable, rules: &[&str], note: &str) -> GuideItem {
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    GuideItem { title: title.to_owned(), checkable, rules, note: note.to_owned() }
}

fn guide() -> Guide {
    let section = |title: &str, items| GuideSection { title: title.to_owned(), items };
    Guide {
        pack: "acme-guide".to_owned(),
        title: "How we run | services".to_owned(),
        source: "https://example.com/guide".to_owned(),
        sections: vec![
            section(
                "Images",
                vec![
                    item("Pinned tags", Checkable::Yes, &["dockerfile/latest-tag", "zzz/off"], ""),
                    item("No root", Checkable::Partly, &["dockerfile/user-root"], "Only the file is seen"),
                    item("TLS is <new>", Checkable::Yes, &["nginx/old-tls"], "A note that is not shown"),
                    item("Never looked at", Checkable::Yes, &["zzz/off"], ""),
                ],
            ),
            section("People", vec![item("Training", Checkable::No, &[], "No file shows it")]),
        ],
    }
}

/// The report's page has the lists of the guides that it was scanned for, and their rules lead to its table.
#[test]
fn the_page_of_a_report_has_the_checklists() {
    let render = |guides| {
        let options = Options { guides, ..Options::default() };
        let mut page = Vec::new();
        stockade_report::render(
            stockade_report::Format::Html,
            &canonical::report(),
            &NoPages,
            &options,
            &mut page,
        )
        .unwrap();
        String::from_utf8(page).unwrap()
    };
    assert!(!render(Vec::new()).contains("<h2 id=\"guides\">"));
    let page = render(vec![guide()]);
    let (_, section) = page.split_once("<h2 id=\"guides\">").unwrap();
    let (section, rest) = section.split_once("<h2>Rules</h2>").unwrap();
    assert!(section.contains("<summary>How we run | services <span class=\"soft\">("), "{section}");
    for title in ["Pinned tags", "TLS is &lt;new&gt;", "Training"] {
        assert!(section.contains(&format!("<p class=\"message\">{title}</p>")), "{section}");
    }
    assert_eq!(section.matches("<details ").count(), section.matches("</details>").count());
    let link = "<a href=\"#rule-dockerfile/latest-tag\">";
    assert!(section.contains(link) && rest.contains("id=\"rule-dockerfile/latest-tag\""), "{section}");
}

#[test]
fn every_status_is_told_in_every_format() {
    let guide = guide();
    let mut report = canonical::report();
    let index = |id: &str| report.rules.find(id).unwrap().0;
    let (latest, user, tls) =
        (index("dockerfile/latest-tag"), index("dockerfile/user-root"), index("nginx/old-tls"));
    report.findings.retain(|finding| finding.rule != user);
    for finding in report.findings.iter_mut().filter(|finding| finding.rule == tls) {
        finding.state = State::Suppressed { reason: None, by: "configuration".to_owned() };
    }
    report.looked_at = vec![0; report.rules.rules.len()];
    for rule in [latest, user, tls] {
        report.looked_at[rule] = 3;
    }
    let checklist = Checklist::new(&guide, &report);
    let counts = Status::ALL.map(|status| checklist.count(status));
    assert_eq!(counts, [1; 5], "one item of each status");
    let schema: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(testdata("schemas/stockade-checklist.schema.json")).unwrap(),
    )
    .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (format, file) in [
        (ChecklistFormat::Text, "checklist.txt"),
        (ChecklistFormat::Markdown, "checklist.md"),
        (ChecklistFormat::Json, "checklist.json"),
        (ChecklistFormat::Html, "checklist.html"),
    ] {
        let mut out = Vec::new();
        let both = [checklist.clone(), Checklist::new(&guide, &report)];
        let checklists = if format == ChecklistFormat::Json { &both[..] } else { &both[..1] };
        render_checklists(format, checklists, &Options::default(), &mut out).unwrap();
        if format == ChecklistFormat::Json {
            let value = serde_json::from_slice(&out).unwrap();
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
        compare(file, &String::from_utf8(out).unwrap());
    }
}
