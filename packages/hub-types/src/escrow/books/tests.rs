use cosmwasm_std::{CanonicalAddr, Uint128};
use hub_wire::ids::{AttesterId, DenomNumber, SessionId};
use hub_wire::DecodeError;
use proptest::prelude::*;

use super::{Books, Credit, SessionSettlement};
use crate::packed::{Packed, PackedError};
use crate::time::Week;

/// A lane that goes on, and one that is taken over in a session with a ceiling.
fn books() -> Books {
    Books {
        sessions: vec![
            SessionSettlement {
                session: SessionId(258),
                attester: AttesterId(3),
                replaces: None,
                next_before: 100,
                next_after: 200,
                charge: Uint128::new(1_234_567),
                kept: Uint128::new(123_456),
                ceiling: None,
                paid_week: Week(2_959),
                paid_models: 0b1000_0001,
            },
            SessionSettlement {
                session: SessionId(259),
                attester: AttesterId(3),
                replaces: Some(AttesterId(1)),
                next_before: 0,
                next_after: 1,
                charge: Uint128::zero(),
                kept: Uint128::zero(),
                ceiling: Some(Uint128::MAX),
                paid_week: Week(0),
                paid_models: 0,
            },
        ],
        credits: vec![Credit {
            account: CanonicalAddr::from([0xa1; 20]),
            denom: DenomNumber(u32::MAX),
            amount: Uint128::new(1_234_567),
        }],
    }
}

fn golden() -> Vec<u8> {
    let text = [
        "03", // layout
        "02", // sessions
        // session, attester, replaces, next before and after, charge, kept, ceiling, week, models
        "8202 03 00 64 c801 87ad4b c0c407 00 8f17 81",
        "8302 03 0101 00 01 00 00 01ffffffffffffffffffffffffffffffffffff03 00 00",
        "01", // credits
        // account, denomination, amount
        "14a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 ffffffff0f 87ad4b",
    ];
    hex::decode(text.concat().replace(' ', "")).unwrap()
}

fn malformed(bytes: &[u8]) -> DecodeError {
    match Books::decode(bytes).unwrap_err() {
        PackedError::Malformed(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn the_bytes_of_books_are_as_published() {
    assert_eq!(hex::encode(books().encode()), hex::encode(golden()));
    assert_eq!(Books::decode(&golden()).unwrap(), books());
    assert_eq!(Books::default().encode().as_slice(), [Books::LAYOUT, 0, 0]);
}

#[test]
fn books_that_end_early_or_go_on_are_refused() {
    let bytes = golden();
    for cut in 0..bytes.len() {
        let error = malformed(&bytes[..cut]);
        assert_eq!(error.name(), "truncated", "cut to {cut}");
    }
    assert_eq!(
        malformed(&[bytes.as_slice(), &[0]].concat()),
        DecodeError::Trailing {
            at: bytes.len(),
            count: 1
        }
    );
}

#[test]
fn books_of_another_layout_are_refused_with_what_to_do() {
    let mut bytes = golden();
    bytes[0] = Books::LAYOUT + 1;
    let error = Books::decode(&bytes).unwrap_err();
    assert_eq!(
        error,
        PackedError::OtherLayout {
            found: Books::LAYOUT + 1,
            newest: Books::LAYOUT
        }
    );
    assert!(error
        .to_string()
        .contains("migrate it to the release that wrote"));
}

#[test]
fn what_has_a_second_form_or_none_is_refused() {
    // An integer that is longer than it must be.
    assert_eq!(
        malformed(&[Books::LAYOUT, 0x80, 0, 0]),
        DecodeError::Overlong { at: 1 }
    );
    // Neither given nor not.
    let session = |replaces: u8| [Books::LAYOUT, 1, 7, 1, replaces, 0, 1, 0, 0, 0, 0, 0, 0];
    Books::decode(&session(0)).unwrap();
    assert_eq!(
        Books::decode(&session(2)).unwrap_err(),
        PackedError::Unknown {
            what: "option",
            value: 2
        }
    );
    // A denomination number beyond 32 bits.
    assert_eq!(
        malformed(&[Books::LAYOUT, 0, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 1]),
        DecodeError::TooLarge { at: 4, bits: 32 }
    );
}

#[test]
fn a_stated_count_allocates_nothing() {
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let sessions = [&[Books::LAYOUT], most.as_slice()].concat();
    assert_eq!(malformed(&sessions).name(), "truncated");
    let credits = [&[Books::LAYOUT, 0], most.as_slice()].concat();
    assert_eq!(malformed(&credits).name(), "truncated");
}

fn session() -> impl Strategy<Value = SessionSettlement> {
    let lane = (any::<u64>(), any::<u64>(), any::<Option<u64>>());
    let money = (any::<u128>(), any::<u128>(), any::<Option<u128>>());
    let rest = (any::<u64>(), any::<u64>(), any::<u8>());
    (any::<u64>(), lane, money, rest).prop_map(
        |(session, (attester, next_before, replaces), (charge, kept, ceiling), rest)| {
            SessionSettlement {
                session: SessionId(session),
                attester: AttesterId(attester),
                replaces: replaces.map(AttesterId),
                next_before,
                next_after: rest.0,
                charge: charge.into(),
                kept: kept.into(),
                ceiling: ceiling.map(Into::into),
                paid_week: Week(rest.1),
                paid_models: rest.2,
            }
        },
    )
}

fn credit() -> impl Strategy<Value = Credit> {
    let account = prop::collection::vec(any::<u8>(), 0..40);
    (account, any::<u32>(), any::<u128>()).prop_map(|(account, denom, amount)| Credit {
        account: account.into(),
        denom: DenomNumber(denom),
        amount: amount.into(),
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(
        sessions in prop::collection::vec(session(), 0..6),
        credits in prop::collection::vec(credit(), 0..6),
    ) {
        let books = Books { sessions, credits };
        prop_assert_eq!(Books::decode(&books.encode()).unwrap(), books);
    }

    /// One value has one form, so bytes that are read are the bytes that would be written.
    #[test]
    fn bytes_that_are_accepted_encode_to_themselves(
        at in any::<prop::sample::Index>(), byte: u8, bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut changed = golden();
        let at = at.index(changed.len());
        changed[at] = byte;
        for bytes in [changed, [&[Books::LAYOUT], bytes.as_slice()].concat()] {
            if let Ok(books) = Books::decode(&bytes) {
                prop_assert_eq!(books.encode().to_vec(), bytes);
            }
        }
    }
}
