//! Message brokers that are reached without TLS.

use crate::host::host_and_port;
use crate::place::{flip, part_of};
use crate::view::{View, is_named};
use std::collections::BTreeMap;
use stockade_sdk::{Edit, Out, Params, Setting, ValueKind, row_flag};

/// Last words of names of settings that are Kafka's protocol.
const PROTOCOL: [&str; 2] = ["security_protocol", "inter_broker_protocol"];

/// Words of names that are a broker's.
const BROKERS: [&str; 10] =
    ["amqp", "rabbitmq", "rabbit", "activemq", "mqtt", "mosquitto", "emqx", "nats", "jetstream", "kafka"];

/// What Kafka's protocols without TLS become.
const PLAIN: [(&str, &str); 4] = [
    ("PLAINTEXT", "SSL"),
    ("SASL_PLAINTEXT", "SASL_SSL"),
    ("plaintext", "ssl"),
    ("sasl_plaintext", "sasl_ssl"),
];

fn is_plain(protocol: &str) -> bool {
    PLAIN.iter().any(|(plain, _)| plain.eq_ignore_ascii_case(protocol))
}

/// Whether a name is that of the switch for a broker's TLS: `rabbitmq_ssl_enabled`, `nats_use_tls`.
fn is_switch(name: &str) -> bool {
    let front = name.strip_suffix("_enabled").unwrap_or(name);
    let Some(front) = front.strip_suffix("_tls").or_else(|| front.strip_suffix("_ssl")) else { return false };
    front.split('_').any(|word| BROKERS.contains(&word))
}

/// The elements of a list in one text, or the one element that a value is.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| c == ',' || c.is_whitespace())
        .map(|part| part.trim_matches(['"', '\'', '[', ']']))
        .filter(|part| !part.is_empty())
}

/// What the listeners of a file are: which protocol each name stands for.
#[derive(Debug, Default)]
struct Protocols<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Protocols<'a> {
    fn of(&self, listener: &'a str) -> &'a str {
        self.0.get(listener).copied().unwrap_or(listener)
    }
}

/// `broker`: Kafka's protocol has no TLS, one of its listeners has none and is reached from beyond the machine, or the
/// switch for another broker's TLS is off.
pub fn broker(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let settings: Vec<Setting<'_>> = view
        .source
        .settings()
        .filter(|s| {
            s.is_value() && !s.has(row_flag::PART | row_flag::INHERITED) && s.kind() != ValueKind::Empty
        })
        .filter(|s| view.source.kind() != "shell" || s.is_given())
        .collect();
    let mut protocols = Protocols::default();
    for map in settings.iter().filter(|s| is_named(s.name(), ["security_protocol_map"].into_iter())) {
        protocols.0.extend(parts(map.value()).filter_map(|part| part.split_once(':')));
    }
    // Where the listeners are known, what they advertise says nothing new.
    let own = |s: &Setting<'_>| is_named(s.name(), ["listeners"].into_iter()) && s.value().contains("://");
    let advertised = |s: &Setting<'_>| s.name().ends_with("advertised_listeners");
    let known = settings.iter().any(|s| own(s) && !advertised(s));
    let mut seen: Vec<String> = Vec::new();
    for setting in &settings {
        let (name, value) = (setting.name(), setting.value().trim());
        if is_named(name, PROTOCOL.into_iter()) {
            view.judges(out);
            protocol(*setting, value, out);
        } else if own(setting) {
            view.judges(out);
            let written = setting.written();
            if known && advertised(setting) || seen.contains(&written) {
                continue;
            }
            if listener(*setting, &protocols, out) {
                seen.push(written);
            }
        } else if is_switch(name) {
            view.judges(out);
            if setting.is_off() {
                let written = setting.written();
                let finding = out.finding(setting.place(), format!("{written} is {value}")).key(written);
                if let Some((new, edit)) = flip(*setting) {
                    finding.unsafe_fix(format!("Set it to {new}"), vec![edit]);
                }
            }
        }
    }
}

/// Kafka's protocol in a setting of its own.
fn protocol(setting: Setting<'_>, value: &str, out: &mut Out) {
    if !is_plain(value) {
        return;
    }
    let written = setting.written();
    let (place, exact) = part_of(setting, value);
    let finding = out.finding(place, format!("{written} has {value}")).key(format!("{written}={value}"));
    let new = PLAIN.iter().find(|(plain, _)| *plain == value).map(|(_, new)| *new);
    if let Some(new) = new.filter(|_| exact && !setting.has(row_flag::DEFAULT)) {
        finding.unsafe_fix(format!("Set it to {new}"), vec![Edit::replace(place.span, new)]);
    }
}

/// A list of listeners, or an element of one; whether it was reported.
fn listener(setting: Setting<'_>, protocols: &Protocols<'_>, out: &mut Out) -> bool {
    for part in parts(setting.value()) {
        let Some((listener, rest)) = part.split_once("://") else { continue };
        let protocol = protocols.of(listener);
        let host = host_and_port(rest).0;
        let local = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        if !is_plain(protocol) || local {
            continue;
        }
        let written = setting.written();
        let (place, exact) = part_of(setting, part);
        let message = format!("{written} has {part}, which is {}", protocol.to_ascii_uppercase());
        let finding = out.finding(place, message).key(format!("{written}={listener}"));
        let new = PLAIN.iter().find(|(plain, _)| *plain == listener).map(|(_, new)| *new);
        // A listener of another name gets its protocol elsewhere.
        if let Some(new) = new.filter(|_| exact && protocols.0.is_empty() && !setting.has(row_flag::DEFAULT))
        {
            let mut span = place.span;
            span.end = span.start + listener.len() as u32;
            finding.unsafe_fix(format!("Set it to {new}"), vec![Edit::replace(span, new)]);
        }
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Protocols, is_plain, is_switch, parts};

    #[test]
    fn listeners_are_read_by_their_protocols() {
        let map = Protocols(
            parts("CONTROLLER:PLAINTEXT,EXTERNAL:SASL_SSL").filter_map(|part| part.split_once(':')).collect(),
        );
        assert!(is_plain(map.of("CONTROLLER")) && !is_plain(map.of("EXTERNAL")));
        assert!(is_plain(map.of("PLAINTEXT")) && !is_plain(map.of("SSL")));
    }

    #[test]
    fn switches_of_brokers_are_told_from_others() {
        for name in ["rabbitmq_ssl_enabled", "nats_tls", "app_mqtt_use_tls"] {
            assert!(is_switch(name), "{name}");
        }
        for name in ["tls", "server_ssl_enabled", "rabbitmq_ssl_cert", "alternate_tls", "ssl_enabled"] {
            assert!(!is_switch(name), "{name}");
        }
    }
}
