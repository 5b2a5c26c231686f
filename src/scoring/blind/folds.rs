//! Which cluster is held out when: stratified, grouped, and a function of the seed alone.

use std::collections::BTreeMap;

/// Fold of every text, `0..n_folds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folds {
    pub of_text: Vec<usize>,
    pub n_folds: usize,
}

/// Deals the clusters of each class round the folds in an order drawn from `seed`.
///
/// Clusters are dealt by class (members only, non-members only, both), each class going on where the last one ended,
/// so that folds differ by at most one cluster of a class. At most `wanted` folds, and no more than the smaller
/// class has clusters; `Err` with that number when it is below 2.
pub(super) fn stratified_folds(
    is_member: &[bool],
    clusters: &[&str],
    wanted: usize,
    seed: u64,
) -> Result<Folds, usize> {
    // (holds a member, holds a non-member) by cluster, in name order: the order of the texts does not matter.
    let mut classes: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for (&member, &cluster) in is_member.iter().zip(clusters) {
        let class = classes.entry(cluster).or_default();
        class.0 |= member;
        class.1 |= !member;
    }
    let n_member_clusters = classes.values().filter(|class| class.0).count();
    let n_non_member_clusters = classes.values().filter(|class| class.1).count();
    let smaller = n_member_clusters.min(n_non_member_clusters);
    let n_folds = wanted.min(smaller);
    if n_folds < 2 {
        return Err(smaller);
    }
    let mut fold_of_cluster: BTreeMap<&str, usize> = BTreeMap::new();
    let mut next = 0;
    for class in [(true, false), (false, true), (true, true)] {
        let mut dealt: Vec<(u64, &str)> = classes
            .iter()
            .filter(|(_, of_cluster)| **of_cluster == class)
            .enumerate()
            .map(|(index, (&cluster, _))| (mixed(seed, index as u64), cluster))
            .collect();
        dealt.sort_unstable();
        for (_, cluster) in dealt {
            fold_of_cluster.insert(cluster, next % n_folds);
            next += 1;
        }
    }
    let of_text = clusters.iter().map(|cluster| fold_of_cluster[cluster]).collect();
    Ok(Folds { of_text, n_folds })
}

/// SplitMix64 at position `index` of the stream `seed` (Steele et al. 2014): a keyed order that no crate update moves.
fn mixed(seed: u64, index: u64) -> u64 {
    let mut state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(index.wrapping_add(1)));
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|index| format!("c{index:03}")).collect()
    }

    #[test]
    fn folds_hold_the_classes_in_equal_shares() {
        let names = names(100);
        let clusters: Vec<&str> = names.iter().map(String::as_str).collect();
        let is_member: Vec<bool> = (0..100).map(|index| index % 5 == 0).collect();
        let folds = stratified_folds(&is_member, &clusters, 10, 7).expect("enough of both");
        for fold in 0..10 {
            let of_class = |member| (0..100).filter(|&i| folds.of_text[i] == fold && is_member[i] == member).count();
            assert_eq!((of_class(true), of_class(false)), (2, 8));
        }
    }

    #[test]
    fn texts_of_one_cluster_stay_together() {
        let names = names(12);
        let clusters: Vec<&str> = names.iter().flat_map(|name| [name.as_str(); 7]).collect();
        let is_member: Vec<bool> = (0..84).map(|index| index < 42).collect();
        let folds = stratified_folds(&is_member, &clusters, 10, 7).expect("enough of both");
        assert_eq!(folds.n_folds, 6);
        for group in folds.of_text.chunks(7) {
            assert!(group.iter().all(|fold| *fold == group[0]));
        }
    }

    #[test]
    fn the_seed_alone_decides_and_not_the_order_of_the_texts() {
        let names = names(40);
        let clusters: Vec<&str> = names.iter().map(String::as_str).collect();
        let is_member: Vec<bool> = (0..40).map(|index| index % 2 == 0).collect();
        let first = stratified_folds(&is_member, &clusters, 5, 1).expect("enough of both");
        assert_eq!(Ok(&first), stratified_folds(&is_member, &clusters, 5, 1).as_ref());
        assert_ne!(Ok(&first), stratified_folds(&is_member, &clusters, 5, 2).as_ref());
        let reversed: Vec<&str> = clusters.iter().rev().copied().collect();
        let reversed_labels: Vec<bool> = is_member.iter().rev().copied().collect();
        let mut mirrored = stratified_folds(&reversed_labels, &reversed, 5, 1).expect("enough of both");
        mirrored.of_text.reverse();
        assert_eq!(first, mirrored);
    }

    #[test]
    fn a_class_with_one_cluster_cannot_be_split() {
        assert_eq!(stratified_folds(&[true, false, false], &["a", "b", "c"], 10, 0), Err(1));
        assert_eq!(stratified_folds(&[false, false], &["a", "b"], 10, 0), Err(0));
    }
}
