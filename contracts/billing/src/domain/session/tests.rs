use cosmwasm_std::CanonicalAddr;
use hub_types::ids::{
    AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber, SessionId, TermsNumber,
};
use hub_types::records::escrow::{Funding, Lane};
use hub_types::time::{Day, Week};
use hub_types::verifier::Measurement;
use hub_types::wire::{PublicKey, Units, Work};

use super::*;

const SESSION: u64 = 9;
const ATTESTER: u64 = 5;
const DAY: u64 = 20_000;

fn address(byte: u8) -> CanonicalAddr {
    vec![byte; 20].into()
}

fn policy() -> SessionPolicy {
    SessionPolicy {
        caller: address(1),
        funder: address(1),
        operator: address(2),
        measurement: None,
        models: vec![],
        max_price: None,
        opened_at: 0,
        expires_at: 1_000,
        closed_at: None,
        voucher_key: None,
    }
}

/// Of a budget of 100 that came in on [`DAY`], 30 are spent.
fn record(ceiling: Option<u128>) -> SessionRecord {
    SessionRecord {
        denom: DenomNumber(7),
        budget: 100,
        spent: 30,
        kept: 3,
        released: false,
        ceiling,
        lanes: vec![Lane {
            attester: AttesterId(ATTESTER),
            next: 10,
        }],
        funding: Funding::first(Day(DAY), 100),
        paid_week: Week(3),
        paid_models: 0b10,
    }
}

fn copy(claim: LaneClaim) -> SessionCopy {
    SessionCopy::new(policy(), record(None), claim)
}

fn held() -> SessionCopy {
    copy(LaneClaim::Held { next: 10 })
}

fn with_ceiling(ceiling: u128) -> SessionCopy {
    SessionCopy::new(
        policy(),
        record(Some(ceiling)),
        LaneClaim::Held { next: 10 },
    )
}

fn attester(operator: u8, measurement: Option<Measurement>) -> AttesterRecord {
    AttesterRecord {
        operator: address(operator),
        operator_number: OperatorNumber(1),
        key: PublicKey::Ed25519([2; 32]),
        measurement,
        retired_at: None,
        revoked: false,
    }
}

/// Where the receipts from `sequence` up to `end` stand.
fn position(copy: &SessionCopy, work: &Work, sequence: u64, end: u64) -> Position {
    copy.position(&Group {
        session: SessionId(SESSION),
        model: ModelId(1),
        release: ReleaseNumber(1),
        terms: TermsNumber(1),
        blob_id: None,
        oldest: 0,
        newest: 0,
        sequence,
        end,
        work,
    })
}

fn itemised() -> Work {
    Work::itemised([])
}

fn netted() -> Work {
    Work::Netted {
        count: 5,
        total: Units::default(),
    }
}

/// What the escrow is told of a session that [`held`] gives, when its lane moved to `next_after` for nothing.
fn told(next_after: u64) -> SessionSettlement {
    SessionSettlement {
        session: SessionId(SESSION),
        attester: AttesterId(ATTESTER),
        replaces: None,
        next_before: 10,
        next_after,
        charge: Uint128::zero(),
        kept: Uint128::zero(),
        ceiling: None,
        paid_week: Week(3),
        paid_models: 0b10,
    }
}

#[test]
fn only_attesters_of_the_operator_are_trusted_and_of_the_measurement_where_one_is_named() {
    assert!(held().trusts(&attester(2, None)));
    assert!(held().trusts(&attester(2, Some(Measurement::from_bytes([7; 32])))));
    assert!(!held().trusts(&attester(3, None)));

    let policy = SessionPolicy {
        measurement: Some(Measurement::from_bytes([7; 32])),
        ..policy()
    };
    let insists = SessionCopy::new(policy, record(None), LaneClaim::Free);
    assert!(insists.trusts(&attester(2, Some(Measurement::from_bytes([7; 32])))));
    assert!(!insists.trusts(&attester(2, Some(Measurement::from_bytes([8; 32])))));
    assert!(!insists.trusts(&attester(2, None)));
    assert!(!insists.trusts(&attester(3, Some(Measurement::from_bytes([7; 32])))));
}

#[test]
fn what_ends_before_the_lane_is_stale_and_what_begins_behind_it_a_gap() {
    let copy = held();
    let at = |sequence, end| position(&copy, &itemised(), sequence, end);
    assert_eq!(at(5, 10), Position::Refused(Outcome::Stale));
    assert_eq!(at(5, 11), Position::At(10));
    assert_eq!(at(10, 15), Position::At(10));
    assert_eq!(at(11, 16), Position::Refused(Outcome::Gap));
}

#[test]
fn a_netted_group_begins_where_the_lane_stands_or_not_at_all() {
    let copy = held();
    let at = |sequence, end| position(&copy, &netted(), sequence, end);
    assert_eq!(at(5, 10), Position::Refused(Outcome::Stale));
    assert_eq!(at(5, 11), Position::Refused(Outcome::Overlaps));
    assert_eq!(at(9, 14), Position::Refused(Outcome::Overlaps));
    assert_eq!(at(10, 15), Position::At(10));
    assert_eq!(at(11, 16), Position::Refused(Outcome::Gap));
}

