//! Usage of those who stand behind models and attesters: authors, operators, enclave images.

use hub_testing::KeyType;
use hub_types::billing::{
    AttesterSums, AttesterUsageResponse, AttestersUsageResponse, AuthorUsageResponse, QueryMsg,
    UsageSums,
};
use hub_types::ids::{AttesterId, ModelId, TermsNumber};
use hub_types::registry::{ExecuteMsg as Registry, UncheckedPayee};

use crate::usage_fixture::{calls, Trade, DAY, PRICE};

fn signed(count: u64, aged: u64) -> AttesterSums {
    AttesterSums {
        gross: (PRICE * u128::from(count)).into(),
        aged: (PRICE * u128::from(aged)).into(),
        calls: count,
        kept: 0u128.into(),
    }
}

#[test]
fn malformed_addresses_and_hashes_and_unknown_attesters_are_refused() {
    let trade = Trade::new();
    let (start_after, limit) = (None, None);
    for (query, sentence) in [
        (
            QueryMsg::AuthorUsage {
                author: "nobody".into(),
                denom: trade.denom(),
                start_after: None,
                limit,
            },
            "author",
        ),
        (
            QueryMsg::OperatorUsage {
                operator: "nobody".into(),
                denom: trade.denom(),
                start_after,
                limit,
            },
            "operator",
        ),
        (
            QueryMsg::MeasurementUsage {
                measurement: vec![1; 31].into(),
                denom: trade.denom(),
                start_after,
                limit,
            },
            "measurement has 31 bytes: give exactly 32",
        ),
        (
            QueryMsg::AttesterUsage {
                attester: AttesterId(9),
                denom: trade.denom(),
            },
            "9",
        ),
    ] {
        let error = trade.refused(query);
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn those_who_did_nothing_have_zeros() {
    let trade = Trade::new();
    let nobody = trade.hub.account("nobody").to_string();
    let (start_after, limit) = (None, None);
    let author: AuthorUsageResponse = trade.ask(QueryMsg::AuthorUsage {
        author: nobody.clone(),
        denom: trade.denom(),
        start_after: None,
        limit,
    });
    let expected = AuthorUsageResponse {
        models: 0,
        sums: UsageSums::default(),
        next: None,
    };
    assert_eq!(author, expected);
    let none = AttestersUsageResponse {
        attesters: 0,
        sums: AttesterSums::default(),
        next: None,
    };
    let operator: AttestersUsageResponse = trade.ask(QueryMsg::OperatorUsage {
        operator: nobody,
        denom: trade.denom(),
        start_after,
        limit,
    });
    assert_eq!(operator, none);
    let image: AttestersUsageResponse = trade.ask(QueryMsg::MeasurementUsage {
        measurement: [1; 32].into(),
        denom: trade.denom(),
        start_after,
        limit,
    });
    assert_eq!(image, none);
    let attester: AttesterUsageResponse = trade.ask(QueryMsg::AttesterUsage {
        attester: AttesterId(1),
        denom: trade.denom(),
    });
    assert_eq!(attester.sums, AttesterSums::default());
}

#[test]
fn an_author_has_the_sums_of_its_present_models_and_a_buyer_gets_them_with_the_model() {
    let mut trade = Trade::new();
    let author = trade.author.clone();
    let models: Vec<ModelId> = (0..5).map(|n| trade.model(&format!("model-{n}"))).collect();
    let (buyer, buyers_session) = trade.caller("buyer");
    let (_, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    for (place, model) in models.iter().enumerate() {
        trade.call(session, *model, 1 << place);
    }
    let ask = |trade: &Trade, author: &str, start_after, limit| {
        trade.ask::<AuthorUsageResponse>(QueryMsg::AuthorUsage {
            author: author.to_owned(),
            denom: trade.denom(),
            start_after,
            limit,
        })
    };
    let answer = |models, sums, next| AuthorUsageResponse { models, sums, next };
    let (seller, new) = (author.as_str(), buyer.as_str());
    assert_eq!(
        ask(&trade, seller, None, None),
        answer(5, calls(31, 31), None)
    );
    assert_eq!(
        ask(&trade, seller, None, Some(2)),
        answer(2, calls(3, 3), Some(ModelId(2)))
    );
    assert_eq!(
        ask(&trade, seller, Some(ModelId(2)), Some(2)),
        answer(2, calls(12, 12), Some(ModelId(4)))
    );
    assert_eq!(
        ask(&trade, seller, Some(ModelId(4)), Some(2)),
        answer(1, calls(16, 16), None)
    );

    let to = buyer.to_string();
    let model = models[3];
    trade
        .hub
        .registry(&author, Registry::OfferTransfer { model, to })
        .unwrap();
    let payees = vec![UncheckedPayee {
        address: buyer.to_string(),
        bps: 10_000,
    }];
    let name = None;
    let accept = Registry::AcceptTransfer {
        model,
        expected_terms: TermsNumber(1),
        payees,
        name,
    };
    trade.hub.registry(&buyer, accept).unwrap();
    assert_eq!(
        ask(&trade, seller, None, None),
        answer(4, calls(23, 23), None)
    );
    assert_eq!(ask(&trade, new, None, None), answer(1, calls(8, 8), None));

    // What the buyer pays was a customer's before the sale, and is its own afterwards.
    trade.hub.advance(60);
    trade.call(buyers_session, model, 1);
    let sums = ask(&trade, new, None, None).sums;
    assert_eq!((sums.related.u128(), sums.aged.u128()), (PRICE, 8 * PRICE));
}

#[test]
fn an_operator_has_the_sums_of_its_attesters_retired_ones_too() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let operator = trade.operator.clone();
    let first = trade.attester.clone();
    let second = trade
        .hub
        .register_attester(&operator, KeyType::Secp256k1, 2);
    let stranger = trade.hub.account("stranger");
    trade.hub.register_attester(&stranger, KeyType::Ed25519, 3);
    let third = trade.hub.register_attester(&operator, KeyType::Ed25519, 4);
    let (_, session) = trade.caller("caller");
    trade.call(session, model, 1);
    trade.attester = second.clone();
    trade.hub.advance(2 * DAY);
    trade.call(session, model, 2);
    let retire = hub_types::billing::ExecuteMsg::Retire { attester: first.id };
    trade.hub.billing(&operator, retire).unwrap();

    let of = |attester: AttesterId| {
        let denom = trade.denom();
        let usage: AttesterUsageResponse = trade.ask(QueryMsg::AttesterUsage { attester, denom });
        usage.sums
    };
    assert_eq!(of(first.id), signed(1, 0));
    assert_eq!(of(second.id), signed(2, 2));
    assert_eq!(of(third.id), signed(0, 0));
    let ask = |start_after, limit| {
        trade.ask::<AttestersUsageResponse>(QueryMsg::OperatorUsage {
            operator: operator.to_string(),
            denom: trade.denom(),
            start_after,
            limit,
        })
    };
    let answer = |attesters, sums, next| AttestersUsageResponse {
        attesters,
        sums,
        next,
    };
    assert_eq!(ask(None, None), answer(3, signed(3, 2), None));
    assert_eq!(
        ask(None, Some(1)),
        answer(1, signed(1, 0), Some(AttesterId(1)))
    );
    assert_eq!(
        ask(Some(AttesterId(1)), Some(1)),
        answer(1, signed(2, 2), Some(AttesterId(2)))
    );
    assert_eq!(
        ask(Some(AttesterId(2)), Some(2)),
        answer(1, signed(0, 0), None)
    );
}
