//! Pages of the lists of escrow and billing: what they refuse, and what the most hostile entries cost.

use cosmwasm_std::{Addr, HexBinary, StdError, Uint128};
use hub_testing::{rates, signing_key, Hub, KeyType, Mode, Money, NewModel};
use hub_types::billing::{BackingsResponse, ExecuteMsg as BillingMsg, QueryMsg as Billing};
use hub_types::escrow::{
    Books, Credit, ExecuteMsg, ModelRef, Models, NewCeiling, NewSession, QueryMsg as Escrow,
    SessionSettlement, SpendsResponse, VoucherKey,
};
use hub_types::ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber, SessionId};
use hub_types::price::Rates;
use hub_types::time::Week;
use serde::Serialize;

use crate::escrow_fixture::{settlement, Fixture};
use crate::usage_fixture::{Trade, DAY};

/// Half of what a node allows a query: the rest is for what the code computes.
const MOST_GAS: u64 = 1_500_000;

/// The lists of the escrow, from the beginning.
fn escrow_lists(account: &Addr, operator: &Addr, limit: Option<u32>) -> Vec<Escrow> {
    let (account, operator) = (account.to_string(), operator.to_string());
    let start_after: Option<SessionId> = None;
    vec![
        Escrow::Balances {
            address: account.clone(),
            start_after: None,
            limit,
        },
        Escrow::Denoms {
            start_after: None,
            limit,
        },
        Escrow::SessionsByCaller {
            caller: account.clone(),
            start_after,
            limit,
        },
        Escrow::SessionsFromOthers {
            caller: account.clone(),
            start_after,
            limit,
        },
        Escrow::SessionsForOthers {
            funder: account,
            start_after,
            limit,
        },
        Escrow::SessionsByOperator {
            operator,
            start_after,
            limit,
        },
    ]
}

