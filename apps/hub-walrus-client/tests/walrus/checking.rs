//! Where sliver roots come from, what is kept, and what a cache is worth.

use hub_walrus_client::{Checked, FetchOptions, Silent};
use hub_walrus_local::{On, What};

use crate::fixture::{Fixture, Notes};

#[test]
fn a_storage_node_gives_the_roots_so_that_rows_are_checked_without_a_sidecar() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(200_000, 1);
    let client = fixture.client_with(&["http://127.0.0.1:9".into(), fixture.url(0)]);
    let fetched = client
        .fetch(&blob.id, &FetchOptions::default(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert_eq!(fetched.checked, Checked::Rows);
}

#[test]
fn where_no_storage_node_answers_the_whole_is_checked() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(200_000, 2);
    fixture.fault(
        0,
        On::Node,
        What::Status {
            code: 500,
            retry_after: None,
        },
    );
    let notes = Notes::default();
    let fetched = fixture
        .client_with(&fixture.urls())
        .fetch(&blob.id, &FetchOptions::default(), &notes)
        .unwrap();
    blob.assert_is(&fetched);
    assert_eq!(fetched.checked, Checked::Whole);
    assert!(
        notes.all()[0].contains("no sliver roots"),
        "{:?}",
        notes.all()
    );
}

#[test]
fn what_is_in_the_cache_costs_no_request() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(100_000, 3);
    let client = fixture.client();
    client.fetch(&blob.id, &blob.by_rows(), &Silent).unwrap();
    fixture.faces[0].forget_requests();
    let again = client
        .fetch(&blob.id, &FetchOptions::default(), &Silent)
        .unwrap();
    blob.assert_is(&again);
    assert_eq!((again.checked, again.fetched), (Checked::Before, 0));
    assert_eq!(fixture.requests(0), []);
}

#[test]
fn a_strict_check_finds_what_was_changed_in_the_cache_and_fetches_it_again() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(100_000, 4);
    let client = fixture.client();
    let fetched = client.fetch(&blob.id, &blob.by_rows(), &Silent).unwrap();
    let mut bytes = blob.bytes.clone();
    bytes[5] ^= 1;
    std::fs::remove_file(&fetched.path).unwrap();
    std::fs::write(&fetched.path, bytes).unwrap();
    let strict = FetchOptions {
        strict: true,
        ..blob.by_rows()
    };
    let again = client.fetch(&blob.id, &strict, &Silent).unwrap();
    blob.assert_is(&again);
    assert_eq!((again.checked, again.fetched), (Checked::Whole, 100_000));
}

#[test]
fn a_row_is_checked_by_itself_at_another_aggregator() {
    let fixture = Fixture::new(3);
    let blob = fixture.blob(100_000, 5);
    let client = fixture.client();
    let urls = fixture.urls();
    assert_eq!(
        client.spot_check(&blob.slivers, 70, &urls[..1]).unwrap(),
        urls[1]
    );
    fixture.fault(
        1,
        On::Read,
        What::WrongByte {
            offset: 70 * blob.slivers.row_range(0).end,
        },
    );
    fixture.fault(2, On::Read, What::IgnoreRange);
    assert_eq!(
        client.spot_check(&blob.slivers, 70, &urls[..1]).unwrap(),
        urls[2]
    );
    assert_eq!(
        client.spot_check(&blob.slivers, 71, &urls[..1]).unwrap(),
        urls[1]
    );
}

#[test]
fn two_that_fetch_one_blob_fetch_it_once() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(300_000, 6);
    fixture.fault(
        0,
        On::Read,
        What::Trickle {
            bytes_per_second: 1_000_000,
        },
    );
    std::thread::scope(|scope| {
        let fetch = || {
            fixture
                .client()
                .fetch(&blob.id, &blob.by_rows(), &Silent)
                .unwrap()
        };
        let both = [scope.spawn(fetch), scope.spawn(fetch)].map(|thread| thread.join().unwrap());
        both.iter().for_each(|fetched| blob.assert_is(fetched));
        assert_eq!(
            both.iter().map(|fetched| fetched.fetched).sum::<u64>(),
            300_000
        );
    });
}
