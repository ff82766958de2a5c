//! Rules about Kubernetes objects: workloads, access rights, networks, and how they fit together.

mod checks;
pub mod project;
pub mod schema;
pub mod view;

use checks::{
    admission, bindings, brokers, bypass, capabilities, cloud, cluster, components, gateway, gitops, host,
    identity, image, mesh, names, network, nginx, order, policies, profiles, rbac, refused, scheduling,
    schema as schemas, secrets, security_policy, settings, tiller, versions, workload,
};
use project::Project;
use stockade_sdk::{Check, Family, FileFacts, Out, Params, Source};
use stockade_sdk::{secrecy, tree_edit as edit};
use view::Manifests;

/// The family.
#[derive(Debug)]
pub struct Kubernetes;

type One = Check<Kubernetes>;

impl Family for Kubernetes {
    type View<'a> = Manifests<'a>;
    type Project<'a> = Project<'a>;

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
        One::file("schema", schemas::schema),
        One::file("refused-value", refused::refused_value),
        One::file("role-grants", rbac::role_grants),
        One::file("role-wildcard", rbac::role_wildcard),
        One::file("binding-role", bindings::binding_role),
        One::file("binding-subject", bindings::binding_subject),
        One::file("approve-csr", rbac::approve_csr),
        One::file("default-service-account-automount", rbac::default_account_automount),
        One::file("scc-privileged", rbac::scc_privileged),
        One::file("scc-use", rbac::scc_use),
        One::file("service-account-default", rbac::service_account_default),
        One::file("deprecated-service-account", rbac::deprecated_service_account),
        One::file("network-policy-selector-missing", policies::policy_selector_missing),
        One::file("network-policy-allow-all", policies::policy_allow_all),
        One::file("network-policy-ports-missing", policies::policy_ports_missing),
        One::file("service-exposed", network::service_exposed),
        One::file("service-external-ip", network::service_external_ip),
        One::file("external-name-local", network::external_name_local),
        One::file("ingress-tls", network::ingress_tls),
        One::file("admin-exposed", network::admin_exposed),
        One::file("skip-tls-verify", mesh::skip_tls_verify),
        One::file("gateway-routes-all", gateway::routes_of_all),
        One::file("mesh-plaintext", mesh::mesh_plaintext),
        One::file("mesh-bypassed", bypass::mesh_bypassed),
        One::file("broker-exposed", brokers::broker_exposed),
        One::file("mesh-allow-all", mesh::mesh_allow_all),
        One::file("image-digest-missing", image::image_digest),
        One::file("image-registry", image::image_registry),
        One::file("image-registry-frozen", image::image_registry_frozen),
        One::file("image-pull-policy", image::image_pull_policy),
        One::file("known-image", image::known_image),
        One::file("resource-missing", workload::resource_missing),
        One::file("probe-missing", workload::probe_missing),
        One::file("probe-port", workload::probe_port),
        One::file("probe-host", workload::probe_host),
        One::file("probes-identical", workload::probes_identical),
        One::file("duplicate-env", workload::duplicate_env),
        One::file("anti-affinity-missing", workload::anti_affinity),
        One::file("strategy", workload::strategy),
        One::file("restart-policy", workload::restart_policy),
        One::file("priority-class", workload::priority_class),
        One::file("selector-mismatch", workload::selector_mismatch),
        One::file("hpa-minimum", workload::hpa_minimum),
        One::file("job-ttl", workload::job_ttl),
        One::file("node-affinity-missing", scheduling::node_affinity),
        One::file("cronjob-deadline", scheduling::cronjob_deadline),
        One::file("dns-option", scheduling::dns_option),
        One::file("tiller-listener", tiller::listener),
        One::file("tiller-service", tiller::service),
        One::file("security-policy-permissive", security_policy::permissive),
        One::file("label-value", names::label_value),
        One::file("sorted-keys", order::sorted_keys),
        One::file("env-secret-literal", secrets::env_literal),
        One::file("secret-in-env", secrets::secret_in_env),
        One::file("secret-data", secrets::secret_data),
        One::file("config-map-secret", secrets::config_map),
        One::file("secret-volume-mode", secrets::volume_mode),
        One::file("token-secret", identity::token_secret),
        One::file("env-name", secrets::env_name),
        One::file("api-version", versions::api_version),
        One::file("system-namespace", cluster::system_namespace),
        One::file("pod-security-labels", cluster::pod_security_labels),
        One::file("limit-range", cluster::limit_range),
        One::file("resource-quota", cluster::resource_quota),
        One::file("pdb-policy-missing", cluster::budget_policy),
        One::file("pdb-unhealthy", cluster::budget_unhealthy),
        One::file("port-name", cluster::port_name),
        One::file("nginx-annotation", nginx::nginx_annotation),
        One::file("gatekeeper-prefix", cluster::gatekeeper_prefix),
        One::file("personal-data", cluster::personal_data),
        One::file("image-policy-open", admission::image_policy_open),
        One::file("admission-open", admission::admission_open),
        One::file("project-unrestricted", gitops::project_unrestricted),
        One::file("default-admin", gitops::default_admin),
        One::file("source-plaintext", gitops::source_plaintext),
        One::file("disk-unencrypted", cloud::disk_unencrypted),
        One::file("metadata-open", cloud::metadata_open),
        One::file("apiserver-flag", components::apiserver),
        One::file("controller-manager-flag", components::controller_manager),
        One::file("scheduler-flag", components::scheduler),
        One::file("etcd-flag", components::etcd),
        One::file("kubelet-setting", components::kubelet),
        One::project("network-policy-missing", project::policy_missing),
        One::project("network-policy-direction", project::policy_direction),
        One::project("network-policy-dangling", project::policy_dangling),
        One::project("network-policy-peer-dangling", project::peer_dangling),
        One::project("default-deny-missing", project::default_deny_missing),
        One::project("service-dangling", project::service_dangling),
        One::project("service-monitor-dangling", project::monitor_dangling),
        One::project("ingress-dangling", project::ingress_dangling),
        One::project("minimum-replicas", project::minimum_replicas),
        One::project("hpa-dangling", project::scaler_dangling),
        One::project("hpa-fixed-replicas", project::fixed_replicas),
        One::project("pdb-blocks-eviction", project::budget_blocks),
        One::project("pdb-missing", project::budget_missing),
        One::project("stateful-service", project::stateful_service),
        One::project("required-metadata", project::required_metadata),
        One::project("token-automount", project::automount),
        One::project("account-not-found", project::account_not_found),
        One::project("env-reference", project::env_reference),
        One::project("gateway-tls", project::gateway_tls),
        One::project("image-tag", project::image_tag),
        One::project("namespace-default", project::namespace_default),
        One::project("services-status", project::services_status),
    ];

    fn configured(rules: &[(u32, &'static str, &Params)]) -> Result<(), String> {
        project::configure(rules);
        Ok(())
    }

    fn view(source: &Source) -> Manifests<'_> {
        Manifests::new(source)
    }

    fn facts(view: &Manifests<'_>, out: &mut Out) {
        project::record(view, out);
    }

    fn project(files: &[FileFacts]) -> Project<'_> {
        Project::new(files)
    }
}

stockade_sdk::export!(Kubernetes);
