//! `stockade scan`: the main job.

use super::fix::{Fixes, fixable_in_baseline};
use super::{counted, print, profile, targets};
use crate::args::integration::ReportTarget;
use crate::args::{Color, SarifProfile, ScanArguments, StopAfter};
use crate::catalog::{self, Catalog};
use crate::diff;
use crate::error::ProgramError;
use crate::exit::{self, Exit};
use crate::harmless::harmless;
use crate::known::Known;
use crate::prepare::{Input, Prepared};
use crate::terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};
use stockade_engine::{Options, Stage, Suppressions, Timing, Work, applicable};
use stockade_model::{Checker as _, FileStatus, Guide, Report, Span, State, mask};
use stockade_report::{Format, clean};

/// How long a scan runs before it shows a progress bar.
const MOMENT: Duration = Duration::from_millis(600);

/// Scans, reports, and gives the exit code.
pub(crate) fn run(arguments: &ScanArguments, color: Color) -> Result<Exit, ProgramError> {
    let start = Instant::now();
    let targets = targets::of(arguments)?;
    let choice = catalog::choice(&arguments.selection);
    let input = match &arguments.stdin_path {
        Some(path) => Input::Stdin(path),
        None if arguments.staged => Input::Staged(&arguments.paths),
        None => arguments.run.input(&arguments.paths),
    };
    let outside = arguments.run.outside();
    let ready = Prepared::new(
        input,
        outside,
        &choice,
        arguments.run.no_config,
        arguments.run.threads,
        arguments.today,
    )?;
    let guides = guides(arguments, &targets, &ready)?;
    // What comes from standard input is mostly half written and looked at once. A profile is one of all the work.
    let is_new = arguments.stdin_path.is_some() || arguments.profile_time;
    let ready = if is_new { ready } else { ready.remembering(&arguments.run) };
    let prepared = start.elapsed();
    let bar = Bar::new(start);
    let rules = arguments.profile_time.then_some(ready.policy.settings().table.rules.len());
    let timing = Timing::new(ready.sandbox.plugins().len(), rules);
    timing.add(Work::Walk, ready.walk_time);
    let progress = |done, total| bar.show(done, total);
    let options = Options {
        threads: arguments.run.threads,
        progress: bar.wanted().then_some(&progress as stockade_engine::Progress<'_>),
        version: env!("CARGO_PKG_VERSION"),
        stop_after: arguments.stop_after.map(|stage| match stage {
            StopAfter::Walk => Stage::Walk,
            StopAfter::Read => Stage::Read,
            StopAfter::Parse => Stage::Parse,
        }),
        max_file_bytes: ready.max_file_bytes(),
        without_project: ready.single_files,
        count_files: !guides.is_empty(),
        line_hashes: targets.iter().any(|target| target.format.tells_line_hashes()),
        suppressions: suppressions(arguments, ready.suppressions),
        cache: None,
        timing: Some(&timing),
    };
    let known = Known::new(&arguments.known, arguments.run.no_config, &ready, &options)?;
    let scan = || {
        let mut report = ready.scan(&options)?;
        known.mark(&ready, &mut report);
        Ok::<_, ProgramError>(report)
    };
    let mut report = scan()?;
    if arguments.fix || arguments.diff {
        let rescan = |walked| {
            let mut report = ready.scan_files(walked, &options)?;
            known.mark(&ready, &mut report);
            Ok::<_, ProgramError>(report)
        };
        let mut fixes =
            Fixes::compute(&ready.walked, &report, arguments.unsafe_fixes, options.max_file_bytes, &rescan)?;
        if arguments.diff {
            bar.clear();
            ready.save();
            return show_diff(&fixes, &report, arguments.unsafe_fixes);
        }
        fixes.write();
        if !fixes.changes.is_empty() {
            report = scan()?;
        }
        report.notes.extend(fixes.notes.iter().cloned());
        report.notes.sort();
        bar.clear();
        let mut text = format!("fixed {}", counted(fixes.fixed(), "finding"));
        match fixable_in_baseline(&report, arguments.unsafe_fixes) {
            0 => {}
            1 => text += "; 1 more is in the baseline, and `--no-baseline` fixes it, too",
            n => text += &format!("; {n} more are in the baseline, and `--no-baseline` fixes these, too"),
        }
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
    bar.clear();
    let scanned = start.elapsed();

    if arguments.explain_files {
        print(&explain_files(&report))?;
        ready.save();
        return Ok(if report.is_incomplete() { Exit::NotDone } else { Exit::Clean });
    }
    write_report(arguments, &targets, color, &report, &ready.catalog, guides)?;
    ready.save();
    let done = start.elapsed();
    let mut words = profile::over_budget(&ready, &timing);
    if arguments.profile_time {
        words.insert(0, '\n');
        words += &profile::tables(&ready, &timing, done.saturating_sub(scanned), done);
    }
    let _ = io::stderr().lock().write_all(words.as_bytes());
    if arguments.verbose {
        let mut err = io::stderr().lock();
        for remark in ready.sandbox.remarks() {
            let _ = writeln!(err, "{remark}");
        }
        for remark in ready.results.iter().flat_map(|results| results.remarks()) {
            let _ = writeln!(err, "{remark}");
        }
        for (number, plugin) in ready.sandbox.plugins().iter().enumerate() {
            let log = ready.sandbox.log(number);
            if !log.is_empty() {
                let _ = writeln!(err, "plugin `{}` wrote:\n{}", plugin.name, log.trim_end());
            }
        }
        let _ = writeln!(
            err,
            "prepared in {:.1} ms, scanned in {:.1} ms, reported in {:.1} ms; {} bytes in {} files",
            millis(prepared),
            millis(scanned.saturating_sub(prepared)),
            millis(done.saturating_sub(scanned)),
            report.stats.bytes,
            report.stats.analysed,
        );
        if let Some(memory) = peak_memory() {
            let _ = writeln!(err, "peak memory {memory}");
        }
        let _ = writeln!(err, "plugins built by {}", stockade_bundle::TOOLCHAIN);
    }
    let code = exit::code(&report, ready.fail_on(arguments.fail_on));
    // The process ends here. The system takes memory back at once, where freeing it piece by piece costs a scan of a
    // few files a tenth of its time.
    std::mem::forget((report, ready, known));
    Ok(code)
}

/// The guides that the command line or the configuration asks for, where a report shows checklists.
fn guides(
    arguments: &ScanArguments,
    targets: &[ReportTarget],
    ready: &Prepared,
) -> Result<Vec<Guide>, ProgramError> {
    if targets.iter().all(|target| target.format != Format::Html) {
        return Ok(Vec::new());
    }
    let layers = &ready.policy.settings().config.layers;
    let configured =
        layers.iter().flat_map(|layer| layer.choice.select.iter().chain(&layer.choice.extend_select));
    let selection = &arguments.selection;
    let selected = selection.select.iter().chain(&selection.extend_select).map(String::as_str);
    let named = selected.chain(configured.map(|selector| selector.value.as_str()));
    let packs: Vec<&str> = named
        .filter_map(|selector| selector.strip_prefix("pack:"))
        .chain(selection.pack.iter().map(String::as_str))
        .collect();
    let mut guides = ready.catalog.guides()?;
    guides.retain(|guide| packs.contains(&guide.pack.as_str()));
    Ok(guides)
}

/// How suppressions count, with what the command line says of them.
fn suppressions(arguments: &ScanArguments, configured: Suppressions) -> Suppressions {
    let mut suppressions = Suppressions { off: arguments.no_suppressions, ..configured };
    arguments.peers.iter().for_each(|tool| suppressions.tools.insert(*tool));
    suppressions
}

/// Where each file has secrets.
fn secrets(report: &Report) -> BTreeMap<&str, Vec<Span>> {
    let mut secrets: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| !finding.secret.is_empty()) {
        secrets.entry(&*finding.path).or_default().extend(&finding.secret);
    }
    secrets
}

/// Prints what fixes would change. Secrets are hidden on both sides.
fn show_diff(fixes: &Fixes, report: &Report, unsafe_too: bool) -> Result<Exit, ProgramError> {
    let mut text = String::new();
    let mut hidden = false;
    let (before, after) = (secrets(report), secrets(&fixes.last));
    for (path, change) in &fixes.changes {
        let of =
            |secrets: &BTreeMap<&str, Vec<Span>>| secrets.get(path.as_str()).cloned().unwrap_or_default();
        let (before, after) = (of(&before), of(&after));
        hidden |= !before.is_empty() || !after.is_empty();
        text += &diff::unified(path, &mask(&change.before, &before), &mask(&change.after, &after));
    }
    // A patch that is piped is what the files hold; a terminal would do what an escape sequence in them says.
    print(&if io::stdout().is_terminal() { harmless(&text.replace("\r\n", "\n")) } else { text })?;
    let mut err = io::stderr().lock();
    for note in &fixes.notes {
        let (path, message) = (clean(note.path.as_deref().unwrap_or_default()), clean(&note.message));
        let _ = writeln!(err, "{path}: {message}");
    }
    if fixes.changes.is_empty() && fixes.notes.is_empty() {
        // Silence looks as if the command had not run.
        let with_unsafe =
            report.findings.iter().filter(|f| f.state == State::Open && applicable(f, true).is_some());
        let _ = match with_unsafe.count() {
            n if n > 0 && !unsafe_too => {
                writeln!(err, "nothing to fix; `--unsafe-fixes` shows fixes of {}", counted(n, "finding"))
            }
            _ => writeln!(err, "nothing to fix"),
        };
    }
    if hidden {
        let _ = writeln!(err, "secrets are hidden, so this is no patch to apply");
    }
    Ok(match (report.is_incomplete(), fixes.changes.is_empty()) {
        (true, _) => Exit::NotDone,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Findings,
    })
}

/// The most memory that this process has had resident, where the system tells: `12345 kB`.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|rest| rest.trim().to_owned())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn write_report(
    arguments: &ScanArguments,
    targets: &[ReportTarget],
    color: Color,
    report: &Report,
    catalog: &Catalog,
    guides: Vec<Guide>,
) -> Result<(), ProgramError> {
    let color = terminal::stdout_color(color);
    let options = stockade_report::Options {
        color,
        hyperlinks: color && io::stdout().is_terminal(),
        width: terminal::width(),
        show_suppressed: arguments.show_suppressed,
        sarif_profile: match arguments.sarif_profile {
            SarifProfile::Open => stockade_report::SarifProfile::Open,
            SarifProfile::Github => stockade_report::SarifProfile::Github,
            SarifProfile::Full => stockade_report::SarifProfile::Full,
        },
        category: arguments.category.clone(),
        guides,
        ..stockade_report::Options::default()
    };
    targets::write(targets, report, catalog, &options)
}

