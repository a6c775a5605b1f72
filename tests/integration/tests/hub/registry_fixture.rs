//! What tests of the registry share.

use cosmwasm_std::{Addr, StdError};
use hub_testing::{Hub, Market, NewModel, RegistryError};
use hub_types::ids::{ModelId, TermsNumber};
use hub_types::registry::{
    ExecuteMsg, Metadata, ModelResponse, ModelSummary, ModelsResponse, NewRelease, QueryMsg,
    TermsListResponse, TermsResponse, Validity,
};
use hub_types::time::CUTOFF_GRACE_SECONDS;
use hub_types::walrus::BlobId;
use serde::de::DeserializeOwned;

/// Length of both time constants where a test names none.
pub const DAY: u64 = 86_400;
/// Shorter name for the time until a cutoff.
pub const GRACE: u64 = CUTOFF_GRACE_SECONDS;

/// The error of a message that must fail and change nothing.
#[track_caller]
pub fn refused(hub: &mut Hub, sender: &Addr, msg: ExecuteMsg) -> RegistryError {
    let before = hub.snapshot();
    let error = hub
        .registry(sender, msg)
        .expect_err("the message is refused");
    before.assert_unchanged(hub);
    error
}

/// Asserts that a question is answered with this error.
#[track_caller]
pub fn assert_no_answer(hub: &Hub, question: QueryMsg, error: RegistryError) {
    let answer: Result<serde_json::Value, StdError> = hub.query_registry(question);
    let expected = StdError::generic_err(format!("Querier contract error: {error}"));
    assert_eq!(answer, Err(expected));
}

/// The answer to a question.
#[track_caller]
pub fn ask<T: DeserializeOwned>(hub: &Hub, question: QueryMsg) -> T {
    hub.query_registry(question).expect("an answer")
}

/// Ids of the models on a page.
#[track_caller]
pub fn ids(hub: &Hub, question: QueryMsg) -> Vec<ModelId> {
    let page: ModelsResponse = ask(hub, question);
    page.models.iter().map(|model| model.model).collect()
}

/// Every active model, as discovery shows it.
pub fn shown(hub: &Hub) -> Vec<ModelId> {
    ids(
        hub,
        QueryMsg::Models {
            start_after: None,
            limit: Some(100),
        },
    )
}

/// What lists show of a model.
#[track_caller]
pub fn summary(hub: &Hub, model: ModelId) -> ModelSummary {
    let page: ModelsResponse = ask(hub, QueryMsg::ModelsByIds { ids: vec![model] });
    page.models.into_iter().next().expect("the model")
}

/// All terms of a model, by number.
pub fn terms_of(hub: &Hub, model: ModelId) -> Vec<TermsResponse> {
    let question = QueryMsg::TermsList {
        model,
        start_after: None,
        limit: Some(100),
    };
    let mut terms = ask::<TermsListResponse>(hub, question).terms;
    terms.reverse();
    terms
}

/// When the terms of a model can be charged.
pub fn validities(hub: &Hub, model: ModelId) -> Vec<Validity> {
    terms_of(hub, model)
        .into_iter()
        .map(|terms| terms.validity)
        .collect()
}

/// Numbers of the terms that can be charged for receipts issued at `time`.
pub fn terms_at(hub: &Hub, model: ModelId, time: impl Into<Option<u64>>) -> Vec<TermsNumber> {
    let question = QueryMsg::TermsAt {
        model,
        time: time.into(),
    };
    let answer: TermsListResponse = ask(hub, question);
    answer.terms.iter().map(|terms| terms.terms).collect()
}

/// A time of validity.
pub fn interval(effective_from: u64, superseded_at: impl Into<Option<u64>>) -> Validity {
    Validity::Interval {
        effective_from,
        superseded_at: superseded_at.into(),
    }
}

/// A model by the name that somebody gave it.
pub fn named(hub: &Hub, author: &Addr, name: &str) -> ModelResponse {
    let question = QueryMsg::ModelByName {
        author: author.to_string(),
        name: name.to_owned(),
    };
    ask(hub, question)
}

/// The market's model at `place`.
pub fn market_model(place: usize) -> NewModel {
    let market = Market::load();
    NewModel::named(&market.models[place].name)
}

/// The market's blob id at `place`.
pub fn blob(place: usize) -> BlobId {
    let market = Market::load();
    let models = market.models.iter().map(|model| model.blob_id);
    let mut blobs = models.chain(market.other_blob_ids.clone());
    blobs.nth(place).expect("the market has as many blobs")
}

/// A release of nothing but label and blob.
pub fn release(major: u32, minor: u32, blob_id: BlobId) -> NewRelease {
    NewRelease {
        major,
        minor,
        blob_id: blob_id.to_string(),
        manifest: None,
        salt: None,
    }
}

/// Metadata with a task and tags.
pub fn metadata(task: &str, tags: &[&str]) -> Metadata {
    Metadata {
        title: "ETH/USDT volatility, one hour".to_owned(),
        description: "Forecasts the volatility of the next hour.\n\tInput: ten candles.".to_owned(),
        task: task.to_owned(),
        license: "Apache-2.0 OR MIT".to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        homepage: Some("https://hub.example/eth".to_owned()),
    }
}
