//! HTTP with everything bounded: time, size, redirects, and where they may lead.

use crate::KitError;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Request, Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// How long a connection may take to stand, and a whole exchange to end.
const CONNECT: Duration = Duration::from_secs(20);
const EXCHANGE: Duration = Duration::from_secs(300);
/// Registries redirect to their storage once; a few more are normal on the web.
const REDIRECTS: usize = 5;
/// Bytes of a server's text that a message repeats.
const SHOWN: usize = 200;

/// A login at one registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry, as in references: `ghcr.io`.
    pub host: String,
    /// `user:password`.
    pub user_and_password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the password.
        write!(f, "Login({})", self.host)
    }
}

/// The authorities whose certificates count.
#[derive(Clone, Debug, Default)]
pub enum Authorities {
    /// Those that browsers trust.
    #[default]
    Public,
    /// These and no others.
    Own(Vec<Certificate<'static>>),
}

impl Authorities {
    /// The certificates of a text in PEM.
    ///
    /// # Errors
    /// [`KitError::Authorities`] where there is none, or one is damaged.
    pub fn from_pem(pem: &str) -> Result<Self, KitError> {
        let mut own = Vec::new();
        for item in parse_pem(pem.as_bytes()) {
            match item {
                Ok(PemItem::Certificate(certificate)) => own.push(certificate),
                Ok(_) => {}
                Err(error) => return Err(KitError::Authorities { reason: shown(&error.to_string()) }),
            }
        }
        if own.is_empty() {
            return Err(KitError::Authorities { reason: "there is no certificate in it".to_owned() });
        }
        Ok(Self::Own(own))
    }
}

/// Speaks to servers.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    pub(crate) login: Option<Login>,
}

impl Client {
    /// A client that has this login and trusts these authorities.
    #[must_use]
    pub fn new(login: Option<Login>, authorities: &Authorities) -> Self {
        Self::within(login, authorities, EXCHANGE)
    }

    /// As [`Client::new`], for exchanges of at most this time.
    pub(crate) fn within(login: Option<Login>, authorities: &Authorities, exchange: Duration) -> Self {
        let roots = match authorities {
            Authorities::Public => RootCerts::WebPki,
            Authorities::Own(own) => RootCerts::new_with_certs(own),
        };
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(exchange))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("stockade/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), login }
    }

    /// The file at an https URL, of at most `limit` bytes.
    ///
    /// # Errors
    /// Where it cannot be had, or redirects to somewhere that is not https.
    pub fn fetch(&self, url: &str, limit: usize) -> Result<Vec<u8>, KitError> {
        let answer = self.send(&Call { limit, ..Call::get(url) })?;
        answer.expect(url, &[200]).map(|answer| answer.body)
    }

    /// Makes a call and follows redirects of calls that read.
    pub(crate) fn send(&self, call: &Call<'_>) -> Result<Answer, KitError> {
        let mut url = call.url.to_owned();
        let mut authorization = call.authorization;
        for _ in 0..=REDIRECTS {
            let here = Place::parse(&url)?;
            let answer = self.once(call, &url, authorization)?;
            let follows = matches!(answer.status, 301 | 302 | 303 | 307 | 308) && call.method == "GET";
            let Some(to) = answer.location.as_deref().filter(|_| follows) else { return Ok(answer) };
            let next = here.join(to)?;
            let there = Place::parse(&next)?;
            if here.secure && !there.secure {
                return Err(KitError::Insecure { url: shown(&next) });
            }
            // Credentials are for whom they were meant.
            if there.authority != here.authority {
                authorization = None;
            }
            url = next;
        }
        Err(KitError::Network { url: shown(call.url), reason: format!("more than {REDIRECTS} redirects") })
    }

