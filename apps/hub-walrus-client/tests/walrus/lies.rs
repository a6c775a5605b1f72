//! Complaint 11: checking is expensive, so people trust what comes. Here every row is checked on arrival, and whoever
//! sent a wrong byte is named.

use hub_walrus_client::{Checked, Error, FetchOptions, Silent, Why};
use hub_walrus_local::{On, What};

use crate::fixture::{Fixture, Notes};

#[test]
fn a_wrong_byte_in_any_row_names_the_row_and_the_aggregator_and_the_other_one_gives_the_blob() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(300_000, 1);
    let row_length = blob.slivers.row_range(0).end;
    let last = (300_000 - 1) / row_length;
    for row in [0, 1, 2, 57, 100, last - 1, last] {
        let offset = (row * row_length + row % row_length).min(299_999);
        fixture.fault(0, On::Read, What::WrongByte { offset });
        let client = fixture.client();
        let notes = Notes::default();
        let fetched = client.fetch(&blob.id, &blob.by_rows(), &notes).unwrap();
        blob.assert_is(&fetched);
        let [liar] = &fetched.liars[..] else {
            panic!("{:?}", fetched.liars);
        };
        assert_eq!(liar.url, fixture.url(0));
        assert!(
            matches!(liar.why, Why::Lied { row: Some(found), .. } if u64::from(found) == row),
            "{liar}"
        );
        assert!(notes
            .all()
            .iter()
            .any(|note| note.contains(&fixture.url(0)) && note.contains(&format!("row {row}"))));
        client.cache().remove(&blob.id).unwrap();
    }
}

#[test]
fn where_all_lie_nothing_is_kept_that_was_not_checked() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(300_000, 2);
    for server in [0, 1] {
        fixture.fault(server, On::Read, What::WrongByte { offset: 150_000 });
    }
    let client = fixture.client();
    let error = client
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap_err();
    let text = error.to_string();
    for server in [0, 1] {
        assert!(
            text.contains(&format!("{} sent wrong bytes in row", fixture.url(server))),
            "{text}"
        );
    }
    assert!(client.cache().get(&blob.id).is_none());
    // The rows that were good are kept, and an honest server adds the rest.
    fixture.faces[1].set_faults(vec![]);
    fixture.faces[1].forget_requests();
    let fetched = fixture
        .client()
        .fetch(&blob.id, &blob.by_rows(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert!(fetched.resumed > 0);
    assert_eq!(fetched.resumed + fetched.fetched, 300_000);
}

#[test]
fn without_sliver_roots_the_whole_is_checked_and_the_liar_found() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(300_000, 3);
    fixture.fault(0, On::Read, What::WrongByte { offset: 299_999 });
    let fetched = fixture
        .client()
        .fetch(&blob.id, &FetchOptions::default(), &Silent)
        .unwrap();
    blob.assert_is(&fetched);
    assert_eq!(fetched.checked, Checked::Whole);
    assert_eq!(fetched.liars.len(), 1);
    assert_eq!(fetched.liars[0].url, fixture.url(0));
}

#[test]
fn without_sliver_roots_and_with_liars_alone_nothing_is_kept() {
    let fixture = Fixture::new(2);
    let blob = fixture.blob(300_000, 4);
    for server in [0, 1] {
        fixture.fault(server, On::Read, What::WrongByte { offset: 7 });
    }
    let error = fixture
        .client()
        .fetch(&blob.id, &FetchOptions::default(), &Silent)
        .unwrap_err();
    assert!(
        matches!(&error, Error::NoAggregator { refusals, .. } if refusals.len() == 2),
        "{error}"
    );
    let part = fixture
        .cache()
        .join("blobs")
        .join(format!("{}.part", blob.id));
    assert_eq!(std::fs::metadata(part).unwrap().len(), 0);
}

#[test]
fn a_wrong_length_is_a_lie_like_another() {
    for length in [0, 1, 299_999, 300_001, u64::MAX] {
        for with_roots in [true, false] {
            let fixture = Fixture::new(2);
            let blob = fixture.blob(300_000, 5);
            fixture.fault(0, On::Read, What::WrongLength { length });
            let options = if with_roots {
                blob.by_rows()
            } else {
                FetchOptions::default()
            };
            let fetched = fixture.client().fetch(&blob.id, &options, &Silent).unwrap();
            blob.assert_is(&fetched);
        }
    }
}

#[test]
fn sliver_roots_that_are_not_the_blobs_are_not_used() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(50_000, 6);
    let mut roots = blob.slivers.roots().to_bytes();
    roots[63_999] ^= 1;
    for wrong in [roots, vec![], vec![0; 64_000], vec![1; 10]] {
        let options = FetchOptions {
            roots: Some(wrong),
            ..FetchOptions::default()
        };
        let client = fixture.client();
        let notes = Notes::default();
        let fetched = client.fetch(&blob.id, &options, &notes).unwrap();
        blob.assert_is(&fetched);
        assert_eq!(fetched.checked, Checked::Whole);
        assert!(
            notes.all()[0].contains("sliver roots are not those of the blob"),
            "{:?}",
            notes.all()
        );
        client.cache().remove(&blob.id).unwrap();
    }
}

#[test]
fn a_liar_is_not_asked_again_about_other_blobs() {
    let fixture = Fixture::new(2);
    let (one, two) = (fixture.blob(50_000, 7), fixture.blob(50_000, 8));
    fixture.fault(0, On::Read, What::WrongByte { offset: 0 });
    let client = fixture.client();
    client.fetch(&one.id, &one.by_rows(), &Silent).unwrap();
    fixture.faces[0].forget_requests();
    two.assert_is(&client.fetch(&two.id, &two.by_rows(), &Silent).unwrap());
    assert_eq!(fixture.requests(0), []);
    assert!(client.aggregators().seen()[0].lied);
}
