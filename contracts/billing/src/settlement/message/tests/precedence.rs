//! Which outcome a group has when several causes hold at once, pair by pair; and what becomes of the parts of a group
//! that lies on both sides of a limit of time.

use super::*;
use hub_types::ids::AttesterId;

/// A group that would be paid, and the records that it meets.
struct Case {
    market: Market,
    sequence: u64,
    is_netted: bool,
}

/// The oldest receipt of a case.
const OLDEST: u64 = NOW - 20;
/// The newest receipt of a case.
const NEWEST: u64 = NOW - 10;
/// A time before both, and one between them.
const BEFORE: u64 = OLDEST - 100;
const BETWEEN: u64 = NOW - 15;

impl Case {
    fn new() -> Self {
        let market = Market::with(|market| market.policy.max_price = None);
        Self {
            market,
            sequence: 0,
            is_netted: false,
        }
    }

    /// The outcome, and whether the lane moved to the end of the group.
    fn outcome(&self) -> (Outcome, bool) {
        let total = Units::new(6, 8);
        let work = match self.is_netted {
            true => Work::Netted { count: 2, total },
            false => two(),
        };
        let end = self.sequence + 2;
        let (outcome, moved) = self.market.outcome(Group {
            oldest: OLDEST,
            newest: NEWEST,
            sequence: self.sequence,
            end,
            ..calls(&work)
        });
        (outcome, moved == Some(end))
    }
}

/// Something about a case that alone leads to an outcome.
struct Cause {
    outcome: Outcome,
    /// Causes of one kind cannot hold at once.
    kinds: &'static [&'static str],
    apply: fn(&mut Case),
}

fn cause(outcome: Outcome, apply: fn(&mut Case)) -> Cause {
    kind(outcome, &[], apply)
}

fn kind(outcome: Outcome, kinds: &'static [&'static str], apply: fn(&mut Case)) -> Cause {
    Cause {
        outcome,
        kinds,
        apply,
    }
}

fn lane(case: &mut Case, next: u64) {
    let attester = ATTESTER;
    case.market.record.lanes = vec![Lane { attester, next }];
}

fn terms_until(case: &mut Case, until: u64) {
    case.market.terms.validity = Validity::Interval {
        from: 0,
        until: Some(until),
    };
}

/// Every cause, the one that wins over all others first. This is the order that the specification states.
fn causes() -> Vec<Cause> {
    let full = |case: &mut Case| {
        let lanes = (101..=104).map(|attester| Lane {
            attester: AttesterId(attester),
            next: 7,
        });
        case.market.record.lanes = lanes.collect();
    };
    vec![
        cause(Outcome::UnknownSession, |case| {
            case.market.record.released = true;
        }),
        cause(Outcome::AttesterNotAllowed, |case| {
            case.market.policy.operator = account(AUTHOR);
        }),
        kind(Outcome::Stale, &["lane", "start"], |case| lane(case, 2)),
        kind(Outcome::LanesFull, &["lane"], full),
        kind(Outcome::Gap, &["start"], |case| case.sequence = 1),
        kind(Outcome::Overlaps, &["lane", "start"], |case| {
            case.is_netted = true;
            lane(case, 1);
        }),
        kind(Outcome::Expired, &["age"], |case| {
            case.market.receipt_max_age_seconds = 5;
        }),
        kind(Outcome::AttesterRetired, &["cutoff"], |case| {
            case.market.attester.retired_at = Some(BEFORE);
        }),
        kind(Outcome::Closed, &["session"], |case| {
            case.market.policy.closed_at = Some(BEFORE);
        }),
        cause(Outcome::ModelNotAllowed, |case| {
            case.market.policy.models = vec![ListedModel {
                model: MODEL,
                release: Some(RELEASE.next()),
            }];
        }),
        cause(Outcome::UnknownModel, |case| {
            case.market.is_registered = false;
        }),
        cause(Outcome::UnknownRelease, |case| {
            case.market.model.latest_release.0 = RELEASE.0 - 1;
        }),
        cause(Outcome::UnknownTerms, |case| {
            case.market.model.latest_terms.0 = TERMS_NUMBER.0 - 1;
        }),
        kind(Outcome::TermsNotInForce, &["terms"], |case| {
            terms_until(case, BEFORE);
        }),
        kind(Outcome::Retired, &["model"], |case| {
            case.market.model.status = ModelStatus::Retired { cutoff: BEFORE };
        }),
        cause(Outcome::WrongDenom, |case| {
            case.market.terms.denom = denom(TOKEN);
        }),
        cause(Outcome::PriceAboveLimit, |case| {
            case.market.policy.max_price = Some(rates(9));
        }),
        kind(Outcome::Straddles, &["age"], |case| {
            case.market.receipt_max_age_seconds = NOW - BETWEEN;
        }),
        kind(Outcome::Straddles, &["cutoff"], |case| {
            case.market.attester.retired_at = Some(BETWEEN);
        }),
        kind(Outcome::Straddles, &["session"], |case| {
            case.market.policy.closed_at = Some(BETWEEN);
        }),
        kind(Outcome::Straddles, &["session"], |case| {
            case.market.policy.opened_at = BETWEEN + 60;
        }),
        kind(Outcome::Straddles, &["terms"], |case| {
            terms_until(case, BETWEEN);
        }),
        kind(Outcome::Straddles, &["model"], |case| {
            case.market.model.status = ModelStatus::Retired { cutoff: BETWEEN };
        }),
        kind(Outcome::Straddles, &["model"], |case| {
            case.market.model.active_from = BETWEEN;
        }),
        cause(Outcome::Overflow, |case| {
            case.market.terms.rates = beyond_128_bits();
        }),
        kind(Outcome::Exhausted, &["budget"], |case| {
            case.market.record.budget = 9;
        }),
        cause(Outcome::VoucherMissing, |case| {
            case.market.record.ceiling = Some(9);
        }),
        kind(Outcome::Partial { receipts: 1 }, &["budget"], |case| {
            case.market.record.budget = 15;
        }),
    ]
}

