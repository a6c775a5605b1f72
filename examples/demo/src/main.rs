//! The market at work: authors publish, callers prepay, attested calls pay the authors in full. Everything runs on an
//! embedded chain with the three contracts; seeds are fixed, so every run shows the same.

mod market;
mod rng;
mod screen;
mod steps;
mod summary;

use std::io::ErrorKind;
use std::process::ExitCode;

use market::Market;
use screen::Screen;

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

/// Runs every step; says whether the books balance.
fn run() -> anyhow::Result<bool> {
    let mut screen = Screen::new();
    let mut market = Market::new();
    screen
        .title("Hub: authors publish models, callers prepay, every call pays its author in full")?;
    screen.say(
        "This runs on an embedded chain with three contracts. The registry says which models exist and what they cost. \
         The escrow holds every coin. Billing checks what attesters signed and lets the escrow move the money. Two \
         currencies are in use, both dollars: USDC, a native coin of the chain, and USDX, a cw20 token.",
    )?;
    steps::publish(&mut market, &mut screen)?;
    steps::prepay(&mut market, &mut screen)?;
    steps::serve(&mut market, &mut screen)?;
    steps::run_dry(&mut market, &mut screen)?;
    steps::vouch(&mut market, &mut screen)?;
    steps::raise_price(&mut market, &mut screen)?;
    steps::spend_income(&mut market, &mut screen)?;
    steps::leave(&mut market, &mut screen)?;
    summary::show(&market, &mut screen)
}

/// Whoever reads the output, such as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
