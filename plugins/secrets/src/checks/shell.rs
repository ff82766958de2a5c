//! Secrets on command lines, and the modes that scripts and settings give to files.

use super::is_fixture;
use crate::literal::is_default;
use crate::pipeline::{Throwaway, is_pipeline};
use std::collections::HashSet;
use stockade_sdk::script::{Command, Word, commands, commands_named};
use stockade_sdk::secrecy::{is_secret_name, may_be_secret};
use stockade_sdk::{Edit, Node, Out, Params, Setting, Source, row_flag};

/// Clients of databases whose `-p` takes the password in the same word.
const GLUED: [&str; 8] = [
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlimport",
    "mysqlcheck",
    "mariadb",
    "mariadb-dump",
    "mariadb-admin",
];

/// Programs, with the option that is followed by the password.
const SHORT: [(&str, &str); 10] = [
    ("sshpass", "-p"),
    ("docker", "-p"),
    ("podman", "-p"),
    ("mongo", "-p"),
    ("mongosh", "-p"),
    ("redis-cli", "-a"),
    ("redis-server", "--requirepass"),
    ("valkey-server", "--requirepass"),
    ("curl", "--tlspassword"),
    ("curl", "--proxy-tlspassword"),
];

/// What a word gives away: what it is called in the message, and the secret itself.
fn given<'w>(command: &'w Command, at: usize) -> Option<(String, &'w str)> {
    let name = command.name();
    let word = command.args().get(at)?;
    let text = word.text.as_str();
    let before =
        at.checked_sub(1).and_then(|at| command.args().get(at)).map_or("", |word| word.text.as_str());
    // `existingSecret` of a chart is the name of one.
    let secret = |name: &str, value: &'w str| {
        let raw_key = name.contains("key") && !name.contains("pub") && is_raw_key(value);
        (raw_key || is_secret_name(name) && !name.contains("xisting") && may_be_secret(value))
            .then(|| (format!("the secret {name}"), value))
    };
    // `--from-literal=password=x`, `--set db.password=x`, `--password=x`, `--password x`
    let assigned = |pair: &'w str| pair.split_once('=').and_then(|(name, value)| secret(name, value));
    // `--set a=x,password=y`; a comma behind a backslash is a part of the value.
    let among = |pairs: &'w str| match pairs.contains("\\,") {
        true => assigned(pairs),
        false => pairs.split(',').filter(|pair| pair.contains('=')).find_map(assigned),
    };
    if let Some(pair) = text.strip_prefix("--from-literal=") {
        return assigned(pair);
    }
    if let Some(pairs) = text.strip_prefix("--set=").or_else(|| text.strip_prefix("--set-string=")) {
        return among(pairs);
    }
    if matches!(before, "--from-literal" | "--build-arg") {
        return assigned(text);
    }
    if matches!(before, "--set" | "--set-string") {
        return among(text);
    }
    if let Some(pair) = text.strip_prefix("--").filter(|pair| pair.contains('=')) {
        return assigned(pair);
    }
    if let Some(option) = before.strip_prefix("--").filter(|option| !option.contains('='))
        && !text.starts_with('-')
        && let Some(found) = secret(option, text)
    {
        return Some(found);
    }
    if let Some((kind, value)) = text.split_once("Authorization: ").and_then(|(_, rest)| rest.split_once(' '))
        && matches!(kind, "Bearer" | "Basic" | "token")
    {
        let real = may_be_secret(value) && value.len() >= 8;
        return real.then(|| ("an authorization header".to_owned(), value));
    }
    let literal = |value: &'w str| {
        (value.len() >= 4 && may_be_secret(value)).then(|| ("the secret password".to_owned(), value))
    };
    if GLUED.contains(&name)
        && let Some(value) = text.strip_prefix("-p")
    {
        return literal(value);
    }
    if SHORT.iter().any(|(program, option)| *program == name && *option == before) {
        // Only to log in: elsewhere `-p` of Docker is a port.
        let login = !matches!(name, "docker" | "podman") || command.arg(0) == "login";
        return if login { literal(text) } else { None };
    }
    if name == "curl" && matches!(before, "-u" | "--user" | "-U" | "--proxy-user") {
        return literal(text.split_once(':')?.1);
    }
    if positional(command) == Some(at) {
        return literal(text);
    }
    None
}

