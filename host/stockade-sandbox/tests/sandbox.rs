//! A well-behaved plugin, built in, from outside and from the cache.

use crate::common::{RULE, document, sandbox_of, setups, well_behaved};
use stockade_model::{Checker, RawReport, Span};
use stockade_sandbox::{Limits, Sandbox, precompile};

fn embedded(wasm: &[u8]) -> &'static [u8] {
    Vec::leak(precompile(wasm, None).unwrap())
}

fn check(sandbox: &Sandbox, plugin: usize) -> Result<RawReport, stockade_model::Fault> {
    sandbox.check(plugin, "a/Dockerfile", "dockerfile", &document(), &[RULE])
}

fn assert_one_finding(report: &RawReport) {
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!((finding.rule, finding.span, finding.node), (RULE, Some(Span::new(0, 4)), Some(0)));
    assert_eq!(finding.message, "a word");
}

#[test]
fn a_component_from_outside_answers() {
    let sandbox = sandbox_of(&well_behaved(), Limits::default());
    assert_one_finding(&check(&sandbox, 0).unwrap());
}

#[test]
fn a_built_in_plugin_answers() {
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let plugin = builder.add_builtin("test", "1.0.0", &["nodes"], embedded(&well_behaved()));
    builder.rules([(plugin, setups())]).unwrap();
    let sandbox = builder.build();
    assert_one_finding(&check(&sandbox, plugin).unwrap());
    assert_eq!(sandbox.usage(plugin).instances, 1);
}
