//! What funders spent.

use cosmwasm_std::Addr;
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{ExecuteMsg, QueryMsg, SessionsResponse, SpendResponse};
use hub_types::ids::SessionId;

use crate::usage_fixture::{Trade, DAY, PRICE};

fn spent(trade: &Trade, funder: &Addr, denom: UncheckedDenom) -> u128 {
    let query = QueryMsg::Spend {
        funder: funder.to_string(),
        denom,
    };
    let answer: SpendResponse = trade.hub.query_escrow(query).unwrap();
    answer.released.u128()
}

fn for_others(
    trade: &Trade,
    funder: &Addr,
    start_after: Option<SessionId>,
    limit: u32,
) -> Vec<SessionId> {
    let query = QueryMsg::SessionsForOthers {
        funder: funder.to_string(),
        start_after,
        limit: Some(limit),
    };
    let page: SessionsResponse = trade.hub.query_escrow(query).unwrap();
    page.sessions
        .iter()
        .map(|session| session.session)
        .collect()
}

#[test]
fn malformed_funders_and_denominations_are_refused_and_strangers_spent_nothing() {
    let trade = Trade::new();
    let funder = || trade.author.to_string();
    for (funder, denom) in [
        ("nobody".to_owned(), trade.denom()),
        (funder(), UncheckedDenom::Native("1".into())),
    ] {
        let query = QueryMsg::Spend { funder, denom };
        assert!(trade.hub.query_escrow::<SpendResponse>(query).is_err());
    }
    assert_eq!(spent(&trade, &trade.author, trade.denom()), 0);
    let never = UncheckedDenom::Native("never".into());
    assert_eq!(spent(&trade, &trade.author, never), 0);
    assert_eq!(
        for_others(&trade, &trade.author, None, 10),
        [] as [SessionId; 0]
    );
}

#[test]
fn what_a_session_spent_is_its_funders_once_it_is_released() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (patron, caller) = (trade.hub.account("patron"), trade.hub.account("caller"));
    let (operator, money) = (trade.operator.clone(), trade.money.clone());
    let mut sessions = vec![];
    for _ in 0..3 {
        trade.hub.give(&patron, &money, 1_000);
        let session = trade.hub.new_session(&operator, 1_000);
        trade
            .hub
            .deposit(&patron, &money, 1_000, Some(&caller), Some(session))
            .unwrap();
        sessions.push(trade.hub.last_session(&caller));
    }
    let own = trade.session(&caller);
    trade.call(sessions[0], model, 2);
    trade.call(sessions[1], model, 3);
    trade.call(own, model, 4);
    assert_eq!(spent(&trade, &patron, trade.denom()), 0);
    let before = trade.hub.ledger();
    for session in [sessions[0], sessions[1], own] {
        trade
            .hub
            .escrow(&caller, ExecuteMsg::CloseSession { session })
            .unwrap();
    }
    trade.hub.advance(DAY);
    for (session, so_far) in [(sessions[0], 2), (sessions[1], 5), (own, 5)] {
        trade
            .hub
            .escrow(&operator, ExecuteMsg::ReleaseSession { session })
            .unwrap();
        assert_eq!(spent(&trade, &patron, trade.denom()), so_far * PRICE);
        // Once and for all.
        let again = ExecuteMsg::ReleaseSession { session };
        trade.hub.escrow(&operator, again).unwrap_err();
    }
    assert_eq!(spent(&trade, &patron, trade.denom()), 5 * PRICE);
    assert_eq!(spent(&trade, &caller, trade.denom()), 4 * PRICE);
    assert_eq!(before.get("session 1 spent"), 2 * PRICE);

    sessions.reverse();
    assert_eq!(for_others(&trade, &patron, None, 10), sessions);
    assert_eq!(for_others(&trade, &patron, None, 2), sessions[..2]);
    assert_eq!(
        for_others(&trade, &patron, Some(sessions[1]), 2),
        sessions[2..]
    );
    assert_eq!(for_others(&trade, &caller, None, 10), [] as [SessionId; 0]);
    trade.hub.assert_invariants();
}
