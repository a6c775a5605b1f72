//! Complaint 1: large transfers end with a time-out over the whole request and start again.

use std::time::{Duration, Instant};

use hub_walrus_client::{How, Silent, Warning};
use hub_walrus_local::{Fault, On, What};

use crate::fixture::{encode, fault, noise, patience, permanent, Fixture};

#[test]
fn a_download_may_take_as_long_as_it_likes_if_it_goes_on() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(300_000, 1);
    fixture.fault(
        0,
        On::Read,
        What::Trickle {
            bytes_per_second: 150_000,
        },
    );
    let began = Instant::now();
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert!(
        began.elapsed() > patience().idle,
        "this shows nothing: it was too fast"
    );
}

#[test]
fn a_server_that_falls_silent_is_left_for_another() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(300_000, 2);
    fixture.fault(
        0,
        On::Read,
        What::StallAfter {
            bytes: 10_000,
            milliseconds: 60_000,
        },
    );
    let began = Instant::now();
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(fetched.liars, []);
}

#[test]
fn a_publisher_may_be_silent_while_it_stores() {
    let fixture = Fixture::new(1);
    fixture.fault(
        0,
        On::Store,
        What::Delay {
            milliseconds: 1_500,
        },
    );
    let stored = fixture.put(&noise(1_000, 3), &permanent(2)).unwrap();
    assert_eq!(stored.how, How::Created);
    assert_eq!(
        fixture
            .requests(0)
            .iter()
            .filter(|entry| entry.method == "PUT")
            .count(),
        1
    );
}

#[test]
fn what_was_stored_before_a_504_is_found_and_not_sent_again() {
    for code in [500, 502, 504] {
        let fixture = Fixture::new(1);
        fixture.fault(0, On::Store, What::StoreThenStatus { code });
        let bytes = noise(1_000, code.into());
        let stored = fixture.put(&bytes, &permanent(2)).unwrap();
        assert_eq!(stored.how, How::FoundAfterFailure);
        assert_eq!(stored.warnings, [Warning::OwnerUnknown]);
        assert_eq!(stored.id, encode(&bytes).id());
        assert_eq!(
            fixture
                .requests(0)
                .iter()
                .filter(|entry| entry.method == "PUT")
                .count(),
            1
        );
    }
}

#[test]
fn after_a_504_a_storage_node_tells_until_when_it_is_stored() {
    let fixture = Fixture::new(1);
    fixture.fault(0, On::Store, What::StoreThenStatus { code: 504 });
    let client = fixture.client_with(&fixture.urls());
    let bytes = noise(1_000, 9);
    let upload = hub_walrus_client::Upload {
        id: encode(&bytes).id(),
        length: 1_000,
        source: hub_walrus_client::Source::Bytes(&bytes),
    };
    let there = || client.holds(&upload.id);
    let stored = fixture
        .publisher()
        .put(upload, &permanent(7), &there, &Silent)
        .unwrap();
    assert_eq!(stored.end_epoch, Some(8));
}

#[test]
fn what_was_not_stored_before_a_504_is_sent_again() {
    let fixture = Fixture::new(1);
    let twice = Fault {
        times: Some(2),
        ..fault(
            On::Store,
            What::Status {
                code: 504,
                retry_after: None,
            },
        )
    };
    fixture.faces[0].set_faults(vec![twice]);
    let stored = fixture.put(&noise(1_000, 4), &permanent(2)).unwrap();
    assert_eq!(stored.how, How::Created);
    assert_eq!(
        fixture
            .requests(0)
            .iter()
            .filter(|entry| entry.method == "PUT")
            .count(),
        3
    );
}

#[test]
fn a_publisher_that_never_works_is_given_up_with_its_own_words() {
    let fixture = Fixture::new(1);
    fixture.fault(
        0,
        On::Store,
        What::Status {
            code: 504,
            retry_after: None,
        },
    );
    let error = fixture.put(&noise(1_000, 5), &permanent(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} did not store the blob: 504 INSUFFICIENT_CONFIRMATIONS: the service timed-out while waiting \
             for confirmations, please try again",
            fixture.url(0)
        )
    );
}

#[test]
fn a_publisher_that_cannot_be_reached_is_named() {
    let mut fixture = Fixture::new(1);
    let url = fixture.url(0);
    let client = fixture.client();
    let publisher = fixture.publisher();
    fixture.servers.clear();
    let bytes = noise(1_000, 6);
    let upload = hub_walrus_client::Upload {
        id: encode(&bytes).id(),
        length: 1_000,
        source: hub_walrus_client::Source::Bytes(&bytes),
    };
    let error = publisher
        .put(upload, &permanent(1), &|| client.holds(&upload.id), &Silent)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&url) && text.contains("could not be reached"),
        "{text}"
    );
}
