//! What `--fix` does to files when it is killed, when two runs do it at once, and where it must not write.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

const RULE: &str = "dockerfile/apt-get-assume-yes";
const OLD: &str = "FROM python:3\nRUN apt-get install curl\nUSER 10001\n";
const NEW: &str = "FROM python:3\nRUN apt-get install -y curl\nUSER 10001\n";

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
    command
        .args(["scan", "--fix", "--format", "concise", "--select", RULE])
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null());
    command
}

fn start(folder: &Path) -> Child {
    command(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn run(folder: &Path) -> Output {
    command(folder).output().unwrap()
}

/// Folders with a file each, long enough that writing one takes a moment.
struct Tree {
    dir: tempfile::TempDir,
    files: Vec<PathBuf>,
    old: String,
    new: String,
}

impl Tree {
    fn new(files: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = (0..files).map(|n| dir.path().join(format!("d{n}/Dockerfile"))).collect();
        let filler = "# filler\n".repeat(2000);
        Self { dir, files, old: format!("{OLD}{filler}"), new: format!("{NEW}{filler}") }
    }

    fn fill(&self) {
        for file in &self.files {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, &self.old).unwrap();
        }
    }

    /// How many files are done; each must be the old or the new one, whole.
    fn done(&self, when: &str) -> usize {
        let texts: Vec<String> =
            self.files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert!(texts.iter().all(|text| *text == self.old || *text == self.new), "{when} left half a file");
        texts.iter().filter(|text| **text == self.new).count()
    }

    /// What lies beside the files.
    fn left_behind(&self) -> Vec<PathBuf> {
        let all = self.files.iter().flat_map(|file| std::fs::read_dir(file.parent().unwrap()).unwrap());
        all.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("Dockerfile")).collect()
    }
}

/// `STOCKADE_KILLS` sets how many runs are killed.
#[test]
fn a_killed_run_loses_nothing() {
    let tree = Tree::new(40);
    let runs: u32 = std::env::var("STOCKADE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    tree.fill();
    let begun = Instant::now();
    start(tree.dir.path()).wait().unwrap();
    let whole = begun.elapsed();
    assert_eq!(tree.done("a whole run"), tree.files.len());
    assert!(tree.left_behind().is_empty());

    let (mut killed, mut partly) = (0, 0);
    for run in 1..=runs {
        tree.fill();
        let mut child = start(tree.dir.path());
        let mut ends = || child.try_wait().unwrap().is_some();
        // Every fourth one at any time, the others once so many files are done, however fast the machine is.
        if run % 4 == 0 {
            std::thread::sleep(whole * run / (runs + 1));
        } else {
            let enough = tree.files.len() * run as usize / (runs as usize + 1);
            while tree.done(&format!("run {run}")) < enough && !ends() {}
        }
        killed += usize::from(!ends());
        let _ = child.kill();
        child.wait().unwrap();
        let done = tree.done(&format!("run {run}"));
        partly += usize::from(done > 0 && done < tree.files.len());
    }
    eprintln!("{killed} of {runs} runs killed, {partly} of them between two files");
    assert!(killed > 0);

    // What they left is of no kind, keeps nobody from going on, and goes when it is old.
    let old = tree.files[0].with_file_name(".stockade-fix-0123456789abcdef.tmp");
    std::fs::write(&old, "half a f").unwrap();
    let hour = Duration::from_secs(2 * 3600);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(SystemTime::now() - hour).unwrap();
    let new = tree.files[1].with_file_name(".stockade-fix-0123456789abcdef.tmp");
    std::fs::write(&new, "half a f").unwrap();
    tree.fill();
    assert_eq!(run(tree.dir.path()).status.code(), Some(0));
    assert_eq!(tree.done("the run after"), tree.files.len());
    assert!(!old.exists() && new.exists());
}

#[test]
fn two_runs_at_once_do_it_once() {
    let tree = Tree::new(30);
    for round in 0..6 {
        tree.fill();
        let mut both = [start(tree.dir.path()), start(tree.dir.path())];
        let codes = both.each_mut().map(|child| child.wait().unwrap().code());
        // A run that finds a file changed behind its back says so; what it would have done, the other one has done.
        assert!(codes.iter().all(|code| matches!(code, Some(0..=2))), "{codes:?}");
        assert_eq!(tree.done(&format!("round {round}")), tree.files.len(), "{codes:?}");
        assert!(tree.left_behind().is_empty(), "{:?}", tree.left_behind());
    }
}

#[test]
fn a_file_that_cannot_be_written_keeps_no_other_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(dir.path(), 0o755);
    for (folder, writable) in [("a", 0o555), ("b", 0o777), ("c", 0o555)] {
        let folder = dir.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("Dockerfile"), OLD).unwrap();
        mode(&folder.join("Dockerfile"), 0o666);
        mode(&folder, writable);
    }
    let mut run = command(dir.path());
    // Root may write everywhere; somebody else may not.
    if dir.path().metadata().unwrap().uid() == 0 {
        run.uid(65534).gid(65534);
    }
    let output = run.output();
    mode(&dir.path().join("a"), 0o755);
    mode(&dir.path().join("c"), 0o755);
    if output.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        eprintln!("not done: only root may run the program from where it lies");
        return;
    }
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stdout);
    for file in ["a/Dockerfile", "c/Dockerfile"] {
        assert!(
            said.contains(&format!("{file}: not fixed: it cannot be written: permission denied")),
            "{output:?}"
        );
    }
    assert!(String::from_utf8_lossy(&output.stderr).contains("fixed 1 finding"), "{output:?}");
    let text = |folder: &str| std::fs::read_to_string(dir.path().join(folder).join("Dockerfile")).unwrap();
    assert_eq!([text("a"), text("b"), text("c")], [OLD, NEW, OLD]);
}

#[test]
fn links_stay_links_and_what_they_point_at_stays_as_it_is() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("Dockerfile"), OLD).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("own")).unwrap();
    std::fs::write(dir.path().join("own/Dockerfile"), OLD).unwrap();
    symlink(outside.path().join("Dockerfile"), dir.path().join("Dockerfile")).unwrap();
    symlink(outside.path(), dir.path().join("folder")).unwrap();
    symlink("own/Dockerfile", dir.path().join("Dockerfile.link")).unwrap();
    assert_eq!(run(dir.path()).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(outside.path().join("Dockerfile")).unwrap(), OLD);
    assert_eq!(std::fs::read_to_string(dir.path().join("own/Dockerfile")).unwrap(), NEW);
    for link in ["Dockerfile", "folder", "Dockerfile.link"] {
        assert!(dir.path().join(link).symlink_metadata().unwrap().is_symlink(), "{link}");
    }
}

#[test]
fn mode_and_owner_stay() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("Dockerfile");
    std::fs::write(&file, OLD).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o754)).unwrap();
    // Only root can give a file away; for others the owner is the same before and after anyway.
    let _ = std::os::unix::fs::chown(&file, Some(12345), Some(23456));
    let before = file.metadata().unwrap();
    assert_eq!(run(dir.path()).status.code(), Some(0));
    let after = file.metadata().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), NEW);
    assert_ne!(before.ino(), after.ino(), "it was not replaced in one step");
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
}
