//! What the checks say about files of a system.

use super::{exports, haproxy, named, redis, snmp, sudoers};
use crate::{Commands, View};
use stockade_sdk::{Family as _, Out, Params};
use stockade_testkit::source;

type Check = fn(&View<'_>, &Params, &mut Out);

fn found(check: Check, kind: &str, path: &str, text: &str) -> Vec<String> {
    let source = source(kind, path, text);
    let mut out = Out::new();
    check(&Commands::view(&source), &Params::default(), &mut out);
    let show = |f: &stockade_sdk::Finding| format!("{}: {}", source.slice(f.span.unwrap()), f.message);
    out.findings().iter().map(show).collect()
}

#[test]
fn accounts_and_tags_hold_for_what_follows() {
    let sudo = |text: &str| found(sudoers::password, "sudoers", "etc/sudoers", text);
    assert_eq!(
        sudo("deploy ALL=(ALL) NOPASSWD: ALL # for now\n"),
        ["NOPASSWD: ALL: deploy runs anything as root without a password"]
    );
    assert_eq!(
        sudo("%ops ALL = (root) NOPASSWD:SETENV: /bin/ls, \\\n  /bin/bash\n"),
        ["/bin/bash: %ops runs /bin/bash as root without a password"]
    );
    assert_eq!(
        sudo("Defaults:deploy !authenticate\n"),
        ["!authenticate: Defaults:deploy asks nobody for a password"]
    );
    for text in [
        "root ALL=(ALL:ALL) NOPASSWD: ALL\n",
        "%admin ALL=(ALL) ALL\n",
        "# deploy ALL=(ALL) NOPASSWD: ALL\n",
        "deploy ALL=(postgres) NOPASSWD: ALL\n",
        "deploy ALL=(ALL) NOPASSWD: /usr/bin/systemctl restart shop, PASSWD: ALL\n",
        "deploy ALL=(root) NOPASSWD: /bin/su - postgres\n",
        "Cmnd_Alias SHELLS = /bin/bash\nDefaults !visiblepw, env_reset\n@includedir /etc/sudoers.d\n",
    ] {
        assert!(sudo(text).is_empty(), "{text}");
    }
}

#[test]
fn folders_are_exported_to_those_who_are_named() {
    let nfs = |text: &str| found(exports::open, "nfs-exports", "etc/exports", text);
    assert_eq!(
        nfs("/srv/a *(rw,no_root_squash)\n"),
        [
            "*(rw,no_root_squash): /srv/a is open to everyone for writing",
            "no_root_squash: the root of any machine is root in /srv/a"
        ]
    );
    assert_eq!(nfs("/srv/a 10.0.0.5 (rw)\n"), ["(rw): /srv/a is open to everyone for writing"]);
    assert_eq!(nfs("\"/srv/a b\" -rw \\\n  *\n"), ["*: /srv/a b is open to everyone for writing"]);
    for text in [
        "/srv/a 10.0.0.0/24(rw,sync)\n",
        "/srv/pub *(ro,all_squash)\n",
        "/srv/a *(rw,sec=krb5p)\n",
        "# /srv/a *(rw)\n",
        "export PATH=/usr/bin\n",
    ] {
        assert!(nfs(text).is_empty(), "{text}");
    }
}

#[test]
fn a_name_server_is_open_to_any() {
    let dns = |text: &str| found(named::open, "bind", "etc/bind/named.conf.options", text);
    assert_eq!(
        dns("options {\n  allow-recursion { any; }; // all\n  allow-transfer { !10.0.0.1; any; };\n};\n"),
        [
            "any: allow-recursion any looks up names for everyone",
            "any: allow-transfer any hands out whole zones to everyone"
        ]
    );
    assert_eq!(
        dns("zone \"a\" {\n type master;\n allow-update { any; };\n};\n"),
        ["any: allow-update any lets everyone change the zone"]
    );
    for text in [
        "options {\n recursion no;\n allow-recursion { any; };\n};\n",
        "options {\n listen-on { 127.0.0.1; };\n allow-recursion { any; };\n};\n",
        "view \"in\" {\n match-clients { lan; };\n allow-recursion { any; };\n};\n",
        "options {\n allow-query { any; };\n allow-recursion { lan; localhost; };\n /* allow-transfer { any; }; */\n};\n",
        "options { allow-recursion { any",
    ] {
        assert!(dns(text).is_empty(), "{text}");
    }
}

#[test]
fn an_agent_answers_those_who_are_named() {
    let snmp = |text: &str| found(snmp::open, "snmpd", "etc/snmp/snmpd.conf", text);
    assert_eq!(
        snmp("rocommunity public\nrwcommunity x 10.0.0.0/8\nrouser ops noauth\n"),
        [
            "rocommunity: rocommunity gives everyone all that is measured here",
            "rwcommunity: rwcommunity lets 10.0.0.0/8 change settings on a word that is sent readable",
            "noauth: rouser takes ops without a password"
        ]
    );
    let group = "group ops v2c anyone\naccess ops \"\" any noauth exact part none none\n";
    assert_eq!(
        snmp(&format!("com2sec anyone default public\n{group}view part included .1 80\n")),
        ["com2sec: com2sec gives everyone all that is measured here"]
    );
    for text in [
        &format!("com2sec anyone default public\n{group}view part included .1.3.6.1.2.1.1\n"),
        &format!("com2sec anyone 10.0.0.5 public\n{group}view part included .1\n"),
        "com2sec anyone\naccess\ngroup\nview\n",
        "rocommunity public default -V systemonly\n",
        "rocommunity x 10.0.0.5\nrouser ops authpriv\n",
        "agentaddress udp:127.0.0.1:161,[::1]\nrocommunity public\n",
        "rwcommunity x localhost\n# rocommunity public\nrocommunity\n",
    ] {
        assert!(snmp(text).is_empty(), "{text}");
    }
}

#[test]
fn statistics_of_haproxy_ask_for_a_login() {
    let stats = |text: &str| {
        let text = format!("defaults\n  mode http\n{text}");
        found(haproxy::stats, "properties", "haproxy.cfg", &text)
    };
    let page = "stats enable: the page of statistics is shown to everyone";
    assert_eq!(stats("listen s\n  bind *:8404\n  stats enable\n  stats uri /\n"), [page]);
    assert_eq!(
        stats("frontend f\n  bind :80\n  stats enable\n  stats admin if TRUE\n"),
        [format!("{page}, who may take servers out")]
    );
    for text in [
        "listen s\n  bind 127.0.0.1:8404\n  stats enable\n",
        "listen s\n  bind *:8404\n  stats enable\n  stats auth a:b\n",
        "listen s\n  bind *:8404\n  stats http-request auth unless ok\n  stats enable\n",
        "listen s\n  bind *:8404 ssl crt a ca-file b verify required\n  stats enable\n",
        "backend s\n  stats enable\n",
        "listen s\n  bind *:8404\n  # stats enable\n",
        "  stats auth a:b\nlisten s\n  bind *:8404\n  stats enable\n",
    ] {
        assert!(stats(text).is_empty(), "{text}");
    }
}

#[test]
fn passwords_of_redis_accounts_stand_as_hashes() {
    let acl = |text: &str| found(redis::password, "redis-acl", "redis/users.acl", text);
    assert_eq!(
        acl("user app on >k7Pq2vXw9LmZ +@all ~*\n"),
        ["k7Pq2vXw9LmZ: the password of app stands in the file"]
    );
    for text in ["user app on #0a1b ~* +@all\n", "user app on >${PW} ~* +@all\n", "user app on <old ~*\n"] {
        assert!(acl(text).is_empty(), "{text}");
    }
    let conf = |text: &str| found(redis::password, "properties", "redis.conf", text);
    assert_eq!(conf("user app on >k7Pq2vXw9LmZ +@all\n").len(), 1);
    assert!(conf("user app insecure-password >k7Pq2vXw9LmZ\n").is_empty());
}

#[test]
fn an_account_of_redis_needs_a_password() {
    let acl = |text: &str| found(redis::open, "redis-acl", "redis/users.acl", text);
    assert_eq!(acl("user default on nopass ~* &* +@all\n"), ["nopass: default needs no password"]);
    assert_eq!(acl("user a on nopass -@all +get\n"), ["nopass: a needs no password"]);
    for text in [
        "user default off nopass ~* +@all\n",
        "user a on #0a1b ~* +@all\n",
        "user a on nopass ~* -@all\n",
        "user a on nopass resetpass >x ~* +@all\n",
        "user\n\n# user a on nopass +@all\n",
    ] {
        assert!(acl(text).is_empty(), "{text}");
    }
}
