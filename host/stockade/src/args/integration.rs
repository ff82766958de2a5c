//! Arguments of the commands that join stockade to other programs.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use stockade_report::Format;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Whose configuration it is.
    #[arg(value_enum, value_name = "TOOL")]
    pub(crate) tool: Peer,
    /// Its configuration file: `.hadolint.yaml`, `.checkov.yaml`, `.kube-linter.yaml`; of trivy `trivy.yaml`,
    /// `.trivyignore` or `.trivyignore.yaml`.
    #[arg(value_name = "CONFIG")]
    pub(crate) config: PathBuf,
}

/// Tools whose configuration can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Hadolint,
    Checkov,
    Trivy,
    KubeLinter,
}

impl Peer {
    /// The tool's name as the rules' aliases have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hadolint => "hadolint",
            Self::Checkov => "checkov",
            Self::Trivy => "trivy",
            Self::KubeLinter => "kube-linter",
        }
    }
}

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Write the pages of all commands into this folder, instead of the main one to standard output.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// A report and where it goes: `sarif=out.sarif`, `markdown=-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportTarget {
    /// What it is written as.
    pub(crate) format: Format,
    /// The file; standard output where there is none.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((format, file)) = text.split_once('=') else {
            return Err("a report is named as `FORMAT=FILE`, with `-` for standard output".to_owned());
        };
        if file.is_empty() {
            return Err(format!("`{format}=` names no file; `-` is standard output"));
        }
        let format = format.parse::<Format>().map_err(|error| error.to_string())?;
        Ok(Self { format, file: (file != "-").then(|| PathBuf::from(file)) })
    }
}
