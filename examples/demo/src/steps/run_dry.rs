use anyhow::ensure;
use hub_testing::Mode;
use hub_types::escrow::ExecuteMsg;
use hub_types::ids::SessionId;

use crate::market::Market;
use crate::screen::{dollars, price, Screen};

const CALLER: &str = "carol";
const BUDGET: u128 = 250_000;
const MORE: u128 = 1_000_000;
const CALLS: u64 = 80;
const LISTING: usize = 0;

/// A budget that runs out pays what it can; the same bytes are sent again after a top-up.
pub fn run_dry(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("A budget runs out")?;
    screen.say(
        "carol sets aside 25 cents and calls more than that pays for. The batch pays her first calls until the money \
         ends and leaves the rest. She adds a dollar, and the very same bytes, sent again, pay exactly what was left.",
    )?;
    let money = market.hub.money_native();
    market.give(CALLER, &money, BUDGET + MORE);
    let attester = market.attesters[0].clone();
    let session = market.hub.new_session(&attester.operator, BUDGET);
    let id = market.open_session(CALLER, CALLER, &money, session)?;

    market.hub.advance(60);
    let receipts = market.receipts(&attester, SessionId(id), LISTING, CALLS);
    let batch = market.hub.batch(&attester, Mode::Itemised, receipts);
    let first = market.send(&attester, &batch, vec![])?;
    let session = market.session(id)?;
    screen.note(&format!(
        "{} of {CALLS} calls are paid; ${} of the budget is too little for the next.",
        first.paid,
        dollars(session.left.u128())
    ))?;

    let caller = market.account(CALLER);
    market.hub.deposit(&caller, &money, MORE, None, None)?;
    let top_up = ExecuteMsg::TopUp {
        session: SessionId(id),
        amount: MORE.into(),
    };
    market.hub.escrow(&caller, top_up)?;
    let second = market.send(&attester, &batch, vec![])?;
    ensure!(
        first.paid + second.paid == CALLS,
        "{} + {} were paid",
        first.paid,
        second.paid
    );
    let spent = market.session(id)?.spent.u128();
    screen.note(&format!(
        "After ${} more, the other {} are paid as well: ${} in all.",
        price(MORE),
        second.paid,
        dollars(spent)
    ))?;
    Ok(screen.gap()?)
}
