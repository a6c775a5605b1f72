//! Complaint 2: a publisher takes 10 MiB unless told otherwise, and says so after everything was sent.

use hub_walrus_client::Error;
use hub_walrus_local::Options;

use crate::fixture::{noise, permanent, Fixture};

#[test]
fn one_byte_more_than_the_publisher_takes_is_refused_before_anything_is_sent() {
    let fixture = Fixture::with(
        1,
        Options {
            limit: 5_000,
            ..Options::default()
        },
    );
    let publisher = || fixture.publisher().limit(5_000);
    let put = |length: usize| {
        let bytes = noise(length, 1);
        let upload = hub_walrus_client::Upload {
            id: crate::fixture::encode(&bytes).id(),
            length: length as u64,
            source: hub_walrus_client::Source::Bytes(&bytes),
        };
        publisher().put(upload, &permanent(1), &|| None, &hub_walrus_client::Silent)
    };
    let error = put(5_001).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("5001 bytes are more than {} takes in one request, which is 5000 bytes; nothing was sent", fixture.url(0))
    );
    assert!(error.hint().unwrap().contains("--publisher-limit"));
    assert_eq!(fixture.requests(0), []);
    put(5_000).unwrap();
}

#[test]
fn a_publisher_that_takes_less_than_was_thought_says_so_in_plain_text() {
    let fixture = Fixture::with(
        1,
        Options {
            limit: 5_000,
            ..Options::default()
        },
    );
    let error = fixture.put(&noise(5_001, 1), &permanent(1)).unwrap_err();
    let Error::Publisher { answer, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((answer.status, answer.reason.as_deref()), (413, None));
    assert!(error.hint().unwrap().contains("--publisher-limit"));
    // It is no use to send it again.
    assert_eq!(fixture.requests(0).len(), 1);
}
