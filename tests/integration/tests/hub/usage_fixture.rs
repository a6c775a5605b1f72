//! What tests of usage begin with: models at a price per call alone, and callers whose money lay in their sessions.

use cosmwasm_std::{Addr, StdError};
use hub_testing::{rates, Attester, Hub, KeyType, Money, NewModel};
use hub_types::billing::{QueryMsg, UsageSums};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_types::time::Day;
use hub_types::wire::{sha256, Mode, Units};
use serde::de::DeserializeOwned;

pub const DAY: u64 = 86_400;
pub const WEEK: u64 = 7 * DAY;
/// What each test model costs a call.
pub const PRICE: u128 = 100;
/// Enough for every test.
const BUDGET: u128 = 1_000_000;

pub struct Trade {
    pub hub: Hub,
    pub author: Addr,
    pub operator: Addr,
    pub money: Money,
    pub attester: Attester,
}

impl Trade {
    /// A Hub at noon on the first day of a week.
    pub fn new() -> Self {
        let mut hub = Hub::builder().start_time(2_927 * WEEK + DAY / 2).build();
        let [author, operator] = ["author", "operator"].map(|name| hub.account(name));
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        Self {
            money: hub.money_native(),
            hub,
            author,
            operator,
            attester,
        }
    }

    pub fn today(&self) -> u64 {
        Day::of(self.hub.now()).0
    }

    pub fn this_week(&self) -> u64 {
        Day(self.today()).week().0
    }

    pub fn denom(&self) -> UncheckedDenom {
        self.money.unchecked()
    }

    /// A model of the author, with one release.
    pub fn model(&mut self, name: &str) -> ModelId {
        let author = self.author.clone();
        self.model_of(&author, name)
    }

    pub fn model_of(&mut self, author: &Addr, name: &str) -> ModelId {
        let model = NewModel::named(name)
            .price(&self.money, rates(PRICE, 0, 0))
            .release(sha256(&[name.as_bytes()]));
        self.hub.register_model(author, model)
    }

    /// A session of a caller for any model.
    pub fn session(&mut self, caller: &Addr) -> SessionId {
        let (operator, money) = (self.operator.clone(), self.money.clone());
        self.hub
            .open_session(caller, &operator, &money, BUDGET, |session| session)
    }

    /// A caller of this name with such a session, whose money is aged from two days on.
    pub fn caller(&mut self, name: &str) -> (Addr, SessionId) {
        let caller = self.hub.account(name);
        let session = self.session(&caller);
        (caller, session)
    }

    /// Settles calls of a model's latest release.
    pub fn call(&mut self, session: SessionId, model: ModelId, count: u64) {
        let release = self.hub.model(model).latest_release;
        self.call_release(session, (model, release), count);
    }

    /// Settles calls of 10 units in and 1 out.
    pub fn call_release(
        &mut self,
        session: SessionId,
        (model, release): (ModelId, ReleaseNumber),
        count: u64,
    ) {
        let receipts = self
            .hub
            .receipts(&self.attester, session, model, count, |_, receipt| {
                receipt.release = release;
                receipt.units = Units::new(10, 1);
            });
        let (answer, _) = self.hub.settle(&self.attester, Mode::Itemised, receipts);
        assert_eq!(answer.paid, count);
        self.hub.assert_invariants();
    }

    pub fn ask<T: DeserializeOwned>(&self, query: QueryMsg) -> T {
        self.hub.query_billing(query).expect("billing answers")
    }

    /// What a query that is refused is told.
    pub fn refused(&self, query: QueryMsg) -> String {
        let answer: Result<serde_json::Value, StdError> = self.hub.query_billing(query);
        answer.expect_err("the query is refused").to_string()
    }
}

/// Calls of strangers, so many of them with aged money.
pub fn calls(count: u64, aged: u64) -> UsageSums {
    UsageSums {
        gross: (PRICE * u128::from(count)).into(),
        aged: (PRICE * u128::from(aged)).into(),
        calls: count,
        units_in: (10 * u128::from(count)).into(),
        units_out: u128::from(count).into(),
        ..UsageSums::default()
    }
}
