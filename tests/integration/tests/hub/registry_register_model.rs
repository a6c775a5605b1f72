//! Registration: name, texts, price and shares are checked; a model is active and for sale at once.

use cosmwasm_std::{Addr, StdError};
use hub_testing::{data, events, rates, Hub, Market, NewModel, RegistryError, START_TIME};
use hub_types::denom::{DenomError, UncheckedDenom};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::price::Price;
use hub_types::registry::{
    ExecuteMsg, Metadata, ModelCreated, ModelResponse, Payee, QueryMsg, ReleaseResponse, Status,
    StatusName, TermsResponse, UncheckedPayee, UncheckedTerms,
};
use hub_types::text::TextError;
use hub_types::walrus::BlobId;

use crate::fixture::attributes;
use crate::registry_fixture::{
    ask, assert_no_answer, blob, ids, interval, market_model, metadata, named, refused, release,
    shown, terms_of,
};

const GRACE: u64 = 60;

/// Registers a model with terms that `change` spoils.
fn with_terms(author: &Addr, change: impl FnOnce(&mut UncheckedTerms)) -> ExecuteMsg {
    match market_model(0).message(author) {
        ExecuteMsg::RegisterModel {
            name,
            metadata,
            mut terms,
            release,
        } => {
            change(&mut terms);
            ExecuteMsg::RegisterModel {
                name,
                metadata,
                terms,
                release,
            }
        }
        other => other,
    }
}

fn payees(payees: &[(&Addr, u16)]) -> Vec<UncheckedPayee> {
    let unchecked = |(address, bps): &(&Addr, u16)| UncheckedPayee {
        address: address.to_string(),
        bps: *bps,
    };
    payees.iter().map(unchecked).collect()
}

#[test]
fn names_that_are_no_slugs_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let too_long = "a".repeat(65);
    for name in ["", "Forecast", "-x", "a/b", "ä", "a b", too_long.as_str()] {
        let msg = NewModel::named("x")
            .metadata(metadata("", &[]))
            .message(&author);
        let ExecuteMsg::RegisterModel {
            metadata, terms, ..
        } = msg
        else {
            unreachable!()
        };
        let msg = ExecuteMsg::RegisterModel {
            name: name.to_owned(),
            metadata,
            terms,
            release: None,
        };
        let expected = TextError::NotASlug {
            name: name.to_owned(),
        };
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::Text(expected.clone())
        );
        let question = QueryMsg::ModelByName {
            author: author.to_string(),
            name: name.to_owned(),
        };
        assert_no_answer(&hub, question, RegistryError::Text(expected));
    }
}

#[test]
fn a_name_the_author_ever_gave_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    let taken = |name: &str| RegistryError::NameTaken {
        author: author.clone(),
        name: name.to_owned(),
        model,
    };
    let again = market_model(0).release(blob(0)).message(&author);
    let name = &Market::load().models[0].name;
    assert_eq!(refused(&mut hub, &author, again.clone()), taken(name));

    let status = StatusName::Retired;
    hub.registry(&author, ExecuteMsg::SetStatus { model, status })
        .unwrap();
    assert_eq!(refused(&mut hub, &author, again), taken(name));
}

