use std::collections::BTreeMap;

use anyhow::Result;
use cosmwasm_std::Addr;
use hub_testing::{rates, Mode, Units};
use hub_types::escrow::{Models, NewSession};
use hub_types::ids::SessionId;
use hub_types::price::Rates;

use super::{Fake, Moment, Ring};
use crate::world::{Call, Event, World};

/// Models registered in one transaction.
const HEAP: usize = 50;
/// Payments in one batch.
const BATCH: usize = 500;

/// The honest market once more: each evening the ring does with accounts of its own what honest callers did on that day. Each
/// model, each caller, each session and each payment has its copy; where several calls of a session for a model were paid on
/// a day, one call pays their sum.
#[derive(Default)]
pub struct Copy {
    service: Option<usize>,
    /// Places of copies among the listings, by those of the originals.
    models: BTreeMap<usize, usize>,
    /// Accounts, by the places of callers.
    payers: BTreeMap<usize, Addr>,
    /// Copies of sessions with the accounts that hold them.
    sessions: BTreeMap<SessionId, (Addr, SessionId)>,
}

/// A unit in costs a millionth of a dollar, so that a call can cost any sum.
fn by_the_unit() -> Rates {
    rates(0, 1_000_000, 0)
}

impl Copy {
    /// Registers the copies of models that are paid for the first time.
    fn publish(&mut self, world: &mut World, ring: &mut Ring, events: &[Event]) -> Result<()> {
        let mut new = vec![];
        for event in events {
            if let Event::Paid { place, .. } = event {
                if !self.models.contains_key(place) && !new.contains(place) {
                    new.push(*place);
                }
            }
        }
        let author = ring.author.clone();
        for heap in new.chunks(HEAP) {
            ring.publish_at(world, heap.len() as u64, by_the_unit(), 0, &author)?;
            let copies = ring.places.iter().rev().take(heap.len()).rev();
            self.models
                .extend(heap.iter().copied().zip(copies.copied()));
        }
        Ok(())
    }

    /// Funds sessions as callers funded theirs, with money that the author sends to the accounts.
    fn fund(&mut self, world: &mut World, ring: &mut Ring, events: &[Event]) -> Result<()> {
        let service = ring.operate(world)?;
        let mut funded = vec![];
        for event in events {
            if let Event::Funded {
                session,
                caller,
                amount,
            } = *event
            {
                self.payers.entry(caller).or_insert_with(|| {
                    let account = ring.account(world, &format!("copy of caller {caller}"));
                    ring.accounts.push(account.clone());
                    account
                });
                funded.push((self.payers[&caller].clone(), session, amount));
            }
        }
        if funded.is_empty() {
            return Ok(());
        }
        let author = ring.author.clone();
        let needed: u128 = funded.iter().map(|(_, _, amount)| amount).sum();
        let wallet = world.hub.wallet(&author, &world.money);
        if wallet < needed {
            ring.bring(world, &author, needed - wallet);
        }
        let to: Vec<(Addr, u128)> = funded
            .iter()
            .map(|(payer, _, amount)| (payer.clone(), *amount))
            .collect();
        ring.send_out(world, &to)?;
        for (payer, original, amount) in funded {
            if let Some((payer, copy)) = self.sessions.get(&original).cloned() {
                ring.top_up(world, &payer, copy, amount)?;
                continue;
            }
            // Any model, since which ones it will pay for is not known in the evening.
            let session = NewSession {
                models: Models::Any {},
                max_price: Some(by_the_unit()),
                ..ring.session(world, 0, service, amount)
            };
            let copy = ring.open(world, &payer, None, session)?;
            self.sessions.insert(original, (payer, copy));
        }
        Ok(())
    }

    /// Has charged what was charged.
    fn charge(&self, world: &mut World, ring: &mut Ring, events: &[Event]) -> Result<()> {
        let service = ring.operate(world)?;
        let mut sums: BTreeMap<(SessionId, usize), u128> = BTreeMap::new();
        for event in events {
            if let Event::Paid {
                session,
                place,
                amount,
            } = *event
            {
                if let Some((_, copy)) = self.sessions.get(&session) {
                    *sums.entry((*copy, self.models[&place])).or_default() += amount;
                }
            }
        }
        let sums: Vec<_> = sums.into_iter().collect();
        for batch in sums.chunks(BATCH) {
            for ((session, place), amount) in batch {
                let call = Call {
                    session: *session,
                    place: *place,
                    issued_at: world.hub.now(),
                    units: Units::new(u64::try_from(*amount)?, 0),
                };
                world.attest(service, call)?;
                ring.freed(world, *amount);
            }
            ring.settle(world, service, Mode::Netted)?;
        }
        if !sums.is_empty() {
            ring.collect(world, None)?;
        }
        Ok(())
    }
}

impl Fake for Copy {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        if self.service.is_none() {
            self.service = Some(ring.operate(world)?);
            world.journal = Some(vec![]);
        }
        if moment == Moment::Dawn {
            return Ok(());
        }
        let events = world.journal.replace(vec![]).unwrap_or_default();
        self.publish(world, ring, &events)?;
        self.fund(world, ring, &events)?;
        self.charge(world, ring, &events)
    }
}
