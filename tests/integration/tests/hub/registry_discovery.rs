//! Lists of models: what they hold, in which order, on which pages.

use cosmwasm_std::Addr;
use hub_testing::{rates, terms, Hub, NewModel, RegistryError};
use hub_types::ids::{ModelId, TermsNumber};
use hub_types::page::PageError;
use hub_types::registry::{
    ExecuteMsg, Metadata, ModelsResponse, QueryMsg, StatusName, Topic, TopicsResponse,
};
use hub_types::text::TextError;
use hub_types::walrus::BlobIdError;

use crate::registry_fixture::{ask, assert_no_answer, ids, metadata};

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
    let twelve: Vec<ModelId> = (1..=12).rev().map(ModelId).collect();
    let questions: [(Question, Vec<ModelId>); 4] = [
        (&newest, twelve.clone()),
        (&tagged, listed(&[12, 10, 8, 6, 4, 2])),
        (&for_task, listed(&[12, 10, 8, 6, 4, 2])),
        (&by_author, twelve),
    ];
    for (question, all) in questions {
        let ten = all.get(..10.min(all.len())).unwrap();
        assert_eq!(ids(&hub, question(None, None)), ten);
        assert_eq!(ids(&hub, question(None, Some(100))), all);
        assert_eq!(ids(&hub, question(None, Some(u32::MAX))), all);
        assert_no_answer(
            &hub,
            question(None, Some(0)),
            RegistryError::Page(PageError::LimitZero),
        );
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

#[test]
fn models_by_their_ids_come_in_the_order_asked_for_or_not_at_all() {
    let hub = twelve();
    let by_ids = |ids: Vec<u64>| QueryMsg::ModelsByIds {
        ids: ids.into_iter().map(ModelId).collect(),
    };
    assert_no_answer(
        &hub,
        by_ids(vec![1, 13, 2]),
        RegistryError::UnknownModel { model: ModelId(13) },
    );
    assert_no_answer(
        &hub,
        by_ids(vec![1; 101]),
        RegistryError::TooManyIds {
            given: 101,
            most: 100,
        },
    );
    assert_eq!(ids(&hub, by_ids(vec![])), [] as [ModelId; 0]);
    assert_eq!(
        ids(&hub, by_ids(vec![7, 2, 7, 12])),
        [7, 2, 7, 12].map(ModelId)
    );
    assert_eq!(ids(&hub, by_ids(vec![3; 100])).len(), 100);
}

#[test]
fn a_list_shows_what_a_model_is_and_costs_and_not_its_description() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    hub.register_model(
        &author,
        NewModel::named("eth").metadata(metadata("forecasting", &["finance"])),
    );
    let page: serde_json::Value = ask(
        &hub,
        QueryMsg::ModelsByIds {
            ids: vec![ModelId(1)],
        },
    );
    let shown: Vec<&String> = page["models"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        shown,
        [
            "author",
            "latest_release",
            "model",
            "name",
            "operator_bps",
            "price",
            "registered_at",
            "status",
            "tags",
            "task",
            "terms",
            "title"
        ]
    );
    let page: ModelsResponse = ask(
        &hub,
        QueryMsg::ModelsByIds {
            ids: vec![ModelId(1)],
        },
    );
    let summary = &page.models[0];
    assert_eq!(
        (
            summary.name.as_str(),
            summary.title.as_str(),
            summary.task.as_str()
        ),
        ("eth", "ETH/USDT volatility, one hour", "forecasting")
    );
    assert_eq!((&summary.author, summary.terms), (&author, TermsNumber(1)));
    assert_eq!(summary.tags, ["finance"]);
}

