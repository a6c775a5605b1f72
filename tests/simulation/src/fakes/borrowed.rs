use anyhow::{Context, Result};
use cosmwasm_std::{coins, Addr};
use hub_testing::NATIVE;
use hub_types::escrow::ExecuteMsg;

use super::{Fake, Moment, Ring};
use crate::proxy;
use crate::world::World;

/// A loan, calls paid with it, and its repayment from the income, in one transaction with one signature.
pub struct Borrowed {
    capital: u128,
    calls: u64,
    setup: Option<Setup>,
}

struct Setup {
    lender: Addr,
    funder: Addr,
    payee: Addr,
    service: usize,
}

impl Borrowed {
    pub fn new(capital: u128, calls: u64) -> Self {
        Self {
            capital: capital - capital % u128::from(calls),
            calls,
            setup: None,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Setup> {
        let author = ring.author.clone();
        let proxy = proxy::instantiation(proxy::store(&mut world.hub));
        let made = ring.send(world, &author, vec![proxy; 3])?;
        let made: Option<Vec<Addr>> = made.iter().map(proxy::address).collect();
        let [lender, funder, payee] = made
            .and_then(|made| made.try_into().ok())
            .context("three proxies")?;
        world.hub.name(&lender, "lender");
        // The lender's, not the ring's.
        world.hub.mint(&lender, coins(self.capital, NATIVE));
        let service = ring.operate(world)?;
        ring.publish(world, 1, self.capital / u128::from(self.calls), 0, &payee)?;
        Ok(Setup {
            lender,
            funder,
            payee,
            service,
        })
    }

    fn cycle(&self, world: &mut World, ring: &mut Ring, setup: &Setup) -> Result<()> {
        let place = ring.places[0];
        let next_session = world.newest_session().next();
        let hub = &world.hub;
        let lend = proxy::ExecuteMsg::Lend {
            to: setup.funder.to_string(),
            amount: self.capital,
        };
        let session = ring.session(world, place, setup.service, self.capital);
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: Some(session),
        };
        let deposit = proxy::ExecuteMsg::Execute {
            messages: vec![hub.message(&hub.escrow, &deposit, &coins(self.capital, NATIVE))],
        };
        let calls = u16::try_from(self.calls).context("few calls")?;
        let settle = ring.invention(world, setup.service, place, next_session, 0, calls)?;
        let withdraw = ExecuteMsg::Withdraw {
            denom: world.money.unchecked(),
            amount: None,
            recipient: Some(setup.lender.to_string()),
        };
        let withdraw = proxy::ExecuteMsg::Execute {
            messages: vec![hub.message(&hub.escrow, &withdraw, &[])],
        };
        let repaid = proxy::ExecuteMsg::Repaid {
            at_least: self.capital,
        };
        let messages = vec![
            hub.message(&setup.lender, &lend, &[]),
            hub.message(&setup.funder, &deposit, &[]),
            hub.message(&hub.billing, &settle, &[]),
            hub.message(&setup.payee, &withdraw, &[]),
            hub.message(&setup.lender, &repaid, &[]),
        ];
        let author = ring.author.clone();
        ring.send(world, &author, messages)?;
        Ok(())
    }
}

impl Fake for Borrowed {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        if moment == Moment::Dusk {
            return Ok(());
        }
        let setup = match self.setup.take() {
            Some(setup) => setup,
            None => self.begin(world, ring)?,
        };
        self.cycle(world, ring, &setup)?;
        self.setup = Some(setup);
        Ok(())
    }
}
