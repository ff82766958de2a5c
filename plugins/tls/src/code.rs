//! Ways to switch the verification of certificates off, as programs write them.

use crate::code::Form::{Set, Word};

/// One way.
pub struct Way {
    /// Endings of the files it is looked for in; empty for all.
    pub endings: &'static [&'static str],
    /// Its form.
    pub form: Form,
}

/// How a way is written.
pub enum Form {
    /// A word by itself.
    Word(&'static str),
    /// A name, one of these separators, one of these values: `rejectUnauthorized: false`.
    Set(&'static str, &'static [&'static str], &'static [&'static str]),
}

pub(crate) const PYTHON: &[&str] = &["py", "pyw"];
pub(crate) const SCRIPT: &[&str] = &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];
pub(crate) const JVM: &[&str] = &["java", "kt", "kts", "scala", "groovy"];
const C: &[&str] = &["c", "cc", "cpp", "cxx", "h", "hpp", "php"];
pub(crate) const NET: &[&str] = &["cs", "vb", "fs", "ps1"];

pub(crate) const fn way(endings: &'static [&'static str], form: Form) -> Way {
    Way { endings, form }
}

/// All ways that are known. Names that mean nothing else, in the languages that have them.
pub const WAYS: &[Way] = &[
    way(&["go"], Set("InsecureSkipVerify", &[":", "="], &["true"])),
    way(SCRIPT, Set("rejectUnauthorized", &[":", "="], &["false"])),
    way(SCRIPT, Set("strictSSL", &[":", "="], &["false"])),
    way(
        SCRIPT,
        Set("NODE_TLS_REJECT_UNAUTHORIZED", &["=", "\"] =", "'] =", "\"]=", "']="], &["\"0\"", "'0'", "0"]),
    ),
    way(PYTHON, Word("ssl._create_unverified_context")),
    way(PYTHON, Set("verify_mode", &["="], &["ssl.CERT_NONE", "CERT_NONE"])),
    way(PYTHON, Set("tls_verify", &["="], &["False"])),
    way(PYTHON, Set("ssl_verify", &["="], &["False"])),
    way(PYTHON, Set("verify_ssl", &["="], &["False"])),
    way(PYTHON, Set("verify_tls", &["="], &["False"])),
    way(PYTHON, Set("verify_certs", &["="], &["False"])),
    way(PYTHON, Set("validate_certs", &["="], &["False"])),
    way(PYTHON, Set("cert_reqs", &["="], &["\"CERT_NONE\"", "'CERT_NONE'", "ssl.CERT_NONE"])),
    // Only as an argument of what talks HTTP; see `is_http_call`.
    way(PYTHON, Set("verify", &["="], &["False"])),
    way(JVM, Word("NoopHostnameVerifier.INSTANCE")),
    way(JVM, Word("ALLOW_ALL_HOSTNAME_VERIFIER")),
    way(JVM, Word("TrustAllStrategy.INSTANCE")),
    way(JVM, Word("InsecureTrustManagerFactory.INSTANCE")),
    way(&["rb"], Word("OpenSSL::SSL::VERIFY_NONE")),
    way(&["rs"], Word("danger_accept_invalid_certs(true)")),
    way(&["rs"], Word("danger_accept_invalid_hostnames(true)")),
    way(C, Set("CURLOPT_SSL_VERIFYPEER", &[",", "=>"], &["0L", "0", "false", "FALSE", "False"])),
    way(C, Set("CURLOPT_SSL_VERIFYHOST", &[",", "=>"], &["0L", "0", "false", "FALSE", "False"])),
    way(&["php"], Set("'verify_peer'", &["=>"], &["false", "FALSE"])),
    way(&["php"], Set("\"verify_peer\"", &["=>"], &["false", "FALSE"])),
    way(NET, Word("DangerousAcceptAnyServerCertificateValidator")),
    way(&["ps1"], Word("-SkipCertificateCheck")),
    way(&["ex", "exs"], Set("verify", &[":"], &[":verify_none"])),
    way(&["pl"], Set("verify_hostname", &["=>"], &["0"])),
    way(&["pl"], Set("SSL_verify_mode", &["=>"], &["0", "SSL_VERIFY_NONE"])),
];

impl Form {
    /// What a match begins with.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Word(name) | Set(name, ..) => name,
        }
    }

