//! What a model was used for, written in the same step as the money.

use hub_testing::{rates, NewModel};
use hub_types::billing::{QueryMsg, RankingResponse, UsageResponse, UsageSums};
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::escrow::{self, ModelRef, Models};
use hub_types::ids::{ModelId, SessionId};
use hub_types::time;
use hub_types::wire::{Mode, Units};

use crate::stage::{Stage, CALL};

const DAY: u64 = 86_400;

fn usage(stage: &Stage, model: ModelId) -> UsageResponse {
    let denom = UncheckedDenom::Native("uusdc".into());
    stage
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

fn call(stage: &mut Stage, count: u64) {
    let batch = stage.batch(stage.receipts(count));
    stage.send(&batch).unwrap();
}

#[test]
fn unknown_models_and_denominations_answer_zeros_and_bad_denominations_an_error() {
    let stage = Stage::new();
    assert_eq!(usage(&stage, ModelId(1)), unused(ModelId(1)));
    assert_eq!(usage(&stage, ModelId(99)), unused(ModelId(99)));
    let ask = |denom| {
        stage.hub.query_billing::<UsageResponse>(QueryMsg::Usage {
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
    assert!(ask(UncheckedDenom::Cw20(stage.caller.to_string())).is_err());
}

/// Attack (market-number fakes): an attester vouches for calls that no budget pays.
/// Defence: usage is written in the same step as the money; what is refused leaves no trace.
#[test]
fn refused_groups_leave_no_trace() {
    let mut stage = Stage::with_session(CALL - 1, |session| session);
    let batch = stage.batch(stage.receipts(1));
    stage.refused_batch(&batch);
    assert_eq!(usage(&stage, ModelId(1)), unused(ModelId(1)));
}

#[test]
fn calls_count_where_something_was_charged_and_the_rest_are_free() {
    let mut stage = Stage::new();
    let tiny = NewModel::named("tiny")
        .price(&stage.money, rates(0, 1, 0))
        .release([9; 32]);
    let tiny = stage.hub.register_model(&stage.author.clone(), tiny);
    let receipts = stage
        .hub
        .receipts(&stage.attester, SessionId(1), tiny, 4, |place, receipt| {
            receipt.units = Units::new(place % 2, 3);
        });
    let today = time::day(stage.hub.now());
    let batch = stage
        .hub
        .batch(&stage.attester, Mode::Itemised, receipts.clone());
    stage.send(&batch).unwrap();
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
    assert_eq!(usage(&stage, tiny), expected);

    // Netted, the four together cost 1, so they are one call.
    stage.hub.advance(DAY);
    let receipts = stage
        .hub
        .receipts(&stage.attester, SessionId(1), tiny, 4, |place, receipt| {
            receipt.units = Units::new(place % 2, 3);
        });
    let batch = stage.hub.batch(&stage.attester, Mode::Netted, receipts);
    stage.send(&batch).unwrap();
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
    assert_eq!(usage(&stage, tiny), expected);
    stage.hub.assert_invariants();
}

/// Attack (market-number fakes): money is borrowed, cycled through a session and returned in one transaction, to
/// look like demand.
/// Defence: only money that lay in its session for a day or more counts as aged, and names a payer.
#[test]
fn money_counts_as_aged_and_its_funder_as_a_payer_once_it_lay_in_the_session() {
    for listed in [true, false] {
        let mut stage = Stage::with_session(100 * CALL, |session| match listed {
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
        let summary = |stage: &Stage| {
            let usage = usage(stage, ModelId(1));
            (
                usage.sums.aged.u128() / CALL,
                usage.payers,
                usage.returning,
                usage.payer_weeks,
            )
        };
        call(&mut stage, 1);
        stage.hub.advance(DAY);
        call(&mut stage, 1);
        assert_eq!(summary(&stage), (0, 0, 0, 0));
        stage.hub.advance(DAY);
        call(&mut stage, 2);
        call(&mut stage, 1);
        assert_eq!(summary(&stage), (3, 1, 0, 1));
        // A week on, the same funder may have paid on two days in a row; two weeks later it has come back once.
        stage.hub.advance(7 * DAY);
        call(&mut stage, 1);
        call(&mut stage, 1);
        assert_eq!(summary(&stage), (5, 1, 0, 2));
        stage.hub.advance(14 * DAY);
        call(&mut stage, 1);
        assert_eq!(summary(&stage), (6, 1, 1, 3));
        assert_eq!(usage(&stage, ModelId(1)).sums.gross.u128(), 8 * CALL);
        stage.hub.assert_invariants();
    }
}

/// Attack (market-number fakes): an author, a payee or the operator calls its own model with its own money.
/// Defence: it is `related`, shown apart, and ranks nowhere.
#[test]
fn money_of_author_payee_or_operator_is_related_and_ranks_nowhere() {
    for party in ["author", "backer", "operator"] {
        let mut stage = Stage::new();
        let (author, backer) = (stage.author.clone(), stage.hub.account("backer"));
        let shared = NewModel::named("shared")
            .price(&stage.money, rates(10, 0, 0))
            .payees(&[(&author, 9_000), (&backer, 1_000)])
            .release([9; 32]);
        stage.model = stage.hub.register_model(&author, shared);
        let funder = stage.hub.account(party);
        let (caller, operator, money) = (
            stage.caller.clone(),
            stage.operator.clone(),
            stage.money.clone(),
        );
        // The party itself as caller, and the party as funder of somebody else's session.
        stage.hub.give(&funder, &money, 200);
        let session = stage.hub.new_session(&operator, 100);
        stage
            .hub
            .deposit(&funder, &money, 100, None, Some(session.clone()))
            .unwrap();
        let own = stage.hub.last_session(&funder);
        stage
            .hub
            .deposit(&funder, &money, 100, Some(&caller), Some(session))
            .unwrap();
        let paid_for = stage.hub.last_session(&caller);
        stage.hub.advance(3 * DAY);
        for session in [own, paid_for] {
            stage.session = session;
            call(&mut stage, 2);
        }
        let usage = usage(&stage, stage.model);
        assert_eq!(
            (
                usage.sums.gross.u128(),
                usage.sums.related.u128(),
                usage.sums.aged.u128(),
                usage.payers
            ),
            (40, 40, 0, 0)
        );
        let ranking: RankingResponse = stage
            .hub
            .query_billing(QueryMsg::Ranking {
                denom: stage.money.unchecked(),
                start_after: None,
                limit: None,
            })
            .unwrap();
        assert_eq!(ranking.models, []);
    }
}
