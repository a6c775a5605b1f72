//! What a model was used for, written in the same step as the money.

use hub_testing::{rates, NewModel};
use hub_types::billing::{QueryMsg, RankingResponse, UsageResponse, UsageSums};
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::escrow::{self, ModelRef, Models};
use hub_types::ids::{ModelId, SessionId};
use hub_types::time::Day;
use hub_types::wire::{Mode, Units};

use crate::fixture::{Fixture, CALL};

const DAY: u64 = 86_400;

fn usage(fixture: &Fixture, model: ModelId) -> UsageResponse {
    let denom = UncheckedDenom::Native("uusdc".into());
    fixture
        .hub
        .query_billing(QueryMsg::Usage { model, denom })
        .unwrap()
}

fn unused(model: ModelId) -> UsageResponse {
    UsageResponse {
        model,
        denom: Denom::Native("uusdc".into()),
        sums: UsageSums::default(),
        first_day: None,
        last_day: None,
        payers: 0,
        payers_this_week: 0,
        returning: 0,
        payer_weeks: 0,
        recent_aged: 0u128.into(),
        settle_lag_seconds: None,
    }
}

fn call(fixture: &mut Fixture, count: u64) {
    let batch = fixture.batch(fixture.receipts(count));
    fixture.send(&batch).unwrap();
}

#[test]
fn unknown_models_and_denominations_answer_zeros_and_bad_denominations_an_error() {
    let fixture = Fixture::new();
    assert_eq!(usage(&fixture, ModelId(1)), unused(ModelId(1)));
    assert_eq!(usage(&fixture, ModelId(99)), unused(ModelId(99)));
    let ask = |denom| {
        fixture.hub.query_billing::<UsageResponse>(QueryMsg::Usage {
            model: ModelId(1),
            denom,
        })
    };
    let never = ask(UncheckedDenom::Native("never".into())).unwrap();
    assert_eq!(
        never,
        UsageResponse {
            denom: Denom::Native("never".into()),
            ..unused(ModelId(1))
        }
    );
    assert!(ask(UncheckedDenom::Native("1".into())).is_err());
    assert!(ask(UncheckedDenom::Cw20(fixture.caller.to_string())).is_err());
}

/// Attack (market-number fakes): an attester vouches for calls that no budget pays.
/// Defence: usage is written in the same step as the money; what is refused leaves no trace.
#[test]
fn refused_groups_leave_no_trace() {
    let mut fixture = Fixture::with_session(CALL - 1, |session| session);
    let batch = fixture.batch(fixture.receipts(1));
    fixture.refused_batch(&batch);
    assert_eq!(usage(&fixture, ModelId(1)), unused(ModelId(1)));
}

#[test]
fn calls_count_where_something_was_charged_and_the_rest_are_free() {
    let mut fixture = Fixture::new();
    let tiny = NewModel::named("tiny")
        .price(&fixture.money, rates(0, 1, 0))
        .release([9; 32]);
    let tiny = fixture.hub.register_model(&fixture.author.clone(), tiny);
    let receipts = fixture.hub.receipts(
        &fixture.attester,
        SessionId(1),
        tiny,
        4,
        |place, receipt| {
            receipt.units = Units::new(place % 2, 3);
        },
    );
    let today = Day::of(fixture.hub.now()).0;
    let batch = fixture
        .hub
        .batch(&fixture.attester, Mode::Itemised, receipts.clone());
    fixture.send(&batch).unwrap();
    let expected = UsageResponse {
        sums: UsageSums {
            gross: 2u128.into(),
            calls: 2,
            free_calls: 2,
            units_in: 2u128.into(),
            units_out: 12u128.into(),
            ..UsageSums::default()
        },
        first_day: Some(today),
        last_day: Some(today),
        settle_lag_seconds: Some(0),
        ..unused(tiny)
    };
    assert_eq!(usage(&fixture, tiny), expected);

    // Netted, the four together cost 1, so they are one call.
    fixture.hub.advance(DAY);
    let receipts = fixture.hub.receipts(
        &fixture.attester,
        SessionId(1),
        tiny,
        4,
        |place, receipt| {
            receipt.units = Units::new(place % 2, 3);
        },
    );
    let batch = fixture.hub.batch(&fixture.attester, Mode::Netted, receipts);
    fixture.send(&batch).unwrap();
    let expected = UsageResponse {
        sums: UsageSums {
            gross: 3u128.into(),
            calls: 3,
            free_calls: 5,
            units_in: 4u128.into(),
            units_out: 24u128.into(),
            ..UsageSums::default()
        },
        last_day: Some(today + 1),
        ..expected
    };
    assert_eq!(usage(&fixture, tiny), expected);
    fixture.hub.assert_invariants();
}

