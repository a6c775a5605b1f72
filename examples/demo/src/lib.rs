//! The market at work: authors publish, callers prepay, attested calls pay the authors in full. Everything runs on an
//! embedded chain with the three contracts; seeds are fixed, so every run shows the same. `make demo` shows it after the
//! tour of one model.

mod acts;
mod books;
mod random;
mod screen;
mod world;

pub use screen::Screen;

use world::World;

/// Plays every act; says whether the books balance.
///
/// # Errors
///
/// If a contract refuses what it should take, or the standard output is closed.
pub fn play(screen: &mut Screen) -> anyhow::Result<bool> {
    let mut world = World::new();
    acts::publish(&mut world, screen)?;
    acts::prepay(&mut world, screen)?;
    acts::serve(&mut world, screen)?;
    acts::run_dry(&mut world, screen)?;
    acts::vouch(&mut world, screen)?;
    acts::raise_price(&mut world, screen)?;
    acts::spend_income(&mut world, screen)?;
    acts::leave(&mut world, screen)?;
    books::close(&world, screen)
}
