//! A model changes hands in two steps, and takes its names, releases and price with it.

use cosmwasm_std::{Addr, StdError};
use hub_testing::{data, events, rates, terms, Hub, NewModel, RegistryError, START_TIME};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::registry::{
    ExecuteMsg, Payee, QueryMsg, StatusName, TermsCreated, UncheckedPayee, Validity,
};
use hub_types::text::TextError;

use crate::fixture::attributes;
use crate::registry_fixture::{
    assert_no_answer, blob, ids, interval, named, refused, shown, summary, terms_at, terms_of,
    validities, DAY, GRACE,
};

const NAME: &str = "og-btc-1hr-forecast";

struct Fixture {
    hub: Hub,
    seller: Addr,
    buyer: Addr,
    stranger: Addr,
    model: ModelId,
}

impl Fixture {
    /// A model of the seller at 10 a call, 500 basis points of it for operators.
    fn new() -> Self {
        let mut hub = Hub::new();
        let [seller, buyer, stranger] =
            ["seller", "buyer", "stranger"].map(|name| hub.account(name));
        let plan = NewModel::named(NAME)
            .price(&hub.money_native(), rates(10, 20, 30))
            .operator_bps(500)
            .release(blob(3));
        let model = hub.register_model(&seller, plan);
        Self {
            hub,
            seller,
            buyer,
            stranger,
            model,
        }
    }

    fn offered() -> Self {
        let mut fixture = Self::new();
        let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
        fixture.offer(&seller, &buyer);
        fixture
    }

    fn offer(&mut self, from: &Addr, to: &Addr) {
        let msg = self.offer_to(to);
        self.hub.registry(from, msg).unwrap();
    }

    fn offer_to(&self, to: &Addr) -> ExecuteMsg {
        ExecuteMsg::OfferTransfer {
            model: self.model,
            to: to.to_string(),
        }
    }

    fn acceptance(&self, payees: &[(&Addr, u16)], name: Option<&str>) -> ExecuteMsg {
        let unchecked = |(address, bps): &(&Addr, u16)| UncheckedPayee {
            address: address.to_string(),
            bps: *bps,
        };
        ExecuteMsg::AcceptTransfer {
            model: self.model,
            expected_terms: summary(&self.hub, self.model).terms,
            payees: payees.iter().map(unchecked).collect(),
            name: name.map(str::to_owned),
        }
    }

    fn accept(&mut self, sender: &Addr, name: Option<&str>) -> TermsCreated {
        let msg = self.acceptance(&[(sender, 9_500)], name);
        data(&self.hub.registry(sender, msg).unwrap())
    }

    fn refused(&mut self, sender: &Addr, msg: ExecuteMsg) -> RegistryError {
        refused(&mut self.hub, sender, msg)
    }

    fn set_price(&mut self, per_call: u128) {
        let price = terms(
            &self.hub.money_native(),
            rates(per_call, 20, 30),
            500,
            &[(&self.seller, 9_500)],
        );
        self.hub.set_terms(&self.seller.clone(), self.model, price);
    }

    fn models_of(&self, author: &Addr) -> Vec<ModelId> {
        let question = QueryMsg::ModelsByAuthor {
            author: author.to_string(),
            start_after: None,
            limit: None,
        };
        ids(&self.hub, question)
    }
}

#[test]
fn an_offer_to_oneself_or_to_no_address_is_refused() {
    let mut fixture = Fixture::new();
    let seller = fixture.seller.clone();
    let msg = fixture.offer_to(&seller);
    assert_eq!(
        fixture.refused(&seller, msg),
        RegistryError::OfferToAuthor {
            model: ModelId(1),
            author: seller.clone()
        }
    );
    let msg = fixture.offer_to(&Addr::unchecked("buyer"));
    assert_eq!(
        fixture.refused(&seller, msg),
        RegistryError::NotAnAddress {
            field: "to",
            address: "buyer".to_owned(),
            reason: StdError::generic_err("Error decoding bech32").to_string(),
        }
    );
}

