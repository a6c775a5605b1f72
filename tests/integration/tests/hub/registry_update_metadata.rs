//! Metadata are replaced as a whole, and discovery follows.

use hub_testing::{event, Hub, RegistryError};
use hub_types::ids::ModelId;
use hub_types::registry::{ExecuteMsg, QueryMsg, StatusName};
use hub_types::text::TextError;

use crate::fixture::attributes;
use crate::registry_fixture::{ids, market_model, metadata, refused, shown};

fn tagged(hub: &Hub, tag: &str) -> Vec<ModelId> {
    let question = QueryMsg::ModelsByTag {
        tag: tag.to_owned(),
        start_after: None,
        limit: None,
    };
    ids(hub, question)
}

fn for_task(hub: &Hub, task: &str) -> Vec<ModelId> {
    let question = QueryMsg::ModelsByTask {
        task: task.to_owned(),
        start_after: None,
        limit: None,
    };
    ids(hub, question)
}

#[test]
fn texts_beyond_their_limits_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    let mut metadata = metadata("forecasting", &[]);
    metadata.title.clear();
    assert_eq!(
        refused(
            &mut hub,
            &author,
            ExecuteMsg::UpdateMetadata { model, metadata }
        ),
        RegistryError::Text(TextError::Empty {
            field: "title",
            max: 128
        })
    );
}

#[test]
fn tags_and_task_of_an_active_model_are_found_as_they_are_now() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let first = metadata("forecasting", &["finance", "crypto"]);
    let model = hub.register_model(&author, market_model(0).metadata(first));
    let texts = metadata("volatility", &["crypto", "eth"]);

    let msg = ExecuteMsg::UpdateMetadata {
        model,
        metadata: texts.clone(),
    };
    let response = hub.registry(&author, msg).unwrap();

    assert_eq!(
        event(&response, "hub_metadata_updated"),
        attributes(&[
            ("model", "1"),
            ("author", author.as_str()),
            ("title", "ETH/USDT volatility, one hour"),
        ])
    );
    assert_eq!(hub.model(model).metadata, texts);
    assert_eq!(shown(&hub), [model]);
    assert_eq!(tagged(&hub, "finance"), [] as [ModelId; 0]);
    assert_eq!(tagged(&hub, "crypto"), [model]);
    assert_eq!(tagged(&hub, "eth"), [model]);
    assert_eq!(for_task(&hub, "forecasting"), [] as [ModelId; 0]);
    assert_eq!(for_task(&hub, "volatility"), [model]);
}

#[test]
fn a_model_that_is_not_active_is_found_under_its_new_tags_only_when_it_is_active_again() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let first = metadata("forecasting", &["finance"]);
    let model = hub.register_model(&author, market_model(0).metadata(first));
    let set_status = |hub: &mut Hub, status| {
        hub.registry(&author, ExecuteMsg::SetStatus { model, status })
            .unwrap();
    };
    set_status(&mut hub, StatusName::Delisted);
    let msg = ExecuteMsg::UpdateMetadata {
        model,
        metadata: metadata("volatility", &["eth"]),
    };
    hub.registry(&author, msg).unwrap();
    for tag in ["finance", "eth"] {
        assert_eq!(tagged(&hub, tag), [] as [ModelId; 0]);
    }
    set_status(&mut hub, StatusName::Active);
    assert_eq!(tagged(&hub, "finance"), [] as [ModelId; 0]);
    assert_eq!(tagged(&hub, "eth"), [model]);
    assert_eq!(for_task(&hub, "volatility"), [model]);
}

#[test]
fn a_model_without_task_tags_and_homepage_is_found_under_none() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let mut bare = metadata("", &[]);
    bare.homepage = None;
    bare.description.clear();
    let model = hub.register_model(&author, market_model(0).metadata(bare.clone()));
    assert_eq!(hub.model(model).metadata, bare);
    assert_eq!(shown(&hub), [model]);
    // A task is asked for by its name: nothing lies under the empty one.
    let msg = ExecuteMsg::UpdateMetadata {
        model,
        metadata: metadata("forecasting", &[]),
    };
    hub.registry(&author, msg).unwrap();
    assert_eq!(for_task(&hub, "forecasting"), [model]);
}
