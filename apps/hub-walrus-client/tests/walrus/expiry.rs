//! Complaint 3 again: storage ends at the beginning of its end epoch.

use hub_walrus_client::{BlobStatus, Error, Silent};

use crate::fixture::Fixture;

#[test]
fn a_blob_is_there_until_its_end_epoch_begins() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(10_000, 1);
    let client = fixture.client_with(&fixture.urls());
    fixture.walrus.set_epoch(10).unwrap();
    blob.assert_is(&client.fetch(&blob.id, &blob.by_rows(), &Silent).unwrap());
    client.cache().remove(&blob.id).unwrap();
    fixture.walrus.set_epoch(11).unwrap();
    let error = client
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap_err();
    let Error::NotFound { id, asked } = &error else {
        panic!("{error}");
    };
    assert_eq!((id, asked), (&blob.id, &fixture.urls()));
    assert!(error.hint().unwrap().contains("hub blob status"));
    assert_eq!(
        client.nodes().status(&blob.id).unwrap(),
        BlobStatus::Nonexistent
    );
    assert_eq!(client.nodes().epoch().unwrap(), 11);
    assert_eq!(client.holds(&blob.id), None);
}

#[test]
fn what_is_in_the_cache_outlives_its_storage() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(10_000, 2);
    let client = fixture.client();
    client.fetch(&blob.id, &blob.by_rows(), &Silent).unwrap();
    fixture.walrus.set_epoch(100).unwrap();
    blob.assert_is(&client.fetch(&blob.id, &blob.by_rows(), &Silent).unwrap());
}
