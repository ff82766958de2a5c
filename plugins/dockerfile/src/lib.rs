//! Rules about Dockerfiles.
//!
//! [`view::View`] is the file as the checks see it; `checks` holds them by topic. Which rules run which check with which
//! parameters is data (`rules/dockerfile`); `plugin.kdl` describes the checks.

pub mod checks;
pub mod glob;
pub mod in_force;
pub mod pair;
#[cfg(test)]
mod tests;
pub mod view;

use checks::{
    account, command, copy, description, download, entry, environment, from_variable, image, instruction,
    label, network, option, package_cache, package_index, packages, password, pin, plaintext, project,
    script, setuid, stage, unsigned, user, user_missing, variable, weakened,
};
use stockade_sdk::{Check, Family, FileFacts, Out, Source};
use view::View;

/// The family.
#[derive(Debug)]
pub struct Dockerfile;

impl Family for Dockerfile {
    type View<'a> = View<'a>;
    type Project<'a> = project::Project<'a>;

    const CHECKS: &'static [Check<Self>] = &[
        Check::<Self>::file("add-instead-of-copy", copy::add),
        Check::<Self>::file("add-remote", copy::remote),
        Check::<Self>::file("assume-yes", packages::assume_yes),
        Check::<Self>::file("cache-left", package_cache::cache_left),
        Check::<Self>::file("command", command::forbidden),
        Check::<Self>::file("command-option", option::option),
        Check::<Self>::file("copy-from-own", stage::copy_from_own),
        Check::<Self>::file("copy-from-unknown", stage::copy_from_unknown),
        Check::<Self>::file("copy-many", copy::many_sources),
        Check::<Self>::file("copy-relative", copy::relative),
        Check::<Self>::file("copy-root", copy::root),
        Check::<Self>::file("copy-secret", copy::secret),
        Check::<Self>::file("copy-then-extract", copy::archive),
        Check::<Self>::file("definition-description", description::definition),
        Check::<Self>::file("empty-continuation", instruction::empty_continuation),
        Check::<Self>::file("env-self-reference", variable::self_reference),
        Check::<Self>::file("exec-form", entry::exec),
        Check::<Self>::file("expose-format", network::format),
        Check::<Self>::file("expose-port", network::forbidden_port),
        Check::<Self>::file("expose-protocol-casing", network::protocol),
        Check::<Self>::file("expose-range", network::out_of_range),
        Check::<Self>::file("from-as-casing", stage::as_casing),
        Check::<Self>::file("healthcheck-missing", entry::healthcheck_missing),
        Check::<Self>::file("ignore-pragma", instruction::pragma),
        Check::<Self>::file("image-argument", from_variable::argument),
        Check::<Self>::file("image-digest", image::digest),
        Check::<Self>::file("image-end-of-life", image::end_of_life),
        Check::<Self>::file("image-not-minimal", image::not_minimal),
        Check::<Self>::file("image-registry", image::registry),
        Check::<Self>::file("image-tag", image::tag),
        Check::<Self>::file("index-plaintext", plaintext::index),
        Check::<Self>::file("install-option", packages::install_option),
        Check::<Self>::file("key-plaintext", plaintext::key),
        Check::<Self>::file("keyword-casing", instruction::casing),
        Check::<Self>::file("label-key", label::key),
        Check::<Self>::file("label-required", label::required),
        Check::<Self>::file("label-unlisted", label::unlisted),
        Check::<Self>::file("label-value", label::value),
        Check::<Self>::file("leading-cd", command::leading_cd),
        Check::<Self>::file("legacy-pairs", instruction::legacy_pairs),
        Check::<Self>::file("maintainer", instruction::maintainer),
        Check::<Self>::file("onbuild", instruction::onbuild),
        Check::<Self>::file("openssl-weakened", weakened::openssl),
        Check::<Self>::file("option-missing", option::missing),
        Check::<Self>::file("order", instruction::order),
        Check::<Self>::file("password", password::password),
        Check::<Self>::file("pin-versions", pin::versions),
        Check::<Self>::file("pipe-to-shell", download::pipe_to_shell),
        Check::<Self>::file("pipefail", script::pipefail),
        Check::<Self>::file("platform", from_variable::platform),
        Check::<Self>::file("repeated", entry::repeated),
        Check::<Self>::file("root-command-after-user", user::root_command),
        Check::<Self>::file("run-consecutive", instruction::consecutive),
        Check::<Self>::file("run-security", network::security),
        Check::<Self>::file("runtime-socket", network::runtime_socket),
        Check::<Self>::file("secret-variable", environment::secret),
        Check::<Self>::file("setuid-kept", setuid::kept),
        Check::<Self>::file("shell-removed", script::shell_removed),
        Check::<Self>::file("shell-symlink", script::shell_symlink),
        Check::<Self>::file("sslverify", option::sslverify),
        Check::<Self>::file("stage-name", stage::name),
        Check::<Self>::file("stage-name-duplicate", stage::duplicate_name),
        Check::<Self>::file("strict-ssl", option::strict_ssl),
        Check::<Self>::file("sudo", command::sudo),
        Check::<Self>::file("sudo-passwordless", weakened::sudo),
        Check::<Self>::file("tools-together", command::together),
        Check::<Self>::file("undefined-variable", variable::undefined),
        Check::<Self>::file("unsigned-repository", unsigned::repository),
        Check::<Self>::file("update-alone", package_index::update_alone),
        Check::<Self>::file("upgrade", package_index::upgrade),
        Check::<Self>::file("user-login-shell", account::login_shell),
        Check::<Self>::file("user-missing", user_missing::missing),
        Check::<Self>::file("user-not-numeric", user::not_numeric),
        Check::<Self>::file("user-root", user::root),
        Check::<Self>::file("useradd-no-log-init", account::no_log_init),
        Check::<Self>::file("variable-value", environment::value),
        Check::<Self>::file("workdir", network::workdir),
        Check::<Self>::file("world-writable", script::world_writable),
        Check::<Self>::project("context-copied", project::context),
        Check::<Self>::project("copied-but-ignored", project::ignored),
    ];

    fn view(source: &Source) -> View<'_> {
        View::new(source)
    }

    fn facts(view: &View<'_>, out: &mut Out) {
        project::facts(view, out);
    }

    fn project(files: &[FileFacts]) -> project::Project<'_> {
        project::project(files)
    }
}

stockade_sdk::export!(Dockerfile);
