//! How many active models carry each tag and each task, the most carried first. Whoever wants a word of its own on the
//! first page has to register more models with it than the market has with others.

use cosmwasm_std::{Empty, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::registry::Topic;

use crate::domain::next;

/// Words, with the number of models that carry them.
pub struct Topics {
    counts: &'static str,
    by_count: &'static str,
}

/// Tags of active models.
pub const TAGS: Topics = Topics {
    counts: "tag_counts",
    by_count: "tags_by_count",
};
/// Tasks of active models.
pub const TASKS: Topics = Topics {
    counts: "task_counts",
    by_count: "tasks_by_count",
};

impl Topics {
    fn counts<'a>(&self) -> Map<&'a str, u64> {
        Map::new(self.counts)
    }

    fn by_count<'a>(&self) -> Map<(u64, &'a str), Empty> {
        Map::new(self.by_count)
    }

    /// One model more carries `name`.
    pub fn add(&self, storage: &mut dyn Storage, name: &str) -> StdResult<()> {
        let before = self.counts().may_load(storage, name)?.unwrap_or_default();
        self.count(storage, name, before, next(before)?)
    }

    /// One model less carries `name`.
    pub fn subtract(&self, storage: &mut dyn Storage, name: &str) -> StdResult<()> {
        let before = self.counts().load(storage, name)?;
        self.count(storage, name, before, before.saturating_sub(1))
    }

    fn count(&self, storage: &mut dyn Storage, name: &str, before: u64, now: u64) -> StdResult<()> {
        if before > 0 {
            self.by_count().remove(storage, (before, name));
        }
        if now == 0 {
            self.counts().remove(storage, name);
            return Ok(());
        }
        self.by_count().save(storage, (now, name), &Empty {})?;
        self.counts().save(storage, name, &now)
    }

    /// The words that most models carry, those of one count backwards by name.
    pub fn page(
        &self,
        storage: &dyn Storage,
        start_after: Option<Topic>,
        limit: usize,
    ) -> StdResult<Vec<Topic>> {
        let after = start_after
            .as_ref()
            .map(|topic| Bound::exclusive((topic.models, topic.name.as_str())));
        self.by_count()
            .keys(storage, None, after, Order::Descending)
            .take(limit)
            .map(|key| {
                let (models, name) = key?;
                Ok(Topic { name, models })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cosmwasm_std::testing::MockStorage;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_a_recount_on_whatever_pages(
            moves in prop::collection::vec((any::<bool>(), 0..6usize), 0..60),
            limit in 1..4usize,
        ) {
            let names = ["a", "b", "ab", "vision", "visiom", "zz"];
            let mut storage = MockStorage::new();
            let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
            for (more, place) in moves {
                let name = names[place];
                if more {
                    TAGS.add(&mut storage, name).unwrap();
                    *expected.entry(name).or_default() += 1;
                } else if expected.get(name).is_some_and(|count| *count > 0) {
                    TAGS.subtract(&mut storage, name).unwrap();
                    *expected.entry(name).or_default() -= 1;
                }
            }
            let mut expected: Vec<(u64, &str)> = expected
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| (count, name))
                .collect();
            expected.sort();
            expected.reverse();

            let mut found: Vec<Topic> = vec![];
            loop {
                let page = TAGS.page(&storage, found.last().cloned(), limit).unwrap();
                if page.is_empty() {
                    break;
                }
                prop_assert!(page.len() <= limit);
                found.extend(page);
            }
            let found: Vec<(u64, &str)> = found.iter().map(|it| (it.models, it.name.as_str())).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(TASKS.page(&storage, None, 9), Ok(vec![]));
        }
    }
}
