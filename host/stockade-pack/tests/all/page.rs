//! Pages: examples, expected output, blessing.

use crate::support::{PAGE, REGISTRY_PAGE};
use stockade_pack::{Outcome, Page, Role, Source};

fn page(text: &str) -> Page {
    Page::parse(&Source::new("page.md", text)).unwrap()
}

fn errors(text: &str) -> Vec<String> {
    let errors = Page::parse(&Source::new("page.md", text)).unwrap_err();
    errors.iter().map(|error| format!("{error:?}")).collect()
}

#[test]
fn a_page_has_title_description_and_examples() {
    let page = page(PAGE);
    assert_eq!(page.title, "Base image is tagged latest");
    assert!(page.body.starts_with("The tag `latest` moves"));
    let [bad, good] = &page.examples[..] else { panic!("{:?}", page.examples) };
    assert_eq!((bad.role, good.role), (Role::Bad, Role::Good));
    assert_eq!(bad.files[0].text, "FROM debian:latest\n");
    assert_eq!((bad.files[0].path.as_str(), bad.files[0].line), ("Dockerfile", 11));
    assert_eq!(bad.expected.as_deref(), Some(&["1:6 base image debian is tagged latest".to_owned()][..]));
    assert_eq!(good.expected, None);
}

#[test]
fn files_of_one_example_share_its_name() {
    let page = page(REGISTRY_PAGE);
    let files: Vec<_> = page.examples[0].files.iter().map(|f| (f.path.as_str(), f.kind.as_deref())).collect();
    assert_eq!(files, [("a.yaml", Some("kubernetes")), ("Dockerfile", None)]);
    assert_eq!(page.examples.len(), 2);
}

#[test]
fn fences_keep_what_is_in_them() {
    let text = "# T\n\nWhy.\n\n## Bad\n\n````dockerfile path=\"a b/Dockerfile\" eol=none\n```\n## Good\n\n````\n\n   ~~~sh eol=crlf\n   x\n     y\n   ~~~\n\n## Good\n\n```yaml\n```\n";
    let page = page(text);
    assert_eq!(page.examples[0].files[0].text, "```\n## Good\n");
    assert_eq!(page.examples[0].files[0].path, "a b/Dockerfile");
    assert_eq!(page.examples[1].files[0].text, "x\r\n  y\r\n");
    assert_eq!(page.examples[2].files[0].text, "");
}

#[test]
fn pages_with_other_line_ends_give_the_same_examples() {
    let (unix, windows) = (page(PAGE), page(&PAGE.replace('\n', "\r\n")));
    assert_eq!(windows.examples[0].files[0].text, unix.examples[0].files[0].text);
    assert_eq!(windows.examples[0].expected, unix.examples[0].expected);
    assert_eq!((windows.title, windows.description), (unix.title, unix.description));
}

const FIXED: &str = "# T\n\nWhy.\n\n## Bad\n\n```dockerfile\nFROM a\n```\n\n## Fixed\n\n```dockerfile\nFROM old\n```\n\n## Bad\n\n```yaml\na: 1\n```\n\n```text\nold\n```\n\n## Good\n\n```yaml\n```\n";

#[test]
fn blessing_writes_outputs_and_fixed_files_and_nothing_else() {
    let outcomes = [
        Outcome {
            lines: vec!["1:1 new".to_owned(), "2:1 with\nbreak".to_owned()],
            fixed: vec![("Dockerfile".to_owned(), "FROM new".to_owned())],
        },
        Outcome { lines: vec!["1:1 x".to_owned()], fixed: Vec::new() },
    ];
    let blessed = page(FIXED).bless(&outcomes);
    let expected = FIXED
        .replace("FROM a\n```\n", "FROM a\n```\n\n```text\n1:1 new\n2:1 with break\n```\n")
        .replace("FROM old", "FROM new")
        .replace("old\n", "1:1 x\n");
    assert_eq!(blessed, expected);
    let again = page(&blessed);
    assert_eq!(again.bless(&outcomes), blessed);
    assert_eq!(again.examples[0].fixed.as_ref().unwrap()[0].text, "FROM new\n");
    assert_eq!(page(PAGE).bless(&[]), PAGE);
}

#[test]
fn departures_from_the_outline_are_reported_at_their_line() {
    let base = "# T\n\nWhy.\n\n## Bad\n\n```dockerfile\nFROM a\n```\n\n## Good\n\n```dockerfile\n```\n";
    for (from, to, expected) in [
        ("# T\n", "T\n", "page.md:1: the page does not start with a title"),
        ("Why.\n", "", "page.md:1: the page has no description"),
        (
            "Why.",
            &"why ".repeat(251),
            "page.md:3: the first paragraph has 1003 characters, and at most 1000 are shown",
        ),
        ("## Bad", "## Example", "page.md:1: the page has no bad example"),
        ("## Good", "## Example", "page.md:1: the page has no good example"),
        (
            "## Good\n\n```dockerfile\n```",
            "## Good\n\n```dockerfile",
            "page.md:13: this code fence is never closed",
        ),
        ("## Good\n", "## Good\n\n```text\n```\n", "page.md:13: a good example has no output"),
        ("## Bad\n", "## Bad\n\n```text\n```\n", "page.md:7: there is no bad example before this output"),
        (
            "## Bad\n",
            "## Fixed\n\n```yaml\n```\n\n## Bad\n",
            "page.md:7: there is no bad example that this fixes",
        ),
        (
            "```\n\n## Good",
            "```\n```text\n```\n```text\n```\n\n## Good",
            "page.md:12: this example has an output already",
        ),
        (
            "FROM a\n```\n",
            "FROM a\n```\n## Fixed\n```yaml path=b\n```\n",
            "page.md:11: this is no file of the example before, or one that is shown already",
        ),
        ("```dockerfile\nFROM", "```dockerfile pth=x\nFROM", "page.md:7: an example has no attribute `pth`"),
        (
            "```dockerfile\nFROM",
            "```dockerfile eol=cr\nFROM",
            "page.md:7: an example has no attribute `eol=cr`",
        ),
        ("```dockerfile\nFROM", "```cobol\nFROM", "page.md:7: an example in `cobol` needs a path"),
        (
            "```dockerfile\nFROM",
            "```dockerfile path=../x\nFROM",
            "page.md:7: `../x` cannot be the path of this file: it leads out of the example or has empty parts",
        ),
        ("## Good", "# Second\n## Good", "page.md:11: a page has only one heading of the first level"),
    ] {
        assert!(base.contains(from), "{from:?}");
        assert_eq!(errors(&base.replacen(from, to, 1)), [expected]);
    }
}

#[test]
fn two_files_of_one_path_are_refused() {
    let text = REGISTRY_PAGE.replace("path=Dockerfile", "path=a.yaml");
    assert_eq!(
        errors(&text),
        ["page.md:11: `a.yaml` cannot be the path of this file: the example has such a file already"]
    );
}