/// Whether the numbers of a group are spent by its outcome.
fn consumes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::UnknownSession
        | Outcome::AttesterNotAllowed
        | Outcome::Stale
        | Outcome::LanesFull
        | Outcome::Gap
        | Outcome::Overlaps
        | Outcome::Straddles
        | Outcome::Exhausted
        | Outcome::VoucherMissing
        | Outcome::Partial { .. } => false,
        Outcome::Expired
        | Outcome::AttesterRetired
        | Outcome::Closed
        | Outcome::ModelNotAllowed
        | Outcome::UnknownModel
        | Outcome::UnknownRelease
        | Outcome::UnknownTerms
        | Outcome::TermsNotInForce
        | Outcome::Retired
        | Outcome::WrongDenom
        | Outcome::PriceAboveLimit
        | Outcome::Overflow
        | Outcome::Paid => true,
    }
}

#[test]
fn without_a_cause_a_group_is_paid_and_each_cause_alone_has_its_outcome() {
    assert_eq!(Case::new().outcome(), (Outcome::Paid, true));
    for (place, Cause { outcome, apply, .. }) in causes().into_iter().enumerate() {
        let mut case = Case::new();
        apply(&mut case);
        let expected = (outcome, consumes(outcome));
        assert_eq!(case.outcome(), expected, "cause {place}");
    }
}

