//! New terms: rises wait for the notice, cuts begin at once, and what waits can be taken back until shortly before.

use cosmwasm_std::Addr;
use hub_testing::{data, event, rates, terms, Hub, NewModel, RegistryError, START_TIME};
use hub_types::ids::{ModelId, TermsNumber};
use hub_types::page::PageError;
use hub_types::price::Price;
use hub_types::registry::{
    ExecuteMsg, Payee, QueryMsg, TermsCreated, TermsListResponse, TermsResponse, UncheckedTerms,
    Validity,
};

use crate::fixture::attributes;
use crate::registry_fixture::{
    ask, assert_no_answer, interval, market_model, refused, terms_at, terms_of, validities, DAY,
    GRACE,
};

struct Fixture {
    hub: Hub,
    author: Addr,
    model: ModelId,
}

impl Fixture {
    /// A model at 10 a call, 20 per million units in and 30 per million out.
    fn new() -> Self {
        Self::on(Hub::new())
    }

    fn on(mut hub: Hub) -> Self {
        let author = hub.account("author");
        let money = hub.money_native();
        let model = hub.register_model(&author, market_model(0).price(&money, rates(10, 20, 30)));
        Self { hub, author, model }
    }

    fn at(&self, per_call: u128) -> UncheckedTerms {
        self.priced(per_call, 20, 30)
    }

    fn priced(&self, per_call: u128, per_in: u128, per_out: u128) -> UncheckedTerms {
        let payees = [(&self.author, 10_000)];
        let price = rates(per_call, per_in, per_out);
        terms(&self.hub.money_native(), price, 0, &payees)
    }

    fn set(&mut self, terms: UncheckedTerms) -> TermsCreated {
        self.hub.set_terms(&self.author.clone(), self.model, terms)
    }

    fn set_price(&mut self, per_call: u128) -> TermsCreated {
        let terms = self.at(per_call);
        self.set(terms)
    }

    fn validities(&self) -> Vec<Validity> {
        validities(&self.hub, self.model)
    }

    fn in_force(&self, time: u64) -> Vec<TermsNumber> {
        terms_at(&self.hub, self.model, time)
    }
}

fn created(terms: TermsNumber, effective_from: u64) -> TermsCreated {
    TermsCreated {
        terms,
        effective_from,
    }
}

#[test]
fn terms_with_wrong_shares_are_refused() {
    let mut fixture = Fixture::new();
    let mut terms = fixture.at(10);
    terms.operator_bps = 1;
    let msg = ExecuteMsg::SetTerms {
        model: fixture.model,
        terms,
    };
    assert_eq!(
        refused(&mut fixture.hub, &fixture.author, msg),
        RegistryError::SharesNotWhole {
            operator_bps: 1,
            payees_bps: 10_000
        }
    );
}

#[test]
fn numbers_that_were_never_set_have_no_answer() {
    let fixture = Fixture::new();
    for terms in [0, 2, u64::MAX] {
        assert_no_answer(
            &fixture.hub,
            QueryMsg::Terms {
                model: ModelId(1),
                terms: TermsNumber(terms),
            },
            RegistryError::UnknownTerms {
                model: ModelId(1),
                terms: TermsNumber(terms),
                latest: TermsNumber(1),
            },
        );
    }
}