/// Attack (storage spam and unbounded work): metadata of any length is stored to make every reader pay for it.
/// Defence: every text has a limit, and none lies in a record that settlement reads.
#[test]
fn texts_beyond_their_limits_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let mut refused_with = |change: fn(&mut Metadata), expected: TextError| {
        let mut texts = metadata("forecasting", &["finance"]);
        change(&mut texts);
        let msg = market_model(0).metadata(texts).message(&author);
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::Text(expected)
        );
    };
    let too_long = |field, length, max| TextError::TooLong { field, length, max };
    let unseen = |field, code_point| TextError::Unseen { field, code_point };
    refused_with(
        |texts| texts.title.clear(),
        TextError::Empty {
            field: "title",
            max: 128,
        },
    );
    refused_with(
        |texts| texts.title = "ä".repeat(65),
        too_long("title", 130, 128),
    );
    refused_with(|texts| texts.title.push('\n'), unseen("title", 10));
    refused_with(
        |texts| texts.title = "\u{200b}".to_owned(),
        unseen("title", 0x200b),
    );
    refused_with(
        |texts| texts.title = "  ".to_owned(),
        TextError::Blank { field: "title" },
    );
    refused_with(
        |texts| texts.title.push(' '),
        TextError::OuterSpace { field: "title" },
    );
    refused_with(
        |texts| texts.description = "a".repeat(2_049),
        too_long("description", 2_049, 2_048),
    );
    refused_with(
        |texts| texts.description.push('\u{1b}'),
        unseen("description", 27),
    );
    refused_with(
        |texts| texts.description.push('\u{2028}'),
        unseen("description", 0x2028),
    );
    refused_with(
        |texts| texts.description = "\n\n".to_owned(),
        TextError::Blank {
            field: "description",
        },
    );
    refused_with(
        |texts| texts.task = "a".repeat(65),
        too_long("task", 65, 64),
    );
    refused_with(|texts| texts.task.push('\0'), unseen("task", 0));
    refused_with(
        |texts| texts.license.clear(),
        TextError::Empty {
            field: "license",
            max: 64,
        },
    );
    refused_with(
        |texts| texts.license = "all rights reserved!".to_owned(),
        TextError::NotSpdx {
            license: "all rights reserved!".to_owned(),
        },
    );
    refused_with(
        |texts| texts.tags.push("finance".to_owned()),
        TextError::DuplicateTag {
            tag: "finance".to_owned(),
        },
    );
    refused_with(
        |texts| texts.tags.push(String::new()),
        TextError::Empty {
            field: "tag",
            max: 32,
        },
    );
    refused_with(
        |texts| texts.tags.push("a".repeat(33)),
        too_long("tag", 33, 32),
    );
    refused_with(
        |texts| texts.tags = (0..9).map(|tag| tag.to_string()).collect(),
        TextError::TooManyTags { count: 9 },
    );
    refused_with(
        |texts| texts.homepage = Some("h".repeat(257)),
        too_long("homepage", 257, 256),
    );
    for homepage in ["javascript:alert(1)", "data:text/html,hi", "hub.example"] {
        let mut texts = metadata("forecasting", &["finance"]);
        texts.homepage = Some(homepage.to_owned());
        let msg = market_model(0).metadata(texts).message(&author);
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::Text(TextError::NotAUrl {
                field: "homepage",
                reason: "begin with https:// or http://"
            })
        );
    }
}

#[test]
fn a_price_in_what_is_no_denomination_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let registry = hub.registry.clone();
    let stranger = hub.account("stranger");
    for (denom, expected) in [
        (
            UncheckedDenom::Native("us".to_owned()),
            DenomError::NotNative {
                denom: "us".to_owned(),
            },
        ),
        (
            UncheckedDenom::Native(format!("cw20:{stranger}")),
            DenomError::NotNative {
                denom: format!("cw20:{stranger}"),
            },
        ),
        (
            UncheckedDenom::Cw20(registry.to_string()),
            DenomError::NotAToken { address: registry },
        ),
        (
            UncheckedDenom::Cw20(stranger.to_string()),
            DenomError::NotAToken { address: stranger },
        ),
        (
            UncheckedDenom::Cw20("uusdc".to_owned()),
            DenomError::NotAnAddress {
                address: "uusdc".to_owned(),
                reason: StdError::generic_err("Error decoding bech32").to_string(),
            },
        ),
    ] {
        let msg = with_terms(&author, |terms| terms.price.denom = denom);
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::Denom(expected)
        );
    }
}

