//! What must be true of every document, whatever the input.

use stockade_model::{Document, NONE, Span, column};

/// Panics, naming the node, if a span, a slice or a link of `document` leads nowhere.
pub(crate) fn assert_sound(document: &Document) {
    let text = document.text();
    let assert_inside = |span: Span, what: &str| {
        assert!(span.start <= span.end, "{what}: {span:?} is turned round");
        assert!(span.slice(text).is_some(), "{what}: {span:?} is not inside {text:?}, or cuts a character");
    };
    for node in 0..document.len() as u32 {
        assert_inside(document.span(node), &format!("node {node}"));
        let key = Span::new(document.cell(node, column::KEY_START), document.cell(node, column::KEY_END));
        assert_inside(key, &format!("key of node {node}"));
        for (start, end) in [(column::TEXT_START, column::TEXT_END), (column::NAME_START, column::NAME_END)] {
            let range = document.cell(node, start) as usize..document.cell(node, end) as usize;
            assert!(document.data.get(range.clone()).is_some(), "node {node}: {range:?} is no text");
        }
        let parent = document.parent(node);
        assert!(parent.is_none_or(|parent| parent < node), "node {node} has the parent {parent:?}");
        assert_eq!(parent.is_none(), node == 0, "node {node}");
        for link in [column::NEXT, column::FIRST] {
            let to = document.cell(node, link);
            assert!(to == NONE || (to > node && to < document.len() as u32), "node {node} leads to {to}");
        }
        let target = document.target(node);
        assert!(target.is_none_or(|target| target < document.len() as u32), "node {node}: {target:?}");
    }
    for comment in &document.comments {
        assert_inside(comment.span, "comment");
        assert!((comment.node as usize) < document.len());
    }
    for problem in &document.problems {
        assert_inside(problem.span, &problem.message);
    }
}
