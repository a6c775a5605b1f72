use std::collections::BTreeMap;

use anyhow::{ensure, Context};
use cosmwasm_std::{Addr, CosmosMsg};
use hub_testing::{data, Attester, Batch, Hub, KeyType, MarketModel, Mode, Money, Receipt};
use hub_types::billing::{self, BatchResponse, Outcome};
use hub_types::escrow::{self, BalanceResponse, NewSession, SessionResponse};
use hub_types::ids::{AttesterId, ModelId, SessionId};
use hub_types::price::Rates;
use hub_types::wire::SignedVoucher;

use crate::rng::Rng;

pub const AUTHORS: [&str; 5] = ["ada", "bela", "chen", "dora", "emil"];
/// Shares the income of one of bela's models.
pub const LABELLER: &str = "zara";
pub const OPERATORS: [&str; 3] = ["north", "south", "west"];
/// Carries batches to the chain; has no rights.
pub const COURIER: &str = "courier";

/// Author of each model of the market, by number.
const AUTHOR_OF: [usize; 8] = [0, 0, 1, 2, 2, 3, 3, 4];
/// Whether a model is priced in the cw20 token.
const IN_TOKEN: [bool; 8] = [false, false, false, false, true, true, true, false];

/// The chain and everybody on it.
pub struct Market {
    pub hub: Hub,
    pub rng: Rng,
    pub listings: Vec<Listing>,
    /// Two for each operator, one of each kind of key.
    pub attesters: Vec<Attester>,
    pub sessions: Vec<Session>,
    /// Everything that was ever made of each money.
    pub minted: BTreeMap<Money, u128>,
    /// Receipts paid, by attester.
    pub paid: BTreeMap<AttesterId, u64>,
}

/// A model of the market and what its author asks for it.
pub struct Listing {
    pub entry: MarketModel,
    pub author: &'static str,
    pub money: Money,
    pub rates: Rates,
    /// Id in the registry, once registered.
    pub model: ModelId,
}

/// A session, and what its caller calls in it.
pub struct Session {
    pub id: SessionId,
    pub operator: &'static str,
    /// Places in the list of listings.
    pub listings: Vec<usize>,
}

impl Market {
    pub fn new() -> Self {
        let mut hub = Hub::new();
        let catalogue = hub_testing::Market::load();
        let listing = |(place, entry): (usize, &MarketModel)| Listing {
            entry: entry.clone(),
            author: AUTHORS[AUTHOR_OF[place % AUTHOR_OF.len()]],
            money: if IN_TOKEN[place % IN_TOKEN.len()] {
                hub.money_cw20()
            } else {
                hub.money_native()
            },
            rates: catalogue.rates(place),
            model: ModelId(0),
        };
        let listings = catalogue.models.iter().enumerate().map(listing).collect();
        let mut attesters = vec![];
        for operator in OPERATORS {
            let address = hub.account(operator);
            for key_type in [KeyType::Secp256k1, KeyType::Ed25519] {
                let seed = attesters.len() as u64 + 1;
                attesters.push(hub.register_attester(&address, key_type, seed));
            }
        }
        Self {
            hub,
            rng: Rng::new(2026),
            listings,
            attesters,
            sessions: vec![],
            minted: BTreeMap::new(),
            paid: BTreeMap::new(),
        }
    }

    pub fn account(&self, name: &str) -> Addr {
        self.hub.account(name)
    }

    /// Money from outside, such as over a bridge.
    pub fn give(&mut self, to: &str, money: &Money, amount: u128) {
        let account = self.account(to);
        self.hub.give(&account, money, amount);
        *self.minted.entry(money.clone()).or_default() += amount;
    }

    /// Deposits money and opens a session with it in one message. Returns its id.
    pub fn open_session(
        &mut self,
        payer: &str,
        caller: &str,
        money: &Money,
        session: NewSession,
    ) -> anyhow::Result<u64> {
        let (payer, caller) = (self.account(payer), self.account(caller));
        let beneficiary = (payer != caller).then_some(&caller);
        let amount = session.budget.u128();
        self.hub
            .deposit(&payer, money, amount, beneficiary, Some(session))?;
        Ok(self.hub.last_session(&caller).0)
    }

