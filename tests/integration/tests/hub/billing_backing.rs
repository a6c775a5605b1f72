//! What operators served of a model, what they kept, and what that backs for a reader who believes some of them.

use cosmwasm_std::Uint128;
use hub_testing::{rates, Hub, KeyType, Mode, NewModel, StorageCost, Units};
use hub_types::billing::{
    BackingResponse, BackingsResponse, OperatorServed, QueryMsg, RankingAtResponse,
    ServedByResponse, ServedSums,
};
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::ids::ModelId;

use crate::usage_fixture::{Trade, WEEK};

/// What a call costs: a whole cycle of units, so that each call is divided exactly.
const PRICE: u128 = 10_000;

/// A Hub in which a stranger called a model twice, whose author leaves the operator a fifth.
fn called_twice() -> (Trade, ModelId) {
    let mut trade = Trade::new();
    let author = trade.author.clone();
    let model = NewModel::named("model")
        .price(&trade.money, rates(PRICE, 0, 0))
        .operator_bps(2_000)
        .release([1; 32]);
    let model = trade.hub.register_model(&author, model);
    let (_, session) = trade.caller("caller");
    trade.call(session, model, 2);
    (trade, model)
}

fn backing(trade: &Trade, model: ModelId, operators: &[String], factor: Option<u32>) -> QueryMsg {
    QueryMsg::Backing {
        model,
        denom: trade.denom(),
        operators: operators.to_vec(),
        factor,
    }
}

fn served(strange: u128, kept: u128, calls: u64, recent: (u128, u128)) -> ServedSums {
    ServedSums {
        strange: Uint128::new(strange),
        kept: Uint128::new(kept),
        calls,
        recent_strange: Uint128::new(recent.0),
        recent_kept: Uint128::new(recent.1),
    }
}

#[test]
fn believed_operators_back_a_multiple_of_what_they_kept_and_no_more_than_they_served() {
    let (trade, model) = called_twice();
    let strange = 2 * PRICE;
    let kept = strange / 5;
    let (operator, nobody) = (trade.operator.clone(), trade.hub.account("nobody"));
    let named = [operator.to_string(), nobody.to_string()];
    for (factor, backed) in [
        (None, strange),
        (Some(1), kept),
        (Some(2), 2 * kept),
        (Some(20), strange),
    ] {
        let answer: BackingResponse = trade.ask(backing(&trade, model, &named, factor));
        let expected = BackingResponse {
            model,
            denom: trade.money.checked(),
            factor: factor.unwrap_or(5),
            backed: Uint128::new(backed),
            recent_backed: Uint128::new(backed),
            coverage_bps: 10_000,
            operators: vec![
                OperatorServed {
                    operator: operator.clone(),
                    sums: served(strange, kept, 2, (strange, kept)),
                },
                OperatorServed {
                    operator: nobody.clone(),
                    sums: ServedSums::default(),
                },
            ],
        };
        assert_eq!(answer, expected);
    }

    let doubted: BackingResponse = trade.ask(backing(&trade, model, &named[1..], None));
    assert_eq!((doubted.backed, doubted.coverage_bps), (Uint128::zero(), 0));
    let unnamed: BackingResponse = trade.ask(backing(&trade, model, &[], None));
    assert_eq!((unnamed.backed, unnamed.coverage_bps), (Uint128::zero(), 0));
    let unknown: BackingResponse = trade.ask(backing(&trade, ModelId::MAX, &named, None));
    assert_eq!((unknown.backed, unknown.coverage_bps), (Uint128::zero(), 0));
}

/// Nobody ever paid in the denomination: an answer of zeros, as everywhere else. One that is malformed is refused.
#[test]
fn in_an_unknown_denomination_nothing_is_backed_served_or_ranked() {
    let (trade, model) = called_twice();
    let operator = trade.operator.to_string();
    let never = || UncheckedDenom::Native("never".to_owned());
    let answer: BackingResponse = trade.ask(QueryMsg::Backing {
        model,
        denom: never(),
        operators: vec![operator.clone()],
        factor: None,
    });
    let nothing = OperatorServed {
        operator: trade.operator.clone(),
        sums: ServedSums::default(),
    };
    let expected = BackingResponse {
        model,
        denom: Denom::Native("never".to_owned()),
        factor: 5,
        backed: Uint128::zero(),
        recent_backed: Uint128::zero(),
        coverage_bps: 0,
        operators: vec![nothing],
    };
    assert_eq!(answer, expected);
    let served: ServedByResponse = trade.ask(served_by(model, never(), None));
    assert_eq!(served.operators, []);
    let ranked: RankingAtResponse = trade.ask(ranking_at(&operator, never()));
    assert_eq!(ranked.models, []);
    let malformed = || UncheckedDenom::Native("1".to_owned());
    for query in [
        QueryMsg::Backing {
            model,
            denom: malformed(),
            operators: vec![operator.clone()],
            factor: None,
        },
        served_by(model, malformed(), None),
        ranking_at(&operator, malformed()),
    ] {
        let refused = trade.refused(query);
        assert!(refused.contains("denom"), "{refused}");
    }
}

