use hub_testing::NewModel;
use hub_types::escrow::ExecuteMsg;

use crate::market::{earners, label, Market, LABELLER};
use crate::screen::{price, Screen};

/// bela shares the income of this one with whoever labelled its data.
const SHARED: usize = 2;
/// The authors of these offer the operator that serves them a share.
const SERVED_FOR_A_SHARE: [usize; 2] = [3, 6];
const OPERATOR_BPS: u16 = 500;
/// emil leaves his income in the escrow, to spend it there.
const KEEPS_INCOME: &str = "emil";

/// Every model of the market is registered by its author at a published price.
pub fn publish(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("Authors publish")?;
    screen.say(
        "Eight public models lie on Walrus, a store that names a file by its contents. Their authors register them under \
         those names, at prices for a million tokens taken from a published price card. Nobody has to approve that, and nobody takes a cut: the \
         shares that an author writes down add up to all of the price.",
    )?;
    let labeller = market.account(LABELLER);
    let mut rows = vec![];
    for place in 0..market.listings.len() {
        let listing = &market.listings[place];
        let author = market.account(listing.author);
        let mut plan = NewModel::named(&listing.entry.name)
            .price(&listing.money, listing.rates)
            .release(listing.entry.blob_id);
        let mut shares = format!("{} 100", listing.author);
        if place == SHARED {
            plan = plan.payees(&[(&author, 7_000), (&labeller, 3_000)]);
            shares = format!("{} 70, {LABELLER} 30", listing.author);
        } else if SERVED_FOR_A_SHARE.contains(&place) {
            plan = plan.operator_bps(OPERATOR_BPS);
            shares = format!("{} 95, operator 5", listing.author);
        }
        let model = market.hub.register_model(&author, plan);
        let listing = &mut market.listings[place];
        listing.model = model;
        rows.push([
            model.to_string(),
            listing.entry.name.clone(),
            price(listing.rates.per_million_in.u128()),
            price(listing.rates.per_million_out.u128()),
            label(&listing.money).to_owned(),
            shares,
        ]);
    }
    let header = ["id", "model", "in $/M", "out $/M", "coin", "shares in %"];
    screen.table(header, &[0, 2, 3], rows)?;

    for name in earners().filter(|name| *name != KEEPS_INCOME) {
        let account = market.account(name);
        for money in market.hub.moneys() {
            let denom = money.unchecked();
            market
                .hub
                .escrow(&account, ExecuteMsg::SetAutoPayout { denom, on: true })?;
        }
    }
    screen.say(
        "All of them but emil switch on automatic payouts: whoever submits a batch of calls can send them their income \
         in the same transaction, without being able to send it anywhere else.",
    )?;
    Ok(())
}
