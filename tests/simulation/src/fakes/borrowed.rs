use anyhow::{Context, Result};
use cosmwasm_std::{coins, Addr};
use hub_testing::NATIVE;
use hub_types::escrow::ExecuteMsg;

use super::{Fake, Moment, Ring};
use crate::puppet;
use crate::world::World;

/// A loan, calls paid with it, and its repayment from the income, in one transaction with one signature.
pub struct Borrowed {
    capital: u128,
    calls: u64,
    stage: Option<Stage>,
}

struct Stage {
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
            stage: None,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Stage> {
        let author = ring.author.clone();
        let puppet = puppet::instantiation(puppet::store(&mut world.hub));
        let made = ring.send(world, &author, vec![puppet; 3])?;
        let made: Option<Vec<Addr>> = made.iter().map(puppet::address).collect();
        let [lender, funder, payee] = made
            .and_then(|made| made.try_into().ok())
            .context("three puppets")?;
        world.hub.name(&lender, "lender");
        // The lender's, not the ring's.
        world.hub.mint(&lender, coins(self.capital, NATIVE));
        let service = ring.operate(world)?;
        ring.publish(world, 1, self.capital / u128::from(self.calls), 0, &payee)?;
        Ok(Stage {
            lender,
            funder,
            payee,
            service,
        })
    }

    fn cycle(&self, world: &mut World, ring: &mut Ring, stage: &Stage) -> Result<()> {
        let place = ring.places[0];
        let next_session = world.newest_session().next();
        let hub = &world.hub;
        let lend = puppet::ExecuteMsg::Lend {
            to: stage.funder.to_string(),
            amount: self.capital,
        };
        let session = ring.session(world, place, stage.service, self.capital);
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: Some(session),
        };
        let deposit = puppet::ExecuteMsg::Act {
            messages: vec![hub.message(&hub.escrow, &deposit, &coins(self.capital, NATIVE))],
        };
        let calls = u16::try_from(self.calls).context("few calls")?;
        let settle = ring.invention(world, stage.service, place, next_session, 0, calls)?;
        let withdraw = ExecuteMsg::Withdraw {
            denom: world.money.unchecked(),
            amount: None,
            recipient: Some(stage.lender.to_string()),
        };
        let withdraw = puppet::ExecuteMsg::Act {
            messages: vec![hub.message(&hub.escrow, &withdraw, &[])],
        };
        let repaid = puppet::ExecuteMsg::Repaid {
            at_least: self.capital,
        };
        let messages = vec![
            hub.message(&stage.lender, &lend, &[]),
            hub.message(&stage.funder, &deposit, &[]),
            hub.message(&hub.billing, &settle, &[]),
            hub.message(&stage.payee, &withdraw, &[]),
            hub.message(&stage.lender, &repaid, &[]),
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
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => self.begin(world, ring)?,
        };
        self.cycle(world, ring, &stage)?;
        self.stage = Some(stage);
        Ok(())
    }
}
