//! The fields that Kubernetes' API knows, written down for the plugin `kubernetes` from the sources of the crate
//! `k8s-openapi`, which are generated from the API's own description. One release of the crate knows some versions of
//! Kubernetes, so several are read and their fields united: a manifest is judged by whether any version takes it.
//!
//! `cargo xtask kubernetes-api FOLDER...`, a folder for each version: `k8s-openapi-0.29.0/src/v1_37`. To be run when a new
//! Kubernetes is out, with the folders of all versions since 1.8 (releases 0.7, 0.13, 0.20, 0.24, 0.29 of the crate have
//! them).

mod words;

use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const OUTPUT: &str = "plugins/kubernetes/src/schema/api.txt";

/// What a value has to be, as the file says it: see its first lines.
type Shape = String;

#[derive(Default)]
struct Field {
    shape: Shape,
    required: bool,
}

#[derive(Default)]
struct Api {
    /// Group and version, and kind, to the type.
    kinds: BTreeMap<(String, String), String>,
    types: BTreeMap<String, BTreeMap<String, Field>>,
    /// Types that are no objects.
    others: BTreeMap<String, Shape>,
    /// What is said about fields that take nothing but some words.
    said: words::Said,
}

/// Reads the folders and writes the file.
pub(crate) fn write(folders: &[String]) -> Result<()> {
    ensure!(!folders.is_empty(), "name the folders of the versions: k8s-openapi-0.29.0/src/v1_37 ...");
    let mut all = Api::default();
    let mut versions = Vec::new();
    for folder in folders {
        let path = Path::new(folder);
        let version = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let minor = version.strip_prefix("v1_").and_then(|minor| minor.parse::<u32>().ok());
        versions.push(minor.with_context(|| format!("{folder} is no folder of a version"))?);
        let mut api = Api::default();
        read_folder(path, path, &mut api)?;
        all.unite(api);
    }
    let (Some(oldest), Some(newest)) = (versions.iter().min(), versions.iter().max()) else { return Ok(()) };
    words::check(&all.said)?;
    std::fs::write(OUTPUT, all.text(*oldest, *newest)?)?;
    println!("{OUTPUT}: {} kinds, {} types", all.kinds.len(), all.types.len());
    Ok(())
}

fn read_folder(folder: &Path, root: &Path, api: &mut Api) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(&path, root, api)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path)?;
            if text.starts_with("// Generated from definition ") {
                let inside = folder.strip_prefix(root)?.components();
                let inside: Vec<_> = inside.map(|part| part.as_os_str().to_string_lossy()).collect();
                read_type(&text, &inside.join("."), api).with_context(|| path.display().to_string())?;
            }
        }
    }
    Ok(())
}

/// The type of one file.
fn read_type(text: &str, module: &str, api: &mut Api) -> Result<()> {
    let declared = text.lines().find_map(|line| {
        let (what, rest) = line.strip_prefix("pub ")?.split_once(' ')?;
        let end = rest.find(|c: char| !c.is_alphanumeric())?;
        matches!(what, "struct" | "enum").then(|| (what, rest.split_at(end)))
    });
    let Some((what, (name, rest))) = declared else { bail!("it declares no type") };
    let name = short(&format!("{module}.{name}"));
    // The schema of a custom resource is a language of its own, which generators write, and by far the most of what a
    // repository has of Kubernetes' own kinds.
    if name.ends_with(".JSONSchemaProps") {
        api.others.insert(name, "*".to_owned());
        return Ok(());
    }
    if what == "enum" {
        let shape = if name.ends_with(".IntOrString") { "x" } else { "*" };
        api.others.insert(name, shape.to_owned());
        return Ok(());
    }
    if let Some(inner) = rest.strip_prefix("(pub ").and_then(|inner| inner.strip_suffix(");")) {
        let shape = match shape_of(inner) {
            Ok(_) if name.ends_with(".Quantity") => "q".to_owned(),
            Ok(shape) => shape,
            // A time, or any value.
            Err(_) if inner.contains("DateTime") || inner.contains("Timestamp") => "t".to_owned(),
            Err(_) => "*".to_owned(),
        };
        api.others.insert(name, shape);
        return Ok(());
    }
    let json_names: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once(" => Field::Key_"))
        .map(|(json, key)| (key, json.trim_matches('"')))
        .collect();
    let mut fields = BTreeMap::new();
    let body = text.split_once(&format!("struct{}", rest_of_name(&name))).map_or("", |(_, body)| body);
    let mut comment = String::new();
    for line in body.lines().skip(1).take_while(|line| *line != "}") {
        let Some((key, written)) = line.trim().strip_prefix("pub ").and_then(|l| l.split_once(": ")) else {
            comment.push_str(line);
            continue;
        };
        let comment = std::mem::take(&mut comment);
        let written = written.trim_end_matches(',');
        let key = key.trim_start_matches("r#");
        let json = json_names.get(key).with_context(|| format!("field {key} has no name"))?;
        let (shape, optional) = match inside("Option", written) {
            Some(inner) => (shape_of(inner)?, true),
            None => (shape_of(written)?, false),
        };
        let in_lists = words::name(&name, json);
        if words::of(&in_lists).is_some() {
            api.said.entry(in_lists).or_default().push_str(&comment);
        }
        // Newer releases always have the metadata of an object, whether its description asks for them or not.
        fields.insert((*json).to_owned(), Field { shape, required: !optional && *json != "metadata" });
    }
    if let (Some(version), Some(kind)) = (constant(text, "const API_VERSION"), constant(text, "const KIND")) {
        for name in ["apiVersion", "kind"] {
            fields.insert(name.to_owned(), Field { shape: "s".to_owned(), required: false });
        }
        // Alpha versions change without notice, and lists are read item by item.
        if !version.contains("alpha") && !kind.ends_with("List") && !name.starts_with("meta.") {
            api.kinds.insert((version.to_owned(), kind.to_owned()), name.clone());
        }
    }
    api.types.insert(name, fields);
    Ok(())
}

