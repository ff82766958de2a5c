//! Does with the project that `stockade plugin new` makes in each language what its author does: build it, check it, test
//! it, pack it, look at it, and scan with it.

use super::tools::{Tools, text};
use super::tutorials::{Step, act, in_new_folder};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The languages that `plugin new` knows.
pub(super) const LANGUAGES: &[(&str, &str)] = &[
    ("kdl", "without code"),
    ("rust", "Rust"),
    ("c", "C"),
    ("zig", "Zig"),
    ("assemblyscript", "AssemblyScript"),
    ("go", "Go"),
    ("javascript", "TypeScript"),
    ("python", "Python"),
];

/// What the author of rules without code types.
const KDL: &str = "\
mkdir acme/.git
cd acme
stockade test 'acme/*'
printf '%s\\n' 'apiVersion: v1' 'kind: Pod' 'metadata:' '  name: web' 'spec:' '  containers:' '    - name: web' \
    '      image: nginx:1.27' > pod.yaml
stockade scan --format concise --select 'acme/*'
";
const KDL_PRINTS: &str = "\
1 rule, 2 examples: 0 rules failed
pod.yaml:8:14: high[acme/foreign-registry] image nginx:1.27 is not from registry.example.com
";

/// What everybody else types after what the language asks for.
const CODE: &str = "\
cd acme
stockade plugin build
stockade plugin check
stockade plugin test
# Nothing is left to bless, and packing again changes nothing.
cp -r rules before
stockade plugin test --bless
diff -r rules before
stockade plugin pack --component dist/acme.wasm --output again.wasm
cmp again.wasm dist/acme.wasm
stockade plugin inspect dist/acme.wasm
mkdir sample
echo 'FROM debian' > sample/Dockerfile
stockade plugin bench dist/acme.wasm sample
";
const CODE_PRINTS: &str = "\
plugin acme can be opened; its 1 rule and their pages are right
1 rule, 2 examples: 0 rules failed
";
const CODE_SCAN: &str =
    "cd acme\nstockade scan --no-config --format concise --select 'acme/*' --plugin dist/acme.wasm sample\n";
const CODE_FINDS: &str =
    "Dockerfile:1:6: medium[acme/base-image-untagged] base image debian has neither tag nor digest\n";

/// What an author sees of a mistake: the language, what makes it, and what the test says of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "python",
        r#"sed -i 's/^    for stage in/    print("seen")\n&/' plugin.py"#,
        "RuntimeError: a plugin has no output: report or raise what you want to see ('seen') (plugin.py, line 11)",
    ),
    (
        "javascript",
        r#"sed -i 's/^  for (const stage/  console.log("seen");\n&/' plugin.ts"#,
        "Error: a plugin has no output: report or throw what you want to see (seen) (in baseImageUntagged)",
    ),
    (
        "go",
        r#"sed -i 's/^\tfor stage := range/\tpanic("seen")\n&/' main.go"#,
        "panic: seen (main.go, line 21)",
    ),
];

/// Makes a project and does all of that; how long it takes.
pub(super) fn follow(tools: &Tools, language: &str) -> Result<Duration> {
    let path = programs(tools, language)?;
    in_new_folder(&format!("project-{language}"), |folder| {
        steps(language).iter().try_for_each(|step| act(tools, &path, folder, step))
    })
}

fn steps(language: &str) -> Vec<Step> {
    let run = |commands: &str, prints: Option<&str>| Step::Run {
        commands: commands.to_owned(),
        prints: prints.map(str::to_owned),
    };
    let mut steps = vec![run(&format!("stockade plugin new acme --lang {language}\n"), None)];
    if language == "kdl" {
        steps.push(run(KDL, Some(KDL_PRINTS)));
        return steps;
    }
    if ["javascript", "assemblyscript"].contains(&language) {
        steps.push(run("cd acme\nnpm install --no-audit --no-fund --silent\n", None));
    }
    steps.push(run(CODE, Some(CODE_PRINTS)));
    steps.push(run(CODE_SCAN, Some(CODE_FINDS)));
    for (_, mistake, words) in MISTAKES.iter().filter(|(of, ..)| *of == language) {
        let commands = format!("cd acme\n{mistake}\nstockade plugin build\nstockade plugin test\n");
        let told = format!("  example on line 9: plugin `acme` on `Dockerfile`: {words} (refused)\n");
        steps.push(run(&commands, Some(&told)));
    }
    steps
}

/// Where the language's own tools are, as its README tells the author to install them.
fn programs(tools: &Tools, language: &str) -> Result<Vec<PathBuf>> {
    let command = match language {
        "c" | "zig" => tools.zig()?,
        "python" => tools.componentize_py()?,
        "go" => tools.go()?,
        _ => return Ok(Vec::new()),
    };
    match Path::new(command.get_program()).parent() {
        Some(folder) => Ok(vec![folder.to_path_buf()]),
        None => bail!("`{}` is in no folder", text(Path::new(command.get_program()))),
    }
}
