//! Values that stand for a secret which is kept elsewhere, or is encrypted.

/// Beginnings of references to a value that is kept elsewhere, and of encrypted ones.
const REFERENCES: [&str; 31] = [
    "vault:",
    "op://",
    "ref+",
    "ENC[",
    "ENC(",
    "arn:",
    "ssm:",
    "sm://",
    "gcp:",
    "awskms:",
    "file:",
    "env:",
    "secretref:",
    "os.environ/",
    "keyvault:",
    "kms:",
    "{cipher}",
    "aws:",
    "azure:",
    "secret:",
    "secretKeyRef",
    "keyring:",
    "keychain:",
    "process.env.",
    "import.meta.env.",
    "ENV[",
    "=ENV[",
    "$env:",
    // Places in a document: JSON Pointer and JSONPath.
    "#/",
    "$.",
    "System.getenv",
];

/// Whether a value says where the real one is, or is encrypted.
pub(super) fn is_reference(value: &str) -> bool {
    REFERENCES.iter().any(|prefix| value.starts_with(prefix))
        || value.contains("{{")
        || value.contains("${")
        || value.contains("$(")
        || (value.starts_with(['<', '[', '%', '{', '!', '$']) && value.ends_with(['>', ']', '%', '}']))
        || is_named_elsewhere(value)
        || is_replaced(value)
        // What a password has to look like.
        || (value.starts_with('^') && value.ends_with('$') && value.len() > 2)
        || is_call(value)
        || is_sealed(value)
        || is_variable(value)
        // `$section::name` is how OpenSSL's files refer to a value of another section.
        || (value.starts_with('$')
            && value.bytes().skip(1).all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')))
        || is_below_variable(value)
        || (value.starts_with("<path:"))
}

/// Whether a value is the name under which a secret is kept: `projects/a/secrets/b/versions/1` at Google, `@db-password`
/// at Vercel; or the `@name@` that a build replaces.
fn is_named_elsewhere(value: &str) -> bool {
    let is_name = |name: &str, marks: &[u8]| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || marks.contains(&b))
    };
    if let Some(name) = value.strip_prefix('@') {
        return match name.strip_suffix('@') {
            Some(name) => {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            }
            None => is_name(name, b"_-") && name.contains(['-', '_']),
        };
    }
    value.starts_with("projects/") && value.contains("/secrets/")
}

/// Beginnings and ends between which a build or a deployment puts the value.
const FRAMES: [(&str, &str); 8] = [
    ("#{", "}#"),
    ("#{", "}"),
    ("__", "__"),
    ("@@", "@@"),
    ("%%", "%%"),
    ("$", "$"),
    ("((", "))"),
    ("~{", "}~"),
];

/// Whether a value is only a name between such marks: `#{DbPassword}#`, `__DB_PASSWORD__`.
fn is_replaced(value: &str) -> bool {
    FRAMES.iter().any(|(start, end)| {
        let name = value.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        name.is_some_and(|name| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b':' | b' '))
        })
    })
}

/// Whether a value calls a function, or is a type with a length: `env(DB_PASSWORD)`, `os.getenv('X')`, `varchar(64)`.
fn is_call(value: &str) -> bool {
    let Some((name, rest)) = value.split_once('(') else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
    name.len() >= 3
        && name.bytes().all(is_name)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.ends_with(')')
}

/// Whether a value is encrypted by Sealed Secrets: the length of the key that follows, 512 bytes, begins it; or by werf, which
/// writes its version and all the rest in hexadecimal digits.
fn is_sealed(value: &str) -> bool {
    let werf = value.starts_with("1000")
        && value.len() >= 68
        && value.len().is_multiple_of(2)
        && value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    werf || value.len() >= 200 && ["AgA", "AgB", "AgC", "AgD"].iter().any(|start| value.starts_with(start))
}

/// Whether a value is a path below a folder that a variable names, as in OpenSSL's files: `$dir/private/ca.key`.
fn is_below_variable(value: &str) -> bool {
    let Some((folder, file)) = value.strip_prefix('$').and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    folder.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && folder.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !file.is_empty()
        && file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
        && (file.contains('.') || file.bytes().all(|b| !b.is_ascii_digit()))
}

/// Whether a value is the name of a variable that would hold the secret: `DB_PASSWORD_1`.
fn is_variable(value: &str) -> bool {
    let mut words = value.split('_');
    value.contains('_')
        && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && words
            .any(|word| matches!(word, "PASSWORD" | "PASSWD" | "SECRET" | "TOKEN" | "KEY" | "CREDENTIALS"))
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn what_stands_for_a_secret_is_none() {
        let sealed = format!("AgBy{}", "3i4OJSWK".repeat(40));
        for value in [
            "#{DbPassword2}#",
            "__DB_PASSWORD_1__",
            "$DB_PASSWORD1$",
            "@@PASSWORD1@@",
            "((db_password1))",
            "env(DB_PASSWORD1)",
            "os.getenv('X1')",
            "varchar(255)",
            "process.env.DB_PASSWORD1",
            "aws:secretsmanager:db1",
            "#/components/schemas/Password1",
            "$.credentials.pass1",
            "^[a-z0-9]{8,64}$",
            "GITHUB_APP_PRIVATE_KEY_2",
            "$dir/private/ca2.key",
            "$HOME/keys/ca",
            sealed.as_str(),
            "1000da44108ca90bb6d7b8dd96e743e25becdef7ade84fba5c8d030743f215145f91",
        ] {
            assert!(is_reference(value), "{value}");
        }
        for value in
            ["AgBy3i4OJSWK", "k7(Pq2)vXw9", "$k7Pq$2vXw9", "$k7Pq/2vXw9", "__k7+Pq__", "HUNTER_2000", "a(b)"]
        {
            assert!(!is_reference(value), "{value}");
        }
    }
}
