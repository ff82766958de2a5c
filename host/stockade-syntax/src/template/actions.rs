//! Where the expressions of a template stand and what they do.

use crate::limits;
use stockade_model::Span;

/// What an expression does to the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Puts text in its place.
    Value,
    /// Starts a block (`if`, `range`, `for`, ...).
    Open,
    /// Starts another branch of the block (`else`, ...).
    Middle,
    /// Ends a block.
    Close,
    /// Puts nothing: a comment or an assignment.
    Silent,
}

/// An expression with its delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) span: Span,
    pub(crate) role: Role,
    /// The column that its lines get: the number behind `indent` or `nindent`.
    pub(crate) indent: Option<u32>,
    /// Whether it has two braces, as Go's have.
    pub(crate) braces: bool,
}

/// Faults of the expressions themselves, as far as they can be told without running them: the place of each and
/// a sentence.
pub(crate) fn faults(text: &str, actions: &[Action]) -> Vec<(Span, &'static str)> {
    let mut faults = Vec::new();
    let mut open: Vec<Span> = Vec::new();
    for action in actions.iter().filter(|action| action.braces) {
        match action.role {
            Role::Open => open.push(action.span),
            Role::Middle if open.is_empty() => faults.push((action.span, "`else` outside of a block")),
            Role::Close if open.pop().is_none() => faults.push((action.span, "`end` closes no block")),
            _ => {}
        }
    }
    faults.extend(open.into_iter().map(|span| (span, "the block is never closed: its `end` is missing")));
    let last = actions.last().map_or(0, |action| action.span.end as usize);
    let rest = text.as_bytes().get(last..).unwrap_or_default();
    if actions.len() < limits::MAX_TEMPLATE_ACTIONS
        && let Some(at) = memchr::memmem::find(rest, b"{{").map(|at| (last + at) as u32)
    {
        faults.push((Span::new(at, at + 2), "the expression is never closed: its `}}` is missing"));
    }
    faults
}

/// The expressions of `text` in order, at most [`limits::MAX_TEMPLATE_ACTIONS`]. One that is not closed is
/// no expression.
pub(crate) fn scan(text: &str) -> Vec<Action> {
    let bytes = text.as_bytes();
    let jinja = memchr::memmem::find(bytes, b"{%").is_some();
    let mut actions = Vec::new();
    let mut at = 0;
    // Once a delimiter is not closed, no later one of its kind is: without this, many of them cost a pass each.
    let mut unclosed = [false; 4];
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'{', b'<', b'@', rest)) {
        let start = at + found;
        at = start + 1;
        if let Some(span) = token(bytes, start).or_else(|| property(bytes, start)) {
            at = span.end as usize;
            actions.push(Action { span, role: Role::Value, indent: None, braces: false });
            if actions.len() >= limits::MAX_TEMPLATE_ACTIONS {
                break;
            }
            continue;
        }
        let (kind, close): (usize, &[u8]) = match bytes.get(start..start + 2) {
            Some(b"{{") => (0, b"}}"),
            Some(b"{%") => (1, b"%}"),
            Some(b"<%") => (2, b"%>"),
            Some(b"{#") if jinja => (3, b"#}"),
            _ => continue,
        };
        if unclosed.get(kind) == Some(&true) {
            continue;
        }
        let Some(body_end) = end_of_body(bytes, start + 2, close) else {
            if let Some(flag) = unclosed.get_mut(kind) {
                *flag = true;
            }
            continue;
        };
        let mut end = body_end + 2;
        // Handlebars: `{{{ raw }}}`.
        if kind == 0 && bytes.get(start + 2) == Some(&b'{') && bytes.get(end) == Some(&b'}') {
            end += 1;
        }
        let body = text.get(start + 2..body_end).unwrap_or_default();
        // What CloudFormation looks up when it runs may be put together from several texts.
        if kind == 0 && body.starts_with("resolve:") && body.contains('\n') {
            continue;
        }
        let role = match kind {
            0 => braces(body),
            1 => statement(body),
            2 => ruby(body),
            _ => Role::Silent,
        };
        let indent = if kind == 0 && role == Role::Value { indentation(body) } else { None };
        actions.push(Action { span: Span::new(start as u32, end as u32), role, indent, braces: kind == 0 });
        at = end;
        if actions.len() >= limits::MAX_TEMPLATE_ACTIONS {
            break;
        }
    }
    actions
}

