//! Parameters that files hand to templates: the name stands in one place, the value in another.

use crate::names::{ends_in, is_key_name, is_password_name};
use std::borrow::Cow;
use stockade_sdk::Setting;
use stockade_sdk::secrecy::flat;

/// Keys below which parameters stand, each with a value or default of its own: at Azure, CloudFormation and in Terraform's JSON.
const GROUPS: [&str; 4] = ["parameters", "Parameters", "variable", "outputs"];
/// The keys that hold the value.
const VALUES: [&str; 4] = ["value", "defaultValue", "default", "Default"];
/// Parts of a pipeline of CodeBuild that say where a secret is kept: what stands there is its name.
const STORES: [&str; 2] = ["secrets-manager", "parameter-store"];

/// The folded name by which a setting is judged: its own, or that of the parameter whose value it is.
pub(crate) fn judged_name(setting: Setting<'_>) -> Cow<'_, str> {
    let name = setting.name();
    // Nearly all names end otherwise.
    if !["value", "default"].iter().any(|end| name.ends_with(end)) {
        return Cow::Borrowed(name);
    }
    let node = setting.node();
    let Some(parameter) = node.parent() else { return Cow::Borrowed(name) };
    // `{"ParameterKey": "DbPassword", "ParameterValue": "..."}`
    if node.name() == "ParameterValue" {
        return parameter.get("ParameterKey").map_or(Cow::Borrowed(name), |key| Cow::Owned(flat(key.text())));
    }
    // Keycloak's users: `{"type": "password", "value": "..."}`
    if node.name() == "value" && parameter.get("type").is_some_and(|kind| kind.text() == "password") {
        return Cow::Borrowed("password");
    }
    let in_group = parameter.parent().is_some_and(|group| GROUPS.contains(&group.name()));
    if in_group && VALUES.contains(&node.name()) && !parameter.name().is_empty() {
        return Cow::Owned(flat(parameter.name()));
    }
    Cow::Borrowed(name)
}

/// The name of a setting for a message: as its author wrote it.
pub(crate) fn written_name(setting: Setting<'_>) -> String {
    let node = setting.node();
    let key = (node.name() == "ParameterValue").then(|| node.parent()?.get("ParameterKey")).flatten();
    key.map_or_else(|| setting.written(), |key| key.text().to_owned())
}

/// Whether a setting says under which name a store keeps the secret.
pub(crate) fn is_kept_elsewhere(setting: Setting<'_>) -> bool {
    setting.node().parent().is_some_and(|above| STORES.contains(&above.name()))
}

/// Whether a name in a state of Terraform is that of a secret. Tokens by which a provider tells requests apart are none.
pub(crate) fn is_secret_in_state(name: &str) -> bool {
    const REQUESTS: [&str; 5] =
        ["lock_token", "creation_token", "client_token", "request_token", "caller_token"];
    let name = flat(name);
    (is_password_name(&name) || is_key_name(&name)) && !ends_in(&name, &REQUESTS)
}
