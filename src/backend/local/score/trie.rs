//! What several texts begin with, computed once: a tree of shared prefixes.

use std::ops::Range;

/// Ids that two texts must share beyond what is shared already, before a pass of its own pays off.
const LEAST_SHARED: usize = 8;

/// A run of ids that ends in a text or is shared by several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::local) struct Node<'a> {
    pub(in crate::backend::local) ids: &'a [u32],
    /// Index of the first of them in its text.
    pub(in crate::backend::local) depth: usize,
    pub(in crate::backend::local) is_long: bool,
    /// The text that ends here.
    pub(in crate::backend::local) leaf: Option<usize>,
    pub(in crate::backend::local) children: Vec<Self>,
}

/// A text for the tree.
#[derive(Debug, Clone, Copy)]
pub(in crate::backend::local) struct Branch<'a> {
    pub(in crate::backend::local) leaf: usize,
    pub(in crate::backend::local) ids: &'a [u32],
    /// Ids from the beginning that others may share; fewer than all.
    pub(in crate::backend::local) shareable: usize,
    /// Texts of different kinds share nothing: their rotary positions differ.
    pub(in crate::backend::local) is_long: bool,
}

impl Node<'_> {
    /// Rows of this run and all below it.
    pub(in crate::backend::local) fn rows(&self) -> usize {
        self.ids.len() + self.children.iter().map(Node::rows).sum::<usize>()
    }
}

/// The texts as trees. Every text is the leaf of exactly one.
pub(in crate::backend::local) fn trees<'a>(mut branches: Vec<Branch<'a>>) -> Vec<Node<'a>> {
    branches
        .sort_by(|a, b| (a.is_long, &a.ids[..a.shareable], a.leaf).cmp(&(b.is_long, &b.ids[..b.shareable], b.leaf)));
    // Ids that each shares with the one before it.
    let mut shared = vec![0; branches.len()];
    for (index, pair) in branches.windows(2).enumerate() {
        if let [a, b] = pair
            && a.is_long == b.is_long
        {
            let both = a.ids[..a.shareable].iter().zip(&b.ids[..b.shareable]);
            shared[index + 1] = both.take_while(|(a, b)| a == b).count();
        }
    }
    split(&branches, &shared, 0..branches.len(), 0)
}

/// The branches of a range, of which the first `depth` ids are done.
fn split<'a>(branches: &[Branch<'a>], shared: &[usize], range: Range<usize>, depth: usize) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    let mut from = range.start;
    while from < range.end {
        let to = (from + 1..range.end).find(|&next| shared[next] < depth + LEAST_SHARED).unwrap_or(range.end);
        let first = branches[from];
        let run = |end: usize| &first.ids[depth..end];
        nodes.push(match shared[from + 1..to].iter().min() {
            None => Node {
                ids: run(first.ids.len()),
                depth,
                is_long: first.is_long,
                leaf: Some(first.leaf),
                children: Vec::new(),
            },
            Some(&common) => Node {
                ids: run(common),
                depth,
                is_long: first.is_long,
                leaf: None,
                children: split(branches, shared, from..to, common),
            },
        });
        from = to;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(leaf: usize, ids: &[u32]) -> Branch<'_> {
        Branch { leaf, ids, shareable: ids.len() - 1, is_long: false }
    }

    /// Every leaf's ids, put together from its path.
    fn spelled(nodes: &[Node<'_>], before: &[u32], found: &mut Vec<(usize, Vec<u32>)>) {
        for node in nodes {
            assert_eq!(node.depth, before.len());
            let ids = [before, node.ids].concat();
            found.extend(node.leaf.map(|leaf| (leaf, ids.clone())));
            spelled(&node.children, &ids, found);
        }
    }

    #[test]
    fn a_preamble_and_its_questions_are_two_levels() {
        let preamble: Vec<u32> = (0..50).collect();
        let text = |question: u32, choice: u32| {
            let mut ids = preamble.clone();
            ids.extend(std::iter::repeat_n(100 + question, 10));
            ids.extend([choice, choice]);
            ids
        };
        let texts: Vec<Vec<u32>> = (0..6).map(|i| text(i / 2, 200 + i)).collect();
        let nodes = trees(texts.iter().enumerate().map(|(i, ids)| branch(i, ids)).collect());
        assert_eq!(nodes.len(), 1);
        assert_eq!((nodes[0].ids.len(), nodes[0].children.len()), (50, 3));
        assert!(nodes[0].children.iter().all(|node| node.children.len() == 2 && node.ids.len() == 10));
        assert_eq!(nodes[0].rows(), 50 + 3 * 10 + 6 * 2);
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_one_leaf_and_its_path_spells_it(
            texts in proptest::collection::vec(proptest::collection::vec(0_u32..2, 1..60), 1..20)
        ) {
            let nodes = trees(texts.iter().enumerate().map(|(i, ids)| branch(i, ids)).collect());
            let mut found = Vec::new();
            spelled(&nodes, &[], &mut found);
            found.sort();
            let expected: Vec<(usize, Vec<u32>)> = texts.into_iter().enumerate().collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
