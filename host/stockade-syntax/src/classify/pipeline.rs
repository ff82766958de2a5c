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
    // Every file is asked, and nearly all begin otherwise.
    let may_be_named = stem.starts_with(['.', 'a', 'b', 'c', 'w']);
    let named = may_be_named
        && NAMES.iter().any(|name| {
            // `azure-pipelines.release.yml`, `buildspec-test.yml`.
            stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        });
    named || folders.split('/').any(|folder| folder.starts_with('.') && FOLDERS.contains(&folder))
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

/// Where in a path the names begin that pipelines have of their own, in bytes: at the folder where a service looks for them, or
/// at the file's name where it is a pipeline. `None` for other files. The path is lower case.
pub(super) fn own_names(is_pipeline: bool, path: &str) -> Option<usize> {
    let is_own = |part: &str| {
        part.starts_with('.')
            && FOLDERS.iter().chain(&[".github", ".gitlab"]).any(|folder| {
                part.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
            })
    };
    let mut at = 0;
    for part in path.split('/') {
        if is_own(part) {
            return Some(at);
        }
        at += part.len() + 1;
    }
    is_pipeline.then(|| path.rfind('/').map_or(0, |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::{is_pipeline, own_names};
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

    #[test]
    fn names_of_their_own_begin_where_services_look() {
        for (path, is_pipeline, own) in [
            (".github/workflows/test.yml", true, Some(0)),
            ("tests/.gitlab-ci.yml", true, Some(6)),
            ("app/.gitlab/ci/test.yml", true, Some(4)),
            ("tests/fixtures/azure-pipelines.yml", true, Some(15)),
            ("tests/x.gitlab/a.yml", false, None),
            ("tests/a.yml", false, None),
        ] {
            assert_eq!(own_names(is_pipeline, path), own, "{path}");
        }
    }
}
