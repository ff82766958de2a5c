//! Package managers: how their command lines are read, and the checks that are not about versions.

use crate::view::{Instruction, View};
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params};

/// A package manager, or several of one family.
pub(super) struct Manager {
    /// Commands of the family.
    commands: &'static [&'static str],
    /// Subcommands that put packages in.
    install: &'static [&'static str],
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// Folders that hold what it fetches: a cache mounted there stays out of the layer.
    folders: &'static [&'static str],
}

const APT: Manager = Manager {
    commands: &["apt-get", "apt", "aptitude"],
    install: &["install", "reinstall"],
    with_value: &[
        "-o",
        "--option",
        "-c",
        "--config-file",
        "-t",
        "--target-release",
        "--default-release",
        "-a",
        "--host-architecture",
        "-P",
        "--build-profiles",
    ],
    folders: &["/var/lib/apt/lists"],
};
const APK: Manager = Manager {
    commands: &["apk"],
    install: &["add"],
    with_value: &[
        "-t",
        "--virtual",
        "-X",
        "--repository",
        "-p",
        "--root",
        "--keys-dir",
        "--repositories-file",
        "--wait",
        "--arch",
        "--cache-dir",
        "--cache-max-age",
        "--timeout",
        "--progress-fd",
    ],
    folders: &["/var/cache/apk"],
};
const DNF_OPTIONS: &[&str] = &[
    "-c",
    "--config",
    "-d",
    "-e",
    "-R",
    "-x",
    "--exclude",
    "--enablerepo",
    "--disablerepo",
    "--repo",
    "--repoid",
    "--setopt",
    "--installroot",
    "--releasever",
    "--advisory",
    "--forcearch",
    "--comment",
    "--downloaddir",
    "--destdir",
    "--disableplugin",
    "--enableplugin",
    "--rpmverbosity",
    "--color",
    "--repofrompath",
];
const YUM: Manager = Manager {
    commands: &["yum"],
    install: &["install", "localinstall", "groupinstall", "reinstall"],
    with_value: DNF_OPTIONS,
    folders: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
};
const DNF: Manager = Manager {
    commands: &["dnf", "dnf5"],
    install: &[
        "install",
        "in",
        "localinstall",
        "groupinstall",
        "reinstall",
        "rei",
        "upgrade",
        "up",
        "update",
        "upgrade-minimal",
        "up-min",
        "update-minimal",
        "distro-sync",
        "downgrade",
    ],
    with_value: DNF_OPTIONS,
    folders: &["/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum"],
};
const MICRODNF: Manager = Manager {
    commands: &["microdnf"],
    install: &["install", "reinstall", "upgrade", "update"],
    with_value: DNF_OPTIONS,
    folders: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
};
const TDNF: Manager = Manager { commands: &["tdnf"], folders: &["/var/cache/tdnf"], ..MICRODNF };
const ZYPPER: Manager = Manager {
    commands: &["zypper"],
    install: &["install", "in"],
    with_value: &[
        "-R",
        "--root",
        "-C",
        "--cache-dir",
        "-c",
        "--config",
        "-p",
        "--plus-repo",
        "-r",
        "--repo",
        "--from",
        "-t",
        "--type",
        "--installroot",
        "--reposd-dir",
        "--solv-cache-dir",
        "--pkg-cache-dir",
        "--plus-content",
    ],
    folders: &["/var/cache/zypp"],
};
const PIP: Manager = Manager {
    commands: &["pip"],
    install: &["install"],
    with_value: &[
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-e",
        "--editable",
        "-t",
        "--target",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "--trusted-host",
        "--prefix",
        "--root",
        "--src",
        "--platform",
        "--python-version",
        "--implementation",
        "--abi",
        "--proxy",
        "--timeout",
        "--retries",
        "--cert",
        "--client-cert",
        "--cache-dir",
        "--log",
        "--exists-action",
        "--progress-bar",
        "--global-option",
        "--install-option",
        "--no-binary",
        "--only-binary",
        "--upgrade-strategy",
        "-b",
        "--build",
        "-C",
        "--config-settings",
        "--config-setting",
        "--use-feature",
        "--use-deprecated",
        "--root-user-action",
        "--report",
        "--python",
        "--keyring-provider",
        "--group",
        "--dependency-groups",
    ],
    folders: &["/root/.cache/pip", "/root/.cache"],
};
const PIPX: Manager = Manager {
    commands: &["pipx"],
    with_value: &[
        "--spec",
        "--python",
        "--suffix",
        "-i",
        "--index-url",
        "--pip-args",
        "--preinstall",
        "--backend",
    ],
    ..PIP
};
const NPM: Manager = Manager {
    commands: &["npm"],
    install: &["install", "i", "add"],
    with_value: &[
        "--registry",
        "--loglevel",
        "--prefix",
        "-C",
        "--cache",
        "--userconfig",
        "--globalconfig",
        "--tag",
        "-w",
        "--workspace",
        "--omit",
        "--include",
        "--only",
        "--otp",
        "--before",
        "--location",
        "--script-shell",
        "--install-strategy",
        "--fetch-retries",
        "--fetch-timeout",
        "--https-proxy",
        "--proxy",
        "--noproxy",
        "--cafile",
        "--ca",
        "--depth",
        "--maxsockets",
        "--python",
        "--arch",
        "--platform",
        "--os",
        "--cpu",
        "--libc",
    ],
    folders: &["/root/.npm"],
};
const GEM: Manager = Manager {
    commands: &["gem"],
    install: &["install", "i"],
    with_value: &[
        "-v",
        "--version",
        "-i",
        "--install-dir",
        "-n",
        "--bindir",
        "-s",
        "--source",
        "-P",
        "--trust-policy",
        "-p",
        "--http-proxy",
        "--platform",
        "--document",
        "-g",
        "--file",
        "--build-root",
        "-B",
        "--bulk-threshold",
        "--config-file",
    ],
    folders: &[],
};
const GO: Manager = Manager {
    commands: &["go"],
    install: &["install", "get", "run"],
    with_value: &[
        "-C",
        "-tags",
        "-ldflags",
        "-gcflags",
        "-asmflags",
        "-gccgoflags",
        "-mod",
        "-modfile",
        "-o",
        "-p",
        "-pkgdir",
        "-toolexec",
        "-overlay",
        "-installsuffix",
        "-compiler",
        "-buildmode",
        "-covermode",
        "-coverpkg",
        "-exec",
        "-pgo",
    ],
    folders: &[],
};
const YARN: Manager = Manager {
    commands: &["yarn", "yarnpkg"],
    install: &["install", "add"],
    with_value: &["--cwd", "--cache-folder", "--registry", "--network-timeout", "--modules-folder"],
    folders: &[
        "/usr/local/share/.cache",
        "/root/.cache/yarn",
        "/root/.yarn",
        "/usr/local/share/.cache/yarn/v6",
    ],
};

