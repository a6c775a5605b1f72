use std::fmt::{Debug, Write};

use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{Addr, CanonicalAddr, Storage, Uint128};
use hub_walrus::PublicKey as PublicKeyInG1;
use hub_wire::ids::{
    AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber, SessionId, TermsNumber,
};
use hub_wire::{BlobId, KeyType, PublicKey};
use proptest::prelude::*;

use super::billing::{AttesterRecord, BatchRecord, ATTESTERS, BATCHES, BATCH_COUNTS};
use super::escrow::{
    Admission, BalanceRecord, Funding, Lane, ListedModel, SessionPolicy, SessionRecord, Spent,
    BALANCES, DENOMS, POLICIES, SESSIONS, SPENT, SPENT_WITH,
};
use super::recent::Recent;
use super::registry::{
    ModelRecord, ModelStatus, PayeeRecord, ReleaseRecord, TermsRecord, Validity, MODELS, RELEASES,
    TERMS,
};
use super::served::{Served, RANKING_AT, SERVED};
use super::usage::{
    rank, score, AttesterTotals, HubRecord, HubTotals, ModelPayer, PayerRecord, Sums, UsageRecord,
    Visit, WeekCounts, Weeks, ATTESTER_USAGE, EARNERS, HUB, HUB_DAYS, HUB_WEEKS, MODEL_PAYERS,
    PAYERS, RANKING, RECENT_RANKING, USAGE, USAGE_DAYS, USAGE_RELEASES,
};
use super::walrus::{
    CommitteeRecord, DeletableRecord, KeysRecord, PermanentRecord, COMMITTEES, COMMITTEE_KEYS,
    DELETABLE, PERMANENT,
};
use crate::denom::Denom;
use crate::packed::{from_bytes, to_bytes, Delimited, Packed, PackedKey, PackedMap, LAYOUT};
use crate::price::Rates;
use crate::time::{Day, Interval, Week};
use crate::verifier::Measurement;

fn account(byte: u8) -> CanonicalAddr {
    CanonicalAddr::from(vec![byte; 20])
}

fn rates() -> Rates {
    Rates {
        per_call: Uint128::new(1),
        per_million_in: Uint128::new(2_000_000),
        per_million_out: Uint128::new(8_000_000),
    }
}

fn model(status: ModelStatus) -> ModelRecord {
    ModelRecord {
        author: account(0xa1),
        status,
        active_from: 1_790_000_000,
        latest_release: ReleaseNumber(2),
        latest_terms: TermsNumber(3),
    }
}

fn terms(denom: Denom, validity: Validity) -> TermsRecord {
    TermsRecord {
        denom,
        rates: rates(),
        operator_bps: 500,
        payees: vec![
            PayeeRecord {
                account: account(0xa1),
                bps: 9_000,
            },
            PayeeRecord {
                account: account(0xa2),
                bps: 500,
            },
        ],
        validity,
        supersedes: TermsNumber(1),
    }
}

fn policy() -> SessionPolicy {
    SessionPolicy {
        caller: account(0xca),
        funder: account(0xca),
        operator: account(0x09),
        measurement: None,
        models: vec![
            ListedModel {
                model: ModelId(7),
                release: None,
            },
            ListedModel {
                model: ModelId(300),
                release: Some(ReleaseNumber(2)),
            },
        ],
        max_price: None,
        opened_at: 1_790_000_000,
        expires_at: 1_790_086_400,
        closed_at: None,
        voucher_key: None,
    }
}

fn session() -> SessionRecord {
    SessionRecord {
        denom: DenomNumber(1),
        budget: 25_000_000,
        spent: 1_234_567,
        kept: 123_456,
        released: false,
        ceiling: None,
        lanes: vec![
            Lane {
                attester: AttesterId(3),
                next: 200,
            },
            Lane {
                attester: AttesterId(4),
                next: 0,
            },
        ],
        funding: Funding {
            day: Day(20_717),
            on_day: 20_000_000,
            day_before: 5_000_000,
        },
        paid_week: Week(2_959),
        paid_models: 0b11,
    }
}

