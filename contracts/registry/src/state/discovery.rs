//! Indexes of active models, newest first. Models of another status are not in them, so a page costs what it shows.

use cosmwasm_std::{Empty, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::ids::ModelId;
use hub_types::registry::Metadata;

const ALL: Map<u64, Empty> = Map::new("listed");
const BY_TAG: Map<(&str, u64), Empty> = Map::new("listed_by_tag");
const BY_TASK: Map<(&str, u64), Empty> = Map::new("listed_by_task");

/// Shows a model.
pub fn list(storage: &mut dyn Storage, model: ModelId, metadata: &Metadata) -> StdResult<()> {
    ALL.save(storage, model.0, &Empty {})?;
    for tag in &metadata.tags {
        BY_TAG.save(storage, (tag, model.0), &Empty {})?;
    }
    if !metadata.task.is_empty() {
        BY_TASK.save(storage, (&metadata.task, model.0), &Empty {})?;
    }
    Ok(())
}

/// Hides a model that was shown with `metadata`.
pub fn unlist(storage: &mut dyn Storage, model: ModelId, metadata: &Metadata) {
    ALL.remove(storage, model.0);
    for tag in &metadata.tags {
        BY_TAG.remove(storage, (tag, model.0));
    }
    BY_TASK.remove(storage, (&metadata.task, model.0));
}

/// Every model shown.
pub fn newest(
    storage: &dyn Storage,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    ALL.keys(
        storage,
        None,
        start_after.map(|after| Bound::exclusive(after.0)),
        Order::Descending,
    )
    .take(limit)
    .map(|id| id.map(ModelId))
    .collect()
}

/// Models shown with a tag.
pub fn tagged(
    storage: &dyn Storage,
    tag: &str,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    under(&BY_TAG, storage, tag, start_after, limit)
}

/// Models shown for a task.
pub fn for_task(
    storage: &dyn Storage,
    task: &str,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    under(&BY_TASK, storage, task, start_after, limit)
}

fn under(
    index: &Map<(&str, u64), Empty>,
    storage: &dyn Storage,
    heading: &str,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    index
        .prefix(heading)
        .keys(
            storage,
            None,
            start_after.map(|after| Bound::exclusive(after.0)),
            Order::Descending,
        )
        .take(limit)
        .map(|id| id.map(ModelId))
        .collect()
}
