//! `.conf` and its like: every server has its own language. Lines vote; a language wins by what only it has.

use crate::FileKind::{self, *};

/// Significant lines that vote. A file shows its language early; this bounds the work on generated ones.
const VOTERS: usize = 400;

/// First words that begin an nginx directive, as prefixes. Enough of them to know a file by; not all.
const NGINX_WORDS: [&str; 64] = [
    "server",
    "location",
    "upstream",
    "http",
    "events",
    "listen",
    "root",
    "proxy_",
    "ssl_",
    "add_header",
    "include",
    "map",
    "gzip",
    "types",
    "return",
    "rewrite",
    "error_page",
    "charset",
    "index",
    "access_log",
    "error_log",
    "user",
    "worker_",
    "allow",
    "deny",
    "set",
    "if",
    "limit_",
    "open_file_cache",
    "etag",
    "expires",
    "fastcgi_",
    "uwsgi_",
    "auth_",
    "default_type",
    "brotli",
    "stub_status",
    "log_format",
    "client_",
    "keepalive",
    "resolver",
    "sendfile",
    "tcp_",
    "autoindex",
    "internal",
    "alias",
    "try_files",
    "geo",
    "split_clients",
    "lua_",
    "more_",
    "send_timeout",
    "log_not_found",
    "load_module",
    "pid",
    "stream",
    "mail",
    "scgi_",
    "grpc_",
    "sub_filter",
    "real_ip",
    "large_client",
    "reset_timedout",
    "underscores_in",
];

const APACHE_SECTIONS: [&str; 17] = [
    "virtualhost",
    "directory",
    "directorymatch",
    "location",
    "locationmatch",
    "files",
    "filesmatch",
    "ifmodule",
    "ifdefine",
    "ifversion",
    "limit",
    "limitexcept",
    "proxy",
    "proxymatch",
    "requireall",
    "requireany",
    "if",
];

const APACHE_WORDS: [&str; 28] = [
    "loadmodule",
    "servername",
    "serveralias",
    "serverroot",
    "servertokens",
    "serversignature",
    "documentroot",
    "rewriteengine",
    "rewriterule",
    "rewritecond",
    "sslengine",
    "sslprotocol",
    "sslciphersuite",
    "sslcertificatefile",
    "header",
    "customlog",
    "errorlog",
    "allowoverride",
    "directoryindex",
    "proxypass",
    "proxypassreverse",
    "requestheader",
    "addtype",
    "errordocument",
    "traceenable",
    "includeoptional",
    "expiresactive",
    "setenvif",
];

const SYSTEMD_SECTIONS: [&str; 14] = [
    "unit",
    "service",
    "install",
    "socket",
    "timer",
    "mount",
    "automount",
    "path",
    "slice",
    "swap",
    "container",
    "kube",
    "match",
    "netdev",
];

#[derive(Default)]
struct Votes {
    lines: usize,
    sections: usize,
    systemd: usize,
    assignments: usize,
    /// Lines that end in `;` or a brace, and those of them that end in `;`.
    statements: usize,
    semicolons: usize,
    nginx_words: usize,
    apache: usize,
    foreign: usize,
    template: usize,
}

/// The kind of a configuration file with an ending that says nothing; `None` where no known language won.
pub(super) fn classify(path: &str, text: &str) -> Option<(FileKind, &'static str)> {
    // XML begins so; no language of a server does.
    if ["<?", "<!"].iter().any(|start| text.trim_start().starts_with(start)) {
        return None;
    }
    let votes = count(text);
    if votes.lines == 0 {
        let hint = path.to_ascii_lowercase().contains("nginx");
        return hint.then_some((Nginx, "nothing but comments, in a folder of nginx"));
    }
    if votes.systemd > 0 && votes.statements == 0 {
        return Some((Systemd, "sections of a systemd unit"));
    }
    let plain = votes.assignments + votes.sections;
    let is_ini = votes.sections > 0 && plain * 2 >= votes.lines && votes.statements * 4 < votes.lines;
    if unit_name(path) {
        return (is_ini && votes.assignments > 0)
            .then_some((Ini, "sections and assignments, but not those of systemd"));
    }
    if votes.apache > 0 && votes.apache >= votes.nginx_words && votes.statements * 2 < votes.lines {
        return Some((Apache, "sections or directives of Apache httpd"));
    }
    let known = votes.lines - votes.template.min(votes.lines);
    // Lines that end in nothing special may be further arguments of a directive; lines of other languages may not.
    let others = votes.assignments + votes.apache + votes.foreign + votes.sections;
    if votes.nginx_words > 0 && votes.semicolons > 0 && votes.foreign == 0 && votes.statements > others {
        return Some((Nginx, "directives of nginx"));
    }
    if is_ini {
        return Some((Ini, "sections and assignments"));
    }
    let is_list = votes.assignments * 10 >= known * 8 && votes.statements * 4 < votes.lines;
    (is_list && votes.assignments > 0 && votes.foreign == 0).then_some((Ini, "lines of the form key = value"))
}

/// Whether the file has the ending of a systemd unit, which then must have a unit's sections.
fn unit_name(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    !matches!(ending, "conf" | "cfg" | "config")
        && path.contains('.')
        && !path.contains("sites-")
        && ["service", "timer", "socket", "mount", "target", "network", "container", "pod", "path", "volume"]
            .contains(&ending)
}

fn count(text: &str) -> Votes {
    let mut votes = Votes::default();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        if votes.lines >= VOTERS {
            break;
        }
        votes.lines += 1;
        votes.line(line);
    }
    votes
}