/// The expressions of Terraform's templates that stand alone on their lines: `${names}`, which puts lines there, and
/// `%{ if … }`. Elsewhere `${…}` is a variable of the file itself as often as one of a template.
pub(crate) fn alone(text: &str) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let role = match trimmed.get(..2) {
            Some("${") => Role::Value,
            Some("%{") => Role::Silent,
            _ => Role::Close,
        };
        // More than one expression, or a text behind it, is a line of the file.
        let inside = trimmed.get(2..).and_then(|rest| rest.strip_suffix('}'));
        if role != Role::Close
            && inside.is_some_and(|inside| !inside.is_empty() && !inside.contains(['{', '}']))
        {
            let at = start + line.len() - line.trim_start().len();
            let span = Span::new(at as u32, (at + trimmed.len()) as u32);
            actions.push(Action { span, role, indent: None, braces: false });
            if actions.len() >= limits::MAX_TEMPLATE_ACTIONS {
                break;
            }
        }
        start += line.len();
    }
    actions
}

/// Whether `text` has a token as tools of pipelines replace them, `#{Image.Tag}#`, or one of Maven, `@project.version@`.
pub(crate) fn has_token(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"#{").any(|at| token(text, at + 1).is_some())
        || memchr::memmem::find_iter(text, b" @").any(|at| property(text, at + 1).is_some())
}

/// The token whose brace stands at `brace`. Behind what interpolates in Ruby, another one may follow: `"#{a}#{b}"`.
fn token(bytes: &[u8], brace: usize) -> Option<Span> {
    const LONGEST: usize = 128;
    let start = brace.checked_sub(1).filter(|at| bytes.get(*at) == Some(&b'#'))?;
    let inside = bytes.get(brace..)?.strip_prefix(b"{")?;
    let of_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b' ');
    let len = inside.iter().take(LONGEST).take_while(|byte| of_name(byte)).count();
    let is_closed = len > 0 && inside.get(len..)?.starts_with(b"}#") && inside.get(len + 2) != Some(&b'{');
    is_closed.then(|| Span::new(start as u32, (brace + len + 3) as u32))
}

/// The property between `@` and `@`, as Maven fills it into the files of an application, whose sign stands at `sign`. Only
/// where a value begins: there YAML takes no `@`, and further in it may be a part of an address.
fn property(bytes: &[u8], sign: usize) -> Option<Span> {
    const LONGEST: usize = 128;
    bytes.get(sign).filter(|byte| **byte == b'@')?;
    sign.checked_sub(1).and_then(|at| bytes.get(at)).filter(|byte| matches!(byte, b' ' | b'['))?;
    let inside = bytes.get(sign + 1..)?;
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let len = inside.iter().take(LONGEST).take_while(|byte| of_name(byte)).count();
    (len > 0 && inside.get(len) == Some(&b'@')).then(|| Span::new(sign as u32, (sign + len + 2) as u32))
}

/// The offset of the closing delimiter. Quotes and Go's comments may contain it.
fn end_of_body(bytes: &[u8], from: usize, close: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let trimmed = rest.strip_prefix(b"-").unwrap_or(rest).trim_ascii_start();
    if close == b"}}" && trimmed.starts_with(b"/*") {
        let comment_end = from + memchr::memmem::find(rest, b"*/")?;
        return Some(comment_end + memchr::memmem::find(bytes.get(comment_end..)?, close)?);
    }
    let plain = from + memchr::memmem::find(rest, close)?;
    if close == b"#}" {
        return Some(plain);
    }
    let body = bytes.get(from..plain)?;
    if memchr::memchr3(b'"', b'`', b'\'', body).is_none() {
        return Some(plain);
    }
    // A quote that is still open on the next line is an apostrophe, no quote.
    quoted_end(bytes, from, close).or(Some(plain))
}

