//! Terms without a chain: examples to the second, then promises over random histories.

use cosmwasm_std::testing::{MockApi, MockStorage};
use cosmwasm_std::Uint128;
use hub_types::denom::Denom;
use hub_types::ids::TermsNumber;
use hub_types::price::Rates;
use hub_types::records::registry::Validity;
use hub_types::registry::Payee;
use hub_types::time::Seconds;
use proptest::prelude::*;

use super::*;
use crate::domain::shares::Shares;
use crate::domain::terms::Draft;

const MODEL: u64 = 7;
const GRACE: u64 = CUTOFF_GRACE_SECONDS;
const NOTICE: u64 = 86_400;
const BIRTH: u64 = 1_000_000;
/// First second whose receipts the first terms take.
const BEGUN: u64 = BIRTH - GRACE;

fn draft(denom: &str, rates: [u128; 3]) -> Draft {
    let [per_call, per_million_in, per_million_out] = rates.map(Uint128::new);
    let rates = Rates {
        per_call,
        per_million_in,
        per_million_out,
    };
    let api = MockApi::default();
    let payee = Payee {
        address: api.addr_make("author"),
        bps: 9_500,
    };
    let shares = Shares::new(500, vec![payee]).unwrap();
    Draft::new(&api, Denom::Native(denom.to_owned()), rates, &shares).unwrap()
}

fn at(price: u128) -> Draft {
    draft("uusd", [price, 0, 0])
}

/// A model's terms in a storage of their own.
struct Book {
    storage: MockStorage,
    latest: TermsNumber,
    notice: u64,
}

impl Book {
    fn new(first: Draft, notice: u64) -> Self {
        let mut storage = MockStorage::new();
        begin(&mut storage, ModelId(MODEL), &first.into_first(BIRTH));
        Self {
            storage,
            latest: TermsNumber(1),
            notice,
        }
    }

    fn set(&mut self, draft: Draft, now: u64) -> Change {
        let standing = standing(&self.storage, ModelId(MODEL), self.latest, now).unwrap();
        let change = standing.set(draft, now, Seconds(self.notice)).unwrap();
        apply(&mut self.storage, ModelId(MODEL), &change);
        self.latest = change.set.number;
        change
    }

    fn all(&self) -> Vec<Terms> {
        TermsNumber(1)
            .up_to(self.latest)
            .map(|number| get(&self.storage, ModelId(MODEL), number).unwrap())
            .collect()
    }

    fn validities(&self) -> Vec<Validity> {
        self.all()
            .into_iter()
            .map(|terms| terms.record.validity)
            .collect()
    }

    fn numbers_at(&self, time: u64) -> Vec<u64> {
        in_force_at(&self.storage, ModelId(MODEL), self.latest, time)
            .unwrap()
            .iter()
            .map(|terms| terms.number.0)
            .collect()
    }
}

fn interval(from: u64, until: impl Into<Option<u64>>) -> Validity {
    Validity::Interval {
        from,
        until: until.into(),
    }
}

#[test]
fn first_terms_are_in_force_at_once_and_in_the_grace_before() {
    let book = Book::new(at(10), NOTICE);
    assert_eq!(book.validities(), [interval(BEGUN, None)]);
    assert_eq!(book.numbers_at(0), Vec::<u64>::new());
    assert_eq!(book.numbers_at(BEGUN - 1), Vec::<u64>::new());
    assert_eq!(book.numbers_at(BEGUN), [1]);
    assert_eq!(book.numbers_at(u64::MAX), [1]);
}

#[test]
fn a_rise_waits_for_the_notice_and_takes_over_in_one_second() {
    let mut book = Book::new(at(10), NOTICE);
    let now = BIRTH + 500;
    let change = book.set(at(11), now);
    assert_eq!(
        (
            change.set.number,
            change.superseded.number,
            change.superseded_at,
            change.dropped
        ),
        (TermsNumber(2), TermsNumber(1), now + NOTICE, None)
    );
    assert_eq!(
        book.validities(),
        [interval(BEGUN, now + NOTICE), interval(now + NOTICE, None)]
    );
    assert_eq!(book.numbers_at(now + NOTICE - 1), [1]);
    assert_eq!(book.numbers_at(now + NOTICE), [2]);
}

#[test]
fn a_cut_begins_at_once_and_both_can_be_charged_for_the_grace() {
    let mut book = Book::new(at(10), NOTICE);
    let now = BIRTH + 500;
    book.set(at(9), now);
    assert_eq!(
        book.validities(),
        [interval(BEGUN, now + GRACE), interval(now, None)]
    );
    assert_eq!(book.numbers_at(now - 1), [1]);
    assert_eq!(book.numbers_at(now), [2, 1]);
    assert_eq!(book.numbers_at(now + GRACE - 1), [2, 1]);
    assert_eq!(book.numbers_at(now + GRACE), [2]);
}