#[test]
fn of_two_causes_at_once_the_earlier_one_wins() {
    let causes = causes();
    let mut pairs = 0;
    for (place, first) in causes.iter().enumerate() {
        for second in &causes[place + 1..] {
            if first.kinds.iter().any(|kind| second.kinds.contains(kind)) {
                continue;
            }
            let expected = (first.outcome, consumes(first.outcome));
            let names = format!("{:?} and {:?}", first.outcome, second.outcome);
            // In both orders, so that neither cause undoes the other.
            for both in [[first, second], [second, first]] {
                let mut case = Case::new();
                both.into_iter().for_each(|cause| (cause.apply)(&mut case));
                assert_eq!(case.outcome(), expected, "{names}");
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 363);
}

#[test]
fn causes_stand_for_every_outcome() {
    let mut found: Vec<Outcome> = causes().iter().map(|cause| cause.outcome).collect();
    found.push(Outcome::Paid);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 23);
}

/// A limit of time at [`BETWEEN`]: what it does to the records, the outcome of what lies outside, and whether the earlier
/// part does.
type Limit = (fn(&mut Case), Outcome, bool);

const LIMITS: [Limit; 8] = [
    (
        |case| case.market.receipt_max_age_seconds = NOW - BETWEEN,
        Outcome::Expired,
        true,
    ),
    (
        |case| case.market.attester.retired_at = Some(BETWEEN),
        Outcome::AttesterRetired,
        false,
    ),
    (
        |case| case.market.policy.closed_at = Some(BETWEEN),
        Outcome::Closed,
        false,
    ),
    (
        |case| case.market.policy.opened_at = BETWEEN + 60,
        Outcome::Closed,
        true,
    ),
    (
        |case| terms_until(case, BETWEEN),
        Outcome::TermsNotInForce,
        false,
    ),
    (
        |case| {
            case.market.terms.validity = Validity::Interval {
                from: BETWEEN,
                until: None,
            };
        },
        Outcome::TermsNotInForce,
        true,
    ),
    (
        |case| case.market.model.status = ModelStatus::Retired { cutoff: BETWEEN },
        Outcome::Retired,
        false,
    ),
    (
        |case| case.market.model.active_from = BETWEEN,
        Outcome::Retired,
        true,
    ),
];

#[test]
fn cut_at_the_limit_one_part_is_paid_and_the_other_refused_alone() {
    for (apply, outcome, earlier) in LIMITS {
        for is_netted in [false, true] {
            let mut case = Case::new();
            case.is_netted = is_netted;
            apply(&mut case);
            assert_eq!(case.outcome(), (Outcome::Straddles, false), "{outcome:?}");

            let one = match is_netted {
                true => Work::Netted {
                    count: 1,
                    total: Units::new(3, 4),
                },
                false => work(1),
            };
            let part = |sequence, oldest, newest| Group {
                oldest,
                newest,
                sequence,
                end: sequence + 1,
                ..calls(&one)
            };
            let parts = [part(0, OLDEST, BETWEEN - 1), part(1, BETWEEN, NEWEST)];
            let decided = case.market.settle(&parts).unwrap();
            let outcomes: Vec<Outcome> = decided.groups.iter().map(|it| it.outcome).collect();
            let expected = match earlier {
                true => [outcome, Outcome::Paid],
                false => [Outcome::Paid, outcome],
            };
            assert_eq!(outcomes, expected);
            // Both are done with, and one is paid for.
            let session = &decided.sessions[0];
            assert_eq!((session.next_before, session.next_after), (0, 2));
            assert_eq!((session.charge.u128(), decided.paid), (10, 1));
        }
    }
}

#[test]
fn a_group_that_straddles_keeps_those_after_it_waiting_in_its_session_alone() {
    let mut case = Case::new();
    case.market.policy.closed_at = Some(BETWEEN);
    let (first, second) = (two(), two());
    let across = Group {
        oldest: OLDEST,
        newest: NEWEST,
        ..calls(&first)
    };
    let after = Group {
        oldest: OLDEST,
        newest: OLDEST,
        sequence: 2,
        end: 4,
        ..calls(&second)
    };
    let decided = case.market.settle(&[across, after]).unwrap();
    let outcomes: Vec<Outcome> = decided.groups.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [Outcome::Straddles, Outcome::Gap]);
    assert!(!decided.changes_anything());
    assert!(!decided.is_overtaken());
}

#[test]
fn what_remains_of_a_group_that_was_paid_in_part_is_not_voided_by_what_was_paid() {
    // The first receipt was paid; since then its age has passed the limit. The second is good, and the times of the group
    // do not tell.
    let mut case = Case::new();
    lane(&mut case, 1);
    case.market.receipt_max_age_seconds = NOW - BETWEEN;
    assert_eq!(case.outcome(), (Outcome::Straddles, false));
    let rest = work(1);
    let rest = Group {
        oldest: NEWEST,
        newest: NEWEST,
        sequence: 1,
        end: 2,
        ..calls(&rest)
    };
    assert_eq!(case.market.outcome(rest), (Outcome::Paid, Some(2)));
}

#[test]
fn the_rest_of_a_netted_group_is_paid_as_a_group_of_its_own() {
    let mut case = Case::new();
    case.is_netted = true;
    lane(&mut case, 1);
    assert_eq!(case.outcome(), (Outcome::Overlaps, false));
    let rest = Work::Netted {
        count: 1,
        total: Units::new(3, 4),
    };
    let rest = Group {
        sequence: 1,
        end: 2,
        ..calls(&rest)
    };
    assert_eq!(case.market.outcome(rest), (Outcome::Paid, Some(2)));
}
