//! The market at work: authors publish, callers prepay, attested calls pay the authors in full. Everything runs on an
//! embedded chain with the three contracts; seeds are fixed, so every run shows the same.

mod acts;
mod books;
mod random;
mod screen;
mod world;

use std::io::ErrorKind;
use std::process::ExitCode;

use screen::Screen;
use world::World;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the demo stopped: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Plays every act; says whether the books balance.
fn run() -> anyhow::Result<bool> {
    let mut screen = Screen::new();
    let mut world = World::new();
    screen
        .title("Hub: authors publish models, callers prepay, every call pays its author in full")?;
    screen.say(
        "This runs on an embedded chain with three contracts. The registry says which models exist and what they cost. \
         The escrow holds every coin. Billing checks what attesters signed and lets the escrow move the money. Two \
         currencies are in use, both dollars: USDC, a native coin of the chain, and USDX, a cw20 token.",
    )?;
    acts::publish(&mut world, &mut screen)?;
    acts::prepay(&mut world, &mut screen)?;
    acts::serve(&mut world, &mut screen)?;
    acts::run_dry(&mut world, &mut screen)?;
    acts::vouch(&mut world, &mut screen)?;
    acts::raise_price(&mut world, &mut screen)?;
    acts::spend_income(&mut world, &mut screen)?;
    acts::leave(&mut world, &mut screen)?;
    books::close(&world, &mut screen)
}

/// Whoever reads the output, such as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