#[test]
fn what_is_not_offered_can_be_neither_accepted_nor_cancelled() {
    let mut fixture = Fixture::new();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    let not_offered = RegistryError::NotOffered { model: ModelId(1) };
    let accept = fixture.acceptance(&[(&buyer, 9_500)], None);
    let cancel = ExecuteMsg::CancelTransfer { model: ModelId(1) };
    assert_eq!(fixture.refused(&buyer, accept.clone()), not_offered);
    assert_eq!(fixture.refused(&seller, cancel.clone()), not_offered);

    fixture.offer(&seller, &buyer);
    fixture.hub.registry(&seller, cancel.clone()).unwrap();
    assert_eq!(fixture.refused(&buyer, accept.clone()), not_offered);
    assert_eq!(fixture.refused(&seller, cancel.clone()), not_offered);

    fixture.offer(&seller, &buyer);
    fixture.accept(&buyer, None);
    assert_eq!(fixture.refused(&buyer, accept), not_offered);
    assert_eq!(fixture.refused(&buyer, cancel), not_offered);
}

/// Attack (front running and stripping): somebody accepts a model that was offered to another.
/// Defence: an offer names one account, and the latest counts.
#[test]
fn an_offer_is_for_one_account_and_the_latest_counts() {
    let mut fixture = Fixture::offered();
    let (seller, buyer, stranger) = (
        fixture.seller.clone(),
        fixture.buyer.clone(),
        fixture.stranger.clone(),
    );
    let not_for = |sender: &Addr, offered_to: &Addr| RegistryError::NotOfferedToSender {
        model: ModelId(1),
        offered_to: offered_to.clone(),
        sender: sender.clone(),
    };
    for sender in [&seller, &stranger] {
        let msg = fixture.acceptance(&[(sender, 9_500)], None);
        assert_eq!(fixture.refused(sender, msg), not_for(sender, &buyer));
    }
    fixture.offer(&seller, &stranger);
    let msg = fixture.acceptance(&[(&buyer, 9_500)], None);
    assert_eq!(fixture.refused(&buyer, msg), not_for(&buyer, &stranger));
    assert_eq!(fixture.hub.model(ModelId(1)).offered_to, Some(stranger));
}

#[test]
fn payees_that_make_no_whole_with_the_present_operator_share_are_refused() {
    let mut fixture = Fixture::offered();
    let (buyer, stranger) = (fixture.buyer.clone(), fixture.stranger.clone());
    for (payees, expected) in [
        (vec![], RegistryError::PayeeCount { count: 0 }),
        (
            vec![(&buyer, 10_000)],
            RegistryError::SharesNotWhole {
                operator_bps: 500,
                payees_bps: 10_000,
            },
        ),
        (
            vec![(&buyer, 5_000), (&stranger, 4_499)],
            RegistryError::SharesNotWhole {
                operator_bps: 500,
                payees_bps: 9_499,
            },
        ),
        (
            vec![(&buyer, 5_000), (&buyer, 4_500)],
            RegistryError::DuplicatePayee {
                payee: buyer.clone(),
            },
        ),
        (
            vec![(&buyer, 9_500), (&stranger, 0)],
            RegistryError::EmptyShare {
                payee: stranger.clone(),
            },
        ),
    ] {
        let msg = fixture.acceptance(&payees, None);
        assert_eq!(fixture.refused(&buyer, msg), expected);
    }
}