/// Like the search for `close`, but skips quoted text. None where a quote does not end.
fn quoted_end(bytes: &[u8], from: usize, close: &[u8]) -> Option<usize> {
    // Longer expressions are not written; without the bound, each broken one could cost a pass over the file.
    const LONGEST: usize = 16 * 1024;
    let mut at = from;
    let mut quote = None;
    while at < from + LONGEST {
        let byte = *bytes.get(at)?;
        match quote {
            None if bytes.get(at..at + close.len()) == Some(close) => return Some(at),
            None if matches!(byte, b'"' | b'`' | b'\'') => quote = Some(byte),
            // In a text of JSON or YAML that is quoted itself, an expression's quotes are escaped, both of them.
            None if byte == b'\\' && bytes.get(at + 1) == Some(&b'"') => {
                at = escaped_end(bytes, at + 2, from + LONGEST)?
            }
            Some(open) if byte == open => quote = None,
            Some(b'"' | b'\'') if byte == b'\\' => at += 1,
            Some(b'"' | b'\'') if byte == b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The second byte of the `\"` that ends what a `\"` before `from` has begun; what is escaped again does not. None where the line
/// or the text around it ends first, and at `limit`.
fn escaped_end(bytes: &[u8], from: usize, limit: usize) -> Option<usize> {
    let mut at = from;
    while at < limit {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'\n' | b'"', _) => return None,
            (b'\\', Some(b'"')) => return Some(at + 1),
            (b'\\', Some(b'\\')) => at += 4,
            (b'\\', _) => at += 2,
            _ => at += 1,
        }
    }
    None
}

fn first_word(body: &str) -> &str {
    let end = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(body.len());
    body.get(..end).unwrap_or_default()
}

/// Go templates, Jinja's expressions and handlebars share their braces.
fn braces(body: &str) -> Role {
    let body = body.trim_start_matches(['-', '~', '+']).trim_start();
    match body.as_bytes().first() {
        Some(b'/') if body.starts_with("/*") => return Role::Silent,
        Some(b'!') => return Role::Silent,
        Some(b'#') => return Role::Open,
        Some(b'/') => return Role::Close,
        Some(b'^') => return Role::Middle,
        Some(b'$') => {
            let name = first_word(body.get(1..).unwrap_or_default());
            let rest = body.get(1 + name.len()..).unwrap_or_default().trim_start();
            let assigns = rest.starts_with(":=") || (rest.starts_with('=') && !rest.starts_with("=="));
            return if assigns { Role::Silent } else { Role::Value };
        }
        _ => {}
    }
    match first_word(body) {
        "if" | "range" | "with" | "block" | "define" => Role::Open,
        "else" => Role::Middle,
        "end" => Role::Close,
        "break" | "continue" => Role::Silent,
        _ => Role::Value,
    }
}

/// Jinja's statements.
fn statement(body: &str) -> Role {
    let body = body.trim_start_matches(['-', '+']).trim_start();
    let word = first_word(body);
    match word {
        "if" | "for" | "macro" | "block" | "filter" | "call" | "raw" | "with" | "autoescape" | "trans" => {
            Role::Open
        }
        // `{% set x = 1 %}` is an assignment, `{% set x %}…{% endset %}` a block.
        "set" if !body.contains('=') => Role::Open,
        "else" | "elif" | "elsif" => Role::Middle,
        "include" => Role::Value,
        _ if word.starts_with("end") => Role::Close,
        _ => Role::Silent,
    }
}

/// ERB.
fn ruby(body: &str) -> Role {
    if body.starts_with('=') {
        return Role::Value;
    }
    if body.starts_with('#') || body.starts_with('%') {
        return Role::Silent;
    }
    let body = body.trim_start_matches('-').trim_end_matches('-').trim();
    match first_word(body) {
        "if" | "unless" | "for" | "while" | "until" | "case" | "begin" => Role::Open,
        "else" | "elsif" | "when" | "rescue" | "ensure" => Role::Middle,
        "end" => Role::Close,
        _ if body.ends_with(" do") || (body.contains(" do |") && body.ends_with('|')) => Role::Open,
        _ => Role::Silent,
    }
}

/// The number behind the last `indent` or `nindent` of a pipeline.
fn indentation(body: &str) -> Option<u32> {
    let at = body.rfind("indent ")? + "indent ".len();
    let number = body.get(at..)?.trim_start();
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(text: &str) -> Vec<(&str, Role)> {
        scan(text).iter().map(|a| (a.span.slice(text).unwrap(), a.role)).collect()
    }

    #[test]
    fn tokens_of_pipelines() {
        let text = "name: #{App}#-#{Stage Name}#\nreplicas: #{Replicas.Min}#\n";
        let wanted = ["#{App}#", "#{Stage Name}#", "#{Replicas.Min}#"];
        assert_eq!(roles(text), wanted.map(|token| (token, Role::Value)));
        for text in ["\"#{a}#{b}\"", "#{}#", "# {a}#", "#{a", "#{a b=c}#", "#{a}"] {
            assert!(roles(text).is_empty() && !has_token(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn properties_of_maven() {
        let text = "version: @project.version@\nactive: [@profile@, b]\nurl: http://@host@:1\n";
        assert_eq!(roles(text), ["@project.version@", "@profile@"].map(|token| (token, Role::Value)));
        assert!(has_token(text.as_bytes()));
        for text in ["to: a@b.org, c@d.org", "x: @a b@", "x: @", "- \"@types/node\"", "x: @@", "x: @a"] {
            assert!(roles(text).is_empty() && !has_token(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn go_expressions() {
        let text = r#"{{- if .a -}} {{ else }} {{end}} {{/* }} */}} {{ "}}" }} {{ `}}` | quote }} {{ $x := 1 }} {{ $x }}
            {{- range $i, $v := .l }}{{ template "a" . }}{{- define "x" }}"#;
        use Role::{Close, Middle, Open, Silent, Value};
        let wanted = [
            ("{{- if .a -}}", Open),
            ("{{ else }}", Middle),
            ("{{end}}", Close),
            ("{{/* }} */}}", Silent),
            (r#"{{ "}}" }}"#, Value),
            ("{{ `}}` | quote }}", Value),
            ("{{ $x := 1 }}", Silent),
            ("{{ $x }}", Value),
            ("{{- range $i, $v := .l }}", Open),
            (r#"{{ template "a" . }}"#, Value),
            (r#"{{- define "x" }}"#, Open),
        ];
        assert_eq!(roles(text), wanted);
    }

    #[test]
    fn jinja_erb_and_handlebars() {
        let text = "{% if a %}{% elif b %}{% endif %}{% set a = 1 %}{# c #}<% x.each do |y| %><%= y %><% end %>\
                    {{#each a}}{{/each}}{{!c}}{{{raw}}}";
        use Role::{Close, Middle, Open, Silent, Value};
        let wanted = [Open, Middle, Close, Silent, Silent, Open, Value, Close, Open, Close, Silent, Value];
        assert_eq!(roles(text).iter().map(|(_, role)| *role).collect::<Vec<_>>(), wanted);
        assert_eq!(roles(text).last().unwrap().0, "{{{raw}}}");
    }

    #[test]
    fn columns_and_open_ends() {
        let indent = |text| scan(text).first().and_then(|action| action.indent);
        assert_eq!(indent("{{ toYaml .a | nindent 8 }}"), Some(8));
        assert_eq!(indent("{{ include \"a\" . | indent  4 | trim }}"), Some(4));
        assert_eq!(indent("{{ .a }}"), None);
        assert!(scan("{{ a {% b <% {{ <").is_empty());
        assert_eq!(roles("{{ don't }} x"), [("{{ don't }}", Role::Value)]);
        let escaped = r#"a: "{{ query \"x }}\" | y \"\\\"b\\\" }}\" }} {{ $a }}""#;
        let wanted = [r#"{{ query \"x }}\" | y \"\\\"b\\\" }}\" }}"#, "{{ $a }}"];
        assert_eq!(roles(escaped), wanted.map(|text| (text, Role::Value)));
    }
}