fn attester() -> AttesterRecord {
    AttesterRecord {
        operator: account(0x09),
        operator_number: OperatorNumber(2),
        key: PublicKey::new(KeyType::Ed25519, &[0xed; 32]).unwrap(),
        measurement: None,
        retired_at: None,
        revoked: false,
    }
}

fn sums() -> Sums {
    Sums {
        gross: 1_000_000_000,
        related: 1_000,
        aged: 900_000_000,
        calls: 50_000,
        free_calls: 1,
        units_in: 80_000_000,
        units_out: 20_000_000,
    }
}

fn usage() -> UsageRecord {
    UsageRecord {
        sums: sums(),
        open_day: Day(20_718),
        last_day: Day(20_717),
        first_day: Day(20_700),
        payers: 12,
        payers_in_week: 5,
        returning: 3,
        payer_weeks: 17,
        recent: Recent {
            sum: 40_000_000,
            week: Week(2_959),
        },
        settle_lag_seconds: 300,
        release: ReleaseNumber(2),
        earlier_releases: Sums {
            gross: 7_000,
            calls: 7,
            ..Sums::default()
        },
        served: vec![
            (OperatorNumber(2), served()),
            (OperatorNumber(300), once_served()),
        ],
    }
}

fn served() -> Served {
    Served {
        strange: 900_000_000,
        kept: 90_000_000,
        calls: 40_000,
        recent_strange: 50_000_000,
        recent_kept: 5_000_000,
        week: Week(2_959),
    }
}

fn once_served() -> Served {
    Served {
        strange: 1_000,
        kept: 0,
        calls: 1,
        recent_strange: 1_000,
        recent_kept: 0,
        week: Week(2_950),
    }
}

fn payer() -> PayerRecord {
    let weeks = |first, last| Weeks {
        first: Week(first),
        last: Week(last),
    };
    PayerRecord {
        weeks: weeks(2_950, 2_959),
        models: vec![
            (ModelId(7), weeks(2_950, 2_950)),
            (ModelId(300), weeks(2_951, 2_959)),
        ],
    }
}

fn totals() -> HubTotals {
    HubTotals {
        gross: 9_000_000_000,
        related: 1_000,
        aged: 8_000_000_000,
        calls: 400_000,
        free_calls: 1,
        models_called: 40,
        models_earning: 30,
        authors_earning: 20,
        payers: 100,
    }
}

fn week() -> WeekCounts {
    WeekCounts {
        payers: 80,
        returning: 60,
        models_called: 25,
        models_earning: 20,
    }
}

/// One line per record: name, key and value as the contracts store them.
fn line<K: PackedKey, V: Packed + PartialEq + Debug>(
    page: &mut String,
    name: &str,
    map: &PackedMap<K, V>,
    key: K,
    value: &V,
) {
    let bytes = to_bytes(value);
    assert_eq!(&from_bytes::<V>(&bytes).unwrap(), value);
    for cut in 0..bytes.len() {
        assert!(
            from_bytes::<V>(&bytes[..cut]).is_err(),
            "{name} cut to {cut}"
        );
    }
    assert!(from_bytes::<V>(&[bytes.as_slice(), &[0]].concat()).is_err());
    writeln!(
        page,
        "{name}\n  {}\n  {}",
        hex::encode(map.key(key)),
        hex::encode(bytes)
    )
    .unwrap();
}

