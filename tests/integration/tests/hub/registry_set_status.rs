//! Status: hidden models stay callable, retired ones come back only when nothing from before can be settled any more.

use cosmwasm_std::Addr;
use hub_testing::{event, Hub, RegistryError, START_TIME};
use hub_types::ids::ModelId;
use hub_types::registry::{ExecuteMsg, QueryMsg, Status, StatusName};

use crate::fixture::attributes;
use crate::registry_fixture::{ids, market_model, metadata, named, refused, shown, DAY, GRACE};

struct Fixture {
    hub: Hub,
    author: Addr,
    model: ModelId,
}

impl Fixture {
    fn new() -> Self {
        Self::on(Hub::new())
    }

    fn on(mut hub: Hub) -> Self {
        let author = hub.account("author");
        let texts = metadata("forecasting", &["finance", "crypto"]);
        let model = hub.register_model(&author, market_model(0).metadata(texts));
        Self { hub, author, model }
    }

    fn message(&self, status: StatusName) -> ExecuteMsg {
        let model = self.model;
        ExecuteMsg::SetStatus { model, status }
    }

    /// Sets a status; returns the attributes of the event behind model, author and status.
    fn set(&mut self, status: StatusName) -> Vec<(String, String)> {
        let msg = self.message(status);
        let response = self.hub.registry(&self.author.clone(), msg).unwrap();
        let mut event = event(&response, "hub_status_set");
        let (model, status) = (self.model.to_string(), status.to_string());
        let expected = attributes(&[
            ("model", &model),
            ("author", self.author.as_str()),
            ("status", &status),
        ]);
        let rest = event.split_off(3);
        assert_eq!(event, expected);
        rest
    }

    fn refused(&mut self, status: StatusName) -> RegistryError {
        let msg = self.message(status);
        refused(&mut self.hub, &self.author, msg)
    }

    /// Whether each way of discovery shows the model; all of them agree.
    fn is_shown(&self) -> bool {
        let (start_after, limit) = (None, None);
        let tagged = |tag: &str| {
            ids(
                &self.hub,
                QueryMsg::ModelsByTag {
                    tag: tag.to_owned(),
                    start_after,
                    limit,
                },
            )
        };
        let question = QueryMsg::ModelsByTask {
            task: "forecasting".to_owned(),
            start_after,
            limit,
        };
        let all = shown(&self.hub);
        for found in [
            tagged("finance"),
            tagged("crypto"),
            ids(&self.hub, question),
        ] {
            assert_eq!(found, all);
        }
        // Its author and whoever knows it find it at any time.
        let question = QueryMsg::ModelsByAuthor {
            author: self.author.to_string(),
            start_after,
            limit,
        };
        assert_eq!(ids(&self.hub, question), [self.model]);
        let name = self.hub.model(self.model).name;
        assert_eq!(named(&self.hub, &self.author, &name).model, self.model);
        all == [self.model]
    }
}

#[test]
fn the_present_status_is_refused_and_a_cutoff_is_not_moved() {
    let mut fixture = Fixture::new();
    for status in [
        StatusName::Active,
        StatusName::Delisted,
        StatusName::Retired,
    ] {
        if status != StatusName::Active {
            fixture.set(status);
        }
        for pause in [0, 1, GRACE, 2 * DAY] {
            fixture.hub.advance(pause);
            assert_eq!(
                fixture.refused(status),
                RegistryError::StatusUnchanged {
                    model: ModelId(1),
                    status
                }
            );
        }
    }
}

/// Attack (time and grace edges): an author retires its model and brings it back at once, so that receipts refused in
/// between are billed after all.
/// Defence: it comes back after `receipt_max_age` at the earliest, when those receipts have expired.
#[test]
fn a_retired_model_does_not_come_back_before_cutoff_plus_receipt_max_age() {
    for to in [StatusName::Active, StatusName::Delisted] {
        let mut fixture = Fixture::new();
        fixture.set(StatusName::Retired);
        let reactivation_from = START_TIME + GRACE + DAY;
        for now in [
            START_TIME,
            START_TIME + GRACE,
            reactivation_from - GRACE,
            reactivation_from - 1,
        ] {
            fixture.hub.set_time(now);
            assert_eq!(
                fixture.refused(to),
                RegistryError::StillRetired {
                    model: ModelId(1),
                    reactivation_from,
                    now
                }
            );
        }
    }
}

