//! Every report in a program that reads it: XML by its schema, HTML by two validators and, in a browser with a light and a
//! dark theme, by an accessibility checker; Markdown as a forge renders it. JSON, SARIF and GitLab's report have their
//! schemas in `cargo test --package stockade-report`.

use super::Bench;
use crate::run::{copy_tree, output};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};
use std::process::Command;

const HTML_VALIDATE: &str = "html-validate@10.17.0";
const VNU: &str = "vnu-jar@26.9.27";
const AXE: &str = "axe-core@4.14.1";

/// What of html-validate's recommendations is switched off: taste (the document type's case), and ids with a slash, which
/// HTML allows and which rules' ids have.
const HTML_RULES: &str = r#"{"extends": ["html-validate:recommended"], "rules": {"doctype-style": "off", "valid-id": ["error", {"relaxed": true}], "no-inline-style": "off", "long-title": "off"}}"#;

/// Elements that a rendered report may have; another one would be somebody's text taken for markup.
const MARKDOWN_ELEMENTS: [&str; 18] = [
    "a",
    "blockquote",
    "br",
    "code",
    "details",
    "em",
    "h2",
    "h3",
    "li",
    "p",
    "strong",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
];

pub(super) fn check(bench: &Bench) -> Result<String> {
    bench.tools.debian("xmllint", "libxml2-utils")?;
    bench.tools.debian("cmark-gfm", "cmark-gfm")?;
    bench.tools.debian("chromium", "chromium")?;
    bench.tools.debian("node", "nodejs")?;
    bench.tools.debian("java", "default-jre-headless")?;
    let validate = bench.tools.npm(HTML_VALIDATE, "html-validate/bin/html-validate.mjs")?;
    let vnu = bench.tools.npm(VNU, "vnu-jar/build/dist/vnu.jar")?;
    let axe = read_to_string(bench.tools.npm(AXE, "axe-core/axe.min.js")?)?;

    let reports = reports(bench)?;
    let of = |extension: &str, name: &str| -> Vec<&PathBuf> {
        let named = |p: &&PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(name));
        reports.iter().filter(|p| p.extension().is_some_and(|e| e == extension)).filter(named).collect()
    };
    for format in ["junit", "checkstyle"] {
        let schema = bench.root().join(format!("testdata/schemas/{format}.xsd"));
        for report in of("xml", format) {
            output(
                "xmllint",
                &["--noout", "--schema", &schema.to_string_lossy(), &report.to_string_lossy()],
            )?;
        }
    }
    let html: Vec<&PathBuf> = [of("html", "html"), of("html", "checklist")].concat();
    let rules = bench.folder("formats")?.join("html-validate.json");
    write(&rules, HTML_RULES)?;
    let mut looked_at = 0;
    for page in &html {
        let path = page.to_string_lossy();
        output("node", &[&validate.to_string_lossy(), "--config", &rules.to_string_lossy(), &path])?;
        output("java", &["-jar", &vnu.to_string_lossy(), "--errors-only", &path])?;
        looked_at += accessible(page, &axe)?;
    }
    let markdown = of("md", "markdown");
    for page in &markdown {
        rendered(page)?;
    }
    ensure!(html.len() >= 3 && markdown.len() >= 3, "there are reports missing: {reports:?}");
    Ok(format!(
        "{} reports, {} pages of HTML in two themes with {looked_at} rules of axe kept, {} of Markdown rendered",
        reports.len(),
        html.len(),
        markdown.len()
    ))
}

/// The canonical reports of the tests, and those of a scan of the demonstration project.
fn reports(bench: &Bench) -> Result<Vec<PathBuf>> {
    let folder = bench.folder("formats")?;
    let project = folder.join("project");
    copy_tree(&bench.root().join("testdata/projects/demo"), &project)?;
    let mut scan = Command::new(&bench.program);
    scan.arg("scan").arg("--profile").arg("all").current_dir(&project);
    let mut reports = Vec::new();
    for (format, extension) in [
        ("junit", "xml"),
        ("checkstyle", "xml"),
        ("html", "html"),
        ("markdown", "md"),
        ("gitlab", "json"),
        ("sarif", "sarif"),
    ] {
        let file = folder.join(format!("{format}-demo.{extension}"));
        scan.arg("--report").arg(format!("{format}={}", file.display()));
        reports.push(file);
    }
    let found = scan.output().context("cannot run the program")?;
    ensure!(found.status.code() == Some(1), "the scan failed: {}", String::from_utf8_lossy(&found.stderr));
    // GitHub's own limits, by the program itself.
    let sarif = folder.join("sarif-demo.sarif");
    output(&bench.program.to_string_lossy(), &["sarif", "check", &sarif.to_string_lossy()])?;
    for entry in std::fs::read_dir(bench.root().join("testdata/reports"))? {
        reports.push(entry?.path());
    }
    reports.sort();
    Ok(reports)
}