#[test]
fn any_component_above_its_own_is_a_rise_and_so_is_another_denomination() {
    let now = BIRTH + 5;
    for (draft, rises) in [
        (draft("uusd", [10, 20, 30]), false),
        (draft("uusd", [0, 0, 0]), false),
        (draft("uusd", [11, 0, 0]), true),
        (draft("uusd", [0, 21, 0]), true),
        (draft("uusd", [0, 0, 31]), true),
        (draft("ueur", [0, 0, 0]), true),
        (draft("uusd", [0, 0, u128::MAX]), true),
    ] {
        let mut book = Book::new(self::draft("uusd", [10, 20, 30]), NOTICE);
        let expected = if rises { now + NOTICE } else { now };
        assert_eq!(book.set(draft, now).set.effective_from(), expected);
    }
}

#[test]
fn terms_set_again_replace_pending_ones_and_are_compared_with_those_in_force() {
    let mut book = Book::new(at(10), NOTICE);
    let rise = BIRTH + 500;
    book.set(at(30), rise);
    // 20 is below what was waiting, above what is in force: it waits anew.
    let again = rise + 1_000;
    let change = book.set(at(20), again);
    assert_eq!(
        change.dropped.map(|dropped| dropped.number),
        Some(TermsNumber(2))
    );
    assert_eq!(
        book.validities(),
        [
            interval(BEGUN, again + NOTICE),
            Validity::Dropped,
            interval(again + NOTICE, None)
        ]
    );
    // The present price takes a rise back.
    let back = again + 1_000;
    book.set(at(10), back);
    assert_eq!(
        book.validities(),
        [
            interval(BEGUN, back + GRACE),
            Validity::Dropped,
            Validity::Dropped,
            interval(back, None)
        ]
    );
    let superseded: Vec<u64> = book
        .all()
        .iter()
        .map(|terms| terms.record.supersedes.0)
        .collect();
    assert_eq!(superseded, [0, 1, 1, 1]);
    for time in [rise + NOTICE, again + NOTICE] {
        assert_eq!(book.numbers_at(time), [4]);
    }
}

#[test]
fn a_rise_can_be_dropped_until_the_grace_before_it_begins_and_no_longer() {
    let rise = BIRTH + 500;
    let begins = rise + NOTICE;

    let mut book = Book::new(at(10), NOTICE);
    book.set(at(30), rise);
    let last_chance = begins - GRACE - 1;
    book.set(at(5), last_chance);
    assert_eq!(
        book.validities(),
        [
            interval(BEGUN, last_chance + GRACE),
            Validity::Dropped,
            interval(last_chance, None)
        ]
    );

    for too_late in [begins - GRACE, begins - 1] {
        let mut book = Book::new(at(10), NOTICE);
        book.set(at(30), rise);
        // Not above 30, which counts as in force: it follows 30 and begins with it.
        let change = book.set(at(20), too_late);
        assert_eq!(change.dropped, None);
        assert_eq!(
            book.validities(),
            [
                interval(BEGUN, begins),
                interval(begins, too_late + GRACE),
                interval(begins, None)
            ]
        );
        assert_eq!(book.numbers_at(begins - 1), [1]);
    }
}

#[test]
fn terms_that_follow_a_rise_at_its_last_second_of_waiting_leave_it_no_time() {
    let rise = BIRTH + 500;
    let begins = rise + NOTICE;
    let mut book = Book::new(at(10), NOTICE);
    book.set(at(30), rise);
    book.set(at(20), begins - GRACE);
    assert_eq!(
        book.validities(),
        [
            interval(BEGUN, begins),
            interval(begins, begins),
            interval(begins, None)
        ]
    );
    assert_eq!(book.numbers_at(begins), [3]);
}

#[test]
fn a_notice_shorter_than_the_grace_leaves_nothing_to_drop() {
    let mut book = Book::new(at(10), 1);
    book.set(at(20), BIRTH);
    book.set(at(30), BIRTH);
    book.set(at(5), BIRTH);
    assert_eq!(
        book.validities(),
        [
            interval(BEGUN, BIRTH + 1),
            interval(BIRTH + 1, BIRTH + 1),
            interval(BIRTH + 1, BIRTH + GRACE),
            interval(BIRTH + 1, None)
        ]
    );
}

