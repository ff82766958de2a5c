//! What `stockade.kdl` may hold. The reference page is made from this.

use crate::rule::SEVERITIES;
use crate::view::{Args, Children, Shape, Value, prop, shape};

/// Where `fail-on` draws the line.
pub(super) const FAIL_ON: [&str; 6] = ["info", "low", "medium", "high", "critical", "never"];

/// Largest file that any configuration may allow, in bytes: the parsers take no larger text.
pub(super) const MAX_FILE_SIZE: u64 = 16 << 20;
/// Longest time that a suppression policy can name: a hundred years.
const MAX_DAYS: i128 = 36_500;

/// Tools whose directives can be read.
pub(crate) const PEERS: [&str; 9] =
    ["buildkit", "checkov", "hadolint", "kics", "kube-linter", "kube-score", "polaris", "semgrep", "trivy"];

const EXTEND_SELECT: Shape = shape(
    "extend-select",
    Args::Some(Value::Text),
    "extend-select \"tag:supply-chain\"",
    "Switches these rules on as well.",
)
.many();

const IGNORE: Shape = shape(
    "ignore",
    Args::Some(Value::Text),
    "ignore \"DL3008\" \"kubernetes/*\"",
    "Switches these rules off. Locked rules can't be named here, and patterns do not reach them.",
)
.many();

const SEVERITY: Shape = shape(
    "severity",
    Args::Some(Value::Text),
    "severity \"dockerfile/user-root\" to=\"critical\"",
    "Gives these rules another severity.",
)
.many()
.props(&[prop("to", Value::Word("severity", &SEVERITIES), "the severity").required()]);

const IN_PATH: &[Shape] = &[
    EXTEND_SELECT,
    IGNORE,
    SEVERITY,
    shape(
        "kind",
        Args::One(Value::Text),
        "kind \"kubernetes\"",
        "What these files are, where their name and content do not say it.",
    ),
];

const IN_SUPPRESSIONS: &[Shape] = &[
    shape(
        "require-reason",
        Args::Maybe(Value::Bool),
        "require-reason #true",
        "Every suppression and every `exclude` must give a reason.",
    ).default("`#false`: a reason may be left out"),
    shape(
        "max-days",
        Args::One(Value::Int(1, MAX_DAYS)),
        "max-days 90",
        "Every suppression must end, and at most so many days from today.",
    ).default("No limit: suppressions may hold forever"),
    shape(
        "forbid-inline",
        Args::Maybe(Value::Bool),
        "forbid-inline #true",
        "Comments in files suppress nothing; only the configuration does.",
    ).default("`#false`: comments in files suppress"),
    shape(
        "peers",
        Args::Some(Value::Word("tool whose directives are known", &PEERS)),
        "peers \"hadolint\" \"checkov\"",
        "The directives of these tools (`hadolint ignore=`, `checkov:skip=`, ...) count as suppressions of the rules that \
         have the tool's ids as aliases.",
    ).default("None: only directives of stockade count")
    .many(),
];

