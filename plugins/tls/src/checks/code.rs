//! Source code and scripts that switch the verification of certificates off.

use crate::code::{WAYS, Way, is_choice, is_conditional, is_http_call};
use crate::old::OLD;
use crate::view::View;
use stockade_sdk::script::download::is_plain_only;
use stockade_sdk::{Kind, Node, Out, Params, Place, Span, script};

/// `code`: one of the known ways to switch verification off, in a program or a script.
pub fn code(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    view.judges(out);
    if view.source.kind() == "source" {
        source(view, WAYS, "switches the verification of certificates off", out);
    } else if matches!(
        view.source.kind(),
        "compose" | "kubernetes" | "kustomize-patch" | "systemd" | "makefile"
    ) {
        cut(view, out);
    } else if view.source.kind() == "yaml" {
        // Elsewhere a key of this name may hold anything.
        if view.source.is_marked("pipeline") {
            cut(view, out);
        }
    } else if !view.source.is_empty() {
        commands(view, out);
    }
}

/// `old-version-in-code`: one of the known ways to accept old versions of TLS, in a program.
pub fn old_version(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    view.judges(out);
    source(view, OLD, "takes TLS older than 1.2", out);
}

/// Reports the ways that a program goes; `does` is what the message says of them.
fn source(view: &View<'_>, ways: &[Way], does: &str, out: &mut Out) {
    let name = view.source.file_name();
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    // Mocha, Jest, JUnit and others name their files so.
    let stem = name.to_ascii_lowercase();
    if stem.contains(".spec.")
        || stem.contains("conftest")
        || stem.ends_with("test.java")
        || stem.ends_with("tests.cs")
    {
        return;
    }
    let text = view.source.text();
    // By custom the tests of a Rust module end its file.
    let text = if ending == "rs" { text.split("#[cfg(test)]").next().unwrap_or(text) } else { text };
    let ways: Vec<&Way> = ways.iter().filter(|way| way.endings.contains(&ending.as_str())).collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for way in ways {
        for (at, name) in text.match_indices(way.form.name()) {
            let before = text.get(..at).unwrap_or_default();
            let inside_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
                || name == "verify" && before.ends_with('.') && !is_http_call(before);
            let Some(length) = way.form.length(text.get(at..).unwrap_or_default()).filter(|_| !inside_word)
            else {
                continue;
            };
            let line = before.rsplit('\n').next().unwrap_or_default();
            let behind = text.get(at + name.len()..).unwrap_or_default();
            let call = name != "verify" || ending != "py" || is_http_call(before);
            let choice = is_conditional(before) || is_choice(text.get(at + length..).unwrap_or_default());
            if call && !is_comment_or_text(line, name, behind, &ending) && !choice {
                found.push((at, length));
            }
        }
    }
    found.sort_unstable();
    found.dedup_by(|b, a| b.0 < a.0 + a.1);
    for (at, length) in found {
        let span = Span { start: at as u32, end: (at + length) as u32 };
        let written = text.get(at..at + length).unwrap_or_default();
        let mut written: String = written.split_whitespace().collect::<Vec<_>>().join(" ");
        // A call is known by its first argument.
        if written.contains('(') && !written.contains(')') {
            written.push(')');
        }
        out.finding(Place { span, node: None }, format!("{written} {does}")).key(written);
    }
}

/// Whether what follows on this line is part of a comment or of a text.
fn is_comment_or_text(line: &str, name: &str, behind: &str, ending: &str) -> bool {
    let trimmed = line.trim_start();
    let hash = matches!(ending, "py" | "pyw" | "rb" | "ps1" | "pl" | "ex" | "exs" | "php");
    let slash = !matches!(ending, "py" | "pyw" | "rb" | "ps1" | "pl" | "ex" | "exs");
    let comment = hash && (trimmed.starts_with('#') || line.contains(" # "))
        || slash
            && (trimmed.starts_with("//")
                || trimmed.starts_with('*')
                || line.contains(" // ")
                || line.contains("/*"));
    // An odd number of quotes in front: inside a text, unless the name itself is a quoted key.
    let odd = |quote: char| line.matches(quote).count() % 2 == 1;
    let key =
        line.ends_with(['"', '\'']) && !name.starts_with(['"', '\'']) && behind.starts_with(['"', '\'']);
    comment || !key && (odd('"') || odd('\'') || odd('`'))
}

