use hub_types::escrow::ModelRef;
use hub_types::ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber, SessionId};
use hub_types::time::{Day, Seconds, Week, CUTOFF_GRACE_SECONDS};
use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_768_219_200;
const DAY: u64 = 86_400;
const MAX_AGE: u64 = DAY;

fn address(byte: u8) -> CanonicalAddr {
    vec![byte; 20].into()
}

fn caller() -> CanonicalAddr {
    address(1)
}

fn operator() -> CanonicalAddr {
    address(2)
}

fn own() -> Parties {
    Parties {
        caller: caller(),
        funder: caller(),
    }
}

fn opening() -> Opening {
    Opening {
        operator: operator(),
        measurement: None,
        models: Models::Any {},
        max_price: Some(Rates::default()),
        budget: 100u128.into(),
        expires_at: NOW + 1_000,
        ceiling: CeilingRule::None,
        label: None,
    }
}

fn open(opening: Opening) -> Result<Session, ContractError> {
    Session::open(SessionId(7), DenomNumber(3), own(), &opening, NOW)
}

fn session() -> Session {
    open(opening()).unwrap()
}

fn with_ceiling() -> Session {
    open(Opening {
        ceiling: CeilingRule::On { key: None },
        ..opening()
    })
    .unwrap()
}

fn listed(models: &[(u64, Option<u64>)]) -> Opening {
    let refs = models.iter().map(|&(model, release)| ModelRef {
        model: ModelId(model),
        release: release.map(ReleaseNumber),
    });
    Opening {
        models: Models::Listed(refs.collect()),
        max_price: None,
        ..opening()
    }
}

fn released(mut session: Session) -> Session {
    session.reserve.record.released = true;
    session
}

const RELEASED: ContractError = ContractError::SessionReleased {
    session: SessionId(7),
};

#[test]
fn a_session_needs_a_budget_and_an_end_in_the_future() {
    let penniless = Opening {
        budget: 0u128.into(),
        ..opening()
    };
    assert_eq!(
        open(penniless),
        Err(ContractError::Zero { field: "budget" })
    );
    for expires_at in [0, NOW - 1, NOW] {
        let late = Opening {
            expires_at,
            ..opening()
        };
        assert_eq!(
            open(late),
            Err(ContractError::ExpiresInThePast {
                expires_at,
                now: NOW
            })
        );
    }
    for expires_at in [NOW + 1, u64::MAX] {
        assert!(open(Opening {
            expires_at,
            ..opening()
        })
        .is_ok());
    }
}

#[test]
fn a_session_for_any_model_needs_a_price_limit() {
    let limitless = Opening {
        max_price: None,
        ..opening()
    };
    assert_eq!(open(limitless), Err(ContractError::NoPriceLimit));
}

#[test]
fn models_are_listed_once_few_and_by_ids_from_1() {
    let nine: Vec<_> = (1..=9).map(|model| (model, None)).collect();
    for (models, error) in [
        (&[][..], ContractError::ModelCount { count: 0 }),
        (&nine, ContractError::ModelCount { count: 9 }),
        (&[(0, None)], ContractError::ModelZero { field: "model" }),
        (
            &[(5, Some(0))],
            ContractError::ModelZero { field: "release" },
        ),
        (
            &[(5, None), (6, None), (5, None)],
            ContractError::ModelRepeated { model: ModelId(5) },
        ),
        (
            &[(5, Some(2)), (5, Some(2))],
            ContractError::ModelRepeated { model: ModelId(5) },
        ),
    ] {
        assert_eq!(open(listed(models)), Err(error));
    }
    for models in [&nine[..8], &[(5, None), (5, Some(1)), (5, Some(2))]] {
        let session = open(listed(models)).unwrap();
        let kept: Vec<_> = session
            .policy
            .models
            .iter()
            .map(|listed| (listed.model.0, listed.release.map(u64::from)))
            .collect();
        assert_eq!(kept, models);
    }
}