/// Where the password stands among the arguments of programs that take it without an option.
fn positional(command: &Command) -> Option<usize> {
    // The words in front, and how many operands stand between them and the password.
    let (words, between): (&[&str], usize) = match command.name() {
        "mc" | "mcli" if command.arg(0) == "alias" => (&["alias", "set"], 3),
        "mc" | "mcli" => (&["config", "host", "add"], 3),
        "rabbitmqctl" => match command.arg(0) {
            "change_password" => (&["change_password"], 1),
            _ => (&["add_user"], 1),
        },
        _ => return None,
    };
    let first = command.args().get(..words.len())?;
    first.iter().zip(words).all(|(word, wanted)| word.text == **wanted).then_some(words.len() + between)
}

/// Whether a text is a private key as programs of chains take them: 32 bytes in hexadecimal.
fn is_raw_key(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `command-line`: a literal secret is an argument of a command.
pub(crate) fn command_line(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    // What documentation shows is often an invitation to type one's own.
    let prose = source.kind() == "markdown";
    let (pipeline, mut throwaway) = (is_pipeline(source), Throwaway::new(source));
    let told = environment_values(source);
    for command in commands(source) {
        for (at, word) in command.args().iter().enumerate() {
            if !word.known {
                continue;
            }
            let Some((what, value)) = given(&command, at) else { continue };
            // The database of a job, or the one that comes with its machine.
            let passing = throwaway.has(value) || pipeline && is_default(value);
            if prose && !is_random(value) || passing || told.contains(value) {
                continue;
            }
            out.finding(command.place(word), format!("{what} is given on a command line"));
        }
    }
}

/// What services and containers are told by their environment: other rules speak of a secret there, and a health check
/// that repeats it gives no more away.
fn environment_values(source: &Source) -> HashSet<&str> {
    let variables = match source.kind() {
        "compose" => source.root().at("[*].services[*].environment[*]"),
        "kubernetes" | "kustomize-patch" => {
            let lists = source.root().descendants().filter(|node| node.name() == "env");
            lists.flat_map(Node::children).filter_map(|variable| variable.get("value")).collect()
        }
        _ => return HashSet::new(),
    };
    let values = variables.into_iter().filter(|node| node.is_scalar()).map(|node| {
        let text = node.text();
        // Of a list the items are `NAME=value`.
        if node.key_span().is_some() { text } else { text.split_once('=').map_or("", |(_, value)| value) }
    });
    values.collect()
}

/// Whether a text can hardly be made of words: letters and digits, and as long as what programs draw.
fn is_random(value: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| value.bytes().filter(wanted).count();
    value.len() >= 12
        && has(u8::is_ascii_digit) >= 2
        && has(u8::is_ascii_alphabetic) >= 4
        && crate::alphabet::looks_random(value)
}

/// Words of a path that name what others should not read.
const PRIVATE: [&str; 12] = [
    "key",
    "keys",
    "secret",
    "secrets",
    "private",
    "credentials",
    "audit",
    "backup",
    "backups",
    "id_rsa",
    "ssh",
    "id_ed25519",
];

fn is_private(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    // What others may log in with holds their public keys.
    let public =
        [".crt", ".pub", ".cer", ".sh", ".py", ".gpg", ".asc", ".list", "authorized_keys", "known_hosts"]
            .iter()
            .any(|end| lower.ends_with(end));
    !public
        && !lower.contains("public")
        && !lower.contains("keyring")
        && lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| PRIVATE.contains(&word))
}

/// Whether a mode in symbols gives group or others something: `o+r`, `a+rwx`, `go=r`, `+r`.
fn opens(mode: &str) -> bool {
    mode.split(',').any(|part| {
        let Some(at) = part.find(['+', '=']) else { return false };
        let (who, rights) = part.split_at(at);
        let others = who.is_empty() || who.contains(['g', 'o', 'a']);
        others && who.bytes().all(|b| b"ugoa".contains(&b)) && rights.contains(['r', 'w'])
    })
}