    pub fn session(&self, id: u64) -> anyhow::Result<SessionResponse> {
        Ok(self.hub.query_escrow(escrow::QueryMsg::Session {
            session: SessionId(id),
        })?)
    }

    pub fn balance(&self, name: &str, money: &Money) -> anyhow::Result<BalanceResponse> {
        let query = escrow::QueryMsg::Balance {
            address: self.account(name).to_string(),
            denom: money.unchecked(),
        };
        Ok(self.hub.query_escrow(query)?)
    }

    /// A receipt for one call, with sizes as they come.
    pub fn receipt(&mut self, template: &Receipt) -> Receipt {
        Receipt {
            units: self.rng.units(),
            request_id: self.rng.bytes(),
            request_hash: self.rng.bytes(),
            response_hash: self.rng.bytes(),
            ..template.clone()
        }
    }

    /// As many receipts for calls of one model in one session.
    pub fn receipts(
        &mut self,
        attester: &Attester,
        session: SessionId,
        listing: usize,
        count: u64,
    ) -> Vec<Receipt> {
        let model = self.listings[listing].model;
        let template = self.hub.receipt(attester, session, model);
        (0..count).map(|_| self.receipt(&template)).collect()
    }

    /// Signs receipts as one batch and has the courier carry it. Everything in it must be paid.
    pub fn settle(
        &mut self,
        attester: &Attester,
        mode: Mode,
        receipts: Vec<Receipt>,
    ) -> anyhow::Result<Batch> {
        let batch = self.hub.batch(attester, mode, receipts);
        let response = self.send(attester, &batch, vec![])?;
        let refused = response
            .outcomes
            .iter()
            .find(|run| run.outcome != Outcome::Paid);
        ensure!(refused.is_none(), "a group was not paid: {refused:?}");
        Ok(batch)
    }

    /// Carries a batch and, behind it in the same transaction, a payout for everybody who wants one.
    pub fn send(
        &mut self,
        attester: &Attester,
        batch: &Batch,
        vouchers: Vec<SignedVoucher>,
    ) -> anyhow::Result<BatchResponse> {
        let settle = self.hub.sign_batch_with(attester, batch, vouchers);
        let mut messages = vec![self.hub.message(&self.hub.billing, &settle, &[])];
        messages.extend(self.hub.moneys().iter().map(|money| self.payout(money)));
        let courier = self.account(COURIER);
        let responses = self.hub.bundle(&courier, messages)?;
        let response: BatchResponse = data(responses.first().context("a response")?);
        *self.paid.entry(attester.id).or_default() += response.paid;
        Ok(response)
    }

    /// Settles one receipt on its own, with the payout behind it.
    pub fn settle_one(
        &mut self,
        attester: &Attester,
        receipt: &Receipt,
    ) -> anyhow::Result<billing::ReceiptResponse> {
        let next = self.hub.next(receipt.session, attester.id);
        let settle = self.hub.sign_receipt(attester, receipt, next);
        let money = self.session(receipt.session.0)?.denom.into();
        let messages = vec![
            self.hub.message(&self.hub.billing, &settle, &[]),
            self.payout(&money),
        ];
        let courier = self.account(COURIER);
        let responses = self.hub.bundle(&courier, messages)?;
        let response: billing::ReceiptResponse = data(responses.first().context("a response")?);
        if response.outcome == Outcome::Paid {
            *self.paid.entry(attester.id).or_default() += 1;
        }
        Ok(response)
    }

    fn payout(&self, money: &Money) -> CosmosMsg {
        let accounts = earners().map(|name| self.account(name).to_string());
        let msg = escrow::ExecuteMsg::Payout {
            accounts: accounts.collect(),
            denom: money.unchecked(),
        };
        self.hub.message(&self.hub.escrow, &msg, &[])
    }
}

/// Everybody who can have income.
pub fn earners() -> impl Iterator<Item = &'static str> {
    AUTHORS.into_iter().chain([LABELLER]).chain(OPERATORS)
}

pub fn label(money: &Money) -> &'static str {
    match money {
        Money::Native(_) => "USDC",
        Money::Cw20(_) => "USDX",
    }
}