/// The lists of billing, from the beginning.
fn billing_lists(trade: &Trade, model: ModelId, limit: Option<u32>) -> Vec<Billing> {
    let denom = || trade.denom();
    let measurement = HexBinary::from([1; 32]);
    vec![
        Billing::Attesters {
            start_after: None,
            limit,
        },
        Billing::AttestersByOperator {
            operator: trade.operator.to_string(),
            start_after: None,
            limit,
        },
        Billing::AttestersByMeasurement {
            measurement: measurement.clone(),
            start_after: None,
            limit,
        },
        Billing::Batches {
            attester: trade.attester.id,
            start_after: None,
            limit,
        },
        Billing::UsageByDay {
            model,
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::UsageByRelease {
            model,
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::Payers {
            model,
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::AuthorUsage {
            author: trade.author.to_string(),
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::OperatorUsage {
            operator: trade.operator.to_string(),
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::MeasurementUsage {
            measurement,
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::Ranking {
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::LifetimeRanking {
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::RankingAt {
            operator: trade.operator.to_string(),
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::ServedBy {
            model,
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::HubByDay {
            denom: denom(),
            start_after: None,
            limit,
        },
        Billing::HubWeeks {
            denom: denom(),
            start_after: None,
            limit,
        },
    ]
}

/// The entries of an answer, which is an object with one list, or sums over as many as it counts.
fn entries(answer: &serde_json::Value) -> u64 {
    let fields = answer.as_object().expect("an answer is an object");
    let list = fields.values().find_map(|field| field.as_array());
    let counted = ["models", "attesters"]
        .iter()
        .find_map(|name| fields.get(*name)?.as_u64());
    list.map(|list| list.len() as u64)
        .or(counted)
        .expect("a list or a count")
}

/// The gas that reading a page costs, which has so many entries.
#[track_caller]
fn gas_of(hub: &mut Hub, contract: &Addr, query: &impl Serialize, expected: u64) -> u64 {
    let (answer, cost) = hub.metered(|hub| {
        let answer: Result<serde_json::Value, StdError> =
            hub.app.wrap().query_wasm_smart(contract, query);
        answer.expect("a page is answered")
    });
    let query = serde_json::to_string(query).unwrap();
    assert_eq!(entries(&answer), expected, "{query}");
    cost.gas_of_query()
}

#[test]
fn a_limit_of_zero_is_an_error_of_every_list() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let sentence = "limit is 0: give 1 to 100, or leave it out for 10";
    let account = trade.author.clone();
    for query in escrow_lists(&account, &trade.operator, Some(0)) {
        let answer: Result<serde_json::Value, StdError> = trade.hub.query_escrow(query.clone());
        let error = answer.unwrap_err().to_string();
        assert!(error.contains(sentence), "{error} for {query:?}");
    }
    for query in billing_lists(&trade, model, Some(0)) {
        let error = trade.refused(query.clone());
        assert!(error.contains(sentence), "{error} for {query:?}");
    }
}

/// Attack (storage spam and unbounded work): a stranger opens 120 sessions of one unit for a victim, whose own session
/// then is on no page that anybody looks at.
/// Defence: what others opened stands in a list of its own.
#[test]
fn gifts_push_nothing_off_the_first_page_of_a_callers_sessions() {
    let mut fixture = Fixture::native();
    let own = fixture.open(10, |session| session);
    let (alice, stranger, money) = (
        fixture.alice.clone(),
        fixture.stranger.clone(),
        fixture.money.clone(),
    );
    for _ in 0..120 {
        fixture.hub.give(&stranger, &money, 1);
        let session = fixture.session(1);
        fixture
            .hub
            .deposit(&stranger, &money, 1, Some(&alice), Some(session))
            .unwrap();
    }
    let list = |query| {
        let page: hub_types::escrow::SessionsResponse = fixture.ask(query);
        page.sessions
            .iter()
            .map(|session| session.session.0)
            .collect::<Vec<_>>()
    };
    let by_caller = |caller: &Addr| Escrow::SessionsByCaller {
        caller: caller.to_string(),
        start_after: None,
        limit: None,
    };
    let from_others = |caller: &Addr, start_after| Escrow::SessionsFromOthers {
        caller: caller.to_string(),
        start_after,
        limit: None,
    };
    assert_eq!(list(by_caller(&alice)), [own.0]);
    let newest: Vec<u64> = (112..=121).rev().collect();
    assert_eq!(list(from_others(&alice, None)), newest);
    assert_eq!(list(from_others(&alice, Some(SessionId(4)))), [3, 2]);
    assert_eq!(list(by_caller(&stranger)), [0; 0]);
    assert_eq!(list(from_others(&stranger, None)), [0; 0]);
}

/// A session that takes as many bytes as one can.
fn largest_session(operator: &Addr) -> NewSession {
    let most = Uint128::MAX;
    let key = signing_key(KeyType::Secp256k1, 1).public_key();
    NewSession {
        operator: operator.to_string(),
        measurement: Some(HexBinary::from([0xff; 32])),
        models: Models::Listed(
            (0..8)
                .map(|place| ModelRef {
                    model: ModelId(u64::MAX - place),
                    release: Some(ReleaseNumber::MAX),
                })
                .collect(),
        ),
        max_price: Some(Rates {
            per_call: most,
            per_million_in: most,
            per_million_out: most,
        }),
        budget: 4u128.into(),
        expires_at: u64::MAX,
        ceiling: Some(NewCeiling {
            key: Some(VoucherKey {
                key_type: hub_types::billing::KeyType::Secp256k1,
                key: key.as_bytes().into(),
            }),
        }),
        // A quotation mark takes two bytes in JSON.
        label: Some("\"".repeat(64)),
    }
}

/// Attack (storage spam and unbounded work): sessions, balances and denominations with the longest texts and lists fill
/// the pages of an account or operator, so that nobody can read them.
/// Defence: all of them are bounded.
#[test]
fn a_page_of_the_most_hostile_entries_of_the_escrow_stays_below_three_million_gas() {
    let mut fixture = Fixture::native();
    let (alice, operator, stranger) = (
        fixture.alice.clone(),
        fixture.operator.clone(),
        fixture.stranger.clone(),
    );
    let (escrow, billing) = (fixture.hub.escrow.clone(), fixture.hub.billing.clone());
    // The longest names that coins can have, each with a balance of its own.
    for number in 0..100 {
        let money = Money::Native(format!("ibc/{number:0>124}"));
        for (payer, beneficiary) in [
            (&alice, None),
            (&stranger, Some(&alice)),
            (&alice, Some(&stranger)),
        ] {
            fixture.hub.give(payer, &money, 4);
            let session = largest_session(&operator);
            fixture
                .hub
                .deposit(payer, &money, 4, beneficiary, Some(session))
                .unwrap();
        }
        let session = SessionId(3 * number + 1);
        for session in [0, 1, 2].map(|next| SessionId(session.0 + next)) {
            let caller = Addr::unchecked(fixture.hub.session(session).caller);
            let raise = ExecuteMsg::RaiseCeiling {
                session,
                ceiling: Uint128::MAX,
            };
            fixture.hub.escrow(&caller, raise).unwrap();
            for lane in 0..4 {
                let settlement = SessionSettlement {
                    session,
                    attester: AttesterId(u64::MAX - lane),
                    replaces: None,
                    next_before: 0,
                    next_after: u64::MAX,
                    charge: Uint128::zero(),
                    kept: Uint128::zero(),
                    ceiling: None,
                    paid_week: Week(u64::MAX),
                    paid_models: 0xff,
                };
                let books = Books {
                    sessions: vec![settlement],
                    credits: vec![],
                };
                let settle = ExecuteMsg::Settle {
                    books: books.encode(),
                };
                fixture.hub.escrow(&billing, settle).unwrap();
            }
        }
        let on = ExecuteMsg::SetAutoPayout {
            denom: money.unchecked(),
            on: true,
        };
        fixture.hub.escrow(&alice, on).unwrap();
    }
    for query in escrow_lists(&alice, &operator, Some(100)) {
        let gas = gas_of(&mut fixture.hub, &escrow, &query, 100);
        assert!(gas < MOST_GAS, "{gas} for {query:?}");
    }
}

/// Attack (storage spam and unbounded work): attesters with the longest endpoints, and a hundred of everything that usage
/// is listed by.
/// Defence: a page reads a few bounded records an entry.
#[test]
fn a_page_of_the_most_hostile_entries_of_billing_stays_below_three_million_gas() {
    let mut trade = Trade::new();
    let billing = trade.hub.billing.clone();
    let (operator, money) = (trade.operator.clone(), trade.money.clone());
    for seed in 2..=100 {
        let key = signing_key(KeyType::Secp256k1, seed);
        let BillingMsg::RegisterAttester {
            key,
            key_type,
            possession,
            evidence,
            ..
        } = trade.hub.registration(&operator, &key)
        else {
            unreachable!("a registration is one")
        };
        let msg = BillingMsg::RegisterAttester {
            key,
            key_type,
            possession,
            evidence,
            endpoint: Some(format!("https://hub.example/{}", "a".repeat(236))),
        };
        trade.hub.billing(&operator, msg).unwrap();
    }
    let (first, price) = (trade.model("model-1"), 1 << 100);
    for number in 2..=100u8 {
        let blob = std::array::from_fn(|place| if place < 16 { number } else { 0 });
        let model = NewModel::named(&format!("model-{number}"))
            .price(&money, rates(price, 0, 0))
            .release(blob);
        trade.hub.register_model(&trade.author.clone(), model);
    }
    for release in 2..=100u8 {
        trade
            .hub
            .publish(&trade.author.clone(), first, [release; 32]);
    }
    let until = trade.hub.now() + 800 * DAY;
    let sessions: Vec<SessionId> = (0..100)
        .map(|number| {
            let caller = trade.hub.account(&format!("caller-{number}"));
            trade
                .hub
                .open_session(&caller, &operator, &money, 10 * price, |session| {
                    NewSession {
                        expires_at: until,
                        ..session
                    }
                })
        })
        .collect();
    trade.hub.advance(2 * DAY);
    // A hundred batches on a hundred days, in a hundred weeks; each with a payer, a model and a release of its own.
    for (place, session) in sessions.iter().enumerate() {
        let number = place as u64 + 1;
        trade.call_release(*session, (first, ReleaseNumber(number)), 1);
        if number > 1 {
            trade.call_release(*session, (ModelId(number), ReleaseNumber(1)), 1);
        }
        trade.hub.advance(7 * DAY);
    }
    for query in billing_lists(&trade, first, Some(100)) {
        let expected = match query {
            // No verifier vouched for any of them.
            Billing::AttestersByMeasurement { .. } | Billing::MeasurementUsage { .. } => 0,
            // Its models offer the one operator nothing.
            Billing::RankingAt { .. } => 0,
            Billing::ServedBy { .. } => 1,
            _ => 100,
        };
        let gas = gas_of(&mut trade.hub, &billing, &query, expected);
        assert!(gas < MOST_GAS, "{gas} for {query:?}");
    }
}

/// Attack (storage spam and unbounded work): a reader of whoever spent asks about as many funders and operators as it may,
/// with records as wide as they get.
/// Defence: the product of both has a most.
#[test]
fn the_most_that_is_asked_about_spends_stays_below_three_million_gas() {
    let mut hub = Hub::builder().unwatched().plays_billing().build();
    let money = hub.money_native();
    let (escrow, billing) = (hub.escrow.clone(), hub.billing.clone());
    let accounts = |hub: &Hub, what: &str, count: u64| -> Vec<Addr> {
        (0..count)
            .map(|number| hub.account(&format!("{what} {number}")))
            .collect()
    };
    let (funders, operators) = (
        accounts(&hub, "funder", 100),
        accounts(&hub, "operator", 16),
    );
    let budget = 1 << 116;
    let pairs = |(names, believed): (usize, usize)| {
        (0..names).flat_map(move |name| (0..believed).map(move |operator| (name, operator)))
    };
    let largest = [(100, 8), (50, 16)];
    let mut asked: Vec<(usize, usize)> = largest.into_iter().flat_map(pairs).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut sessions = vec![];
    for (funder, operator) in &asked {
        let session = NewSession {
            expires_at: hub.now() + 3_600,
            ..hub.new_session(&operators[*operator], budget)
        };
        let funder = &funders[*funder];
        hub.give(funder, &money, budget);
        hub.deposit(funder, &money, budget, None, Some(session))
            .unwrap();
        sessions.push((SessionId(sessions.len() as u64 + 1), *operator));
    }
    let earned = Credit {
        account: hub.canonical(&operators[0]),
        denom: DenomNumber(1),
        amount: budget.into(),
    };
    for chunk in sessions.chunks(100) {
        let charged = chunk.iter().map(|(session, _)| SessionSettlement {
            kept: budget.into(),
            ..settlement(*session, AttesterId(1), 0, budget)
        });
        let books = Books {
            sessions: charged.collect(),
            credits: vec![Credit {
                amount: (budget * chunk.len() as u128).into(),
                ..earned.clone()
            }],
        };
        let settle = ExecuteMsg::Settle {
            books: books.encode(),
        };
        hub.escrow(&billing, settle).unwrap();
    }
    hub.advance(2 * DAY);
    for (session, operator) in sessions {
        let release = ExecuteMsg::ReleaseSession { session };
        hub.escrow(&operators[operator], release).unwrap();
    }
    let texts = |all: &[Addr]| all.iter().map(Addr::to_string).collect::<Vec<_>>();
    for (names, believed) in largest {
        let query = Escrow::Spends {
            funders: texts(&funders[..names]),
            denom: money.unchecked(),
            operators: texts(&operators[..believed]),
        };
        let answer: SpendsResponse = hub.query_escrow(query.clone()).unwrap();
        let all = budget * believed as u128;
        assert!(answer.funders.iter().all(|it| it.kept_with.u128() == all));
        let gas = gas_of(&mut hub, &escrow, &query, names as u64);
        assert!(
            gas < MOST_GAS,
            "{gas} for {names} funders and {believed} operators"
        );
    }
}

/// Attack (storage spam and unbounded work): operators take the places in the records of a hundred models, so that those that
/// a reader believes have records of their own, all as wide as they get.
/// Defence: the product of models and operators has a most.
#[test]
fn the_most_that_is_asked_about_backing_stays_below_three_million_gas() {
    const OPERATORS: u64 = 20;
    let mut hub = Hub::builder().unwatched().build();
    let (money, billing, author) = (
        hub.money_native(),
        hub.billing.clone(),
        hub.account("author"),
    );
    let price = 1 << 108;
    let models: Vec<ModelId> = (1..=100u8)
        .map(|number| {
            let model = NewModel::named(&format!("model-{number}"))
                .price(&money, rates(price, 0, 0))
                .operator_bps(5_000)
                .release([number; 32]);
            hub.register_model(&author, model)
        })
        .collect();
    let mut operators = vec![];
    for number in 0..OPERATORS {
        let operator = hub.account(&format!("operator {number}"));
        let attester = hub.register_attester(&operator, KeyType::Ed25519, number);
        let caller = hub.account(&format!("caller {number}"));
        let session = hub.open_session(&caller, &operator, &money, 200 * price, |session| session);
        operators.push((operator, attester, session));
    }
    hub.advance(2 * DAY);
    for (_, attester, session) in &operators {
        let receipts = models
            .iter()
            .flat_map(|model| hub.receipts(attester, *session, *model, 1, |_, _| {}));
        let receipts: Vec<_> = receipts.collect();
        let (answer, _) = hub.settle(attester, Mode::Itemised, receipts);
        assert_eq!(answer.paid, 100);
    }
    for (names, believed) in [(100, 8), (50, 16)] {
        // The first four of each model stand in its own record.
        let named = &operators[4..4 + believed];
        let query = Billing::Backings {
            models: models[..names].to_vec(),
            denom: money.unchecked(),
            operators: named.iter().map(|(it, ..)| it.to_string()).collect(),
            factor: None,
        };
        let answer: BackingsResponse = hub.query_billing(query.clone()).unwrap();
        let all = price * believed as u128;
        assert!(answer.backings.iter().all(|it| it.backed.u128() == all));
        let gas = gas_of(&mut hub, &billing, &query, names as u64);
        assert!(
            gas < MOST_GAS,
            "{gas} for {names} models and {believed} operators"
        );
    }
}
