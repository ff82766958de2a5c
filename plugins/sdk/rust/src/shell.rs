//! A view of the shell trees that the host makes of `RUN` instructions and scripts.

use crate::{Kind, Node, flag};

/// A simple command: its words, with what runs it (`sudo`, `env`, ...) in front left in place.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// The element `command`.
    pub node: Node<'a>,
    /// Words of wrappers in front that [`Command::unwrapped`] took off, their options included.
    pub wrappers: Vec<Node<'a>>,
    /// Its words; the first is the name.
    pub words: Vec<Node<'a>>,
    /// Every rule about commands asks for it, so it is cut once.
    name: &'a str,
}

/// A command that runs the command behind it.
pub(crate) struct Wrapper {
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// Operands before the command: the duration of `timeout`, the user of `gosu`.
    operands: usize,
    /// Whether assignments may stand before the command.
    assignments: bool,
}

impl Wrapper {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (with_value, operands): (&[&str], usize) = match name {
            "sudo" => (&["-u", "-g", "-p", "-C", "-h", "-r", "-t", "-D", "-R", "-T", "-U"], 0),
            "doas" => (&["-u", "-C"], 0),
            "env" => (&["-u", "-C", "-S"], 0),
            "nice" => (&["-n"], 0),
            "ionice" => (&["-c", "-n", "-p"], 0),
            "stdbuf" => (&["-i", "-o", "-e"], 0),
            "timeout" => (&["-k", "-s"], 1),
            "xargs" => (&["-n", "-P", "-I", "-L", "-d", "-s", "-a", "-E"], 0),
            "chroot" | "gosu" | "su-exec" => (&[], 1),
            "exec" | "command" | "builtin" | "nohup" | "time" | "eatmydata" | "busybox" | "fakeroot"
            | "setsid" => (&[], 0),
            _ => return None,
        };
        Some(Self { with_value, operands, assignments: matches!(name, "env" | "sudo" | "doas") })
    }

    /// How many words belong to the wrapper.
    pub(crate) fn length(&self, words: &[&str]) -> usize {
        let mut length = 0;
        while let Some(text) = words.get(length) {
            if self.with_value.contains(text) {
                length += 2;
            } else if (text.starts_with('-') && text.len() > 1) || (self.assignments && text.contains('=')) {
                length += 1;
            } else {
                break;
            }
        }
        length + self.operands
    }
}

fn name_of<'a>(words: &[Node<'a>]) -> &'a str {
    words.first().filter(|word| word.is_known()).map_or("", |word| base_name(word.text()))
}

pub(crate) fn base_name(path: &str) -> &str {
    // By bytes: the words are short, and every command of every script comes by here.
    let at = path.bytes().rposition(|b| b == b'/').map_or(0, |at| at + 1);
    path.get(at..).unwrap_or_default()
}

/// The simple commands below `node`, in source order, those inside substitutions, pipelines and compounds included.
pub fn commands(node: Node<'_>) -> impl Iterator<Item = Command<'_>> {
    node.descendants().filter(|n| n.is("command")).map(Command::new)
}

impl<'a> Command<'a> {
    /// The view of one element `command`.
    #[must_use]
    pub fn new(node: Node<'a>) -> Self {
        let words = node.children().filter(|c| c.kind() == Kind::Scalar && c.name().is_empty()).collect();
        Self::of_words(node, words)
    }

    /// A command given as words without a shell: the exec form of an instruction.
    #[must_use]
    pub fn of_words(node: Node<'a>, words: Vec<Node<'a>>) -> Self {
        let name = name_of(&words);
        Self { node, wrappers: Vec::new(), words, name }
    }

    /// Its name: the first word, without the path in front of it. Empty for a lone assignment or an unknown word.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The command that a wrapper runs: `sudo -E apt-get install x` gives `apt-get install x`, with `sudo -E` as its
    /// `wrappers`. Itself where there is no wrapper.
    #[must_use]
    pub fn unwrapped(&self) -> Self {
        self.clone().into_unwrapped()
    }

    /// As [`Command::unwrapped`], of a command that is not needed as it stands: nothing is copied where there is no wrapper.
    #[must_use]
    pub fn into_unwrapped(mut self) -> Self {
        let mut words = self.words.as_slice();
        // Bounded by the number of words: each turn drops at least one.
        while let Some((first, rest)) = words.split_first() {
            let name = base_name(first.text());
            // `command -v x` asks whether `x` is there.
            if name == "command" && rest.first().is_some_and(|w| matches!(w.text(), "-v" | "-V")) {
                break;
            }
            let Some(wrapper) = Wrapper::named(name) else { break };
            let texts: Vec<&str> = rest.iter().map(|word| word.text()).collect();
            let skip = wrapper.length(&texts);
            if rest.len() <= skip {
                break;
            }
            words = rest.get(skip..).unwrap_or_default();
        }
        let dropped = self.words.len() - words.len();
        if dropped > 0 {
            self.wrappers.extend(self.words.drain(..dropped));
            self.name = name_of(&self.words);
        }
        self
    }

    /// The words behind the name.
    #[must_use]
    pub fn args(&self) -> &[Node<'a>] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The first argument that is no option: `install` of `apt-get -y install x`.
    #[must_use]
    pub fn subcommand(&self) -> &'a str {
        self.operands().next().map_or("", |n| n.text())
    }

    /// The arguments that are no options; all of them behind `--`.
    pub fn operands(&self) -> impl Iterator<Item = Node<'a>> {
        let mut only_operands = false;
        self.args().iter().copied().filter(move |word| {
            if !only_operands && word.text() == "--" && word.style() == 0 {
                only_operands = true;
                return false;
            }
            only_operands || !word.text().starts_with('-') || word.text() == "-"
        })
    }

    /// Whether one of these options is given: a long one exactly or with `=value`, a short one (`-y`) alone or
    /// among other letters (`-qy`).
    #[must_use]
    pub fn has_option(&self, options: &[&str]) -> bool {
        self.option(options).is_some()
    }

    /// The word that gives one of these options; see [`Command::has_option`].
    #[must_use]
    pub fn option(&self, options: &[&str]) -> Option<Node<'a>> {
        self.args().iter().copied().take_while(|w| w.text() != "--").find(|word| {
            let text = word.text();
            options.iter().any(|option| match option.strip_prefix("--") {
                Some(_) => {
                    text == *option || text.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))
                }
                None => {
                    let letter = option.trim_start_matches('-');
                    text == *option
                        || (letter.len() == 1
                            && !text.starts_with("--")
                            && text.starts_with('-')
                            && text.bytes().skip(1).all(|b| b.is_ascii_alphanumeric())
                            && text.contains(letter))
                }
            })
        })
    }

    /// Whether some word comes from an expansion, so that options or operands may be hidden in it.
    #[must_use]
    pub fn has_unknown_words(&self) -> bool {
        self.words.iter().any(|w| w.has(flag::UNKNOWN))
    }
}
