//! Complaint 6: what was stored a moment ago is said not to exist, since a cache remembers that it did not. The cure
//! that the documentation names, an unknown field in the query, is refused with 400.

use std::time::Duration;

use hub_walrus_client::{Error, FetchOptions, Silent};
use hub_walrus_local::{Fault, On, What};

use crate::fixture::{encode, fault, noise, permanent, Fixture};

#[test]
fn a_404_of_a_cache_is_passed_by_a_known_field_of_the_query() {
    let fixture = Fixture::new(1);
    fixture.fault(0, On::Read, What::CachedNotFound { seconds: 600 });
    let bytes = noise(10_000, 1);
    let id = encode(&bytes).id();
    // Somebody asks before it is stored: one address only, as a browser would.
    let plain = format!("{}/v1/blobs/{id}", fixture.url(0));
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let status = |url: &str| agent.get(url).call().unwrap().status().as_u16();
    assert_eq!(status(&plain), 404);
    fixture.put(&bytes, &permanent(5)).unwrap();
    assert_eq!(status(&plain), 404, "the cache forgot: this shows nothing");
    assert_eq!(status(&format!("{plain}?cb=1")), 400);
    let fetched = fixture
        .client()
        .fetch(&id, &FetchOptions::default(), &Silent)
        .unwrap();
    assert_eq!(crate::fixture::read(&fetched.path), bytes);
}

#[test]
fn what_was_stored_a_moment_ago_is_asked_for_again() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(10_000, 2);
    let late = Fault {
        times: Some(5),
        ..fault(
            On::Read,
            What::Status {
                code: 404,
                retry_after: None,
            },
        )
    };
    fixture.faces[0].set_faults(vec![late.clone()]);
    let error = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    fixture.faces[0].set_faults(vec![late]);
    let patient = FetchOptions {
        just_stored: Some(Duration::from_secs(60)),
        ..blob.by_rows()
    };
    blob.assert_is(&fixture.client().fetch(&blob.id, &patient, &Silent).unwrap());
}

#[test]
fn an_aggregator_without_the_blob_does_not_hide_one_that_has_it() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(10_000, 3);
    fixture.fault(
        0,
        On::Read,
        What::Status {
            code: 404,
            retry_after: None,
        },
    );
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
}
