//! The chain, what is offered on it, and who attests: everything that honest people and rings share.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{ensure, Context, Result};
use cosmwasm_std::Addr;
use hub_testing::{
    data, signing_key, Attester, BlobId, Hub, KeyType, Mode, Money, NewModel, Receipt, Units,
};
use hub_types::billing::{AttesterCreated, BatchResponse, ExecuteMsg, Outcome};
use hub_types::escrow;
use hub_types::ids::{ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::price::Rates;
use hub_types::records::recent::decay;
use hub_types::registry::{ModelCreated, TermsCreated, UncheckedTerms};
use hub_types::time::{Day, Week};
use hub_types::wire::{BatchBuilder, Work};

use crate::rng::Rng;

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// Midnight before Monday, 12 January 2026, UTC: the first block.
pub const START: u64 = 1_768_176_000;

/// What a model is in truth. Only the simulation knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// People want it and pay for it.
    Wanted,
    /// People want it, and it costs nothing.
    Free,
    /// Nobody wants it.
    Dead,
    /// It belongs to a ring.
    Fake {
        /// Its place among the rings.
        ring: usize,
    },
}

/// A model with its prices.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Id in the registry.
    pub model: ModelId,
    /// Its author.
    pub author: Addr,
    /// What it is in truth.
    pub nature: Nature,
    /// What independent people paid for it.
    pub demand: Demand,
    blob_id: BlobId,
    terms: Vec<TermsFrom>,
}

/// What independent people paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Millionths of a dollar.
    pub income: u128,
    /// Calls, free ones included.
    pub calls: u64,
    recent: u128,
    week: Week,
}

impl Demand {
    fn add(&mut self, amount: u128, calls: u64, week: Week) {
        self.recent = self.recent_at(week) + amount;
        self.week = week;
        self.income += amount;
        self.calls += calls;
    }

    /// The income, where each payment counts half after four weeks, as it is in a week.
    pub fn recent_at(&self, week: Week) -> u128 {
        decay(self.recent, week.0.saturating_sub(self.week.0))
    }
}

/// What independent people did on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrueDay {
    /// Millionths of a dollar that they paid.
    pub income: u128,
    /// Calls, free ones included.
    pub calls: u64,
    /// Who paid, by place among the callers.
    pub payers: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct TermsFrom {
    number: u64,
    from: u64,
    rates: Rates,
}

impl Listing {
    /// Terms in force at a time.
    fn terms_at(&self, time: u64) -> Result<&TermsFrom> {
        let mut newest_first = self.terms.iter().rev();
        newest_first
            .find(|terms| terms.from <= time)
            .context("a model has terms from its registration on")
    }

    /// Calls and price of a group's work at the terms of this number.
    fn worth(&self, number: u64, work: &Work) -> Result<(u64, u128)> {
        let terms = self.terms.iter().find(|terms| terms.number == number);
        let rates = terms.context("a receipt names terms that were set")?.rates;
        let price = |calls, units| rates.amount(calls, units).context("prices are small");
        match work {
            Work::Itemised(items) => {
                let amounts = items.iter().map(|units| price(1, units));
                let total = amounts.sum::<Result<u128>>()?;
                Ok((items.len() as u64, total))
            }
            Work::Netted { count, total } => {
                let calls = u64::from(*count);
                Ok((calls, price(calls, *total)?))
            }
        }
    }

    /// The newest price, which may not be in force yet.
    pub fn newest_rates(&self) -> Result<Rates> {
        Ok(self.terms_at(u64::MAX)?.rates)
    }

    /// Whether the newest price is not in force yet.
    pub fn is_changing(&self, now: u64) -> bool {
        self.terms.iter().any(|terms| terms.from > now)
    }

    /// What a call costs at a time.
    pub fn cost(&self, time: u64, units: Units) -> Result<u128> {
        let rates = self.terms_at(time)?.rates;
        rates.amount(1, units).context("prices are small")
    }
}

/// An operator with its one attester.
#[derive(Clone, Debug)]
pub struct Service {
    /// Who runs it.
    pub operator: Addr,
    /// The key that signs.
    pub attester: Attester,
    /// Number of the next receipt, by session.
    lanes: BTreeMap<SessionId, u64>,
    pending: Vec<Receipt>,
}

/// Whose money a session holds, in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody who wants the answers.
    Demand {
        /// Its place among the callers.
        caller: usize,
    },
    /// An author trying its own model, or a ring.
    Own,
}

/// A call to be attested.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The session that pays.
    pub session: SessionId,
    /// Place of the model among the listings.
    pub place: usize,
    /// Unix seconds.
    pub issued_at: u64,
    /// Its size.
    pub units: Units,
}

/// Something that an honest caller did with its money, as everybody can see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It funded a session, for the first time or once more.
    Funded {
        /// The session.
        session: SessionId,
        /// Its place among the callers.
        caller: usize,
        /// Millionths of a dollar.
        amount: u128,
    },
    /// A session paid for a model.
    Paid {
        /// The session.
        session: SessionId,
        /// Place of the model among the listings.
        place: usize,
        /// Millionths of a dollar.
        amount: u128,
    },
}

