use anyhow::Result;
use hub_testing::{Mode, Units};

use super::{Fake, Moment, Ring};
use crate::numbers;
use crate::world::{Call, Nature, World};

/// Calls of somebody else's model in the name of its author, attested by the ring's own operator: income that looks
/// related. The money is the author's to keep.
pub struct Smear {
    capital: u128,
    done: bool,
}

impl Smear {
    pub fn new(capital: u128) -> Self {
        Self {
            capital,
            done: false,
        }
    }
}

/// The model that people paid most for.
fn most_wanted(world: &World) -> Option<usize> {
    let wanted = world.listings.iter().enumerate();
    wanted
        .filter(|(_, listing)| listing.nature == Nature::Wanted)
        .max_by_key(|(place, listing)| (listing.demand.income, usize::MAX - place))
        .map(|(place, _)| place)
}

impl Fake for Smear {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        if self.done || moment == Moment::Dawn {
            return Ok(());
        }
        let Some(place) = most_wanted(world) else {
            return Ok(());
        };
        self.done = true;
        let now = world.hub.now();
        let listing = &world.listings[place];
        let (author, model) = (listing.author.clone(), listing.model);
        // As many output units as the money pays for.
        let per_million = listing.newest_rates()?.per_million_out.u128();
        let units = self.capital.saturating_mul(1_000_000) / per_million.max(1);
        let units = Units::new(0, u64::try_from(units).unwrap_or(u64::MAX / 2));
        let cost = world.listings[place].cost(now, units)?;

        let service = ring.operate(world)?;
        ring.hire(world, 1);
        let funder = ring.accounts[0].clone();
        ring.accounts.push(world.services[service].operator.clone());
        ring.bring(world, &funder, cost);
        let session = ring.session(world, place, service, cost);
        let session = ring.open(world, &funder, Some(&author), session)?;
        let before = numbers::of_model(world, model)?;
        let call = Call {
            session,
            place,
            issued_at: now,
            units,
        };
        ring.charge_call(world, service, call, Mode::Itemised)?;
        ring.freed(world, cost);
        ring.elsewhere = numbers::of_model(world, model)?.since(&before);
        Ok(())
    }
}