impl Manager {
    /// The manager that rules name so.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        Some(match name {
            "apt" => &APT,
            "apk" => &APK,
            "yum" => &YUM,
            "dnf" => &DNF,
            "microdnf" => &MICRODNF,
            "tdnf" => &TDNF,
            "zypper" => &ZYPPER,
            "pip" => &PIP,
            "pipx" => &PIPX,
            "npm" => &NPM,
            "gem" => &GEM,
            "go" => &GO,
            "yarn" => &YARN,
            _ => return None,
        })
    }

    /// The managers that a rule's parameter lists.
    pub(super) fn of(params: &Params) -> Vec<&'static Self> {
        params.strings("managers").filter_map(Self::named).collect()
    }

    /// Reads a command, if it is one of this manager.
    pub(super) fn call<'a>(&self, command: &Command<'a>) -> Option<Call<'a>> {
        let name = command.name();
        let skip = if self.commands.contains(&"pip") {
            pip_words(command)?
        } else if self.commands.contains(&name) {
            1
        } else {
            return None;
        };
        let words = command.words.get(skip..).unwrap_or_default();
        let mut call = Call {
            subcommand: None,
            operands: Vec::new(),
            options: Vec::new(),
            name: *command.words.get(skip.checked_sub(1)?)?,
        };
        let (mut value, mut only_operands) = (false, false);
        for word in words {
            let text = word.text();
            if std::mem::take(&mut value) {
                call.options.push(*word);
            } else if text == "--" && !only_operands {
                only_operands = true;
            } else if !only_operands && text.starts_with('-') && text.len() > 1 {
                value = self.with_value.contains(&text);
                call.options.push(*word);
            } else if call.subcommand.is_none() {
                call.subcommand = Some(*word);
            } else {
                call.operands.push(*word);
            }
        }
        Some(call)
    }

    /// Reads a command, if it installs.
    pub(super) fn installation<'a>(&self, command: &Command<'a>) -> Option<Call<'a>> {
        self.call(command).filter(|call| self.install.contains(&call.subcommand()))
    }
}

