//! Package managers: what they are called, and how their command lines are read.

use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Params};

/// A package manager, or several of one family.
pub(super) struct Manager {
    /// Commands of the family.
    pub(super) commands: &'static [&'static str],
    /// Subcommands that put packages in; this and the following are words with blanks between them.
    pub(super) install: &'static str,
    /// Options whose value is the next word.
    with_value: &'static str,
    /// Folders that hold what it fetches: a cache mounted there stays out of the layer.
    pub(super) folders: &'static str,
}

pub(super) const APT: Manager = Manager {
    commands: &["apt-get", "apt", "aptitude"],
    install: "install reinstall",
    with_value: "-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P \
        --build-profiles",
    folders: "/var/lib/apt/lists",
};
pub(super) const APK: Manager = Manager {
    commands: &["apk"],
    install: "add",
    with_value: "-t --virtual -X --repository -p --root --keys-dir --repositories-file --wait --arch --cache-dir \
        --cache-max-age --timeout --progress-fd",
    folders: "/var/cache/apk",
};
const DNF_OPTIONS: &str = "-c --config -d -e -R -x --exclude --enablerepo --disablerepo --repo --repoid --setopt \
    --installroot --releasever --advisory --forcearch --comment --downloaddir --destdir \
    --disableplugin --enableplugin --rpmverbosity --color --repofrompath";
pub(super) const YUM: Manager = Manager {
    commands: &["yum"],
    install: "install localinstall groupinstall reinstall",
    with_value: DNF_OPTIONS,
    folders: "/var/cache/yum /var/cache/dnf /var/cache/libdnf5",
};
pub(super) const DNF: Manager = Manager {
    commands: &["dnf", "dnf5"],
    install: "install in localinstall groupinstall reinstall rei upgrade up update upgrade-minimal up-min \
        update-minimal distro-sync downgrade",
    with_value: DNF_OPTIONS,
    folders: "/var/cache/dnf /var/cache/libdnf5 /var/cache/yum",
};
const MICRODNF: Manager = Manager {
    commands: &["microdnf"],
    install: "install reinstall upgrade update",
    with_value: DNF_OPTIONS,
    folders: "/var/cache/yum /var/cache/dnf /var/cache/libdnf5",
};
const TDNF: Manager = Manager { commands: &["tdnf"], folders: "/var/cache/tdnf", ..MICRODNF };
pub(super) const ZYPPER: Manager = Manager {
    commands: &["zypper"],
    install: "install in",
    with_value: "-R --root -C --cache-dir -c --config -p --plus-repo -r --repo --from -t --type --installroot \
        --reposd-dir --solv-cache-dir --pkg-cache-dir --plus-content",
    folders: "/var/cache/zypp",
};
const PIP: Manager = Manager {
    commands: &["pip"],
    install: "install",
    with_value: "-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -f \
        --find-links --trusted-host --prefix --root --src --platform --python-version --implementation \
        --abi --proxy --timeout --retries --cert --client-cert --cache-dir --log --exists-action \
        --progress-bar --global-option --install-option --no-binary --only-binary --upgrade-strategy -b \
        --build -C --config-settings --config-setting --use-feature --use-deprecated --root-user-action \
        --report --python --keyring-provider --group --dependency-groups",
    folders: "/root/.cache/pip /root/.cache",
};
const PIPX: Manager = Manager {
    commands: &["pipx"],
    with_value: "--spec --python --suffix -i --index-url --pip-args --preinstall --backend",
    ..PIP
};
const NPM: Manager = Manager {
    commands: &["npm"],
    install: "install i add",
    with_value: "--registry --loglevel --prefix -C --cache --userconfig --globalconfig --tag -w --workspace \
        --omit --include --only --otp --before --location --script-shell --install-strategy \
        --fetch-retries --fetch-timeout --https-proxy --proxy --noproxy --cafile --ca --depth \
        --maxsockets --python --arch --platform --os --cpu --libc",
    folders: "/root/.npm",
};
const GEM: Manager = Manager {
    commands: &["gem"],
    install: "install i",
    with_value: "-v --version -i --install-dir -n --bindir -s --source -P --trust-policy -p --http-proxy \
        --platform --document -g --file --build-root -B --bulk-threshold --config-file",
    folders: "",
};
const GO: Manager = Manager {
    commands: &["go"],
    install: "install get run",
    with_value: "-C -tags -ldflags -gcflags -asmflags -gccgoflags -mod -modfile -o -p -pkgdir -toolexec -overlay \
        -installsuffix -compiler -buildmode -covermode -coverpkg -exec -pgo",
    folders: "",
};
const YARN: Manager = Manager {
    commands: &["yarn", "yarnpkg"],
    install: "install add",
    with_value: "--cwd --cache-folder --registry --network-timeout --modules-folder",
    folders: "/usr/local/share/.cache /root/.cache/yarn /root/.yarn /usr/local/share/.cache/yarn/v6",
};

/// Whether a list of words has this one.
pub(super) fn has(words: &str, word: &str) -> bool {
    words.as_bytes().split(|b| *b == b' ').any(|w| w == word.as_bytes())
}

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

    /// How many words of a command are in front of the subcommand, if it is one of this manager.
    fn own_words(&self, command: &Command<'_>) -> Option<usize> {
        if self.commands.contains(&"pip") {
            return pip_words(command);
        }
        self.commands.contains(&command.name()).then_some(1)
    }

    /// What this manager is called in a command, if it is one of its own.
    pub(super) fn tool<'a>(&self, command: &Command<'a>) -> Option<&'a str> {
        let name = self.own_words(command)?.checked_sub(1)?;
        command.words.get(name)?.text().rsplit('/').next()
    }

    /// Reads a command, if it is one of this manager.
    pub(super) fn call<'a>(&self, command: &Command<'a>) -> Option<Call<'a>> {
        let skip = self.own_words(command)?;
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
                value = has(self.with_value, text);
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
        self.call(command).filter(|call| has(self.install, call.subcommand()))
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
    // Every rule about pip asks this of every command: the words are looked at last.
    if !versioned(name, "python") && !versioned(name, "pypy") {
        return None;
    }
    let args = command.args();
    let module = args.iter().position(|w| w.text() == "-m")?;
    let options = args.get(..module)?.iter().all(|w| w.text().starts_with('-'));
    (options && args.get(module + 1)?.text() == "pip").then_some(module + 3)
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

    /// The manager's name, without the path in front of it.
    pub(super) fn tool(&self) -> &'a str {
        self.name.text().rsplit('/').next().unwrap_or_default()
    }

    /// `apt-get install`, for messages.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.tool(), self.subcommand())
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
        && option.as_bytes().get(1).is_some_and(|letter| text.bytes().skip(1).any(|b| b == *letter))
}