fn served_by(model: ModelId, denom: UncheckedDenom, start_after: Option<&str>) -> QueryMsg {
    QueryMsg::ServedBy {
        model,
        denom,
        start_after: start_after.map(str::to_owned),
        limit: None,
    }
}

fn ranking_at(operator: &str, denom: UncheckedDenom) -> QueryMsg {
    QueryMsg::RankingAt {
        operator: operator.to_owned(),
        denom,
        start_after: None,
        limit: None,
    }
}

#[test]
fn an_operator_that_is_no_address_is_refused_by_name_and_a_stranger_served_nothing() {
    let (trade, model) = called_twice();
    for (query, field) in [
        (ranking_at("nonsense", trade.denom()), "operator"),
        (
            served_by(model, trade.denom(), Some("nonsense")),
            "start_after",
        ),
    ] {
        let refused = trade.refused(query);
        let sentence = format!("{field} \"nonsense\" is no address of this chain");
        assert!(refused.contains(&sentence), "{refused}");
    }
    let stranger = trade.hub.account("stranger").to_string();
    let ranked: RankingAtResponse = trade.ask(ranking_at(&stranger, trade.denom()));
    assert_eq!(ranked.models, []);
    let after: ServedByResponse = trade.ask(served_by(model, trade.denom(), Some(&stranger)));
    assert_eq!(after.operators, []);
}

#[test]
fn what_is_recent_counts_half_after_four_weeks_and_what_was_kept_stays() {
    let (mut trade, model) = called_twice();
    let operator = trade.operator.clone();
    trade.hub.advance(4 * WEEK);
    let (strange, kept) = (2 * PRICE, 2 * PRICE / 5);
    let sums = served(strange, kept, 2, (strange / 2, kept / 2));
    let answer: ServedByResponse = trade.ask(QueryMsg::ServedBy {
        model,
        denom: trade.denom(),
        start_after: None,
        limit: None,
    });
    let expected = vec![OperatorServed {
        operator: operator.clone(),
        sums,
    }];
    assert_eq!(answer.operators, expected);

    let ranked: RankingAtResponse = trade.ask(QueryMsg::RankingAt {
        operator: operator.to_string(),
        denom: trade.denom(),
        start_after: None,
        limit: None,
    });
    let places: Vec<_> = ranked
        .models
        .iter()
        .map(|at| (at.place.model, &at.sums))
        .collect();
    assert_eq!(places, [(model, &sums)]);
}

#[test]
fn several_models_are_answered_in_the_order_in_which_they_are_named() {
    let (trade, model) = called_twice();
    let operators = vec![trade.operator.to_string()];
    let answer: BackingsResponse = trade.ask(QueryMsg::Backings {
        models: vec![ModelId::MAX, model],
        denom: trade.denom(),
        operators: operators.clone(),
        factor: Some(2),
    });
    let each = [ModelId::MAX, model]
        .map(|model| trade.ask::<BackingResponse>(backing(&trade, model, &operators, Some(2))));
    assert_eq!(answer.backings, each);
}

/// Attack (storage spam and unbounded work): four operators pay for one call each to take the places that a model's record
/// has for operators, so that whoever serves it afterwards costs more.
/// Defence: everybody else has a record of its own, which costs a message one read and one write more, however many there are.
#[test]
fn an_operator_without_a_place_in_the_models_record_costs_one_read_and_one_write_more() {
    let mut trade = Trade::new();
    let [placed, crowded] = ["placed", "crowded"].map(|name| trade.model(name));
    let (honest, attester) = (trade.operator.clone(), trade.attester.clone());
    let (_, session) = trade.caller("caller");
    trade.call(session, placed, 1);
    for number in 0..4 {
        trade.operator = trade.hub.account(&format!("crowd-{number}"));
        trade.attester =
            trade
                .hub
                .register_attester(&trade.operator, KeyType::Ed25519, 100 + number);
        let (_, session) = trade.caller(&format!("payer-{number}"));
        trade.call(session, crowded, 1);
    }
    (trade.operator, trade.attester) = (honest.clone(), attester);
    trade.call(session, crowded, 1);

    let [in_its_place, beside] = [placed, crowded].map(|model| {
        let receipts = trade
            .hub
            .receipts(&trade.attester, session, model, 1, |_, receipt| {
                receipt.units = Units::new(10, 1);
            });
        let batch = trade.hub.batch(&trade.attester, Mode::Itemised, receipts);
        let message = trade.hub.sign_batch(&trade.attester, &batch);
        let settle = |hub: &mut Hub| hub.execute(&honest, &hub.billing.clone(), &message, &[]);
        let (answer, cost) = trade.hub.metered(settle);
        answer.expect("the call is settled");
        cost.operations()
    });
    assert_eq!(
        beside,
        StorageCost {
            reads: in_its_place.reads + 1,
            writes: in_its_place.writes + 1,
            ..in_its_place
        }
    );

    let page: ServedByResponse = trade.ask(QueryMsg::ServedBy {
        model: crowded,
        denom: trade.denom(),
        start_after: None,
        limit: None,
    });
    let calls: Vec<u64> = page.operators.iter().map(|it| it.sums.calls).collect();
    assert_eq!(calls.iter().sum::<u64>(), 6);
    let of_honest = page.operators.iter().find(|it| it.operator == honest);
    assert_eq!(of_honest.map(|it| it.sums.calls), Some(2));
}