#[test]
fn a_new_session_has_its_whole_budget_and_what_was_agreed() {
    let key = PublicKey::Ed25519([4; 32]);
    let opening = Opening {
        measurement: Some(Measurement::from_bytes([5; 32])),
        ceiling: CeilingRule::On { key: Some(key) },
        ..opening()
    };
    let parties = Parties {
        caller: caller(),
        funder: address(9),
    };
    let session = Session::open(SessionId(7), DenomNumber(3), parties, &opening, NOW).unwrap();
    assert_eq!(
        session,
        Session {
            policy: SessionPolicy {
                caller: caller(),
                funder: address(9),
                operator: operator(),
                measurement: Some(Measurement::from_bytes([5; 32])),
                models: vec![],
                max_price: Some(Rates::default()),
                opened_at: NOW,
                expires_at: NOW + 1_000,
                closed_at: None,
                voucher_key: Some(key),
            },
            reserve: Reserve {
                session: SessionId(7),
                record: SessionRecord {
                    denom: DenomNumber(3),
                    budget: 100,
                    spent: 0,
                    kept: 0,
                    released: false,
                    ceiling: Some(0),
                    lanes: vec![],
                    funding: Funding {
                        day: Day(NOW / DAY),
                        on_day: 100,
                        day_before: 0,
                    },
                    paid_week: Week(0),
                    paid_models: 0,
                },
            },
        }
    );
}

#[test]
fn a_session_is_open_up_to_its_end_and_not_at_it() {
    let end = NOW + 1_000;
    assert_eq!(session().state(NOW), SessionState::Open);
    assert_eq!(session().state(end - 1), SessionState::Open);
    assert_eq!(session().state(end), SessionState::Ended);
    assert_eq!(released(session()).state(NOW), SessionState::Released);
}

#[test]
fn no_top_up_after_the_end_of_nothing_or_beyond_128_bits() {
    let end = NOW + 1_000;
    for (mut session, amount, now, error) in [
        (session(), 0, NOW, ContractError::Zero { field: "amount" }),
        (
            session(),
            1,
            end,
            ContractError::SessionEnded {
                session: SessionId(7),
                ends_at: end,
            },
        ),
        (released(session()), 1, NOW, RELEASED),
        (
            session(),
            u128::MAX - 99,
            NOW,
            ContractError::BudgetOverflow {
                session: SessionId(7),
                budget: 100u128.into(),
                amount: (u128::MAX - 99).into(),
            },
        ),
    ] {
        let before = session.clone();
        assert_eq!(session.top_up(amount.into(), now), Err(error));
        assert_eq!(session, before);
    }
    let mut largest = session();
    assert_eq!(largest.top_up((u128::MAX - 100).into(), end - 1), Ok(()));
    assert_eq!(largest.reserve.record.budget, u128::MAX);
}

#[test]
fn a_session_that_somebody_else_funded_takes_no_top_up() {
    let parties = Parties {
        caller: caller(),
        funder: address(9),
    };
    let mut gift = Session::open(SessionId(7), DenomNumber(3), parties, &opening(), NOW).unwrap();
    assert_eq!(
        gift.top_up(1u128.into(), NOW),
        Err(ContractError::FundedByAnother {
            session: SessionId(7)
        })
    );
}

#[test]
fn a_top_up_is_counted_on_its_day() {
    let mut session = open(Opening {
        expires_at: NOW + 30 * DAY,
        ..opening()
    })
    .unwrap();
    let today = NOW / DAY;
    let mut top_up = |amount: u128, days: u64| {
        session.top_up(amount.into(), NOW + days * DAY).unwrap();
        session.reserve.record.funding
    };
    let funding = |day, on_day, day_before| Funding {
        day: Day(day),
        on_day,
        day_before,
    };
    assert_eq!(top_up(5, 0), funding(today, 105, 0));
    assert_eq!(top_up(7, 1), funding(today + 1, 7, 105));
    assert_eq!(top_up(1, 1), funding(today + 1, 8, 105));
    assert_eq!(top_up(2, 2), funding(today + 2, 2, 8));
    assert_eq!(top_up(3, 9), funding(today + 9, 3, 0));
    assert_eq!(session.reserve.record.budget, 118);
}

