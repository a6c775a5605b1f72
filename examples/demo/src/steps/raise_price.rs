use anyhow::{ensure, Context};
use hub_testing::{rates, terms, Units};
use hub_types::billing::Outcome;

use crate::market::Market;
use crate::screen::{dollars, price, Screen};

const LISTING: usize = 0;
/// alice's session with `south`, which lists the model.
const SESSION: usize = 1;

/// A higher price waits for the notice, and old receipts keep the old one.
pub fn raise_price(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("A price rises, with notice")?;
    screen.say(
        "ada raises the price of her first model by half. A rise waits for a day, so that nobody is charged more than it \
         was told; a cut would have taken effect at once. Receipts name the terms they were issued under.",
    )?;
    let listing = &market.listings[LISTING];
    let (author, model, money) = (
        market.account(listing.author),
        listing.model,
        listing.money.clone(),
    );
    let old = listing.rates;
    let new = rates(
        0,
        old.per_million_in.u128() * 3 / 2,
        old.per_million_out.u128() * 3 / 2,
    );
    let now = market.hub.now();
    let created = market
        .hub
        .set_terms(&author, model, terms(&money, new, 0, &[(&author, 10_000)]));
    screen.note(&format!(
        "From ${} and ${} a million to ${} and ${}, in {} hours.",
        price(old.per_million_in.u128()),
        price(old.per_million_out.u128()),
        price(new.per_million_in.u128()),
        price(new.per_million_out.u128()),
        (created.effective_from - now) / 3_600
    ))?;
    let today = call(market)?;
    screen.note(&format!(
        "A call of 1 000 tokens in and 200 out still costs ${}.",
        dollars(today)
    ))?;
    market.hub.set_time(created.effective_from);
    let tomorrow = call(market)?;
    ensure!(tomorrow > today, "the new price is charged");
    screen.note(&format!(
        "A day later the same call costs ${}.",
        dollars(tomorrow)
    ))?;
    Ok(screen.gap()?)
}

/// Settles one call on its own and returns what it cost.
fn call(market: &mut Market) -> anyhow::Result<u128> {
    let session = market
        .sessions
        .get(SESSION)
        .context("alice has the session")?
        .id;
    let attester = market.attesters[2].clone();
    let template = market
        .hub
        .receipt(&attester, session, market.listings[LISTING].model);
    let mut receipt = market.receipt(&template);
    receipt.units = Units::new(1_000, 200);
    let response = market.settle_one(&attester, &receipt)?;
    ensure!(
        response.outcome == Outcome::Paid,
        "the call was {:?}",
        response.outcome
    );
    Ok(response.amount.u128())
}
