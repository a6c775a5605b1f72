use anyhow::{ensure, Context};
use hub_testing::{data, Attester, Batch, Mode, Receipt};
use hub_types::billing::BatchResponse;

use crate::screen::{dollars, grouped, Screen};
use crate::world::{label, World, COURIER};

const ROUNDS: usize = 3;
/// In each batch.
const RECEIPTS: u64 = 10_000;
const ROUND_SECONDS: u64 = 900;

/// Thousands of calls are served and settled in batches.
pub fn serve(world: &mut World, screen: &mut Screen) -> anyhow::Result<()> {
    screen.act("Operators serve, and batches pay")?;
    screen.say(
        "Each operator runs two attesters: keys that sign a receipt for every call, made to live in the enclave that runs \
         the model. One is a secp256k1 key, one ed25519. Ten thousand receipts at a time are signed as one batch. Half of \
         the batches are itemised, call by call; half are netted, which states sums and costs less to submit. The \
         contract multiplies tokens by prices itself. A courier without any rights carries the batches.",
    )?;
    let attesters = world.attesters.clone();
    let batches = ROUNDS * attesters.len();
    let bar = screen.progress(batches as u64 * RECEIPTS, "receipts settled");
    let mut last = None;
    for round in 0..ROUNDS {
        world.hub.advance(ROUND_SECONDS);
        for (place, attester) in attesters.iter().enumerate() {
            let mode = if (round + place) % 2 == 0 {
                Mode::Itemised
            } else {
                Mode::Netted
            };
            let receipts = served(world, attester);
            last = Some((attester, world.settle(attester, mode, receipts)?));
            bar.inc(RECEIPTS);
        }
    }
    bar.finish_and_clear();

    let paid: u64 = world.paid.values().sum();
    screen.note(&format!(
        "{} receipts in {batches} batches were settled, each batch in one transaction.",
        grouped(paid)
    ))?;
    let [native, token] = world.hub.moneys();
    screen.note(&format!(
        "Paid out behind the batches: ada has ${} {} in her own wallet, dora ${} {}.",
        dollars(world.hub.wallet(&world.account("ada"), &native)),
        label(&native),
        dollars(world.hub.wallet(&world.account("dora"), &token)),
        label(&token)
    ))?;
    let (attester, batch) = last.context("a batch was settled")?;
    send_again(world, screen, attester, &batch)
}

/// What an attester served since the round before, in the sessions of its operator.
fn served(world: &mut World, attester: &Attester) -> Vec<Receipt> {
    let operator = world.hub.name_of(&attester.operator);
    let mut templates = vec![];
    for session in world
        .sessions
        .iter()
        .filter(|session| session.operator == operator)
    {
        for place in &session.listings {
            let model = world.listings[*place].model;
            templates.push(world.hub.receipt(attester, session.id, model));
        }
    }
    let mut receipts = vec![];
    for _ in 0..RECEIPTS {
        let template = world.random.pick(&templates);
        let age = world.random.between(0, ROUND_SECONDS - 1);
        let mut receipt = world.receipt(template);
        receipt.issued_at -= age;
        receipts.push(receipt);
    }
    receipts
}

/// A batch sent twice moves nothing the second time.
fn send_again(
    world: &mut World,
    screen: &mut Screen,
    attester: &Attester,
    batch: &Batch,
) -> anyhow::Result<()> {
    let before = world.hub.ledger();
    let message = world.hub.sign_batch(attester, batch);
    let courier = world.account(COURIER);
    let response: BatchResponse = data(&world.hub.billing(&courier, message)?);
    let changes = before.diff(&world.hub.ledger());
    ensure!(
        response.paid == 0 && changes.is_empty(),
        "a batch was paid twice: {changes:?}"
    );
    screen.note("The last batch is sent once more, with the same signature: it is stale, and nothing moves.")?;
    Ok(screen.gap()?)
}