#[test]
fn closing_takes_effect_after_the_grace_and_is_done_once() {
    let mut session = session();
    let ends_at = NOW + 5 + CUTOFF_GRACE_SECONDS;
    assert_eq!(session.close(NOW + 5), Ok(ends_at));
    assert_eq!(session.policy.ends_at(), ends_at);
    assert_eq!(session.state(ends_at - 1), SessionState::Open);
    assert_eq!(session.state(ends_at), SessionState::Ended);
    // Neither at once nor after the end it has now.
    for now in [NOW + 5, ends_at, NOW + 2_000] {
        assert_eq!(
            session.close(now),
            Err(ContractError::AlreadyClosed {
                session: SessionId(7),
                ends_at
            })
        );
    }
}

#[test]
fn a_session_that_ends_within_the_grace_is_not_closed() {
    let ends_at = NOW + 1_000;
    let last = ends_at - CUTOFF_GRACE_SECONDS;
    assert_eq!(session().close(last - 1), Ok(ends_at - 1));
    for now in [last, ends_at - 1] {
        assert_eq!(
            session().close(now),
            Err(ContractError::EndsByItself {
                session: SessionId(7),
                ends_at,
                cutoff: now + CUTOFF_GRACE_SECONDS
            })
        );
    }
    for now in [ends_at, u64::MAX] {
        assert_eq!(
            session().close(now),
            Err(ContractError::SessionEnded {
                session: SessionId(7),
                ends_at
            })
        );
    }
    assert_eq!(released(session()).close(NOW), Err(RELEASED));
}

#[test]
fn the_operator_releases_from_the_end_on_and_all_others_a_maximum_age_later() {
    let end = NOW + 1_000;
    let too_early = |now| ContractError::ReleaseTooEarly {
        session: SessionId(7),
        operator_from: end,
        anyone_from: end + MAX_AGE,
        now,
    };
    for (by, from) in [
        (operator(), end),
        (caller(), end + MAX_AGE),
        (address(9), end + MAX_AGE),
    ] {
        let mut session = session();
        session.reserve.record.spent = 30;
        for now in [NOW, from - 1] {
            assert_eq!(
                session.release(&by, Seconds(MAX_AGE), now),
                Err(too_early(now))
            );
        }
        assert_eq!(
            session.release(&by, Seconds(MAX_AGE), from),
            Ok(70u128.into())
        );
        assert_eq!(session.reserve.record.left(), 0);
        assert_eq!(session.release(&by, Seconds(MAX_AGE), from), Err(RELEASED));
    }
}

#[test]
fn a_session_without_end_can_be_released_once_it_was_closed() {
    let mut endless = open(Opening {
        expires_at: u64::MAX,
        ..opening()
    })
    .unwrap();
    assert_eq!(
        endless.release(&caller(), Seconds(MAX_AGE), NOW),
        Err(ContractError::ReleaseTooEarly {
            session: SessionId(7),
            operator_from: u64::MAX,
            anyone_from: u64::MAX,
            now: NOW
        })
    );
    let ends_at = endless.close(NOW).unwrap();
    assert_eq!(
        endless.release(&caller(), Seconds(MAX_AGE), ends_at + MAX_AGE),
        Ok(100u128.into())
    );
}