#[test]
fn a_buyer_that_has_another_model_of_the_name_is_refused_until_it_gives_a_new_one() {
    let mut fixture = Fixture::offered();
    let buyer = fixture.buyer.clone();
    let own = fixture.hub.register_model(&buyer, NewModel::named(NAME));
    let other = fixture.hub.register_model(&buyer, NewModel::named("other"));
    for (name, given, model) in [
        (None, NAME, own),
        (Some(NAME), NAME, own),
        (Some("other"), "other", other),
    ] {
        let msg = fixture.acceptance(&[(&buyer, 9_500)], name);
        assert_eq!(
            fixture.refused(&buyer, msg),
            RegistryError::NameTaken {
                author: buyer.clone(),
                name: given.to_owned(),
                model
            }
        );
    }
    let msg = fixture.acceptance(&[(&buyer, 9_500)], Some("No Slug"));
    assert_eq!(
        fixture.refused(&buyer, msg),
        RegistryError::Text(TextError::NotASlug {
            name: "No Slug".to_owned()
        })
    );
    fixture.accept(&buyer, Some("bought"));
    assert_eq!(named(&fixture.hub, &buyer, "bought").model, fixture.model);
    assert_eq!(named(&fixture.hub, &buyer, NAME).model, own);
}

#[test]
fn offering_and_cancelling_change_nothing_but_the_offer() {
    let mut fixture = Fixture::new();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    let before = fixture.hub.snapshot();
    let response = fixture
        .hub
        .registry(&seller, fixture.offer_to(&buyer))
        .unwrap();
    let attributes = attributes(&[
        ("model", "1"),
        ("author", seller.as_str()),
        ("to", buyer.as_str()),
    ]);
    assert_eq!(
        events(&response),
        [("hub_transfer_offered".to_owned(), attributes.clone())]
    );
    let model = fixture.hub.model(ModelId(1));
    assert_eq!(
        (model.author, model.offered_to),
        (seller.clone(), Some(buyer))
    );

    let cancel = ExecuteMsg::CancelTransfer { model: ModelId(1) };
    let response = fixture.hub.registry(&seller, cancel).unwrap();
    assert_eq!(
        events(&response),
        [("hub_transfer_cancelled".to_owned(), attributes)]
    );
    assert_eq!(fixture.hub.model(ModelId(1)).offered_to, None);
    before.assert_unchanged(&fixture.hub);
}

#[test]
fn the_buyer_goes_on_at_the_present_price_with_payees_of_its_own() {
    let mut fixture = Fixture::offered();
    let (seller, buyer, stranger) = (
        fixture.seller.clone(),
        fixture.buyer.clone(),
        fixture.stranger.clone(),
    );
    fixture.hub.advance(500);
    let now = START_TIME + 500;

    let msg = fixture.acceptance(&[(&buyer, 9_000), (&stranger, 500)], Some("bought"));
    let response = fixture.hub.registry(&buyer, msg).unwrap();

    assert_eq!(
        data::<TermsCreated>(&response),
        TermsCreated {
            terms: TermsNumber(2),
            effective_from: now
        }
    );
    let shares = format!("{buyer}:9000,{stranger}:500");
    let (from, until) = (now.to_string(), (now + GRACE).to_string());
    assert_eq!(
        events(&response),
        [
            (
                "hub_transfer_accepted".to_owned(),
                attributes(&[
                    ("model", "1"),
                    ("from", seller.as_str()),
                    ("author", buyer.as_str()),
                    ("name", "bought"),
                ])
            ),
            (
                "hub_terms_set".to_owned(),
                attributes(&[
                    ("model", "1"),
                    ("terms", "2"),
                    ("denom", "uusdc"),
                    ("per_call", "10"),
                    ("per_million_in", "20"),
                    ("per_million_out", "30"),
                    ("operator_bps", "500"),
                    ("payees", &shares),
                    ("effective_from", &from),
                    ("supersedes", "1"),
                    ("superseded_at", &until),
                ])
            )
        ]
    );
    let model = fixture.hub.model(ModelId(1));
    assert_eq!(
        (model.author, model.name.as_str(), model.offered_to),
        (buyer.clone(), "bought", None)
    );
    assert_eq!(model.latest_terms, TermsNumber(2));
    let all = terms_of(&fixture.hub, ModelId(1));
    assert_eq!(all[1].price, all[0].price);
    assert_eq!(all[1].operator_bps, 500);
    assert_eq!(
        all[1].payees,
        [
            Payee {
                address: buyer.clone(),
                bps: 9_000
            },
            Payee {
                address: stranger,
                bps: 500
            }
        ]
    );
    assert_eq!(
        validities(&fixture.hub, ModelId(1)),
        [
            interval(START_TIME - GRACE, now + GRACE),
            interval(now, None)
        ]
    );
    assert_eq!(fixture.models_of(&seller), [] as [ModelId; 0]);
    assert_eq!(fixture.models_of(&buyer), [1].map(ModelId));
    assert_eq!(shown(&fixture.hub), [1].map(ModelId));
    fixture.hub.assert_invariants();
}

