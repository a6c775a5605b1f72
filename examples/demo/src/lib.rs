//! The market at work: authors publish, callers prepay, attested calls pay the authors in full. Everything runs on an
//! embedded chain with the contracts; seeds are fixed, so every run shows the same. `make demo` shows it after the way of one
//! model.

mod market;
mod rng;
mod screen;
mod steps;
mod summary;

pub use screen::Screen;

use market::Market;

/// Runs every step; says whether the books balance.
///
/// # Errors
///
/// If a contract refuses what it should take, or the standard output is closed.
pub fn run(screen: &mut Screen) -> anyhow::Result<bool> {
    let mut market = Market::new();
    steps::publish(&mut market, screen)?;
    steps::prepay(&mut market, screen)?;
    steps::serve(&mut market, screen)?;
    steps::run_dry(&mut market, screen)?;
    steps::vouch(&mut market, screen)?;
    steps::raise_price(&mut market, screen)?;
    steps::spend_income(&mut market, screen)?;
    steps::leave(&mut market, screen)?;
    summary::show(&market, screen)
}
