use super::*;
use crate::parse;

/// Rows of a table as readable lines.
fn settings(kind: FileKind, text: &str) -> Vec<String> {
    let mut document = parse(kind, text.to_owned());
    add_views(kind, &mut document, &["settings"]);
    let table = document.tables.first().expect("a table");
    assert_eq!(table.cells.len() % SETTINGS_STRIDE as usize, 0);
    table
        .cells
        .chunks_exact(SETTINGS_STRIDE as usize)
        .map(|row| {
            let data =
                |a: usize, b: usize| document.data.get(row[a] as usize..row[b] as usize).expect("in data");
            let source =
                |a: usize, b: usize| document.text().get(row[a] as usize..row[b] as usize).expect("in text");
            let number = (u64::from(row[4]) | u64::from(row[5]) << 32) as i64;
            format!(
                "{} {} {number} {} {:?} at {:?}={:?}",
                data(1, 2),
                KINDS[row[3] as usize],
                flags(row[6]),
                data(7, 8),
                source(9, 10),
                source(11, 12)
            )
        })
        .collect()
}

const KINDS: [&str; 12] = [
    "string",
    "bool",
    "number",
    "duration",
    "size",
    "list",
    "url",
    "dsn",
    "reference",
    "template",
    "placeholder",
    "empty",
];

