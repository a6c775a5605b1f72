//! What funders spent.

use cosmwasm_std::Addr;
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{
    ExecuteMsg, FunderSpend, QueryMsg, SessionsResponse, SpendResponse, SpendsResponse,
};
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

fn spends(
    trade: &Trade,
    funders: &[String],
    denom: UncheckedDenom,
    operators: &[String],
) -> Result<Vec<FunderSpend>, String> {
    let query = QueryMsg::Spends {
        funders: funders.to_vec(),
        denom,
        operators: operators.to_vec(),
    };
    let answer: Result<SpendsResponse, _> = trade.hub.query_escrow(query);
    answer
        .map(|answer| answer.funders)
        .map_err(|error| error.to_string())
}

/// Attack (storage spam and unbounded work): a query names more funders and operators than a node can look up in its bound
/// of gas.
/// Defence: either list has a most, and so has their product; all are refused before any record is read.
#[test]
fn too_many_funders_or_operators_and_those_named_twice_are_refused_with_what_to_give() {
    let trade = Trade::new();
    let named = |count: u64, what: &str| -> Vec<String> {
        let all = (0..count).map(|number| trade.hub.account(&format!("{what} {number}")));
        all.map(|account| account.to_string()).collect()
    };
    let (funders, operators) = (named(101, "funder"), named(17, "operator"));
    let twice = [operators[0].clone(), operators[0].clone()];
    let nonsense = ["nonsense".to_owned()];
    for (funders, operators, sentence) in [
        (
            &funders[..1],
            &operators[..],
            "17 operators are named: give at most 16",
        ),
        (&funders[..1], &twice[..], "twice: name each once"),
        (
            &funders[..],
            &operators[..1],
            "101 were asked for: give at most 100 at a time",
        ),
        (
            &funders[..100],
            &operators[..9],
            "9 operators for 100 names are more than 800 pairs: give fewer names at a time",
        ),
        (
            &funders[..51],
            &operators[..16],
            "16 operators for 51 names are more than 800 pairs: give fewer names at a time",
        ),
        (
            &nonsense[..],
            &operators[..1],
            "funders \"nonsense\" is no address of this chain",
        ),
        (
            &funders[..1],
            &nonsense[..],
            "operators \"nonsense\" is no address of this chain",
        ),
    ] {
        let refused = spends(&trade, funders, trade.denom(), operators).unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
    }
    let malformed = UncheckedDenom::Native("1".into());
    spends(&trade, &funders[..1], malformed, &operators[..1]).unwrap_err();

    let never = UncheckedDenom::Native("never".into());
    for (count, believed) in [(100, 8), (50, 16), (100, 0), (0, 16)] {
        let (funders, believed) = (&funders[..count], &operators[..believed]);
        let nothing: Vec<FunderSpend> = funders
            .iter()
            .map(|funder| FunderSpend {
                funder: Addr::unchecked(funder),
                released: 0u128.into(),
                released_with: 0u128.into(),
                kept_with: 0u128.into(),
            })
            .collect();
        for denom in [trade.denom(), never.clone()] {
            let answer = spends(&trade, funders, denom, believed);
            assert_eq!(answer.as_ref(), Ok(&nothing));
        }
    }
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
