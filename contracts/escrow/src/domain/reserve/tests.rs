use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::records::escrow::Funding;
use hub_types::time::{Day, Week};
use proptest::prelude::*;

use super::*;

const SESSION: u64 = 9;

fn reserve(budget: u128, ceiling: Option<u128>) -> Reserve {
    Reserve {
        session: SessionId(SESSION),
        record: SessionRecord {
            denom: DenomNumber(1),
            budget,
            spent: 0,
            kept: 0,
            released: false,
            ceiling,
            lanes: vec![],
            funding: Funding::first(Day(20_000), budget),
            paid_week: Week(0),
            paid_models: 0,
        },
    }
}

fn with_lanes(lanes: &[(u64, u64)]) -> Reserve {
    let mut reserve = reserve(1_000, None);
    reserve.record.lanes = lanes
        .iter()
        .map(|&(attester, next)| Lane {
            attester: AttesterId(attester),
            next,
        })
        .collect();
    reserve
}

fn settlement(
    attester: AttesterId,
    next_before: u64,
    next_after: u64,
    charge: u128,
) -> SessionSettlement {
    SessionSettlement {
        session: SessionId(SESSION),
        attester,
        replaces: None,
        next_before,
        next_after,
        charge: charge.into(),
        kept: (charge / 5).into(),
        ceiling: None,
        paid_week: Week(3),
        paid_models: 0b101,
    }
}

fn replacing(attester: AttesterId, replaces: u64, next_before: u64) -> SessionSettlement {
    SessionSettlement {
        replaces: Some(AttesterId(replaces)),
        ..settlement(attester, next_before, next_before + 5, 10)
    }
}

fn under(ceiling: u128, charge: u128) -> SessionSettlement {
    SessionSettlement {
        ceiling: Some(ceiling.into()),
        ..settlement(AttesterId(1), 0, 1, charge)
    }
}

/// The error of settling it.
fn refusal(reserve: &Reserve, settlement: &SessionSettlement) -> ContractError {
    reserve.clone().settle(settlement).unwrap_err()
}

/// The lanes after settling it.
fn lanes_after(mut reserve: Reserve, settlement: &SessionSettlement) -> Vec<(u64, u64)> {
    reserve.settle(settlement).unwrap();
    reserve
        .record
        .lanes
        .iter()
        .map(|lane| (lane.attester.0, lane.next))
        .collect()
}

const FULL: [(u64, u64); 4] = [(1, 10), (2, 20), (3, 30), (4, 40)];

#[test]
fn a_released_session_pays_nothing_whatever_else_is_wrong() {
    let mut released = with_lanes(&FULL);
    released.record.released = true;
    for settlement in [
        settlement(AttesterId(1), 10, 11, 0),
        settlement(AttesterId(9), 3, 2, 2_000),
    ] {
        assert_eq!(
            refusal(&released, &settlement),
            ContractError::SessionReleased {
                session: SessionId(SESSION)
            }
        );
    }
}

#[test]
fn a_lane_only_moves_forward() {
    for (next_before, next_after) in [(10, 10), (10, 9), (0, 0), (u64::MAX, 0)] {
        assert_eq!(
            refusal(
                &with_lanes(&FULL),
                &settlement(AttesterId(1), next_before, next_after, 0)
            ),
            ContractError::LaneNotAdvanced {
                session: SessionId(SESSION),
                attester: AttesterId(1),
                next_before,
                next_after
            }
        );
    }
}

#[test]
fn a_lane_must_stand_where_the_settlement_starts() {
    for (attester, expected, found) in [(1, 10, 9), (1, 10, 11), (1, 10, 0), (7, 0, 1)] {
        assert_eq!(
            refusal(
                &with_lanes(&FULL[..2]),
                &settlement(AttesterId(attester), found, found + 1, 0)
            ),
            ContractError::LaneMismatch {
                session: SessionId(SESSION),
                attester: AttesterId(attester),
                expected,
                found
            }
        );
    }
}

#[test]
fn a_fifth_attester_must_name_the_one_it_replaces() {
    assert_eq!(
        refusal(&with_lanes(&FULL), &settlement(AttesterId(5), 0, 1, 0)),
        ContractError::LanesFull {
            session: SessionId(SESSION),
            attester: AttesterId(5)
        }
    );
}