    /// Length of a match at the beginning of `rest`, of which [`Form::name`] was found already.
    #[must_use]
    pub fn length(&self, rest: &str) -> Option<usize> {
        let name = self.name();
        let behind = rest.get(name.len()..)?;
        match self {
            Word(_) => (!goes_on(behind)).then_some(name.len()),
            Set(_, separators, values) => {
                let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
                // A name in quotes, as keys of an object may be.
                let quote = usize::from(!name.ends_with(['\'', '"']) && behind.starts_with(['"', '\'']));
                let separated = separators.iter().find_map(|separator| {
                    for skip in [0, quote] {
                        let at = skip + blank(behind.get(skip..)?);
                        if behind.get(at..)?.starts_with(separator) {
                            return Some(at + separator.len());
                        }
                    }
                    None
                })?;
                let at = separated + blank(behind.get(separated..)?);
                let rest = behind.get(at..)?;
                let value = values.iter().find(|value| {
                    rest.strip_prefix(**value)
                        .is_some_and(|more| value.ends_with(['"', '\'']) || !goes_on(more))
                })?;
                Some(name.len() + at + value.len())
            }
        }
    }
}

/// Whether a word goes on here.
fn goes_on(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Whether the text before an argument is the beginning of a call that talks HTTP: `requests.get(url, `,
/// `httpx.Client(`. Looks back over at most a thousand bytes.
#[must_use]
pub fn is_http_call(before: &str) -> bool {
    let mut depth = 0_u32;
    let start = before.ceil_char_boundary(before.len().saturating_sub(1000));
    let window = before.get(start..).unwrap_or_default();
    for (at, byte) in window.bytes().enumerate().rev() {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' if depth == 0 => {
                let callee = window.get(..at).unwrap_or_default();
                let from = callee
                    .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
                    .map_or(0, |at| at + 1);
                let (head, name) = callee.split_at(from);
                let defined = head.trim_end().ends_with("def") || head.trim_end().ends_with("class");
                let method = name.rsplit('.').next().unwrap_or_default();
                let verb = matches!(
                    method,
                    "get"
                        | "post"
                        | "put"
                        | "patch"
                        | "delete"
                        | "head"
                        | "options"
                        | "request"
                        | "send"
                        | "Client"
                        | "AsyncClient"
                        | "Session"
                        | "session"
                        | "client"
                        | "resource"
                        | "HTTPTransport"
                        | "AsyncHTTPTransport"
                        | "stream"
                );
                return verb && !defined && !name.contains("jwt");
            }
            b'(' | b'[' | b'{' => {
                if depth == 0 {
                    return false;
                }
                depth -= 1;
            }
            _ => {}
        }
    }
    // An attribute: `session.verify = False`.
    let line = window.rsplit('\n').next().unwrap_or_default().trim();
    ["session.", "client.", "s.", "http."].iter().any(|owner| line.ends_with(owner))
}

/// Whether a line begins a branch.
fn is_branch(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('}').trim_start();
    let words = ["if", "elif", "else", "unless", "switch", "case", "when", "match", "elseif", "default"];
    words.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| !goes_on(rest)))
        // An arm of Rust, Kotlin or Scala.
        || line.ends_with("=> {")
}

/// Whether what stands at the end of `before` runs only under a condition: somebody can choose, and this is what the
/// choice comes to. Looks at the lines around it that are indented less, up to the function.
#[must_use]
pub fn is_conditional(before: &str) -> bool {
    let mut lines = before.rsplit('\n');
    let own = lines.next().unwrap_or_default();
    let indent = |line: &str| line.len() - line.trim_start().len();
    if is_branch(own) || own.contains(" if ") || own.contains("? ") {
        return true;
    }
    let mut level = indent(own);
    for line in lines.take(200) {
        if level == 0 {
            return false;
        }
        let trimmed = line.trim_start();
        if trimmed.is_empty() || indent(line) >= level {
            continue;
        }
        level = indent(line);
        if is_branch(line) {
            return true;
        }
        let function = ["def ", "async def ", "fn ", "pub fn ", "func ", "function ", "sub "];
        if function.iter().any(|word| trimmed.starts_with(word)) {
            // The parameters of a function are no call; a default is a choice as well.
            return !before_body(before, line);
        }
    }
    false
}

