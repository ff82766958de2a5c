//! What Flux, Argo CD and k3s are told to give to charts and kustomizations: values, and patches.

use super::{Found, MAX_EMBEDDED_BYTES, SHORTEST};
use crate::FileKind;
use stockade_model::{NodeId, NodeKind, Style};

impl Found<'_> {
    /// The values and patches in an object of this kind.
    pub(super) fn delivery(&mut self, object: NodeId, kind: &str) {
        let document = self.document;
        let Some(spec) = document.get(object, "spec") else { return };
        match kind {
            "HelmRelease" => {
                self.values(spec, "values");
                for renderer in self.items(spec, "postRenderers") {
                    let kustomize = document.get(renderer, "kustomize");
                    kustomize.into_iter().for_each(|kustomize| self.patches(kustomize));
                }
            }
            // What k3s and RKE2 install, and how that is set.
            "HelmChart" | "HelmChartConfig" => self.values(spec, "valuesContent"),
            "Kustomization" => self.patches(spec),
            "Application" => self.sources(spec),
            "ApplicationSet" => {
                let inner =
                    document.get(spec, "template").and_then(|template| document.get(template, "spec"));
                inner.into_iter().for_each(|spec| self.sources(spec));
            }
            _ => {}
        }
    }

    /// Where an Application of Argo CD takes its manifests from.
    fn sources(&mut self, spec: NodeId) {
        let document = self.document;
        let mut sources = self.items(spec, "sources");
        sources.extend(document.get(spec, "source"));
        for source in sources {
            if let Some(helm) = document.get(source, "helm") {
                self.values(helm, "values");
                self.values(helm, "valuesObject");
            }
            document.get(source, "kustomize").into_iter().for_each(|kustomize| self.patches(kustomize));
        }
    }

    fn items(&self, map: NodeId, key: &str) -> Vec<NodeId> {
        let list = self.document.get(map, key);
        list.into_iter().flat_map(|list| self.document.children(list)).collect()
    }

    fn patches(&mut self, map: NodeId) {
        for item in self.items(map, "patches") {
            self.document.get(item, "patch").into_iter().for_each(|patch| self.patch(patch));
        }
    }

    /// Values for a chart: a text, or a mapping in the block style, which is as it stands what a file of values would be.
    fn values(&mut self, map: NodeId, key: &str) {
        let document = self.document;
        let Some(node) = document.get(map, key) else { return };
        let length = match document.kind(node) {
            NodeKind::Scalar if document.value(node).contains('\n') => document.value(node).len(),
            NodeKind::Mapping if document.style(node) != Style::Flow as u8 => {
                document.span(node).len() as usize
            }
            _ => return,
        };
        if (SHORTEST..=MAX_EMBEDDED_BYTES).contains(&length) {
            self.add(node, FileKind::HelmValues, false);
        }
    }
}