/// The chain and everything on it.
pub struct World {
    /// The chain.
    pub hub: Hub,
    /// What everything is priced in.
    pub money: Money,
    /// Chance.
    pub rng: Rng,
    /// Models, by id from 1.
    pub listings: Vec<Listing>,
    /// Those of the market's operators first, then those of rings.
    pub services: Vec<Service>,
    /// Callers who really are some, by arrival.
    pub callers: Vec<Addr>,
    /// What independent people really did, for each day.
    pub truth: Vec<TrueDay>,
    /// Transactions sent.
    pub transactions: u64,
    /// What honest callers did since it was last taken, where somebody copies it.
    pub journal: Option<Vec<Event>>,
    origins: BTreeMap<SessionId, Origin>,
    sessions: u64,
    blobs: u64,
}

impl World {
    /// An empty Hub.
    pub fn new(seed: u64) -> Self {
        // Checked once a day: after each message would take longer than all the rest.
        let hub = Hub::builder().unwatched().start_time(START).build();
        Self {
            money: hub.money_native(),
            hub,
            rng: Rng::new(seed),
            listings: vec![],
            services: vec![],
            callers: vec![],
            truth: vec![],
            transactions: 0,
            journal: None,
            origins: BTreeMap::new(),
            sessions: 0,
            blobs: 0,
        }
    }

    /// Moves on, never back.
    pub fn set_time(&mut self, time: u64) {
        if time > self.hub.now() {
            self.hub.set_time(time);
        }
    }

    /// A blob id that nobody published.
    pub fn blob_id(&mut self) -> BlobId {
        self.blobs += 1;
        let mut bytes = self.rng.bytes::<32>();
        bytes[..8].copy_from_slice(&self.blobs.to_be_bytes());
        BlobId::from_bytes(bytes)
    }

    /// Registers a model with one release; returns its place among the listings.
    pub fn register(
        &mut self,
        author: &Addr,
        model: NewModel,
        rates: Rates,
        nature: Nature,
    ) -> usize {
        let blob_id = self.blob_id();
        let model = model.price(&self.money, rates).release(blob_id);
        let model = self.hub.register_model(author, model);
        self.transactions += 1;
        self.list(author, model, blob_id, rates, nature)
    }

    /// Lists a model that was registered now.
    pub fn list(
        &mut self,
        author: &Addr,
        model: ModelId,
        blob_id: BlobId,
        rates: Rates,
        nature: Nature,
    ) -> usize {
        self.listings.push(Listing {
            model,
            author: author.clone(),
            nature,
            demand: Demand::default(),
            blob_id,
            terms: vec![TermsFrom {
                number: 1,
                from: self.hub.now(),
                rates,
            }],
        });
        self.listings.len() - 1
    }

    /// Sets a new price for a model.
    pub fn reprice(&mut self, place: usize, terms: UncheckedTerms) -> TermsCreated {
        let listing = &self.listings[place];
        let (author, model) = (listing.author.clone(), listing.model);
        let rates = terms.price.rates();
        let created = self.hub.set_terms(&author, model, terms);
        self.transactions += 1;
        self.listings[place].terms.push(TermsFrom {
            number: created.terms.0,
            from: created.effective_from,
            rates,
        });
        created
    }

    /// An operator with an attester; returns its place among the services.
    pub fn service(&mut self, operator: Addr, attester: Attester) -> usize {
        self.services.push(Service {
            operator,
            attester,
            lanes: BTreeMap::new(),
            pending: vec![],
        });
        self.services.len() - 1
    }

    /// An operator of the market, registered now.
    pub fn open_service(&mut self, name: &str) -> Result<usize> {
        let operator = self.hub.account(name);
        let (key, message) = self.registration(&operator);
        let response = self.hub.billing(&operator, message)?;
        let id = data::<AttesterCreated>(&response).attester;
        self.transactions += 1;
        let attester = Attester {
            id,
            operator: operator.clone(),
            key,
        };
        Ok(self.service(operator, attester))
    }

    /// The message that registers the next key.
    pub fn registration(&self, operator: &Addr) -> (hub_testing::SigningKey, ExecuteMsg) {
        let seed = self.services.len() as u64 + 1;
        let key_type = if seed.is_multiple_of(2) {
            KeyType::Ed25519
        } else {
            KeyType::Secp256k1
        };
        let key = signing_key(key_type, seed);
        let message = self.hub.registration(operator, &key);
        (key, message)
    }

    /// The id of the newest session on the chain.
    pub fn newest_session(&mut self) -> SessionId {
        loop {
            let next = self.sessions + 1;
            let query = escrow::QueryMsg::Session {
                session: SessionId(next),
            };
            let found: Result<escrow::SessionResponse, _> = self.hub.query_escrow(query);
            if found.is_err() {
                return SessionId(self.sessions);
            }
            self.sessions = next;
        }
    }

