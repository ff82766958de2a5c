//! A small plugin and a small pack, and how tests change them.
use stockade_pack::{Compiled, Error, PackSource, PluginSource, Source, Vocabulary, compile};

pub const VOCABULARY: Vocabulary<'static> =
    Vocabulary { kinds: &["dockerfile", "kubernetes", "compose", "yaml"], interface: "0.1" };

pub const PLUGIN: &str = r#"plugin "dockerfile" {
    version "0.1.0"
    requires "0.1"
    needs "nodes"
    check "image-tag" {
        kinds "dockerfile" "compose"
        any-literal "From"
        exact-literal "AKIA"
        also-literal ":" "Image"
        also-literal "services" { kinds "compose"; }
        literal-param "forbid"
        param "forbid" type="strings" doc="tags that are refused"
        param "forbid-missing" type="bool" doc="whether an image without a tag is refused"
        param "mode" type="string" doc="how strictly names are read" {
            values "strict" "lax"
            not-with "say"
        }
        param "when" type="conditions" doc="conditions under which it is reported"
        param "at" type="paths" doc="paths of what is judged"
        param "say" type="template" doc="what it says"
    }
    check "registry" {
        kinds "any"
        project #true
        param "allow" type="names" required=#true doc="registries by team"
        param "most" type="int" doc="how many there may be"
        param "share" type="number" doc="which share"
        param "extra" type="any" repeat=#true doc="anything else"
    }
}
"#;

pub const PACK: &str = r#"pack "dockerfile" {
    version "0.2.0"
    title "Dockerfiles"
    requires "0.1"
}
"#;

pub const RULE: &str = r#"rule "image-tag-latest" {
    title "Base image is tagged latest"
    severity "medium"
    security-severity 5.0
    precision "very-high"
    since "0.1.0"
    profiles "default" "strict"
    fixable "no"
    cwe "CWE-1104"
    aliases "hadolint:DL3007" "trivy:DS-0001"
    tags "supply-chain"
    refs "CIS-Docker-4.7"
    applies-to "dockerfile"
    check "dockerfile:image-tag" {
        forbid "latest"
    }
    help "Pin the image to a version tag or a digest."
}
"#;

pub const PAGE: &str = "# Base image is tagged latest

The tag `latest` moves, so two builds of the same file can give
**different** images.

More about it.

## Bad

```dockerfile
FROM debian:latest
```

```text
1:6 base image debian is tagged latest
```

## Good

```dockerfile
FROM debian:12.5
```
";

pub const REGISTRY_RULE: &str = r#"rule "registry-allowed" {
    title "Image comes from an unknown registry"
    severity "high"
    since "0.2.0"
    profiles "strict"
    check "dockerfile:registry" {
        allow {
            core "ghcr.io" "docker.io"
        }
    }
    help "Use one of the registries that are allowed."
}
"#;

pub const REGISTRY_PAGE: &str = "# Image comes from an unknown registry

Anybody may publish there.

## Bad

```yaml path=a.yaml kind=kubernetes example=two
image: evil.example/x
```

```dockerfile path=Dockerfile example=two
FROM evil.example/x
```

```text
Dockerfile:1:6 registry evil.example is not allowed
```

## Good

```dockerfile
FROM ghcr.io/a/b
```
";

/// The files of the small pack, by name.
pub fn pack_files() -> Vec<(&'static str, String)> {
    vec![
        ("pack.kdl", PACK.to_owned()),
        ("image-tag-latest.kdl", RULE.to_owned()),
        ("image-tag-latest.md", PAGE.to_owned()),
        ("registry-allowed.kdl", REGISTRY_RULE.to_owned()),
        ("registry-allowed.md", REGISTRY_PAGE.to_owned()),
    ]
}

pub fn pack_of(folder: &str, files: &[(&str, String)]) -> PackSource {
    let source = |(name, text): &(&str, String)| Source::new(format!("rules/{folder}/{name}"), text.as_str());
    PackSource { folder: folder.to_owned(), files: files.iter().map(source).collect() }
}

pub fn plugin_of(text: &str) -> PluginSource {
    PluginSource {
        folder: "dockerfile".to_owned(),
        file: Some(Source::new("plugins/dockerfile/plugin.kdl", text)),
    }
}

pub fn compiled() -> Compiled {
    compile(&[pack_of("dockerfile", &pack_files())], &[plugin_of(PLUGIN)], &VOCABULARY)
        .expect("the small pack has no errors")
}

/// Compiles the small pack with one change: in `file`, `from` becomes `to`.
pub fn changed(file: &str, from: &str, to: &str) -> Result<Compiled, Vec<Error>> {
    let mut files = pack_files();
    let mut plugin = PLUGIN.to_owned();
    let text = if file == "plugin.kdl" {
        &mut plugin
    } else {
        &mut files.iter_mut().find(|(name, _)| *name == file).expect("a file of the small pack").1
    };
    assert!(text.contains(from), "{file} has no {from:?}");
    *text = text.replacen(from, to, 1);
    compile(&[pack_of("dockerfile", &files)], &[plugin_of(&plugin)], &VOCABULARY)
}