/// How many words are in front of the subcommand of pip: of `pip3` one, of `python -m pip` three.
fn pip_words(command: &Command<'_>) -> Option<usize> {
    let name = command.name();
    let versioned = |name: &str, of: &str| {
        name.strip_prefix(of).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    };
    if versioned(name, "pip") {
        return Some(1);
    }
    let args = command.args();
    let module = args.iter().position(|w| w.text() == "-m")?;
    let options = args.get(..module)?.iter().all(|w| w.text().starts_with('-'));
    let is_pip = (versioned(name, "python") || versioned(name, "pypy")) && options;
    (is_pip && args.get(module + 1)?.text() == "pip").then_some(module + 3)
}

/// A command line of a package manager.
pub(super) struct Call<'a> {
    /// The word that names the manager.
    pub(super) name: Node<'a>,
    /// The first operand.
    pub(super) subcommand: Option<Node<'a>>,
    /// The others.
    pub(super) operands: Vec<Node<'a>>,
    /// Options and their values.
    pub(super) options: Vec<Node<'a>>,
}

impl<'a> Call<'a> {
    /// The subcommand's name.
    pub(super) fn subcommand(&self) -> &'a str {
        self.subcommand.filter(|s| s.is_known()).map_or("", Node::text)
    }

    /// `apt-get install`, for messages.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name.text().rsplit('/').next().unwrap_or_default(), self.subcommand())
    }

    /// Whether one of these options is among the words; short ones also in a bundle.
    pub(super) fn has(&self, options: &[&str]) -> bool {
        self.options.iter().any(|word| {
            let text = word.text();
            options.iter().any(|option| {
                text == *option
                    || (option.starts_with("--")
                        && text.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
                    || (option.len() == 2 && is_bundle_with(text, option))
            })
        })
    }

    /// Whether a word may hide options: a lone variable that is named so.
    pub(super) fn may_hide_options(&self) -> bool {
        self.operands.iter().chain(self.subcommand.iter()).any(|word| {
            let text = word.text();
            word.is_unknown()
                && text.starts_with('$')
                && ["OPT", "FLAG", "ARG"].iter().any(|part| text.to_ascii_uppercase().contains(part))
        })
    }
}

fn is_bundle_with(text: &str, option: &str) -> bool {
    !text.starts_with("--")
        && text.bytes().skip(1).all(|b| b.is_ascii_alphabetic())
        && text.len() > 2
        && option.bytes().nth(1).is_some_and(|letter| text.bytes().skip(1).any(|b| b == letter))
}

/// The text of all `RUN`, `ENV` and `ARG` that are in force for an instruction, itself included, holds this, in
/// whatever case.
fn is_configured(view: &View<'_>, stage: usize, run: &Instruction<'_>, setting: &str) -> bool {
    let holds = |i: &Instruction<'_>| {
        matches!(i.keyword, "RUN" | "ENV" | "ARG" | "COPY" | "ADD")
            && contains_folded(i.source_text(), setting)
    };
    holds(run) || view.in_force(stage, run).any(holds)
}

fn contains_folded(text: &str, wanted: &str) -> bool {
    text.as_bytes().windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// `assume-yes`: installations by `managers` that wait for an answer; `subcommands` are those looked at, `options`
/// those that answer, the first of which the fix adds.
pub fn assume_yes(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let options: Vec<&str> = params.strings("options").collect();
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        for (at, command) in run.commands.iter().enumerate() {
            let Some(call) = managers.iter().find_map(|m| m.call(command)) else { continue };
            let (Some(subcommand), Some(option)) = (call.subcommand, options.first()) else { continue };
            if !params.strings("subcommands").any(|s| s == call.subcommand())
                || call.name.text().ends_with("aptitude")
            {
                continue;
            }
            if call.has(&options) || call.may_hide_options() || is_fed(command, run, at) {
                continue;
            }
            if params.has("setting") && params.strings("setting").any(|s| is_configured(view, stage, run, s))
            {
                continue;
            }
            let quiet = call.options.iter().filter(|w| matches!(w.text(), "-q" | "--quiet")).count();
            if managers.iter().any(|m| m.commands.contains(&"apt-get"))
                && (quiet > 1
                    || call.options.iter().any(|w| w.text() == "-q=2" || w.text().starts_with("-qq")))
            {
                continue;
            }
            out.finding(
                crate::view::join(call.name, subcommand),
                format!("{} waits for an answer", call.title()),
            )
            .safe_fix(format!("Add {option}"), vec![run.insert_behind(subcommand, option)]);
        }
    }
}

