//! Tokens whose issuer can be told by their form.
//!
//! One pass over the text looks at the places where one of the table's prefixes begins; the rest of a token is then
//! matched by hand. A format with a checksum is believed only if it fits, one without only if it looks random.

use crate::alphabet::{Alphabet, has_checksum, looks_random};
use crate::checks::is_made_up;
use crate::names::is_for_visitors;
use stockade_sdk::{Out, Params, Place, Source, Span};

/// What stands behind the prefix of a token.
enum Tail {
    /// So many bytes of an alphabet, at least and at most, and no more of it behind them.
    Run(Alphabet, usize, usize),
    /// As `Run`; the last six are a checksum over the rest.
    Checked(usize),
    /// Two or three runs with a byte between.
    Parts(u8, &'static [(Alphabet, usize, usize)]),
}

struct Format {
    issuer: &'static str,
    prefix: &'static str,
    tail: Tail,
}

const fn format(issuer: &'static str, prefix: &'static str, tail: Tail) -> Format {
    Format { issuer, prefix, tail }
}

use Alphabet::{Alnum, Base32, Base64, Base64Url, Digits, Hex, Upper, Url};
use Tail::{Checked, Parts, Run};

const FORMATS: &[Format] = &[
    format("GitHub personal access token", "ghp_", Checked(36)),
    format("GitHub OAuth token", "gho_", Checked(36)),
    format("GitHub user token", "ghu_", Checked(36)),
    format("GitHub app token", "ghs_", Checked(36)),
    format("GitHub refresh token", "ghr_", Checked(36)),
    format("GitHub fine-grained token", "github_pat_", Parts(b'_', &[(Alnum, 22, 22), (Alnum, 59, 59)])),
    format("npm token", "npm_", Checked(36)),
    format("GitLab token", "glpat-", Run(Url, 20, 64)),
    format("GitLab deploy token", "gldt-", Run(Url, 20, 64)),
    format("GitLab runner token", "glrt-", Run(Url, 20, 64)),
    format("AWS access key id", "AKIA", Run(Base32, 16, 16)),
    format("AWS temporary key id", "ASIA", Run(Base32, 16, 16)),
    format("Slack bot token", "xoxb-", Parts(b'-', &[(Digits, 10, 13), (Digits, 10, 13), (Alnum, 20, 34)])),
    format(
        "Slack user token",
        "xoxp-",
        Parts(b'-', &[(Digits, 10, 13), (Digits, 10, 13), (Digits, 10, 13), (Hex, 28, 34)]),
    ),
    format("Slack app token", "xapp-1-", Parts(b'-', &[(Upper, 9, 13), (Digits, 10, 13), (Hex, 60, 64)])),
    format(
        "Slack webhook",
        "hooks.slack.com/services/",
        Parts(b'/', &[(Upper, 8, 13), (Upper, 8, 13), (Alnum, 20, 28)]),
    ),
    format("Discord webhook", "discord.com/api/webhooks/", Parts(b'/', &[(Digits, 17, 20), (Url, 60, 76)])),
    format("Stripe secret key", "sk_live_", Run(Alnum, 24, 250)),
    format("Stripe restricted key", "rk_live_", Run(Alnum, 24, 250)),
    format("Google API key", "AIza", Run(Url, 35, 35)),
    format("Google OAuth client secret", "GOCSPX-", Run(Url, 28, 28)),
    format("PyPI token", "pypi-AgEIcHlwaS5vcmc", Run(Url, 50, 1000)),
    format("OpenAI key", "sk-proj-", Run(Url, 40, 200)),
    format("Anthropic key", "sk-ant-api03-", Run(Url, 80, 120)),
    format("SendGrid key", "SG.", Parts(b'.', &[(Url, 22, 22), (Url, 43, 43)])),
    format("DigitalOcean token", "dop_v1_", Run(Hex, 64, 64)),
    format("Shopify token", "shpat_", Run(Hex, 32, 32)),
    format("Docker Hub token", "dckr_pat_", Run(Url, 27, 27)),
    format("Hugging Face token", "hf_", Run(Alnum, 34, 34)),
    format("HashiCorp Vault token", "hvs.", Run(Url, 90, 200)),
    format("Databricks token", "dapi", Run(Hex, 32, 32)),
    format("Grafana service account token", "glsa_", Parts(b'_', &[(Alnum, 32, 32), (Hex, 8, 8)])),
    format("Telegram bot token", ":AA", Run(Url, 33, 33)),
    format("Azure storage key", "AccountKey=", Run(Base64, 88, 88)),
    format("Azure shared access key", "SharedAccessKey=", Run(Base64, 44, 44)),
    format("OpenAI service account key", "sk-svcacct-", Run(Url, 40, 200)),
    format("Anthropic admin key", "sk-ant-admin01-", Run(Url, 80, 120)),
    format("OpenRouter key", "sk-or-v1-", Run(Hex, 64, 64)),
    format("Groq key", "gsk_", Run(Alnum, 52, 52)),
    format("xAI key", "xai-", Run(Alnum, 80, 80)),
    format("Perplexity key", "pplx-", Run(Alnum, 48, 48)),
    format("Replicate token", "r8_", Run(Alnum, 37, 37)),
    format("LangSmith key", "lsv2_pt_", Parts(b'_', &[(Hex, 32, 32), (Hex, 10, 10)])),
    format("LangSmith service key", "lsv2_sk_", Parts(b'_', &[(Hex, 32, 32), (Hex, 10, 10)])),
    format("SonarQube project token", "sqp_", Run(Hex, 40, 40)),
    format("SonarQube user token", "squ_", Run(Hex, 40, 40)),
    format("SonarQube global token", "sqa_", Run(Hex, 40, 40)),
    format("NuGet key", "oy2", Run(Alnum, 43, 43)),
    format("RubyGems key", "rubygems_", Run(Hex, 48, 48)),
    format("Sentry user token", "sntryu_", Run(Hex, 64, 64)),
    format("Linear key", "lin_api_", Run(Alnum, 40, 40)),
    format("Notion token", "ntn_", Run(Alnum, 43, 50)),
    format("Supabase token", "sbp_", Run(Hex, 40, 40)),
    format("Doppler token", "dp.pt.", Run(Alnum, 43, 43)),
    format("Pulumi token", "pul-", Run(Hex, 40, 40)),
    format("PlanetScale password", "pscale_pw_", Run(Url, 43, 43)),
    format("Postman key", "PMAK-", Parts(b'-', &[(Hex, 24, 24), (Hex, 34, 34)])),
    format("New Relic user key", "NRAK-", Run(Upper, 27, 27)),
    format("Brevo key", "xkeysib-", Parts(b'-', &[(Hex, 64, 64), (Alnum, 16, 16)])),
    format("Shopify app secret", "shpss_", Run(Hex, 32, 32)),
    format("Stripe webhook secret", "whsec_", Run(Alnum, 32, 64)),
    format("GitLab trigger token", "glptt-", Run(Hex, 40, 40)),
    format("GitLab agent token", "glagent-", Run(Url, 50, 64)),
    format("GitLab CI job token", "glcbt-", Run(Url, 22, 64)),
    format("GitLab application secret", "gloas-", Run(Url, 64, 64)),
    format("GitLab SCIM token", "glsoat-", Run(Url, 20, 64)),
    format("GitLab feed token", "glft-", Run(Url, 20, 64)),
    format("GitLab incoming mail token", "glimt-", Run(Url, 25, 64)),
    format("GitLab runner registration token", "GR1348941", Run(Url, 20, 20)),
    format(
        "Slack legacy token",
        "xoxa-2-",
        Parts(b'-', &[(Digits, 10, 13), (Digits, 10, 13), (Digits, 10, 13), (Hex, 28, 34)]),
    ),
    format("Grafana Cloud token", "glc_eyJ", Run(Base64, 60, 400)),
    format("Grafana API key", "eyJrIjoi", Run(Base64, 70, 400)),
    format("Sentry organization token", "sntrys_eyJ", Parts(b'_', &[(Base64, 60, 400), (Base64, 43, 44)])),
    format("Atlassian API token", "ATATT3", Run(Base64Url, 180, 200)),
    format("Terraform Cloud token", ".atlasv1.", Run(Url, 60, 70)),
    format("Vault batch token", "hvb.", Run(Url, 100, 300)),
    format("Docker organization token", "dckr_oat_", Run(Url, 27, 40)),
    format("1Password service account token", "ops_eyJ", Run(Base64, 250, 2000)),
    format("AWS Bedrock key", "ABSKQmVkcm9ja0FQSUtleS", Run(Base64, 90, 260)),
    format("Google OAuth access token", "ya29.", Run(Url, 40, 500)),
    format("Dynatrace token", "dt0c01.", Parts(b'.', &[(Upper, 24, 24), (Upper, 64, 64)])),
    format("Heroku key", "HRKU-AA", Run(Url, 58, 58)),
    format("Fly.io token", "FlyV1 fm2_", Run(Base64, 100, 2000)),
    format("Square access token", "sq0atp-", Run(Url, 22, 22)),
    format("Square OAuth secret", "sq0csp-", Run(Url, 43, 43)),
    format("Alibaba Cloud key id", "LTAI5t", Run(Alnum, 18, 18)),
    format("Artifactory key", "AKCp", Run(Alnum, 69, 69)),
    format("Artifactory reference token", "cmVmdGtuO", Run(Alnum, 55, 55)),
    format("Cloudflare origin CA key", "v1.0-", Parts(b'-', &[(Hex, 24, 24), (Hex, 146, 146)])),
    format("DigitalOcean OAuth token", "doo_v1_", Run(Hex, 64, 64)),
    format("DigitalOcean refresh token", "dor_v1_", Run(Hex, 64, 64)),
    format("Sourcegraph token", "sgp_", Run(Hex, 40, 40)),
    format("Prefect key", "pnu_", Run(Alnum, 36, 36)),
    format("ReadMe key", "rdme_", Run(Alnum, 70, 70)),
    format("PlanetScale token", "pscale_tkn_", Run(Url, 43, 43)),
    format("PlanetScale OAuth token", "pscale_oauth_", Run(Url, 43, 43)),
    format("Shopify custom app token", "shpca_", Run(Hex, 32, 32)),
    format("Shopify private app token", "shppa_", Run(Hex, 32, 32)),
    format("OpenShift token", "sha256~", Run(Url, 43, 43)),
    format(
        "Amazon MWS token",
        "amzn.mws.",
        Parts(b'-', &[(Hex, 8, 8), (Hex, 4, 4), (Hex, 4, 4), (Hex, 4, 4), (Hex, 12, 12)]),
    ),
    format("Braintree token", "access_token$production$", Parts(b'$', &[(Alnum, 16, 16), (Hex, 32, 32)])),
    format("Tailscale key", "tskey-auth-", Parts(b'-', &[(Alnum, 10, 20), (Alnum, 24, 40)])),
    format("Figma token", "figd_", Run(Url, 40, 44)),
    format("Pinecone key", "pcsk_", Parts(b'_', &[(Alnum, 4, 8), (Alnum, 55, 70)])),
    format("Typeform token", "tfp_", Parts(b'_', &[(Alnum, 40, 48), (Alnum, 10, 16)])),
    format(
        "Langfuse key",
        "sk-lf-",
        Parts(b'-', &[(Hex, 8, 8), (Hex, 4, 4), (Hex, 4, 4), (Hex, 4, 4), (Hex, 12, 12)]),
    ),
    format("Supabase secret key", "sb_secret_", Run(Url, 31, 40)),
    format("age secret key", "AGE-SECRET-KEY-1", Run(Upper, 58, 58)),
];

impl Tail {
    /// Length of the tail at the start of `rest`, if it has the form and looks real.
    fn length(&self, rest: &[u8]) -> Option<usize> {
        match self {
            Self::Run(alphabet, least, most) => {
                run(rest, *alphabet, *least, *most).filter(|n| is_random(rest, 0, *n))
            }
            Self::Checked(length) => {
                let end = run(rest, Alphabet::Alnum, *length, *length)?;
                rest.get(..end).is_some_and(has_checksum).then_some(end)
            }
            Self::Parts(between, parts) => {
                let (mut at, mut last) = (0, 0);
                for (number, (alphabet, least, most)) in parts.iter().enumerate() {
                    if number > 0 {
                        if rest.get(at) != Some(between) {
                            return None;
                        }
                        at += 1;
                    }
                    last = at;
                    at += run(rest.get(at..)?, *alphabet, *least, *most)?;
                }
                is_random(rest, last, at).then_some(at)
            }
        }
    }
}

fn is_random(rest: &[u8], from: usize, to: usize) -> bool {
    rest.get(from..to).and_then(|bytes| str::from_utf8(bytes).ok()).is_some_and(looks_random)
}

/// Length of the run of an alphabet at the start, if it is within the bounds.
fn run(rest: &[u8], alphabet: Alphabet, least: usize, most: usize) -> Option<usize> {
    let length = rest.iter().take(most + 1).take_while(|byte| alphabet.has(**byte)).count();
    (least..=most).contains(&length).then_some(length)
}

/// Bytes of a prefix that tell where to look closer; none is shorter.
const HEAD: usize = 3;

/// The first bytes of each format's prefix.
const HEADS: [[u8; HEAD]; FORMATS.len()] = {
    let mut heads = [[0; HEAD]; FORMATS.len()];
    let mut at = 0;
    while at < FORMATS.len() {
        if let Some(head) = FORMATS[at].prefix.as_bytes().first_chunk() {
            heads[at] = *head;
        }
        at += 1;
    }
    heads
};

/// Places of the table of heads, in bits: a few dozen heads take one in eighty.
const PLACE_BITS: u32 = 12;

/// By the hash of the three bytes at a place of the text: whether a prefix may begin there.
static MAY_BEGIN: [bool; 1 << PLACE_BITS] = {
    let mut table = [false; 1 << PLACE_BITS];
    let mut at = 0;
    while at < FORMATS.len() {
        let [a, b, c] = HEADS[at];
        table[place([a, b, c, 0])] = true;
        at += 1;
    }
    table
};

/// The place of the first three of four bytes, which are read at once.
const fn place(four: [u8; 4]) -> usize {
    // The last byte is the highest, and multiplied out of the number.
    (u32::from_le_bytes(four).wrapping_mul(0x9E37_79B1 << 8) >> (u32::BITS - PLACE_BITS)) as usize
}

/// Finds the tokens of a text: issuer and bytes.
fn find(text: &str) -> Vec<(&'static str, usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut behind = 0;
    // No token is as short as what is left behind the last four bytes.
    for (at, four) in bytes.array_windows().enumerate() {
        if MAY_BEGIN.get(place(*four)) == Some(&true)
            && at >= behind
            && let Some((issuer, start, end)) = token_at(bytes, at)
        {
            found.push((issuer, start, end));
            behind = end;
        }
    }
    found
}

fn token_at(bytes: &[u8], at: usize) -> Option<(&'static str, usize, usize)> {
    let here = bytes.get(at..)?;
    let head = here.first_chunk::<HEAD>()?;
    let before = at.checked_sub(1).and_then(|b| bytes.get(b)).copied().unwrap_or(b' ');
    // In the middle of a word, where a lock file has most of what looks like a prefix, only these have a number before them.
    if before.is_ascii_alphanumeric() && !matches!(head, [b':' | b'.', ..]) {
        return None;
    }
    FORMATS.iter().zip(&HEADS).filter(|(_, own)| *own == head).find_map(|(format, _)| {
        let rest = here.strip_prefix(format.prefix.as_bytes())?;
        let mut start = at;
        if format.prefix.starts_with(':') {
            // The number of the bot stands before the colon.
            let digits = bytes.get(..at)?.iter().rev().take(11).take_while(|b| b.is_ascii_digit()).count();
            if !(8..=10).contains(&digits) {
                return None;
            }
            start = at - digits;
        } else if format.prefix.starts_with('.') {
            // So does the number of Terraform's.
            let number =
                bytes.get(..at)?.iter().rev().take(15).take_while(|b| b.is_ascii_alphanumeric()).count();
            if number != 14 {
                return None;
            }
            start = at - number;
        } else if before.is_ascii_alphanumeric() || (before == b'_' && !format.prefix.contains('.')) {
            return None;
        }
        let length = format.tail.length(rest)?;
        // What is secret of a webhook or connection string stands behind the prefix.
        if format.prefix.contains(['/', '=']) {
            start = at + format.prefix.len();
        }
        Some((format.issuer, start, at + format.prefix.len() + length))
    })
}

/// Keys that the documentation of an emulator prints: of Azure's storage and of Cosmos DB.
const PUBLISHED: [&str; 2] = ["Eby8vdM02xNOcqFl", "C2y6yDjf5/R+ob0N"];
/// Whether a key of Google's is one of those that Firebase gives to browsers and phones: it names a project, and
/// rules on the server say who may do what.
fn is_of_firebase(source: &Source, start: usize) -> bool {
    if matches!(source.file_name(), "google-services.json" | "GoogleService-Info.plist") {
        return true;
    }
    let text = source.text();
    let before = text.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    if is_for_visitors(line.strip_prefix("export ").unwrap_or(line)) {
        return true;
    }
    // The object that Firebase's console shows has the key beside these.
    let from = text.floor_char_boundary(start.saturating_sub(600));
    let around = text.get(from..text.ceil_char_boundary(start + 600)).unwrap_or_default();
    ["authDomain", "messagingSenderId", "firebaseapp.com", "FIREBASE_", "firebaseConfig"]
        .iter()
        .any(|word| around.contains(word))
}

/// `known-token`: a token of a known issuer.
pub(crate) fn known_token(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    for (issuer, start, end) in find(source.text()) {
        // An id of an AWS key alone is half a credential; made up ones in tests are common.
        if is_made_up(source) && issuer.starts_with("AWS") {
            continue;
        }
        if issuer == "Google API key" && is_of_firebase(source, start) {
            continue;
        }
        let token = source.text().get(start..end).unwrap_or_default();
        if PUBLISHED.iter().any(|front| token.starts_with(front)) {
            continue;
        }
        let span = Span { start: start as u32, end: end as u32 };
        let article = if issuer.starts_with(['A', 'I', 'O', 'a', 'x']) { "an" } else { "a" };
        out.finding(Place { span, node: None }, format!("{article} {issuer} stands in the file"))
            .key(format!("issuer={issuer}"))
            .data("issuer", issuer);
    }
}

/// Whether a text is or holds a token of a known issuer: another rule reports it.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() <= 4096 && !find(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::alphabet::crc32;