#[test]
fn identical_terms_are_a_set_of_their_own() {
    let mut book = Book::new(at(10), NOTICE);
    book.set(at(10), BIRTH);
    assert_eq!(
        book.validities(),
        [interval(BEGUN, BIRTH + GRACE), interval(BIRTH, None)]
    );
    assert_eq!(book.numbers_at(BIRTH), [2, 1]);
}

#[test]
fn of_more_sets_than_a_hundred_at_one_time_the_latest_hundred_are_told() {
    let mut book = Book::new(at(1_000), NOTICE);
    for price in (700..1_000).rev() {
        book.set(at(price), BIRTH);
    }
    let latest_hundred: Vec<u64> = (202..=301).rev().collect();
    assert_eq!(book.numbers_at(BIRTH), latest_hundred);
    assert_eq!(book.numbers_at(BIRTH + GRACE), [301]);
    assert_eq!(book.numbers_at(BIRTH - 1), [1]);
}

#[test]
fn terms_of_long_ago_are_found_behind_any_number_of_later_ones() {
    let mut book = Book::new(at(1_000), NOTICE);
    for step in 1..=400 {
        book.set(at(1_000), BIRTH + step * 100);
    }
    assert_eq!(book.numbers_at(BIRTH), [1]);
    assert_eq!(book.numbers_at(BIRTH + 100), [2, 1]);
    assert_eq!(book.numbers_at(BIRTH + 160), [2]);
    assert_eq!(book.numbers_at(BIRTH + 20_030), [201, 200]);
}

/// A step of a random history: seconds that pass, then a price.
#[derive(Clone, Debug)]
struct Step {
    pause: u64,
    denom: bool,
    rates: [u128; 3],
}

fn step(notice: u64) -> impl Strategy<Value = Step> {
    // Mostly at and around the boundaries: the same second, the grace, the notice, and the grace before it ends.
    let pause = prop_oneof![
        3 => Just(0),
        2 => 1..5u64,
        2 => (GRACE - 2)..(GRACE + 3),
        2 => Just(notice),
        2 => notice.saturating_sub(GRACE + 2)..=notice.saturating_sub(GRACE - 2),
        1 => 0..2 * notice,
    ];
    let rate = || 0..4u128;
    (pause, prop::bool::weighted(0.15), [rate(), rate(), rate()]).prop_map(
        |(pause, denom, rates)| Step {
            pause,
            denom,
            rates,
        },
    )
}

fn history() -> impl Strategy<Value = (u64, Vec<Step>)> {
    prop_oneof![
        Just(1),
        Just(GRACE),
        Just(GRACE + 1),
        Just(500),
        Just(NOTICE)
    ]
    .prop_flat_map(|notice| (Just(notice), prop::collection::vec(step(notice), 1..14)))
}

/// What stood in the book after a message.
struct Snapshot {
    time: u64,
    terms: Vec<Terms>,
}

fn run(notice: u64, steps: &[Step]) -> (Book, Vec<Snapshot>) {
    let mut book = Book::new(draft("uusd", [2, 2, 2]), notice);
    let mut snapshots = vec![Snapshot {
        time: BIRTH,
        terms: book.all(),
    }];
    let mut time = BIRTH;
    for step in steps {
        time += step.pause;
        let denom = if step.denom { "ueur" } else { "uusd" };
        book.set(draft(denom, step.rates), time);
        snapshots.push(Snapshot {
            time,
            terms: book.all(),
        });
    }
    (book, snapshots)
}

fn bounds(terms: &Terms) -> Option<(u64, u64)> {
    match terms.record.validity {
        Validity::Dropped => None,
        Validity::Interval { from, until } => Some((from, until.unwrap_or(u64::MAX))),
    }
}

