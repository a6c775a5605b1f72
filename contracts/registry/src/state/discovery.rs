//! Indexes of active models, newest first. Models of another status are not in them, so a page costs what it shows.

use cosmwasm_std::{Empty, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::ids::ModelId;

use super::models::ModelDetails;
use super::topics::{Topics, TAGS, TASKS};

const ALL: Map<u64, Empty> = Map::new("listed");
const BY_TAG: Map<(&str, u64), Empty> = Map::new("listed_by_tag");
const BY_TASK: Map<(&str, u64), Empty> = Map::new("listed_by_task");

/// Shows a model that was not shown.
pub fn list(storage: &mut dyn Storage, model: ModelId, details: &ModelDetails) -> StdResult<()> {
    ALL.save(storage, model.0, &Empty {})?;
    for tag in &details.tags {
        enter(&BY_TAG, &TAGS, storage, tag, model)?;
    }
    if !details.task.is_empty() {
        enter(&BY_TASK, &TASKS, storage, &details.task, model)?;
    }
    Ok(())
}

/// Hides a model that was shown with `details`.
pub fn unlist(storage: &mut dyn Storage, model: ModelId, details: &ModelDetails) -> StdResult<()> {
    ALL.remove(storage, model.0);
    for tag in &details.tags {
        strike(&BY_TAG, &TAGS, storage, tag, model)?;
    }
    if !details.task.is_empty() {
        strike(&BY_TASK, &TASKS, storage, &details.task, model)?;
    }
    Ok(())
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

fn enter(
    index: &Map<(&str, u64), Empty>,
    topics: &Topics,
    storage: &mut dyn Storage,
    name: &str,
    model: ModelId,
) -> StdResult<()> {
    index.save(storage, (name, model.0), &Empty {})?;
    topics.add(storage, name)
}

fn strike(
    index: &Map<(&str, u64), Empty>,
    topics: &Topics,
    storage: &mut dyn Storage,
    name: &str,
    model: ModelId,
) -> StdResult<()> {
    index.remove(storage, (name, model.0));
    topics.subtract(storage, name)
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