#[test]
fn the_bytes_of_every_hot_record_are_as_published() {
    let native = Denom::Native("uusdc".into());
    let cw20 = Denom::Cw20(Addr::unchecked("hub1token"));
    let open_ended = Validity::Interval {
        from: 1_790_000_000,
        until: None,
    };
    let superseded = Validity::Interval {
        from: 1_790_000_000,
        until: Some(1_790_000_060),
    };
    let retired = ModelStatus::Retired {
        cutoff: 1_790_000_060,
    };
    let release = ReleaseRecord {
        blob_id: BlobId::from_bytes([0xb1; 32]),
    };
    let full_policy = SessionPolicy {
        funder: account(0xf0),
        measurement: Some(Measurement::from_bytes([0x3e; 32])),
        models: vec![],
        max_price: Some(rates()),
        closed_at: Some(1_790_000_100),
        voucher_key: Some(
            PublicKey::new(KeyType::Secp256k1, &[&[2][..], &[0x5e; 32]].concat()).unwrap(),
        ),
        ..policy()
    };
    let capped = SessionRecord {
        released: true,
        ceiling: Some(2_000_000),
        ..session()
    };
    let balance = BalanceRecord {
        available: 5_000_000,
        earned: 70_000_000,
        auto_payout: true,
    };
    let attested = AttesterRecord {
        measurement: Some(Measurement::from_bytes([0x3e; 32])),
        retired_at: Some(1_790_000_060),
        revoked: true,
        ..attester()
    };
    let batch = BatchRecord {
        receipts_root: [0x77; 32],
        offered: 10_000,
        paid: 9_990,
        settled_at: 1_790_000_000,
    };
    let once = UsageRecord {
        release: ReleaseNumber(1),
        earlier_releases: Sums::default(),
        ..usage()
    };
    let hub = HubRecord {
        totals: totals(),
        open_day: Day(20_717),
        week: week(),
    };
    let signed = AttesterTotals {
        gross: 1_000_000_000,
        aged: 900_000_000,
        calls: 50_000,
        kept: 90_000_000,
    };
    let (f0, a1) = (account(0xf0), account(0xa1));
    let elsewhere = ModelPayer {
        weeks: Some(Weeks {
            first: Week(2_950),
            last: Week(2_959),
        }),
    };

    let mut page = String::new();
    let p = &mut page;
    line(
        p,
        "registry model 7, active",
        &MODELS,
        ModelId(7),
        &model(ModelStatus::Active),
    );
    line(
        p,
        "registry model 7, delisted",
        &MODELS,
        ModelId(7),
        &model(ModelStatus::Delisted),
    );
    line(
        p,
        "registry model 7, retired",
        &MODELS,
        ModelId(7),
        &model(retired),
    );
    line(
        p,
        "registry terms 3 of model 7",
        &TERMS,
        (ModelId(7), TermsNumber(3)),
        &terms(native.clone(), open_ended),
    );
    line(
        p,
        "registry terms 2 of model 7, superseded, cw20",
        &TERMS,
        (ModelId(7), TermsNumber(2)),
        &terms(cw20.clone(), superseded),
    );
    line(
        p,
        "registry terms 1 of model 7, dropped",
        &TERMS,
        (ModelId(7), TermsNumber(1)),
        &terms(native.clone(), Validity::Dropped),
    );
    line(
        p,
        "registry release 2 of model 7",
        &RELEASES,
        (ModelId(7), ReleaseNumber(2)),
        &release,
    );
    line(
        p,
        "escrow denomination 1, native",
        &DENOMS,
        DenomNumber(1),
        &native,
    );
    line(
        p,
        "escrow denomination 2, cw20",
        &DENOMS,
        DenomNumber(2),
        &cw20,
    );
    line(
        p,
        "escrow session 258, policy",
        &POLICIES,
        SessionId(258),
        &policy(),
    );
    line(
        p,
        "escrow session 258, policy with everything",
        &POLICIES,
        SessionId(258),
        &full_policy,
    );
    line(
        p,
        "escrow session 258, state",
        &SESSIONS,
        SessionId(258),
        &session(),
    );
    line(
        p,
        "escrow session 258, released, with a ceiling",
        &SESSIONS,
        SessionId(258),
        &capped,
    );
    line(
        p,
        "escrow balance",
        &BALANCES,
        (&account(0xa1), DenomNumber(1)),
        &balance,
    );
    line(
        p,
        "billing attester 3",
        &ATTESTERS,
        AttesterId(3),
        &attester(),
    );
    line(
        p,
        "billing attester 3, attested, retired, revoked",
        &ATTESTERS,
        AttesterId(3),
        &attested,
    );
    line(
        p,
        "billing batch count of attester 3",
        &BATCH_COUNTS,
        AttesterId(3),
        &300,
    );
    line(
        p,
        "billing batch 300 of attester 3",
        &BATCHES,
        (AttesterId(3), 300),
        &batch,
    );
    let spent = Spent {
        spent: 12_345_678,
        kept: 1_234_567,
    };
    line(
        p,
        "escrow spend of a funder",
        &SPENT,
        (&f0, DenomNumber(1)),
        &spent,
    );
    line(
        p,
        "escrow spend of a funder with an operator",
        &SPENT_WITH,
        (Delimited(&f0), DenomNumber(1), &a1),
        &spent,
    );
    line(
        p,
        "billing usage of model 7",
        &USAGE,
        (ModelId(7), DenomNumber(1)),
        &usage(),
    );
    line(
        p,
        "billing usage, one release",
        &USAGE,
        (ModelId(7), DenomNumber(1)),
        &once,
    );
    let day = (ModelId(7), DenomNumber(1), Day(20_717));
    line(
        p,
        "billing usage of model 7 up to a day",
        &USAGE_DAYS,
        day,
        &sums(),
    );
    line(
        p,
        "billing usage of release 1",
        &USAGE_RELEASES,
        (ModelId(7), DenomNumber(1), ReleaseNumber(1)),
        &sums(),
    );
    line(p, "billing payer", &PAYERS, (DenomNumber(1), &f0), &payer());
    let inline = ModelPayer { weeks: None };
    line(
        p,
        "billing payer of model 7",
        &MODEL_PAYERS,
        (ModelId(7), DenomNumber(1), &f0),
        &inline,
    );
    line(
        p,
        "billing payer of model 8",
        &MODEL_PAYERS,
        (ModelId(8), DenomNumber(1), &f0),
        &elsewhere,
    );
    line(
        p,
        "billing author who earns",
        &EARNERS,
        (DenomNumber(1), &a1),
        &(),
    );
    line(
        p,
        "billing ranking of all time",
        &RANKING,
        (DenomNumber(1), rank(1_000), ModelId(7)),
        &(),
    );
    line(
        p,
        "billing ranking",
        &RECENT_RANKING,
        (DenomNumber(1), rank(12_230), ModelId(7)),
        &(),
    );
    line(
        p,
        "billing ranking of operator 2",
        &RANKING_AT,
        (
            (DenomNumber(1), OperatorNumber(2)),
            rank(12_180),
            ModelId(7),
        ),
        &(),
    );
    line(
        p,
        "billing what operator 3 served of model 7",
        &SERVED,
        (ModelId(7), DenomNumber(1), OperatorNumber(3)),
        &served(),
    );
    line(
        p,
        "billing usage of attester 3",
        &ATTESTER_USAGE,
        (AttesterId(3), DenomNumber(1)),
        &signed,
    );
    line(p, "billing Hub", &HUB, DenomNumber(1), &hub);
    line(
        p,
        "billing Hub up to a day",
        &HUB_DAYS,
        (DenomNumber(1), Day(20_717)),
        &totals(),
    );
    line(
        p,
        "billing Hub of a week",
        &HUB_WEEKS,
        (DenomNumber(1), Week(2_959)),
        &week(),
    );
    goldie::assert!(page);
}

