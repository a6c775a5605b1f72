use cosmwasm_std::{Addr, Uint128};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::price::{Rates, UncheckedPrice};
use hub_types::registry::{
    ExecuteMsg, Metadata, ModelCreated, ModelResponse, NewRelease, QueryMsg, ReleaseCreated,
    TermsCreated, UncheckedPayee, UncheckedTerms,
};
use hub_types::walrus::BlobId;

use crate::hub::Hub;
use crate::money::{Money, NATIVE};
use crate::response::data;

/// The three components of a price.
pub fn rates(per_call: u128, per_million_in: u128, per_million_out: u128) -> Rates {
    Rates {
        per_call: Uint128::new(per_call),
        per_million_in: Uint128::new(per_million_in),
        per_million_out: Uint128::new(per_million_out),
    }
}

/// Terms as a message states them.
pub fn terms(
    money: &Money,
    rates: Rates,
    operator_bps: u16,
    payees: &[(&Addr, u16)],
) -> UncheckedTerms {
    UncheckedTerms {
        price: UncheckedPrice {
            denom: money.unchecked(),
            per_call: rates.per_call,
            per_million_in: rates.per_million_in,
            per_million_out: rates.per_million_out,
        },
        operator_bps,
        payees: payees
            .iter()
            .map(|(address, bps)| UncheckedPayee {
                address: address.to_string(),
                bps: *bps,
            })
            .collect(),
    }
}

/// A model to register. What is not said: 2 USD per million units in and 8 USD per million out in [`NATIVE`], all of
/// it to the author, metadata that says nothing, no release.
#[derive(Clone, Debug)]
pub struct NewModel {
    name: String,
    money: Money,
    rates: Rates,
    operator_bps: u16,
    payees: Vec<(Addr, u16)>,
    metadata: Metadata,
    release: Option<BlobId>,
}

impl NewModel {
    /// A model of this name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            money: Money::Native(NATIVE.to_owned()),
            rates: rates(0, 2_000_000, 8_000_000),
            operator_bps: 0,
            payees: vec![],
            metadata: Metadata {
                title: name.to_owned(),
                description: String::new(),
                task: "testing".to_owned(),
                license: "Apache-2.0".to_owned(),
                tags: vec![],
                homepage: None,
            },
            release: None,
        }
    }

    /// What a call costs.
    pub fn price(mut self, money: &Money, rates: Rates) -> Self {
        self.money = money.clone();
        self.rates = rates;
        self
    }

    /// Share of the operator that serves the call. Without [`NewModel::payees`] the author has the rest.
    pub fn operator_bps(mut self, bps: u16) -> Self {
        self.operator_bps = bps;
        self
    }

    /// Who shares the income; their shares and the operator's make 10 000.
    pub fn payees(mut self, payees: &[(&Addr, u16)]) -> Self {
        self.payees = payees
            .iter()
            .map(|(address, bps)| ((*address).clone(), *bps))
            .collect();
        self
    }

    /// What readers see.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Release 1, labelled 1.0, registered with the model.
    pub fn release(mut self, blob_id: impl Into<BlobId>) -> Self {
        self.release = Some(blob_id.into());
        self
    }

    /// The message that registers it for `author`, to send or to spoil.
    pub fn message(&self, author: &Addr) -> ExecuteMsg {
        let mut payees: Vec<_> = self
            .payees
            .iter()
            .map(|(address, bps)| (address, *bps))
            .collect();
        if payees.is_empty() {
            payees.push((author, 10_000_u16.saturating_sub(self.operator_bps)));
        }
        ExecuteMsg::RegisterModel {
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            terms: terms(&self.money, self.rates, self.operator_bps, &payees),
            release: self.release.map(|blob_id| labelled(0, blob_id)),
        }
    }
}

/// Release 1.`minor`.
fn labelled(minor: u32, blob_id: BlobId) -> NewRelease {
    NewRelease {
        major: 1,
        minor,
        blob_id: blob_id.to_string(),
        manifest: None,
        salt: None,
    }
}

impl Hub {
    /// Registers a model; returns its id.
    #[track_caller]
    pub fn register_model(&mut self, author: &Addr, model: NewModel) -> ModelId {
        let response = self.registry(author, model.message(author));
        data::<ModelCreated>(&response.expect("the model is registered")).model
    }

    /// Publishes a release, labelled 1.n where n releases stand before it; returns its number.
    #[track_caller]
    pub fn publish(
        &mut self,
        author: &Addr,
        model: ModelId,
        blob_id: impl Into<BlobId>,
    ) -> ReleaseNumber {
        let minor = u32::try_from(self.model(model).latest_release.0).expect("few releases");
        let msg = ExecuteMsg::PublishRelease {
            model,
            release: labelled(minor, blob_id.into()),
        };
        let response = self
            .registry(author, msg)
            .expect("the release is published");
        data::<ReleaseCreated>(&response).release
    }

    /// Sets new terms; returns their number and when they take effect.
    #[track_caller]
    pub fn set_terms(
        &mut self,
        author: &Addr,
        model: ModelId,
        terms: UncheckedTerms,
    ) -> TermsCreated {
        let response = self.registry(author, ExecuteMsg::SetTerms { model, terms });
        data(&response.expect("the terms are set"))
    }

    /// A model as the registry shows it.
    #[track_caller]
    pub fn model(&self, model: ModelId) -> ModelResponse {
        self.query_registry(QueryMsg::Model { model })
            .expect("the model exists")
    }
}
