use anyhow::ensure;
use hub_testing::{signing_key, KeyType, Mode};
use hub_types::billing::Outcome;
use hub_types::escrow::{NewCeiling, VoucherKey};
use hub_types::ids::SessionId;

use crate::market::Market;
use crate::screen::{dollars, price, Screen};

const CALLER: &str = "agent";
const BUDGET: u128 = 5_000_000;
const CALLS: u64 = 120;
const LISTING: usize = 4;

/// A session that trusts nobody: it pays only what the caller signed for.
pub fn vouch(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("An agent pays by voucher")?;
    screen.say(
        "A software agent does not trust the operator with its whole budget. Its session pays only up to a ceiling that \
         the agent raises by signing vouchers, off chain and for nothing, as it receives answers. Whoever submits the \
         batch adds the newest one. Not even a stolen attester key could charge more.",
    )?;
    let money = market.hub.money_cw20();
    market.give(CALLER, &money, BUDGET);
    let attester = market.attesters[3].clone();
    let key = signing_key(KeyType::Secp256k1, 100);
    let mut session = market.hub.new_session(&attester.operator, BUDGET);
    session.ceiling = Some(NewCeiling {
        key: Some(VoucherKey {
            key_type: KeyType::Secp256k1,
            key: key.public_key().as_bytes().into(),
        }),
    });
    let id = market.open_session(CALLER, CALLER, &money, session)?;

    market.hub.advance(60);
    let receipts = market.receipts(&attester, SessionId(id), LISTING, CALLS);
    let rates = market.listings[LISTING].rates;
    let total: u128 = receipts
        .iter()
        .filter_map(|receipt| rates.amount(1, receipt.units))
        .sum();
    let batch = market.hub.batch(&attester, Mode::Itemised, receipts);

    let refused = market.send(&attester, &batch, vec![]);
    ensure!(refused.is_err(), "the session paid without a voucher");
    screen.note(&format!(
        "{CALLS} calls without a voucher: nothing is paid."
    ))?;

    let half = total / 2;
    let voucher = market.hub.voucher(&key, SessionId(id), half);
    let first = market.send(&attester, &batch, vec![voucher])?;
    let spent = market.session(id)?.spent.u128();
    screen.note(&format!(
        "With a voucher for ${}: {} calls are paid, ${}.",
        dollars(half),
        first.paid,
        dollars(spent)
    ))?;

    let voucher = market.hub.voucher(&key, SessionId(id), total);
    let second = market.send(&attester, &batch, vec![voucher])?;
    ensure!(
        second
            .outcomes_of_groups()
            .all(|outcome| outcome == Outcome::Paid),
        "the second voucher covers the rest"
    );
    let session = market.session(id)?;
    screen.note(&format!(
        "With one for ${}: the other {} as well. ${} of the ${} budget was never within anybody's reach.",
        dollars(total),
        second.paid,
        dollars(session.left.u128()),
        price(BUDGET)
    ))?;
    Ok(screen.gap()?)
}
