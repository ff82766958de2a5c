//! A release's archive and image: packed twice alike, listed in the checksums by the workflow's own step, and run from an
//! empty root folder as a user who owns nothing, without a network.

use super::Bench;
use super::tools::{missing, yaml};
use crate::run::{copy_tree, output, run, succeeds};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs::{create_dir_all, read_to_string, remove_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-musl";
/// The user of the image.
const USER: &str = "65532:65532";

pub(super) fn check(bench: &Bench) -> Result<String> {
    let program = static_program()?;
    let folder = bench.folder("archive")?;
    let out = folder.join("out");
    let archive = packed(&program, &out)?;
    let again = packed(&program, &folder.join("again"))?;
    ensure!(sha256(&archive)? == sha256(&again)?, "two archives of one program differ");
    checksums(bench, &folder, &archive)?;
    let unpacked = folder.join("unpacked");
    create_dir_all(&unpacked)?;
    output("tar", &["-xzf", &archive.to_string_lossy(), "-C", &unpacked.to_string_lossy()])?;
    let program = unpacked.join("stockade");
    let bytes = program.metadata()?.len();
    alone(bench, &folder, &program)?;
    let image = match image(bench, &folder, &unpacked) {
        Err(error) if error.is::<super::tools::Missing>() => format!("the image was not built: {error}"),
        other => other?,
    };
    let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
    Ok(format!(
        "{} in an archive of {}, runs in an empty root folder; {image}",
        megabytes(bytes),
        megabytes(archive.metadata()?.len())
    ))
}

/// Packs as a release does; gives the archive.
fn packed(program: &Path, folder: &Path) -> Result<PathBuf> {
    let said = output(".ci/archive", &[TARGET, &folder.to_string_lossy(), &program.to_string_lossy()])?;
    Ok(PathBuf::from(said.trim()))
}

/// Packs a program as a release does, to a file of this name.
pub(super) fn pack(program: &Path, archive: &Path) -> Result<()> {
    let made = packed(program, archive.parent().context("no folder")?)?;
    std::fs::rename(made, archive).context("cannot move the archive")
}

pub(super) fn sha256(file: &Path) -> Result<String> {
    let line = output("sha256sum", &[&file.to_string_lossy()])?;
    Ok(line.split(' ').next().unwrap_or_default().to_owned())
}

/// The static program: `STOCKADE_STATIC`, or built here.
fn static_program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("STOCKADE_STATIC") {
        return Path::new(&program).canonicalize().context("STOCKADE_STATIC names no program");
    }
    if !succeeds("rustup", &["target", "add", TARGET]) {
        return Err(missing(&format!("the target {TARGET} of rustup")));
    }
    run("cargo", &["build", "--release", "--package", "stockade", "--target", TARGET])?;
    Ok(Path::new("target").join(TARGET).join("release/stockade").canonicalize()?)
}

/// Runs the release workflow's step on a folder like that of its job, and reads what it wrote.
fn checksums(bench: &Bench, folder: &Path, archive: &Path) -> Result<()> {
    let workflow = yaml(&bench.tools, &bench.root().join(".github/workflows/release.yml"))?;
    let steps = workflow["jobs"]["publish"]["steps"].as_array().context("no steps")?;
    let step = steps.iter().find(|s| s["name"] == "Checksums").context("no step `Checksums`")?;
    let script = step["run"].as_str().context("it runs nothing")?;
    // A name that would be a flag to a careless command.
    write(folder.join("out/-c"), "x")?;
    let ran = Command::new("bash").args(["-e", "-c", script]).current_dir(folder).output()?;
    ensure!(ran.status.success(), "the checksums: {}", String::from_utf8_lossy(&ran.stderr));
    let out = folder.join("out");
    let verified =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&out).output()?;
    ensure!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let sums = read_to_string(out.join("SHA256SUMS"))?;
    let name = archive.file_name().context("no name")?.to_string_lossy().into_owned();
    ensure!(sums.lines().count() == 2 && sums.contains(&name), "what is listed: {sums}");
    std::fs::remove_file(folder.join("out/-c")).context("cannot remove it")
}

