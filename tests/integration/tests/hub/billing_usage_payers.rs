//! Who really pays for a model.

use hub_types::billing::{PayerResponse, PayersResponse, QueryMsg, UsageResponse};
use hub_types::escrow::ExecuteMsg as Escrow;
use hub_types::ids::{ModelId, SessionId};

use crate::usage_fixture::{Trade, DAY, WEEK};

fn page(
    trade: &Trade,
    model: ModelId,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Vec<PayerResponse> {
    let page: PayersResponse = trade.ask(QueryMsg::Payers {
        model,
        denom: trade.denom(),
        start_after,
        limit,
    });
    page.payers
}

/// Payers ever, of this week, and returning ones.
fn counts(trade: &Trade, model: ModelId) -> (u64, u64, u64) {
    let denom = trade.denom();
    let usage: UsageResponse = trade.ask(QueryMsg::Usage { model, denom });
    (usage.payers, usage.payers_this_week, usage.returning)
}

#[test]
fn a_page_starts_after_an_address_and_nothing_else() {
    let trade = Trade::new();
    let error = trade.refused(QueryMsg::Payers {
        model: ModelId(1),
        denom: trade.denom(),
        start_after: Some("nobody".into()),
        limit: None,
    });
    assert!(error.contains("start_after"), "{error}");
}

/// Attack (market-number fakes): accounts without money are named as customers.
/// Defence: nobody becomes a payer without aged money, and an operator that pays itself never.
#[test]
fn nobody_is_named_a_payer_without_aged_money() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (_, session) = trade.caller("caller");
    trade.call(session, model, 1);
    trade.hub.advance(DAY);
    trade.call(session, model, 1);
    assert_eq!(page(&trade, model, None, None), []);
    assert_eq!(counts(&trade, model), (0, 0, 0));
    // An operator may serve whom it likes, but who pays itself is no payer.
    let operator = trade.operator.clone();
    let own = trade.session(&operator);
    trade.hub.advance(2 * DAY);
    trade.call(own, model, 1);
    assert_eq!(page(&trade, model, None, None), []);
    assert_eq!(page(&trade, ModelId(99), None, None), []);
}

#[test]
fn the_payer_is_the_funder_with_the_first_and_last_week_in_which_it_paid() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (patron, caller) = (trade.hub.account("patron"), trade.hub.account("caller"));
    let (operator, money) = (trade.operator.clone(), trade.money.clone());
    trade.hub.give(&patron, &money, 10_000);
    let session = trade.hub.new_session(&operator, 10_000);
    trade
        .hub
        .deposit(&patron, &money, 10_000, Some(&caller), Some(session))
        .unwrap();
    let session = trade.hub.last_session(&caller);
    trade.hub.advance(2 * DAY);
    let first_week = trade.this_week();
    trade.call(session, model, 1);
    let paid = |last_week| PayerResponse {
        payer: patron.clone(),
        first_week,
        last_week,
    };
    assert_eq!(page(&trade, model, None, None), [paid(first_week)]);
    assert_eq!(counts(&trade, model), (1, 1, 0));
    trade.hub.advance(WEEK);
    assert_eq!(counts(&trade, model), (1, 0, 0));
    trade.call(session, model, 1);
    trade.call(session, model, 1);
    assert_eq!(page(&trade, model, None, None), [paid(first_week + 1)]);
    // Two weeks in a row may be two days in a row.
    assert_eq!(counts(&trade, model), (1, 1, 0));
    trade.hub.advance(2 * WEEK);
    trade.call(session, model, 1);
    assert_eq!(page(&trade, model, None, None), [paid(first_week + 3)]);
    assert_eq!(counts(&trade, model), (1, 1, 1));
}

#[test]
fn a_payer_of_more_models_than_its_record_holds_is_known_to_each_of_them() {
    let mut trade = Trade::new();
    let models: Vec<ModelId> = (0..20)
        .map(|n| trade.model(&format!("model-{n}")))
        .collect();
    let (caller, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    let week = trade.this_week();
    // From the last to the first: the first eight that it pays are not those with the lowest ids.
    for model in models.iter().rev() {
        trade.call(session, *model, 1);
    }
    trade.hub.advance(2 * WEEK);
    for model in &models[5..15] {
        trade.call(session, *model, 1);
        trade.call(session, *model, 1);
    }
    for (place, model) in models.iter().enumerate() {
        let again = (5..15).contains(&place);
        let payer = PayerResponse {
            payer: caller.clone(),
            first_week: week,
            last_week: week + 2 * u64::from(again),
        };
        assert_eq!(page(&trade, *model, None, None), [payer], "{place}");
        let expected = (1, u64::from(again), u64::from(again));
        assert_eq!(counts(&trade, *model), expected, "{place}");
    }
}

#[test]
fn payers_are_listed_by_canonical_address_page_by_page() {
    let mut trade = Trade::new();
    let (model, other) = (trade.model("forecast"), trade.model("other"));
    let callers: Vec<_> = (0..5)
        .map(|n| trade.caller(&format!("caller {n}")))
        .collect();
    let (_, elsewhere) = trade.caller("elsewhere");
    trade.hub.advance(2 * DAY);
    for (_, session) in &callers {
        trade.call(*session, model, 1);
    }
    trade.call(SessionId(elsewhere.0), other, 1);
    let mut expected: Vec<_> = callers.into_iter().map(|(caller, _)| caller).collect();
    expected.sort_by_key(|caller| trade.hub.canonical(caller).to_vec());
    let mut found = vec![];
    loop {
        let last = found.last().map(ToString::to_string);
        let next = page(&trade, model, last, Some(2));
        if next.is_empty() {
            break;
        }
        assert!(next.len() <= 2);
        found.extend(next.into_iter().map(|payer| payer.payer));
    }
    assert_eq!(found, expected);
}

/// Attack (market-number fakes): an old session is topped up just before a call, so that fresh money passes as old.
/// Defence: oldest money first: what was added today or yesterday counts as aged only once it has lain.
#[test]
fn money_topped_up_makes_no_payer_before_it_has_lain() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let caller = trade.hub.account("caller");
    let (operator, money) = (trade.operator.clone(), trade.money.clone());
    let session = trade
        .hub
        .open_session(&caller, &operator, &money, 100, |session| session);
    trade.hub.give(&caller, &money, 200);
    trade.hub.deposit(&caller, &money, 200, None, None).unwrap();
    trade.hub.advance(2 * DAY);
    let amount = 200u128.into();
    trade
        .hub
        .escrow(&caller, Escrow::TopUp { session, amount })
        .unwrap();
    // One call of old money, two of new.
    trade.call(session, model, 2);
    let denom = trade.denom();
    let usage: UsageResponse = trade.ask(QueryMsg::Usage { model, denom });
    assert_eq!((usage.sums.aged.u128(), usage.payers), (100, 1));
    trade.hub.advance(2 * DAY);
    trade.call(session, model, 1);
    let denom = trade.denom();
    let usage: UsageResponse = trade.ask(QueryMsg::Usage { model, denom });
    assert_eq!(
        (usage.sums.aged.u128(), usage.sums.gross.u128()),
        (200, 300)
    );
}