#[test]
fn the_bytes_of_every_record_about_walrus_are_as_published() {
    let key = |byte: u8| PublicKeyInG1::new(&[byte; 48]).unwrap();
    let committee = CommitteeRecord {
        n_shards: 1_000,
        total: [0xa7; 48],
        set_at: 1_790_000_000,
        weights: vec![700, 299, 1],
    };
    let keys = KeysRecord {
        keys: vec![key(0xa1), key(0xb2)],
    };
    let permanent = PermanentRecord {
        epoch: 53,
        certified_at: 1_790_000_000,
        by_author: true,
    };
    let deletable = DeletableRecord {
        epoch: 53,
        certified_at: 1_790_000_000,
        by_author: true,
        object_id: [0x0b; 32],
    };
    let mut page = String::new();
    let p = &mut page;
    line(
        p,
        "registry committee of epoch 53",
        &COMMITTEES,
        53,
        &committee,
    );
    line(
        p,
        "registry keys of a committee from 64 on",
        &COMMITTEE_KEYS,
        (53, 1),
        &keys,
    );
    line(
        p,
        "registry permanent, release 2 of model 7",
        &PERMANENT,
        (ModelId(7), ReleaseNumber(2)),
        &permanent,
    );
    line(
        p,
        "registry deletable, release 2 of model 7",
        &DELETABLE,
        (ModelId(7), ReleaseNumber(2)),
        &deletable,
    );
    goldie::assert!(page);
}

