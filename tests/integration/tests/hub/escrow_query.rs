//! What readers ask the escrow.

use cosmwasm_std::{Addr, StdError};
use hub_testing::{Hub, Money};
use hub_types::escrow::{
    BalanceResponse, BalancesResponse, ConfigResponse, DenomResponse, DenomsResponse, Models,
    QueryMsg, SessionState, SessionsResponse, SolvencyResponse,
};
use hub_types::ids::{DenomNumber, SessionId};
use hub_types::packed::LAYOUT;

use crate::escrow_fixture::{with_each_money, Fixture, DAY};

#[track_caller]
fn refusal(fixture: &Fixture, query: QueryMsg) -> String {
    let answer: Result<serde_json::Value, StdError> = fixture.hub.query_escrow(query);
    answer.unwrap_err().to_string()
}

#[test]
fn what_nobody_knows_is_refused_with_a_sentence() {
    let mut fixture = Fixture::native();
    fixture.open(10, |session| session);
    for session in [0, 2] {
        let error = refusal(
            &fixture,
            QueryMsg::Session {
                session: SessionId(session),
            },
        );
        let sentence = format!("there is no session {session}: ids run from 1 to 1");
        assert!(error.contains(&sentence), "{error}");
    }
    for query in [
        QueryMsg::Balance {
            address: "alice".to_owned(),
            denom: fixture.money.unchecked(),
        },
        QueryMsg::Balances {
            address: "alice".to_owned(),
            start_after: None,
            limit: None,
        },
        QueryMsg::SessionsByCaller {
            caller: "alice".to_owned(),
            start_after: None,
            limit: None,
        },
        QueryMsg::SessionsByOperator {
            operator: "alice".to_owned(),
            start_after: None,
            limit: None,
        },
    ] {
        let error = refusal(&fixture, query);
        assert!(
            error.contains("\"alice\" is no address of this chain"),
            "{error}"
        );
    }
    let no_token = Money::Cw20(fixture.alice.clone()).unchecked();
    let error = refusal(&fixture, QueryMsg::Solvency { denom: no_token });
    assert!(
        error.contains("does not answer the cw20 query token_info"),
        "{error}"
    );
}

#[test]
fn the_config_names_the_collector() {
    let fixture = Fixture::native();
    assert_eq!(
        fixture.ask::<ConfigResponse>(QueryMsg::Config {}),
        ConfigResponse {
            layout: LAYOUT,
            collector: fixture.hub.billing.clone(),
            receipt_max_age_seconds: DAY,
        }
    );
}

#[test]
fn a_balance_that_nobody_has_is_zero() {
    with_each_money(|mut fixture| {
        let nothing = |number| BalanceResponse {
            denom: fixture.money.checked(),
            denom_number: number,
            available: 0u128.into(),
            earned: 0u128.into(),
            auto_payout: false,
        };
        let (unknown, known) = (nothing(None), nothing(Some(DenomNumber(1))));
        let of_bob = QueryMsg::Balance {
            address: fixture.bob.to_string(),
            denom: fixture.money.unchecked(),
        };
        assert_eq!(fixture.ask::<BalanceResponse>(of_bob.clone()), unknown);
        fixture.fund(&fixture.alice.clone(), 10);
        assert_eq!(fixture.ask::<BalanceResponse>(of_bob), known);
    });
}

/// A fixture in which alice has coins a, b and c of each 1, 2 and 3, and bob one of b.
fn with_coins() -> Fixture {
    let mut fixture = Fixture::native();
    let (alice, bob) = (fixture.alice.clone(), fixture.bob.clone());
    for (owner, denom, amount) in [
        (&alice, "coin-a", 1),
        (&alice, "coin-b", 2),
        (&bob, "coin-b", 1),
        (&alice, "coin-c", 3),
    ] {
        fixture.money = Money::Native(denom.to_owned());
        fixture.fund(owner, amount);
    }
    fixture
}