/// Attack (rounding): shares that add up to more or less than the whole mint or lose a unit per call.
/// Defence: shares are whole and make 10 000 exactly.
#[test]
fn shares_that_make_no_whole_and_wrong_payees_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let five = [0, 1, 2, 3, 4].map(|payee| hub.account(&format!("payee {payee}")));
    let five: Vec<_> = five.iter().map(|payee| (payee, 2_000)).collect();
    for (operator_bps, shares, expected) in [
        (10_000, vec![], RegistryError::PayeeCount { count: 0 }),
        (0, five, RegistryError::PayeeCount { count: 5 }),
        (
            0,
            vec![(&author, 4_000), (&author, 6_000)],
            RegistryError::DuplicatePayee {
                payee: author.clone(),
            },
        ),
        (
            10_000,
            vec![(&author, 0)],
            RegistryError::EmptyShare {
                payee: author.clone(),
            },
        ),
        (
            0,
            vec![(&author, 9_999)],
            RegistryError::SharesNotWhole {
                operator_bps: 0,
                payees_bps: 9_999,
            },
        ),
        (
            u16::MAX,
            vec![(&author, 10_000)],
            RegistryError::SharesNotWhole {
                operator_bps: u16::MAX,
                payees_bps: 10_000,
            },
        ),
    ] {
        let msg = with_terms(&author, |terms| {
            terms.operator_bps = operator_bps;
            terms.payees = payees(&shares);
        });
        assert_eq!(refused(&mut hub, &author, msg), expected);
    }
}

#[test]
fn a_payee_that_is_no_address_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let upper_case = author.to_string().to_uppercase();
    for (address, reason) in [
        ("", "Error decoding bech32"),
        ("nobody", "Error decoding bech32"),
        (upper_case.as_str(), "Invalid input: address not normalized"),
    ] {
        let msg = with_terms(&author, |terms| {
            terms.payees = vec![UncheckedPayee {
                address: address.to_owned(),
                bps: 10_000,
            }];
        });
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::NotAnAddress {
                field: "payee",
                address: address.to_owned(),
                reason: StdError::generic_err(reason).to_string(),
            }
        );
    }
}

#[test]
fn texts_that_are_no_blob_ids_are_refused_as_release_and_as_manifest() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    for text in Market::load().not_blob_ids {
        let source = text.parse::<BlobId>().unwrap_err();
        let mut as_release = release(1, 0, blob(0));
        as_release.blob_id.clone_from(&text);
        let mut as_manifest = release(1, 0, blob(0));
        as_manifest.manifest = Some(text);
        for (field, release) in [("blob_id", as_release), ("manifest", as_manifest)] {
            let msg = ExecuteMsg::PublishRelease { model, release };
            assert_eq!(
                refused(&mut hub, &author, msg),
                RegistryError::BlobId { field, source }
            );
        }
    }
}