/// Whether the command gets its answers from a pipe: `yes | apt-get install x`.
fn is_fed(command: &Command<'_>, run: &Instruction<'_>, at: usize) -> bool {
    let pipeline = command.node.parent().filter(|p| p.is("pipeline"));
    pipeline.is_some_and(|pipeline| {
        let before = run.commands.get(..at).unwrap_or_default();
        before
            .iter()
            .any(|c| c.node.parent() == Some(pipeline) && matches!(c.name(), "yes" | "echo" | "printf"))
    })
}

/// `install-option`: installations by `managers` without any of `options`, where no `setting` stands in for it and no
/// cache is mounted on the manager's folders (`cache-mount`). The fix adds the first option.
pub fn install_option(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let options: Vec<&str> = params.strings("options").collect();
    let (Some(option), unsafe_fix) = (options.first(), params.bool_or("unsafe-fix", false)) else { return };
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        for command in &run.commands {
            let Some((manager, call)) = managers.iter().find_map(|m| Some((m, m.installation(command)?)))
            else {
                continue;
            };
            let Some(subcommand) = call.subcommand else { continue };
            if call.has(&options) || call.may_hide_options() || call.name.text().ends_with("aptitude") {
                continue;
            }
            if params.bool_or("cache-mount", false) && run.keeps_out_of_layer(manager.folders) {
                continue;
            }
            if params.strings("setting").any(|s| is_configured(view, stage, run, s)) {
                continue;
            }
            if params.string("variable").is_some_and(|name| is_switched_on(view, stage, run, command, name)) {
                continue;
            }
            let place = crate::view::join(call.name, subcommand);
            let finding = out.finding(place, format!("{} runs without {option}", call.title()));
            let (title, edits) = (format!("Add {option}"), vec![run.insert_behind(subcommand, option)]);
            if unsafe_fix {
                finding.unsafe_fix(title, edits);
            } else {
                finding.safe_fix(title, edits);
            }
        }
    }
}

fn is_off(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false" | "off" | "no" | "n" | "f")
}

/// Whether an environment variable is on for a command: in front of it, exported before it, or by `ENV` or `ARG`.
fn is_switched_on(
    view: &View<'_>,
    stage: usize,
    run: &Instruction<'_>,
    command: &Command<'_>,
    name: &str,
) -> bool {
    let on = |node: Node<'_>| !node.is_null() && (!node.is_known() || !is_off(node.text()));
    let assigned = |words: &[Node<'_>]| {
        words
            .iter()
            .rev()
            .find_map(|w| w.text().strip_prefix(name)?.strip_prefix('='))
            .map(|value| !is_off(value))
    };
    if let Some(value) = command.node.get("env").and_then(|env| env.get(name)) {
        return on(value);
    }
    if let Some(on) = assigned(&command.wrappers) {
        return on;
    }
    let before = run.commands.iter().take_while(|c| c.node.id() < command.node.id());
    if let Some(on) = before.filter(|c| c.name() == "export").filter_map(|c| assigned(&c.words)).last() {
        return on;
    }
    view.in_force(stage, run)
        .filter(|i| matches!(i.keyword, "ENV" | "ARG"))
        .find_map(|i| i.node.get(name))
        .is_some_and(on)
}

/// `cache-left`: a `RUN` that installs by one of `managers` and does not clean up behind it. A command of `clean`
/// (`yum clean`), or the removal of something whose path has a part of `removed`, counts; `fix` is what the fix adds. With
/// `update` a `RUN` counts only if it also refreshes the index; with `final-only` only stages of the final image do.
pub fn cache_left(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        if params.bool_or("final-only", false) && !run.onbuild && !view.feeds_final(stage) {
            continue;
        }
        let mut installed = None;
        let mut updated = !params.bool_or("update", false);
        let mut cleaned = false;
        for command in &run.commands {
            if let Some((manager, call)) = managers.iter().find_map(|m| Some((m, m.call(command)?))) {
                updated |= call.subcommand() == "update";
                if manager.install.contains(&call.subcommand()) && !run.keeps_out_of_layer(manager.folders) {
                    installed = installed.or(Some(call));
                    // What was cleaned before comes back; lists that were removed do not.
                    cleaned &= params.bool_or("update", false);
                    continue;
                }
                cleaned |= is_clean(command, &call, params);
            }
            cleaned |= removes(command, params);
        }
        let Some(call) = installed.filter(|_| updated && !cleaned) else { continue };
        let place =
            call.subcommand.map_or(call.name.place(), |subcommand| crate::view::join(call.name, subcommand));
        let message =
            format!("{} leaves its {} in the layer", call.title(), params.string("what").unwrap_or("cache"));
        let finding = out.finding(place, message);
        if let Some((fix, edit)) = params.string("fix").and_then(|fix| Some((fix, run.append_command(fix)?)))
        {
            finding.unsafe_fix(format!("Add {fix}"), vec![edit]);
        }
    }
}

