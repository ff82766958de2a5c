//! Rules about Kubernetes.