    fn once(&self, call: &Call<'_>, url: &str, authorization: Option<&str>) -> Result<Answer, KitError> {
        let network = |error: &ureq::Error| match (error, distrust(error)) {
            (ureq::Error::BodyExceedsLimit(_), _) => {
                KitError::TooLarge { url: shown(url), limit: call.limit }
            }
            (_, Some(reason)) => KitError::Untrusted { url: shown(url), reason },
            (other, None) => KitError::Network { url: shown(url), reason: shown(&other.to_string()) },
        };
        let mut request = Request::builder().method(call.method).uri(url);
        for (name, value) in [("Accept", call.accept), ("Authorization", authorization)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let unsendable =
            |error: ureq::http::Error| KitError::Network { url: shown(url), reason: error.to_string() };
        let response: Result<Response<ureq::Body>, ureq::Error> = match call.body {
            Some((kind, bytes)) => {
                let request = request.header("Content-Type", kind).body(bytes).map_err(unsendable)?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).map_err(unsendable)?),
        };
        let response = response.map_err(|error| network(&error))?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (location, challenge) = (header("location"), header("www-authenticate"));
        let status = response.status().as_u16();
        let limit = u64::try_from(call.limit).unwrap_or(u64::MAX);
        let body = response.into_body().into_with_config().limit(limit).read_to_vec();
        let body = body.map_err(|error| network(&error))?;
        Ok(Answer { status, location, challenge, body })
    }
}

/// What is wrong with a server's certificate, if that is why a call failed.
fn distrust(error: &ureq::Error) -> Option<String> {
    use rustls::CertificateError as Wrong;
    // The handshake is part of the first write or read, so its error arrives inside one of those.
    let inside = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<rustls::Error>()?,
        _ => return None,
    };
    let rustls::Error::InvalidCertificate(wrong) = inside else { return None };
    Some(match wrong {
        Wrong::UnknownIssuer => "nobody that is trusted has signed its certificate".to_owned(),
        Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
            "its certificate is not valid yet".to_owned()
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        Wrong::BadSignature => "its certificate is not signed by whom it names".to_owned(),
        other => shown(&other.to_string()),
    })
}

/// A call to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: &'a str,
    pub(crate) accept: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    /// Content type and bytes.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    /// Most bytes of the answer's body.
    pub(crate) limit: usize,
}

impl<'a> Call<'a> {
    pub(crate) fn get(url: &'a str) -> Self {
        Self { method: "GET", url, accept: None, authorization: None, body: None, limit: 64 << 10 }
    }
}

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Itself, if it has one of these numbers.
    pub(crate) fn expect(self, url: &str, statuses: &[u16]) -> Result<Self, KitError> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        Err(KitError::Status { url: shown(url), status: self.status })
    }
}

/// Where a URL leads, and whether nobody on the way can change what comes from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    scheme: String,
    pub(crate) authority: String,
    secure: bool,
}

impl Place {
    /// Reads an https URL, or an http one of this machine itself.
    pub(crate) fn parse(url: &str) -> Result<Self, KitError> {
        let bad = |reason: &str| KitError::Source { reason: format!("{reason} (`{}`)", shown(url)) };
        let uri: Uri = url.parse().map_err(|_| bad("this is no URL"))?;
        let authority = uri.authority().ok_or_else(|| bad("the URL names no server"))?;
        if authority.as_str().contains('@') {
            return Err(bad("a URL must not hold a login"));
        }
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        let secure = match scheme.as_str() {
            "https" => true,
            "http" if is_this_machine(authority.host()) => false,
            _ => return Err(KitError::Insecure { url: shown(url) }),
        };
        Ok(Self { scheme, authority: authority.as_str().to_owned(), secure })
    }

    /// The URL that a `Location` means here: a whole one, or a path from the root.
    pub(crate) fn join(&self, location: &str) -> Result<String, KitError> {
        if location.contains("://") {
            return Ok(location.to_owned());
        }
        if location.starts_with('/') && !location.starts_with("//") {
            return Ok(format!("{}://{}{location}", self.scheme, self.authority));
        }
        Err(KitError::Answer { reason: format!("it redirects to `{}`", shown(location)) })
    }
}

/// Whether a host is the machine that this runs on.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A server's or user's text for a message: short, and nothing that moves a cursor.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(SHOWN)
        .flat_map(|c| if c == ' ' { vec![' '] } else { c.escape_debug().collect() })
        .collect()
}