/// Runs the program where there is nothing else, and looks that it finds the same as on the whole machine.
fn alone(bench: &Bench, folder: &Path, program: &Path) -> Result<()> {
    bench.tools.debian("unshare", "util-linux")?;
    if output("id", &["-u"])?.trim() != "0" {
        return Err(missing("being root, to change the root folder"));
    }
    let empty = folder.join("empty");
    if empty.exists() {
        remove_dir_all(&empty)?;
    }
    copy_tree(&bench.root().join("testdata/projects/demo"), &empty.join("repository"))?;
    std::fs::copy(program, empty.join("stockade"))?;
    output("chmod", &["-R", "a-w,a+rX", &empty.to_string_lossy()])?;
    let place = empty.to_string_lossy();
    let found = Command::new("unshare")
        .args(["--mount", "--net", "--pid", "--fork", "chroot", &format!("--userspec={USER}"), &place])
        .args(["/stockade", "scan", "--format", "concise", "/repository"])
        .env_clear()
        .env("PATH", std::env::var("PATH")?)
        .output()?;
    output("chmod", &["-R", "u+w", &place])?;
    same_as_golden(bench, &found, "in an empty root folder")
}

fn same_as_golden(bench: &Bench, found: &std::process::Output, how: &str) -> Result<()> {
    let expected = read_to_string(bench.root().join("testdata/projects/demo.concise"))?;
    let said = String::from_utf8_lossy(&found.stdout);
    ensure!(found.status.code() == Some(1), "{how}: {}{said}", String::from_utf8_lossy(&found.stderr));
    ensure!(said == expected, "{how} it finds something else:\n{said}");
    Ok(())
}

/// Builds the image and looks what is in it, who runs it, and what it says of a folder that it may only read.
fn image(bench: &Bench, folder: &Path, context: &Path) -> Result<String> {
    bench.tools.debian("buildah", "buildah")?;
    let store = folder.join("store");
    let project = folder.join("empty/repository");
    let buildah = |arguments: &[&str]| {
        let (root, state) = (store.join("root"), store.join("run"));
        let place =
            ["--root", &root.to_string_lossy(), "--runroot", &state.to_string_lossy()].map(str::to_owned);
        let mut command = Command::new("buildah");
        command.args(place).args(["--storage-driver", "vfs"]).args(arguments);
        command
    };
    let said = |arguments: &[&str]| -> Result<String> {
        let found = buildah(arguments).output().context("cannot run buildah")?;
        ensure!(found.status.success(), "buildah {arguments:?}: {}", String::from_utf8_lossy(&found.stderr));
        Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned())
    };
    let file = bench.root().join("host/dist/Containerfile");
    let (file, context) = (file.to_string_lossy(), context.to_string_lossy());
    said(&[
        "bud",
        "--isolation",
        "chroot",
        "--network",
        "none",
        "--file",
        &file,
        "--tag",
        "stockade",
        &context,
    ])?;
    let container = said(&["from", "--pull-never", "stockade"])?;
    let mounted = said(&["mount", &container])?;
    let held = output("find", &[&mounted, "-mindepth", "1", "-printf", "%P %y %m\\n"])?;
    ensure!(
        held.lines().collect::<std::collections::BTreeSet<_>>().len() == 2,
        "what the image holds:\n{held}"
    );
    ensure!(
        held.contains("stockade f 555") && held.contains("repository d"),
        "what the image holds:\n{held}"
    );
    let config: Value = serde_json::from_str(&said(&["inspect", "--type", "image", "stockade"])?)?;
    let config = &config["OCIv1"]["config"];
    ensure!(config["User"] == USER, "who runs it: {config}");
    ensure!(config["Entrypoint"] == serde_json::json!(["/stockade"]), "what is run: {config}");
    ensure!(config["WorkingDir"] == "/repository", "where: {config}");
    let mount = format!("{}:/repository:ro", project.display());
    let arguments = [
        "run",
        "--isolation",
        "chroot",
        "--network",
        "none",
        "--volume",
        &mount,
        &container,
        "--",
        "/stockade",
        "scan",
    ];
    let found = buildah(&[&arguments[..], &["--format", "concise"]].concat()).output()?;
    same_as_golden(bench, &found, "in the image")?;
    said(&["rm", &container])?;
    said(&["rmi", "stockade"])?;
    Ok("the image holds it alone and scans a folder that it may only read".to_owned())
}
