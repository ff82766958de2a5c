//! Which functions can come to call themselves.

/// Of a graph, the nodes that lie on a cycle, or on a way from one cycle to another: what is left when nodes without a way on
/// and nodes without a way in are taken away, one after the other. `calls` lists for each node those it leads to.
pub(crate) fn on_cycles(calls: &[Vec<usize>]) -> Vec<bool> {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); calls.len()];
    for (caller, callees) in calls.iter().enumerate() {
        for callee in callees {
            if let Some(callers) = callers.get_mut(*callee) {
                callers.push(caller);
            }
        }
    }
    let mut left = vec![true; calls.len()];
    peel(calls, &callers, &mut left);
    peel(&callers, calls, &mut left);
    left
}

/// Takes away nodes that lead to no node that is left. `back` is the graph with its edges turned round.
fn peel(graph: &[Vec<usize>], back: &[Vec<usize>], left: &mut [bool]) {
    let is_left = |left: &[bool], node: usize| left.get(node).copied().unwrap_or(false);
    let mut degrees: Vec<usize> =
        graph.iter().map(|next| next.iter().filter(|node| is_left(left, **node)).count()).collect();
    let mut ends: Vec<usize> = (0..graph.len()).filter(|node| degrees.get(*node) == Some(&0)).collect();
    while let Some(end) = ends.pop() {
        match left.get_mut(end) {
            Some(here) if *here => *here = false,
            _ => continue,
        }
        for before in back.get(end).into_iter().flatten() {
            if let Some(degree) = degrees.get_mut(*before) {
                *degree = degree.saturating_sub(1);
                if *degree == 0 {
                    ends.push(*before);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::on_cycles;

    #[test]
    fn only_cycles_and_what_joins_them_are_left() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3 -> 4, 4 -> 4, 5 -> 0, 3 -> 6
        let calls = [vec![1], vec![2], vec![1, 3], vec![4, 6], vec![4], vec![0], vec![]];
        assert_eq!(on_cycles(&calls), [false, true, true, true, true, false, false]);
        assert_eq!(on_cycles(&[vec![1], vec![2, 2], vec![]]), [false; 3]);
        assert_eq!(on_cycles(&[vec![0]]), [true]);
        assert_eq!(on_cycles(&[]), [false; 0]);
    }
}
