//! What the rules ask for that are switched on: to record takes time, and the host carries every fact from the files to the
//! end of the scan.

use std::cell::Cell;
use stockade_sdk::Params;

/// What is recorded of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Account,
    /// The edit with which a workload's pods get no token.
    AutomountFix,
    Backend,
    Binding,
    Budget,
    Delivery,
    Monitor,
    Peer,
    Placed,
    Policy,
    Provider,
    Reference,
    /// The edit with which a workload sets no replicas.
    ReplicasFix,
    Scalable,
    Scaler,
    Service,
    Stateful,
    StatusRole,
    Workload,
}

impl Fact {
    const ALL: [Self; 19] = [
        Self::Account,
        Self::AutomountFix,
        Self::Backend,
        Self::Binding,
        Self::Budget,
        Self::Delivery,
        Self::Monitor,
        Self::Peer,
        Self::Placed,
        Self::Policy,
        Self::Provider,
        Self::Reference,
        Self::ReplicasFix,
        Self::Scalable,
        Self::Scaler,
        Self::Service,
        Self::Stateful,
        Self::StatusRole,
        Self::Workload,
    ];

    /// The checks that read it.
    fn readers(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["token-automount", "account-not-found"],
            Self::AutomountFix => &["token-automount"],
            Self::Backend => &["ingress-dangling"],
            Self::Binding | Self::StatusRole => &["services-status"],
            Self::Budget => &["pdb-blocks-eviction", "pdb-missing"],
            Self::Delivery => &["namespace-default", super::required::CHECK],
            Self::Monitor => &["service-monitor-dangling"],
            Self::Peer => &["network-policy-peer-dangling"],
            Self::Placed => &["namespace-default"],
            Self::Policy => &[
                "network-policy-missing",
                "network-policy-direction",
                "network-policy-dangling",
                "default-deny-missing",
            ],
            Self::Provider | Self::Reference => &["env-reference"],
            Self::ReplicasFix => &["hpa-fixed-replicas"],
            Self::Scalable => &["hpa-dangling"],
            Self::Scaler => {
                &["minimum-replicas", "hpa-dangling", "hpa-fixed-replicas", "pdb-blocks-eviction"]
            }
            Self::Service => {
                &["service-dangling", "service-monitor-dangling", "ingress-dangling", "stateful-service"]
            }
            Self::Stateful => &["stateful-service"],
            Self::Workload => &[
                "network-policy-missing",
                "network-policy-direction",
                "network-policy-dangling",
                "network-policy-peer-dangling",
                "default-deny-missing",
                "service-dangling",
                "minimum-replicas",
                "hpa-dangling",
                "hpa-fixed-replicas",
                "pdb-blocks-eviction",
                "pdb-missing",
                "token-automount",
                "account-not-found",
            ],
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Whether some rule that is switched on asks for it.
    pub(super) fn is_wanted(self) -> bool {
        WANTED.get() & self.bit() != 0
    }
}

thread_local! {
    /// The bits of the facts that are asked for.
    static WANTED: Cell<u32> = const { Cell::new(0) };
}

/// Keeps which facts these rules ask for.
pub(super) fn configure(rules: &[(u32, &'static str, &Params)]) {
    let is_read = |fact: &Fact| rules.iter().any(|(_, check, _)| fact.readers().contains(check));
    WANTED.set(Fact::ALL.into_iter().filter(is_read).fold(0, |bits, fact| bits | fact.bit()));
}

#[cfg(test)]
mod tests {
    use super::Fact;
    use crate::Kubernetes;
    use stockade_sdk::Family as _;

    #[test]
    fn facts_are_read_by_checks_over_all_files_and_have_bits_of_their_own() {
        let checks: Vec<&str> =
            Kubernetes::CHECKS.iter().filter(|c| c.is_project()).map(|c| c.name).collect();
        for fact in Fact::ALL {
            for reader in fact.readers() {
                assert!(checks.contains(reader), "{fact:?}: {reader}");
            }
        }
        let bits = Fact::ALL.into_iter().fold(0, |bits, fact| bits | fact.bit());
        assert_eq!(bits.count_ones() as usize, Fact::ALL.len());
    }
}
