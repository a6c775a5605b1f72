//! Lists of models: what they hold, in which order, on which pages.

use hub_testing::{Hub, NewModel, RegistryError};
use hub_types::ids::ModelId;
use hub_types::registry::{ExecuteMsg, QueryMsg, StatusName};
use hub_types::text::TextError;
use hub_types::walrus::BlobIdError;

use crate::registry_stage::{assert_no_answer, ids, metadata};

/// Twelve models of one author; the even ones carry a tag and a task.
fn twelve() -> Hub {
    let mut hub = Hub::new();
    let author = hub.account("author");
    for number in 1..=12 {
        let texts = if number % 2 == 0 {
            metadata("forecasting", &["even"])
        } else {
            metadata("", &["odd", "eve"])
        };
        let plan = NewModel::named(&format!("model-{number}")).metadata(texts);
        hub.register_model(&author, plan);
    }
    hub
}

#[test]
fn questions_with_texts_that_nothing_can_carry_have_no_answer() {
    let hub = twelve();
    let (start_after, limit) = (None, None);
    let long = "a".repeat(70_000);
    for (text, expected) in [
        (
            String::new(),
            TextError::Empty {
                field: "tag",
                max: 32,
            },
        ),
        (
            long.clone(),
            TextError::TooLong {
                field: "tag",
                length: 70_000,
                max: 32,
            },
        ),
    ] {
        let question = QueryMsg::ModelsByTag {
            tag: text,
            start_after,
            limit,
        };
        assert_no_answer(&hub, question, RegistryError::Text(expected));
    }
    for (text, expected) in [
        (
            String::new(),
            TextError::Empty {
                field: "task",
                max: 64,
            },
        ),
        (
            long,
            TextError::TooLong {
                field: "task",
                length: 70_000,
                max: 64,
            },
        ),
    ] {
        let question = QueryMsg::ModelsByTask {
            task: text,
            start_after,
            limit,
        };
        assert_no_answer(&hub, question, RegistryError::Text(expected));
    }
    let address = || RegistryError::NotAnAddress {
        field: "author",
        address: "author".to_owned(),
        reason: "Generic error: Error decoding bech32".to_owned(),
    };
    let question = QueryMsg::ModelsByAuthor {
        author: "author".to_owned(),
        start_after,
        limit,
    };
    assert_no_answer(&hub, question, address());
    let question = QueryMsg::ModelByName {
        author: "author".to_owned(),
        name: "model-1".to_owned(),
    };
    assert_no_answer(&hub, question, address());
    let question = QueryMsg::ByBlob {
        blob_id: "blob".to_owned(),
        start_after: None,
        limit,
    };
    let source = BlobIdError::WrongLength { length: 4 };
    let field = "blob_id";
    assert_no_answer(&hub, question, RegistryError::BlobId { field, source });
}

#[test]
fn pages_go_on_where_the_one_before_ended() {
    let hub = twelve();
    let author = hub.account("author").to_string();
    type Question<'a> = &'a dyn Fn(Option<ModelId>, Option<u32>) -> QueryMsg;
    let newest = |start_after, limit| QueryMsg::Models { start_after, limit };
    let tagged = |start_after, limit| QueryMsg::ModelsByTag {
        tag: "even".to_owned(),
        start_after,
        limit,
    };
    let for_task = |start_after, limit| QueryMsg::ModelsByTask {
        task: "forecasting".to_owned(),
        start_after,
        limit,
    };
    let by_author = |start_after, limit| QueryMsg::ModelsByAuthor {
        author: author.clone(),
        start_after,
        limit,
    };
    let listed = |ids: &[u64]| ids.iter().copied().map(ModelId).collect();
    let twelve: Vec<ModelId> = ModelId(1).up_to(ModelId(12)).collect();
    let questions: [(Question, Vec<ModelId>); 4] = [
        (&newest, twelve.iter().rev().copied().collect()),
        (&tagged, listed(&[12, 10, 8, 6, 4, 2])),
        (&for_task, listed(&[12, 10, 8, 6, 4, 2])),
        (&by_author, twelve),
    ];
    for (question, all) in questions {
        let ten = all.get(..10.min(all.len())).unwrap();
        assert_eq!(ids(&hub, question(None, None)), ten);
        assert_eq!(ids(&hub, question(None, Some(100))), all);
        assert_eq!(ids(&hub, question(None, Some(u32::MAX))), all);
        assert_eq!(ids(&hub, question(None, Some(0))), Vec::<ModelId>::new());
        assert_eq!(ids(&hub, question(Some(all[1]), Some(2))), all[2..4]);
        let last = all.last().copied();
        assert_eq!(ids(&hub, question(last, None)), Vec::<ModelId>::new());
        let mut found: Vec<ModelId> = vec![];
        loop {
            let page = ids(&hub, question(found.last().copied(), Some(5)));
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, all);
    }
}

/// Attack (storage spam and unbounded work): a query asks for everything at once.
/// Defence: a page holds a hundred at most.
#[test]
fn a_page_holds_a_hundred_at_most() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    for number in 1..=101 {
        hub.register_model(&author, NewModel::named(&format!("model-{number}")));
    }
    let question = |limit| QueryMsg::Models {
        start_after: None,
        limit,
    };
    assert_eq!(ids(&hub, question(Some(101))).len(), 100);
    assert_eq!(ids(&hub, question(Some(100))).len(), 100);
    assert_eq!(ids(&hub, question(None)).len(), 10);
}

#[test]
fn tags_are_matched_whole() {
    let hub = twelve();
    let tagged = |tag: &str| {
        let question = QueryMsg::ModelsByTag {
            tag: tag.to_owned(),
            start_after: None,
            limit: None,
        };
        ids(&hub, question)
    };
    assert_eq!(tagged("eve"), [11, 9, 7, 5, 3, 1].map(ModelId));
    for tag in ["ev", "events", "Even", "forecasting"] {
        assert_eq!(tagged(tag), Vec::<ModelId>::new());
    }
}

/// Attack (storage spam and unbounded work): thousands of hidden models are placed before honest ones so that pages
/// read past them for ever.
/// Defence: hidden models are not in the index that pages read.
#[test]
fn hidden_models_leave_no_holes_in_pages() {
    let mut hub = twelve();
    let author = hub.account("author");
    for (model, status) in [
        (11, StatusName::Delisted),
        (9, StatusName::Retired),
        (12, StatusName::Delisted),
    ] {
        hub.registry(
            &author,
            ExecuteMsg::SetStatus {
                model: ModelId(model),
                status,
            },
        )
        .unwrap();
    }
    let question = |start_after| QueryMsg::Models {
        start_after,
        limit: Some(4),
    };
    assert_eq!(ids(&hub, question(None)), [10, 8, 7, 6].map(ModelId));
    assert_eq!(
        ids(&hub, question(Some(ModelId(9)))),
        [8, 7, 6, 5].map(ModelId)
    );
}
