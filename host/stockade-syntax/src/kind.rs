//! What a file can be. Kinds cross the plugin boundary as strings; this enum is their one list.

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a file is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FileKind { $($(#[$doc])* $variant,)* }

        impl FileKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that packs, plugins and reports use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// Dockerfile or Containerfile.
    Dockerfile = "dockerfile",
    /// `.dockerignore` or `.containerignore`.
    Dockerignore = "dockerignore",
    /// YAML or JSON that holds Kubernetes objects (also custom resources, and templates of a Helm chart).
    Kubernetes = "kubernetes",
    /// Nothing but definitions of custom resources: schemas, whose property names are no settings.
    KubernetesCrd = "kubernetes-crd",
    /// `kustomization.yaml`.
    Kustomization = "kustomization",
    /// A partial Kubernetes object that a kustomization merges into a whole one.
    KustomizePatch = "kustomize-patch",
    /// `Chart.yaml`.
    HelmChart = "helm-chart",
    /// `values.yaml` of a chart.
    HelmValues = "helm-values",
    /// Named templates of a chart: `_helpers.tpl`.
    HelmHelpers = "helm-helpers",
    /// Compose file.
    Compose = "compose",
    /// GitHub Actions workflow.
    GithubWorkflow = "github-workflow",
    /// GitLab CI file.
    GitlabCi = "gitlab-ci",
    /// Prometheus rule file.
    PrometheusRules = "prometheus-rules",
    /// Any other YAML.
    Yaml = "yaml",
    /// `package.json`.
    PackageJson = "package-json",
    /// Any other JSON, also with comments.
    Json = "json",
    /// One JSON value a line.
    JsonLines = "json-lines",
    /// `pyproject.toml`.
    Pyproject = "pyproject",
    /// `Pipfile`.
    Pipfile = "pipfile",
    /// Any other TOML.
    Toml = "toml",
    /// `.env` file.
    Dotenv = "dotenv",
    /// systemd unit.
    Systemd = "systemd",
    /// `setup.cfg`.
    SetupCfg = "setup-cfg",
    /// Any other INI.
    Ini = "ini",
    /// Java properties.
    Properties = "properties",
    /// `_headers`: what a host of static sites (Netlify, Cloudflare Pages) sends with which paths.
    SiteHeaders = "site-headers",
    /// nginx configuration.
    Nginx = "nginx",
    /// Apache httpd configuration.
    Apache = "apache",
    /// pip requirements or constraints.
    Requirements = "requirements",
    /// `sshd_config`.
    Sshd = "sshd",
    /// Shell script.
    Shell = "shell",
    /// Makefile.
    Makefile = "makefile",
    /// Rules of nftables.
    Nftables = "nftables",
    /// Rules as `iptables-save` writes them.
    Iptables = "iptables",
    /// Who becomes whom by sudo.
    Sudoers = "sudoers",
    /// Folders that are exported over NFS.
    NfsExports = "nfs-exports",
    /// Configuration of the name server BIND.
    Bind = "bind",
    /// Configuration of the SNMP agent snmpd.
    Snmpd = "snmpd",
    /// Accounts of Redis and Valkey, as `aclfile` names them.
    RedisAcl = "redis-acl",
    /// Documentation in Markdown.
    Markdown = "markdown",
    /// `.gitignore`.
    Gitignore = "gitignore",
    /// Certificates and keys in text form (PEM, OpenSSH, PuTTY).
    Pem = "pem",
    /// A certificate or key in binary form (DER).
    Der = "der",
    /// A file that holds keys, passwords or data in a form of its own: PKCS#12, JKS, KeePass, SQLite, LMDB, wallets.
    Keystore = "keystore",
    /// Source code of a programming language: text without a tree.
    Source = "source",
}

impl FileKind {
    /// Whether there is nothing in it for anybody but a rule of its kind: such files are read only where one is on.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Makefile
                | Self::Nftables
                | Self::Iptables
                | Self::Sudoers
                | Self::NfsExports
                | Self::Bind
                | Self::Snmpd
                | Self::RedisAcl
                | Self::Markdown
                | Self::Gitignore
                | Self::Pem
                | Self::Der
                | Self::Keystore
                | Self::Source
        )
    }

    /// Whether such a file may be binary.
    #[must_use]
    pub const fn may_be_binary(self) -> bool {
        matches!(self, Self::Pem | Self::Der | Self::Keystore)
    }

    /// Whether files of this kind are YAML streams, which hold any number of documents.
    #[must_use]
    pub const fn has_documents(self) -> bool {
        matches!(
            self,
            Self::Yaml
                | Self::Kubernetes
                | Self::KubernetesCrd
                | Self::Kustomization
                | Self::KustomizePatch
                | Self::HelmChart
                | Self::HelmValues
                | Self::Compose
                | Self::GithubWorkflow
                | Self::GitlabCi
                | Self::PrometheusRules
        )
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}
