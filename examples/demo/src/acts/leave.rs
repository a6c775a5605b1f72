use anyhow::ensure;
use hub_types::billing::Outcome;
use hub_types::escrow::ExecuteMsg;
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::screen::{dollars, Screen};
use crate::world::World;

const CALLER: &str = "bob";
const LISTING: usize = 2;
/// bob's session.
const SESSION: usize = 2;

/// A caller closes a session and has the rest back in its wallet.
pub fn leave(world: &mut World, screen: &mut Screen) -> anyhow::Result<()> {
    screen.act("A caller leaves")?;
    screen.say(
        "bob closes his session. Calls issued up to a minute later still count, later ones do not. His operator has \
         nothing more to settle and releases it at once; without that, anyone could a day later. He withdraws the rest.",
    )?;
    let (caller, session) = (world.account(CALLER), world.sessions[SESSION].id);
    let attester = world.attesters[4].clone();
    let money = world.hub.money_native();
    world
        .hub
        .escrow(&caller, ExecuteMsg::CloseSession { session })?;
    world.hub.advance(CUTOFF_GRACE_SECONDS);
    let receipts = world.receipts(&attester, session, LISTING, 1);
    for receipt in receipts {
        let response = world.settle_one(&attester, &receipt)?;
        ensure!(
            response.outcome == Outcome::Closed,
            "the call was {:?}",
            response.outcome
        );
    }
    screen.note("A call issued after the minute is refused as closed and costs nothing.")?;

    world
        .hub
        .escrow(&attester.operator, ExecuteMsg::ReleaseSession { session })?;
    let withdraw = ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: None,
        recipient: None,
    };
    world.hub.escrow(&caller, withdraw)?;
    let budget = world.session(session.0)?.budget.u128();
    let wallet = world.hub.wallet(&caller, &money);
    screen.note(&format!(
        "Of ${} bob has ${} back in his wallet.",
        dollars(budget),
        dollars(wallet)
    ))?;
    Ok(screen.gap()?)
}