/// The same mode without rights for group and others.
fn tight(mode: &str, bits: u32) -> String {
    let zeros = if mode.len() > 3 { "0" } else { "" };
    format!("{zeros}{:o}00", bits >> 6 & 7)
}

/// The mode that a command gives, and the paths it gives it to.
fn mode_of(command: &Command) -> Option<(&Word, Vec<&Word>)> {
    let args = command.args();
    match command.name() {
        "chmod" => {
            // `-rw` is a mode, but nobody writes it; what begins with a dash is an option.
            let mut rest = args.iter().filter(|word| !word.text.starts_with('-'));
            let mode = rest.next()?;
            Some((mode, rest.collect()))
        }
        "install" => {
            let at = args.iter().position(|word| matches!(word.text.as_str(), "-m" | "--mode"))?;
            let folder = args.iter().any(|word| word.text == "-d" || word.text == "--directory");
            let mode = args.get(at + 1)?;
            // Files are the matter of the rule about key files.
            let rest = args.iter().skip(at + 2).filter(|word| !word.text.starts_with('-'));
            folder.then(|| (mode, rest.collect()))
        }
        "mkdir" => {
            let at = args.iter().position(|word| matches!(word.text.as_str(), "-m" | "--mode" | "-pm"))?;
            Some((args.get(at + 1)?, args.iter().skip(at + 2).collect()))
        }
        _ => None,
    }
}

/// `chmod`: group or others get rights on what names keys, secrets, audit data or backups, by a command or a setting.
pub(crate) fn chmod(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if matches!(source.kind(), "yaml" | "helm-values" | "json" | "toml" | "ini" | "properties" | "dotenv") {
        source.settings().for_each(|setting| mode_setting(source, setting, out));
    }
    for command in commands_named(source, &["chmod", "install", "mkdir"]) {
        let Some((mode, paths)) = mode_of(&command).filter(|(mode, _)| mode.known) else { continue };
        let Some(path) = paths.iter().find(|path| is_private(&path.text)) else { continue };
        let octal =
            (3..=5).contains(&mode.text.len()).then(|| u32::from_str_radix(&mode.text, 8).ok()).flatten();
        let loose = octal.map_or_else(|| opens(&mode.text), |bits| bits & 0o077 != 0);
        if !loose {
            continue;
        }
        let message = format!("{} {} lets group or others at {}", command.name(), mode.text, path.text);
        let finding = out.finding(command.place(mode), message);
        if let Some(bits) = octal.filter(|_| source.slice(mode.span()) == mode.text) {
            let new = tight(&mode.text, bits);
            finding.unsafe_fix(format!("set mode {new}"), vec![Edit::replace(mode.span(), new)]);
        }
    }
}

/// A setting such as `audit.file_mode: "0644"`.
fn mode_setting(source: &Source, setting: Setting<'_>, out: &mut Out) {
    let name = setting.name();
    let mut words = name.rsplit('_');
    let mode = matches!(words.next(), Some("mode" | "permissions" | "permission"))
        && matches!(words.next(), Some("file" | "dir" | "directory" | "key" | "socket" | "create"));
    if !mode
        || !name.split('_').any(|word| PRIVATE.contains(&word))
        || name.contains("public")
        || is_fixture(source)
        || source.is_marked("development")
        || setting.has(row_flag::UNKNOWN | row_flag::INHERITED | row_flag::DEFAULT)
    {
        return;
    }
    // YAML may read 0644 as a number; the text is what counts.
    let written = source.slice(setting.value_span()).trim_matches(['"', '\'']);
    let digits = written.strip_prefix("0o").unwrap_or(written);
    let octal = (3..=4).contains(&digits.len()) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let Some(bits) = octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten().filter(|b| b & 0o077 != 0)
    else {
        return;
    };
    let message = format!("{} is {written}: it lets group or others in", setting.written());
    let new = tight(digits, bits);
    let span = setting.value_span();
    let at = span.start + source.slice(span).find(digits).unwrap_or(0) as u32;
    let edit = Edit::replace(stockade_sdk::Span { start: at, end: at + digits.len() as u32 }, &new);
    out.finding(setting.place(), message)
        .key(setting.written())
        .unsafe_fix(format!("set mode {new}"), vec![edit]);
}

#[cfg(test)]
mod tests;