#[test]
fn both_names_resolve_for_ever_and_the_seller_cannot_give_its_own_again() {
    let mut fixture = Fixture::offered();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    fixture.accept(&buyer, Some("bought"));
    let model = fixture.hub.model(ModelId(1));
    assert_eq!(named(&fixture.hub, &seller, NAME), model);
    assert_eq!(named(&fixture.hub, &buyer, "bought"), model);
    assert_no_answer(
        &fixture.hub,
        QueryMsg::ModelByName {
            author: buyer.to_string(),
            name: NAME.to_owned(),
        },
        RegistryError::UnknownName {
            author: buyer.clone(),
            name: NAME.to_owned(),
        },
    );
    let again = NewModel::named(NAME).message(&seller);
    assert_eq!(
        fixture.refused(&seller, again),
        RegistryError::NameTaken {
            author: seller.clone(),
            name: NAME.to_owned(),
            model: ModelId(1)
        }
    );
    // The buyer has no model of that name and may give it.
    assert_eq!(
        fixture.hub.register_model(&buyer, NewModel::named(NAME)),
        ModelId(2)
    );
}

#[test]
fn a_model_comes_home_under_the_name_it_had_there() {
    let mut fixture = Fixture::offered();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    fixture.accept(&buyer, None);
    assert_eq!(named(&fixture.hub, &buyer, NAME).model, ModelId(1));
    fixture.offer(&buyer, &seller);
    fixture.accept(&seller, None);
    let model = fixture.hub.model(ModelId(1));
    assert_eq!((&model.author, model.name.as_str()), (&seller, NAME));
    assert_eq!(named(&fixture.hub, &seller, NAME), model);
    assert_eq!(named(&fixture.hub, &buyer, NAME), model);
    assert_eq!(fixture.models_of(&seller), [1].map(ModelId));
    assert_eq!(fixture.models_of(&buyer), [] as [ModelId; 0]);
    fixture.hub.assert_invariants();
}

/// Attack (front running and stripping): a seller announces a rise or other payees just before the buyer accepts.
/// Defence: the sale drops pending terms, and the buyer's payees take over at the present price.
#[test]
fn a_waiting_rise_is_dropped_by_the_sale() {
    let mut fixture = Fixture::offered();
    let buyer = fixture.buyer.clone();
    fixture.set_price(99);
    fixture.hub.set_time(START_TIME + DAY - GRACE - 1);
    let now = fixture.hub.now();
    let created = fixture.accept(&buyer, None);
    assert_eq!(
        (created.terms, created.effective_from),
        (TermsNumber(3), now)
    );
    assert_eq!(
        validities(&fixture.hub, ModelId(1)),
        [
            interval(START_TIME - GRACE, now + GRACE),
            Validity::Dropped {},
            interval(now, None)
        ]
    );
    let all = terms_of(&fixture.hub, ModelId(1));
    assert_eq!(all[2].price, all[0].price);
    assert_eq!(
        terms_at(&fixture.hub, ModelId(1), START_TIME + DAY),
        [3].map(TermsNumber)
    );
    fixture.hub.assert_invariants();
}

