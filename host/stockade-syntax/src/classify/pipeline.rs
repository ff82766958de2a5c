//! Which files tell a service of continuous integration what to do.

use crate::FileKind;

/// Folders whose files are pipelines.
const FOLDERS: [&str; 6] =
    [".circleci", ".woodpecker", ".buildkite", ".semaphore", ".azure-pipelines", ".azuredevops"];

/// Names of pipelines, without `.yml` or `.yaml`.
const NAMES: [&str; 15] = [
    ".drone",
    ".travis",
    ".woodpecker",
    ".cirrus",
    ".appveyor",
    "appveyor",
    ".scrutinizer",
    "bitbucket-pipelines",
    "azure-pipelines",
    "azure-pipeline",
    "buildspec",
    "cloudbuild",
    "codefresh",
    "wercker",
    "bitrise",
];

/// Whether a YAML file is a pipeline of a service that has no kind of its own. Folders and name are lower case.
pub(super) fn is_named(folders: &str, name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")) else { return false };
    let named = NAMES.iter().any(|name| {
        // `azure-pipelines.release.yml`, `buildspec-test.yml`.
        stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    });
    named || folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

/// Whether a file is a pipeline: by its kind, or by its path, which is lower case.
pub(super) fn is_pipeline(kind: FileKind, path: &str) -> bool {
    match kind {
        FileKind::GithubWorkflow | FileKind::GitlabCi => true,
        FileKind::Yaml => {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            is_named(folders, name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_pipeline;
    use crate::FileKind;

    #[test]
    fn pipelines_are_known_by_name_and_folder() {
        for path in [
            ".circleci/config.yml",
            "app/.circleci/continue.yml",
            ".drone.yml",
            "ci/azure-pipelines.release.yml",
            "buildspec-test.yaml",
            ".woodpecker/build.yaml",
        ] {
            assert!(is_pipeline(FileKind::Yaml, path), "{path}");
        }
        for path in
            ["circleci/config.yml", "drone.yml", ".drone.json", "cloudbuilder.yaml", "x.circleci/a.yml"]
        {
            assert!(!is_pipeline(FileKind::Yaml, path), "{path}");
        }
        assert!(is_pipeline(FileKind::GitlabCi, "build/ci.yml"));
    }
}
