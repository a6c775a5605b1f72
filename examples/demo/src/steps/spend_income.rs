use hub_testing::{data, Mode};
use hub_types::escrow::{ExecuteMsg, SessionCreated};

use crate::market::Market;
use crate::screen::{dollars, Screen};

const AUTHOR: &str = "emil";
const LISTING: usize = 3;
const CALLS: u64 = 50;

/// Income is money at once: an author spends it on another author's model.
pub fn spend_income(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("Income is spent")?;
    screen.say(
        "emil left his income in the escrow. He opens a session with half of it and calls a model of chen's: what callers \
         paid to one author pays the next, without ever leaving the escrow.",
    )?;
    let money = market.hub.money_native();
    let account = market.account(AUTHOR);
    let income = market.balance(AUTHOR, &money)?.available.u128();
    let attester = market.attesters[5].clone();
    let open = ExecuteMsg::OpenSession {
        denom: money.unchecked(),
        session: market.hub.new_session(&attester.operator, income / 2),
    };
    let id = data::<SessionCreated>(&market.hub.escrow(&account, open)?).session;
    market.hub.advance(60);
    let receipts = market.receipts(&attester, id, LISTING, CALLS);
    market.settle(&attester, Mode::Netted, receipts)?;
    let spent = market.session(id.0)?.spent.u128();
    screen.note(&format!(
        "Of ${} earned he spent ${} on {CALLS} calls, netted in one batch.",
        dollars(income),
        dollars(spent)
    ))?;
    Ok(screen.gap()?)
}
