//! Names and folders that say what a file is. Tables and patterns only; nothing here sees content.

use super::pipeline::is_named;
use super::translations::is_translation;
use super::{Family, PathClass};
use crate::FileKind::{self, *};
use std::borrow::Cow;

const LOCK: &str = "generated lock file";
const NO_CLAIM: &str = "no format claims this name";

/// Endings that say "to be filled in or copied": what stands before them is the real name.
const TEMPLATE_ENDINGS: [&str; 15] = [
    ".j2",
    ".jinja",
    ".jinja2",
    ".erb",
    ".tmpl",
    ".gotmpl",
    ".tpl",
    ".template",
    ".example",
    ".sample",
    ".dist",
    ".in",
    ".override",
    ".orig",
    ".mustache",
];

/// Endings of programming and markup languages: such a file is no Dockerfile or env file whatever it is named.
const CODE_ENDINGS: [&str; 24] = [
    "c", "cs", "css", "d", "ex", "go", "html", "java", "js", "kt", "lua", "m4", "md", "mjs", "php", "pl",
    "png", "py", "rb", "rs", "rst", "svg", "ts", "vim",
];

/// Endings of what belongs to a Dockerfile or teaches an editor about them, in small letters.
const ABOUT_DOCKERFILES: [&str; 5] = ["license", "m4", "nanorc", "tmlanguage", "tmpreferences"];

/// Files without an ending that are prose or belong to build tools.
const PROSE: [&str; 20] = [
    "license",
    "licence",
    "readme",
    "copying",
    "notice",
    "authors",
    "owners",
    "codeowners",
    "changelog",
    "contributing",
    "contributors",
    "maintainers",
    "gemfile",
    "rakefile",
    "vagrantfile",
    "jenkinsfile",
    "procfile",
    "brewfile",
    "justfile",
    "version",
];

struct Parts<'a> {
    /// Lower case.
    folders: &'a str,
    /// Lower case.
    name: &'a str,
}

impl Parts<'_> {
    fn in_folder(&self, folder: &str) -> bool {
        self.folders.split('/').any(|part| part == folder)
    }

    fn parent(&self) -> &str {
        self.folders.rsplit('/').next().unwrap_or_default()
    }
}

pub(super) fn classify(path: &str) -> PathClass {
    let lower: Cow<'_, str> = if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(path.to_ascii_lowercase())
    } else {
        Cow::Borrowed(path)
    };
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let mut parts = Parts { folders, name };
    if let Some(class) = by_name(&parts) {
        return class;
    }
    if let Some(class) = source(&parts) {
        return class;
    }
    // `default.conf.template.j2`: endings are peeled until a name is known, each time from a shorter name.
    while let Some(inner) = strip_template_ending(parts.name) {
        parts.name = inner;
        if let Some(class) = by_name(&parts) {
            return class;
        }
    }
    if !parts.name.contains('.') && !PROSE.contains(&parts.name) {
        return content(Family::Script, None, "no ending, and no #! line of a shell");
    }
    PathClass::Nothing(NO_CLAIM)
}

/// Endings of languages whose files are read for what they hand to libraries and programs.
const SOURCES: [&str; 34] = [
    "py", "pyw", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go", "java", "kt", "kts", "scala",
    "groovy", "gradle", "rb", "php", "cs", "vb", "fs", "rs", "c", "cc", "cpp", "cxx", "h", "hpp", "swift",
    "ex", "exs", "pl", "ps1",
];

/// Folders of code that others wrote and a tool put there.
const VENDORED: [&str; 7] =
    ["node_modules", "vendor", "third_party", "bower_components", "site-packages", ".venv", "pods"];

/// Source code of the repository's own.
fn source(parts: &Parts<'_>) -> Option<PathClass> {
    let (stem, ending) = parts.name.rsplit_once('.')?;
    if !SOURCES.contains(&ending) {
        return None;
    }
    if VENDORED.iter().any(|folder| parts.in_folder(folder)) {
        return Some(PathClass::Nothing("code of others, by its folder"));
    }
    if stem.ends_with(".d")
        || stem.ends_with(".min")
        || stem.ends_with(".bundle")
        || stem.ends_with("_pb2")
        || stem.ends_with(".pb")
    {
        return Some(PathClass::Nothing("named as generated"));
    }
    Some(PathClass::Known(Source, "named as source code"))
}

fn strip_template_ending(name: &str) -> Option<&str> {
    TEMPLATE_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|inner| !inner.is_empty())
}

const fn content(family: Family, fallback: Option<FileKind>, reason: &'static str) -> PathClass {
    PathClass::Content { family, fallback, reason }
}