impl Votes {
    fn line(&mut self, line: &str) {
        if line.starts_with("{{") || line.starts_with("{%") || line.starts_with("<%") {
            self.template += 1;
            return;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or_default().to_ascii_lowercase();
            if rest.contains(']') {
                self.sections += 1;
                self.systemd += usize::from(SYSTEMD_SECTIONS.contains(&name.as_str()));
            }
            return;
        }
        if let Some(rest) = line.strip_prefix('<') {
            let rest = rest.trim_start_matches('/');
            let name = rest.split([' ', '\t', '>']).next().unwrap_or_default().to_ascii_lowercase();
            if APACHE_SECTIONS.contains(&name.as_str()) {
                self.apache += 3;
            } else {
                self.foreign += 1;
            }
            return;
        }
        let code = line.split_once(" #").map_or(line, |(code, _)| code.trim_end());
        let word = code.split([' ', '\t', '=', ';', '{', '(']).next().unwrap_or_default();
        if code == "};" || code.ends_with("= {") {
            // A block in BIND, ISC dhcpd and libconfig; nginx has no `;` behind a block and no `=` before one.
            self.foreign += 1;
        } else if is_code(code, word) {
            self.foreign += 1;
        } else if code.ends_with([';', '{', '}']) && !is_assignment_with_braces(code) {
            self.statements += 1;
            self.semicolons += usize::from(code.ends_with(';'));
            self.nginx_words += usize::from(NGINX_WORDS.iter().any(|known| matches_word(word, known)));
        } else if APACHE_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            self.apache += 1;
        } else if let Some((key, value)) = code.split_once('=') {
            let key = key.trim_end();
            // `=>` and `==` are Perl, Ruby and code of all kinds.
            let is_plain =
                !key.is_empty() && !key.contains(['{', '(', '"']) && !value.starts_with(['>', '=']);
            self.assignments += usize::from(is_plain);
        }
    }
}

/// Whether a line is a statement of Python or Perl, whose programs are configured by programs: `.cfg` is not of one language.
fn is_code(code: &str, word: &str) -> bool {
    if code.contains(" => ") {
        return true;
    }
    match word {
        "import" | "use" | "return" => {
            code.contains([' ', '\t']) && !code.contains('=') && !code.ends_with([';', '{'])
        }
        "from" => code.contains(" import "),
        "def" | "class" => code.ends_with(':'),
        _ => false,
    }
}

/// `path = {base}/lib/{name}`: as many braces open as close, none of them before the `=`.
fn is_assignment_with_braces(code: &str) -> bool {
    let Some((key, value)) = code.split_once('=') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    code.ends_with('}')
        && !code.contains(';')
        && key.chars().all(plain)
        && value.trim_start().len() > 2
        && value.matches('{').count() == value.matches('}').count()
}

/// `known` ends with `_` for a family of directives, else it is the whole word.
fn matches_word(word: &str, known: &str) -> bool {
    if known.ends_with('_') { word.starts_with(known) } else { word == known || prefixed(word, known) }
}

/// `gzip_types` counts for `gzip`, `mapper` does not count for `map`.
fn prefixed(word: &str, known: &str) -> bool {
    word.strip_prefix(known).is_some_and(|rest| rest.starts_with('_'))
}

/// Whether the first instruction is FROM, as in a Dockerfile.
pub(super) fn is_dockerfile(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| {
        let word = line.split_ascii_whitespace().next().unwrap_or_default();
        !line.is_empty() && !line.starts_with('#') && !word.eq_ignore_ascii_case("arg")
    });
    let mut words = first.unwrap_or_default().split_ascii_whitespace();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) && words.next().is_some()
}

/// Interpreters that a script hands itself over to.
const INTERPRETERS: [&str; 9] = ["python", "perl", "tclsh", "wish", "expect", "ruby", "node", "scala", "lua"];

/// Lines that are looked at for the place where a script hands itself over.
const OPENING_LINES: usize = 20;

/// Whether a shell only starts another language on the same file: `'''exec' python "$0" "$@"` is a string to Python and a
/// command to a shell, which never comes to what stands behind it.
pub(super) fn hands_itself_over(text: &str) -> bool {
    text.lines().take(OPENING_LINES).any(|line| {
        let is_string = line.starts_with("'''") || line.starts_with("\"\"\"") || line.starts_with("''''");
        let code = line.trim_start_matches(['"', '\'']);
        let Some(command) = code.strip_prefix("exec") else {
            return is_string && code.starts_with(':');
        };
        let command = command.trim_start_matches(['"', '\'']);
        let program = command.split_ascii_whitespace().find(|word| !word.ends_with("env"));
        let program = program.unwrap_or_default().trim_matches(['"', '\'']);
        let program = program.rsplit('/').next().unwrap_or_default();
        let is_known = INTERPRETERS.iter().any(|name| program.starts_with(name));
        command.starts_with(' ') && (is_string || is_known) && command.contains("$0")
    })
}

/// Whether the text starts with a `#!` line that names sh, bash, dash, ash or ksh.
pub(super) fn has_shell_shebang(text: &str) -> bool {
    let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return false };
    let mut words = line.split_ascii_whitespace();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut program = words.next().map(base).unwrap_or_default();
    if program == "env" {
        program =
            words.find(|word| !word.starts_with('-') && !word.contains('=')).map(base).unwrap_or_default();
    }
    matches!(program.as_str(), "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" | "busybox")
}
