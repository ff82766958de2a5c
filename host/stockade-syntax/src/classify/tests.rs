use super::*;
use crate::FileKind::{self, *};

fn kind(path: &str, text: &str) -> Option<FileKind> {
    let found = classify(path, text);
    assert!(!found.reason.is_empty(), "{path} has no reason");
    found.kind
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";
const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nspec:\n  selector: {}\n  template:\n    image: a\n";
const PARTIAL: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\nspec:\n  replicas: 3\n";
const SITE: &str = "server {\n  listen 80;\n  location / { return 200; }\n}\n";
const HOST: &str = "<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n";
const COMPOSE: &str = "services:\n  web:\n    image: nginx\n";

/// Path, content, expected kind.
const CASES: &[(&str, &str, Option<FileKind>)] = &[
    ("Dockerfile", "", Some(Dockerfile)),
    ("a/b/Dockerfile.prod", "", Some(Dockerfile)),
    ("web.Dockerfile", "", Some(Dockerfile)),
    ("web.dockerfile", "", Some(Dockerfile)),
    ("Containerfile", "", Some(Dockerfile)),
    ("Containerfile.debian", "", Some(Dockerfile)),
    ("Dockerfile-dev", "# c\nARG V=1\nFROM a:$V\n", Some(Dockerfile)),
    ("Dockerfile-dev", "hello", None),
    ("dockerfile.go", "package dockerfile\n", None),
    ("Dockerfile.go", "FROM golang\n", Some(Dockerfile)),
    ("Dockerfile.j2", "FROM {{ base }}\n", Some(Dockerfile)),
    ("Dockerfile.deb.m4", "FROM DOCKER_IMAGE\n", None),
    ("Containerfile.license", "Apache-2.0\n", None),
    ("Dockerfile.tmLanguage", "<?xml version=\"1.0\"?>\n", None),
    ("salt.sdb.env.rst", "salt.sdb.env\n============\n", None),
    ("Dockerfile.dockerignore", "*", Some(Dockerignore)),
    (".dockerignore", "*", Some(Dockerignore)),
    ("dockerfiles.md", "FROM here\n", Some(Markdown)),
    ("Dockerfile.md", "# About\n", None),
    ("Makefile", "all:\n", Some(Makefile)),
    (".dockerconfigjson", "{}", Some(Json)),
    ("home/.netrc", "machine a\n", Some(Source)),
    ("coturn/turnserver.conf", "fingerprint\nrealm=a\n", Some(Properties)),
    ("ci/settings.xml", "<settings/>\n", Some(Source)),
    ("NuGet.Config", "<configuration/>\n", Some(Source)),
    ("build/GNUmakefile", "all:\n", Some(Makefile)),
    ("common.mk", "all:\n", Some(Makefile)),
    ("SECURITY.md", "# Security\n", Some(Markdown)),
    ("lit.cfg", "import lit.formats\nconfig.name = 'a'\nconfig.b = 1\nconfig.x = 1\nconfig.y = 2\n", None),
    (
        "libnet.cfg",
        "return do '/etc/a' if -f '/etc/a';\n{\n  nntp_hosts => [ qw {} ],\n  x => [ {\n},\n  pop3_hosts => [ qw {} ],\n}\n",
        None,
    ),
    ("session.conf", "<!-- a bus -->\n<busconfig>\n  <limit name=\"a\">1</limit>\n</busconfig>\n", None),
    ("bin/tool", "#!/bin/sh\n'''exec' \"$(dirname \"$0\")/python3\" \"$0\" \"$@\"\n' '''\nimport re\n", None),
    ("bin/tool", "#!/bin/sh\n\"exec\" \"python3\" \"$0\" \"$@\"\nimport re\n", None),
    ("bin/tool.sh", "#!/bin/sh\n# restarts \\\nexec tclsh \"$0\" \"$@\"\nputs hello\n", None),
    ("bin/tool", "#!/bin/sh\nexec sudo \"$0\" \"$@\"\n", Some(Shell)),
    ("bin/tool", "#!/bin/sh\nexec python3 app.py \"$@\"\n", Some(Shell)),
    ("etc/nftables.conf", "table inet filter {\n}\n", Some(Nftables)),
    ("roles/fw/templates/nftables.conf.j2", "table inet filter {\n}\n", Some(Nftables)),
    ("etc/iptables/rules.v4", "*filter\n", Some(Iptables)),
    ("etc/sudoers", "root ALL=(ALL) ALL\n", Some(Sudoers)),
    ("roles/base/templates/sudoers.j2", "root ALL=(ALL) ALL\n", Some(Sudoers)),
    ("etc/sudoers.d/deploy", "deploy ALL=(ALL) ALL\n", Some(Sudoers)),
    ("etc/sudoers.d/README", "# read me\n", None),
    ("etc/snmp/snmpd.conf", "rocommunity public\n", Some(Snmpd)),
    ("roles/snmp/templates/snmpd.conf.j2", "rocommunity public\n", Some(Snmpd)),
    ("redis/users.acl", "user default on nopass ~* +@all\n", Some(RedisAcl)),
    ("public/_headers", "/*\n  X-Frame-Options: DENY\n", Some(SiteHeaders)),
    ("etc/exports", "/srv *(ro)\n", Some(NfsExports)),
    ("roles/nfs/templates/exports.j2", "/srv *(ro)\n", Some(NfsExports)),
    ("zsh/exports", "export A=1\n", None),
    ("etc/bind/named.conf.options", "options {\n};\n", Some(Bind)),
    ("etc/login.defs", "UMASK 022\n", Some(Properties)),
    ("compose.yaml", "", Some(Compose)),
    ("docker-compose.yml", "", Some(Compose)),
    ("docker-compose.override.yml", "", Some(Compose)),
    ("docker-compose-dev.yaml", "", Some(Compose)),
    ("compose.prod.yaml", "", Some(Compose)),
    ("deploy/stack.yml", COMPOSE, Some(Compose)),
    ("deploy/compose-web.yml", COMPOSE, Some(Compose)),
    ("services.yml", "services:\n  App\\Mailer:\n    arguments: []\n", Some(Yaml)),
    (".github/workflows/ci.yml", "", Some(GithubWorkflow)),
    ("action.yml", "name: a\nruns:\n  using: composite\n", Some(GithubWorkflow)),
    ("action.yml", "a: 1\n", Some(Yaml)),
    ("workflow-templates/a.yml", "on: push\njobs:\n  a:\n    runs-on: x\n", Some(GithubWorkflow)),
    (".gitlab-ci.yml", "", Some(GitlabCi)),
    (".gitlab/ci/build.yml", "", Some(GitlabCi)),
    ("chart/Chart.yaml", "apiVersion: v2\nname: a\n", Some(HelmChart)),
    ("chart/values.yaml", "image: a\n", Some(HelmValues)),
    ("chart/values-prod.yaml", "image: a\n", Some(HelmValues)),
    ("chart/templates/_helpers.tpl", "{{ define }}", Some(HelmHelpers)),
    ("chart/templates/_labels.tpl", "{{ define }}", Some(HelmHelpers)),
    (
        "chart/templates/d.yaml",
        "{{- if .Values.a }}\napiVersion: v1\nkind: Pod\n{{- end }}\n",
        Some(Kubernetes),
    ),
    ("chart/templates/d.yaml", "{{- include \"common\" . }}\n", Some(Kubernetes)),
    (
        "crds.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n---\napiVersion: apiextensions.k8s.io/v1\nkind: \"CustomResourceDefinition\"\n",
        Some(KubernetesCrd),
    ),
    (
        "install.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n---\napiVersion: v1\nkind: Service\n",
        Some(Kubernetes),
    ),
    ("base/kustomization.yaml", "", Some(Kustomization)),
    ("base/odd.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\n", Some(Kustomization)),
    ("pod.yaml", POD, Some(Kubernetes)),
    ("pod.yml", "# a\r\napiVersion: v1\r\nkind: Pod\r\n", Some(Kubernetes)),
    ("two.yaml", "a: 1\n---\napiVersion: v1\nkind: List\nitems: []\n", Some(Kubernetes)),
    ("quoted.yaml", "\"apiVersion\": \"v1\"\n\"kind\": \"Pod\"\n", Some(Kubernetes)),
    ("pod.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", Some(Kubernetes)),
    ("flow.yaml", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", Some(Kubernetes)),
    (
        "kyaml.yaml",
        "# web\n---\n{\n  apiVersion: \"v1\",\n  kind: \"Pod\",\n  metadata: {name: \"a\"},\n}\n",
        Some(Kubernetes),
    ),
    ("kyaml.yaml", "{\n  apiVersion: \"v1\",\n  kind: \"Pod\",\n}\n", Some(Kubernetes)),
    ("kyaml.yaml", "a: 1\n---\n{kind: Pod, apiVersion: v1}\n", Some(Kubernetes)),
    ("kyaml.yaml", "---\n{\n  a: {apiVersion: v1, kind: Pod},\n}\n", Some(Yaml)),
    (
        "crds.yaml",
        "---\n{\n  apiVersion: \"apiextensions.k8s.io/v1\",\n  kind: \"CustomResourceDefinition\",\n}\n",
        Some(KubernetesCrd),
    ),
    (
        "install.yaml",
        "---\n{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}\n---\n{apiVersion: v1, kind: Pod}\n",
        Some(Kubernetes),
    ),
    ("nested.json", "{\"a\": {\"apiVersion\": \"v1\", \"kind\": \"Pod\"}}", Some(Json)),
    ("pod.json.template", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", Some(Kubernetes)),
    ("pod.yaml.j2", POD, Some(Kubernetes)),
    ("nested.yaml", "a:\n  apiVersion: v1\n  kind: Pod\n", Some(Yaml)),
    ("half.yaml", "kind: Pod\n---\napiVersion: v1\n", Some(Yaml)),
    ("overlays/prod/replicas.yaml", PARTIAL, Some(KustomizePatch)),
    ("overlays/prod/whole.yaml", DEPLOYMENT, Some(Kubernetes)),
    ("prod/replicas-patch.yaml", PARTIAL, Some(KustomizePatch)),
    ("patches/service.yaml", "apiVersion: v1\nkind: Service\n", Some(KustomizePatch)),
    ("patch.yaml", "- op: replace\n  path: /a\n", Some(KustomizePatch)),
    ("d.yaml", "apiVersion: v1\nkind: Pod\n$patch: delete\n", Some(KustomizePatch)),
    ("d.yaml", PARTIAL, Some(Kubernetes)),
    ("alerts.yml", "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n", Some(PrometheusRules)),
    ("rules.json", "{\"groups\":[{\"rules\":[{\"alert\":\"A\",\"expr\":\"up\"}]}]}", Some(PrometheusRules)),
    ("groups.yml", "groups:\n- name: a\n", Some(Yaml)),
    ("a.yaml", "", Some(Yaml)),
    ("cookie.yaml.j2", "a: {{ b }}\n", Some(Yaml)),
    (".env", "", Some(Dotenv)),
    ("a/.env.production", "", Some(Dotenv)),
    ("prod.env", "", Some(Dotenv)),
    (".env.example", "", Some(Dotenv)),
    ("env.example", "", Some(Dotenv)),
    (".env.d.ts", "", None),
    ("a.toml", "", Some(Toml)),
    ("pyproject.toml", "", Some(Pyproject)),
    ("Pipfile", "", Some(Pipfile)),
    ("grafana.ini", "", Some(Ini)),
    ("my.cnf", "", Some(Ini)),
    ("app.cfg", "[a]\nb = c\n", Some(Ini)),
    ("postgresql.conf", "max_connections = 100\nport = 5432 # c\n", Some(Ini)),
    ("setup.cfg", "", Some(SetupCfg)),
    ("a.service", "[Unit]\nDescription=a\n", Some(Systemd)),
    ("a.service", "<service-group/>\n", None),
    ("a.service.d/10.conf", "[Service]\nUser=a\n", Some(Systemd)),
    ("application.properties", "", Some(Properties)),
    ("redis.conf", "bind 0.0.0.0\n", Some(Properties)),
    ("nginx.conf", "", Some(Nginx)),
    ("default.conf.template", SITE, Some(Nginx)),
    ("conf.d/app.conf", SITE, Some(Nginx)),
    ("h5bp/headers.conf", "# c\nadd_header X-Y \"z\" always;\n", Some(Nginx)),
    ("types.conf", "gzip_types\n  a/b\n  c/d\n  e/f\n  g/h;\ngzip on;\n", Some(Nginx)),
    ("app.conf", "server {\n  host = a\n  port = 1\n}\n", None),
    ("sites-available/example.com", SITE, Some(Nginx)),
    ("sites-available/example.com", HOST, Some(Apache)),
    ("nginx/empty.conf", "# nothing\n", Some(Nginx)),
    ("000-default.conf", HOST, Some(Apache)),
    (".htaccess", "", Some(Apache)),
    ("httpd.conf", "", Some(Apache)),
    ("ssl.conf", "SSLProtocol all -SSLv3\nSSLEngine on\n", Some(Apache)),
    ("named.conf", "options {\n  directory \"/var\";\n};\n", Some(Bind)),
    ("dhcpd.conf", "subnet 10.0.0.0 netmask 255.0.0.0 {\n  range 10.0.0.2 10.0.0.9;\n};\n", None),
    ("logstash.conf", "input {\n  beats { port => 5044 }\n}\n", None),
    ("app.conf", "akka {\n  loglevel = \"DEBUG\"\n}\n", None),
    ("fonts.conf", "<?xml version=\"1.0\"?>\n<directory/>\n", None),
    ("mime.types", "text/html html\n", None),
    ("mime.types", "types {\n  text/html html;\n  text/css css;\n}\n", Some(Nginx)),
    ("paths.cfg", "[unix]\nlib = {base}/lib/{name}\ndata = {base}\n", Some(Ini)),
    ("libconfig.cfg", "server = {\n  a = 1;\n}\n", None),
    ("org.a.service", "[D-BUS Service]\nName=a\nExec=/bin/false\n", Some(Ini)),
    ("roles/web/files/etc/default/web", "PORT=80\n", Some(Dotenv)),
    ("rootfs/etc/environment", "A=b\n", Some(Dotenv)),
    ("src/default/web", "PORT=80\n", None),
    ("etc/profile", "", Some(Shell)),
    ("run.ps1", "", None),
    ("run.cmd", "", None),
    ("sshd_config", "", Some(Sshd)),
    ("sshd_config.d/10-x.conf", "", Some(Sshd)),
    ("sshd_config.j2", "", Some(Sshd)),
    ("man5/sshd_config.5", "", None),
    ("openssh/sshd_config.md5sum", "", None),
    ("etc/ssh/ssh_config", "", Some(Properties)),
    ("home/.ssh/config", "", Some(Properties)),
    ("proxy/squid.conf", "http_port 3128\n", Some(Properties)),
    ("android/app/build.gradle", "", Some(Source)),
    ("conf/tomcat-users.xml", "", Some(Source)),
    ("requirements.txt", "", Some(Requirements)),
    ("requirements-dev.txt", "", Some(Requirements)),
    ("dev-requirements.in", "", Some(Requirements)),
    ("requirements/base.txt", "", Some(Requirements)),
    ("apt-requirements.txt", "", None),
    ("requirements_conda.txt", "", None),
    ("docs/System_Requirements.txt", "", None),
    ("requirements-system.txt", "", Some(Requirements)),
    ("lists/requirements.txt", "# conda\nnumpy=1.21.2=py38h20f2e39_0\n", None),
    ("tools/requirements.txt", "numpy==1.21.2\nflask=3\n", Some(Requirements)),
    ("app/requirements.txt", "flask==3\nnumpy=1.21.2=py38\nrequests==2\n", Some(Requirements)),
    ("monitoring/alert.rules", "groups:\n- name: a\n  rules:\n  - alert: Down\n", Some(PrometheusRules)),
    ("udev/99.rules", "KERNEL==\"sda\", MODE=\"0666\"\n", None),
    ("support/nginx/shop-ssl", "server {\n  listen 80;\n}\n", Some(Nginx)),
    ("support/nginx/reload", "#!/bin/sh\nnginx -s reload\n", Some(Shell)),
    ("proxy/vhost.d/shop.example", "client_max_body_size 1m;\n", Some(Nginx)),
    ("constraints.txt", "", Some(Requirements)),
    ("notes.txt", "", None),
    ("package.json", "{}", Some(PackageJson)),
    ("tsconfig.json", "{ // c\n}", Some(Json)),
    ("a.jsonc", "{}", Some(Json)),
    ("config/custom-environment-variables.json", "{\"jwtKey\": \"SHOP_JWT_KEY\"}", None),
    ("tailnet/policy.hujson", "{ // c\n}", Some(Json)),
    ("dotfiles/.gitconfig", "[http]\nsslVerify = false\n", Some(Ini)),
    ("home/.condarc", "ssl_verify: false\n", Some(Yaml)),
    (".bundle/config", "---\nBUNDLE_PATH: vendor\n", Some(Yaml)),
    ("lb/haproxy.cfg", "global\n  daemon\n", Some(Properties)),
    ("a.json5", "{a: 1}", Some(Json)),
    ("log.jsonl", "", Some(JsonLines)),
    ("log.json", "{\"a\":1}\n{\"a\":2}\n", Some(JsonLines)),
    ("package-lock.json", "{}", None),
    ("etc/mongod.conf", "net:\n  port: 27017\n", Some(Yaml)),
    ("src/locales/de/common.json", "{}", None),
    ("config/locales/de.yml", "de: {}\n", None),
    ("locales/deployment.yaml", "a: 1\n", Some(Yaml)),
    ("yarn.lock", "", None),
    ("Cargo.lock", "", None),
    ("pnpm-lock.yaml", "", None),
    ("a.min.json", "{}", None),
    ("run.sh", "", Some(Shell)),
    ("run.sh", "#!/usr/bin/env python3\n", None),
    ("entrypoint", "#!/bin/sh\n", Some(Shell)),
    ("entrypoint", "#!/usr/bin/env -S bash -e\n", Some(Shell)),
    ("entrypoint", "#!/usr/bin/python3\n", None),
    ("LICENSE", "", None),
    ("main.rs", "", Some(Source)),
    ("vendor/a/main.go", "", None),
    ("app.min.js", "", None),
    (".gitignore", "*.key\n", Some(Gitignore)),
    ("certs/server.crt", "", Some(Pem)),
    ("id_ed25519", "", Some(Pem)),
    ("vpn/client.ovpn", "", Some(Pem)),
    ("etc/ipsec.secrets", "", Some(Pem)),
    ("app.p12", "", Some(Keystore)),
    ("kubeconfig", "apiVersion: v1\n", Some(Yaml)),
    ("a.png", "", None),
];

#[test]
fn the_table_of_paths_and_contents() {
    for (path, text, expected) in CASES {
        assert_eq!(kind(path, text), *expected, "{path}: {:?}", classify(path, text));
    }
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    assert_eq!(kind("pod.yaml", &format!("\u{feff}{POD}")), Some(Kubernetes));
}

#[test]
fn generated_files_are_left_out_with_the_reason() {
    assert_eq!(classify_path("a/package-lock.json"), PathClass::Nothing("generated lock file"));
    assert_eq!(classify_path("src/main.zig"), PathClass::Nothing("no format claims this name"));
}

#[test]
fn binary_huge_and_minified_texts_are_left_out_with_the_reason() {
    assert!(classify("a.env", "a\0b").reason.starts_with("binary"));
    assert!(classify("a.json", &"[1,".repeat(10_000)).reason.starts_with("minified"));
    assert!(classify("a.toml", &"#\n".repeat(MAX_TEXT / 2 + 1)).reason.starts_with("larger"));
    let one_long_line = format!("{}a: \"{}\"\n", "b: 1\n".repeat(50), "x".repeat(30_000));
    assert_eq!(kind("a.yaml", &one_long_line), Some(Yaml));
    let object = format!("{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":\"{}\"}}", "x".repeat(30_000));
    assert_eq!(kind("a.json", &object), Some(Kubernetes));
}

fn marks(path: &str, text: &str) -> Vec<&'static str> {
    crate::marks(FileKind::Dockerfile, path, text)
}

#[test]
fn marks_come_from_the_path() {
    assert_eq!(marks("deploy/prod/app.yaml", ""), ["production"]);
    assert_eq!(marks("overlays/local/app.yaml", ""), ["development"]);
    assert_eq!(marks("tests/fixtures/app.yaml", ""), ["test"]);
    assert_eq!(marks(".env.example", ""), ["example"]);
    assert_eq!(crate::marks(Dotenv, "deploy/.env.template", ""), ["example"]);
    assert_eq!(marks("chart/templates/a.yaml", "a: {{ .Values.a }}"), ["helm-template"]);
    assert_eq!(marks(".gitlab-ci.yml", ""), [""; 0]);
    assert_eq!(marks("product/latest.yaml", ""), [""; 0]);
}

#[test]
fn every_mark_is_listed() {
    let text = "NODE_ENV: production\na: {{ .Values.a }}\n";
    let path = "dev/example/tests/.circleci/config.yml";
    let found = crate::marks(Yaml, path, text);
    assert!(found.len() == 6 && found.iter().all(|mark| crate::MARKS.contains(mark)), "{found:?}");
}

#[test]
fn a_pipeline_is_marked_and_is_no_test_for_what_one_of_its_jobs_sets() {
    let marks = |kind, path, text| crate::marks(kind, path, text);
    assert_eq!(marks(Yaml, ".circleci/config.yml", "RAILS_ENV: test\n"), ["pipeline"]);
    assert_eq!(marks(GithubWorkflow, ".github/workflows/test.yml", "NODE_ENV: test\n"), ["pipeline"]);
    assert_eq!(marks(GitlabCi, ".gitlab-ci.yml", "APP_ENV: production\n"), ["pipeline", "production"]);
    assert_eq!(marks(Yaml, "config/app.yml", "RAILS_ENV: test\n"), ["test"]);
    assert_eq!(marks(Yaml, "tests/fixtures/bitbucket-pipelines.yml", ""), ["pipeline", "test"]);
    assert_eq!(marks(Yaml, "ci/azure-pipelines-test.yml", ""), ["pipeline"]);
}

#[test]
fn services_of_a_pipeline_are_no_compose_file() {
    let listed = "steps: []\nservices:\n  # beside the job\n  - name: db\n    image: postgres:16\n";
    assert_eq!(kind("ci/build.yml", listed), Some(Yaml));
    let flush = "services:\n- name: db\n  image: postgres:16\n";
    assert_eq!(kind("ci/build.yml", flush), Some(Yaml));
    let named = "services:\n  db:\n    image: postgres:16\n";
    assert_eq!(kind(".woodpecker.yml", named), Some(Yaml));
    let compose = "services:\n  db:\n    ports:\n      - \"80:80\"\n    image: postgres:16\n";
    assert_eq!(kind("deploy/stack.yml", compose), Some(Compose));
}

#[test]
fn marks_come_from_a_mode_that_is_set() {
    for text in [
        "NODE_ENV=production",
        "ENV A=b NODE_ENV=production",
        "ENV NODE_ENV production",
        "export APP_ENV=\"prod\"",
        "  environment: production # c",
        "\"mode\": \"production\",",
        "  namespace: shop-prod",
        "spring.profiles.active=prod",
        "- name: RAILS_ENV\n  value: production",
        "environment = live",
    ] {
        assert_eq!(marks("a", text), ["production"], "{text}");
    }
    for text in ["# NODE_ENV=production", "name: production", "PRODUCT=live", "NODE_ENV=$X"] {
        assert_eq!(marks("a", text), [""; 0], "{text}");
    }
    assert_eq!(marks("a", "APP_ENV=development"), ["development"]);
    assert_eq!(marks("a", "APP_ENV=development\nNODE_ENV=production"), ["production"]);
}
