//! Rules about Kubernetes objects: workloads, access rights, networks, and how they fit together.

mod checks;
mod edit;
pub mod view;

use checks::{capabilities, host, identity, profiles, settings};
use stockade_sdk::{Check, Family, FileFacts, Source};
use view::Manifests;

/// The family.
#[derive(Debug)]
pub struct Kubernetes;

type One = Check<Kubernetes>;

impl Family for Kubernetes {
    type View<'a> = Manifests<'a>;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        One::file("container-setting", settings::container_setting),
        One::file("pod-setting", settings::pod_setting),
        One::file("run-as-non-root", identity::run_as_non_root),
        One::file("root-id", identity::root_id),
        One::file("low-id", identity::low_id),
        One::file("fs-group-missing", identity::fs_group_missing),
        One::file("security-context-missing", identity::security_context_missing),
        One::file("capability-dropped", capabilities::capability_dropped),
        One::file("capability-added", capabilities::capability_added),
        One::file("seccomp-profile-missing", profiles::seccomp_missing),
        One::file("seccomp-unconfined", profiles::seccomp_unconfined),
        One::file("apparmor-profile", profiles::apparmor),
        One::file("selinux-options", profiles::selinux),
        One::file("windows-host-process", profiles::windows_host_process),
        One::file("sysctls", profiles::sysctls),
        One::file("host-path", host::host_path),
        One::file("host-path-writable", host::host_path_writable),
        One::file("host-port", host::host_port),
        One::file("container-port", host::container_port),
        One::file("host-aliases", host::host_aliases),
        One::file("volume-type", host::volume_type),
    ];

    fn view(source: &Source) -> Manifests<'_> {
        Manifests::new(source)
    }

    fn project(_: &[FileFacts]) {}
}

#[cfg(target_family = "wasm")]
stockade_sdk::export!(Kubernetes);
