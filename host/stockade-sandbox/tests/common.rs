//! Makes components out of the WAT files in `testdata/hostile/plugins`, and asks them.

use std::path::PathBuf;
use stockade_model::{
    Builder as DocumentBuilder, Checker, Document, Fault, Later, NodeKind, RawReport, RuleSetup, Span,
};
use stockade_sandbox::{Limits, OpenError, Sandbox};

/// The index of the rule that the plugins report.
pub(crate) const RULE: u32 = 7;
/// The file that plugins are asked about; `ü` has two bytes, at 6 and 7.
pub(crate) const TEXT: &str = "image ü: latest\n";
/// The head of a `check` in WAT: path 0 1, kind 2 3, marks 4 5, data 6 7, text-len 8, tables 9 10, run 11 12.
pub(crate) const CHECK: &str = r#"(func (export "check")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)"#;

/// The folder with the plugins.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hostile/plugins")
}

fn read(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Writes out each `{{repeat N TEXT}}`, with `#` for the number of the repetition, from 0.
fn expand(source: &str) -> String {
    let mut text = source.to_owned();
    while let Some(start) = text.rfind("{{repeat ") {
        let end = start + text[start..].find("}}").expect("`{{repeat` without `}}`");
        let (count, piece) = text[start + 9..end].split_once(' ').expect("count and text");
        let count: usize = count.parse().expect("count");
        let repeated: String = (0..count).map(|n| piece.replace('#', &n.to_string())).collect();
        text.replace_range(start..end + 2, &repeated);
    }
    text
}

/// The component for a plugin's source: a component as it is, or the fields of a core module, completed by the
/// parts of a well-behaved one and put into the template. What stands between `;; host:` and `;; module:` belongs
/// to the component and defines `$host`, from which the module imports.
pub(crate) fn component_of(source: &str) -> Vec<u8> {
    let source = expand(source);
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with(";;");
    let text = if source.lines().find(is_code).is_some_and(|l| l.starts_with("(component")) {
        source
    } else {
        let (host, fields) = match source.split_once(";; host:") {
            Some((_, rest)) => rest.split_once(";; module:").expect("`;; module:` after `;; host:`"),
            None => ("(core instance $host)", source.as_str()),
        };
        let is_import = |line: &&str| line.starts_with("(import");
        let mut module: String = fields.lines().filter(is_import).collect();
        for part in read("default.wat").split(";; part: ").skip(1) {
            let (name, part) = part.split_once('\n').expect("a part has a name and fields");
            if !fields.contains(&format!("(export \"{name}\"")) {
                module.push_str(part);
            }
        }
        // Last, so that its data wins over the default answers.
        for line in fields.lines().filter(|line| !is_import(line)) {
            module.push_str(line);
            module.push('\n');
        }
        read("template.wat").replace("{{host}}", host).replace("{{module}}", &module)
    };
    wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// The well-behaved plugin: one finding on each file.
pub(crate) fn well_behaved() -> Vec<u8> {
    component_of("")
}

/// The well-behaved plugin with the imports of one that counts what it does, as the build makes them. Its code asks for no
/// budget: that such code is bounded is tested where it is made to count.
pub(crate) fn well_behaved_built_in() -> Vec<u8> {
    component_of(
        ";; host:
        (import \"budget\" (func (result u64)))
        (import \"left\" (func (param \"instructions\" u64)))
        (core instance $host)
        ;; module:
        ",
    )
}

/// A document of [`TEXT`] with two nodes.
pub(crate) fn document() -> Document {
    let mut builder = DocumentBuilder::new(TEXT.to_owned());
    let node = builder.leaf(NodeKind::Scalar, Span::new(0, 5));
    builder.comment(Span::new(9, 12), node);
    builder.finish()
}

/// The rule that plugins are given.
pub(crate) fn setups() -> Vec<RuleSetup> {
    vec![RuleSetup {
        rule: RULE,
        id: "test/rule".to_owned(),
        check: "check".to_owned(),
        params: Later::default(),
    }]
}

/// Limits low enough for each hostile plugin to hit them at once.
pub(crate) fn low_limits() -> Limits {
    Limits {
        component_bytes: 1 << 20,
        function_bytes: 100_000,
        memory_bytes: 16 << 20,
        start_fuel: 20_000_000,
        call_fuel: 20_000_000,
        fuel_per_byte: 100,
        answer_bytes: 4 << 20,
        project_answer_bytes: 4 << 20,
        ..Limits::default()
    }
}

/// A sandbox with one plugin from these bytes.
pub(crate) fn sandbox_of(wasm: &[u8], limits: Limits) -> Sandbox {
    try_sandbox_of(wasm, limits).unwrap()
}

/// As [`sandbox_of`], for plugins that may not open.
pub(crate) fn try_sandbox_of(wasm: &[u8], limits: Limits) -> Result<Sandbox, OpenError> {
    let mut builder = Sandbox::builder(limits)?;
    let plugin = builder.add_component("test", "1.0.0", &["nodes", "comments"], wasm, None)?;
    builder.rules([(plugin, setups())])?;
    Ok(builder.build())
}

/// Asks a sandbox's plugin about the document.
pub(crate) fn check(sandbox: &Sandbox, plugin: usize) -> Result<RawReport, Fault> {
    sandbox.check(plugin, "a/Dockerfile", "dockerfile", &document(), &[RULE])
}

/// The `file` field of the only finding, which `check` passes through: how test plugins tell a number.
pub(crate) fn number(sandbox: &Sandbox) -> u32 {
    check(sandbox, 0).unwrap().findings[0].file
}