mod layouts;

#[test]
fn a_record_of_keys_with_the_identity_is_no_record() {
    let bytes = [&[KeysRecord::LAYOUT, 1, 0xc0][..], &[0; 47]].concat();
    from_bytes::<KeysRecord>(&bytes).unwrap_err();
}

#[test]
fn balances_of_one_account_are_listed_by_denomination_and_nobody_elses() {
    let mut storage = MockStorage::new();
    let (short, long) = (account(0xa1), CanonicalAddr::from(vec![0xa1; 32]));
    let balance = |available| BalanceRecord {
        available,
        ..BalanceRecord::default()
    };
    for (account, denom) in [(&short, 1), (&short, 2), (&short, u32::MAX), (&long, 3)] {
        BALANCES.set(
            &mut storage,
            (account, DenomNumber(denom)),
            &balance(denom.into()),
        );
    }
    storage.set(b"Zother", b"1");
    let list = |account: &CanonicalAddr, after| {
        BALANCES
            .range(&storage, account, after)
            .map(|entry| {
                entry
                    .map(|(denom, balance)| (denom, balance.available))
                    .unwrap()
            })
            .collect::<Vec<_>>()
    };
    let last = (u32::MAX, u128::from(u32::MAX));
    assert_eq!(list(&short, None), vec![(1, 1), (2, 2), last]);
    assert_eq!(list(&short, Some(1)), vec![(2, 2), last]);
    assert_eq!(list(&short, Some(u32::MAX)), vec![]);
    assert_eq!(list(&long, None), vec![(3, 3)]);
}

#[test]
fn a_session_ends_at_its_expiry_or_when_it_was_closed_and_takes_receipts_of_the_grace_before_it_opened(
) {
    let mut policy = policy();
    let (opened, expires) = (policy.opened_at, policy.expires_at);
    let from = opened - 60;
    let takes = |until| Interval {
        from,
        until: Some(until),
    };
    assert_eq!(policy.takes(), takes(expires));
    policy.closed_at = Some(opened + 60);
    assert_eq!(policy.takes(), takes(opened + 60));
    policy.closed_at = Some(expires + 60);
    assert_eq!(policy.ends_at(), expires);
}

#[test]
fn a_session_admits_the_models_that_it_lists_or_any() {
    let mut policy = policy();
    assert_eq!(
        policy.admits(ModelId(7), ReleaseNumber(99)),
        Admission::Listed(0)
    );
    assert_eq!(
        policy.admits(ModelId(300), ReleaseNumber(2)),
        Admission::Listed(1)
    );
    assert_eq!(
        policy.admits(ModelId(300), ReleaseNumber(1)),
        Admission::Refused
    );
    assert_eq!(
        policy.admits(ModelId(8), ReleaseNumber(1)),
        Admission::Refused
    );
    policy.models.clear();
    assert_eq!(policy.admits(ModelId(8), ReleaseNumber(1)), Admission::Any);
}

