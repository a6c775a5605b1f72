use anyhow::{ensure, Context};
use hub_testing::{data, Attester, Batch, Mode, Receipt};
use hub_types::billing::BatchResponse;

use crate::market::{label, Market, COURIER};
use crate::screen::{dollars, grouped, Screen};

const ROUNDS: usize = 3;
/// In each batch.
const RECEIPTS: u64 = 10_000;
const ROUND_SECONDS: u64 = 900;

/// Thousands of calls are served and settled in batches.
pub fn serve(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("Operators serve, and batches pay")?;
    screen.say(
        "Each operator runs two attesters: keys that sign a receipt for every call, made to live in the enclave that runs \
         the model. One is a secp256k1 key, one ed25519. Ten thousand receipts at a time are signed as one batch. Half of \
         the batches are itemised, call by call; half are netted, which states sums and costs less to submit. The \
         contract multiplies tokens by prices itself. A courier without any rights carries the batches.",
    )?;
    let attesters = market.attesters.clone();
    let batches = ROUNDS * attesters.len();
    let bar = screen.progress(batches as u64 * RECEIPTS, "receipts settled");
    let mut last = None;
    for round in 0..ROUNDS {
        market.hub.advance(ROUND_SECONDS);
        for (place, attester) in attesters.iter().enumerate() {
            let mode = if (round + place) % 2 == 0 {
                Mode::Itemised
            } else {
                Mode::Netted
            };
            let receipts = served(market, attester);
            last = Some((attester, market.settle(attester, mode, receipts)?));
            bar.inc(RECEIPTS);
        }
    }
    bar.finish_and_clear();

    let paid: u64 = market.paid.values().sum();
    screen.note(&format!(
        "{} receipts in {batches} batches were settled, each batch in one transaction.",
        grouped(paid)
    ))?;
    let [native, token] = market.hub.moneys();
    screen.note(&format!(
        "Paid out behind the batches: ada has ${} {} in her own wallet, dora ${} {}.",
        dollars(market.hub.wallet(&market.account("ada"), &native)),
        label(&native),
        dollars(market.hub.wallet(&market.account("dora"), &token)),
        label(&token)
    ))?;
    let (attester, batch) = last.context("a batch was settled")?;
    send_again(market, screen, attester, &batch)
}

/// What an attester served since the round before, in the sessions of its operator.
fn served(market: &mut Market, attester: &Attester) -> Vec<Receipt> {
    let operator = market.hub.name_of(&attester.operator);
    let mut templates = vec![];
    for session in market
        .sessions
        .iter()
        .filter(|session| session.operator == operator)
    {
        for place in &session.listings {
            let model = market.listings[*place].model;
            templates.push(market.hub.receipt(attester, session.id, model));
        }
    }
    let mut receipts = vec![];
    for _ in 0..RECEIPTS {
        let template = market.rng.pick(&templates);
        let age = market.rng.between(0, ROUND_SECONDS - 1);
        let mut receipt = market.receipt(template);
        receipt.issued_at -= age;
        receipts.push(receipt);
    }
    receipts
}

/// A batch sent twice moves nothing the second time.
fn send_again(
    market: &mut Market,
    screen: &mut Screen,
    attester: &Attester,
    batch: &Batch,
) -> anyhow::Result<()> {
    let before = market.hub.ledger();
    let message = market.hub.sign_batch(attester, batch);
    let courier = market.account(COURIER);
    let response: BatchResponse = data(&market.hub.billing(&courier, message)?);
    let changes = before.diff(&market.hub.ledger());
    ensure!(
        response.paid == 0 && changes.is_empty(),
        "a batch was paid twice: {changes:?}"
    );
    screen.note("The last batch is sent once more, with the same signature: it is stale, and nothing moves.")?;
    Ok(screen.gap()?)
}