    /// A GitHub or npm token with the checksum that belongs to its body.
    fn checked(prefix: &str, body: &str) -> String {
        let mut rest = crc32(body.as_bytes());
        let mut tail = String::new();
        for _ in 0..6 {
            let digit =
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(rest % 62) as usize];
            tail.insert(0, char::from(digit));
            rest /= 62;
        }
        format!("{prefix}{body}{tail}")
    }

    #[test]
    fn tokens_are_found_by_form_and_checksum() {
        let body = "zQw7RkT2mVb9XcN4hLp8JsD5fGy3Ae";
        let token = checked("ghp_", body);
        assert_eq!(find(&format!("x = '{token}'\n")), [("GitHub personal access token", 5, 45)]);
        assert!(find(&format!("ghp_{body}abcdef")).is_empty(), "the checksum does not fit");
        assert!(find(&format!("{token}x")).is_empty(), "too long");
        assert!(find(&format!("a{token}")).is_empty(), "inside a word");
    }

    #[test]
    fn keys_of_other_issuers_are_told_apart() {
        let slack = ["xoxb", "2417563829", "7391856402", "kV8mTq2Rz6LwXc4NbYp9Hs"].join("-");
        let telegram = ["731946285", "AAkV8mTq2Rz6LwXc4NbYp9Hs3JdFg7Eu5Wx"].join(":");
        let aws = ["AKIA", "Z7QXW3RMTN5VBLKP"].concat();
        let stripe = ["sk", "live", "kV8mTq2Rz6LwXc4NbYp9Hs3J"].join("_");
        for token in [slack, telegram, aws, stripe] {
            assert_eq!(find(&token).len(), 1, "{token}");
        }
    }

    #[test]
    fn a_number_may_stand_before_the_sign() {
        let body = "RbHs3JdFg7Eu5WxQ8cNyV6aTzB1oGi0hKdMfRuPe4LsYj2UnXk9vQm3TbC";
        let token = ["k7Pq2vXw9LmZ4t", "atlasv1", &format!("{body}kV8mTq2R")].join(".");
        assert_eq!(find(&format!("token = {token}")), [("Terraform Cloud token", 8, 8 + token.len())]);
        assert!(find(&["k7", "atlasv1", body].join(".")).is_empty());
    }

    #[test]
    fn examples_and_words_are_no_tokens() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAXXXXXXXXXXXXXXXX",
            "sk_live_your_key_here_please_ok",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "glpat-xxxxxxxxxxxxxxxxxxxx",
            "hf_transformers",
            "SKILLS",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
