use super::{command_line, is_private, opens};
use stockade_sdk::{Out, Params};
use stockade_testkit::source;

#[test]
fn modes_in_symbols_are_read() {
    for mode in ["o+r", "a+rwx", "+r", "go=rw", "u=rwx,g=r"] {
        assert!(opens(mode), "{mode}");
    }
    for mode in ["u+rw", "go-rwx", "go=", "+x", "u=rw"] {
        assert!(!opens(mode), "{mode}");
    }
    assert!(is_private("/etc/app/private/server.key") && !is_private("/usr/share/keyrings/x"));
    assert!(!is_private("/root/.ssh/authorized_keys") && is_private("/root/.ssh/config"));
}

#[test]
fn what_services_run_is_looked_at() {
    let count = |text: &str| {
        let mut out = Out::new();
        let text = format!("services:\n  db:\n    image: mysql:8\n{text}\n");
        command_line(&&source("compose", "compose.yaml", &text), &Params::default(), &mut out);
        out.findings().len()
    };
    for lines in [
        "    command: curl -u admin:k7Pq2vXw9LmZ http://nexus",
        "    command: [\"sh\", \"-c\", \"a && mysql -pk7Pq2vXw9LmZ shop\"]",
        "    entrypoint: [/bin/bash, -ec]\n    command:\n    - |\n      a\n      mysql -pk7Pq2vXw9LmZ shop",
        "    command: bash -c 'a; mysql -pk7Pq2vXw9LmZ shop'",
        "    healthcheck:\n      test: [CMD-SHELL, mysqladmin ping -pk7Pq2vXw9LmZ]",
        "    healthcheck:\n      test: [CMD, mysqladmin, ping, -pk7Pq2vXw9LmZ]",
        "    command: redis-server --appendonly yes --requirepass k7Pq2vXw9LmZ",
        "    healthcheck:\n      test: mysqladmin ping -pk7Pq2vXw9LmZ",
        "    post_start:\n    - command: mysql -pk7Pq2vXw9LmZ",
    ] {
        assert_eq!(count(lines), 1, "{lines}");
    }
    for lines in [
        "    command: [mysqld, --innodb]",
        "    command: [\"sh\", \"-c\", \"mysql -p$$MYSQL_PASSWORD shop\"]",
        "    command: mysql -p${PASSWORD:-k7Pq2vXw9LmZ} shop",
        "    healthcheck:\n      test: [NONE]",
        "    environment:\n      MYSQL_PASSWORD: k7Pq2vXw9LmZ\n    command: mysql -pk7Pq2vXw9LmZ shop",
        "    environment: [MYSQL_PASSWORD=k7Pq2vXw9LmZ]\n    command: mysql -pk7Pq2vXw9LmZ shop",
        "    labels:\n      command: mysql -pk7Pq2vXw9LmZ shop",
    ] {
        assert_eq!(count(lines), 0, "{lines}");
    }
}

#[test]
fn secrets_are_found_however_they_are_given() {
    let count = |text: &str| {
        let mut out = Out::new();
        let text = format!("#!/bin/sh\n{text}\n");
        command_line(&&source("shell", "deploy.sh", &text), &Params::default(), &mut out);
        out.findings().len()
    };
    for line in [
        "mysql -u root -pk7Pq2vXw9LmZ shop",
        "sudo mysqldump -pk7Pq2vXw9LmZ shop",
        "sshpass -p k7Pq2vXw9LmZ ssh host",
        "docker login -u me -p k7Pq2vXw9LmZ",
        "curl -u admin:k7Pq2vXw9LmZ https://shop.io",
        "helm upgrade shop --set db.password=k7Pq2vXw9LmZ",
        "redis-cli -a k7Pq2vXw9LmZ ping",
    ] {
        assert_eq!(count(line), 1, "{line}");
    }
    for line in [
        "mysql -u root -p shop",
        "mysql -u root -p\"$PASSWORD\" shop",
        "docker run -p 8080:80 shop",
        "mkdir -p secrets/new",
        "curl -u \"$USER:$TOKEN\" https://shop.io",
        "curl -u admin https://shop.io",
        "ssh -p 2222 host",
        "tool --password --verbose",
        "echo mysql -pk7Pq2vXw9LmZ",
    ] {
        assert_eq!(count(line), 0, "{line}");
    }
}