fn flags(flags: u32) -> String {
    let names = [
        "unknown",
        "default",
        "secret-reference",
        "inherited",
        "variable",
        "on",
        "off",
        "unit-from-name",
        "unit-assumed",
        "element",
        "part",
        "inexact",
        "given",
    ];
    let set: Vec<&str> =
        names.iter().enumerate().filter(|(bit, _)| flags & 1 << bit != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { "-".to_owned() } else { set.join(",") }
}

fn environment(kind: FileKind, text: &str) -> Vec<String> {
    let mut document = parse(kind, text.to_owned());
    add_views(kind, &mut document, &["environment"]);
    let table = document.tables.first().expect("a table");
    table
        .cells
        .chunks_exact(ENVIRONMENT_STRIDE as usize)
        .map(|row| {
            let data =
                |a: usize, b: usize| document.data.get(row[a] as usize..row[b] as usize).expect("in data");
            let source =
                |a: usize, b: usize| document.text().get(row[a] as usize..row[b] as usize).expect("in text");
            format!(
                "{}={:?} {} {} at {:?}={:?}",
                data(1, 2),
                data(3, 4),
                row[5],
                flags(row[6] & !16),
                source(7, 8),
                source(9, 10)
            )
        })
        .collect()
}

#[test]
fn names_are_folded() {
    for (name, folded) in [
        ("talos.security.requireTls", "talos_security_require_tls"),
        ("TALOS_SECURITY_REQUIRE_TLS", "talos_security_require_tls"),
        ("security/require-tls", "security_require_tls"),
        ("TLSVersion", "tls_version"),
        ("trustedIPs", "trusted_ips"),
        ("IPsAllowed", "ips_allowed"),
        ("requireTLS", "require_tls"),
        ("X-Frame-Options", "x_frame_options"),
        ("oauth2Client", "oauth2_client"),
        ("__a--b__", "a_b"),
        ("größeMax", "größe_max"),
        ("", ""),
    ] {
        assert_eq!(fold(name), folded, "{name}");
    }
}

#[test]
fn values_are_typed() {
    use value::typed;
    for (name, text, kind, number) in [
        ("a", "true", ValueKind::Bool, 1),
        ("a", "Off", ValueKind::Bool, 0),
        ("a", "0", ValueKind::Number, 0),
        ("a", "1_000", ValueKind::Number, 1000),
        ("a", "-5", ValueKind::Number, -5),
        ("a", "2.5", ValueKind::Number, 2),
        ("a", "90d", ValueKind::Duration, 90 * 86_400_000),
        ("a", "1h30m", ValueKind::Duration, 5_400_000),
        ("a", "15 minutes", ValueKind::Duration, 900_000),
        ("a", "PT15M", ValueKind::Duration, 900_000),
        ("a", "P1DT1H", ValueKind::Duration, 90_000_000),
        ("a", "500ms", ValueKind::Duration, 500),
        ("retention_days", "90", ValueKind::Duration, 90 * 86_400_000),
        ("session_timeout", "30", ValueKind::Duration, 30_000),
        ("max_mb", "10", ValueKind::Size, 10 << 20),
        ("a", "10MB", ValueKind::Size, 10 << 20),
        ("a", "512Mi", ValueKind::Size, 512 << 20),
        ("client_max_body_size", "10m", ValueKind::Size, 10 << 20),
        ("keepalive", "10m", ValueKind::Duration, 600_000),
        ("a", "a,b, c", ValueKind::List, 3),
        ("a", "one, two words, three", ValueKind::String, 0),
        ("a", "https://example.com/x", ValueKind::Url, 0),
        ("a", "postgres://u:p@h/db", ValueKind::Dsn, 0),
        ("a", "jdbc:mysql://h/db", ValueKind::Dsn, 0),
        ("a", "Server=h;Password=p", ValueKind::Dsn, 0),
        ("a", "host=h dbname=d", ValueKind::Dsn, 0),
        ("a", "vault:secret/x", ValueKind::Reference, 0),
        ("a", "ENC[AES256,x]", ValueKind::Reference, 0),
        ("a", "<your-token>", ValueKind::Placeholder, 0),
        ("a", "CHANGEME", ValueKind::Placeholder, 0),
        ("a", "xxxx", ValueKind::Placeholder, 0),
        ("a", "", ValueKind::Empty, 0),
        ("a", "\"\"", ValueKind::Empty, 0),
        ("a", "1.2.3", ValueKind::String, 0),
        ("a", "10.0.0.0/8", ValueKind::String, 0),
        ("a", "3abc", ValueKind::String, 0),
        ("a", "P", ValueKind::String, 0),
    ] {
        let typed = typed(name, text);
        assert_eq!((typed.kind, typed.number), (kind, number), "{name} = {text}");
    }
}

#[test]
fn parts_of_addresses_have_places() {
    let parts = |text: &'static str| -> Vec<(String, &str)> {
        dsn::parts(text).into_iter().map(|(name, range)| (name, text.get(range).unwrap())).collect()
    };
    let text = "postgres://user:p@ss@db.example.com:5432/shop?sslmode=disable&x=";
    let expected = [
        ("scheme", "postgres"),
        ("user", "user"),
        ("password", "p@ss"),
        ("host", "db.example.com"),
        ("port", "5432"),
        ("path", "shop"),
        ("sslmode", "disable"),
    ];
    assert_eq!(parts(text), expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(parts("Server=h; Password = p").last(), Some(&("Password".to_owned(), "p")));
    assert_eq!(
        parts("redis://:secret@[::1]:6379").iter().find(|(name, _)| name == "host"),
        Some(&("host".to_owned(), "[::1]"))
    );
}

#[test]
fn settings_of_data_formats() {
    assert_eq!(
        settings(
            FileKind::Yaml,
            "security:\n  requireTls: false\n  origins: [a, b]\n  session:\n    timeout: \"30\"\nempty:\n"
        ),
        [
            r#"security_require_tls bool 0 off "false" at "requireTls"="false""#,
            r#"security_origins list 2 - "" at "origins"="[a, b]""#,
            r#"security_origins string 0 element "a" at ""="a""#,
            r#"security_origins string 0 element "b" at ""="b""#,
            r#"security_session_timeout duration 30000 unit-assumed "30" at "timeout"="\"30\"""#,
            r#"empty empty 0 - "" at "empty"="""#,
        ]
    );
    // What is null by its format says nothing, what is called so says that.
    assert_eq!(
        settings(FileKind::Yaml, "a: ~\nb: null\nc: \"null\"\n"),
        [
            r#"a empty 0 - "~" at "a"="~""#,
            r#"b empty 0 - "null" at "b"="null""#,
            r#"c string 0 - "null" at "c"="\"null\"""#,
        ]
    );
    assert_eq!(
        settings(FileKind::Properties, "spring.datasource.password=${DB_PASSWORD:hunter2}\n"),
        [
            r#"spring_datasource_password string 0 default "hunter2" at "spring.datasource.password"="hunter2""#
        ]
    );
    assert_eq!(
        settings(FileKind::Ini, "[server]\nhttp_port = 3000\n"),
        [r#"server_http_port number 3000 - "3000" at "http_port"="3000""#]
    );
}

#[test]
fn variables_are_settings_under_their_own_name() {
    assert_eq!(
        settings(FileKind::Dotenv, "DB_URL=postgres://u:s3cret@db/x\nTOKEN=${TOKEN}\n"),
        [
            r#"db_url dsn 0 variable "postgres://u:s3cret@db/x" at "DB_URL"="postgres://u:s3cret@db/x""#,
            r#"db_url_scheme string 0 variable,part "postgres" at "DB_URL"="postgres""#,
            r#"db_url_user string 0 variable,part "u" at "DB_URL"="u""#,
            r#"db_url_password string 0 variable,part "s3cret" at "DB_URL"="s3cret""#,
            r#"db_url_host string 0 variable,part "db" at "DB_URL"="db""#,
            r#"db_url_path string 0 variable,part "x" at "DB_URL"="x""#,
            r#"token template 0 unknown,variable "${TOKEN}" at "TOKEN"="${TOKEN}""#,
        ]
    );
    let compose = "services:\n  web:\n    image: a\n    environment:\n      - DEBUG=true\n";
    assert_eq!(
        settings(FileKind::Compose, compose),
        [r#"debug bool 1 variable,on "true" at "DEBUG"="true""#]
    );
}

#[test]
fn headers_as_pairs_are_settings_of_their_own_name() {
    let pair = r#"{"headers": [{"source": "/a", "headers": [{"key": "X-Frame-Options", "value": "DENY"}]}]}"#;
    let named =
        |row: &String| row.starts_with("headers_headers_x_frame_options string") && row.contains("DENY");
    let rows = settings(FileKind::Json, pair);
    assert!(rows.iter().any(named) && !rows.iter().any(|row| row.contains("headers_value")), "{rows:?}");
}

#[test]
fn settings_of_servers() {
    assert_eq!(
        settings(
            FileKind::Nginx,
            "server {\n  ssl_protocols TLSv1 TLSv1.2;\n  add_header X-Frame-Options DENY always;\n  map $a $b { c d; }\n}\n"
        ),
        [
            r#"server_ssl_protocols list 2 - "TLSv1 TLSv1.2" at "ssl_protocols"="TLSv1 TLSv1.2""#,
            r#"server_ssl_protocols string 0 element "TLSv1" at "ssl_protocols"="TLSv1""#,
            r#"server_ssl_protocols string 0 element "TLSv1.2" at "ssl_protocols"="TLSv1.2""#,
            r#"server_add_header_x_frame_options string 0 - "DENY" at "add_header"="DENY""#,
        ]
    );
    assert_eq!(
        settings(FileKind::Apache, "Header always set X-Powered-By none\nSSLEngine on\n"),
        [
            r#"header_x_powered_by string 0 off "none" at "Header"="none""#,
            r#"sslengine bool 1 on "on" at "SSLEngine"="on""#,
        ]
    );
    assert_eq!(
        settings(FileKind::Sshd, "PermitRootLogin no\n"),
        [r#"permitrootlogin bool 0 off "no" at "PermitRootLogin"="no""#]
    );
}

#[test]
fn headers_that_stand_in_values() {
    let nginx = "more_set_headers -s '404' \"X-Frame-Options: DENY\" 'Access-Control-Allow-Origin: *';\n";
    assert_eq!(
        settings(FileKind::Nginx, nginx),
        [
            r#"more_set_headers_x_frame_options string 0 - "DENY" at "more_set_headers"="DENY""#,
            r#"more_set_headers_access_control_allow_origin string 0 - "*" at "more_set_headers"="*""#,
        ]
    );
    let haproxy =
        "http-response set-header X-A \"b c\" if { ok }\nhttp-response add-header X-B * unless { ok }\n";
    let rows = settings(FileKind::Properties, haproxy);
    for wanted in ["http_response_x_a string 0 - \"b c\"", "http_response_x_b string 0 - \"*\""] {
        assert!(rows.iter().any(|row| row.starts_with(wanted)), "{wanted}: {rows:?}");
    }
}

#[test]
fn labels_that_tell_a_proxy() {
    let compose = "services:\n  a:\n    labels:\n      - traefik.http.middlewares.x.headers.accesscontrolalloworiginlist=*\n      - com.shop.team=a\n  b:\n    deploy:\n      labels:\n        traefik.tcp.serversTransports.z.tls.insecureskipverify: true\n";
    let rows = settings(FileKind::Compose, compose);
    assert_eq!(
        rows,
        [
            r#"traefik_http_middlewares_x_headers_access_control_allow_origin_list string 0 - "*" at "traefik.http.middlewares.x.headers.accesscontrolalloworiginlist"="*""#,
            r#"traefik_tcp_servers_transports_z_tls_insecure_skip_verify bool 1 on "true" at "traefik.tcp.serversTransports.z.tls.insecureskipverify"="true""#,
        ]
    );
}

#[test]
fn variables_of_dockerfiles_and_scripts() {
    assert_eq!(
        environment(
            FileKind::Dockerfile,
            "ARG X=1\nFROM a\nENV A=b C=\"d e\"\nARG Y\nRUN export Z=1 && W=2 cmd\n"
        ),
        [
            r#"X="1" 1 - at "X"="1""#,
            r#"A="b" 0 - at "A"="b""#,
            r#"C="d e" 0 - at "C"="\"d e\"""#,
            r#"Y="" 1 inherited at "Y"="""#,
            r#"Z="1" 9 - at "Z"="1""#,
            r#"W="2" 10 - at "W"="2""#,
        ]
    );
    assert_eq!(environment(FileKind::Shell, "export A=b\necho C=d\n"), [r#"A="b" 9 - at "A"="b""#]);
    assert_eq!(
        environment(FileKind::Shell, "export A=\"b c\" B='d'\nenv -i E=f G='h' program I=j\n"),
        [
            r#"A="b c" 9 - at "A"="\"b c\"""#,
            r#"B="d" 9 - at "B"="'d'""#,
            r#"E="f" 10 - at "E"="f""#,
            r#"G="h" 10 - at "G"="'h'""#,
        ]
    );
}

#[test]
fn variables_of_manifests_and_pipelines() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - env:\n        - name: A\n          value: \"1\"\n        - name: S\n          valueFrom:\n            secretKeyRef: {name: x, key: y}\n";
    let from = "secretKeyRef: {name: x, key: y}";
    assert_eq!(
        environment(FileKind::Kubernetes, pod),
        [
            r#"A="1" 4 - at "A"="\"1\"""#.to_owned(),
            format!(r#"S="" 4 unknown,secret-reference at "S"={from:?}"#)
        ]
    );
    let map = "kind: ConfigMap\napiVersion: v1\ndata:\n  A: b\n---\nkind: Secret\napiVersion: v1\nstringData:\n  P: q\ndata:\n  N: eA==\n";
    assert_eq!(
        environment(FileKind::Kubernetes, map),
        [r#"A="b" 5 - at "A"="b""#, r#"P="q" 6 - at "P"="q""#]
    );
    let workflow =
        "on: push\nenv:\n  A: b\njobs:\n  x:\n    steps:\n      - env: {C: \"${{ secrets.C }}\"}\n";
    let secret = "${{ secrets.C }}";
    assert_eq!(
        environment(FileKind::GithubWorkflow, workflow),
        [
            r#"A="b" 7 - at "A"="b""#.to_owned(),
            format!("C={secret:?} 7 unknown,secret-reference at \"C\"={:?}", format!("{secret:?}")),
        ]
    );
    let gitlab = "variables:\n  A: b\n  C:\n    value: d\n    description: e\n";
    assert_eq!(
        environment(FileKind::GitlabCi, gitlab),
        [r#"A="b" 7 - at "A"="b""#, r#"C="d" 7 - at "C"="d""#]
    );
    let unit = "[Service]\nEnvironment=\"A=1 2\" B=3\n";
    assert_eq!(
        environment(FileKind::Systemd, unit),
        [r#"A="1 2" 11 - at "A"="1 2""#, r#"B="3" 11 - at "B"="3""#]
    );
}

#[test]
fn variables_in_lists_of_names_and_values() {
    let azure = "variables:\n  - name: A\n    value: b\n  - group: c\n";
    assert_eq!(environment(FileKind::Yaml, azure), [r#"A="b" 12 - at "A"="b""#]);
    let hoster =
        "services:\n  - envVars:\n      - key: A\n        value: b\n      - key: C\n        sync: false\n";
    assert_eq!(environment(FileKind::Yaml, hoster), [r#"A="b" 12 - at "A"="b""#]);
    let other = "variables:\n  - name: A\n    type: string\n";
    assert_eq!(environment(FileKind::Yaml, other), [""; 0]);
}

#[test]
fn lines_of_assignments_set_each_of_their_variables() {
    let travis = "env:\n  global:\n    - A=b C=\"d e\"\n    - secure: f=\n  jobs:\n    - G=h\n";
    assert_eq!(
        environment(FileKind::Yaml, travis),
        [r#"A="b" 12 - at "A"="b""#, r#"C="d e" 12 - at "C"="d e""#, r#"G="h" 12 - at "G"="h""#,]
    );
    assert_eq!(environment(FileKind::Yaml, "env: A=b C=d\n").len(), 2);
    assert_eq!(environment(FileKind::Yaml, "env: production\n"), [""; 0]);
    let supervisor = "[program:a]\nenvironment = A=\"b\",C=d, E='f g'\n";
    assert_eq!(environment(FileKind::Ini, supervisor).len(), 3);
    // Options of one variable are no further ones.
    let options = "env:\n  - JAVA_OPTS=-Xmx1g -Da=b\n";
    assert_eq!(
        environment(FileKind::Yaml, options),
        [r#"JAVA_OPTS="-Xmx1g -Da=b" 12 - at "JAVA_OPTS"="-Xmx1g -Da=b""#]
    );
}

#[test]
fn shared_blocks_of_compose_are_listed_once() {
    let text = "x-env: &env\n  A: ${A:-b}\n  C:\nservices:\n  one:\n    environment:\n      <<: *env\n      D: e\n  two:\n    environment: *env\n";
    assert_eq!(
        environment(FileKind::Compose, text),
        [r#"A="b" 2 default at "A"="b""#, r#"C="" 2 inherited at "C"="""#, r#"D="e" 2 - at "D"="e""#]
    );
}

#[test]
fn interpolation_in_yaml_is_seen() {
    let text = "services:\n  a:\n    environment:\n      - A=${B}\n      - C=x-${D}\n      - E=$F\n      - G=${H:-i}\n      - J=${K:-${L:-m}}\n";
    assert_eq!(
        environment(FileKind::Compose, text),
        [
            r#"A="${B}" 2 unknown at "A"="${B}""#,
            r#"C="x-${D}" 2 unknown at "C"="x-${D}""#,
            r#"E="$F" 2 unknown at "E"="$F""#,
            r#"G="i" 2 default at "G"="i""#,
            r#"J="m" 2 default at "J"="m""#,
        ]
    );
    assert_eq!(settings(FileKind::Yaml, "a: $(X)\n"), [r#"a template 0 unknown "$(X)" at "a"="$(X)""#]);
    assert_eq!(settings(FileKind::Yaml, "a: x$(X)\n"), [r#"a string 0 unknown "x$(X)" at "a"="x$(X)""#]);
}

#[test]
fn only_wanted_tables_are_added_and_once() {
    let mut document = parse(FileKind::Dotenv, "A=1\n".to_owned());
    add_views(FileKind::Dotenv, &mut document, &[]);
    assert!(document.tables.is_empty());
    add_views(FileKind::Dotenv, &mut document, &["settings", "environment", "other"]);
    add_views(FileKind::Dotenv, &mut document, &["settings"]);
    let names: Vec<&str> = document.tables.iter().map(|table| table.name).collect();
    assert_eq!(names, ["settings", "environment"]);
    assert_eq!(document.text(), "A=1\n");
}

#[test]
fn what_a_package_depends_on_are_no_settings() {
    let names = |kind, text| -> Vec<String> {
        let rows = settings(kind, text);
        rows.iter().map(|row| row.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let cargo = "[package]\nname = 'a'\n[dev-dependencies]\nscoped-tls = '1.0'\nb = { git = 'http://c/d' }\n\
                 [features]\nsensitive-headers = []\n";
    let found = names(FileKind::Toml, cargo);
    assert!(found.iter().any(|name| name == "package_name"), "{found:?}");
    assert!(found.iter().any(|name| name == "dev_dependencies_b_git"), "{found:?}");
    assert!(!found.iter().any(|name| name.contains("scoped_tls") || name.contains("features")), "{found:?}");
    assert_eq!(
        names(FileKind::Yaml, "version: 1\nfeatures:\n  debug: true\n"),
        ["version", "features_debug"]
    );
    assert_eq!(names(FileKind::Pipfile, "[packages]\ntls = '==1.0'\n"), [""; 0]);
    // Anywhere else they are: a service may depend on a database.
    assert_eq!(
        names(FileKind::Yaml, "dependencies:\n  db:\n    password: a\n"),
        ["dependencies_db_password"]
    );
}

#[test]
fn data_in_the_form_of_settings_is_none() {
    let json = |text| settings(FileKind::Json, text).len();
    assert_eq!(
        json("{\"metadata\": {}, \"operations\": {\"a\": {\"authtype\": \"none\"}}, \"shapes\": {}}"),
        0
    );
    assert_eq!(json("{\"bomFormat\": \"CycloneDX\", \"components\": [{\"url\": \"https://a\"}]}"), 0);
    assert!(json("{\"operations\": {\"a\": {\"authtype\": \"none\"}}}") > 0);
    assert_eq!(
        json(
            "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"properties\": {\"debug\": true}, \
             \"examples\": [{\"tls\": false}]}"
        ),
        0
    );
    for schema in [
        "{\"typeName\": \"A::B\", \"additionalProperties\": false, \"properties\": {\"Password\": {\"minLength\": 1}}}",
        "{\"type\": \"object\", \"properties\": {\"debug\": {\"default\": true}}}",
        "{\"if\": {\"required\": [\"a\"]}, \"then\": {\"properties\": {\"StorageEncrypted\": false}}}",
        "{\"allOf\": [{\"if\": {\"required\": [\"a\"]}, \"then\": {\"properties\": {\"debug\": true}}}]}",
    ] {
        assert_eq!(json(schema), 0, "{schema}");
    }
    assert!(json("{\"type\": \"Microsoft.Web/sites\", \"properties\": {\"debug\": true}}") > 0);
    assert!(json("{\"if\": \"a\", \"then\": {\"debug\": true}}") > 0);
    // A document that names a schema of its own is held against it.
    assert!(json("{\"$schema\": \"https://a.io/schema.json\", \"debug\": true}") > 0);
}

#[test]
fn a_description_of_an_interface_has_addresses_only() {
    let text = "openapi: 3.0.0\ninfo: {title: a}\nservers: [{url: http://api.shop.io}]\ncomponents:\n  schemas:\n    \
                Login:\n      example: {password: Hunter22, url: http://x.y}\n      debug: true\n";
    let rows = settings(FileKind::Yaml, text);
    let names: Vec<&str> = rows.iter().map(|row| row.split(' ').next().unwrap_or_default()).collect();
    assert!(names.contains(&"servers_url"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("login")), "{names:?}");
}

#[test]
fn what_a_service_of_a_workflow_is_told_is_no_setting() {
    let text = "on: push\njobs:\n  a:\n    runs-on: x\n    env: {A: b}\n    services:\n      db:\n        image: c\n        \
                env: {POSTGRES_PASSWORD: d}\n";
    let found = environment(FileKind::GithubWorkflow, text);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn what_a_script_gives_to_others_is_known() {
    let given = |text: &str| {
        let rows = environment(FileKind::Shell, text);
        rows.iter().filter(|row| row.contains("given")).map(|row| row[..1].to_owned()).collect::<String>()
    };
    assert_eq!(given("A=1\nB=${B:-2}\nexport A C\n"), "A");
    assert_eq!(given("A=\"${A:-1}\"\nB=${C:-2}\nC=3\nexec app\n"), "A");
    assert_eq!(given("A=${A:-1}\nexec >log\n"), "", "nothing takes its place");
    assert_eq!(given("set -a\nA=1\n"), "A");
    assert_eq!(given("export A=1\nA=${A:-1}\n"), "", "nothing says that the second is");
}

#[test]
fn options_in_scripts_count_where_they_are_surely_meant() {
    assert_eq!(
        settings(
            FileKind::Shell,
            "exec app --cors-origins='*' --no-auth \"$@\"\naz app set --min-tls-version 1.0\n"
        ),
        [
            r#"cors_allowed_origins string 0 variable "*" at "cors-origins"="--cors-origins='*'""#,
            r#"no_auth bool 1 variable,on "true" at "no-auth"="no-auth""#,
            r#"min_tls_version number 1 variable,inexact "1.0" at "min-tls-version"="1.0""#,
        ]
    );
}

#[test]
fn options_of_programs_are_settings() {
    let compose = "services:\n  a:\n    command: app --tls-min-version '1.0' --cors=* --no-auth\n    entrypoint: [app, --auth=none, --auth-mode, --next]\n";
    assert_eq!(
        settings(FileKind::Compose, compose),
        [
            r#"tls_min_version number 1 variable,inexact "1.0" at "tls-min-version"="1.0""#,
            r#"cors_allowed_origins string 0 variable "*" at "cors"="*""#,
            r#"no_auth bool 1 variable,on "true" at "no-auth"="no-auth""#,
            r#"auth_mode string 0 variable,off "none" at "auth"="none""#,
            r#"auth_mode bool 1 variable,on "true" at "auth-mode"="auth-mode""#,
        ]
    );
    let others = [
        (FileKind::Dockerfile, "FROM a\nRUN app --no-auth\nCMD ./configure --disable-auth\n"),
        (
            FileKind::Compose,
            "services:\n  a:\n    command: app --anonymous-auth=true no-auth -no-auth --no-authors\n",
        ),
        (FileKind::Shell, "app --no-auth\naz x --no-auth\nexec ./configure --disable-auth\n"),
    ];
    for (kind, text) in others {
        assert_eq!(settings(kind, text), [""; 0], "{text}");
    }
    // Long lines of strokes are looked through once.
    assert_eq!(settings(FileKind::Compose, &format!("# {}\n", "-".repeat(1 << 20))), [""; 0]);
}
