//! Complaints 3, 4 and 5: deletable by default, for one epoch, and the object stays with the publisher; what somebody
//! else stored may be gone tomorrow.

use hub_walrus_client::{BlobStatus, How, Lifetime, Owner, StoreOptions, Warning};

use crate::fixture::{noise, permanent, Fixture};

#[test]
fn what_is_stored_for_good_goes_to_its_owner_and_says_when_it_ends() {
    let fixture = Fixture::new(1);
    let stored = fixture.put(&noise(1_000, 1), &permanent(7)).unwrap();
    assert_eq!((stored.how, stored.end_epoch), (How::Created, Some(8)));
    assert_eq!(stored.warnings, []);
    let query = &fixture.requests(0)[0].query;
    assert!(
        query.contains("epochs=7") && query.contains("permanent=true"),
        "{query}"
    );
    let owner = format!("send_object_to=0x{}a11ce", "0".repeat(59));
    assert!(query.contains(&owner), "{query}");
    let status = fixture
        .client_with(&fixture.urls())
        .nodes()
        .status(&stored.id)
        .unwrap();
    assert!(
        matches!(
            status,
            BlobStatus::Permanent {
                end_epoch: 8,
                is_certified: true,
                ..
            }
        ),
        "{status:?}"
    );
}

#[test]
fn what_the_owner_may_delete_and_what_the_publisher_keeps_is_warned_of() {
    let fixture = Fixture::new(1);
    let options = StoreOptions {
        lifetime: Lifetime::Deletable,
        owner: Owner::Publisher,
        ..permanent(1)
    };
    let stored = fixture.put(&noise(1_000, 2), &options).unwrap();
    assert_eq!(
        stored.warnings,
        [Warning::Deletable, Warning::LeftWithPublisher]
    );
    let status = fixture
        .client_with(&fixture.urls())
        .nodes()
        .status(&stored.id)
        .unwrap();
    assert!(matches!(status, BlobStatus::Deletable { .. }), "{status:?}");
}

#[test]
fn what_somebody_else_stored_has_no_object_of_ours_until_it_is_stored_by_force() {
    let fixture = Fixture::new(1);
    let bytes = noise(1_000, 3);
    let first = fixture.put(&bytes, &permanent(5)).unwrap();
    let again = fixture.put(&bytes, &permanent(5)).unwrap();
    assert_eq!(
        (again.how, again.end_epoch, again.object),
        (How::AlreadyStored, Some(6), None)
    );
    assert_eq!(again.warnings, [Warning::NotOurs]);
    // Not for long enough: then it is bought.
    let longer = fixture.put(&bytes, &permanent(6)).unwrap();
    assert_eq!((longer.how, longer.end_epoch), (How::Created, Some(7)));
    let forced = fixture
        .put(
            &bytes,
            &StoreOptions {
                force: true,
                ..permanent(1)
            },
        )
        .unwrap();
    assert_eq!(forced.how, How::Created);
    assert!(forced.object.is_some() && forced.object != first.object);
}

#[test]
fn a_permanent_blob_is_not_one_that_somebody_may_delete() {
    let fixture = Fixture::new(1);
    let bytes = noise(1_000, 4);
    let deletable = StoreOptions {
        lifetime: Lifetime::Deletable,
        ..permanent(9)
    };
    fixture.put(&bytes, &deletable).unwrap();
    let stored = fixture.put(&bytes, &permanent(5)).unwrap();
    assert_eq!((stored.how, stored.end_epoch), (How::Created, Some(6)));
}

#[test]
fn a_publisher_that_says_it_stored_something_else_is_not_believed() {
    let fixture = Fixture::new(1);
    fixture.fault(
        0,
        hub_walrus_local::On::Store,
        hub_walrus_local::What::WrongId,
    );
    let error = fixture.put(&noise(1_000, 5), &permanent(5)).unwrap_err();
    assert!(
        error.to_string().contains("do not rely on either"),
        "{error}"
    );
}
