//! What the pages of the rules do not show: odd input, and the reading of command lines.

use crate::Dockerfile;
use crate::in_force::{Defined, InForce};
use crate::view::View;
use stockade_sdk::{Family, Finding, Out, Param, Params, Rule, Runner, Source};

fn source(text: &str) -> Source {
    stockade_testkit::source("dockerfile", "Dockerfile", text)
}

fn param(name: &str, args: &[&str]) -> Param {
    let args = args.iter().map(|a| (*a).to_owned()).collect();
    Param { depth: 0, name: name.to_owned(), args, props: Vec::new() }
}

fn findings(check: &str, params: &[(&str, &[&str])], text: &str) -> Vec<Finding> {
    let params = params.iter().map(|(name, args)| param(name, args)).collect();
    let mut runner: Runner<Dockerfile> = Runner::new();
    runner
        .configure(vec![Rule { index: 0, id: "test/test".to_owned(), check: check.to_owned(), params }])
        .unwrap();
    runner.check(source(text), &[0]).unwrap().findings
}

pub(crate) fn places(check: &str, params: &[(&str, &[&str])], text: &str) -> Vec<String> {
    let found = findings(check, params, text);
    found
        .iter()
        .map(|f| f.span.map_or(String::new(), |s| text[s.start as usize..s.end as usize].to_owned()))
        .collect()
}