/// Writes a file so that a reader sees the old or the new content, never half of one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A pipe or device (`/dev/stdout`) cannot be replaced.
    if path.symlink_metadata().is_ok_and(|m| !m.is_file()) {
        return std::fs::write(path, bytes);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// What each file was taken for, a line each.
fn explain_files(report: &Report) -> String {
    let mut text = String::new();
    for file in &report.files {
        let (what, why) = match &file.status {
            FileStatus::Analysed => (file.kind, &*file.reason),
            FileStatus::NoKind(reason) => ("-", &**reason),
            FileStatus::NotAnalysed(reason) => ("not analysed", reason.as_str()),
        };
        let _ = writeln!(text, "{}: {what} ({})", clean(&file.path), clean(why));
    }
    text
}

/// A progress bar on a terminal, once a scan takes longer than a moment.
struct Bar {
    bar: ProgressBar,
    start: Instant,
}

impl Bar {
    fn new(start: Instant) -> Self {
        let target = if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files") {
            bar.set_style(style);
        }
        Self { bar, start }
    }

    fn wanted(&self) -> bool {
        !self.bar.is_hidden()
    }

    fn show(&self, done: usize, total: usize) {
        if done.is_multiple_of(32) && self.start.elapsed() > MOMENT {
            self.bar.set_length(total as u64);
            self.bar.set_position(done as u64);
        }
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