#[test]
fn a_model_is_active_and_its_terms_in_force_at_once() {
    let mut hub = Hub::new();
    let [author, partner] = ["author", "partner"].map(|name| hub.account(name));
    let market = Market::load();
    let (name, blob_id) = (&market.models[0].name, market.models[0].blob_id);
    let texts = metadata("time-series-forecasting", &["finance", "crypto"]);
    let plan = NewModel::named(name)
        .metadata(texts.clone())
        .price(&hub.money_cw20(), market.rates(0))
        .operator_bps(500)
        .payees(&[(&author, 7_000), (&partner, 2_500)])
        .release(blob_id);

    let response = hub.registry(&author, plan.message(&author)).unwrap();

    assert_eq!(
        data::<ModelCreated>(&response),
        ModelCreated { model: ModelId(1) }
    );
    let token = hub.money_cw20().checked();
    let published_at = START_TIME.to_string();
    let begun = (START_TIME - GRACE).to_string();
    let payees = format!("{author}:7000,{partner}:2500");
    let expected = [
        (
            "hub_model_registered",
            attributes(&[("model", "1"), ("author", author.as_str()), ("name", name)]),
        ),
        (
            "hub_terms_set",
            attributes(&[
                ("model", "1"),
                ("terms", "1"),
                ("denom", &token.to_string()),
                ("per_call", "0"),
                ("per_million_in", "2000000"),
                ("per_million_out", "8000000"),
                ("operator_bps", "500"),
                ("payees", &payees),
                ("effective_from", &begun),
            ]),
        ),
        (
            "hub_release_published",
            attributes(&[
                ("model", "1"),
                ("release", "1"),
                ("label", "1.0"),
                ("blob_id", "hJD2Ja3akZFt1A2LT-D_1oxOCz_OtuGYw4V9eE1m39M"),
                ("publisher", author.as_str()),
                ("claimed_at", &published_at),
            ]),
        ),
    ];
    assert_eq!(
        events(&response),
        expected.map(|(ty, attributes)| (ty.to_owned(), attributes))
    );

    let model = ModelResponse {
        model: ModelId(1),
        author: author.clone(),
        name: name.clone(),
        metadata: texts,
        status: Status::Active {},
        active_from: 0,
        latest_release: ReleaseNumber(1),
        latest_terms: TermsNumber(1),
        offered_to: None,
        registered_at: START_TIME,
    };
    assert_eq!(hub.model(ModelId(1)), model);
    assert_eq!(named(&hub, &author, name), model);
    assert_eq!(
        terms_of(&hub, ModelId(1)),
        [TermsResponse {
            model: ModelId(1),
            terms: TermsNumber(1),
            price: Price::new(token, market.rates(0)),
            operator_bps: 500,
            payees: vec![
                Payee {
                    address: author.clone(),
                    bps: 7_000
                },
                Payee {
                    address: partner,
                    bps: 2_500
                }
            ],
            validity: interval(START_TIME - GRACE, None),
        }]
    );
    let question = QueryMsg::Release {
        model: ModelId(1),
        release: ReleaseNumber(1),
    };
    assert_eq!(
        ask::<ReleaseResponse>(&hub, question),
        ReleaseResponse {
            model: ModelId(1),
            release: ReleaseNumber(1),
            major: 1,
            minor: 0,
            blob_id: blob_id.to_string(),
            manifest: None,
            publisher: author,
            published_at: START_TIME,
            claimed_at: START_TIME,
            size: None,
            permanent: None,
            deletable: None,
        }
    );
    hub.assert_invariants();
}

#[test]
fn a_refused_release_leaves_no_model_behind() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    hub.register_model(&author, market_model(0).release(blob(0)));
    let same_blob = market_model(1).release(blob(0)).message(&author);
    assert_eq!(
        refused(&mut hub, &author, same_blob),
        RegistryError::BlobPublished {
            publisher: author.clone(),
            blob_id: blob(0),
            model: ModelId(1),
            release: ReleaseNumber(1)
        }
    );
    assert_eq!(hub.register_model(&author, market_model(1)), ModelId(2));
}

#[test]
fn any_price_is_taken_from_nothing_to_the_largest_number() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let max = u128::MAX;
    for (name, price) in [
        ("free", rates(0, 0, 0)),
        ("dear", rates(max, max, max)),
        ("free-but-for-answers", rates(0, 0, 1)),
    ] {
        let money = hub.money_native();
        let model = hub.register_model(&author, NewModel::named(name).price(&money, price));
        assert_eq!(
            terms_of(&hub, model)[0].price,
            Price::new(money.checked(), price)
        );
    }
}

#[test]
fn the_whole_market_is_registered_by_two_authors_under_the_same_names() {
    let mut hub = Hub::new();
    let market = Market::load();
    let authors = ["ann", "bob"].map(|name| hub.account(name));
    for author in &authors {
        for model in &market.models {
            hub.register_model(author, NewModel::named(&model.name).release(model.blob_id));
        }
    }
    let newest_first: Vec<ModelId> = (1..=16).rev().map(ModelId).collect();
    assert_eq!(shown(&hub), newest_first);
    for (author, first) in authors.iter().zip([1, 9]) {
        let question = QueryMsg::ModelsByAuthor {
            author: author.to_string(),
            start_after: None,
            limit: None,
        };
        let in_order: Vec<ModelId> = (first..first + 8).map(ModelId).collect();
        let newest_first: Vec<ModelId> = in_order.iter().rev().copied().collect();
        assert_eq!(ids(&hub, question), newest_first);
        for (model, id) in market.models.iter().zip(in_order) {
            assert_eq!(named(&hub, author, &model.name).model, id);
        }
    }
    hub.assert_invariants();
}
