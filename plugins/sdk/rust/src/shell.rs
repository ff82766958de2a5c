//! A view of the shell trees that the host makes of `RUN` instructions and scripts.

use crate::{Kind, Node, flag};

/// A simple command: its words, with what runs it (`sudo`, `env`, ...) in front left in place.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// The element `command`.
    pub node: Node<'a>,
    /// Its words; the first is the name.
    pub words: Vec<Node<'a>>,
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
        Self { node, words }
    }

    /// Its name: the first word, without the path in front of it. Empty for a lone assignment or an unknown word.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self.words.first() {
            Some(word) if word.is_known() => word.text().rsplit('/').next().unwrap_or_default(),
            _ => "",
        }
    }

    /// The command that a wrapper runs: `sudo -E apt-get install x` gives `apt-get install x`. Itself where there is
    /// no wrapper.
    #[must_use]
    pub fn unwrapped(&self) -> Self {
        let mut words = self.words.as_slice();
        // Bounded by the number of words: each turn drops at least one.
        while let Some((first, rest)) = words.split_first() {
            let name = first.text().rsplit('/').next().unwrap_or_default();
            let takes_value: &[&str] = match name {
                "sudo" => &["-u", "-g", "-p", "-C", "-h", "-r", "-t"],
                "env" => &["-u", "-C", "-S"],
                "nice" => &["-n"],
                "timeout" | "exec" | "command" | "nohup" | "time" | "eatmydata" | "chroot" | "xargs"
                | "busybox" => &[],
                _ => break,
            };
            let mut skip = 0;
            while let Some(word) = rest.get(skip) {
                let text = word.text();
                if takes_value.contains(&text) {
                    skip += 2;
                } else if text.starts_with('-') || (matches!(name, "env" | "sudo") && text.contains('=')) {
                    skip += 1;
                } else {
                    break;
                }
            }
            if matches!(name, "timeout" | "chroot") {
                skip += 1;
            }
            if rest.len() <= skip {
                break;
            }
            words = rest.get(skip..).unwrap_or_default();
        }
        Self { node: self.node, words: words.to_vec() }
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