/// Long options of programs that do it, with the program (empty: any).
const OPTIONS: [(&str, &str); 33] = [
    ("curl", "--insecure"),
    ("curl", "--proxy-insecure"),
    ("", "--no-check-certificate"),
    ("aws", "--no-verify-ssl"),
    ("", "--insecure-skip-tls-verify"),
    ("", "--insecure-skip-tls-verify=true"),
    // The metrics server, where it asks the nodes.
    ("", "--kubelet-insecure-tls"),
    ("", "--kubelet-insecure-tls=true"),
    ("", "--insecure-skip-verify"),
    ("", "--insecure-skip-verify=true"),
    // Builders of images, where they push to a registry.
    ("", "--skip-tls-verify"),
    ("", "--skip-tls-verify=true"),
    ("", "--tls-skip-verify"),
    ("", "--tls-skip-verify=true"),
    ("", "--no-tls-verify"),
    ("", "--no-tls-verify=true"),
    ("", "--tls-verify=false"),
    ("", "--src-tls-verify=false"),
    ("", "--dest-tls-verify=false"),
    ("http", "--verify=no"),
    ("https", "--verify=no"),
    ("", "http.sslVerify=false"),
    ("pip", "--trusted-host"),
    ("pip3", "--trusted-host"),
    ("uv", "--allow-insecure-host"),
    // Clients whose word for it means other things elsewhere.
    ("argocd", "--insecure"),
    ("crane", "--insecure"),
    ("grpcurl", "-insecure"),
    ("helm", "--insecure"),
    ("influx", "--skip-verify"),
    ("mc", "--insecure"),
    ("nomad", "-tls-skip-verify"),
    ("vault", "-tls-skip-verify"),
];

/// Settings of programs that do it where the word behind them is `false` or `no`.
const CONFIGURED: [(&str, &str); 7] = [
    ("conda", "ssl_verify"),
    ("git", "http.sslVerify"),
    ("mamba", "ssl_verify"),
    ("npm", "strict-ssl"),
    ("pnpm", "strict-ssl"),
    ("yarn", "enableStrictSsl"),
    ("yarn", "strict-ssl"),
];

fn commands(view: &View<'_>, out: &mut Out) {
    let docker = view.source.kind() == "dockerfile";
    for command in view.source.root().descendants().filter(|n| n.is("command")) {
        let words: Vec<Node<'_>> =
            command.children().filter(|n| n.kind() == Kind::Scalar && n.key_span().is_none()).collect();
        let Some(first) = words.first().filter(|w| w.is_known()) else { continue };
        let mut program = first.text().rsplit('/').next().unwrap_or_default();
        if program == "sudo" {
            program = words.get(1).map_or("", |w| w.text());
        }
        // Dockerfiles have rules of their own for these.
        if docker
            && matches!(
                program,
                "curl" | "wget" | "npm" | "yarn" | "pnpm" | "pip" | "pip3" | "uv" | "python" | "python3"
            )
            || words.iter().any(|w| is_local(w.text()))
            || program == "curl" && is_plain_only(words.iter().map(|word| word.text()))
        {
            continue;
        }
        for (number, word) in words.iter().enumerate().skip(1) {
            let next = words.get(number + 1).map_or("", |word| word.text());
            report(program, word.text(), next, word.place(), out);
        }
    }
}

/// The commands in the steps of a pipeline that has no kind of its own, in services and in containers.
fn cut(view: &View<'_>, out: &mut Out) {
    for command in script::commands(view.source) {
        // As written: of a substitution the word itself holds nothing.
        let is_own = |word: &script::Word| is_local(&word.text) || is_local(view.source.slice(word.span()));
        let is_plain = || {
            command.name() == "curl" && is_plain_only(command.args().iter().map(|word| word.text.as_str()))
        };
        if command.args().iter().any(is_own) || is_plain() {
            continue;
        }
        for (number, word) in command.args().iter().enumerate() {
            let next = command.arg(number + 1);
            report(command.name(), &word.text, next, command.place(word), out);
        }
    }
}