#[test]
fn money_is_aged_from_the_second_day_after_it_came_in() {
    let mut session = SessionRecord {
        budget: 100,
        spent: 0,
        funding: Funding::first(Day(10), 100),
        ..session()
    };
    assert_eq!(session.aged_part(30, Day(10)), 0);
    assert_eq!(session.aged_part(30, Day(11)), 0);
    assert_eq!(session.aged_part(30, Day(12)), 30);
    assert_eq!(session.aged_part(130, Day(12)), 100);

    session.funding.add(Day(11), 50);
    session.budget = 150;
    assert_eq!(
        session.funding,
        Funding {
            day: Day(11),
            on_day: 50,
            day_before: 100
        }
    );
    assert_eq!(session.aged_part(30, Day(11)), 0);
    assert_eq!(session.aged_part(130, Day(12)), 100);
    session.spent = 90;
    assert_eq!(session.aged_part(30, Day(12)), 10);
    assert_eq!(session.aged_part(30, Day(13)), 30);

    session.funding.add(Day(11), 1);
    session.funding.add(Day(13), 7);
    assert_eq!(
        session.funding,
        Funding {
            day: Day(13),
            on_day: 7,
            day_before: 0
        }
    );
}

#[test]
fn days_and_releases_of_one_model_are_listed_in_order_and_no_others() {
    let mut storage = MockStorage::new();
    for (model, denom, day) in [(6, 1, 3), (7, 1, 5), (7, 1, 300), (7, 2, 4), (8, 1, 1)] {
        USAGE_DAYS.set(
            &mut storage,
            (ModelId(model), DenomNumber(denom), Day(day)),
            &sums(),
        );
    }
    let of = (ModelId(7), DenomNumber(1));
    let days = |start_after: Option<u64>| -> Vec<u64> {
        let days = USAGE_DAYS.range::<Day>(&storage, of, start_after.map(Day));
        days.map(|day| day.unwrap().0 .0).collect()
    };
    assert_eq!(days(None), [5, 300]);
    assert_eq!(days(Some(4)), [5, 300]);
    assert_eq!(days(Some(5)), [300]);
    let last_up_to = |day| {
        let last = USAGE_DAYS.last_up_to(&storage, of, Day(day)).unwrap();
        last.map(|(day, _): (Day, _)| day.0)
    };
    let found = [4, 5, 299, 300].map(last_up_to);
    assert_eq!(found, [None, Some(5), Some(5), Some(300)]);
    // A question about a day that no key can name is one about the last day that a key can.
    for day in [u64::from(u32::MAX), u64::from(u32::MAX) + 6, u64::MAX] {
        assert_eq!(days(Some(day)), [0; 0]);
        assert_eq!(last_up_to(day), Some(300));
    }
}

#[test]
fn who_pays_in_two_weeks_in_a_row_has_not_returned_yet() {
    let mut weeks = Weeks::only(Week(10));
    assert_eq!(
        (weeks.visit(Week(10)), weeks.returned()),
        (Visit::Same, false)
    );
    assert_eq!(
        (weeks.visit(Week(11)), weeks.returned()),
        (Visit::Next, false)
    );
    assert_eq!(weeks.visit(Week(11)), Visit::Same);
    assert_eq!(
        (weeks.visit(Week(12)), weeks.returned()),
        (Visit::Return, true)
    );
    assert_eq!(weeks.visit(Week(12)), Visit::Same);
    assert_eq!(weeks.visit(Week(13)), Visit::Again);
    assert_eq!(weeks.visit(Week(9)), Visit::Same);
    assert_eq!(
        weeks,
        Weeks {
            first: Week(10),
            last: Week(13)
        }
    );
}

