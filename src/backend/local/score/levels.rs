//! Trees of texts, run through the network level by level.

use std::sync::Arc;

use super::super::network::{Compute, Decoder, Pass, Segment, Sequence};
use super::trie::Node;

/// A tree that is computed together with others, and what comes before it.
pub(in crate::backend::local) struct Ready<'a, C: Compute> {
    pub(in crate::backend::local) node: Node<'a>,
    pub(in crate::backend::local) past: Option<Arc<Sequence<C>>>,
}

/// A text that has been run.
pub(in crate::backend::local) struct Arrived<C: Compute> {
    pub(in crate::backend::local) leaf: usize,
    /// Row of the level's output that belongs to id `depth` of the text.
    pub(in crate::backend::local) first_row: usize,
    pub(in crate::backend::local) depth: usize,
    /// Its memory, where it is to be continued.
    pub(in crate::backend::local) sequence: Option<Sequence<C>>,
}

/// Whether a tree is computed in one piece.
pub(in crate::backend::local) fn is_one_piece(node: &Node<'_>, budget: usize) -> bool {
    node.children.is_empty() || node.rows() <= budget
}

/// Hands out the batches of some trees. Of one that is larger than a batch the beginning is computed first; what follows
/// are trees of their own. At most one such beginning a level is held at a time.
pub(in crate::backend::local) fn each_batch<'a, C: Compute>(
    decoder: &Decoder<C>,
    nodes: Vec<Node<'a>>,
    past: Option<&Arc<Sequence<C>>>,
    budget: usize,
    work: &mut dyn FnMut(Vec<Ready<'a, C>>),
) {
    let (whole, large): (Vec<Node<'a>>, Vec<Node<'a>>) = nodes.into_iter().partition(|node| is_one_piece(node, budget));
    let ready = whole.into_iter().map(|node| Ready { node, past: past.cloned() }).collect();
    batches(ready, budget).into_iter().for_each(&mut *work);
    for node in large {
        let segment = Segment { ids: node.ids, past: past.cloned(), keep: true, is_long: node.is_long };
        let sequence = decoder.forward(vec![segment], Pass::Whole).sequences.remove(0).map(Arc::new);
        each_batch(decoder, node.children, sequence.as_ref(), budget, work);
    }
}

/// Batches of at most `budget` rows (a larger tree stands alone), the largest first.
pub(in crate::backend::local) fn batches<C: Compute>(
    mut ready: Vec<Ready<'_, C>>,
    budget: usize,
) -> Vec<Vec<Ready<'_, C>>> {
    ready.sort_by_key(|ready| std::cmp::Reverse(ready.node.rows()));
    let mut batches: Vec<(usize, Vec<Ready<'_, C>>)> = Vec::new();
    for ready in ready {
        let rows = ready.node.rows();
        match batches.last_mut() {
            Some((used, batch)) if *used + rows <= budget => {
                *used += rows;
                batch.push(ready);
            }
            _ => batches.push((rows, vec![ready])),
        }
    }
    batches.into_iter().map(|(_, batch)| batch).collect()
}

/// Runs trees; `arrive` sees each level's output with the texts that end there.
pub(in crate::backend::local) fn run<C: Compute>(
    decoder: &Decoder<C>,
    trees: Vec<Ready<'_, C>>,
    keeps_leaves: bool,
    mut arrive: impl FnMut(&C::Rows, Vec<Arrived<C>>),
) {
    let mut level = trees;
    while !level.is_empty() {
        let mut segments = Vec::with_capacity(level.len());
        let mut nodes = Vec::with_capacity(level.len());
        for Ready { node, past } in level {
            let keep = keeps_leaves || !node.children.is_empty();
            segments.push(Segment { ids: node.ids, past, keep, is_long: node.is_long });
            nodes.push(node);
        }
        let passed = decoder.forward(segments, Pass::Whole);
        let mut arrived = Vec::new();
        let mut next = Vec::new();
        let mut first_row = 0;
        for (node, sequence) in nodes.into_iter().zip(passed.sequences) {
            let rows = node.ids.len();
            match node.leaf {
                Some(leaf) => arrived.push(Arrived { leaf, first_row, depth: node.depth, sequence }),
                None => {
                    let past = sequence.map(Arc::new);
                    next.extend(node.children.into_iter().map(|node| Ready { node, past: past.clone() }));
                }
            }
            first_row += rows;
        }
        arrive(&passed.hidden, arrived);
        level = next;
    }
}
