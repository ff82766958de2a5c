//! Backup scripts that send what they dumped in plain text.

use crate::View;
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Out, Params, Source};

/// Programs that write the content of a database.
const DUMPERS: [&str; 6] = ["pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "mongodump", "sqldump"];
/// Commands behind a dump that are looked at for what becomes of it.
const MAX_LATER: usize = 100;
/// Options that name the file a dump is written to.
const OUTPUT: [&str; 7] = ["-f", "--file", "-r", "--result-file", "-o", "--out", "--archive"];

/// `backup-upload`: a dump is uploaded by itself, or in a folder in which it lies unencrypted.
pub(crate) fn upload(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    // What these send is encrypted.
    if view.commands.iter().any(|c| matches!(c.name(), "restic" | "borg" | "sops")) {
        return;
    }
    // Of thousands of commands few upload, encrypt or remove something: only they are gone through for each dump.
    let notable: Vec<(usize, &Command)> =
        view.commands.iter().enumerate().filter(|(_, c)| is_notable(c)).collect();
    for (at, dump) in view.commands.iter().enumerate() {
        if !DUMPERS.contains(&dump.name()) {
            continue;
        }
        let first = notable.partition_point(|(number, _)| *number <= at);
        let later: Vec<&Command> = notable.iter().skip(first).take(MAX_LATER).map(|(_, c)| *c).collect();
        if later.is_empty() {
            continue;
        }
        let Some(file) = written(view.source, dump) else { continue };
        for (number, command) in later.iter().enumerate() {
            let Some(sent) = uploaded(command).find(|word| covers(&word.text, &file)) else { continue };
            let between = later.get(..number).unwrap_or_default();
            // Whoever removes it, moves it or encrypts it in place does not send it.
            if between.iter().any(|c| takes_away(c) && c.args().iter().any(|w| covers(&w.text, &file))) {
                continue;
            }
            let encrypted = between.iter().any(|c| encrypts(c) && c.args().iter().any(|w| w.text == file));
            let message = if encrypted {
                format!("{} uploads the dump {file} as it was before it was encrypted", command.name())
            } else {
                format!("{} uploads the dump {file} unencrypted", command.name())
            };
            out.finding(command.place(sent), message).key(file.clone());
            break;
        }
    }
}

/// Whether a command matters to what becomes of a dump.
fn is_notable(command: &Command) -> bool {
    takes_away(command) || encrypts(command) || uploaded(command).next().is_some()
}

/// Whether a command removes or moves what it names.
fn takes_away(command: &Command) -> bool {
    matches!(command.name(), "rm" | "shred" | "mv" | "unlink")
}

/// The file that a dump ends in: what an option names, or what the line is redirected to. None where the line pipes it
/// through a program that encrypts.
fn written(source: &Source, dump: &Command) -> Option<String> {
    let args = dump.args();
    for (at, word) in args.iter().enumerate() {
        if OUTPUT.contains(&word.text.as_str()) {
            return args.get(at + 1).map(|file| file.text.clone());
        }
        if let Some((option, file)) = word.text.split_once('=')
            && OUTPUT.contains(&option)
        {
            return Some(file.to_owned());
        }
    }
    let end = dump.words.last()?.end;
    let line = source.line_at(end);
    let rest = source.slice(stockade_sdk::Span { start: end, end: line.end.max(end) });
    if ["gpg", "age ", "openssl", "crypt"].iter().any(|name| rest.contains(name)) {
        return None;
    }
    let (_, target) = rest.rsplit_once('>')?;
    let target = target.trim_start();
    let word = match target.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => target.split([' ', ';', '|', '&', ')', '\t', '\n']).next(),
    };
    word.filter(|word| !word.is_empty() && !word.starts_with("/dev/")).map(str::to_owned)
}

fn encrypts(command: &Command) -> bool {
    matches!(command.name(), "gpg" | "gpg2" | "age" | "openssl" | "ccrypt" | "7z" | "zip")
}

/// The words that a command uploads; none if it uploads nothing.
fn uploaded(command: &Command) -> impl Iterator<Item = &Word> {
    let starts = |words: &[&str]| words.iter().enumerate().all(|(at, word)| command.arg(at) == *word);
    let uploads = match command.name() {
        "aws" => starts(&["s3", "cp"]) || starts(&["s3", "sync"]) || starts(&["s3", "mv"]),
        "gsutil" => ["cp", "rsync", "mv"].iter().any(|verb| command.args().iter().any(|w| w.text == *verb)),
        "gcloud" => starts(&["storage", "cp"]) || starts(&["storage", "rsync"]),
        "az" => starts(&["storage"]),
        "rclone" => matches!(command.arg(0), "copy" | "sync" | "move" | "copyto"),
        "s3cmd" => matches!(command.arg(0), "put" | "sync"),
        "mc" => matches!(command.arg(0), "cp" | "mirror"),
        "scp" | "rsync" => command.args().iter().any(|w| w.text.contains(':')),
        _ => false,
    };
    command.args().iter().filter(move |word| uploads && !word.text.starts_with('-'))
}

/// Whether a word of a command means the file: itself, its folder, or all in its folder.
fn covers(word: &str, file: &str) -> bool {
    if word == file {
        return true;
    }
    let Some((folder, _)) = file.rsplit_once('/') else { return matches!(word, "." | "./") };
    let word = word.strip_suffix("/*").unwrap_or(word).trim_end_matches('/');
    !word.is_empty() && word == folder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Commands;
    use stockade_sdk::Family as _;

    fn messages(script: &str) -> Vec<String> {
        let source = stockade_testkit::source("shell", "scripts/backup.sh", script);
        let view = Commands::view(&source);
        let mut out = Out::new();
        upload(&view, &Params::default(), &mut out);
        out.findings().iter().map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn a_plain_dump_is_told_from_an_encrypted_one() {
        let dump = "pg_dump db | gzip > \"$DIR/db.sql.gz\"\n";
        let send = "aws s3 cp $DIR/ s3://b/ --recursive\n";
        let gpg = "gpg --encrypt -r a@example.com $DIR/db.sql.gz\n";
        assert_eq!(messages(&format!("{dump}{send}")), ["aws uploads the dump $DIR/db.sql.gz unencrypted"]);
        assert_eq!(
            messages(&format!("{dump}{gpg}{send}")),
            ["aws uploads the dump $DIR/db.sql.gz as it was before it was encrypted"]
        );
        assert!(messages(&format!("{dump}{gpg}rm $DIR/db.sql.gz\n{send}")).is_empty());
        assert!(messages(&format!("{dump}{gpg}aws s3 cp $DIR/db.sql.gz.gpg s3://b/\n")).is_empty());
        assert!(messages(&format!("pg_dump db | gpg -e -r a@example.com > $DIR/db.gpg\n{send}")).is_empty());
        assert!(messages(&format!("{dump}aws s3 cp /srv/pictures s3://b/\n")).is_empty());
        assert_eq!(messages("mysqldump --result-file=/b/x.sql db\nrsync -a /b/ host:/b/\n").len(), 1);
    }
}