#[test]
fn a_rise_takes_over_after_the_notice_to_the_second() {
    let mut fixture = Fixture::new();
    fixture.hub.advance(500);
    let (author, partner) = (fixture.author.clone(), fixture.hub.account("partner"));
    let (now, begins) = (START_TIME + 500, START_TIME + 500 + DAY);
    let payees = [(&author, 6_000), (&partner, 3_000)];
    let dearer = terms(
        &fixture.hub.money_native(),
        rates(10, 20, 31),
        1_000,
        &payees,
    );

    let msg = ExecuteMsg::SetTerms {
        model: ModelId(1),
        terms: dearer,
    };
    let response = fixture.hub.registry(&author, msg).unwrap();

    assert_eq!(
        data::<TermsCreated>(&response),
        created(TermsNumber(2), begins)
    );
    let (from, shares) = (begins.to_string(), format!("{author}:6000,{partner}:3000"));
    assert_eq!(
        event(&response, "hub_terms_set"),
        attributes(&[
            ("model", "1"),
            ("terms", "2"),
            ("denom", "uusdc"),
            ("per_call", "10"),
            ("per_million_in", "20"),
            ("per_million_out", "31"),
            ("operator_bps", "1000"),
            ("payees", &shares),
            ("effective_from", &from),
            ("supersedes", "1"),
            ("superseded_at", &from),
        ])
    );
    let payee = |address: &Addr, bps| Payee {
        address: address.clone(),
        bps,
    };
    let response = |terms, price, operator_bps, payees, validity| TermsResponse {
        model: ModelId(1),
        terms,
        price: Price::new(fixture.hub.money_native().checked(), price),
        operator_bps,
        payees,
        validity,
    };
    let first = response(
        TermsNumber(1),
        rates(10, 20, 30),
        0,
        vec![payee(&author, 10_000)],
        interval(START_TIME - GRACE, begins),
    );
    let second = response(
        TermsNumber(2),
        rates(10, 20, 31),
        1_000,
        vec![payee(&author, 6_000), payee(&partner, 3_000)],
        interval(begins, None),
    );
    assert_eq!(
        terms_of(&fixture.hub, ModelId(1)),
        [first.clone(), second.clone()]
    );
    let question = QueryMsg::Terms {
        model: ModelId(1),
        terms: TermsNumber(2),
    };
    assert_eq!(ask::<TermsResponse>(&fixture.hub, question), second);
    assert_eq!(fixture.hub.model(ModelId(1)).latest_terms, TermsNumber(2));
    for (time, expected) in [
        (Some(START_TIME - GRACE), vec![first.clone()]),
        (Some(now), vec![first.clone()]),
        (None, vec![first.clone()]),
        (Some(begins - 1), vec![first]),
        (Some(begins), vec![second]),
        (Some(START_TIME - GRACE - 1), vec![]),
    ] {
        let question = QueryMsg::TermsAt {
            model: ModelId(1),
            time,
        };
        assert_eq!(
            ask::<TermsListResponse>(&fixture.hub, question).terms,
            expected
        );
    }
    fixture.hub.assert_invariants();
}

#[test]
fn every_component_above_its_own_is_a_rise_and_none_above_is_not() {
    for (price, rises) in [
        (rates(11, 0, 0), true),
        (rates(0, 21, 0), true),
        (rates(0, 0, 31), true),
        (rates(u128::MAX, u128::MAX, u128::MAX), true),
        (rates(10, 20, 30), false),
        (rates(9, 20, 30), false),
        (rates(0, 0, 0), false),
    ] {
        let mut fixture = Fixture::new();
        fixture.hub.advance(7);
        let now = fixture.hub.now();
        let terms = terms(
            &fixture.hub.money_native(),
            price,
            0,
            &[(&fixture.author, 10_000)],
        );
        let from = if rises { now + DAY } else { now };
        assert_eq!(
            fixture.set(terms),
            created(TermsNumber(2), from),
            "{price:?}"
        );
    }
}

#[test]
fn another_denomination_waits_for_the_notice_at_any_price() {
    let mut fixture = Fixture::new();
    let now = fixture.hub.now();
    let token = fixture.hub.money_cw20();
    let in_token = terms(&token, rates(0, 0, 0), 0, &[(&fixture.author, 10_000)]);
    assert_eq!(fixture.set(in_token), created(TermsNumber(2), now + DAY));
    assert_eq!(
        fixture.validities(),
        [interval(now - GRACE, now + DAY), interval(now + DAY, None)]
    );
}

