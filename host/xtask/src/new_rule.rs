//! The two files of a new rule.

use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// `new-rule PACK/NAME --check PLUGIN:CHECK`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [id, flag, check] = arguments else {
        bail!("usage: cargo xtask new-rule PACK/NAME --check PLUGIN:CHECK");
    };
    ensure!(flag == "--check", "usage: cargo xtask new-rule PACK/NAME --check PLUGIN:CHECK");
    let (pack, name) = id.split_once('/').context("a rule's id is PACK/NAME")?;
    let folder = Path::new("rules").join(pack);
    ensure!(folder.join("pack.kdl").is_file(), "there is no pack {}", folder.display());
    let (kdl, page) = (folder.join(format!("{name}.kdl")), folder.join(format!("{name}.md")));
    ensure!(!kdl.exists() && !page.exists(), "{} exists already", kdl.display());
    std::fs::write(
        &kdl,
        format!(
            "rule \"{name}\" {{\n    title \"Say what is wrong\"\n    severity \"medium\"\n    since \"0.1.0\"\n    \
             profiles \"default\" \"strict\"\n    fixable \"no\"\n    check \"{check}\"\n    \
             help \"Say what to do.\"\n}}\n"
        ),
    )?;
    std::fs::write(
        &page,
        "# Say what is wrong\n\nSay why it matters.\n\n## Bad\n\n```dockerfile\n```\n\n## Good\n\n```dockerfile\n```\n",
    )?;
    println!("Fill in {} and {}, then: cargo xtask rule {id} --bless", kdl.display(), page.display());
    Ok(())
}
