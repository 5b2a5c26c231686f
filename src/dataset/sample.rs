//! Cutting the items: `--limit N` and `--shard I/N`.

use std::num::NonZeroUsize;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::item::Item;

/// What part of a data set is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// The first so many items of the file order; `None`: all.
    pub limit: Option<NonZeroUsize>,
    /// The first so many items of each number of copies; `None`: all.
    pub per_level: Option<NonZeroUsize>,
    /// The part of those items that this process asks; `None`: all.
    pub shard: Option<Shard>,
}

/// One of several parts that together hold every item once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: u32,
    of: u32,
}

/// Why a shard cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    #[error("read the shard `{found}`: it is not of the form I/N; write e.g. --shard 1/4")]
    NotAShard { found: String },
    #[error("read the shard `{found}`: I must be from 1 to N; the shards of 4 are 1/4, 2/4, 3/4 and 4/4")]
    OutOfRange { found: String },
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let found = || text.to_owned();
        let (index, of) = text.split_once('/').ok_or_else(|| ShardError::NotAShard { found: found() })?;
        let number = |part: &str| part.parse::<u32>().map_err(|_| ShardError::NotAShard { found: found() });
        let (index, of) = (number(index)?, number(of)?);
        if index == 0 || index > of {
            return Err(ShardError::OutOfRange { found: found() });
        }
        Ok(Self { index, of })
    }
}

impl Shard {
    /// Which part this is, from 1.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// How many parts there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.of
    }

    /// Whether the item belongs to this shard: SHA-256 of the id, so a row that is added or moved never moves others.
    #[must_use]
    pub fn holds(&self, item_id: &str) -> bool {
        let digest = Sha256::digest(item_id.as_bytes());
        let first = digest.iter().take(8).fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        first % u64::from(self.of) == u64::from(self.index - 1)
    }
}

/// The items that are asked, and how many there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    pub items: Vec<Item>,
    /// Items of the whole data set.
    pub total: usize,
}

impl Sampled {
    /// `partial: N of M` for tables and figures; `None` when nothing was cut.
    #[must_use]
    pub fn partial(&self) -> Option<String> {
        (self.items.len() < self.total).then(|| format!("partial: {} of {}", self.items.len(), self.total))
    }
}

impl Sample {
    /// The same for items with histories: those of one history go into one shard, so that it is memorised once. `is_whole`: the limit
    /// counts clusters, of which a part cannot be judged.
    #[must_use]
    pub fn apply_by_history(&self, mut items: Vec<Item>, is_whole: bool) -> Sampled {
        let total = items.len();
        if let Some(limit) = self.limit {
            if is_whole {
                let mut kept: Vec<String> = Vec::new();
                items.retain(|item| {
                    if kept.last() != Some(&item.cluster) && !kept.contains(&item.cluster) && kept.len() < limit.get() {
                        kept.push(item.cluster.clone());
                    }
                    kept.contains(&item.cluster)
                });
            } else {
                items.truncate(limit.get());
            }
        }
        if let Some(shard) = self.shard {
            items.retain(|item| shard.holds(&item.cluster));
        }
        Sampled { items, total }
    }

    /// Cuts by limit first, then by level, then by shard: the shards of a limited run together are the limited run.
    #[must_use]
    pub fn apply(&self, mut items: Vec<Item>) -> Sampled {
        let total = items.len();
        if let Some(limit) = self.limit {
            items.truncate(limit.get());
        }
        if let Some(most) = self.per_level {
            let mut kept: std::collections::BTreeMap<Option<u32>, usize> = std::collections::BTreeMap::new();
            items.retain(|item| {
                let n = kept.entry(item.copies).or_default();
                *n += 1;
                *n <= most.get()
            });
        }
        if let Some(shard) = self.shard {
            items.retain(|item| shard.holds(&item.id));
        }
        Sampled { items, total }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn items(count: usize) -> Vec<Item> {
        let item = |number: usize| Item {
            id: format!("item-{number}"),
            cluster: String::new(),
            copies: None,
            text: String::new(),
            choices: Vec::new(),
            answer: None,
            history: None,
            fields: BTreeMap::new(),
        };
        (0..count).map(item).collect()
    }

    fn ids(sampled: &Sampled) -> Vec<&str> {
        sampled.items.iter().map(|item| item.id.as_str()).collect()
    }

    #[test]
    fn a_limit_takes_the_first_and_says_so() {
        let sampled = Sample { limit: NonZeroUsize::new(2), ..Sample::default() }.apply(items(5));
        assert_eq!(ids(&sampled), ["item-0", "item-1"]);
        assert_eq!(sampled.partial().as_deref(), Some("partial: 2 of 5"));
        assert_eq!(Sample::default().apply(items(5)).partial(), None);
        assert_eq!(Sample { limit: NonZeroUsize::new(9), ..Sample::default() }.apply(items(5)).partial(), None);
    }

    #[test]
    fn a_quick_run_keeps_the_first_of_each_level() {
        let mut all = items(9);
        for (index, item) in all.iter_mut().enumerate() {
            item.copies = Some(if index % 3 == 0 { 0 } else { 4 });
        }
        let sampled = Sample { per_level: NonZeroUsize::new(2), ..Sample::default() }.apply(all);
        assert_eq!(ids(&sampled), ["item-0", "item-1", "item-2", "item-3"]);
        assert_eq!(sampled.partial().as_deref(), Some("partial: 4 of 9"));
    }

    #[test]
    fn the_shards_of_a_limited_run_hold_each_item_once() {
        let limit = NonZeroUsize::new(200);
        let mut joined = Vec::new();
        for index in 1..=3 {
            let shard = format!("{index}/3").parse().unwrap();
            let part = Sample { limit, shard: Some(shard), ..Sample::default() }.apply(items(300));
            assert!((40..=95).contains(&part.items.len()), "{}", part.items.len());
            joined.extend(part.items.into_iter().map(|item| item.id));
        }
        let mut expected: Vec<String> = items(200).into_iter().map(|item| item.id).collect();
        joined.sort();
        expected.sort();
        assert_eq!(joined, expected);
    }

    #[test]
    fn a_shard_that_makes_no_sense_is_refused() {
        for text in ["", "1", "a/2", "1/", "-1/2"] {
            assert!(matches!(text.parse::<Shard>(), Err(ShardError::NotAShard { .. })), "{text}");
        }
        for text in ["0/2", "3/2", "0/0"] {
            assert!(matches!(text.parse::<Shard>(), Err(ShardError::OutOfRange { .. })), "{text}");
        }
        assert!("1/1".parse::<Shard>().unwrap().holds("anything"));
    }
}