#[test]
fn a_replacement_needs_full_lanes_and_one_of_them_to_give_away() {
    let not_replaceable = |attester, replaces| ContractError::LaneNotReplaceable {
        session: SessionId(SESSION),
        attester,
        replaces,
    };
    // A lane is free.
    assert_eq!(
        refusal(&with_lanes(&FULL[..3]), &replacing(AttesterId(5), 1, 0)),
        not_replaceable(AttesterId(5), AttesterId(1))
    );
    // None of the lanes is attester 6's.
    assert_eq!(
        refusal(&with_lanes(&FULL), &replacing(AttesterId(5), 6, 0)),
        not_replaceable(AttesterId(5), AttesterId(6))
    );
    // It has a lane, and can neither replace itself nor another.
    assert_eq!(
        refusal(&with_lanes(&FULL), &replacing(AttesterId(2), 2, 20)),
        not_replaceable(AttesterId(2), AttesterId(2))
    );
    assert_eq!(
        refusal(&with_lanes(&FULL), &replacing(AttesterId(2), 3, 20)),
        not_replaceable(AttesterId(2), AttesterId(3))
    );
    // The number of the lane that is given away is not taken over.
    assert_eq!(
        refusal(&with_lanes(&FULL), &replacing(AttesterId(5), 2, 20)),
        ContractError::LaneMismatch {
            session: SessionId(SESSION),
            attester: AttesterId(5),
            expected: 0,
            found: 20
        }
    );
}

#[test]
fn lanes_are_moved_taken_and_given_away() {
    assert_eq!(
        lanes_after(
            with_lanes(&FULL),
            &settlement(AttesterId(3), 30, u64::MAX, 0)
        ),
        [(1, 10), (2, 20), (3, u64::MAX), (4, 40)]
    );
    assert_eq!(
        lanes_after(with_lanes(&FULL[..3]), &settlement(AttesterId(4), 0, 7, 0)),
        [(1, 10), (2, 20), (3, 30), (4, 7)]
    );
    assert_eq!(
        lanes_after(with_lanes(&FULL), &replacing(AttesterId(5), 2, 0)),
        [(1, 10), (5, 5), (3, 30), (4, 40)]
    );
}

#[test]
fn a_charge_beyond_the_budget_is_refused() {
    let mut reserve = reserve(100, None);
    reserve
        .settle(&settlement(AttesterId(1), 0, 1, 60))
        .unwrap();
    for charge in [41, u128::MAX] {
        assert_eq!(
            refusal(&reserve, &settlement(AttesterId(1), 1, 2, charge)),
            ContractError::BudgetExceeded {
                session: SessionId(SESSION),
                left: 40u128.into(),
                charge: charge.into()
            }
        );
    }
    assert_eq!(reserve.settle(&settlement(AttesterId(1), 1, 2, 40)), Ok(()));
    assert_eq!(reserve.record.spent, 100);
}

#[test]
fn a_charge_beyond_the_ceiling_is_refused() {
    let mut reserve = reserve(100, Some(50));
    reserve
        .settle(&settlement(AttesterId(1), 0, 1, 30))
        .unwrap();
    assert_eq!(
        refusal(&reserve, &settlement(AttesterId(1), 1, 2, 21)),
        ContractError::CeilingExceeded {
            session: SessionId(SESSION),
            ceiling: 50u128.into(),
            spent: 51u128.into()
        }
    );
    assert_eq!(reserve.settle(&settlement(AttesterId(1), 1, 2, 20)), Ok(()));
}

#[test]
fn a_ceiling_never_falls_and_none_appears() {
    assert_eq!(
        refusal(&reserve(100, Some(50)), &under(49, 0)),
        ContractError::CeilingFalls {
            session: SessionId(SESSION),
            ceiling: 50u128.into(),
            given: 49u128.into()
        }
    );
    assert_eq!(
        refusal(&reserve(100, None), &under(50, 0)),
        ContractError::NoCeiling {
            session: SessionId(SESSION)
        }
    );
}