/// `stockade.kdl`.
pub(crate) const CONFIG_FILE: &[Shape] = &[
    shape(
        "extends",
        Args::One(Value::Text),
        "extends \"../policy/stockade.kdl\"",
        "Starts from another file; this one refines it. The path is relative to this file. With a digest, the \
         file's bytes must have it.",
    )
    .many()
    .props(&[prop("digest", Value::Text, "`sha256:` and 64 hexadecimal digits")]),
    shape(
        "profile",
        Args::One(Value::Text),
        "profile \"strict\"",
        "Starts from the rules of a profile: `baseline`, `default`, `strict`, `all`, or one that a pack defines.",
    ).default("`default`"),
    shape(
        "select",
        Args::Some(Value::Text),
        "select \"dockerfile/*\" \"severity:critical\"",
        "Starts from these rules only, instead of a profile. The host's own rules stay on.",
    ).default("The rules of the profile")
    .many(),
    EXTEND_SELECT,
    IGNORE,
    SEVERITY,
    shape(
        "locked",
        Args::Some(Value::Text),
        "locked \"secrets/*\"",
        "Switches these rules on, and nothing below can switch them off or lower them: no nested file, no comment in \
         a file, no argument of the command line. This file's own `path` blocks still can.",
    )
    .many(),
    shape(
        "path",
        Args::Some(Value::Text),
        "path \"tests/**\" { ignore \"dockerfile/*\" }",
        "Refines the settings for the files that one of the patterns matches. Later blocks win.",
    )
    .many()
    .children(Children::Of(IN_PATH)),
    shape(
        "exclude",
        Args::Some(Value::Text),
        "exclude \"vendor\" reason=\"checked where it comes from\"",
        "Leaves these files and folders out of the scan.",
    )
    .many()
    .props(&[prop("reason", Value::Text, "why")]),
    shape(
        "suppress",
        Args::Some(Value::Text),
        "suppress \"kubernetes/memory-limit-missing\" path=\"legacy/**\" reason=\"moves in spring\" until=\"2027-03-31\"",
        "Accepts findings of these rules, for files in which a comment can't say so. The findings stay in the report, \
         marked as suppressed.",
    )
    .many()
    .props(&[
        prop("path", Value::Text, "pattern of the files").required(),
        prop("node", Value::Text, "path of the node in the file, as findings show it; with all below it"),
        prop("reason", Value::Text, "why"),
        prop("until", Value::Text, "last day on which it counts, as `2027-03-31`"),
    ]),
    shape(
        "rule",
        Args::One(Value::Text),
        "rule \"dockerfile/image-tag-latest\" { forbid \"latest\" \"edge\" }",
        "Parameters of a rule's check. A parameter given here replaces the rule's own of that name; the others stay.",
    )
    .many()
    .outermost()
    .children(Children::Free),
    shape(
        "fail-on",
        Args::One(Value::Word("severity, nor `never`", &FAIL_ON)),
        "fail-on \"high\"",
        "The least severity of a finding that makes the exit code 1; `never` for none.",
    ).default("`low`")
    .outermost(),
    shape(
        "max-file-size",
        Args::One(Value::Size),
        "max-file-size \"2MiB\"",
        "Larger files are not analysed, which is reported; at most 16 MiB.",
    ).default("`16MiB`")
    .outermost(),
    shape("suppressions", Args::None, "suppressions { require-reason; max-days 90 }", "Rules for suppressions. Files that extend or refine this one can only make them stricter.")
        .outermost()
        .children(Children::Of(IN_SUPPRESSIONS)),
    shape("pack", Args::Some(Value::Text), "pack \"policy/acme\"", "Folders with rules of your own, relative to this file.")
        .many()
        .outermost(),
    shape(
        "plugin",
        Args::One(Value::Text),
        "plugin \"acme\"",
        "A plugin from outside, by name. It runs only as `stockade.lock` pins it, and from bytes that are there already: \
         a scan fetches nothing. `stockade plugin add` writes both files.",
    )
    .many()
    .outermost(),
    shape(
        "external",
        Args::One(Value::Text),
        "external \"ServiceAccount\" name=\"builder\" namespace=\"ci\"",
        "An object of this kind that exists although no file of the repository shows it. Rules across files that would \
         report it as missing count it as there: a Secret, ConfigMap, ServiceAccount, Service or workload that is \
         referred to, a NetworkPolicy or PodDisruptionBudget of the namespace. It says nothing else of the object, and \
         counts for no rule that another file locks.",
    )
    .many()
    .outermost()
    .props(&[
        prop("name", Value::Text, "its name").required(),
        prop("namespace", Value::Text, "its namespace; any, where it is left out"),
        prop(
            "labels",
            Value::Text,
            "labels of its pods (of a Service: its own) as `app=web,tier=front`; where they are left out, any selector \
             of the namespace may mean it",
        ),
    ]),
];
