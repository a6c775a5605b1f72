use anyhow::ensure;
use hub_types::billing::Outcome;
use hub_types::escrow::ExecuteMsg;
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::market::Market;
use crate::screen::{dollars, Screen};

const CALLER: &str = "bob";
const LISTING: usize = 2;
/// bob's session.
const SESSION: usize = 2;

/// A caller closes a session and has the rest back in its wallet.
pub fn leave(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("A caller leaves")?;
    screen.say(
        "bob closes his session. Calls issued up to a minute later still count, later ones do not. His operator has \
         nothing more to settle and releases it at once; without that, anyone could a day later. He withdraws the rest.",
    )?;
    let (caller, session) = (market.account(CALLER), market.sessions[SESSION].id);
    let attester = market.attesters[4].clone();
    let money = market.hub.money_native();
    market
        .hub
        .escrow(&caller, ExecuteMsg::CloseSession { session })?;
    market.hub.advance(CUTOFF_GRACE_SECONDS);
    let receipts = market.receipts(&attester, session, LISTING, 1);
    for receipt in receipts {
        let response = market.settle_one(&attester, &receipt)?;
        ensure!(
            response.outcome == Outcome::Closed,
            "the call was {:?}",
            response.outcome
        );
    }
    screen.note("A call issued after the minute is refused as closed and costs nothing.")?;

    market
        .hub
        .escrow(&attester.operator, ExecuteMsg::ReleaseSession { session })?;
    let withdraw = ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: None,
        recipient: None,
    };
    market.hub.escrow(&caller, withdraw)?;
    let budget = market.session(session.0)?.budget.u128();
    let wallet = market.hub.wallet(&caller, &money);
    screen.note(&format!(
        "Of ${} bob has ${} back in his wallet.",
        dollars(budget),
        dollars(wallet)
    ))?;
    Ok(screen.gap()?)
}
