//! What templates ask about the cluster that they are for: its version, and the APIs that it serves.
//!
//! Which cluster that is nobody knows; what holds for each one that is still supported is known.
//! Source: the lists of removed APIs in the documentation of Kubernetes.

use super::value::Value;

/// The versions of Kubernetes for which an answer has to be the same: what is older is out of support.
const VERSIONS: [Version; 2] = [(1, 30, 0), (1, 99, 0)];

/// Versions of APIs that every cluster serves.
const SERVED: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "apiregistration.k8s.io/v1",
    "apps/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "certificates.k8s.io/v1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "events.k8s.io/v1",
    "networking.k8s.io/v1",
    "node.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1",
];

/// Versions of APIs that no supported cluster serves any more.
const REMOVED: &[&str] = &[
    "admissionregistration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiregistration.k8s.io/v1beta1",
    "apps/v1beta1",
    "apps/v1beta2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1beta1",
    "batch/v2alpha1",
    "extensions/v1beta1",
    "networking.k8s.io/v1beta1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "rbac.authorization.k8s.io/v1beta1",
    "scheduling.k8s.io/v1beta1",
];

type Version = (u64, u64, u64);

/// Whether the cluster serves an API, given as `group/version` with or without `/Kind`.
pub(super) fn serves(api: &str) -> Option<bool> {
    let is_in = |list: &[&str]| {
        let version = api.rsplit_once('/').map(|(version, _)| version);
        list.iter().any(|known| *known == api || version == Some(*known))
    };
    // Of a version that is served, each kind that is asked for need not be.
    if SERVED.contains(&api)
        || api == "networking.k8s.io/v1/Ingress"
        || api == "policy/v1/PodDisruptionBudget"
    {
        return Some(true);
    }
    is_in(REMOVED).then_some(false)
}

/// Whether a version satisfies a constraint, as `semverCompare` has it.
pub(super) fn satisfies(constraint: &str, version: &Value) -> Option<bool> {
    match version {
        Value::ClusterVersion => {
            let [oldest, newest] = VERSIONS.map(|version| holds(constraint, version));
            oldest.filter(|_| oldest == newest)
        }
        Value::Text(text) if !text.open => {
            let text = text.text.strip_prefix('v').unwrap_or(&text.text);
            holds(constraint, version_of(text)?)
        }
        _ => None,
    }
}

/// Whether all of the comparisons hold, of which one or more stand side by side.
fn holds(constraint: &str, version: Version) -> Option<bool> {
    let mut all = true;
    let mut rest = constraint.trim();
    if rest.is_empty() || rest.contains("||") {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !matches!(c, '<' | '>' | '=' | '!' | '^')).unwrap_or(rest.len());
        let (sign, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        let end = behind.find([',', ' ']).unwrap_or(behind.len());
        let (number, behind) = behind.split_at(end);
        let wanted = version_of(number.strip_prefix('v').unwrap_or(number))?;
        all &= match sign {
            ">=" => version >= wanted,
            ">" => version > wanted,
            "<=" => version <= wanted,
            "<" => version < wanted,
            "^" if wanted.0 > 0 => version >= wanted && version.0 == wanted.0,
            _ => return None,
        };
        rest = behind.trim_start_matches([',', ' ']);
    }
    Some(all)
}

/// A version, of which the last parts may be missing. `None` for one before a release.
fn version_of(text: &str) -> Option<Version> {
    let (number, before) = text.split_once('-').map_or((text, ""), |(number, before)| (number, before));
    // `-0` takes in all that come before the release.
    if !matches!(before, "" | "0") {
        return None;
    }
    let mut parts = number.split('.').map(|part| part.parse::<u64>().ok());
    let mut part = || parts.next().unwrap_or(Some(0));
    let version = (part()?, part()?, part()?);
    parts.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::{holds, satisfies, serves};
    use crate::template::render::value::Value;

    #[test]
    fn versions_of_clusters() {
        let cluster = |constraint| satisfies(constraint, &Value::ClusterVersion);
        assert_eq!(cluster(">=1.21-0"), Some(true));
        assert_eq!(cluster("<1.25.0-0"), Some(false));
        assert_eq!(cluster("^1.9-0"), Some(true));
        assert_eq!(cluster(">= 1.16.0-0, < 1.22-0"), Some(false));
        for unknown in [">=1.33-0", "^0.19", "~1.20", "1.x", "", ">=1.2 || <1", ">=x", "1.21"] {
            assert_eq!(cluster(unknown), None, "{unknown}");
        }
        assert_eq!(satisfies(">=0.9.0-beta.1", &Value::text("0.25.1")), None);
        assert_eq!(satisfies(">0.9", &Value::text("v0.25.1")), Some(true));
        assert_eq!(satisfies(">0.9", &Value::text("0.25.1-rc1")), None);
        assert_eq!(satisfies(">0.9", &Value::text("latest")), None);
        assert_eq!(holds("<=1.2.3", (1, 2, 3)), Some(true));
    }

    #[test]
    fn apis_of_clusters() {
        assert_eq!(serves("policy/v1"), Some(true));
        assert_eq!(serves("policy/v1beta1/PodSecurityPolicy"), Some(false));
        assert_eq!(serves("extensions/v1beta1"), Some(false));
        assert_eq!(serves("monitoring.coreos.com/v1"), None);
        assert_eq!(serves("apps/v1/Widget"), None);
    }
}