/// Whether what follows a value says when it is taken: `CERT_NONE if insecure else CERT_REQUIRED` in Python, `x if insecure` in
/// Ruby and Perl.
#[must_use]
pub fn is_choice(behind: &str) -> bool {
    let line = behind.split('\n').next().unwrap_or_default();
    let rest = line.trim_start_matches([')', ']', ';']).trim_start();
    rest.len() < line.len() && ["if ", "unless "].iter().any(|word| rest.starts_with(word))
}

/// Whether the head of a function that begins with `head` has ended where `before` does.
fn before_body(before: &str, head: &str) -> bool {
    let start = (head.as_ptr() as usize).saturating_sub(before.as_ptr() as usize);
    let text = before.get(start..).unwrap_or_default();
    let mut depth = 0_i32;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{WAYS, is_choice, is_conditional, is_http_call};

    #[test]
    fn a_choice_is_left_to_whoever_makes_it() {
        assert!(is_choice(" if insecure else ssl.CERT_REQUIRED\n") && is_choice(") unless verify"));
        assert!(!is_choice("\nif a:\n") && !is_choice(" # if a") && !is_choice("") && !is_choice("if a"));
        for before in [
            "if insecure:\n    ctx.",
            "def f(a,\n      b=1, ",
            "    if !strict {\n        x();\n\n        builder\n            .",
            "    } else {\n        cfg.",
            "a = 1 if x else ",
            "x = insecure ? { ",
        ] {
            assert!(is_conditional(before), "{before}");
        }
        for before in [
            "ctx.",
            "def f(a):\n    g(\n        a,\n        ",
            "if a:\n    b()\nc.",
            "func f() {\n\treturn &tls.Config{",
            "class A:\n    if x:\n        y\n    def f(self):\n        self.s.",
        ] {
            assert!(!is_conditional(before), "{before}");
        }
    }

    fn found(ending: &str, text: &str) -> bool {
        WAYS.iter()
            .filter(|way| way.endings.contains(&ending))
            .any(|way| text.find(way.form.name()).is_some_and(|at| way.form.length(&text[at..]).is_some()))
    }

    #[test]
    fn ways_are_known_by_their_value() {
        for (ending, text) in [
            ("go", "&tls.Config{InsecureSkipVerify: true}"),
            ("go", "c.InsecureSkipVerify = true"),
            ("js", "{ rejectUnauthorized:false }"),
            ("js", "{ \"rejectUnauthorized\": false }"),
            ("ts", "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'"),
            ("ts", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0;"),
            ("py", "ctx.verify_mode = ssl.CERT_NONE"),
            ("php", "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);"),
            ("php", "['verify_peer' => false]"),
            ("rs", ".danger_accept_invalid_certs(true)"),
        ] {
            assert!(found(ending, text), "{text}");
        }
        for (ending, text) in [
            ("go", "InsecureSkipVerify: trueish"),
            ("go", "InsecureSkipVerify: cfg.Insecure"),
            ("go", "if c.InsecureSkipVerify == true {"),
            ("js", "rejectUnauthorized: true"),
            ("py", "verify_ssl=False_positive"),
            ("rs", "danger_accept_invalid_certs(insecure)"),
            ("php", "CURLOPT_SSL_VERIFYHOST, 2"),
        ] {
            assert!(!found(ending, text), "{text}");
        }
    }

    #[test]
    fn an_argument_counts_in_calls_that_talk_http() {
        for before in ["requests.get(url, ", "httpx.Client(\n    timeout=f(1),\n    ", "session."] {
            assert!(is_http_call(before), "{before}");
        }
        for before in ["def get(self, ", "jwt.decode(token, ", "jwt.get(", "image.load(", "x = {", ""] {
            assert!(!is_http_call(before), "{before}");
        }
    }
}
