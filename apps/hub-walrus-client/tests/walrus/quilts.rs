//! Complaint 10: ids of quilts, of their files and of blobs are mixed up; a file's id changes with its quilt.

use std::num::NonZeroU32;

use hub_walrus::Code;
use hub_walrus_client::{Error, FetchOptions, How, QuiltFile, Silent, StoreOptions};
use hub_walrus_encode::quilt::{File, Quilt};
use hub_walrus_local::{On, Options, What};
use sha2::{Digest, Sha256};

use crate::fixture::{encode, permanent, Fixture};

const FILES: [(&str, &[u8]); 3] = [
    ("config.json", b"{}"),
    ("sub/\"odd\" name", b"--hub-quilt-boundary"),
    ("empty", b""),
];

fn stored(fixture: &Fixture, options: &StoreOptions) -> hub_walrus_client::Stored {
    let files = FILES.map(|(identifier, bytes)| QuiltFile { identifier, bytes });
    let named = FILES.map(|(identifier, bytes)| File {
        identifier,
        bytes,
        ..File::default()
    });
    let id = encode(Quilt::new(Code::WALRUS, &named).unwrap().bytes()).id();
    fixture
        .publisher()
        .put_quilt(id, &files, options, &|| None, &Silent)
        .unwrap()
}

#[test]
fn a_quilt_that_a_publisher_put_together_has_the_id_that_was_computed_here() {
    let fixture = Fixture::new(1);
    let stored = stored(
        &fixture,
        &StoreOptions {
            epochs: NonZeroU32::new(3).unwrap(),
            ..permanent(1)
        },
    );
    assert_eq!((stored.how, stored.end_epoch), (How::Created, Some(4)));
    let client = fixture.client();
    let quilt = client
        .quilt(&stored.id, &FetchOptions::default(), &Silent)
        .unwrap();
    for (identifier, bytes) in FILES {
        assert_eq!(quilt.file(identifier).unwrap(), bytes);
        let sha256 = Sha256::digest(bytes).into();
        assert_eq!(
            client
                .patch(&stored.id, identifier, &sha256, &Silent)
                .unwrap()
                .bytes,
            bytes
        );
    }
    let listed = client.list_quilt(&stored.id, &Silent).unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|patch| patch.identifier.as_str())
        .collect();
    assert_eq!(names, ["config.json", "empty", "sub/\"odd\" name"]);
}

#[test]
fn a_file_that_is_not_there_and_a_quilt_that_is_not_are_told_apart() {
    let fixture = Fixture::new(2);
    let id = stored(&fixture, &permanent(3)).id;
    let client = fixture.client();
    let missing = client.patch(&id, "missing", &[0; 32], &Silent).unwrap_err();
    assert!(
        matches!(missing, Error::PatchNotFound { quilt, .. } if quilt == id),
        "{missing}"
    );
    fixture.walrus.set_epoch(4).unwrap();
    let gone = client
        .patch(&id, "config.json", &[0; 32], &Silent)
        .unwrap_err();
    assert!(
        matches!(&gone, Error::NotFound { asked, .. } if asked.len() == 2),
        "{gone}"
    );
    assert!(matches!(
        client.list_quilt(&id, &Silent),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn an_aggregator_that_changes_a_file_is_not_asked_again() {
    let fixture = Fixture::new(2);
    let id = stored(&fixture, &permanent(3)).id;
    fixture.fault(0, On::Quilt, What::WrongByte { offset: 0 });
    let client = fixture.client();
    let sha256 = Sha256::digest(b"{}").into();
    let patch = client.patch(&id, "config.json", &sha256, &Silent).unwrap();
    assert_eq!(
        (patch.bytes.as_slice(), patch.from),
        (&b"{}"[..], fixture.url(1))
    );
    assert!(client.aggregators().seen()[0].lied);
}

#[test]
fn what_is_no_quilt_is_said_to_be_none() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(10_000, 1);
    let error = fixture
        .client()
        .quilt(&blob.id, &blob.by_rows(), &Silent)
        .unwrap_err();
    assert!(
        matches!(error, Error::NotAQuilt { id, .. } if id == blob.id),
        "{error}"
    );
}

#[test]
fn more_than_the_publisher_takes_for_a_quilt_is_refused_before_anything_is_sent() {
    let fixture = Fixture::with(
        1,
        Options {
            quilt_limit: 1_000,
            ..Options::default()
        },
    );
    let bytes = vec![7; 101 << 20];
    let files = [QuiltFile {
        identifier: "large",
        bytes: &bytes,
    }];
    let id = encode(b"").id();
    let error = fixture
        .publisher()
        .put_quilt(id, &files, &permanent(1), &|| None, &Silent)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::OverLimit {
                limit: 104_857_600,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(fixture.requests(0), []);
}
