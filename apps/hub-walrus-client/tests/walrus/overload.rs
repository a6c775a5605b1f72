//! Complaint 13: 429 and other answers in plain text; servers that break off.

use std::time::{Duration, Instant};

use hub_walrus_client::{Error, Silent};
use hub_walrus_local::{Fault, On, What};

use crate::fixture::{fault, Fixture};

#[test]
fn a_server_that_has_too_much_to_do_is_left_alone_for_as_long_as_it_asks() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(50_000, 1);
    let once = Fault {
        times: Some(1),
        ..fault(
            On::Read,
            What::Status {
                code: 429,
                retry_after: Some(1),
            },
        )
    };
    fixture.faces[0].set_faults(vec![once]);
    let began = Instant::now();
    blob.assert_is(
        &fixture
            .client()
            .fetch(&blob.id, &blob.by_rows(), &Silent)
            .unwrap(),
    );
    assert!(began.elapsed() >= Duration::from_millis(900));
}

#[test]
fn meanwhile_another_is_asked() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(50_000, 2);
    fixture.fault(
        0,
        On::Read,
        What::Status {
            code: 429,
            retry_after: Some(3_600),
        },
    );
    let began = Instant::now();
    blob.assert_is(
        &fixture
            .client()
            .fetch(&blob.id, &blob.by_rows(), &Silent)
            .unwrap(),
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(
        fixture.requests(0).len() <= 4,
        "{}",
        fixture.requests(0).len()
    );
}

#[test]
fn bodies_that_break_off_are_gone_on_with_row_by_row() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(300_000, 3);
    fixture.fault(0, On::Read, What::CutAfter { bytes: 20_000 });
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert_eq!(fetched.fetched, 300_000);
    assert_eq!(fetched.liars, []);
}

#[test]
fn every_reason_is_told_when_nobody_gives_it() {
    let fixture = Fixture::new(4);
    let blob = fixture.blob(50_000, 4);
    for (server, code) in [403, 451, 503, 429].into_iter().enumerate() {
        fixture.fault(
            server,
            On::Read,
            What::Status {
                code,
                retry_after: None,
            },
        );
    }
    let error = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "403 BLOB_TOO_LARGE",
        "451 FORBIDDEN_BLOB",
        "503 BLOB_UNAVAILABLE",
        "429: the aggregator is receiving too many requests",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(matches!(error, Error::NoAggregator { .. }));
    assert!(error.hint().unwrap().contains("what was checked is kept"));
}
