//! What the checks say about scripts, rule files and tasks.

use super::checks;
use crate::{Commands, View};
use stockade_sdk::{Family as _, Out, Params, Source};
use stockade_testkit::source;

type Check = fn(&View<'_>, &Params, &mut Out);

fn found(check: Check, source: &Source) -> Vec<String> {
    let mut out = Out::new();
    check(&Commands::view(source), &Params::default(), &mut out);
    let show = |f: &stockade_sdk::Finding| format!("{}: {}", source.slice(f.span.unwrap()), f.message);
    out.findings().iter().map(show).collect()
}

fn script(check: Check, text: &str) -> Vec<String> {
    found(check, &source("shell", "setup.sh", text))
}

#[test]
fn a_default_counts_unless_it_is_closed_elsewhere() {
    let check = checks::default_allow;
    assert_eq!(script(check, "sudo ufw default allow incoming\n").len(), 1);
    assert_eq!(script(check, "ufw default allow\nufw default deny incoming\n").len(), 0);
    assert_eq!(script(check, "ufw default allow outgoing\n").len(), 0);
    assert_eq!(script(check, "iptables -P INPUT ACCEPT\niptables -F\niptables -P INPUT DROP\n").len(), 0);
    assert_eq!(script(check, "iptables -F\n/sbin/iptables -P INPUT ACCEPT\n").len(), 1);
    assert_eq!(script(check, "iptables -P INPUT ACCEPT\niptables -A INPUT -j DROP\n").len(), 0);
    assert_eq!(script(check, "iptables -t nat -P INPUT ACCEPT\niptables -P OUTPUT ACCEPT\n").len(), 0);
    let menu = "on() {\n iptables -P INPUT DROP\n}\noff() {\n iptables -P INPUT ACCEPT\n}\n";
    assert_eq!(script(check, menu).len(), 0);
    assert_eq!(script(check, "$IPT -P INPUT ACCEPT\n").len(), 1);
    assert_eq!(script(check, "echo ufw disable\n").len(), 0);
}

#[test]
fn a_firewall_that_is_switched_off() {
    let check = checks::default_allow;
    assert_eq!(script(check, "systemctl stop firewalld\nsystemctl disable firewalld\n").len(), 1);
    assert_eq!(script(check, "systemctl stop firewalld\nsystemctl enable --now nftables\n").len(), 0);
    assert_eq!(script(check, "ufw --force disable\n").len(), 1);
    assert_eq!(script(check, "ufw disable\nufw allow 80\nufw --force enable\n").len(), 0);
    assert_eq!(script(check, "systemctl stop nginx\n").len(), 0);
}

#[test]
fn saved_rules() {
    let rules = |text| source("iptables", "etc/iptables/rules.v4", text);
    let open = rules("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 5432 -j ACCEPT\nCOMMIT\n");
    assert_eq!(found(checks::default_allow, &open), [":INPUT ACCEPT: :INPUT ACCEPT lets in whatever comes"]);
    assert_eq!(found(checks::port_open, &open), ["5432: iptables opens 5432 (a database) to everyone"]);
    let closed = rules("*nat\n:INPUT ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n");
    assert_eq!(found(checks::default_allow, &closed).len(), 0);
    let last = rules("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n");
    assert_eq!(found(checks::default_allow, &last).len(), 0);
}

#[test]
fn nftables_files() {
    let file = |body: &str| {
        let text = format!(
            "table inet filter {{\n  chain input {{\n    type filter hook input priority 0; {body}\n  }}\n  chain output {{\n    type filter hook output priority 0; policy accept;\n  }}\n}}\n"
        );
        source("nftables", "nftables.conf", &text)
    };
    assert_eq!(found(checks::default_allow, &file("policy accept;")).len(), 1);
    assert_eq!(found(checks::default_allow, &file("policy drop;")).len(), 0);
    assert_eq!(found(checks::default_allow, &file("policy accept;\n counter drop")).len(), 0);
    let ports =
        file("policy drop;\n tcp dport { 22, 443 } accept\n ip saddr 10.0.0.0/8 tcp dport 5432 accept\n");
    assert_eq!(found(checks::port_open, &ports), ["22, 443: nftables opens 22,443 (SSH) to everyone"]);
    assert_eq!(found(checks::deny_missing, &ports).len(), 0);
    assert_eq!(found(checks::deny_missing, &file("\n tcp dport 80 accept\n")).len(), 1);
    // No crash on what is no rule file at all.
    for text in ["chain {", "chain a {{{{", "}", "chain x { \"", "chain x { hook input ; tcp dport { accept"]
    {
        found(checks::port_open, &source("nftables", "a.nft", text));
    }
}

#[test]
fn openings() {
    let check = checks::port_open;
    assert_eq!(script(check, "ufw allow 22/tcp # SSH\n"), ["22/tcp: ufw opens 22/tcp (SSH) to everyone"]);
    assert_eq!(script(check, "ufw allow from 10.0.0.0/8 to any port 22 proto tcp\n").len(), 0);
    assert_eq!(script(check, "ufw allow from any to any port 5432\n").len(), 1);
    assert_eq!(script(check, "ufw allow in on wg0 to any port 22\n").len(), 0);
    assert_eq!(script(check, "ufw limit ssh\nufw allow 443\nufw allow out 5432\n").len(), 0);
    assert_eq!(
        script(check, "ufw delete allow 22\nufw allow $PORT\nufw allow from $ADMIN to any port 22\n").len(),
        0
    );
    assert_eq!(script(check, "ufw allow 7777/tcp # internal only\n").len(), 1);
    assert_eq!(script(check, "# Registry, internal\nufw allow 7777/tcp\n").len(), 1);
    assert_eq!(script(check, "ufw allow 8080 comment 'public API'\nufw allow 8765/tcp # P2P\n").len(), 0);
    assert_eq!(script(check, "iptables -A INPUT -p tcp --dport 22 -j ACCEPT\n").len(), 1);
    assert_eq!(script(check, "iptables -A INPUT -i lo -p tcp --dport 22 -j ACCEPT\n").len(), 0);
    assert_eq!(script(check, "iptables -A INPUT -p tcp --dport 22 -s 10.0.0.0/8 -j ACCEPT\n").len(), 0);
    assert_eq!(script(check, "iptables -A INPUT ! -s 10.0.0.0/8 -p tcp --dport 22 -j DROP\n").len(), 0);
    assert_eq!(
        script(check, "iptables -A INPUT -p tcp --dport 22 -m state --state ESTABLISHED -j ACCEPT\n").len(),
        0
    );
    assert_eq!(script(check, "firewall-cmd --permanent --add-service=ssh\n").len(), 1);
    assert_eq!(script(check, "firewall-cmd --zone=internal --add-port=5432/tcp\n").len(), 0);
}

#[test]
fn ansible_and_cloud_init() {
    let yaml = |text| source("yaml", "site.yml", text);
    let tasks =
        yaml("- community.general.ufw:\n    policy: allow\n- ufw:\n    rule: allow\n    port: \"22\"\n");
    assert_eq!(found(checks::default_allow, &tasks), ["policy: allow: policy: allow lets in whatever comes"]);
    assert_eq!(found(checks::port_open, &tasks).len(), 1);
    let from =
        yaml("- ufw:\n    rule: allow\n    port: \"22\"\n    src: 10.0.0.0/8\n- ufw:\n    policy: deny\n");
    assert_eq!(found(checks::port_open, &from).len(), 0);
    assert_eq!(found(checks::deny_missing, &from).len(), 0);
    let cloud = yaml("runcmd:\n  - [ufw, allow, '22']\n  - ufw --force enable\n");
    assert_eq!(found(checks::port_open, &cloud).len(), 1);
    assert_eq!(found(checks::deny_missing, &cloud).len(), 1);
    let stopped = yaml("- service:\n    name: firewalld\n    state: stopped\n    enabled: no\n");
    assert_eq!(found(checks::default_allow, &stopped).len(), 1);
    let template = yaml("- service:\n    name: firewalld\n    state: \"{{ firewall_state }}\"\n");
    assert_eq!(found(checks::default_allow, &template).len(), 0);
    let settings = yaml("ufw_default_incoming_policy: allow\nufw_default_outgoing_policy: allow\n");
    assert_eq!(found(checks::default_allow, &settings).len(), 1);
}
