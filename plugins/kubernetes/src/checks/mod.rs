//! The checks, grouped by what they look at.

pub(crate) mod admission;
pub(crate) mod bindings;
pub(crate) mod brokers;
pub(crate) mod bypass;
pub(crate) mod capabilities;
mod cilium;
pub(crate) mod cloud;
pub(crate) mod cluster;
pub(crate) mod components;
pub(crate) mod gateway;
pub(crate) mod gitops;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod mesh;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod nginx;
pub(crate) mod order;
pub(crate) mod policies;
pub(crate) mod profiles;
pub(crate) mod rbac;
pub(crate) mod refused;
pub(crate) mod scheduling;
pub(crate) mod schema;
pub(crate) mod secrets;
pub(crate) mod security_policy;
pub(crate) mod settings;
pub(crate) mod tiller;
pub(crate) mod versions;
pub(crate) mod workload;

use crate::view::Object;

/// `Deployment web`: what a finding about an object calls it.
pub(crate) fn describe(object: &Object<'_>) -> String {
    match (object.kind, object.written_name()) {
        ("", None) => "the object".to_owned(),
        (kind, None) => kind.to_owned(),
        ("", Some(name)) => format!("the object {name}"),
        (kind, Some(name)) => format!("{kind} {name}"),
    }
}
