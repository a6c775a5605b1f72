//! `make demo`: the whole Hub at work on this machine. One model is published, served, called, paid for and proven by the command
//! `hub`, over real HTTP; then a market of many is played in bulk. The exit code says whether every coin is accounted for.

mod one_model;
mod sandbox;

use std::io::ErrorKind;
use std::process::ExitCode;

use hub_demo::Screen;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the demo stopped: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Shows one model, then a market of many; says whether the books of both balance.
fn run() -> anyhow::Result<bool> {
    let mut screen = Screen::new();
    screen
        .title("Hub: authors publish models, callers prepay, every call pays its author in full")?;
    screen.say(
        "First one real model, by the command hub alone: an author publishes it, an operator serves it, a caller pays for each answer. \
         The chain and Walrus run on this machine; the contracts, the server, HTTP and the signatures are the real ones.",
    )?;
    let balances = one_model::show(&mut screen)?;
    screen.say(
        "Now the same market in bulk: thousands of calls in each batch, in two currencies. USDC is a native coin of the chain, and USDX \
         a cw20 token; both are dollars.",
    )?;
    Ok(hub_demo::run(&mut screen)? && balances)
}

/// Whoever reads the output, such as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