/// Attack (time and grace edges): an author cuts its price so that receipts at the terms before, just served, are
/// refused.
/// Defence: both can be charged during the grace.
#[test]
fn a_cut_begins_at_once_and_leaves_the_terms_before_for_the_grace() {
    let mut fixture = Fixture::new();
    fixture.hub.advance(500);
    let now = fixture.hub.now();
    let msg = ExecuteMsg::SetTerms {
        model: ModelId(1),
        terms: fixture.at(9),
    };
    let response = fixture.hub.registry(&fixture.author.clone(), msg).unwrap();
    assert_eq!(
        data::<TermsCreated>(&response),
        created(TermsNumber(2), now)
    );
    let attributes = event(&response, "hub_terms_set");
    let (from, until) = (now.to_string(), (now + GRACE).to_string());
    assert_eq!(
        attributes.get(8..),
        Some(
            &crate::fixture::attributes(&[
                ("effective_from", &from),
                ("supersedes", "1"),
                ("superseded_at", &until),
            ])[..]
        )
    );
    assert_eq!(
        fixture.validities(),
        [
            interval(START_TIME - GRACE, now + GRACE),
            interval(now, None)
        ]
    );
    for (time, expected) in [
        (now - 1, &[1][..]),
        (now, &[2, 1]),
        (now + GRACE - 1, &[2, 1]),
        (now + GRACE, &[2]),
    ] {
        let in_force: Vec<u64> = fixture.in_force(time).into_iter().map(u64::from).collect();
        assert_eq!(in_force, expected);
    }
    assert_eq!(
        terms_at(&fixture.hub, ModelId(1), None),
        [2, 1].map(TermsNumber)
    );
    fixture.hub.assert_invariants();
}

#[test]
fn identical_terms_are_taken_and_spend_a_number() {
    let mut fixture = Fixture::new();
    let now = fixture.hub.now();
    assert_eq!(fixture.set_price(10), created(TermsNumber(2), now));
    assert_eq!(fixture.set_price(10), created(TermsNumber(3), now));
    assert_eq!(
        fixture.validities(),
        [
            interval(now - GRACE, now + GRACE),
            interval(now, now + GRACE),
            interval(now, None)
        ]
    );
    assert_eq!(fixture.in_force(now), [3, 2, 1].map(TermsNumber));
    fixture.hub.assert_invariants();
}

#[test]
fn a_second_rise_replaces_one_that_waits_and_waits_anew() {
    let mut fixture = Fixture::new();
    fixture.set_price(11);
    fixture.hub.advance(1_000);
    let now = fixture.hub.now();

    let msg = ExecuteMsg::SetTerms {
        model: ModelId(1),
        terms: fixture.at(12),
    };
    let response = fixture.hub.registry(&fixture.author.clone(), msg).unwrap();

    let dropped = ("dropped".to_owned(), "2".to_owned());
    assert_eq!(event(&response, "hub_terms_set").last(), Some(&dropped));
    assert_eq!(
        data::<TermsCreated>(&response),
        created(TermsNumber(3), now + DAY)
    );
    assert_eq!(
        fixture.validities(),
        [
            interval(START_TIME - GRACE, now + DAY),
            Validity::Dropped {},
            interval(now + DAY, None)
        ]
    );
    assert_eq!(fixture.in_force(START_TIME + DAY), [1].map(TermsNumber));
    fixture.hub.assert_invariants();
}

#[test]
fn the_present_price_takes_a_waiting_rise_back() {
    let mut fixture = Fixture::new();
    fixture.set_price(11);
    fixture.hub.advance(1_000);
    let now = fixture.hub.now();
    assert_eq!(fixture.set_price(10), created(TermsNumber(3), now));
    assert_eq!(
        fixture.validities(),
        [
            interval(START_TIME - GRACE, now + GRACE),
            Validity::Dropped {},
            interval(now, None)
        ]
    );
    assert_eq!(fixture.in_force(START_TIME + DAY), [3].map(TermsNumber));
    fixture.hub.assert_invariants();
}

