//! Checks over the objects of all files: what is recorded of each, and what follows from all of them together.
//!
//! An object without a namespace may be in any; what a template leaves open may be anything. Both keep rules about
//! missing partners quiet.

mod availability;
mod externals;
mod facts;
mod gateways;
mod images;
mod model;
mod network;
mod record;
mod references;
mod required;
mod stateful;
mod wanted;

pub(crate) use availability::{
    budget_blocks, budget_missing, fixed_replicas, minimum_replicas, scaler_dangling,
};
pub(crate) use facts::record;
pub(crate) use gateways::gateway_tls;
pub(crate) use images::image_tag;
pub use model::Project;
pub(crate) use network::{
    default_deny_missing, ingress_dangling, monitor_dangling, peer_dangling, policy_dangling,
    policy_direction, policy_missing, service_dangling,
};
pub(crate) use references::{
    account_not_found, automount, env_reference, namespace_default, services_status,
};
pub(crate) use required::required_metadata;
pub(crate) use stateful::stateful_service;

use record::Known;
use stockade_sdk::Params;

/// Keeps what the rules ask for whose facts depend on it.
pub(crate) fn configure(rules: &[(u32, &'static str, &Params)]) {
    required::configure(rules);
    images::configure(rules);
    wanted::configure(rules);
}

/// `Deployment web`: what a finding calls an object.
fn title(kind: &str, name: &Known) -> String {
    match name.text() {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_owned(),
    }
}