#[test]
fn an_attester_without_a_lane_begins_at_0_if_there_is_one_for_it() {
    let replaces = LaneClaim::Replaces {
        attester: AttesterId(4),
    };
    for claim in [LaneClaim::Free, replaces] {
        let copy = copy(claim);
        assert_eq!(position(&copy, &itemised(), 0, 5), Position::At(0));
        assert_eq!(
            position(&copy, &itemised(), 1, 5),
            Position::Refused(Outcome::Gap)
        );
    }
    let full = copy(LaneClaim::Full);
    for sequence in [0, 1] {
        assert_eq!(
            position(&full, &itemised(), sequence, 5),
            Position::Refused(Outcome::LanesFull)
        );
    }
}

#[test]
fn a_session_reads_as_it_was_stored() {
    let copy = held();
    assert_eq!(copy.policy(), &policy());
    assert_eq!((copy.denom(), copy.ceiling()), (DenomNumber(7), None));
    assert_eq!((copy.payable().left, copy.payable().chargeable), (70, 70));
    let bound = with_ceiling(50);
    assert_eq!(bound.ceiling(), Some(50));
    assert_eq!((bound.payable().left, bound.payable().chargeable), (70, 20));
}

#[test]
fn money_is_aged_from_the_second_day_after_it_came_in() {
    let copy = held();
    assert_eq!(copy.aged_part(20, Day(DAY + 1)), 0);
    assert_eq!(copy.aged_part(20, Day(DAY + 2)), 20);
    assert_eq!(copy.aged_part(71, Day(DAY + 2)), 70);
}

#[test]
fn the_escrow_hears_nothing_of_a_lane_that_stands_still() {
    assert_eq!(
        held().into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
        None
    );
    let mut raised = with_ceiling(50);
    raised.raise_ceiling(60);
    assert_eq!(
        raised.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
        None
    );
}

#[test]
fn numbers_are_consumed_for_nothing_and_charged_in_sum() {
    let mut copy = held();
    copy.advance(12);
    copy.charge(15, 40).unwrap();
    assert_eq!((copy.payable().left, copy.next), (30, 15));
    copy.charge(16, 5).unwrap();
    assert_eq!((copy.payable().left, copy.next), (25, 16));
    assert_eq!(
        copy.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
        Some(SessionSettlement {
            charge: Uint128::new(45),
            ..told(16)
        })
    );
}

#[test]
fn a_charge_beyond_128_bits_is_an_error_and_moves_nothing() {
    let mut copy = held();
    assert_eq!(
        copy.charge(11, u128::MAX - 29),
        Err(ContractError::Inconsistent {
            what: "a charge beyond 128 bits"
        })
    );
    assert_eq!((copy.payable().left, copy.next), (70, 10));
}

#[test]
fn the_escrow_hears_whose_lane_is_given_away() {
    let replaces = LaneClaim::Replaces {
        attester: AttesterId(4),
    };
    for (claim, replaced) in [(LaneClaim::Free, None), (replaces, Some(4))] {
        let mut copy = copy(claim);
        copy.advance(1);
        assert_eq!(
            copy.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
            Some(SessionSettlement {
                replaces: replaced.map(AttesterId),
                next_before: 0,
                ..told(1)
            })
        );
    }
}

#[test]
fn the_escrow_hears_of_a_ceiling_only_where_it_rose() {
    for (given, kept, heard) in [
        (49, 50, None),
        (50, 50, None),
        (51, 51, Some(Uint128::new(51))),
    ] {
        let mut copy = with_ceiling(50);
        copy.raise_ceiling(given);
        assert_eq!(copy.ceiling(), Some(kept));
        copy.advance(11);
        assert_eq!(
            copy.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
            Some(SessionSettlement {
                ceiling: heard,
                ..told(11)
            })
        );
    }
    // A session without a ceiling gets none.
    let mut copy = held();
    copy.raise_ceiling(60);
    copy.advance(11);
    assert_eq!(
        copy.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
        Some(told(11))
    );
}

#[test]
fn a_payer_is_marked_once_a_week_for_each_listed_model() {
    let mut copy = held();
    let marked = |copy: &SessionCopy, week| -> Vec<usize> {
        (0..8)
            .filter(|place| copy.is_marked(Some(*place), week))
            .collect()
    };
    assert_eq!(marked(&copy, Week(3)), [1]);
    assert!(marked(&copy, Week(4)).is_empty());
    copy.mark(Some(7), Week(3));
    assert_eq!(marked(&copy, Week(3)), [1, 7]);
    copy.mark(Some(7), Week(3));
    assert_eq!(marked(&copy, Week(3)), [1, 7]);
    copy.mark(Some(0), Week(4));
    assert_eq!(
        (marked(&copy, Week(3)), marked(&copy, Week(4))),
        (vec![], vec![0])
    );
    copy.advance(11);
    assert_eq!(
        copy.into_settlement(SessionId(SESSION), AttesterId(ATTESTER)),
        Some(SessionSettlement {
            paid_week: Week(4),
            paid_models: 0b1,
            ..told(11)
        })
    );
}

#[test]
fn a_session_for_any_model_has_no_marks() {
    let mut copy = held();
    copy.mark(None, Week(3));
    assert!(!copy.is_marked(None, Week(3)));
    assert!(copy.is_marked(Some(1), Week(3)));
}
