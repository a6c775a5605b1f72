//! What is left by a fetch that was stopped is gone on with. Kills are tried in `apps/hub`, on processes.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use hub_walrus_client::{Error, FetchOptions, Progress, Silent};
use hub_walrus_local::{On, What};

use crate::fixture::Fixture;

/// Says stop after so many bytes.
struct StopAfter(AtomicU64);

impl Progress for StopAfter {
    fn advance(&self, bytes: u64) {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(bytes), Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn what_was_checked_is_not_fetched_again() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(500_000, 1);
    let mut before = 0;
    for _ in 0..3 {
        let stop = StopAfter(AtomicU64::new(before + 120_000));
        let error = fixture
            .client()
            .fetch(&blob.id, &blob.by_rows(), &stop)
            .unwrap_err();
        assert!(matches!(error, Error::Cancelled), "{error}");
        before += 100_000;
    }
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert!(fetched.resumed >= 120_000, "{}", fetched.resumed);
    assert_eq!(fetched.resumed + fetched.fetched, 500_000);
}

#[test]
fn rows_that_the_disk_lost_are_fetched_again() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(500_000, 2);
    let stop = StopAfter(AtomicU64::new(200_000));
    fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &stop)
        .unwrap_err();
    // As after a power failure: what was noted is not there.
    let part = fixture
        .cache()
        .join("blobs")
        .join(format!("{}.part", blob.id));
    let mut bytes = fs::read(&part).unwrap();
    bytes[..60_000].fill(0);
    fs::write(&part, bytes).unwrap();
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert!(fetched.resumed < 200_000);
}

#[test]
fn a_part_from_a_run_without_roots_is_used_by_one_with_them_and_the_other_way_round() {
    for first_with_roots in [true, false] {
        let fixture = Fixture::new(1);
        let blob = fixture.blob(500_000, 3);
        let plain = FetchOptions {
            request_bytes: 64 << 10,
            ..FetchOptions::default()
        };
        let (first, second) = match first_with_roots {
            true => (blob.by_rows(), plain),
            false => (plain, blob.by_rows()),
        };
        let stop = StopAfter(AtomicU64::new(200_000));
        fixture.client().fetch(&blob.id, &first, &stop).unwrap_err();
        // So that the second run has no roots but its own.
        let _ = fs::remove_file(
            fixture
                .cache()
                .join("blobs")
                .join(format!("{}.roots", blob.id)),
        );
        let fetched = fixture.client().fetch(&blob.id, &second, &Silent).unwrap();
        blob.assert_is(&fetched);
        assert!(fetched.resumed >= 100_000);
    }
}

#[test]
fn unchecked_bytes_of_a_liar_do_not_survive_into_a_blob() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(500_000, 4);
    fixture.fault(0, On::Read, What::WrongByte { offset: 3 });
    let plain = FetchOptions {
        request_bytes: 64 << 10,
        ..FetchOptions::default()
    };
    let stop = StopAfter(AtomicU64::new(200_000));
    fixture.client().fetch(&blob.id, &plain, &stop).unwrap_err();
    // Who lied cannot be told any more: it is fetched anew from one after the other.
    let fetched = fixture.client().fetch(&blob.id, &plain, &Silent).unwrap();
    blob.assert_is(&fetched);
}
