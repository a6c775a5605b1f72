use anyhow::Result;

use super::{Fake, Moment, Ring};
use crate::world::World;

/// Models registered in one transaction.
const HEAP: u64 = 50;

/// Models that nobody wants, registered on the first day in as few transactions as blocks allow.
pub struct Warehouse {
    left: u64,
}

impl Warehouse {
    pub fn new(models: u64) -> Self {
        Self { left: models }
    }
}

impl Fake for Warehouse {
    fn act(&mut self, world: &mut World, ring: &mut Ring, _: Moment) -> Result<()> {
        let author = ring.author.clone();
        while self.left > 0 {
            let models = self.left.min(HEAP);
            ring.publish(world, models, 1_000, 0, &author)?;
            self.left -= models;
        }
        Ok(())
    }
}