/// Reports a word of a command that switches verification off, alone or with the word behind it.
fn report(program: &str, word: &str, next: &str, place: Place, out: &mut Out) {
    // A host may stand in the same word: `--trusted-host=HOST`.
    let head = word.split_once('=').map_or(word, |(head, _)| head);
    let naming = matches!(head, "--trusted-host" | "--allow-insecure-host");
    let wanted = if naming { head } else { word };
    let of = if matches!(program, "python" | "python3") && naming { "pip" } else { program };
    let option =
        OPTIONS.iter().any(|(known, option)| (known.is_empty() || *known == of) && *option == wanted);
    let short = program == "curl" && is_short_insecure(word);
    let off = matches!(next.to_ascii_lowercase().as_str(), "false" | "no");
    let config = off && CONFIGURED.contains(&(program, word));
    let strict = matches!(program, "npm" | "yarn" | "pnpm")
        && matches!(word, "--strict-ssl=false" | "strict-ssl=false");
    // `pip config set global.trusted-host host`.
    let trusted = matches!(program, "pip" | "pip3")
        && matches!(word, "global.trusted-host" | "install.trusted-host")
        && !next.is_empty();
    // `go env -w GOINSECURE=host`.
    let insecure = program == "go"
        && word.strip_prefix("GOINSECURE=").is_some_and(|hosts| !matches!(hosts, "" | "none"));
    if option || short || config || strict || trusted || insecure {
        let message = if config {
            format!("{program} {word} {next} switches the verification of certificates off")
        } else {
            format!("{program} {wanted} switches the verification of certificates off")
        };
        // The program is not named where only the image does so.
        out.finding(place, message.trim_start()).key(format!("{program} {wanted}"));
    }
}

/// Whether a word of short options of curl holds `-k`. Options with a value take the rest of the word.
fn is_short_insecure(word: &str) -> bool {
    let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else { return false };
    let mut found = false;
    for letter in letters.chars() {
        match letter {
            'k' => found = true,
            // Those that take no value (the manual page of curl 8).
            'f' | 's' | 'S' | 'L' | 'v' | 'i' | 'I' | 'O' | 'J' | 'g' | 'G' | 'N' | 'n' | 'a' | 'B' | 'j'
            | 'l' | 'p' | 'q' | 'R' | 'Z' | '#' | '0' | '1' | '2' | '3' | '4' | '6' | 'V' => {}
            letter => return found && letter.is_ascii_alphabetic(),
        }
    }
    found
}

/// Whether a word is an address of this machine, or of the pod that asks: probes do, whose certificate names neither.
fn is_local(word: &str) -> bool {
    let Some((_, rest)) = word.split_once("://") else {
        // A server or the reference of an image is named without a scheme.
        return ["localhost:", "localhost/", "127.0.0.1:"].iter().any(|start| word.starts_with(start));
    };
    let own = ["localhost", "127.", "[::1]", "0.0.0.0", "$(hostname", "`hostname"];
    let name = rest.strip_prefix('$').map_or("", |rest| rest.trim_start_matches(['$', '{', '(']));
    let variables = ["POD_IP", "HOSTNAME", "MY_POD_IP", "POD_NAME"];
    own.iter().any(|start| rest.starts_with(start)) || variables.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::is_short_insecure;

    #[test]
    fn addresses_of_the_machine_itself_are_known() {
        for word in [
            "https://localhost:8443",
            "https://${POD_IP}:9200/",
            "https://$(hostname -f)/",
            "https://$$HOSTNAME",
        ] {
            assert!(super::is_local(word), "{word}");
        }
        for word in ["localhost:5000/shop", "127.0.0.1:8080"] {
            assert!(super::is_local(word), "{word}");
        }
        for word in ["https://kubernetes.default.svc", "https://$HOST/", "localhost"] {
            assert!(!super::is_local(word), "{word}");
        }
    }

    #[test]
    fn short_options_are_told_from_their_values() {
        for word in ["-k", "-sk", "-fsSkL"] {
            assert!(is_short_insecure(word), "{word}");
        }
        for word in ["-o", "-ok", "-k.txt", "-Hk", "--key", "k", "-s"] {
            assert!(!is_short_insecure(word), "{word}");
        }
    }
}
