//! Index of models by present author.

use cosmwasm_std::{Addr, Empty, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::ids::ModelId;

const MODELS_OF: Map<(&Addr, u64), Empty> = Map::new("models_of");

/// Enters `model` under `author`.
pub fn enter(storage: &mut dyn Storage, author: &Addr, model: ModelId) -> StdResult<()> {
    MODELS_OF.save(storage, (author, model.0), &Empty {})
}

/// Strikes `model` from under `author`.
pub fn strike(storage: &mut dyn Storage, author: &Addr, model: ModelId) {
    MODELS_OF.remove(storage, (author, model.0));
}

/// Models of `author`, the one registered last first.
pub fn newest(
    storage: &dyn Storage,
    author: &Addr,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    MODELS_OF
        .prefix(author)
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

/// Models of `author`, by id.
pub fn page(
    storage: &dyn Storage,
    author: &Addr,
    start_after: Option<ModelId>,
    limit: usize,
) -> StdResult<Vec<ModelId>> {
    MODELS_OF
        .prefix(author)
        .keys(
            storage,
            start_after.map(|after| Bound::exclusive(after.0)),
            None,
            Order::Ascending,
        )
        .take(limit)
        .map(|id| id.map(ModelId))
        .collect()
}