#[test]
fn a_delisted_model_is_hidden_and_nothing_else() {
    let mut fixture = Fixture::new();
    assert!(fixture.is_shown());
    fixture.hub.advance(5);
    assert_eq!(fixture.set(StatusName::Delisted), attributes(&[]));
    assert!(!fixture.is_shown());
    let model = fixture.hub.model(ModelId(1));
    assert_eq!((model.status, model.active_from), (Status::Delisted {}, 0));
    assert_eq!(fixture.set(StatusName::Active), attributes(&[]));
    assert!(fixture.is_shown());
    let model = fixture.hub.model(ModelId(1));
    assert_eq!((model.status, model.active_from), (Status::Active {}, 0));
}

#[test]
fn retiring_hides_a_model_at_once_and_sets_a_cutoff_after_the_grace() {
    for from in [StatusName::Active, StatusName::Delisted] {
        let mut fixture = Fixture::new();
        if from != StatusName::Active {
            fixture.set(from);
        }
        fixture.hub.advance(500);
        let cutoff = START_TIME + 500 + GRACE;
        assert_eq!(
            fixture.set(StatusName::Retired),
            attributes(&[("cutoff", &cutoff.to_string())])
        );
        assert!(!fixture.is_shown());
        let model = fixture.hub.model(ModelId(1));
        assert_eq!(
            (model.status, model.active_from),
            (Status::Retired { cutoff }, 0)
        );
    }
}

#[test]
fn a_retired_model_comes_back_at_cutoff_plus_receipt_max_age_and_is_active_from_then() {
    for (to, status) in [
        (StatusName::Active, Status::Active {}),
        (StatusName::Delisted, Status::Delisted {}),
    ] {
        let mut fixture = Fixture::new();
        fixture.set(StatusName::Retired);
        let now = START_TIME + GRACE + DAY;
        fixture.hub.set_time(now);
        assert_eq!(
            fixture.set(to),
            attributes(&[("active_from", &now.to_string())])
        );
        assert_eq!(fixture.is_shown(), to == StatusName::Active);
        let model = fixture.hub.model(ModelId(1));
        assert_eq!((model.status, model.active_from), (status, now));
    }
}

#[test]
fn active_from_stands_through_everything_but_another_return() {
    let mut fixture = Fixture::new();
    fixture.set(StatusName::Retired);
    fixture.hub.advance(GRACE + DAY);
    let first = fixture.hub.now();
    fixture.set(StatusName::Delisted);
    fixture.hub.advance(10);
    fixture.set(StatusName::Active);
    fixture.hub.advance(10);
    fixture.set(StatusName::Retired);
    assert_eq!(fixture.hub.model(ModelId(1)).active_from, first);
    fixture.hub.advance(GRACE + DAY);
    fixture.set(StatusName::Active);
    assert_eq!(
        fixture.hub.model(ModelId(1)).active_from,
        first + 20 + GRACE + DAY
    );
    fixture.hub.assert_invariants();
}

#[test]
fn the_wait_is_the_registrys_own_receipt_max_age() {
    let mut fixture = Fixture::on(Hub::builder().receipt_max_age(1).build());
    fixture.set(StatusName::Retired);
    fixture.hub.advance(GRACE);
    assert_eq!(
        fixture.refused(StatusName::Active),
        RegistryError::StillRetired {
            model: ModelId(1),
            reactivation_from: START_TIME + GRACE + 1,
            now: START_TIME + GRACE
        }
    );
    fixture.hub.advance(1);
    fixture.set(StatusName::Active);
}