#[test]
fn the_ceiling_that_comes_with_a_charge_bounds_it() {
    for (ceiling, charge) in [(50, 50), (80, 80), (u128::MAX, 100)] {
        let mut reserve = reserve(100, Some(50));
        assert_eq!(reserve.settle(&under(ceiling, charge)), Ok(()));
        assert_eq!(
            (reserve.record.ceiling, reserve.record.spent),
            (Some(ceiling), charge)
        );
    }
    assert_eq!(
        refusal(&reserve(100, Some(50)), &under(80, 81)),
        ContractError::CeilingExceeded {
            session: SessionId(SESSION),
            ceiling: 80u128.into(),
            spent: 81u128.into()
        }
    );
}

#[test]
fn numbers_can_be_consumed_at_no_charge_and_the_marks_of_the_week_are_kept() {
    let mut settled = reserve(100, None);
    settled
        .settle(&settlement(AttesterId(1), 0, 12, 0))
        .unwrap();
    let mut expected = reserve(100, None);
    expected.record.lanes = vec![Lane {
        attester: AttesterId(1),
        next: 12,
    }];
    expected.record.paid_week = Week(3);
    expected.record.paid_models = 0b101;
    assert_eq!(settled, expected);
}

proptest! {
    /// Whatever billing asks for, in whatever order.
    #[test]
    fn no_settlement_leads_beyond_budget_ceiling_or_lanes(
        budget in 1u128..1_000,
        ceiling in prop::option::of(0u128..1_200),
        asked in prop::collection::vec(
            (1u64..8, prop::option::of(1u64..8), any::<bool>(), 0u64..4, 0u128..200, prop::option::of(0u128..1_200)),
            0..60,
        ),
    ) {
        let mut reserve = reserve(budget, ceiling);
        for (attester, replaces, from_next, steps, charge, ceiling) in asked {
            let next = reserve.record.lane(AttesterId(attester)).map_or(0, |lane| lane.next);
            let next_before = if from_next { next } else { steps };
            let settlement = SessionSettlement {
                replaces: replaces.filter(|_| reserve.record.lanes.len() >= MAX_LANES).map(AttesterId),
                ceiling: ceiling.map(Uint128::new),
                ..settlement(AttesterId(attester), next_before, next_before + steps, charge)
            };
            let before = reserve.record.clone();
            let mut after = reserve.clone();
            let result = after.settle(&settlement);
            if result.is_err() {
                continue;
            }
            reserve = after;
            let record = &reserve.record;
            prop_assert_eq!(record.spent, before.spent + charge);
            prop_assert_eq!(record.left() + record.spent, budget);
            prop_assert!(record.ceiling.is_some() == before.ceiling.is_some() && record.ceiling >= before.ceiling);
            prop_assert!(record.ceiling.is_none_or(|ceiling| record.spent <= ceiling));
            prop_assert_eq!(next_before, next);
            prop_assert_eq!(record.lane(AttesterId(attester)), Some(Lane { attester: AttesterId(attester), next: next + steps }));
            prop_assert!(record.lanes.len() <= MAX_LANES);
            let lost = before.lanes.iter().filter(|lane| record.lane(lane.attester).is_none());
            let expected = settlement.replaces;
            prop_assert_eq!(lost.map(|lane| lane.attester).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
            // A lane moves once: the same settlement a second time finds it elsewhere.
            prop_assert!(reserve.clone().settle(&settlement).is_err());
        }
    }
}

#[test]
fn what_was_kept_adds_up_and_is_never_more_than_what_was_charged() {
    let mut reserve = reserve(1_000, None);
    reserve
        .settle(&settlement(AttesterId(1), 0, 1, 100))
        .unwrap();
    assert_eq!((reserve.record.spent, reserve.record.kept), (100, 20));
    let all_and_more = SessionSettlement {
        kept: 31u128.into(),
        ..settlement(AttesterId(1), 1, 2, 30)
    };
    reserve.settle(&all_and_more).unwrap();
    assert_eq!((reserve.record.spent, reserve.record.kept), (130, 50));
    // What is refused keeps nothing.
    reserve
        .settle(&settlement(AttesterId(1), 2, 3, 871))
        .unwrap_err();
    assert_eq!(reserve.record.kept, 50);
}
