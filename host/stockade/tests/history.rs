//! A repository's life in miniature: what a baseline and `--since` report at each step, and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests; clippy only knows it inside test functions"
)]

use std::path::Path;
use std::process::Command;

const DOCKERFILE: &str = "FROM debian:12.5\nRUN chmod 777 /srv\nUSER 1000\nCMD [\"/app\"]\n";
const RULES: &str = "dockerfile/*,kubernetes/privileged-container,kubernetes/network-policy-dangling";

/// A repository in a folder that goes away.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        this.git(&["init", "--quiet", "--initial-branch=main"]);
        this
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let output = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("this test needs git");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, what: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", what]);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    }

    /// `path rule` of each open finding, and the summary's words on the baseline.
    fn new_findings(&self, more: &[&str]) -> Vec<String> {
        let mut arguments = vec!["scan", "--format", "concise", "--select", RULES];
        arguments.extend(more);
        let (code, text) = self.run(&arguments);
        assert!(code < 2, "{text}");
        let found = |line: &str| {
            let (path, rest) = line.split_once(':')?;
            let rule = rest.split_once('[')?.1.split_once(']')?.0;
            Some(format!("{path} {rule}"))
        };
        text.lines().filter_map(found).collect()
    }

    fn baseline(&self, action: &str) -> String {
        let (code, text) = self.run(&["baseline", action, "--select", RULES]);
        assert_eq!(code, 0, "{text}");
        text
    }
}

fn pod(namespace: &str, containers: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: {namespace}\nspec:\n  containers:\n{containers}"
    )
}

fn container(name: &str) -> String {
    format!("  - name: {name}\n    image: a:1\n    securityContext:\n      privileged: true\n")
}

#[test]
fn a_baseline_reports_exactly_what_is_new() {
    let repository = Repository::new();
    repository.write("Dockerfile", DOCKERFILE);
    repository.write("deploy/pod.yaml", &pod("a", &(container("x") + &container("y"))));
    repository.commit("first");
    assert_eq!(repository.new_findings(&[]).len(), 7, "the first scan");
    repository.baseline("write");
    assert!(repository.new_findings(&[]).is_empty());

    // Edits elsewhere, containers in another order, keys in another order.
    repository
        .write("Dockerfile", &format!("# a comment\n\n{}", DOCKERFILE.replace("USER", "ENV A=b\nUSER")));
    let swapped =
        "  - securityContext: {privileged: true}\n    image: a:1\n    name: y\n".to_owned() + &container("x");
    repository.write("deploy/pod.yaml", &pod("a", &swapped));
    assert!(repository.new_findings(&[]).is_empty(), "the first scan");

    // Files that are renamed keep their entries; copies are new.
    std::fs::rename(repository.path().join("deploy/pod.yaml"), repository.path().join("deploy/web.yaml"))
        .unwrap();
    assert!(repository.new_findings(&[]).is_empty());
    repository.baseline("update");
    repository.write("deploy/copy.yaml", &pod("a", &container("x")));
    assert_eq!(repository.new_findings(&[]), ["deploy/copy.yaml kubernetes/privileged-container"]);
    std::fs::remove_file(repository.path().join("deploy/copy.yaml")).unwrap();

    // An object of the same name elsewhere is another one.
    let both = pod("a", &swapped) + "---\n" + &pod("b", &container("x"));
    repository.write("deploy/web.yaml", &both);
    assert_eq!(repository.new_findings(&[]), ["deploy/web.yaml kubernetes/privileged-container"]);
    repository.write("deploy/web.yaml", &pod("a", &swapped));

    // What is mended is stale, and comes back as new once it was dropped.
    repository.write("Dockerfile", &DOCKERFILE.replace("777", "755"));
    let (_, text) = repository.run(&["scan", "--format", "concise", "--select", RULES]);
    assert!(text.contains("1 entry of the baseline is stale"), "{text}");
    let text = repository.baseline("prune");
    assert!(text.contains("6 known findings (0 added, 1 gone)"), "{text}");
    repository.write("Dockerfile", DOCKERFILE);
    assert_eq!(repository.new_findings(&[]), ["Dockerfile dockerfile/chmod-world-writable"]);
    let text = repository.baseline("update");
    assert!(text.contains("7 known findings (1 added, 0 gone)"), "{text}");
    assert!(repository.new_findings(&[]).is_empty());

    // A scan of one file says nothing of the others' entries.
    let (_, text) = repository.run(&["scan", "--format", "concise", "--select", RULES, "Dockerfile"]);
    assert!(text.contains("in the baseline") && !text.contains("stale"), "{text}");
}

