//! What the cutter makes of text.

use super::Command;
use super::cutter::{Cutter, Notation};

fn cut(notation: Notation, text: &str) -> Vec<Command> {
    let mut found = Vec::new();
    Cutter::new(text, 0, notation, 0).cut(&mut found);
    for word in found.iter().flat_map(|c| &c.words) {
        let source = text.get(word.start as usize..word.end as usize).unwrap();
        assert!(!source.is_empty(), "{word:?}");
        if !source.contains(['\'', '"', '\\', '$']) {
            assert_eq!(source, word.text);
        }
    }
    found
}

fn shown(notation: Notation, text: &str) -> Vec<String> {
    let words = |c: &Command| {
        let words: Vec<_> =
            c.words.iter().map(|w| format!("{}{}", w.text, if w.known { "" } else { "?" })).collect();
        words.join("|")
    };
    cut(notation, text).iter().map(words).collect()
}

#[test]
fn words_and_operators() {
    let shell = |text| shown(Notation::Shell, text);
    assert_eq!(shell("a b 'c d' \"e f\"g; h && i || j | k &\nl"), ["a|b|c d|e fg", "h", "i", "j", "k", "l"]);
    assert_eq!(shell("a \\\n  b # c d\n# e\nf#g"), ["a|b", "f#g"]);
    assert_eq!(shell("a 2>&1 &>x"), ["a|2>&1|&>x"]);
    assert_eq!(shell("(a; b) && { c; }"), ["a", "b", "c"]);
    assert_eq!(shell("a\\ b \\\"c"), ["a b|\"c"]);
    assert_eq!(shell("a\\"), ["a"]);
    assert_eq!(shell("'a"), ["a"]);
    assert_eq!(shell("é 'ü' \"ö\""), ["é|ü|ö"]);
}

#[test]
fn what_only_runs_a_command_is_taken_off() {
    let shell = |text| shown(Notation::Shell, text);
    assert_eq!(shell("sudo -E ufw allow 22"), ["ufw|allow|22"]);
    assert_eq!(shell("A=1 B=2 env C=3 docker run x"), ["docker|run|x"]);
    assert_eq!(shell("if ! docker run x; then a; fi"), ["docker|run|x", "a", "fi"]);
    assert_eq!(shell("command -v docker"), ["command|-v|docker"]);
    assert_eq!(shell("$SUDO ufw enable; ${SUDO} -u x ufw"), ["ufw|enable", "-u|x|ufw"]);
    assert_eq!(shell("A=1"), [""; 0]);
}

#[test]
fn expansions() {
    let shell = |text| shown(Notation::Shell, text);
    assert_eq!(shell("a $B ${C} \"$D e\" '$f'"), ["a|$B?|${C}?|$D e?|$f"]);
    assert_eq!(shell("id=$(docker run x) y"), ["docker|run|x", "y"]);
    assert_eq!(shell("a x$(b c)y z"), ["b|c", "a|x$()y?|z"]);
    assert_eq!(shell("a $(b $(c"), ["c", "b|$(?", "a|$(?"]);
    assert_eq!(shell("a ${{ matrix.x }} {{ y z }}b"), ["a|${{ matrix.x }}?|{{ y z }}b?"]);
    assert_eq!(shell("a ${b {{c\nd ${e}"), ["a|${b?|{{c?", "d|${e}?"], "ends are on the same line");
    assert_eq!(shell(&"$(a ".repeat(100)).len(), 101, "no deeper than the bound, and nothing lost");
}

#[test]
fn here_documents_are_no_commands() {
    let shell = |text| shown(Notation::Shell, text);
    assert_eq!(shell("cat <<EOF > x\ndocker run a\nEOF\nb"), ["cat|<<EOF|>|x", "b"]);
    assert_eq!(shell("cat <<-'E'\ndocker\n\tE\nb"), ["cat|<<-E", "b"]);
    assert_eq!(shell("cat << E\nb"), ["cat|<<|E", "b"], "without its end it was none");
}

#[test]
fn other_notations() {
    assert_eq!(shown(Notation::Make, "$(DOCKER) run $$x ${y}"), ["$(DOCKER)?|run|$x?|${y}?"]);
    assert_eq!(shown(Notation::Folded, "a\n  b\n  c"), ["a|b|c"]);
    assert_eq!(shown(Notation::Console, "$ a b\n  $ c\nout"), ["a|b", "c", "out"]);
}