#[test]
fn a_rise_about_to_begin_is_the_present_price_of_a_sale() {
    let begins = START_TIME + DAY;
    let mut fixture = Fixture::offered();
    let buyer = fixture.buyer.clone();
    fixture.set_price(99);
    fixture.hub.set_time(begins - GRACE);
    let created = fixture.accept(&buyer, None);
    assert_eq!(
        (created.terms, created.effective_from),
        (TermsNumber(3), begins)
    );
    let all = terms_of(&fixture.hub, ModelId(1));
    assert_eq!(all[2].price, all[1].price);
    assert_eq!(
        validities(&fixture.hub, ModelId(1)),
        [
            interval(START_TIME - GRACE, begins),
            interval(begins, begins),
            interval(begins, None)
        ]
    );
    fixture.hub.assert_invariants();
}

#[test]
fn a_sale_leaves_status_and_releases_as_they_are() {
    let mut fixture = Fixture::offered();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    let status = StatusName::Delisted;
    let msg = ExecuteMsg::SetStatus {
        model: ModelId(1),
        status,
    };
    fixture.hub.registry(&seller, msg).unwrap();
    let before = fixture.hub.model(ModelId(1));
    fixture.accept(&buyer, None);
    let after = fixture.hub.model(ModelId(1));
    assert_eq!(after.status, before.status);
    assert_eq!(after.latest_release, ReleaseNumber(1));
    assert_eq!(
        fixture.hub.publish(&buyer, ModelId(1), blob(4)),
        ReleaseNumber(2)
    );
    assert_eq!(shown(&fixture.hub), [] as [ModelId; 0]);
}

/// Attack (front running and stripping): the seller raises or lowers the price right before the buyer accepts, so that
/// the buyer takes over terms that it never read.
/// Defence: the acceptance names the terms in force, and fails if others are.
#[test]
fn a_model_whose_terms_changed_since_the_buyer_read_them_is_not_taken_over() {
    let mut fixture = Fixture::new();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    fixture.offer(&seller, &buyer);
    let read = fixture.acceptance(&[(&buyer, 9_500)], None);
    // A lower price is in force at once.
    fixture.set_price(9);
    assert_eq!(
        fixture.refused(&buyer, read.clone()),
        RegistryError::OtherTermsInForce {
            model: ModelId(1),
            expected: TermsNumber(1),
            in_force: TermsNumber(2)
        }
    );
    let ahead = fixture.acceptance(&[(&buyer, 9_500)], None);
    // A rise waits, and is dropped by the transfer: what the buyer read still holds.
    fixture.set_price(99);
    assert_eq!(summary(&fixture.hub, ModelId(1)).terms, TermsNumber(2));
    fixture.hub.registry(&buyer, ahead).unwrap();
    assert_eq!(summary(&fixture.hub, ModelId(1)).price.per_call.u128(), 9);
    assert_eq!(summary(&fixture.hub, ModelId(1)).author, buyer);
}

/// Attack (confused deputy): the seller retires the model after the buyer paid for it, and the buyer takes over what
/// earns nothing for as long as receipts live.
/// Defence: a retired model is not taken over.
#[test]
fn a_retired_model_is_not_taken_over_and_a_delisted_one_is() {
    let mut fixture = Fixture::new();
    let (seller, buyer) = (fixture.seller.clone(), fixture.buyer.clone());
    fixture.offer(&seller, &buyer);
    let set = |status| ExecuteMsg::SetStatus {
        model: ModelId(1),
        status,
    };
    fixture
        .hub
        .registry(&seller, set(StatusName::Delisted))
        .unwrap();
    let accept = fixture.acceptance(&[(&buyer, 9_500)], None);
    fixture
        .hub
        .registry(&seller, set(StatusName::Retired))
        .unwrap();
    let cutoff = fixture.hub.now() + GRACE;
    let retired = RegistryError::ModelRetired {
        model: ModelId(1),
        cutoff,
    };
    assert_eq!(fixture.refused(&buyer, accept.clone()), retired);
    fixture.hub.advance(GRACE + DAY);
    assert_eq!(fixture.refused(&buyer, accept.clone()), retired);
    fixture
        .hub
        .registry(&seller, set(StatusName::Delisted))
        .unwrap();
    fixture.hub.registry(&buyer, accept).unwrap();
    assert_eq!(fixture.hub.model(ModelId(1)).author, buyer);
}
