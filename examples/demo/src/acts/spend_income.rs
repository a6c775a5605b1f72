use hub_testing::{data, Mode};
use hub_types::escrow::{ExecuteMsg, SessionCreated};

use crate::screen::{dollars, Screen};
use crate::world::World;

const AUTHOR: &str = "emil";
const LISTING: usize = 3;
const CALLS: u64 = 50;

/// Income is money at once: an author spends it on another author's model.
pub fn spend_income(world: &mut World, screen: &mut Screen) -> anyhow::Result<()> {
    screen.act("Income is spent")?;
    screen.say(
        "emil left his income in the escrow. He opens a session with half of it and calls a model of chen's: what callers \
         paid to one author pays the next, without ever leaving the escrow.",
    )?;
    let money = world.hub.money_native();
    let account = world.account(AUTHOR);
    let income = world.balance(AUTHOR, &money)?.available.u128();
    let attester = world.attesters[5].clone();
    let open = ExecuteMsg::OpenSession {
        denom: money.unchecked(),
        session: world.hub.new_session(&attester.operator, income / 2),
    };
    let id = data::<SessionCreated>(&world.hub.escrow(&account, open)?).session;
    world.hub.advance(60);
    let receipts = world.receipts(&attester, id, LISTING, CALLS);
    world.settle(&attester, Mode::Netted, receipts)?;
    let spent = world.session(id.0)?.spent.u128();
    screen.note(&format!(
        "Of ${} earned he spent ${} on {CALLS} calls, netted in one batch.",
        dollars(income),
        dollars(spent)
    ))?;
    Ok(screen.gap()?)
}