fn is_clean(command: &Command<'_>, call: &Call<'_>, params: &Params) -> bool {
    params.strings("clean").any(|clean| {
        let mut words = clean.split(' ');
        // `yum clean all`: the manager, its subcommand, its first operand.
        words.next() == Some(command.name())
            && words.next() == Some(call.subcommand())
            && words.next().is_none_or(|operand| call.operands.first().is_some_and(|o| o.text() == operand))
    })
}

fn removes(command: &Command<'_>, params: &Params) -> bool {
    matches!(command.name(), "rm" | "find" | "unlink")
        && command.args().iter().any(|word| params.strings("removed").any(|part| word.text().contains(part)))
}

/// `update-alone`: a `RUN` that refreshes a package index and installs nothing from it.
pub fn update_alone(view: &View<'_>, _: &Params, out: &mut Out) {
    type Refresh = (&'static Manager, &'static [&'static str], &'static [&'static str]);
    const FAMILIES: [Refresh; 5] = [
        (
            &APT,
            &["update"],
            &[
                "install",
                "reinstall",
                "upgrade",
                "dist-upgrade",
                "full-upgrade",
                "safe-upgrade",
                "build-dep",
                "source",
                "download",
                "satisfy",
            ],
        ),
        (&APK, &["update"], &["add", "upgrade", "fix", "fetch"]),
        (
            &YUM,
            &["makecache", "check-update"],
            &["install", "localinstall", "groupinstall", "reinstall", "update", "upgrade", "group", "module"],
        ),
        (
            &DNF,
            &["makecache", "check-update", "check-upgrade"],
            &[
                "install",
                "in",
                "localinstall",
                "groupinstall",
                "reinstall",
                "rei",
                "upgrade",
                "up",
                "update",
                "upgrade-minimal",
                "up-min",
                "update-minimal",
                "distro-sync",
                "group",
                "module",
                "builddep",
            ],
        ),
        (&ZYPPER, &["refresh", "ref"], &["install", "in", "update", "up", "patch", "dist-upgrade", "dup"]),
    ];
    for run in view.runs() {
        for (at, command) in run.commands.iter().enumerate() {
            let Some((family, call)) = FAMILIES.iter().find_map(|f| Some((f, f.0.call(command)?))) else {
                continue;
            };
            let Some(subcommand) = call.subcommand else { continue };
            if !family.1.contains(&call.subcommand()) || run.keeps_out_of_layer(family.0.folders) {
                continue;
            }
            let later = run.commands.get(at + 1..).unwrap_or_default();
            let used = later.iter().any(|c| {
                family.0.call(c).is_some_and(|call| family.2.contains(&call.subcommand())) || may_install(c)
            });
            if !used {
                out.finding(
                    crate::view::join(call.name, subcommand),
                    format!("{} has a layer of its own", call.title()),
                );
            }
        }
    }
}

/// A script or unknown command may install; so may the front ends of other managers.
fn may_install(command: &Command<'_>) -> bool {
    let Some(first) = command.words.first() else { return false };
    let text = first.text();
    let script = |word: &str| word.ends_with(".sh") || word.starts_with("./");
    let runs_file = matches!(
        command.name(),
        "sh" | "bash" | "ash" | "dash" | "source" | "." | "eval" | "python" | "python3" | "perl"
    );
    !first.is_known()
        || script(text)
        || runs_file
        || matches!(
            command.name(),
            "gdebi" | "mk-build-deps" | "playwright" | "npx" | "apt-file" | "apt-cache" | "rosdep"
        )
}

/// `upgrade`: whole-system upgrades. Each of `calls` is `manager subcommand ...`; with `no-operands` only those that
/// name no package.
pub fn upgrade(view: &View<'_>, params: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let found = params.strings("calls").find_map(|line| {
                let (manager, subcommands) = line.split_once(' ')?;
                let call = Manager::named(manager)?.call(command)?;
                subcommands.split(' ').any(|s| s == call.subcommand()).then_some(call)
            });
            let Some(call) =
                found.filter(|call| call.operands.is_empty() || !params.bool_or("no-operands", false))
            else {
                continue;
            };
            let Some(subcommand) = call.subcommand else { continue };
            out.finding(
                crate::view::join(call.name, subcommand),
                format!("{} upgrades the whole system", call.title()),
            );
        }
    }
}