#[test]
fn balances_are_listed_by_the_number_of_their_denomination() {
    let fixture = with_coins();
    let list = |owner: &Addr, start_after, limit| {
        let page: BalancesResponse = fixture.ask(QueryMsg::Balances {
            address: owner.to_string(),
            start_after,
            limit,
        });
        page.balances
            .into_iter()
            .map(|balance| (balance.denom_number.unwrap().0, balance.available.u128()))
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&fixture.alice, None, None), [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(list(&fixture.alice, None, Some(2)), [(1, 1), (2, 2)]);
    assert_eq!(
        list(&fixture.alice, Some(DenomNumber(1)), Some(1)),
        [(2, 2)]
    );
    assert_eq!(list(&fixture.alice, Some(DenomNumber(3)), None), []);
    assert_eq!(list(&fixture.alice, Some(DenomNumber(u32::MAX)), None), []);
    assert_eq!(list(&fixture.bob, None, None), [(2, 1)]);
    assert_eq!(list(&fixture.author, None, None), []);
}

#[test]
fn denominations_are_numbered_in_the_order_of_their_first_deposit() {
    let fixture = with_coins();
    let entry = |number, denom: &str, owed: u128| DenomResponse {
        denom: Money::Native(denom.to_owned()).checked(),
        denom_number: number,
        owed: owed.into(),
    };
    let all = [
        entry(DenomNumber(1), "coin-a", 1),
        entry(DenomNumber(2), "coin-b", 3),
        entry(DenomNumber(3), "coin-c", 3),
    ];
    let list = |start_after, limit| {
        let page: DenomsResponse = fixture.ask(QueryMsg::Denoms { start_after, limit });
        page.denoms
    };
    assert_eq!(list(None, None), all);
    assert_eq!(list(None, Some(1)), all[..1]);
    assert_eq!(list(Some(DenomNumber(1)), Some(100)), all[1..]);
    assert_eq!(list(Some(DenomNumber(3)), None), []);
    assert_eq!(list(Some(DenomNumber(u32::MAX)), None), []);
    let ask = |denom: &str| {
        let denom = Money::Native(denom.to_owned()).unchecked();
        fixture.ask::<Option<DenomResponse>>(QueryMsg::Denom { denom })
    };
    assert_eq!(ask("coin-b").as_ref(), Some(&all[1]));
    assert_eq!(ask("coin-d"), None);
}

#[test]
fn sessions_are_listed_newest_first_for_callers_and_operators() {
    let mut fixture = Fixture::native();
    let (alice, bob, operator, money) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.operator.clone(),
        fixture.money.clone(),
    );
    // Odd ones are alice's for the operator, even ones bob's, of which every second is for alice as operator.
    for id in 1..=8 {
        let (caller, serves) = match id % 4 {
            0 => (&bob, &alice),
            2 => (&bob, &operator),
            _ => (&alice, &operator),
        };
        let opened = fixture
            .hub
            .open_session(caller, serves, &money, 10, |session| session);
        assert_eq!(opened, SessionId(id));
    }
    let ids = |page: SessionsResponse| {
        page.sessions
            .iter()
            .map(|session| session.session.0)
            .collect::<Vec<_>>()
    };
    let of_caller = |caller: &Addr, start_after, limit| {
        ids(fixture.ask(QueryMsg::SessionsByCaller {
            caller: caller.to_string(),
            start_after,
            limit,
        }))
    };
    let of_operator = |operator: &Addr, start_after, limit| {
        ids(fixture.ask(QueryMsg::SessionsByOperator {
            operator: operator.to_string(),
            start_after,
            limit,
        }))
    };
    assert_eq!(of_caller(&alice, None, None), [7, 5, 3, 1]);
    assert_eq!(of_caller(&alice, None, Some(2)), [7, 5]);
    assert_eq!(of_caller(&alice, Some(SessionId(5)), Some(2)), [3, 1]);
    assert_eq!(of_caller(&alice, Some(SessionId(6)), None), [5, 3, 1]);
    assert_eq!(of_caller(&alice, Some(SessionId(1)), None), [0; 0]);
    assert_eq!(of_caller(&alice, Some(SessionId(0)), None), [0; 0]);
    assert_eq!(of_caller(&bob, None, None), [8, 6, 4, 2]);
    assert_eq!(of_caller(&operator, None, None), [0; 0]);
    assert_eq!(of_operator(&operator, None, None), [7, 6, 5, 3, 2, 1]);
    assert_eq!(of_operator(&alice, None, None), [8, 4]);
    assert_eq!(of_operator(&alice, Some(SessionId(8)), None), [4]);
    assert_eq!(of_operator(&bob, None, None), [0; 0]);
}

#[test]
fn a_page_has_ten_entries_unless_asked_and_never_more_than_a_hundred() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    for _ in 0..101 {
        fixture.open(1, |session| session);
    }
    let length = |limit| {
        let page: SessionsResponse = fixture.ask(QueryMsg::SessionsByCaller {
            caller: alice.to_string(),
            start_after: None,
            limit,
        });
        page.sessions.len()
    };
    assert_eq!(length(None), 10);
    assert_eq!(length(Some(100)), 100);
    assert_eq!(length(Some(u32::MAX)), 100);
}

#[test]
fn a_session_for_any_model_shows_that_and_where_it_is_in_its_life() {
    let mut fixture = Fixture::native();
    let session = fixture.open(10, |session| session);
    let shown = fixture.hub.session(session);
    assert_eq!(
        (shown.models, shown.state),
        (Models::Any {}, SessionState::Open)
    );
    assert_eq!((shown.ceiling, shown.label), (None, None));
    fixture.hub.set_time(shown.ends_at - 1);
    assert_eq!(fixture.hub.session(session).state, SessionState::Open);
    fixture.hub.set_time(shown.ends_at);
    assert_eq!(fixture.hub.session(session).state, SessionState::Ended);
}

#[test]
fn what_is_sent_past_the_contract_is_held_and_not_owed() {
    with_each_money(|mut fixture| {
        let solvency = |hub: &Hub| {
            let query = QueryMsg::Solvency {
                denom: fixture.money.unchecked(),
            };
            let answer: SolvencyResponse = hub.query_escrow(query).unwrap();
            assert_eq!(answer.denom, fixture.money.checked());
            (answer.held.u128(), answer.owed.u128())
        };
        assert_eq!(solvency(&fixture.hub), (0, 0));
        let (alice, escrow, money) = (
            fixture.alice.clone(),
            fixture.hub.escrow.clone(),
            fixture.money.clone(),
        );
        fixture.hub.give(&escrow, &money, 7);
        fixture.hub.give(&alice, &money, 10);
        fixture.hub.deposit(&alice, &money, 10, None, None).unwrap();
        assert_eq!(solvency(&fixture.hub), (17, 10));
        fixture.hub.assert_invariants();
    });
}
