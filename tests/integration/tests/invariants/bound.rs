//! What operators back costs whoever made it up: for every set of operators that a reader believes and every factor, what
//! they back of the models of one family is at most the factor times what came to them from the pockets of others.
//!
//! A family is all models that one person registered. People have several accounts, which the chain cannot know to be
//! theirs; [`market`] knows whose they are, and reads from the balances who really paid whom. An operator that took its own
//! money under another account, for a model in which the chain sees no part of it, is a friend of whoever fakes: a reader is
//! wrong to believe it, and the bound is about the sets without it. What friends back is theirs alone, so that it is gone, for
//! the past as well, once they are believed no more.

pub mod draw;
pub mod market;

use crate::campaign::{guarded, Failure, Plan};
use crate::runner::{Fault, Tally};
use crate::shrink::shrink;
use draw::draw;
use market::{Market, Step};

/// What must be met, or the bound was not tried.
pub const SITUATIONS: [&str; 14] = [
    "a believed operator paid itself in secret for its own model",
    "a believed operator paid its own callers",
    "a bound that holds with nothing to spare",
    "a bound that holds with nothing to spare, at the largest factor",
    "a family backed in two denominations",
    "a friend that backs what nobody paid for",
    "a model backed after a transfer",
    "a payer of whose spend the operator kept a part",
    "a recent sum that is less than its lifetime's",
    "a settlement at several terms",
    "a settlement of several models",
    "a settlement of several sessions",
    "an operator that is a payee",
    "an operator that keeps less than the factor asks for",
];

/// A market with everybody in it, and what its operators back in the end.
pub fn random_market(plan: Plan) -> Result<Tally, Failure> {
    let mut rng = plan.rng;
    let mut market = Market::new();
    let mut script = vec![];
    let mut result = Ok(());
    while result.is_ok() && market.tally.messages < plan.messages {
        let step = draw(&mut rng, &market);
        script.push(step.clone());
        result = guarded(|| market.step(&step));
    }
    match result.and_then(|()| guarded(|| market.close())) {
        Ok(()) => Ok(market.tally),
        Err(fault) => {
            let fails = |script: &[Step]| replay(script).err();
            let (script, fault) = shrink(script, fault, Step::simpler, fails);
            Err(Failure::new("several people", &script, fault))
        }
    }
}

/// Plays a script.
fn replay(script: &[Step]) -> Result<(), Fault> {
    guarded(|| {
        let mut market = Market::new();
        script.iter().try_for_each(|step| market.step(step))?;
        market.close()
    })
}