/// Attack (storage spam and unbounded work): a query names more than a node can look up in its bound of gas.
/// Defence: each list that a query names, and the product of models and days, has a most, and is refused before any read.
#[test]
fn a_query_that_names_too_much_or_nonsense_is_refused_with_what_to_give() {
    let (trade, model) = called_twice();
    let operator = trade.operator.to_string();
    let many: Vec<String> = (0..17)
        .map(|number| trade.hub.account(&format!("operator {number}")).to_string())
        .collect();
    for (operators, factor, sentence) in [
        (
            many.clone(),
            None,
            "17 operators are named: give at most 16",
        ),
        (
            vec![operator.clone(), operator.clone()],
            None,
            "twice: name each once",
        ),
        (vec!["nonsense".to_owned()], None, "operators"),
        (vec![operator.clone()], Some(0), "factor is 0: give 1 to 20"),
        (
            vec![operator.clone()],
            Some(21),
            "factor is 21: give 1 to 20",
        ),
    ] {
        let refused = trade.refused(backing(&trade, model, &operators, factor));
        assert!(refused.contains(sentence), "{refused}");
        let several = QueryMsg::Backings {
            models: vec![model],
            denom: trade.denom(),
            operators,
            factor,
        };
        let refused = trade.refused(several);
        assert!(refused.contains(sentence), "{refused}");
    }
    let most: BackingResponse = trade.ask(backing(&trade, model, &many[..16], Some(20)));
    assert_eq!(most.operators.len(), 16);
    let backings = |models: usize, operators: usize| QueryMsg::Backings {
        models: vec![model; models],
        denom: trade.denom(),
        operators: many[..operators].to_vec(),
        factor: None,
    };
    for (models, operators) in [(100, 9), (51, 16)] {
        let refused = trade.refused(backings(models, operators));
        let sentence = format!(
            "{operators} operators for {models} names are more than 800 pairs: give fewer names at a time"
        );
        assert!(refused.contains(&sentence), "{refused}");
    }
    for (models, operators) in [(100, 8), (50, 16)] {
        let answer: BackingsResponse = trade.ask(backings(models, operators));
        assert_eq!(answer.backings.len(), models);
    }

    let too_many = vec![model; 101];
    let (from, until) = (trade.today(), trade.today());
    let denom = trade.denom();
    for query in [
        QueryMsg::Usages {
            models: too_many.clone(),
            denom: denom.clone(),
        },
        QueryMsg::UsagesOfDays {
            models: too_many.clone(),
            denom: denom.clone(),
            from,
            until,
        },
        QueryMsg::UsagesByDay {
            models: too_many.clone(),
            denom: denom.clone(),
            from,
            until,
        },
        QueryMsg::Backings {
            models: too_many,
            denom: denom.clone(),
            operators: vec![operator],
            factor: None,
        },
    ] {
        let refused = trade.refused(query);
        assert!(
            refused.contains("101 were asked for: give at most 100"),
            "{refused}"
        );
    }

    let by_day = |models: usize, from, until| QueryMsg::UsagesByDay {
        models: vec![model; models],
        denom: denom.clone(),
        from,
        until,
    };
    trade.ask::<serde_json::Value>(by_day(100, until - 9, until));
    let refused = trade.refused(by_day(100, until - 10, until));
    assert!(
        refused.contains("11 days of 100 models are more than 1000"),
        "{refused}"
    );
    let refused = trade.refused(by_day(1, 0, u64::MAX));
    assert!(
        refused.contains("days of 1 models are more than 1000"),
        "{refused}"
    );
}
