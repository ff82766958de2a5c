//! Bounds on what one file may cost. Reaching one ends in a problem with the code `limit`, never in a failure:
//! the document holds what was read up to there.

/// Longest text that is parsed, in bytes: what classification lets through. Offsets are 32 bits wide and
/// decoded values are appended to the text, so it must stay well below 4 GiB.
pub const MAX_TEXT_BYTES: usize = crate::MAX_TEXT;

/// Deepest nesting of collections. Rules walk trees recursively inside a 1 MiB Wasm stack; real files
/// stay below 40 (CRD schemas are the deepest), and JSON libraries commonly stop at 128.
pub const MAX_DEPTH: usize = 200;

/// Most nodes in one document table. A row has 52 bytes, so this is 104 MB of memory on either side of the plugin
/// boundary. The largest real file seen has 40 000.
pub const MAX_NODES: usize = 2_000_000;

/// Most nodes that somebody who follows every alias may visit in one YAML document. Aliases are linked,
/// not copied, so they cost nothing here, but nine lines of nested aliases stand for a billion nodes to a
/// rule that follows them. Aliases beyond the bound lose their target.
pub const MAX_EXPANDED_NODES: u64 = 10_000_000;

/// Most problems recorded for one file. A binary or wrongly classified file would otherwise
/// fill the report; the first ones say what is wrong.
pub const MAX_PROBLEMS: usize = 100;

/// Most pairs of entries with one key that are compared in a file, for in a template each pair may stand in two branches
/// that exclude each other. Enough for every repeated key of a real file; without it a file of nothing but
/// one key would cost nine pairs an entry. Further repeated keys are not marked.
pub const MAX_REPEATS: usize = 10_000;

/// Longest implicit YAML key in characters, as the YAML specification has it (section 7.4.2). Without it, each
/// plain scalar could be looked at again and again as a possible key.
pub const MAX_YAML_KEY_CHARS: usize = 1024;

/// Longest implicit key in a template, where a key's expression counts as part of it.
pub const MAX_TEMPLATE_KEY_CHARS: usize = 8 * 1024;

/// Most template expressions in one file. Real charts stay below 2 000; each expression is looked at a few times.
pub const MAX_TEMPLATE_ACTIONS: usize = 200_000;

/// Deepest nesting of template blocks (`if`, `range`, ...). Each name in a block is compared with those of the
/// enclosing blocks, so the bound keeps that comparison short. Real charts stay below 12.
pub const MAX_TEMPLATE_DEPTH: usize = 100;

/// Most bytes that a chart's values add to one template, and to one value in it. One long value that is used
/// everywhere would otherwise be copied everywhere. Expressions beyond stay unknown, as they are without a chart.
pub const MAX_FILLED_BYTES: usize = 4 << 20;

/// Most `%TAG` lines of one YAML document. Each tag is looked up among them; real files have two or three.
pub const MAX_YAML_HANDLES: usize = 100;