    /// Remembers whose money a session holds.
    pub fn originate(&mut self, session: SessionId, origin: Origin) {
        self.origins.insert(session, origin);
    }

    /// Takes note of a session's money, where somebody copies it.
    pub fn funded(&mut self, session: SessionId, amount: u128) {
        if let Some(Origin::Demand { caller }) = self.origins.get(&session).copied() {
            self.note(Event::Funded {
                session,
                caller,
                amount,
            });
        }
    }

    fn note(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal {
            journal.push(event);
        }
    }

    /// What an account has available in the escrow.
    pub fn available(&self, account: &Addr) -> Result<u128> {
        let query = escrow::QueryMsg::Balance {
            address: account.to_string(),
            denom: self.money.unchecked(),
        };
        let balance: escrow::BalanceResponse = self.hub.query_escrow(query)?;
        Ok(balance.available.u128())
    }

    /// Has a call attested; it is settled with the rest of its service.
    pub fn attest(&mut self, service: usize, call: Call) -> Result<()> {
        let receipt = self.receipt(service, call)?;
        self.services[service].pending.push(receipt);
        Ok(())
    }

    /// The receipt of a call.
    pub fn receipt(&mut self, service: usize, call: Call) -> Result<Receipt> {
        let listing = &self.listings[call.place];
        Ok(Receipt {
            attester: self.services[service].attester.id,
            session: call.session,
            blob_id: listing.blob_id,
            model: listing.model,
            release: ReleaseNumber(1),
            terms: TermsNumber(listing.terms_at(call.issued_at)?.number),
            request_id: self.rng.bytes(),
            issued_at: call.issued_at,
            units: call.units,
            request_hash: self.rng.bytes(),
            response_hash: self.rng.bytes(),
        })
    }

    /// Settles what a service attested since the last time. Everything in it must be paid.
    pub fn settle(&mut self, service: usize, mode: Mode) -> Result<()> {
        let Some((operator, message, parts)) = self.batch(service, mode)? else {
            return Ok(());
        };
        let response = self.hub.billing(&operator, message)?;
        self.transactions += 1;
        self.settled(&parts, &data(&response))
    }

    /// The message that settles what a service attested since the last time, with its sender and its groups; none if it
    /// attested nothing. The lanes move: it has to be sent.
    pub fn batch(
        &mut self,
        service: usize,
        mode: Mode,
    ) -> Result<Option<(Addr, ExecuteMsg, Vec<GroupOf>)>> {
        let service = &mut self.services[service];
        let receipts = std::mem::take(&mut service.pending);
        if receipts.is_empty() {
            return Ok(None);
        }
        let mut builder = BatchBuilder::new(service.attester.id);
        for receipt in receipts {
            let next = service.lanes.entry(receipt.session).or_default();
            builder.next(receipt.session, *next);
            builder.push(receipt)?;
        }
        let (batch, _) = builder.build(mode)?;
        let mut parts = vec![];
        for group in &batch.groups {
            service.lanes.insert(group.session, group.end());
            let listing = &self.listings[group.model.0 as usize - 1];
            let (calls, amount) = listing.worth(group.terms.0, &group.work)?;
            parts.push(GroupOf {
                session: group.session,
                model: group.model,
                calls,
                amount,
            });
        }
        let message = self.hub.sign_batch(&service.attester, &batch);
        Ok(Some((service.operator.clone(), message, parts)))
    }

    /// Takes note of what a batch was paid.
    pub fn settled(&mut self, parts: &[GroupOf], response: &BatchResponse) -> Result<()> {
        let outcomes: Vec<Outcome> = response.outcomes_of_groups().collect();
        ensure!(parts.len() == outcomes.len(), "an answer for every group");
        let charged: u128 = response.gross.iter().map(|gross| gross.amount.u128()).sum();
        let worth: u128 = parts.iter().map(|part| part.amount).sum();
        ensure!(charged == worth, "{charged} charged for {worth}");
        for (part, outcome) in parts.iter().zip(outcomes) {
            ensure!(
                outcome == Outcome::Paid,
                "model {} in session {} was not paid: {outcome:?}",
                part.model,
                part.session,
            );
            if let Some(Origin::Demand { caller }) = self.origins.get(&part.session).copied() {
                let place = part.model.0 as usize - 1;
                let week = Day::of(self.hub.now()).week();
                let listing = &mut self.listings[place];
                listing.demand.add(part.amount, part.calls, week);
                if let Some(today) = self.truth.last_mut() {
                    today.income += part.amount;
                    today.calls += part.calls;
                    today.payers.extend((part.amount > 0).then_some(caller));
                }
                if part.amount > 0 {
                    self.note(Event::Paid {
                        session: part.session,
                        place,
                        amount: part.amount,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Which session and model a group of a batch is about, and what it is worth.
#[derive(Clone, Copy, Debug)]
pub struct GroupOf {
    session: SessionId,
    model: ModelId,
    calls: u64,
    amount: u128,
}

/// The id of a model that a message registered.
pub fn model_of(response: &hub_testing::AppResponse) -> ModelId {
    data::<ModelCreated>(response).model
}