/// Runs axe in a browser on a page, light and dark. Gives the number of its rules that were kept.
fn accessible(page: &Path, axe: &str) -> Result<u64> {
    let mut text = read_to_string(page)?;
    // The page's own policy would keep axe out. That the browser takes the page's own script and style is seen below.
    let start =
        text.find("<meta http-equiv=\"Content-Security-Policy\"").context("no content security policy")?;
    let end =
        start + text.get(start..).and_then(|rest| rest.find('>')).context("the policy does not end")? + 1;
    let policy: String = text.drain(start..end).collect();
    ensure!(policy.contains("default-src 'none'"), "the policy lets something in: {policy}");
    let probe = "<script>axe.run().then((r) => { document.documentElement.innerHTML = '<body></body>'; \
        document.body.textContent = 'AXE' + JSON.stringify({dark: matchMedia('(prefers-color-scheme: dark)').matches, \
        kept: r.passes.length, broken: r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', '))}) \
        + 'END'; })</script>";
    let body = text.rfind("</body>").context("the page has no end")?;
    text.insert_str(body, &format!("<script>{}</script>{probe}", axe.replace("</script", "<\\/script")));
    let with_axe = std::env::temp_dir().join(format!("stockade-axe-{}.html", std::process::id()));
    write(&with_axe, text)?;
    let mut kept = 0;
    for (dark, setting) in [(false, "1"), (true, "0")] {
        let dom = browser(&with_axe, setting)?.0;
        let found =
            dom.split_once("AXE").and_then(|(_, rest)| rest.split_once("END")).context("axe did not end")?.0;
        let plain =
            found.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
        let found: Value = serde_json::from_str(&plain).with_context(|| plain.clone())?;
        ensure!(found["dark"] == dark, "the browser does not take on the theme");
        let broken = found["broken"].as_array().context("axe said nothing")?;
        if !broken.is_empty() {
            bail!("{}: axe: {broken:#?} (dark: {dark})", page.display());
        }
        kept += found["kept"].as_u64().unwrap_or(0);
    }
    std::fs::remove_file(&with_axe)?;
    let (_, log) = browser(page, "1")?;
    let refused = log.lines().find(|line| line.contains("CONSOLE") && line.contains("Security Policy"));
    ensure!(refused.is_none(), "{}: the browser refuses a part of it: {refused:?}", page.display());
    Ok(kept)
}

/// The page's elements after its scripts have run, and the browser's log.
fn browser(page: &Path, scheme: &str) -> Result<(String, String)> {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"])
        .args(["--virtual-time-budget=30000", &format!("--blink-settings=preferredColorScheme={scheme}")])
        .arg(page.canonicalize()?)
        .output()
        .context("cannot run chromium")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&output.stdout), text(&output.stderr)))
}

/// Renders a page as GitHub and GitLab do and looks whether it says what it should.
fn rendered(page: &Path) -> Result<()> {
    let extensions = ["table", "strikethrough", "autolink", "tasklist"].map(|e| ["--extension", e]).concat();
    let path = page.to_string_lossy();
    let html = output("cmark-gfm", &[&["--unsafe"], &extensions[..], &[&path]].concat())?;
    let mut open: Vec<&str> = Vec::new();
    for part in html.split('<').skip(1) {
        let name = part.trim_start_matches('/');
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        ensure!(MARKDOWN_ELEMENTS.contains(&name) || name == "ul", "{path}: text became an element: <{part}");
        if part.starts_with('/') {
            ensure!(open.pop() == Some(name), "{path}: </{name}> closes something else: {open:?}");
        } else if name != "br" {
            open.push(name);
        }
    }
    ensure!(open.is_empty(), "{path}: {open:?} are not closed");
    ensure!(!html.contains("| ---"), "{path}: a table is not one");
    let details = html.matches("<details>").count();
    ensure!(details == html.matches("<summary>").count(), "{path}: a file has no heading");
    if details > 0 {
        ensure!(html.matches("<table>").count() == 2, "{path}: it should have two tables");
    }
    Ok(())
}
