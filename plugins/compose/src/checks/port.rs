//! Published ports.

use crate::checks::mount::rewrite;
use crate::image::Image;
use crate::ports::{Port, ports};
use crate::telling::{Mend, Telling};
use crate::view::{Compose, Service};
use stockade_sdk::tree_edit::set;
use stockade_sdk::{Edit, Out, Params};

/// `port-all-interfaces`: a port is published without an address.
pub(crate) fn all_interfaces(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for port in ports(service).iter().filter(|p| p.is_everywhere()) {
            let what = format!("publishes port {} on every interface", port.text);
            telling.say(service, port.node.place(), what, || {
                Mend::unsafe_one("publish on 127.0.0.1 only", bind_to_loopback(port))
            });
        }
    }
}

fn bind_to_loopback(port: &Port<'_>) -> Option<Vec<Edit>> {
    if port.long {
        return set(port.node, &["host_ip"], "127.0.0.1");
    }
    let text = port.text.as_str();
    let rest = text.strip_prefix("0.0.0.0:").or_else(|| text.strip_prefix("[::]:")).unwrap_or(text);
    // A port alone gets a free one of the host, which an address in front does not change.
    let middle = if rest.contains(':') { "" } else { ":" };
    rewrite(port.node, text, &format!("127.0.0.1:{middle}{rest}")).map(|edit| vec![edit])
}

/// `port-privileged`: a port of the host below 1024 is taken.
pub(crate) fn privileged(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let allowed: Vec<u32> = params.strings("allow").filter_map(|p| p.parse().ok()).collect();
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for port in ports(service) {
            let Some((from, _)) = port.published else { continue };
            if (1..1024).contains(&from) && !allowed.contains(&from) {
                let what = format!("takes port {from} of the host");
                telling.say(service, port.node.place(), what, || None);
            }
        }
    }
}

/// `port-container`: a port of the container that should not be published.
pub(crate) fn container(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let wanted: Vec<u32> = params.strings("ports").filter_map(|p| p.parse().ok()).collect();
    let mut telling = Telling::new(view, out);
    let excepted = |image: &str| params.strings("unless-image").any(|word| image.contains(word));
    for service in &view.services {
        let image = service.ask("image").node().map(|node| Image::parse(node.text()));
        if image.is_some_and(|image| excepted(&image.base().to_ascii_lowercase())) {
            continue;
        }
        for port in ports(service) {
            let Some((from, to)) = port.target else { continue };
            if let Some(hit) = wanted.iter().find(|p| (from..=to).contains(p)) {
                let what = format!("publishes port {hit} of the container");
                telling.say(service, port.node.place(), what, || None);
            }
        }
    }
}

/// Words of the name of a port, or of the variable that holds it, that speak of a port for operators.
const ADMIN: [&str; 4] = ["admin", "management", "metrics", "debug"];
/// Those of them that do so in the name of a service, too. Most services for management manage tasks, hotels or users.
const ADMIN_SERVICE: [&str; 3] = ["admin", "metrics", "debug"];

fn word_of(name: &str, wanted: &[&'static str]) -> Option<&'static str> {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.find_map(|word| wanted.iter().copied().find(|admin| word.eq_ignore_ascii_case(admin)))
}

fn admin_word(name: &str) -> Option<&'static str> {
    word_of(name, &ADMIN)
}

/// The names of the variables in a value.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|part| {
        let part = part.strip_prefix('{').unwrap_or(part);
        part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()
    })
}

/// `port-admin`: a port for operators is reachable from other machines.
pub(crate) fn admin(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for port in ports(service).iter().filter(|p| p.is_open()) {
            let reason = reason(service, port);
            if let Some(reason) = reason {
                let what = format!("publishes port {}, a port for {reason}", port.text);
                telling.say(service, port.node.place(), what, || None);
            }
        }
    }
}

fn reason(service: &Service<'_>, port: &Port<'_>) -> Option<&'static str> {
    let words = if port.long {
        let texts = ["name", "published", "target"].into_iter().filter_map(|key| port.node.get(key));
        texts.into_iter().find_map(|n| {
            if n.name() == "name" { admin_word(n.text()) } else { variables(n.text()).find_map(admin_word) }
        })
    } else {
        variables(port.node.text()).find_map(admin_word)
    };
    words.or_else(|| word_of(service.name(), &ADMIN_SERVICE))
}