/// Attack (time and grace edges): an author withdraws announced terms in the second in which they begin.
/// Defence: from the grace before it begins, a set of terms counts as in force and cannot be dropped.
#[test]
fn a_waiting_rise_can_be_dropped_a_second_before_the_grace_and_not_in_it() {
    let begins = START_TIME + DAY;
    let mut fixture = Fixture::new();
    fixture.set_price(20);
    fixture.hub.set_time(begins - GRACE - 1);
    let now = fixture.hub.now();
    assert_eq!(fixture.set_price(15), created(TermsNumber(3), now + DAY));
    assert_eq!(
        fixture.validities(),
        [
            interval(START_TIME - GRACE, now + DAY),
            Validity::Dropped {},
            interval(now + DAY, None)
        ]
    );

    for now in [begins - GRACE, begins - 1] {
        let mut fixture = Fixture::new();
        fixture.set_price(20);
        fixture.hub.set_time(now);
        // Compared with 20, 15 is no rise: it follows 20 at the second at which 20 begins.
        assert_eq!(fixture.set_price(15), created(TermsNumber(3), begins));
        assert_eq!(
            fixture.validities(),
            [
                interval(START_TIME - GRACE, begins),
                interval(begins, now + GRACE),
                interval(begins, None)
            ]
        );
        assert_eq!(fixture.in_force(begins - 1), [1].map(TermsNumber));
        let both = if now + GRACE > begins {
            vec![TermsNumber(3), TermsNumber(2)]
        } else {
            vec![TermsNumber(3)]
        };
        assert_eq!(fixture.in_force(begins), both);
        fixture.hub.assert_invariants();
    }
}

#[test]
fn a_rise_on_top_of_one_about_to_begin_waits_for_the_notice_behind_it() {
    let mut fixture = Fixture::new();
    fixture.set_price(20);
    let begins = START_TIME + DAY;
    fixture.hub.set_time(begins - GRACE);
    let now = fixture.hub.now();
    assert_eq!(fixture.set_price(30), created(TermsNumber(3), now + DAY));
    assert_eq!(
        fixture.validities(),
        [
            interval(START_TIME - GRACE, begins),
            interval(begins, now + DAY),
            interval(now + DAY, None)
        ]
    );
    fixture.hub.assert_invariants();
}

#[test]
fn the_notice_is_the_registrys_own() {
    let hub = Hub::builder()
        .receipt_max_age(100)
        .price_notice(3 * DAY)
        .build();
    let mut fixture = Fixture::on(hub);
    let now = fixture.hub.now();
    assert_eq!(
        fixture.set_price(11),
        created(TermsNumber(2), now + 3 * DAY)
    );
}

#[test]
fn terms_of_retired_models_can_be_set() {
    let mut fixture = Fixture::new();
    let msg = ExecuteMsg::SetStatus {
        model: ModelId(1),
        status: hub_types::registry::StatusName::Retired,
    };
    fixture.hub.registry(&fixture.author.clone(), msg).unwrap();
    let now = fixture.hub.now();
    assert_eq!(fixture.set_price(9), created(TermsNumber(2), now));
}

#[test]
fn terms_lie_on_pages() {
    let mut fixture = Fixture::new();
    for price in (0..10).rev() {
        fixture.set_price(price);
    }
    fixture.set_price(0);
    let numbers = |start_after, limit| -> Vec<u64> {
        let question = QueryMsg::TermsList {
            model: ModelId(1),
            start_after,
            limit,
        };
        let page: TermsListResponse = ask(&fixture.hub, question);
        page.terms.iter().map(|terms| terms.terms.0).collect()
    };
    assert_eq!(numbers(None, None), (3..=12).rev().collect::<Vec<_>>());
    assert_eq!(numbers(Some(TermsNumber(3)), None), [2, 1]);
    assert_eq!(numbers(Some(TermsNumber(10)), Some(2)), [9, 8]);
    assert_eq!(numbers(None, Some(100)), (1..=12).rev().collect::<Vec<_>>());
    assert_eq!(numbers(Some(TermsNumber(1)), None), Vec::<u64>::new());
    assert_eq!(numbers(Some(TermsNumber(u64::MAX)), Some(1)), [12]);
    let question = QueryMsg::TermsList {
        model: ModelId(1),
        start_after: None,
        limit: Some(0),
    };
    let error = RegistryError::Page(PageError::LimitZero);
    assert_no_answer(&fixture.hub, question, error);
}

#[test]
fn terms_of_one_model_say_nothing_about_another() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    let other = fixture
        .hub
        .register_model(&author, NewModel::named("other"));
    fixture.set_price(11);
    assert_eq!(
        validities(&fixture.hub, other),
        [interval(START_TIME - GRACE, None)]
    );
}