fn by_name(parts: &Parts<'_>) -> Option<PathClass> {
    let name = parts.name;
    if let Some((kind, reason)) = exact(name) {
        return Some(match kind {
            Some(kind) => PathClass::Known(kind, reason),
            None => PathClass::Nothing(reason),
        });
    }
    if let Some(class) = system(parts) {
        return Some(class);
    }
    if let Some(class) = dockerfile(name).or_else(|| env_file(name)).or_else(|| requirements(parts)) {
        return Some(class);
    }
    if is_translation(parts.folders, name) {
        return Some(PathClass::Nothing("texts in the languages of people, by name and folder"));
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending {
        "yaml" | "yml" => Some(yaml(parts, stem)),
        "json" | "jsonc" | "json5" | "hujson" => Some(json(name, stem)),
        "jsonl" | "ndjson" => Some(PathClass::Known(JsonLines, "named *.jsonl")),
        "toml" => Some(PathClass::Known(Toml, "named *.toml")),
        "properties" => Some(PathClass::Known(Properties, "named *.properties")),
        "ini" | "cnf" => Some(PathClass::Known(Ini, "named *.ini")),
        "sh" | "bash" | "ksh" | "ash" => Some(content(Family::Script, Some(Shell), "named *.sh")),
        "tpl" if parts.in_folder("templates") => {
            Some(PathClass::Known(HelmHelpers, "a *.tpl of a chart's templates"))
        }
        "md" | "markdown" => Some(PathClass::Known(Markdown, "named *.md")),
        "mk" | "mak" => Some(PathClass::Known(Makefile, "named *.mk")),
        "nft" | "nftables" => Some(PathClass::Known(Nftables, "named *.nft")),
        "iptables" | "ip6tables" => Some(PathClass::Known(Iptables, "named *.iptables")),
        "types" if stem == "mime" => {
            Some(content(Family::Conf, None, "a list of types, but not in the language of nginx"))
        }
        "ps1" | "psm1" | "psd1" => Some(PathClass::Nothing("PowerShell: not read")),
        "bat" | "cmd" => Some(PathClass::Nothing("a batch file of Windows: not read")),
        "nginx" | "nginxconf" | "vhost" => Some(PathClass::Known(Nginx, "named *.nginx")),
        "timer" | "socket" | "service" | "mount" | "automount" | "path" | "slice" | "target" | "swap"
        | "network" | "netdev" | "container" | "kube" | "pod" | "volume" | "nspawn" => {
            Some(content(Family::Conf, None, "named like a systemd unit, but holds no section of one"))
        }
        "lock" | "lockb" | "lockfile" => Some(PathClass::Nothing(LOCK)),
        "pem" | "crt" | "cer" | "cert" | "key" | "der" | "ppk" => {
            Some(PathClass::Known(Pem, "named as a certificate or key"))
        }
        // Certificates and keys stand in it as blocks.
        "ovpn" => Some(PathClass::Known(Pem, "named as a configuration of OpenVPN")),
        "p12" | "pfx" | "jks" | "jceks" | "bcfks" | "keystore" | "truststore" | "kdb" | "kdbx" | "mdb"
        | "sqlite" | "sqlite3" | "db" | "wallet" | "keytab" => {
            Some(PathClass::Known(Keystore, "named as a store of keys or data"))
        }
        "kubeconfig" => Some(PathClass::Known(Yaml, "named *.kubeconfig")),
        // What was made, with the passwords and keys that it got: nobody's settings, but read for secrets.
        "tfstate" => Some(PathClass::Known(Source, "named as a state of Terraform")),
        "conf" | "cfg" | "config" => Some(conf(parts, stem)),
        "cf" if stem == "main" => Some(PathClass::Known(Ini, "named as the configuration of Postfix")),
        "rules" => Some(content(Family::Yaml, None, "named *.rules, but holds no alerts or records")),
        // An Ansible inventory; the system's own list of hosts has no sections.
        "" if matches!(stem, "hosts" | "inventory") => {
            Some(content(Family::Conf, None, "holds no sections of an inventory"))
        }
        "" => web_site(parts),
        // `sites-available/example.com` has an "ending" that is none.
        _ => web_site(parts),
    }
}

/// Names that say it all. `None`: left out.
fn exact(name: &str) -> Option<(Option<FileKind>, &'static str)> {
    let known = |kind, reason| Some((Some(kind), reason));
    match name {
        "dockerfile" | "containerfile" => known(Dockerfile, "named Dockerfile"),
        ".gitignore" => known(Gitignore, "named .gitignore"),
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => known(Pem, "named as a key of SSH"),
        "ipsec.secrets" => known(Pem, "named as keys of IPsec"),
        "wallet.dat" | "data.mdb" => known(Keystore, "named as a store of keys or data"),
        "kubeconfig" => known(Yaml, "named kubeconfig"),
        "mongod.conf" | "mongos.conf" => known(Yaml, "a configuration of MongoDB, which is YAML"),
        ".dockerignore" | ".containerignore" => known(Dockerignore, "named .dockerignore"),
        "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml" => {
            known(Compose, "named compose.yaml")
        }
        "chart.yaml" | "chart.yml" => known(HelmChart, "named Chart.yaml"),
        "values.yaml" | "values.yml" => known(HelmValues, "named values.yaml"),
        "_helpers.tpl" => known(HelmHelpers, "named _helpers.tpl"),
        "kustomization.yaml" | "kustomization.yml" | "kustomization" => {
            known(Kustomization, "named kustomization.yaml")
        }
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => known(GitlabCi, "named .gitlab-ci.yml"),
        "package.json" => known(PackageJson, "named package.json"),
        "pyproject.toml" => known(Pyproject, "named pyproject.toml"),
        "pipfile" => known(Pipfile, "named Pipfile"),
        "setup.cfg" => known(SetupCfg, "named setup.cfg"),
        "nginx.conf" | "fastcgi_params" | "fastcgi.conf" | "uwsgi_params" | "scgi_params"
        | "proxy_params" => known(Nginx, "named as a file of nginx"),
        "httpd.conf" | "apache2.conf" | "apache.conf" | ".htaccess" | "httpd-ssl.conf"
        | "httpd-vhosts.conf" => known(Apache, "named as a file of Apache httpd"),
        "sshd_config" => known(Sshd, "named sshd_config"),
        "_headers" => known(SiteHeaders, "named _headers"),
        "makefile" | "gnumakefile" => known(Makefile, "named Makefile"),
        "nftables.conf" => known(Nftables, "named nftables.conf"),
        "sudoers" => known(Sudoers, "named sudoers"),
        "named.conf" | "named.conf.options" | "named.conf.local" | "named.conf.default-zones" => {
            known(Bind, "named as a file of BIND")
        }
        "snmpd.conf" | "snmpd.local.conf" => known(Snmpd, "named as the configuration of snmpd"),
        "users.acl" => known(RedisAcl, "named users.acl"),
        "login.defs" => known(Properties, "named login.defs"),
        "rules.v4" | "rules.v6" | "iptables.rules" | "ip6tables.rules" => {
            known(Iptables, "named as saved rules of iptables")
        }
        ".envrc" | ".bashrc" | ".bash_profile" | ".bash_login" | ".profile" | ".bash_aliases"
        | "bash.bashrc" | "bashrc" => known(Shell, "named as a shell's startup file"),
        "tox.ini" | ".npmrc" | "npmrc" | ".pypirc" | "pip.conf" | ".s3cfg" | ".boto" | ".flake8"
        | ".pylintrc" | ".coveragerc" | ".gitconfig" | "gitconfig" => {
            known(Ini, "named as a file in INI form")
        }
        ".condarc" => known(Yaml, "named as the settings of conda"),
        ".dockercfg" | ".dockerconfigjson" => known(Json, "named as logins of Docker"),
        // Languages of their own, or XML: no settings are read, only the logins.
        ".netrc" | "_netrc" | ".pgpass" | ".git-credentials" | "settings.xml" | "nuget.config"
        | "tomcat-users.xml" | "groups.xml" | "web.config" | "app.config" => {
            known(Source, "named as a file of logins")
        }
        "ssh_config" => known(Properties, "named ssh_config"),
        "package-lock.json"
        | "npm-shrinkwrap.json"
        | "pnpm-lock.yaml"
        | "composer.lock"
        | "go.sum"
        | "deno.lock"
        | "packages.lock.json"
        | "project.assets.json"
        | "conda-lock.yml"
        | "shard.lock"
        | "go.work.sum"
        | ".terraform.lock.hcl"
        | "jsonnetfile.lock.json"
        | "pylock.toml" => Some((None, LOCK)),
        "custom-environment-variables.json"
        | "custom-environment-variables.json5"
        | "custom-environment-variables.yaml"
        | "custom-environment-variables.yml"
        | "custom-environment-variables.toml" => {
            Some((None, "names of variables for settings, not their values"))
        }
        _ => None,
    }
}

/// `Dockerfile.dev`, `Dockerfile-dev`, `web.Dockerfile`, `Containerfile.debian`.
fn dockerfile(name: &str) -> Option<PathClass> {
    if name.ends_with(".dockerignore") {
        return Some(PathClass::Known(Dockerignore, "named *.dockerignore"));
    }
    if name.ends_with(".dockerfile") || name.ends_with(".containerfile") {
        return Some(PathClass::Known(Dockerfile, "named *.Dockerfile"));
    }
    let rest = name.strip_prefix("dockerfile").or_else(|| name.strip_prefix("containerfile"))?;
    if !rest.starts_with(['.', '-', '_']) {
        return None;
    }
    let ending = rest.rsplit('.').next().unwrap_or_default();
    // What m4 makes one of reads as no Dockerfile.
    if ABOUT_DOCKERFILES.contains(&ending) {
        return None;
    }
    let other =
        CODE_ENDINGS.contains(&ending) || matches!(ending, "json" | "yaml" | "yml" | "toml" | "txt" | "sh");
    Some(if other || !rest.starts_with('.') {
        content(Family::Dockerfile, None, "named like a Dockerfile, but holds no FROM")
    } else {
        PathClass::Known(Dockerfile, "named Dockerfile.*")
    })
}

/// Files below `etc` that have their meaning from where they lie: in images, packages and the roles of Ansible.
fn system(parts: &Parts<'_>) -> Option<PathClass> {
    let env = |reason| Some(PathClass::Known(Dotenv, reason));
    match (parts.parent(), parts.name) {
        ("etc", "environment") => env("named etc/environment"),
        ("etc", "profile") => Some(PathClass::Known(Shell, "named etc/profile")),
        (".ssh", "config") => Some(PathClass::Known(Properties, "named as the settings of ssh")),
        ("ssh_config.d", name) if name.ends_with(".conf") => {
            Some(PathClass::Known(Properties, "in ssh_config.d"))
        }
        // sudo reads no others there.
        ("sudoers.d", name) if !name.contains('.') && !name.ends_with('~') && !PROSE.contains(&name) => {
            Some(PathClass::Known(Sudoers, "in sudoers.d"))
        }
        ("etc" | "nfs" | "templates" | "files", "exports") => {
            Some(PathClass::Known(NfsExports, "named as the exports of NFS"))
        }
        ("exports.d", name) if name.ends_with(".exports") => {
            Some(PathClass::Known(NfsExports, "in exports.d"))
        }
        (".bundle", "config") => Some(PathClass::Known(Yaml, "named as the settings of Bundler")),
        ("git", "config") => Some(PathClass::Known(Ini, "named as the settings of git")),
        ("environment.d", name) if name.ends_with(".conf") => env("in environment.d"),
        ("default" | "sysconfig", name)
            if parts.folders.ends_with("etc/default") || parts.folders.ends_with("etc/sysconfig") =>
        {
            (!name.contains('.')).then_some(()).and_then(|()| env("in a folder of a service's variables"))
        }
        _ => None,
    }
}

/// `.env`, `.env.local`, `prod.env`, `env.example`, `.flaskenv`.
fn env_file(name: &str) -> Option<PathClass> {
    let ending = name.rsplit('.').next().unwrap_or_default();
    let named = name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name.ends_with(".env")
        || name.contains(".env.")
        || matches!(
            name,
            "env.example" | "env.sample" | "env.template" | "env.dist" | "env.default" | ".flaskenv"
        );
    if !named
        || CODE_ENDINGS.contains(&ending)
        || matches!(ending, "json" | "yaml" | "yml" | "toml" | "sh" | "gpg" | "enc")
    {
        return None;
    }
    Some(PathClass::Known(Dotenv, "named as an env file"))
}

/// Words of names such as `apt-requirements.txt`: what is required is no package of Python.
const OTHER_MANAGERS: [&str; 11] =
    ["apt", "apk", "brew", "conda", "deb", "dnf", "galaxy", "npm", "pacman", "rpm", "yum"];
/// First words of names such as `system_requirements.txt`: what is required is told to people.
const OF_MACHINES: [&str; 5] = ["functional", "hardware", "os", "software", "system"];

/// Whether a file of requirements has a name by which they are those of something other than Python.
fn requires_other(stem: &str) -> bool {
    let mut words = stem.split(['-', '_', '.']);
    let first = words.next().unwrap_or_default();
    OF_MACHINES.contains(&first) || [first].into_iter().chain(words).any(|w| OTHER_MANAGERS.contains(&w))
}

fn requirements(parts: &Parts<'_>) -> Option<PathClass> {
    let (stem, ending) = parts.name.rsplit_once('.')?;
    if !matches!(ending, "txt" | "in" | "pip") || requires_other(stem) {
        return None;
    }
    let named = stem.starts_with("requirements")
        || stem.ends_with("requirements")
        || stem.starts_with("constraints")
        || stem.ends_with("constraints")
        || matches!(parts.parent(), "requirements" | "reqs");
    named.then_some(PathClass::Known(Requirements, "named as a requirements file"))
}

fn yaml(parts: &Parts<'_>, stem: &str) -> PathClass {
    let folders = parts.folders;
    if folders.ends_with(".github/workflows")
        || folders.ends_with(".gitea/workflows")
        || folders.ends_with(".forgejo/workflows")
    {
        return PathClass::Known(GithubWorkflow, "a workflow by its folder");
    }
    if stem.ends_with(".gitlab-ci")
        || stem.starts_with(".gitlab-ci.")
        || parts.in_folder(".gitlab") && parts.in_folder("ci")
    {
        return PathClass::Known(GitlabCi, "a part of a GitLab pipeline by its name");
    }
    if is_named(folders, parts.name) {
        return PathClass::Known(Yaml, "a pipeline by its name or folder");
    }
    if stem.starts_with("docker-compose")
        && stem.as_bytes().get(14).is_none_or(|b| matches!(b, b'.' | b'-' | b'_'))
        || stem.starts_with("compose.")
        || stem.ends_with(".compose")
    {
        return PathClass::Known(Compose, "named docker-compose*.yaml");
    }
    if stem.starts_with("compose-")
        || stem.starts_with("compose_")
        || stem.ends_with("docker-compose")
        || stem.ends_with("-compose")
    {
        return content(Family::Yaml, Some(Yaml), "named *.yaml, without the marks of a more special kind");
    }
    if stem.ends_with("-lock") || stem.ends_with(".lock") {
        return PathClass::Nothing(LOCK);
    }
    let values = ["values-", "values.", "values_"].iter().any(|start| stem.starts_with(start))
        || ["-values", ".values", "_values"].iter().any(|end| stem.ends_with(end));
    if values {
        return content(Family::Yaml, Some(HelmValues), "named values-*.yaml");
    }
    content(Family::Yaml, Some(Yaml), "named *.yaml, without the marks of a more special kind")
}

fn json(name: &str, stem: &str) -> PathClass {
    if stem == "stockade-baseline" {
        return PathClass::Nothing("the list of findings that are known");
    }
    if stem.ends_with(".lock") || stem.ends_with("-lock") {
        return PathClass::Nothing(LOCK);
    }
    if stem.ends_with(".min") || name.ends_with(".map.json") {
        return PathClass::Nothing("named as minified");
    }
    content(Family::Json, Some(Json), "named *.json")
}

fn conf(parts: &Parts<'_>, stem: &str) -> PathClass {
    if stem.starts_with("sshd_config") || parts.in_folder("sshd_config.d") {
        return PathClass::Known(Sshd, "in sshd_config.d");
    }
    const WITH_BLANKS: [&str; 9] = [
        "redis",
        "valkey",
        "sentinel",
        "mosquitto",
        "spark-defaults",
        "turnserver",
        "haproxy",
        "pg_hba",
        "squid",
    ];
    if WITH_BLANKS.iter().any(|product| stem.contains(product)) {
        return PathClass::Known(
            Properties,
            "a configuration of keys and values separated by spaces, by its name",
        );
    }
    if stem == "haproxy" {
        return PathClass::Nothing(NO_CLAIM);
    }
    content(Family::Conf, None, "holds nothing of nginx, Apache httpd, INI or systemd")
}

/// Files of web servers that have no ending of their own, and `sshd_config` with something behind it.
fn web_site(parts: &Parts<'_>) -> Option<PathClass> {
    // The page of its manual and the sums that a package keeps of it are named alike.
    let of_another = [".5", ".8", "sum", "sums", ".html"].iter().any(|end| parts.name.ends_with(end));
    if parts.name.starts_with("sshd_config") && !of_another {
        return Some(PathClass::Known(Sshd, "named sshd_config*"));
    }
    let site = matches!(parts.parent(), "sites-available" | "sites-enabled" | "snippets" | "conf.d")
        && (parts.in_folder("nginx") || parts.in_folder("apache2") || parts.parent().starts_with("sites-"));
    let bare = parts.parent() == "nginx" && !parts.name.contains('.') && !PROSE.contains(&parts.name);
    if site || bare || matches!(parts.parent(), "vhost.d" | "vhosts.d") {
        return Some(content(Family::Conf, None, "in a web server's folder, but holds nothing of one"));
    }
    let aws = parts.parent() == ".aws" && matches!(parts.name, "credentials" | "config");
    aws.then_some(PathClass::Known(Ini, "a file of the AWS command line"))
}