/// One month of the year below.
struct Month<'a> {
    what: &'a str,
    change: &'a dyn Fn(&Repository),
    /// What is new, and nothing else.
    new: &'a [&'a str],
    /// Entries of the baseline that are gone by it.
    gone: usize,
}

fn rename(repository: &Repository, from: &str, to: &str) {
    let target = repository.path().join(to);
    std::fs::create_dir_all(target.parent().unwrap()).unwrap();
    std::fs::rename(repository.path().join(from), target).unwrap();
}

fn edit(repository: &Repository, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(repository.path().join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    repository.write(file, &text.replace(from, to));
}

/// A year of renames, moves, edits and new things: each month the baseline, `--since` before the commit and `--since`
/// after it name what the month brought, and nothing else.
#[test]
fn a_year_in_miniature() {
    let repository = Repository::new();
    let web = pod("a", &container("x"));
    let job = pod("a", &container("z")).replace("name: web", "name: job");
    repository.write("Dockerfile", DOCKERFILE);
    repository.write("deploy/all.yaml", &format!("{web}---\n{job}"));
    repository.commit("January");
    repository.baseline("write");
    repository.commit("the baseline");
    let swapped = format!("{job}---\n{web}");
    let reordered = "spec:\n  containers:\n  - securityContext: {privileged: true}\n    image: a:1\n    name: x\nmetadata: \
                     {namespace: a, name: web}\nkind: Pod\napiVersion: v1\n";
    let year = [
        Month {
            what: "February: lines above and between",
            change: &|r| {
                edit(r, "Dockerfile", "FROM", "# The image of the shop.\n\nFROM");
                edit(r, "Dockerfile", "USER", "ENV A=b\nUSER");
            },
            new: &[],
            gone: 0,
        },
        Month {
            what: "March: objects change places",
            change: &|r| r.write("deploy/all.yaml", &swapped),
            new: &[],
            gone: 0,
        },
        Month {
            what: "April: files are renamed, and their folder",
            change: &|r| {
                rename(r, "deploy/all.yaml", "k8s/shop.yaml");
                rename(r, "Dockerfile", "images/Dockerfile");
            },
            new: &[],
            gone: 0,
        },
        Month {
            what: "May: keys in another order",
            change: &|r| r.write("k8s/shop.yaml", &format!("{job}---\n{reordered}")),
            new: &[],
            gone: 0,
        },
        Month {
            what: "June: a container more",
            change: &|r| {
                edit(r, "k8s/shop.yaml", "    name: x\n", &format!("    name: x\n{}", container("y")))
            },
            new: &["k8s/shop.yaml kubernetes/privileged-container"],
            gone: 0,
        },
        Month {
            what: "July: an object of the same name in another namespace",
            change: &|r| {
                let other = pod("b", &container("x"));
                edit(
                    r,
                    "k8s/shop.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: job",
                    &format!("{other}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: job"),
                );
            },
            new: &["k8s/shop.yaml kubernetes/privileged-container"],
            gone: 0,
        },
        Month {
            what: "August: the elder of the two is mended, and stays apart from the younger",
            change: &|r| {
                edit(
                    r,
                    "k8s/shop.yaml",
                    "- securityContext: {privileged: true}",
                    "- securityContext: {privileged: false}",
                )
            },
            new: &[],
            gone: 1,
        },
        Month {
            what: "September: renamed and edited at once",
            change: &|r| {
                rename(r, "k8s/shop.yaml", "platform/shop/pods.yaml");
                edit(r, "platform/shop/pods.yaml", "image: a:1", "image: a:2");
                edit(r, "platform/shop/pods.yaml", "kind: Pod\n", "kind: Pod # of the shop\n");
            },
            new: &[],
            gone: 0,
        },
        Month {
            what: "October: a copy of an object in a file of its own",
            change: &|r| r.write("platform/copy.yaml", &job),
            new: &["platform/copy.yaml kubernetes/privileged-container"],
            gone: 0,
        },
        Month {
            what: "November: what was mended comes back",
            change: &|r| edit(r, "platform/shop/pods.yaml", "{privileged: false}", "{privileged: true}"),
            new: &["platform/shop/pods.yaml kubernetes/privileged-container"],
            gone: 0,
        },
        Month {
            what: "December: a second image, much like the first",
            change: &|r| r.write("tools/Dockerfile", "FROM debian:12.5\nRUN apt-get update\nUSER 1000\n"),
            new: &[
                "tools/Dockerfile dockerfile/base-image-not-minimal",
                "tools/Dockerfile dockerfile/healthcheck-missing",
                "tools/Dockerfile dockerfile/image-digest-missing",
                "tools/Dockerfile dockerfile/label-required-missing",
                "tools/Dockerfile dockerfile/package-index-update-alone",
            ],
            gone: 0,
        },
    ];
    for month in &year {
        (month.change)(&repository);
        let what = month.what;
        assert_eq!(repository.new_findings(&[]), month.new, "{what}: the baseline");
        let since = |commit| repository.new_findings(&["--no-baseline", "--since", commit]);
        assert_eq!(since("HEAD"), month.new, "{what}: before the commit");
        repository.commit(what);
        assert_eq!(since("HEAD~1"), month.new, "{what}: after the commit");
        let text = repository.baseline("update");
        let changes = format!("({} added, {} gone)", month.new.len(), month.gone);
        assert!(text.contains(&changes), "{what}: {text}");
        assert!(repository.new_findings(&[]).is_empty(), "{what}: the new baseline");
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", "the baseline"]);
    }
}

#[test]
fn since_reports_exactly_what_the_branch_brings() {
    let repository = Repository::new();
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\n  namespace: a\nspec:\n  \
                  podSelector:\n    matchLabels:\n      app: web\n  ingress: []\n";
    let labelled =
        pod("a", &container("x")).replace("  namespace: a\n", "  namespace: a\n  labels: {app: web}\n");
    repository.write("Dockerfile", DOCKERFILE);
    repository.write("pod.yaml", &labelled);
    repository.write("policy.yaml", policy);
    repository.commit("first");
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("other/Dockerfile", "FROM debian\nUSER 1000\n");
    repository.commit("main goes on");
    repository.git(&["checkout", "--quiet", "feature"]);
    assert!(repository.new_findings(&["--since", "main"]).is_empty());

    // Not committed, committed, renamed: it is new against the common ancestor.
    repository.write("tool/Dockerfile", "FROM debian\nUSER 1000\n");
    let expected = ["tool/Dockerfile dockerfile/image-tag-missing"];
    let seen = || -> Vec<String> {
        let all = repository.new_findings(&["--since", "main"]);
        all.into_iter().filter(|line| line.ends_with("image-tag-missing")).collect()
    };
    assert_eq!(seen(), expected);
    repository.commit("tool");
    repository.git(&["mv", "Dockerfile", "Containerfile"]);
    assert_eq!(seen(), expected);
    repository.commit("rename");
    assert_eq!(seen(), expected);

    // Another file's change makes the finding in a file that nobody touched.
    repository.git(&["rm", "--quiet", "pod.yaml"]);
    let found = repository.new_findings(&["--since", "main"]);
    assert!(found.contains(&"policy.yaml kubernetes/network-policy-dangling".to_owned()), "{found:?}");
    let (code, text) = repository.run(&["scan", "--since", "no-such-branch"]);
    assert!(code == 2 && text.contains("is no commit here"), "{text}");
    let (code, text) = repository.run(&["scan", "--since", "--output=x"]);
    assert!(code == 2, "{text}");
}

/// A rule about the repository as a whole said the same before, so a branch that does not touch that brings nothing new.
#[test]
fn what_was_missing_before_is_not_new() {
    let repository = Repository::new();
    repository.write("README.md", "# Shop\n");
    repository.commit("first");
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.write("Dockerfile", DOCKERFILE);
    repository.commit("second");
    let rule = "config/security-policy-missing";
    let scan = |more: &[&str]| {
        let (_, text) = repository.run(&[&["scan", "--format", "concise", "--select", rule], more].concat());
        text.contains(rule)
    };
    assert!(scan(&[]));
    assert!(!scan(&["--since", "main"]));
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("SECURITY.md", "# Security\n\nWrite to security@example.com.\n");
    repository.commit("a contact");
    repository.git(&["checkout", "--quiet", "-b", "worse"]);
    repository.git(&["rm", "--quiet", "SECURITY.md"]);
    assert!(scan(&["--since", "main"]));
}

#[test]
fn staged_checks_what_is_staged() {
    let repository = Repository::new();
    repository.write("Dockerfile", "FROM debian\nUSER 1000\n");
    repository.write("untouched/Dockerfile", "FROM debian\nUSER 1000\n");
    repository.git(&["add", "Dockerfile"]);
    // Mended on disk, but not staged.
    repository.write("Dockerfile", "FROM debian:12\nUSER 1000\n");
    let staged = repository.new_findings(&["--staged"]);
    assert!(staged.contains(&"Dockerfile dockerfile/image-tag-missing".to_owned()), "{staged:?}");
    assert!(staged.iter().all(|line| !line.starts_with("untouched")), "{staged:?}");
    repository.git(&["add", "Dockerfile"]);
    let staged = repository.new_findings(&["--staged"]);
    assert!(!staged.contains(&"Dockerfile dockerfile/image-tag-missing".to_owned()), "{staged:?}");
}

#[test]
fn a_changed_file_is_judged_with_what_lies_beside_it() {
    let repository = Repository::new();
    repository.write("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    repository.write("shop/values.yaml", "image: {tag: latest}\n");
    repository.write("shop/templates/_tag.tpl", "{{ define \"tag\" }}{{ .Values.image.tag }}{{ end }}\n");
    repository.write(".env", "TAG=latest\n");
    repository.commit("what fills others");
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a:";
    repository.write("shop/templates/pod.yaml", &format!("{pod}{{{{ include \"tag\" . }}}}\n"));
    repository.write("compose.yaml", "services:\n  a:\n    image: a:${TAG}\n");
    repository.git(&["add", "shop/templates", "compose.yaml"]);
    // What counts is what is staged.
    repository.write("shop/values.yaml", "image: {tag: '1'}\n");
    let scan = |arguments: &[&str]| {
        let select = ["scan", "--format", "concise", "--select", "*/image-tag-latest"];
        repository.run(&[&select[..], arguments].concat()).1
    };
    let both = [
        "compose.yaml:3:12: medium[compose/image-tag-latest] image a is tagged latest (.env:1: sets the variable, unless the shell does)\n",
        "shop/templates/pod.yaml:7:12: medium[kubernetes/image-tag-latest] image a:latest is tagged latest (shop/values.yaml:1: the chart's default)\n",
    ];
    let staged = scan(&["--staged"]);
    assert!(both.iter().all(|line| staged.contains(line)), "{staged}");
    assert!(staged.contains("2 files seen: 2 analysed"), "{staged}");
    let named = scan(&["compose.yaml", "shop/templates/pod.yaml"]);
    assert!(named.contains(both[0]) && !named.contains(both[1]), "{named}");
    // A scan of all files would not find it either.
    repository.write(".gitignore", ".env\n");
    let ignored = scan(&["compose.yaml"]);
    assert!(ignored.contains("no findings; 1 file seen"), "{ignored}");
}

#[test]
fn what_a_changed_value_makes_of_other_files_is_found() {
    let repository = Repository::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  hostNetwork: {{ .Values.net }}\n  \
               {{ include \"own\" . }}\n  containers: []\n";
    repository.write("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    repository.write("shop/values.yaml", "net: false\n");
    repository.write("shop/templates/pod.yaml", pod);
    repository.write("shop/templates/_own.tpl", "{{ define \"own\" }}hostIPC: false{{ end }}\n");
    repository.write("compose.yaml", "services:\n  a:\n    image: a:1\n    privileged: ${ALL}\n");
    repository.write(".env", "ALL=false\n");
    repository.commit("nothing set");
    repository.write("shop/values.yaml", "net: true\n");
    repository.write("shop/templates/_own.tpl", "{{ define \"own\" }}hostIPC: true{{ end }}\n");
    repository.write(".env", "ALL=true\n");
    repository.git(&["add", "."]);
    let scan = |arguments: &[&str]| {
        let select = ["scan", "--format", "concise", "--select", "*/host-*", "--select", "*/privileged*"];
        repository.run(&[&select[..], arguments].concat()).1
    };
    let net = "shop/templates/pod.yaml:6:3: high[kubernetes/host-network] Pod a sets hostNetwork to true (shop/values.yaml:1: the chart's default)\n";
    let changed = ["shop/values.yaml", "shop/templates/_own.tpl", ".env"];
    for arguments in [&["--staged"][..], &changed, &[&changed[..], &["--since", "HEAD"]].concat()] {
        let found = scan(arguments);
        assert!(found.contains(net), "{arguments:?}: {found}");
        assert!(found.contains("pod.yaml:7:3: high[kubernetes/host-ipc]"), "{arguments:?}: {found}");
        assert!(found.contains("compose.yaml:4:5: critical[compose/privileged"), "{arguments:?}: {found}");
        // What comes from no line of theirs is not theirs.
        assert!(!found.contains("host-pid"), "{arguments:?}: {found}");
        assert!(found.contains("3 findings (1 critical, 2 high); 3 files seen"), "{arguments:?}: {found}");
    }
    // Each for itself.
    assert!(scan(&["shop/values.yaml"]).contains("1 finding (1 high); 1 file seen"));
    let all = scan(&["."]);
    assert!(all.contains(net) && all.contains("host-pid"), "{all}");
    // A comment in a file that is not scanned counts, and is not judged there.
    let comment =
        "# stockade: ignore[kubernetes/host-network] -- it is a proxy\n# stockade: ignore[no/rule]\n";
    repository.write("shop/templates/pod.yaml", &format!("{comment}{pod}"));
    let found = scan(&["shop/values.yaml"]);
    assert!(found.contains("no findings"), "{found}");
    // Nothing is said of what was there before.
    repository.commit("all set");
    assert!(scan(&["shop/values.yaml", ".env", "--since", "HEAD"]).contains("no findings"));
}

#[test]
fn a_changed_base_is_judged_as_its_kustomizations_have_it() {
    let repository = Repository::new();
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a:1\n";
    repository.write("base/kustomization.yaml", "resources: [pod.yaml]\n");
    repository
        .write("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: ../more/limits.yaml}]\n");
    repository.write(
        "more/limits.yaml",
        "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, resources: {limits: {memory: 1Gi}}}\n",
    );
    repository.commit("all but the pod");
    repository.write("base/pod.yaml", pod);
    repository.write("alone/pod.yaml", pod);
    repository.git(&["add", "."]);
    let scan = |arguments: &[&str]| {
        let select = ["scan", "--format", "concise", "--select", "kubernetes/memory-limit-missing"];
        repository.run(&[&select[..], arguments].concat()).1
    };
    for arguments in [&["--staged"][..], &["base/pod.yaml", "alone/pod.yaml"], &["base", "alone"], &["."]] {
        let found = scan(arguments);
        assert!(
            found.contains("alone/pod.yaml:6") && !found.contains("base/pod.yaml"),
            "{arguments:?}: {found}"
        );
    }
    repository.write("test/kustomization.yaml", "resources: [../base]\n");
    let found = scan(&["base/pod.yaml"]);
    assert!(found.contains("base/pod.yaml:6"), "{found}");
}

#[test]
fn changed_values_are_judged_alone_only_where_no_chart_is_around() {
    let repository = Repository::new();
    repository.write("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    repository.commit("the chart alone");
    let values = "securityContext:\n  privileged: true\nimage: {repository: a/b, tag: latest}\n";
    repository.write("shop/values.yaml", values);
    repository.write("shop/ci/test-values.yaml", values);
    repository.write("prod/web-values.yaml", values);
    repository.git(&["add", "."]);
    let named = ["shop/values.yaml", "shop/ci/test-values.yaml", "prod/web-values.yaml"];
    for arguments in [&["--staged"][..], &named, &["."]] {
        let select =
            ["scan", "--format", "concise", "--select", "kubernetes/privileged-*,kubernetes/image-tag-*"];
        let found = repository.run(&[&select[..], arguments].concat()).1;
        assert!(
            found.contains("prod/web-values.yaml:2:3") && !found.contains("shop/"),
            "{arguments:?}: {found}"
        );
        assert!(found.contains("container web sets privileged to true"), "{found}");
        // A rule across files, which looks at single ones as well.
        let latest = "prod/web-values.yaml:3:31: medium[kubernetes/image-tag-latest] image a/b:latest is tagged latest\n";
        assert!(found.contains(latest), "{found}");
    }
}

#[test]
fn a_scan_fetches_nothing_for_a_partial_clone() {
    let origin = Repository::new();
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.write("Dockerfile", DOCKERFILE);
    origin.commit("first");
    origin.write("Dockerfile", "FROM debian:12.6\nUSER 1000\nCMD [\"/app\"]\n");
    origin.commit("second");
    let clone = Repository::new();
    clone.git(&["config", "protocol.file.allow", "always"]);
    clone.git(&["remote", "add", "origin", &format!("file://{}", origin.path().display())]);
    clone.git(&["fetch", "--quiet", "--filter=blob:none", "origin", "main"]);
    // Asking for the files of one commit fetches those alone.
    clone.git(&["checkout", "--quiet", "-B", "main", "FETCH_HEAD"]);
    clone.git(&["config", "remote.origin.uploadpack", "touch fetched; git-upload-pack"]);
    let (code, text) = clone.run(&["scan", "--since", "HEAD~1"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("what `Dockerfile` held is not here, as in a partial clone"), "{text}");
    assert!(!clone.path().join("fetched").exists(), "a program that the repository names has run");

    clone.git(&["fetch", "--quiet", "--refetch", "--no-filter", "origin", "main"]);
    assert!(clone.path().join("fetched").exists(), "the trap is none");
    let (code, text) = clone.run(&["scan", "--since", "HEAD~1"]);
    assert_ne!(code, 2, "{text}");
}
