//! Commands whose makers have taken them back.

use crate::View;
use stockade_sdk::{Out, Params};

/// `retired`: a command of the parameter `commands` is called: its words, and behind `=` what does its work today.
pub(crate) fn retired(view: &View<'_>, params: &Params, out: &mut Out) {
    for command in &view.commands {
        for entry in params.strings("commands") {
            let (old, new) = entry.split_once('=').unwrap_or((entry, ""));
            let mut wanted = old.split(' ');
            if wanted.next() != Some(command.name()) {
                continue;
            }
            let wanted: Vec<&str> = wanted.collect();
            let given = command.args().get(..wanted.len()).unwrap_or_default();
            if given.len() != wanted.len()
                || !given.iter().zip(&wanted).all(|(word, text)| word.text == **text)
            {
                continue;
            }
            let Some(first) = command.words.first() else { continue };
            let last = given.last().unwrap_or(first);
            let finding = out.finding(
                command.place_to(view.source, first, last),
                format!("{old} was retired by its makers"),
            );
            if !new.is_empty() {
                finding.help(format!("Use {new}."));
            }
            break;
        }
    }
}