/// Attack (market-number fakes): money is borrowed, cycled through a session and returned in one transaction, to
/// look like demand.
/// Defence: only money that lay in its session for a day or more counts as aged, and names a payer.
#[test]
fn money_counts_as_aged_and_its_funder_as_a_payer_once_it_lay_in_the_session() {
    for listed in [true, false] {
        let mut fixture = Fixture::with_session(100 * CALL, |session| match listed {
            true => escrow::NewSession {
                models: Models::Listed(vec![ModelRef {
                    model: ModelId(1),
                    release: None,
                }]),
                max_price: None,
                ..session
            },
            false => session,
        });
        let summary = |fixture: &Fixture| {
            let usage = usage(fixture, ModelId(1));
            (
                usage.sums.aged.u128() / CALL,
                usage.payers,
                usage.returning,
                usage.payer_weeks,
            )
        };
        call(&mut fixture, 1);
        fixture.hub.advance(DAY);
        call(&mut fixture, 1);
        assert_eq!(summary(&fixture), (0, 0, 0, 0));
        fixture.hub.advance(DAY);
        call(&mut fixture, 2);
        call(&mut fixture, 1);
        assert_eq!(summary(&fixture), (3, 1, 0, 1));
        // A week on, the same funder may have paid on two days in a row; two weeks later it has come back once.
        fixture.hub.advance(7 * DAY);
        call(&mut fixture, 1);
        call(&mut fixture, 1);
        assert_eq!(summary(&fixture), (5, 1, 0, 2));
        fixture.hub.advance(14 * DAY);
        call(&mut fixture, 1);
        assert_eq!(summary(&fixture), (6, 1, 1, 3));
        assert_eq!(usage(&fixture, ModelId(1)).sums.gross.u128(), 8 * CALL);
        fixture.hub.assert_invariants();
    }
}

/// Attack (market-number fakes): an author, a payee or the operator calls its own model with its own money.
/// Defence: it is `related`, shown apart, and ranks nowhere.
#[test]
fn money_of_author_payee_or_operator_is_related_and_ranks_nowhere() {
    for party in ["author", "backer", "operator"] {
        let mut fixture = Fixture::new();
        let (author, backer) = (fixture.author.clone(), fixture.hub.account("backer"));
        let shared = NewModel::named("shared")
            .price(&fixture.money, rates(10, 0, 0))
            .payees(&[(&author, 9_000), (&backer, 1_000)])
            .release([9; 32]);
        fixture.model = fixture.hub.register_model(&author, shared);
        let funder = fixture.hub.account(party);
        let (caller, operator, money) = (
            fixture.caller.clone(),
            fixture.operator.clone(),
            fixture.money.clone(),
        );
        // The party itself as caller, and the party as funder of somebody else's session.
        fixture.hub.give(&funder, &money, 200);
        let session = fixture.hub.new_session(&operator, 100);
        fixture
            .hub
            .deposit(&funder, &money, 100, None, Some(session.clone()))
            .unwrap();
        let own = fixture.hub.last_session(&funder);
        fixture
            .hub
            .deposit(&funder, &money, 100, Some(&caller), Some(session))
            .unwrap();
        let paid_for = fixture.hub.last_session(&caller);
        fixture.hub.advance(3 * DAY);
        for session in [own, paid_for] {
            fixture.session = session;
            call(&mut fixture, 2);
        }
        let usage = usage(&fixture, fixture.model);
        assert_eq!(
            (
                usage.sums.gross.u128(),
                usage.sums.related.u128(),
                usage.sums.aged.u128(),
                usage.payers
            ),
            (40, 40, 0, 0)
        );
        let ranking: RankingResponse = fixture
            .hub
            .query_billing(QueryMsg::Ranking {
                denom: fixture.money.unchecked(),
                start_after: None,
                limit: None,
            })
            .unwrap();
        assert_eq!(ranking.models, []);
    }
}