/// ` Name `, as it stands behind `struct`.
fn rest_of_name(name: &str) -> String {
    format!(" {} ", name.rsplit('.').next().unwrap_or_default())
}

/// The text of a constant.
fn constant<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find(|line| line.trim().starts_with(name))?;
    line.split('"').nth(1)
}

/// The usual modules are left out of a type's name.
fn short(name: &str) -> String {
    let name = name.strip_prefix("api.").unwrap_or(name);
    name.strip_prefix("apimachinery.pkg.apis.").unwrap_or(name).to_owned()
}

/// What is inside `name<…>`, whatever module the name is in.
fn inside<'t>(name: &str, written: &'t str) -> Option<&'t str> {
    let (outer, inner) = written.strip_suffix('>')?.split_once('<')?;
    (outer.rsplit("::").next() == Some(name)).then_some(inner)
}

fn shape_of(written: &str) -> Result<Shape> {
    if let Some(inner) = inside("Vec", written) {
        return Ok(format!("[{}", shape_of(inner)?));
    }
    if let Some((_, inner)) = inside("BTreeMap", written).and_then(|inner| inner.split_once(", ")) {
        return Ok(format!("{{{}", shape_of(inner)?));
    }
    if let Some(inner) = inside("Box", written) {
        return shape_of(inner);
    }
    Ok(match written.trim_start_matches("std::string::") {
        "String" | "crate::ByteString" => "s".to_owned(),
        "bool" => "b".to_owned(),
        "i32" | "i64" => "i".to_owned(),
        "f64" => "n".to_owned(),
        other => {
            let path = other.strip_prefix("crate::").filter(|path| !path.contains(['<', '>', ' ', ',']));
            let path = path.filter(|path| path.starts_with("ap") || path.starts_with("kube_"));
            format!("@{}", short(&path.with_context(|| format!("what is {other}?"))?.replace("::", ".")))
        }
    })
}

impl Api {
    /// Adds another version of the API.
    fn unite(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
        self.others.extend(other.others);
        for (name, said) in other.said {
            self.said.entry(name).or_default().push_str(&said);
        }
        for (name, fields) in other.types {
            let Some(known) = self.types.get_mut(&name) else {
                self.types.insert(name, fields);
                continue;
            };
            // Required is what every version asks for.
            for (key, field) in known.iter_mut() {
                field.required &= fields.get(key).is_some_and(|field| field.required);
            }
            for (key, field) in fields {
                match known.get_mut(&key) {
                    Some(same) if same.shape == field.shape => {}
                    Some(changed) => changed.shape = "*".to_owned(),
                    None => {
                        known.insert(key, Field { required: false, ..field });
                    }
                }
            }
        }
    }

