//! What a container runs: the program among the words of `command` and `args`, and the flags that it is given.

mod words;

use super::answer::{Answer, is_complete, known_text};
use super::pod::Container;
use std::borrow::Cow;
use stockade_sdk::{Kind, Node};
use words::{Word, is_flag, is_shell, is_wrapper, script};

/// A program of the control plane, or the kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// `kube-apiserver`
    Apiserver,
    /// `kube-controller-manager`
    ControllerManager,
    /// `kube-scheduler`
    Scheduler,
    /// `etcd`
    Etcd,
    /// `kubelet`
    Kubelet,
}

impl Component {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Apiserver, Self::ControllerManager, Self::Scheduler, Self::Etcd, Self::Kubelet];

    /// The name of its program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Apiserver => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Etcd => "etcd",
            Self::Kubelet => "kubelet",
        }
    }

    /// Flags that name files with further settings, so that a flag may be missing and the setting be there.
    const fn settings_files(self) -> &'static [&'static str] {
        match self {
            Self::Apiserver | Self::ControllerManager => &["openshift-config"],
            // The scheduler's file holds no flag of the checks but one; that rule names `config` itself.
            Self::Scheduler => &[],
            Self::Etcd => &["config-file"],
            Self::Kubelet => &["config", "config-dir", "dynamic-config-dir"],
        }
    }

    /// Whether a word names its program, as a command or behind `hyperkube`.
    fn is_named(self, word: &str, hyperkube: bool) -> bool {
        let base = words::base_name(word);
        let named = base == self.program()
            || hyperkube && self != Self::Etcd && self.program().strip_prefix("kube-") == Some(base);
        // `--kubelet-service=kube-system/kubelet` is a flag of something else, `chown /var/lib/etcd` about a folder.
        named
            && !word.starts_with('-')
            && !word.contains('=')
            && !["/var/", "/etc/", "/run/", "/tmp/"].iter().any(|folder| word.starts_with(folder))
    }
}

/// A flag, or a variable that stands for one.
#[derive(Clone, Debug)]
pub struct Flag<'a> {
    /// Its name without dashes in front, words separated by `-`.
    name: Cow<'a, str>,
    /// Its value, `true` where none is written; `None` where it is not known.
    pub value: Option<&'a str>,
    /// The element of the list that has its name, or the entry of `env`.
    pub node: Node<'a>,
    /// The element with its value, where it is another.
    pub value_node: Option<Node<'a>>,
    /// How it is written, to be shown: `--profiling`.
    pub shown: String,
    /// Where it is written.
    pub form: Form,
}

/// Where a flag is written, which decides how it is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is an element of a list, its value behind `=` or in the next element.
    Element,
    /// It is a part of a longer string.
    Part,
    /// Its value is a node of its own: that of a variable, or of an entry that a tool makes a flag of.
    Entry,
}

/// The flags that a container gives to a component.
#[derive(Debug)]
pub struct CommandLine<'a> {
    /// All that are there to be seen, in the order in which later ones win.
    flags: Vec<Flag<'a>>,
    /// Whether there are no others, here or in a file.
    complete: bool,
    /// The last element of the list that further flags can be put behind.
    pub last: Option<Node<'a>>,
    /// `args`, else `command`, else `env`: where to show that a flag is missing.
    pub list: Node<'a>,
}

impl<'a> CommandLine<'a> {
    /// Those of a container that runs the component; `None` where it runs something else, or nobody knows what.
    #[must_use]
    pub fn of(container: &Container<'a>, component: Component) -> Option<Self> {
        let (command, args) = (container.ask("command"), container.ask("args"));
        let list = args.node().or_else(|| command.node()).or_else(|| container.ask("env").node())?;
        let mut complete = true;
        let mut words = Vec::new();
        for answer in [command, args] {
            complete &= answer != Answer::Unknown;
            let Answer::Is(list) = answer else { continue };
            complete &= list.resolve().kind() == Kind::Sequence && is_complete(list);
            words.extend(list.children().map(Word::of_element));
        }
        let mut line = Self { flags: Vec::new(), complete, last: None, list };
        match arguments(&words, component) {
            Some(found) => {
                line.complete &= found.complete;
                line.last = found.words.last().or_else(|| words.last()).filter(|w| w.alone).map(|w| w.node);
                line.environment(container, component);
                line.read(&found.words, component);
            }
            // The image's own entry point, which may bring flags of its own.
            None if command.is_missing() && is_image_of(container, component) => {
                line.complete = false;
                line.environment(container, component);
                line.read(&words, component);
            }
            None => return None,
        }
        line.complete &= component.settings_files().iter().all(|file| line.flag(file).is_none());
        // `kubelet --version` serves nobody.
        let asks = ["version", "help", "h"].iter().any(|name| line.flag(name).is_some());
        (!asks).then_some(line)
    }

    /// The flags that a tool makes of entries: names without dashes, and the nodes of their values.
    #[must_use]
    pub fn of_entries(list: Node<'a>, entries: impl Iterator<Item = (&'a str, Node<'a>)>) -> Self {
        let flags = entries.map(|(name, node)| Flag {
            name: Cow::Borrowed(name),
            value: known_text(node).filter(|v| !words::has_variable(v)),
            node,
            value_node: Some(node),
            shown: format!("--{name}"),
            form: Form::Entry,
        });
        Self { flags: flags.collect(), complete: false, last: None, list }
    }

