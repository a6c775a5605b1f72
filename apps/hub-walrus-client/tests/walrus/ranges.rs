//! Complaints 7, 8 and 9: only closed single ranges within the blob are taken; some servers send everything all the
//! same; `HEAD` reads the whole blob; content types and encodings are whatever somebody said.

use hub_walrus_client::{Checked, FetchOptions, Silent};
use hub_walrus_local::{On, What};

use crate::fixture::Fixture;

#[test]
fn only_whole_rows_are_asked_for_in_closed_ranges_and_never_by_head() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(1_000_003, 1);
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    let requests = fixture.requests(0);
    assert!(
        requests.iter().all(|entry| entry.method == "GET"),
        "{requests:?}"
    );
    let row = blob.slivers.row_range(0).end;
    let mut sent = 0;
    for entry in &requests {
        let range = entry.range.as_deref().unwrap();
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
        if (first, last) == (0, 0) {
            continue; // Asks for the length.
        }
        assert_eq!(first % row, 0, "{range}");
        assert!((last + 1) % row == 0 || last == 1_000_002, "{range}");
        assert_eq!(entry.status, 206);
        sent += entry.sent;
    }
    assert_eq!(sent, 1_000_003, "every byte once");
    assert!(requests.len() > 5, "in parts: {}", requests.len());
}

#[test]
fn a_server_that_sends_everything_for_a_part_is_read_through_instead_of_asked_often() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(1_000_003, 2);
    fixture.fault(0, On::Read, What::IgnoreRange);
    let options = FetchOptions {
        connections: 1,
        ..blob.by_rows()
    };
    let fetched = fixture.client().fetch(&blob.id, &options, &Silent).unwrap();
    blob.assert_is(&fetched);
    // One for the length, and one that takes all rows.
    assert_eq!(fixture.requests(0).len(), 2);
}

#[test]
fn blobs_of_no_byte_and_of_one_are_blobs() {
    let fixture = Fixture::new(1);
    for length in [0, 1, 2, 1_333, 1_334, 1_335] {
        let blob = fixture.blob(length, 3);
        for options in [FetchOptions::default(), blob.by_rows()] {
            let client = fixture.client();
            let fetched = client.fetch(&blob.id, &options, &Silent).unwrap();
            blob.assert_is(&fetched);
            let expected = if options.roots.is_some() {
                Checked::Rows
            } else {
                Checked::Whole
            };
            assert_eq!(fetched.checked, expected);
            client.cache().remove(&blob.id).unwrap();
        }
    }
}

#[test]
fn bytes_that_are_said_to_be_compressed_are_left_as_they_are() {
    let fixture = Fixture::new(1);
    // What begins like gzip, and is none.
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    bytes.extend(crate::fixture::noise(5_000, 4));
    let stored = fixture.put(&bytes, &crate::fixture::permanent(5)).unwrap();
    let fetched = fixture
        .client()
        .fetch(&stored.id, &FetchOptions::default(), &Silent)
        .unwrap();
    assert_eq!(crate::fixture::read(&fetched.path), bytes);
}