/// Every second at which something begins or ends, with its neighbours.
fn edges(terms: &[Terms]) -> Vec<u64> {
    terms
        .iter()
        .filter_map(bounds)
        .flat_map(|(from, until)| [from - 1, from, from + 1, until - 1, until])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn at_every_time_since_the_registration_some_set_is_in_force((notice, steps) in history()) {
        let (_, snapshots) = run(notice, &steps);
        for snapshot in &snapshots {
            for time in edges(&snapshot.terms).into_iter().filter(|time| *time >= BIRTH) {
                prop_assert!(snapshot.terms.iter().any(|terms| terms.record.is_in_force_at(time)));
            }
        }
    }

    #[test]
    fn what_was_seen_bounds_what_is_charged_until_the_notice_has_passed((notice, steps) in history()) {
        let (book, snapshots) = run(notice, &steps);
        let last = book.all();
        for seen in &snapshots {
            for charged in &last {
                let Some((from, until)) = bounds(charged) else { continue };
                let in_time = from.max(seen.time) < until.min(seen.time + notice);
                let bounded = seen.terms.iter().any(|known| {
                    bounds(known).is_some_and(|(from, until)| until > seen.time && from < until)
                        && known.record.denom == charged.record.denom
                        && charged.record.rates.within(&known.record.rates)
                });
                prop_assert!(
                    !in_time || bounded,
                    "seen at {}: {:?}; charged: {charged:?}", seen.time, seen.terms
                );
            }
        }
    }

    #[test]
    fn nobody_is_charged_more_than_terms_known_for_the_notice_or_in_force_ever_since(
        (notice, steps) in history(),
    ) {
        // As above for one caller who looked at one time; here for each set: a set that nobody could know for the
        // whole notice before it began is not above the one it followed, and that one reaches up to its beginning.
        let (book, snapshots) = run(notice, &steps);
        let set_at = |number: u64| {
            snapshots.iter().find(|snapshot| snapshot.terms.iter().any(|terms| terms.number == TermsNumber(number))).unwrap().time
        };
        let last = book.all();
        for terms in &last {
            let Some((from, _)) = bounds(terms) else { continue };
            if terms.number == TermsNumber(1) || from - set_at(terms.number.0) >= notice {
                continue;
            }
            let before = &last[terms.record.supersedes.0 as usize - 1];
            let (before_from, before_until) = bounds(before).unwrap();
            prop_assert_eq!(&before.record.denom, &terms.record.denom);
            prop_assert!(terms.record.rates.within(&before.record.rates));
            prop_assert!(before_from <= from && from <= before_until);
        }
    }

    #[test]
    fn at_most_one_set_waits_and_what_does_not_wait_is_never_dropped((notice, steps) in history()) {
        let (_, snapshots) = run(notice, &steps);
        for (before, after) in snapshots.iter().zip(snapshots.iter().skip(1)) {
            let waiting = |terms: &&Terms| terms.is_pending(after.time) && !terms.is_dropped();
            prop_assert!(before.terms.iter().filter(waiting).count() <= 1);
            prop_assert!(after.terms.iter().filter(waiting).count() <= 1);
            for (was, is) in before.terms.iter().zip(&after.terms) {
                let dropped_now = is.is_dropped() && !was.is_dropped();
                prop_assert_eq!(dropped_now, waiting(&was));
            }
        }
    }

    #[test]
    fn a_dropped_set_is_never_in_force_and_never_was((notice, steps) in history()) {
        let (book, snapshots) = run(notice, &steps);
        for dropped in book.all().iter().filter(|terms| terms.is_dropped()) {
            for snapshot in &snapshots {
                if let Some(then) = snapshot.terms.get(dropped.number.0 as usize - 1) {
                    prop_assert!(!then.record.is_in_force_at(snapshot.time));
                }
            }
            prop_assert_eq!(dropped.record.in_force(), None);
        }
    }

    #[test]
    fn numbers_ascend_and_price_and_shares_of_a_number_never_change((notice, steps) in history()) {
        let (book, snapshots) = run(notice, &steps);
        let last = book.all();
        for (place, snapshot) in snapshots.iter().enumerate() {
            prop_assert_eq!(snapshot.terms.len(), place + 1);
            for (then, now) in snapshot.terms.iter().zip(&last) {
                let mut then = then.record.clone();
                then.validity = now.record.validity;
                prop_assert_eq!(&then, &now.record);
            }
        }
    }

    #[test]
    fn an_end_once_past_stands_and_none_is_set_nearer_than_the_grace((notice, steps) in history()) {
        let (_, snapshots) = run(notice, &steps);
        for (before, after) in snapshots.iter().zip(snapshots.iter().skip(1)) {
            for (was, is) in before.terms.iter().zip(&after.terms) {
                if let (Some((_, end_was)), Some((_, end_is))) = (bounds(was), bounds(is)) {
                    prop_assert!(end_is == end_was || end_was > after.time + GRACE);
                    prop_assert!(end_is == end_was || end_is >= after.time + GRACE.min(notice));
                }
            }
        }
    }

    #[test]
    fn the_answer_for_a_time_is_what_going_through_all_sets_finds((notice, steps) in history()) {
        let (book, snapshots) = run(notice, &steps);
        let last = book.all();
        let times = edges(&last).into_iter().chain(snapshots.iter().map(|snapshot| snapshot.time)).chain([0, u64::MAX]);
        for time in times {
            let expected: Vec<u64> = last.iter().rev()
                .filter(|terms| terms.record.is_in_force_at(time))
                .map(|terms| terms.number.0)
                .collect();
            prop_assert_eq!(book.numbers_at(time), expected);
        }
    }
}