#[test]
fn a_ceiling_is_raised_only_where_there_is_one_and_only_upwards() {
    assert_eq!(
        session().raise_ceiling(1u128.into()),
        Err(ContractError::NoCeiling {
            session: SessionId(7)
        })
    );
    assert_eq!(
        released(with_ceiling()).raise_ceiling(1u128.into()),
        Err(RELEASED)
    );
    let mut session = with_ceiling();
    for (given, ceiling) in [(0, 0), (50, 50), (50, 50), (49, 50), (u128::MAX, u128::MAX)] {
        let before = session.reserve.record.ceiling.unwrap();
        let expected = if given > before {
            Ok(())
        } else {
            Err(ContractError::CeilingNotRaised {
                session: SessionId(7),
                ceiling: before.into(),
                given: given.into(),
            })
        };
        assert_eq!(session.raise_ceiling(given.into()), expected);
        assert_eq!(session.reserve.record.ceiling, Some(ceiling));
    }
}

#[derive(Clone, Debug)]
enum Step {
    TopUp(u64),
    Close,
    Release(u8),
    Raise(u64),
    Pay(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..50).prop_map(Step::TopUp),
        Just(Step::Close),
        (1u8..4).prop_map(Step::Release),
        (0u64..300).prop_map(Step::Raise),
        (0u64..40).prop_map(Step::Pay),
        prop_oneof![0u64..100, Just(DAY), Just(2 * DAY)].prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn every_coin_put_in_is_spent_left_or_given_back(ceiling: bool, steps in prop::collection::vec(step(), 0..60)) {
        let mut session = open(Opening {
            expires_at: NOW + 5 * DAY,
            ceiling: if ceiling { CeilingRule::On { key: None } } else { CeilingRule::None },
            ..opening()
        }).unwrap();
        let (mut now, mut put_in, mut given_back) = (NOW, 100u128, 0u128);
        for step in steps {
            let before = session.clone();
            let mut after = session.clone();
            let result = match step {
                Step::TopUp(amount) => after.top_up(amount.into(), now).map(|()| put_in += u128::from(amount)),
                Step::Close => after.close(now).map(|_| ()),
                Step::Release(by) => after
                    .release(&address(by), Seconds(MAX_AGE), now)
                    .map(|left| given_back += left.u128()),
                Step::Raise(ceiling) => after.raise_ceiling(ceiling.into()),
                Step::Pay(charge) => {
                    let next = after.reserve.record.lane(AttesterId(1)).map_or(0, |lane| lane.next);
                    after.reserve.settle(&hub_types::escrow::SessionSettlement {
                        session: SessionId(7),
                        attester: AttesterId(1),
                        replaces: None,
                        next_before: next,
                        next_after: next + 1,
                        charge: charge.into(),
                        kept: 0u128.into(),
                        ceiling: None,
                        paid_week: Week(0),
                        paid_models: 0,
                    })
                }
                Step::Wait(seconds) => {
                    now += seconds;
                    Ok(())
                }
            };
            if result.is_ok() {
                session = after;
            }
            let (record, policy) = (&session.reserve.record, &session.policy);
            prop_assert_eq!(record.budget, put_in);
            prop_assert_eq!(record.spent + record.left() + given_back, put_in);
            prop_assert!(record.ceiling.is_none_or(|ceiling| record.spent <= ceiling));
            prop_assert!(record.funding.young(Day(now / DAY)) <= put_in);
            // The end only comes nearer, and never less than the grace away.
            prop_assert!(policy.ends_at() <= before.policy.ends_at());
            if policy.ends_at() != before.policy.ends_at() {
                prop_assert_eq!(policy.ends_at(), now + CUTOFF_GRACE_SECONDS);
            }
            if before.reserve.record.released {
                prop_assert_eq!(&session, &before);
            }
        }
        // In bounded time the caller has everything back that was not spent.
        let _ = session.close(now);
        if session.state(now) != SessionState::Released {
            let from = session.policy.ends_at().max(now) + MAX_AGE;
            given_back += session.release(&caller(), Seconds(MAX_AGE), from).unwrap().u128();
        }
        prop_assert_eq!(session.reserve.record.spent + given_back, put_in);
    }
}