/// Attack (storage spam and unbounded work): somebody registers models with words of its own, to fill the first page of
/// tags.
/// Defence: the most carried words come first, so each place costs as many models as the market has with the word.
#[test]
fn tags_and_tasks_are_counted_over_active_models_the_most_carried_first() {
    let mut hub = twelve();
    let author = hub.account("author");
    let topic = |name: &str, models| Topic {
        name: name.to_owned(),
        models,
    };
    let tags = |hub: &Hub, start_after, limit| {
        ask::<TopicsResponse>(hub, QueryMsg::Tags { start_after, limit }).topics
    };
    let tasks = |hub: &Hub| {
        let question = QueryMsg::Tasks {
            start_after: None,
            limit: None,
        };
        ask::<TopicsResponse>(hub, question).topics
    };
    for question in [
        QueryMsg::Tags {
            start_after: None,
            limit: Some(0),
        },
        QueryMsg::Tasks {
            start_after: None,
            limit: Some(0),
        },
    ] {
        assert_no_answer(&hub, question, RegistryError::Page(PageError::LimitZero));
    }
    let all = [topic("odd", 6), topic("even", 6), topic("eve", 6)];
    assert_eq!(tags(&hub, None, None), all);
    assert_eq!(tags(&hub, None, Some(2)), all[..2]);
    assert_eq!(tags(&hub, Some(all[1].clone()), None), all[2..]);
    assert_eq!(tasks(&hub), [topic("forecasting", 6)]);

    // What is hidden, or changes its words, counts no more.
    for (model, status) in [(1, StatusName::Delisted), (2, StatusName::Retired)] {
        hub.registry(
            &author,
            ExecuteMsg::SetStatus {
                model: ModelId(model),
                status,
            },
        )
        .unwrap();
    }
    let update = |model, metadata| ExecuteMsg::UpdateMetadata { model, metadata };
    hub.registry(
        &author,
        update(ModelId(3), metadata("forecasting", &["even"])),
    )
    .unwrap();
    hub.registry(&author, update(ModelId(1), metadata("hidden", &["hidden"])))
        .unwrap();
    assert_eq!(
        tags(&hub, None, None),
        [topic("even", 6), topic("odd", 4), topic("eve", 4)]
    );
    assert_eq!(tasks(&hub), [topic("forecasting", 6)]);

    let msg = ExecuteMsg::SetStatus {
        model: ModelId(1),
        status: StatusName::Active,
    };
    hub.registry(&author, msg).unwrap();
    assert_eq!(
        tags(&hub, None, None),
        [
            topic("even", 6),
            topic("odd", 4),
            topic("eve", 4),
            topic("hidden", 1)
        ]
    );
    assert_eq!(tasks(&hub), [topic("forecasting", 6), topic("hidden", 1)]);
}

/// Attack (storage spam and unbounded work): a hundred models with the longest texts and pending terms, so that nobody
/// can read the page that they stand on.
/// Defence: a list reads what it shows, and no description; the price costs one read or two, whatever terms there are.
#[test]
fn a_page_of_the_most_hostile_models_stays_below_three_million_gas() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let payees: Vec<Addr> = (0..4).map(|n| hub.account(&format!("payee-{n}"))).collect();
    // A quotation mark takes two bytes in JSON, in storage as in the answer.
    let quoted = |length: usize| "\"".repeat(length);
    for number in 0..100 {
        let texts = Metadata {
            title: quoted(128),
            description: quoted(2_048),
            task: quoted(64),
            license: "M".repeat(64),
            tags: (0..8).map(|tag| format!("{tag}{}", quoted(31))).collect(),
            homepage: Some(format!("https://hub.example/{}", "a".repeat(236))),
        };
        let name = format!("{number:03}{}", "n".repeat(61));
        let model = hub.register_model(&author, NewModel::named(&name).metadata(texts));
        let shares: Vec<(&Addr, u16)> = payees.iter().map(|payee| (payee, 2_500)).collect();
        let money = hub.money_native();
        let dear = rates(u128::MAX, u128::MAX, u128::MAX);
        hub.set_terms(&author, model, terms(&money, dear, 0, &shares));
    }
    let (limit, start_after) = (Some(100), None);
    for question in [
        QueryMsg::Models { start_after, limit },
        QueryMsg::ModelsByTag {
            tag: format!("0{}", quoted(31)),
            start_after,
            limit,
        },
        QueryMsg::ModelsByTask {
            task: quoted(64),
            start_after,
            limit,
        },
        QueryMsg::ModelsByAuthor {
            author: author.to_string(),
            start_after,
            limit,
        },
        QueryMsg::ModelsByIds {
            ids: (1..=100).map(ModelId).collect(),
        },
    ] {
        let (shown, cost) = hub.metered(|hub| ids(hub, question.clone()));
        assert_eq!(shown.len(), 100);
        let gas = cost.gas_of_query();
        assert!(gas < 1_500_000, "{gas} for {question:?}");
        // A model costs five reads: itself, what is shown of it, two sets of terms, and its place in the list.
        assert!(cost.reads <= 4 * 100 + 10, "{cost:?} for {question:?}");
    }
}