#[test]
fn the_score_is_the_income_itself_and_from_32_on_sixteen_steps_a_doubling() {
    let cases = [
        (0, 0),
        (1, 1),
        (31, 31),
        (32, 32),
        (33, 32),
        (34, 33),
        (63, 47),
        (64, 48),
        (u128::MAX, 1_999),
    ];
    for (aged, expected) in cases {
        assert_eq!(score(aged), expected, "{aged}");
    }
    assert!(rank(2) < rank(1));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        layout in 0..=LAYOUT + 1, bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [&[layout][..], &bytes].concat();
        let _ = from_bytes::<ModelRecord>(&bytes);
        let _ = from_bytes::<TermsRecord>(&bytes);
        let _ = from_bytes::<ReleaseRecord>(&bytes);
        let _ = from_bytes::<Denom>(&bytes);
        let _ = from_bytes::<SessionPolicy>(&bytes);
        let _ = from_bytes::<SessionRecord>(&bytes);
        let _ = from_bytes::<BalanceRecord>(&bytes);
        let _ = from_bytes::<AttesterRecord>(&bytes);
        let _ = from_bytes::<BatchRecord>(&bytes);
        let _ = from_bytes::<UsageRecord>(&bytes);
        let _ = from_bytes::<PayerRecord>(&bytes);
        let _ = from_bytes::<CommitteeRecord>(&bytes);
        let _ = from_bytes::<KeysRecord>(&bytes);
        let _ = from_bytes::<PermanentRecord>(&bytes);
        let _ = from_bytes::<DeletableRecord>(&bytes);
        let _ = from_bytes::<ModelPayer>(&bytes);
        let _ = from_bytes::<AttesterTotals>(&bytes);
        let _ = from_bytes::<HubRecord>(&bytes);
        let _ = from_bytes::<Spent>(&bytes);
        let _ = from_bytes::<Served>(&bytes);
    }

    #[test]
    fn a_score_never_falls_and_one_score_holds_less_than_a_sixteenth(low: u128, high: u128, shift in 0u32..128) {
        let (low, high) = (low >> shift, high >> shift);
        let (low, high) = (low.min(high), low.max(high));
        prop_assert!(score(low) <= score(high));
        if score(low) == score(high) {
            prop_assert!(high - low <= low / 16);
        }
    }

    #[test]
    fn usage_is_read_back(
        days in [any::<u32>(), any::<u32>(), any::<u32>()],
        counts in [any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()],
        amounts in [any::<u128>(), any::<u128>(), any::<u128>(), any::<u128>(), any::<u128>()],
        operators in 0usize..=4,
    ) {
        let mut days = days.map(u64::from);
        days.sort_unstable();
        let [first_day, last_day, open_day] = days;
        let [payers, payers_in_week, returning, settle_lag_seconds, release] = counts;
        let [gross, related, aged, units_in, units_out] = amounts;
        let sums = Sums { gross, related, aged, units_in, units_out, calls: payers, free_calls: release };
        let earlier_releases = Sums { gross: related, ..Sums::default() };
        let served = Served {
            strange: gross, kept: aged, calls: returning, recent_strange: units_in, recent_kept: units_out,
            week: Day(last_day).week(),
        };
        let usage = UsageRecord {
            sums, open_day: Day(open_day), last_day: Day(last_day), first_day: Day(first_day), payers, payers_in_week, returning, payer_weeks: payers,
            recent: Recent { sum: aged, week: Day(first_day).week() },
            settle_lag_seconds, release: ReleaseNumber(release), earlier_releases,
            served: vec![(OperatorNumber(payers), served); operators],
        };
        prop_assert_eq!(from_bytes::<Served>(&to_bytes(&served)).unwrap(), served);
        prop_assert_eq!(from_bytes::<UsageRecord>(&to_bytes(&usage)).unwrap(), usage);
    }

    #[test]
    fn whatever_is_stored_is_read_back(
        budget: u128, spent: u128, kept: u128, ceiling: Option<u128>, released: bool,
        lanes in prop::collection::vec((any::<u64>(), any::<u64>()), 0..=4),
        day: u64, on_day: u128, day_before: u128, paid_week: u64, paid_models: u8, denom: u32,
    ) {
        let session = SessionRecord {
            denom: DenomNumber(denom), budget, spent, kept, released, ceiling,
            lanes: lanes.into_iter().map(|(attester, next)| Lane { attester: AttesterId(attester), next }).collect(),
            funding: Funding { day: Day(day), on_day, day_before },
            paid_week: Week(paid_week), paid_models,
        };
        prop_assert_eq!(from_bytes::<SessionRecord>(&to_bytes(&session)).unwrap(), session);
    }
}