    /// The flag that counts among those of this name: the last.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Flag<'a>> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// All flags of this name, in order: lists grow with each.
    pub fn flags(&self, name: &str) -> impl Iterator<Item = &Flag<'a>> {
        self.flags.iter().filter(move |flag| flag.name == name)
    }

    /// Whether a flag that is not there to be seen is certainly not given.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Cuts words into flags with their values.
    fn read(&mut self, words: &[Word<'a>], component: Component) {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let text = word.text.trim();
            if !is_flag(text, component == Component::Etcd) {
                // An operand, or a placeholder that some tool is going to replace by flags.
                self.complete = false;
                continue;
            }
            let (written, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (text, None),
            };
            let name = written.trim_start_matches('-');
            let mut value_node = None;
            let value = match value {
                Some(value) => words::unquoted(value).filter(|v| word.known && !words::has_variable(v)),
                None if !word.known => None,
                None => match words.next_if(|next| !next.text.trim().starts_with('-')) {
                    Some(next) => {
                        // Behind a flag without a value, a template may bring further flags.
                        self.complete &= next.known;
                        value_node = Some(next.node);
                        let value = words::unquoted(next.text.trim());
                        value.filter(|v| next.known && !words::has_variable(v))
                    }
                    None => Some("true"),
                },
            };
            let name = if name.contains('_') { name.replace('_', "-").into() } else { Cow::Borrowed(name) };
            self.flags.push(Flag {
                shown: format!("--{name}"),
                name,
                value,
                node: word.node,
                value_node,
                form: if word.alone { Form::Element } else { Form::Part },
            });
        }
    }

    /// Takes the variables that etcd reads instead of flags; a flag wins over its variable.
    fn environment(&mut self, container: &Container<'a>, component: Component) {
        if component != Component::Etcd {
            return;
        }
        self.complete &= container.ask("envFrom").is_missing();
        match container.ask("env") {
            Answer::Missing => {}
            Answer::Unknown => self.complete = false,
            Answer::Is(env) => self.complete &= is_complete(env),
        }
        for entry in container.list("env") {
            let name = entry.get("name").and_then(known_text);
            let Some(variable) = name.and_then(|name| name.strip_prefix("ETCD_")) else { continue };
            let value = entry.get("value").filter(|n| !n.is_unknown());
            self.flags.push(Flag {
                name: variable.to_ascii_lowercase().replace('_', "-").into(),
                value: value.and_then(known_text).filter(|v| !words::has_variable(v)),
                node: value.unwrap_or(entry),
                value_node: value,
                shown: format!("ETCD_{variable}"),
                form: Form::Entry,
            });
        }
    }
}

/// The words behind a program.
struct Arguments<'a> {
    words: Vec<Word<'a>>,
    complete: bool,
}

/// Finds the program among the words of a container and gives what stands behind it.
fn arguments<'a>(words: &[Word<'a>], component: Component) -> Option<Arguments<'a>> {
    let mut hyperkube = false;
    let mut shell = false;
    for (at, word) in words.iter().enumerate() {
        let text = word.text.trim();
        let rest = words.get(at + 1..).unwrap_or_default();
        if text.contains([' ', '\n', '\t']) {
            if at != 0 && !shell {
                continue;
            }
            // A whole command line in one string; behind a script only its `$0` and `$1` could follow.
            let commands = script(word);
            let mut words = commands.iter().find_map(|command| arguments_of_command(command, component))?;
            let complete = !words.iter().any(Word::may_hide_words);
            if !shell {
                words.extend_from_slice(rest);
            }
            return Some(Arguments { words, complete });
        }
        if component.is_named(text, hyperkube) {
            return Some(Arguments { words: rest.to_vec(), complete: true });
        }
        let base = words::base_name(text);
        hyperkube = base == "hyperkube";
        shell |= at == 0 && is_shell(base);
        if at == 0 && !hyperkube && !shell && !is_wrapper(base) {
            return None;
        }
    }
    None
}

/// The same for one simple command of a script.
fn arguments_of_command<'a>(command: &[Word<'a>], component: Component) -> Option<Vec<Word<'a>>> {
    let mut hyperkube = false;
    let mut wrapped = true;
    for (at, word) in command.iter().enumerate() {
        let text = words::unquoted(word.text).unwrap_or(word.text);
        if wrapped && component.is_named(text, hyperkube) {
            return Some(command.get(at + 1..).unwrap_or_default().to_vec());
        }
        let base = words::base_name(text);
        let assignment = at == 0 && text.contains('=') && !text.starts_with('-');
        hyperkube = base == "hyperkube";
        wrapped = at > 0 && wrapped || assignment || hyperkube || is_wrapper(base);
        if !wrapped {
            return None;
        }
    }
    None
}

/// Whether the container's image is that of the component: the last part of its name, without an architecture.
fn is_image_of(container: &Container<'_>, component: Component) -> bool {
    let Some(image) = container.ask("image").node().and_then(known_text) else { return false };
    let image = image.split('@').next().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let name = last.split(':').next().unwrap_or_default();
    let rest = name.strip_prefix(component.program());
    rest.is_some_and(|rest| matches!(rest, "" | "-amd64" | "-arm" | "-arm64" | "-ppc64le" | "-s390x"))
}
