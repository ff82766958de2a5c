//! Rules about Compose files: what services may do, what they publish, and what they lack.

mod checks;
mod image;
mod interpolate;
mod mounts;
mod ports;
pub mod project;
mod telling;
pub mod view;

use checks::{datastore, file, lists, mount, port, setting};
use project::Project;
use stockade_sdk::{Check, Family, FileFacts, Out, Source};
use view::Compose;

/// The family.
#[derive(Debug)]
pub struct ComposeFamily;

type One = Check<ComposeFamily>;

impl Family for ComposeFamily {
    type View<'a> = Compose<'a>;
    type Project<'a> = Project<'a>;

    const CHECKS: &'static [Check<Self>] = &[
        One::file("service-setting", setting::service_setting),
        One::file("one-of-missing", setting::one_of_missing),
        One::file("restart-policy", setting::restart_policy),
        One::file("healthcheck-disabled", setting::healthcheck_disabled),
        One::file("logging-unbounded", setting::logging_unbounded),
        One::file("security-option", lists::security_option),
        One::file("capability-dropped", lists::capability_dropped),
        One::file("capability-added", lists::capability_added),
        One::file("host-device", lists::host_device),
        One::file("build-privileged", lists::build_privileged),
        One::file("tmpfs-missing", mount::tmpfs_missing),
        One::file("tmpfs-options", mount::tmpfs_options),
        One::file("mount-source", mount::mount_source),
        One::file("mount-propagation", mount::mount_propagation),
        One::file("port-all-interfaces", port::all_interfaces),
        One::file("port-privileged", port::privileged),
        One::file("port-container", port::container),
        One::file("port-admin", port::admin),
        One::file("port-datastore", datastore::published),
        One::file("datastore-authentication", datastore::authentication),
        One::file("network-default", datastore::network_default),
        One::file("image-tag", file::image_tag),
        One::file("image-digest-missing", file::image_digest),
        One::file("env-secret-literal", file::env_secret),
        One::file("build-arg-secret", file::build_arg_secret),
        One::file("inline-content", file::inline_content),
        One::file("version-obsolete", file::version_obsolete),
        One::project("user-root", project::user_root),
        One::project("healthcheck-missing", project::healthcheck_missing),
    ];

    fn view(source: &Source) -> Compose<'_> {
        Compose::new(source)
    }

    fn facts(view: &Compose<'_>, out: &mut Out) {
        project::record(view, out);
    }

    fn project(files: &[FileFacts]) -> Project<'_> {
        Project::new(files)
    }
}

stockade_sdk::export!(ComposeFamily);
