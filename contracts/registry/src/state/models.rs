//! Models: the record that settlement reads, and what only readers ask for.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use hub_types::ids::ModelId;
use hub_types::records::registry::{ModelRecord, MODELS};
use hub_types::registry::Metadata;
use hub_types::time::Day;

use crate::domain::next;
use crate::error::ContractError;

const LAST: Item<ModelId> = Item::new("last_model");
/// First model registered on a day, for days that have one: as ids are given in order, it tells how many there were
/// before that day.
const FIRST_OF_DAY: Map<u64, ModelId> = Map::new("first_model_of_day");
const DETAILS: Map<u64, ModelDetails> = Map::new("model_details");
const ABOUT: Map<u64, ModelAbout> = Map::new("model_about");

/// What lists show and settlement never reads.
#[cw_serde]
pub struct ModelDetails {
    /// The name under which its author has it now.
    pub name: String,
    /// What it is called in lists.
    pub title: String,
    /// What the model does, such as `text-classification`.
    pub task: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Block time of the registration.
    pub registered_at: u64,
}

/// What is read of one model at a time: the long texts. Apart, so that a list costs what it shows.
#[cw_serde]
pub struct ModelAbout {
    /// What it is good for.
    pub description: String,
    /// The licence, as an SPDX expression.
    pub license: String,
    /// Address of its page.
    pub homepage: Option<String>,
}

impl ModelDetails {
    /// What lists show of a model, and what they do not.
    pub fn new(name: String, metadata: Metadata, registered_at: u64) -> (Self, ModelAbout) {
        let details = Self {
            name,
            title: metadata.title,
            task: metadata.task,
            tags: metadata.tags,
            registered_at,
        };
        let about = ModelAbout {
            description: metadata.description,
            license: metadata.license,
            homepage: metadata.homepage,
        };
        (details, about)
    }
}

/// Takes the next id, for a model registered at `now`.
pub fn allocate(storage: &mut dyn Storage, now: u64) -> StdResult<ModelId> {
    let model = next(newest(storage)?)?;
    LAST.save(storage, &model)?;
    let day = Day::of(now).0;
    if !FIRST_OF_DAY.has(storage, day) {
        FIRST_OF_DAY.save(storage, day, &model)?;
    }
    Ok(model)
}

/// The newest model: every id from 1 to it has one; 0 if there is none.
pub fn newest(storage: &dyn Storage) -> StdResult<ModelId> {
    Ok(LAST.may_load(storage)?.unwrap_or_default())
}

/// Of the models up to `newest`, how many were registered up to the end of `day`.
pub fn count_up_to(storage: &dyn Storage, newest: ModelId, day: Day) -> StdResult<u64> {
    let later = FIRST_OF_DAY
        .range(
            storage,
            Some(Bound::exclusive(day.0)),
            None,
            Order::Ascending,
        )
        .next()
        .transpose()?;
    Ok(later.map_or(newest.0, |(_, first)| first.0.saturating_sub(1)))
}

/// The record of a model.
pub fn load(storage: &dyn Storage, model: ModelId) -> Result<ModelRecord, ContractError> {
    MODELS
        .get(storage, model)?
        .ok_or(ContractError::UnknownModel { model })
}

/// Stores the record of a model.
pub fn save(storage: &mut dyn Storage, model: ModelId, record: &ModelRecord) {
    MODELS.set(storage, model, record);
}

/// The details of a model.
pub fn load_details(storage: &dyn Storage, model: ModelId) -> StdResult<ModelDetails> {
    DETAILS.load(storage, model.0)
}

/// Stores the details of a model.
pub fn save_details(
    storage: &mut dyn Storage,
    model: ModelId,
    details: &ModelDetails,
) -> StdResult<()> {
    DETAILS.save(storage, model.0, details)
}

/// The long texts of a model.
pub fn load_about(storage: &dyn Storage, model: ModelId) -> StdResult<ModelAbout> {
    ABOUT.load(storage, model.0)
}

/// Stores the long texts of a model.
pub fn save_about(storage: &mut dyn Storage, model: ModelId, about: &ModelAbout) -> StdResult<()> {
    ABOUT.save(storage, model.0, about)
}