    /// Puts what is no object in its place, and gives the types that objects are made of.
    fn resolved(&self, shape: &str) -> (Shape, Option<String>) {
        let wrap = shape.len() - shape.trim_start_matches(['[', '{']).len();
        let (wrapping, inner) = shape.split_at(wrap);
        match inner.strip_prefix('@') {
            Some(name) => match self.others.get(name) {
                Some(other) => (format!("{wrapping}{other}"), None),
                None => (shape.to_owned(), Some(name.to_owned())),
            },
            None => (shape.to_owned(), None),
        }
    }

    fn text(&self, oldest: u32, newest: u32) -> Result<String> {
        let mut wanted: Vec<String> = self.kinds.values().cloned().collect();
        let mut lines = BTreeMap::new();
        let mut seen: BTreeSet<String> = wanted.iter().cloned().collect();
        while let Some(name) = wanted.pop() {
            let fields = self.types.get(&name).with_context(|| format!("there is no type {name}"))?;
            let mut line = name.clone();
            for (key, field) in fields {
                let (shape, inner) = self.resolved(&field.shape);
                let shape = words::narrowed(&shape, &words::name(&name, key));
                write!(line, " {key}{}{shape}", if field.required { '!' } else { ':' })?;
                wanted.extend(inner.filter(|inner| seen.insert(inner.clone())));
            }
            lines.insert(name, line);
        }
        let mut text = format!(
            "# What objects of Kubernetes 1.{oldest} to 1.{newest} are made of. Written by `cargo xtask kubernetes-api`, not by \
             hand, from\n\
             # the crate `k8s-openapi` (Apache-2.0), which is generated from the API's description (Kubernetes, Apache-2.0).\n\
             # Group and version, kind, type; then the types, sorted, with their fields: `name:shape`, `name!shape` where all\n\
             # versions require it. Shapes: s text, b boolean, i integer, n number, q quantity, x integer or text, t time, * any,\n\
             # =A|B one of these words, [s list of texts, {{s map of texts, @T the type T.\n"
        );
        for ((version, kind), name) in &self.kinds {
            writeln!(text, "{version} {kind} {name}")?;
        }
        text.push('\n');
        for line in lines.values() {
            writeln!(text, "{line}")?;
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Api, read_type};

    /// Two versions of a kind, the parts of it that are read.
    const OLD: &str = r#"// Generated from definition io.k8s.api.x.v1.Job
pub struct Job {
    pub metadata: Option<crate::apimachinery::pkg::apis::meta::v1::ObjectMeta>,

    pub r#type: String,
    pub limit: Option<crate::api::x::v1::Size>,
    pub names: Option<std::collections::BTreeMap<String, Vec<String>>>,
}
    const API_VERSION: &'static str = "x/v1";
    const KIND: &'static str = "Job";
                            "metadata" => Field::Key_metadata,
                            "type" => Field::Key_type,
                            "limit" => Field::Key_limit,
                            "names" => Field::Key_names,
"#;
    const NEW: &str = r#"// Generated from definition io.k8s.api.x.v1.Job
pub struct Job {
    pub metadata: crate::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    pub type_: Option<std::string::String>,
    pub host_ip: i32,
    pub names: bool,
}
    const API_VERSION: &'static str = "x/v1";
    const KIND: &'static str = "Job";
                            "metadata" => Field::Key_metadata,
                            "type" => Field::Key_type_,
                            "hostIP" => Field::Key_host_ip,
                            "names" => Field::Key_names,
"#;

    #[test]
    fn versions_are_united() {
        let read = |job: &str| {
            let mut api = Api::default();
            let meta =
                "pub struct ObjectMeta {\n    pub name: Option<String>,\n}\n\"name\" => Field::Key_name,\n";
            read_type(meta, "apimachinery.pkg.apis.meta.v1", &mut api).unwrap();
            read_type("pub struct Size(pub String);\n", "api.x.v1", &mut api).unwrap();
            read_type(job, "api.x.v1", &mut api).unwrap();
            api
        };
        let mut api = read(OLD);
        api.unite(read(NEW));
        let text = api.text(8, 37).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "x/v1 Job x.v1.Job",
                "",
                "meta.v1.ObjectMeta name:s",
                // Only what both ask for is required, and what they do not agree on may be anything.
                "x.v1.Job apiVersion:s hostIP:i kind:s limit:s metadata:@meta.v1.ObjectMeta names:* type:s",
            ]
        );
        assert!(
            read_type(
                "pub struct A {\n    pub b: HashMap<u8, u8>,\n}\n\"b\" => Field::Key_b,\n",
                "m",
                &mut api
            )
            .is_err()
        );
    }
}