pub(crate) fn fixed(check: &str, params: &[(&str, &[&str])], text: &str) -> String {
    let mut edits: Vec<_> =
        findings(check, params, text).into_iter().flat_map(|f| f.fixes).flat_map(|f| f.edits).collect();
    edits.sort_by_key(|e| std::cmp::Reverse((e.span.start, e.span.end)));
    let mut out = text.to_owned();
    for edit in edits {
        out.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    out
}

#[test]
fn stages_follow_their_parents() {
    let source =
        source("ARG A\nFROM x:1 AS a\nENV B=1\nFROM scratch AS b\nFROM a\nONBUILD RUN true\nRUN false\n");
    let view = View::new(&source);
    assert_eq!(view.globals.len(), 1);
    assert_eq!(view.final_stage(), Some(2));
    assert_eq!(view.lineage(2).map(|(at, _)| at).collect::<Vec<_>>(), [2, 0]);
    assert!(view.feeds_final(0) && !view.feeds_final(1));
    let keywords: Vec<_> = view.instructions().map(|(at, i)| (at, i.keyword, i.onbuild)).collect();
    assert_eq!(keywords, [(0, "ENV", false), (2, "ONBUILD", false), (2, "RUN", true), (2, "RUN", false)]);
    let last = view.runs().last().unwrap();
    let keywords = InForce::new(&view, |i| Some(i.keyword));
    assert_eq!(keywords.before(&view, 2, last), Some(&"ONBUILD"));
    let env = InForce::new(&view, |i| i.node.get("B").map(|b| b.text()));
    assert_eq!((env.before(&view, 2, last), env.before(&view, 1, last)), (Some(&"1"), None));
    let defined = Defined::new(&view);
    assert!(defined.has(&view, 2, last, "B") && !defined.has(&view, 1, last, "B"));
}

#[test]
fn other_kinds_have_no_stages() {
    let source = stockade_testkit::source("dockerignore", ".dockerignore", "*\n!src\n");
    let view = View::new(&source);
    assert!(view.stages.is_empty());
    let mut out = Out::new();
    Dockerfile::facts(&view, &mut out);
    assert_eq!(out.facts().iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["*", "!src"]);
}

/// Whatever the file looks like, no check may fail on it.
#[test]
fn odd_files_are_no_trouble() {
    let texts = [
        "",
        "\u{feff}FROM",
        "FROM \\\n",
        "FROM a AS\nFROM $ AS $\nRUN",
        "RUN [\"\"]\nCMD []\nEXPOSE -/ : 1-2-3/x\nUSER :\nWORKDIR\n",
        "FROM x\nCOPY --from= a\nCOPY --from=99999999999999999999 a b\nADD <<E /x\nE\n",
        "FROM x\nRUN chmod 77777777777777777777 / ; chmod ; useradd -u ; pip install ; ln -s ; sudo\n",
        "FROM x\nRUN curl -k | ; | bash && <<\nENV\nENV =\nLABEL a\nARG =1\nONBUILD\nONBUILD ONBUILD ONBUILD\n",
        "FROM é:ü@ö AS ß\nENV ключ значение\nRUN --mount=target=ß,,= é | ü\nMAINTAINER \"\u{0}\"\nHEALTHCHECK\n",
    ];
    for check in Dockerfile::CHECKS.iter().filter(|check| !check.is_project()) {
        let params: [(&str, &[&str]); 12] = [
            ("managers", &["apt", "apk", "yum", "dnf", "zypper", "pip", "npm", "gem", "go", "yarn"]),
            ("options", &["-k", "--x"]),
            ("forbid", &["a", "22"]),
            ("labels", &["a"]),
            ("type", &["email"]),
            ("names", &["a"]),
            ("off", &["a=*"]),
            ("tools", &["curl", "bash"]),
            ("instruction", &["CMD"]),
            ("ended", &["a:b c"]),
            ("certain", &["false"]),
            ("absolute", &["true"]),
        ];
        for text in texts {
            for finding in findings(check.name, &params, text) {
                let span = finding.span.unwrap();
                assert!(
                    text.get(span.start as usize..span.end as usize).is_some(),
                    "{}: {text:?}",
                    check.name
                );
                for edit in finding.fixes.iter().flat_map(|f| &f.edits) {
                    let span = edit.span;
                    assert!(
                        text.get(span.start as usize..span.end as usize).is_some(),
                        "{}: {text:?}",
                        check.name
                    );
                }
            }
        }
    }
}

#[test]
fn wrappers_are_taken_off() {
    let named =
        |text: &str| places("command", &[("forbid", &["ssh"])], &format!("FROM x\nRUN {text}\n")).len();
    for text in [
        "ssh a",
        "/usr/bin/ssh a",
        "sudo -u b ssh a",
        "env -i A=1 ssh",
        "timeout -k 1 5 ssh",
        "nice -n 5 time ssh",
        "a || { ssh; }",
        "$(ssh x)",
        "xargs -n 1 ssh",
        "gosu a ssh",
        "if ssh; then a; fi",
        "\"ssh\" a",
    ] {
        assert_eq!(named(text), 1, "{text}");
    }
    for text in ["command -v ssh", "echo ssh", "timeout ssh 5", "sudo -u ssh id", "'ssh a'", "a=ssh", "$ssh"]
    {
        assert_eq!(named(text), 0, "{text}");
    }
}

#[test]
fn package_managers_are_read_with_their_options() {
    let pins = |manager: &str, text: &str| {
        places("pin-versions", &[("managers", &[manager])], &format!("FROM x\nRUN {text}\n"))
    };
    assert_eq!(pins("apt", "apt-get -o Dpkg::Use-Pty=0 -qq install -t sid a b=1 -- c"), ["a", "c"]);
    assert_eq!(
        pins("pip", "python3.12 -m pip --retries 3 install -r r.txt a -e . 'b[c]==1' d==1.*"),
        ["a", "d==1.*"]
    );
    assert_eq!(
        pins("pip", "pip install 'a @ https://x.y/a.whl' 'b @ git+https://x.y/b'"),
        ["'b @ git+https://x.y/b'"]
    );
    assert_eq!(pins("pip", "python -m venv pip && python x.py -m pip install a"), [""; 0]);
    assert_eq!(pins("npm", "npm --prefix x i -g a@1 @b/c @b/d@2 npm:e@1 ./f"), ["@b/c"]);
    assert_eq!(
        pins("yum", "yum -y --enablerepo x install a-1.2 gcc-c++ perl-5:1.2 x86-64-lib"),
        ["gcc-c++", "x86-64-lib"]
    );
    assert_eq!(pins("go", "go install -tags x -ldflags '-s' a.b/c@v1 a.b/d cmd/e ./f"), ["a.b/d"]);
    assert_eq!(pins("gem", "gem install a -v 1 && gem install b c:1 -n /bin --no-document"), ["b"]);
}

#[test]
fn what_a_copy_brought_in_is_no_package() {
    let text = "FROM x\nCOPY dist/tool /src/tool\nRUN npm install tool other\n";
    assert_eq!(places("pin-versions", &[("managers", &["npm"])], text), ["other"]);
}

#[test]
fn options_in_variables_are_left_alone() {
    let yes = |text: &str| {
        let params: [(&str, &[&str]); 3] =
            [("managers", &["apt"]), ("subcommands", &["install"]), ("options", &["-y"])];
        places("assume-yes", &params, &format!("FROM x\nRUN {text}\n"))
    };
    assert_eq!(yes("apt-get $APT_OPTS install a"), [""; 0]);
    assert_eq!(yes("apt-get install $PACKAGES"), ["apt-get install"]);
    assert_eq!(yes("apt-get install -q -q a; apt-get -q=2 install b; yes | apt-get install c"), [""; 0]);
    assert_eq!(yes("aptitude install a; apt install -fy b"), [""; 0]);
}

#[test]
fn modes() {
    let open =
        |mode: &str| !places("world-writable", &[], &format!("FROM x\nRUN chmod {mode} /x\n")).is_empty();
    for mode in ["777", "0666", "2777", "-R 777", "o+w", "a=rw", "ugo+w", "+rwx", "u+x,o+w", "-Rv a+w"] {
        assert!(open(mode), "{mode}");
    }
    for mode in [
        "755", "1777", "01777", "+x", "+w", "g+w", "u=rw,o=r", "o-w", "u+w", "-R 750", "$MODE", "a+w,+t",
        "-w", "=t",
    ] {
        assert!(!open(mode), "{mode}");
    }
    assert_eq!(fixed("world-writable", &[], "RUN chmod a=rw,u+x f\n"), "RUN chmod a=r,u+w,u+x f\n");
    assert_eq!(fixed("world-writable", &[], "RUN chmod 2776 f\n"), "RUN chmod 2774 f\n");
}

#[test]
fn commands_are_added_where_it_is_safe() {
    let add = |text: &str| {
        let params: [(&str, &[&str]); 3] =
            [("managers", &["yum"]), ("clean", &["yum clean all"]), ("fix", &["yum clean all"])];
        fixed("cache-left", &params, text)
    };
    assert_eq!(
        add("FROM x\nRUN yum install a || true\n"),
        "FROM x\nRUN yum install a || true && yum clean all\n"
    );
    assert_eq!(
        add("FROM x\r\nRUN a && \\\r\n  yum install a\r\n"),
        "FROM x\r\nRUN a && \\\r\n  yum install a \\\r\n    && yum clean all\r\n"
    );
    assert_eq!(
        add("# escape=`\nFROM x\nRUN yum install a `\n b\n"),
        "# escape=`\nFROM x\nRUN yum install a `\n b `\n    && yum clean all\n"
    );
    for text in [
        "FROM x\nRUN yum install a &\n",
        "FROM x\nRUN <<E\nyum install a\nE\n",
        "FROM x\nRUN [\"yum\", \"install\", \"a\"]\n",
    ] {
        assert_eq!(add(text), text);
    }
}

#[test]
fn variables_one_slip_apart() {
    let names = |text: &str| places("undefined-variable", &[], text);
    assert_eq!(
        names("FROM x\nARG VERSION\nLABEL a=${VERSON} b=$VERSIONS c=$VESRION d=$OTHER\n"),
        ["VERSON", "VERSIONS", "VESRION"]
    );
    assert_eq!(names("FROM x\nARG PORT1\nARG ABC\nEXPOSE $PORT2\nUSER $ABD\n"), [""; 0]);
    assert_eq!(
        names("FROM x\nENV VERSION=1\nONBUILD LABEL a=$VERSON\nRUN $VERSON\nCOPY <<E /x\n$VERSON\nE\n"),
        [""; 0]
    );
}

#[test]
fn secrets_by_name() {
    let names: (&str, &[&str]) = ("names", &["token", "pwd", "password"]);
    let found = |text: &str| places("secret-variable", &[names, ("except", &["public"])], text);
    assert_eq!(
        found("FROM x\nENV apiToken=abc MY-PASSWORD2=x PWD=/src OLDPWD=C:/x\n"),
        ["apiToken", "MY-PASSWORD2"]
    );
    assert_eq!(found("FROM x\nENV TOKENS=x PUBLIC_TOKEN=y TOKEN=12345 A_TOKEN=true B_TOKEN=\n"), [""; 0]);
    assert_eq!(found("ARG TOKEN\nFROM x\nARG TOKEN=\nENV TOKEN=$TOKEN\n"), ["TOKEN"; 3]);
}

#[test]
fn exec_forms_keep_words_together() {
    let params: [(&str, &[&str]); 1] = [("instructions", &["CMD", "ENTRYPOINT"])];
    assert_eq!(
        fixed("exec-form", &params, "FROM x\nCMD exec a 'b c' \"d\\\"e\" f\\ g\n"),
        "FROM x\nCMD [\"a\", \"b c\", \"d\\\"e\", \"f g\"]\n"
    );
    for text in [
        "FROM x\nCMD a *.c\n",
        "FROM x\nCMD a $B\n",
        "FROM x\nCMD a > b\n",
        "FROM x\nCMD A=1 a\n",
        "FROM x\nCMD cd a\n",
    ] {
        assert_eq!(fixed("exec-form", &params, text), text);
        assert_eq!(findings("exec-form", &params, text).len(), 1);
    }
}

#[test]
fn parameters_are_optional_where_the_description_says_so() {
    let params = Params::new(Vec::new());
    let source = source("FROM a\nLABEL x=y\n");
    let view = View::new(&source);
    let mut out = Out::new();
    crate::checks::image::registry(&view, &params, &mut out);
    crate::checks::label::required(&view, &params, &mut out);
    crate::checks::label::unlisted(&view, &params, &mut out);
    assert!(out.findings().is_empty());
}

#[test]
fn scripts_that_the_exec_form_hands_to_a_shell_are_read() {
    let recommends: [(&str, &[&str]); 2] =
        [("managers", &["apt"]), ("options", &["--no-install-recommends"])];
    let file = |script: &str| format!("FROM debian\nRUN [\"bash\", \"-c\", \"{script}\"]\n");
    assert_eq!(
        fixed("install-option", &recommends, &file("a && apt-get install -y x")),
        file("a && apt-get install --no-install-recommends -y x")
    );
    assert_eq!(
        fixed("install-option", &recommends, "RUN [\"apt-get\", \"install\", \"x\"]\n"),
        "RUN [\"apt-get\", \"install\", \"--no-install-recommends\", \"x\"]\n"
    );
    assert_eq!(fixed("sudo", &[], &file("sudo a b")), file("a b"));
    assert_eq!(fixed("sudo", &[], &file("sudo \\\"a\\\" b")), file("sudo \\\"a\\\" b"));
    let insecure: [(&str, &[&str]); 2] = [("commands", &["curl"]), ("options", &["-k", "--insecure"])];
    assert_eq!(fixed("command-option", &insecure, &file("curl -k x")), file("curl x"));
    assert_eq!(fixed("command-option", &insecure, &file("curl \\\"-k\\\" x")), file("curl \\\"-k\\\" x"));
    assert_eq!(places("pipefail", &[], &file("curl x | sh")), ["curl x | sh"]);
    assert_eq!(places("pipefail", &[], &file("set -o pipefail; curl x | sh")), [""; 0]);
    assert_eq!(
        places("pipefail", &[], "RUN [\"bash\", \"-o\", \"pipefail\", \"-c\", \"curl x | sh\"]\n"),
        [""; 0]
    );
    assert_eq!(places("shell-removed", &[("shells", &["/bin/sh"])], &file("rm /bin/sh")), [""; 0]);
}
