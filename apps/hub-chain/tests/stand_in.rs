//! What nodes may do to a transaction, and that it is neither lost nor done twice.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cosmwasm_std::coin;
use hub_chain::embedded::{Clock, Embedded, EmbeddedOptions, FEE_DENOM};
use hub_chain::testing::{Fault, StandIn};
use hub_chain::{
    BoxFuture, Chain, ChainError, Flight, Hub, Journal, Message, Outcome, Refusal, SendOptions,
    Stage, TxHash, Wallet,
};
use hub_types::escrow::{BalanceResponse, ExecuteMsg, QueryMsg};
use serde_json::json;

const MONEY: &str = "uusdc";

struct Fixture {
    chain: Embedded,
    nodes: Vec<StandIn>,
    hub: Hub,
    wallet: Wallet,
}

async fn fixture_of(nodes: usize, clock: Clock) -> Fixture {
    let options = EmbeddedOptions {
        clock,
        start_time: Some(hub_chain::unix_now()),
        ..EmbeddedOptions::default()
    };
    let chain = Embedded::start(options).unwrap();
    let wallet = chain
        .account("caller", vec![coin(1_000_000_000, MONEY)])
        .await
        .unwrap();
    let mut stand_ins = vec![];
    for _ in 0..nodes {
        stand_ins.push(StandIn::start(&chain).await);
    }
    let hub = connect(&chain, &stand_ins);
    Fixture {
        chain,
        nodes: stand_ins,
        hub,
        wallet,
    }
}

async fn fixture(nodes: usize) -> Fixture {
    fixture_of(nodes, Clock::ByHand).await
}

fn connect(chain: &Embedded, nodes: &[StandIn]) -> Hub {
    let profile = chain.profile();
    let mut settings = profile.settings().unwrap();
    settings.poll = Duration::from_millis(10);
    settings.confirm_timeout = Duration::from_millis(1_500);
    settings.request_timeout = Duration::from_millis(500);
    settings.cool_down = Duration::from_millis(5);
    settings.timeout_blocks = 20;
    let urls: Vec<String> = nodes.iter().map(StandIn::url).collect();
    profile.over(Chain::connect(settings, &urls).unwrap())
}

impl Fixture {
    fn deposit(&self) -> Message {
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: None,
        };
        self.hub
            .tell_escrow(&deposit, vec![coin(1_000, MONEY)])
            .unwrap()
    }

    async fn send(&self) -> Result<Outcome, ChainError> {
        self.hub
            .chain()
            .send(
                &self.wallet,
                &[self.deposit()],
                &SendOptions::default(),
                &(),
            )
            .await
    }

    /// How many deposits took effect, as the contracts themselves say.
    async fn deposits(&self) -> u128 {
        let address = self.wallet.address().to_owned();
        let available = self.chain.with(move |hub| {
            let denom = hub_types::denom::UncheckedDenom::Native(MONEY.to_owned());
            let found: BalanceResponse = hub
                .query_escrow(QueryMsg::Balance { address, denom })
                .unwrap();
            found.available.u128()
        });
        available.await.unwrap() / 1_000
    }
}

fn included(outcome: Outcome) -> hub_chain::Included {
    match outcome {
        Outcome::Included(included) => included,
        other => panic!("expected a block with it, found {other:?}"),
    }
}

fn refused(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn unknown(outcome: Outcome) -> Flight {
    match outcome {
        Outcome::Unknown(unknown) => unknown.flight,
        other => panic!("expected it to be unknown, found {other:?}"),
    }
}

/// Remembers what was kept, and in which order.
#[derive(Default, Clone)]
struct Kept(Arc<Mutex<Vec<Flight>>>);

impl Journal for Kept {
    fn keep<'a>(&'a self, flight: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        self.0.lock().unwrap().push(flight.clone());
        Box::pin(async { Ok(()) })
    }
}

struct Full;

impl Journal for Full {
    fn keep<'a>(&'a self, _: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Err("no space left on device".to_owned()) })
    }
}

// --- What cannot be sent --------------------------------------------------------------------------------------------

#[tokio::test]
async fn what_cannot_be_kept_does_not_leave() {
    let fixture = fixture(1).await;
    let sent = fixture
        .hub
        .chain()
        .send(
            &fixture.wallet,
            &[fixture.deposit()],
            &SendOptions::default(),
            &Full,
        )
        .await;
    assert_eq!(
        sent,
        Err(ChainError::NotKept("no space left on device".into()))
    );
    assert_eq!(fixture.nodes[0].calls_of("broadcast_tx_sync"), 0);
    assert_eq!(fixture.deposits().await, 0);
}

#[tokio::test]
async fn a_fee_above_the_bound_is_never_signed_whatever_a_node_says() {
    let one = fixture(1).await;
    one.nodes[0].always(Fault::Gas(u64::MAX));
    let error = one.send().await.unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::FeeTooHigh {
                max_fee: 10_000_000,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("raise `max_fee`"), "{error}");
    assert_eq!(one.nodes[0].calls_of("broadcast_tx_sync"), 0);

    // Another node that is right about the gas is believed.
    let two = fixture(2).await;
    two.nodes[0].always(Fault::Gas(u64::MAX));
    assert!(included(two.send().await.unwrap()).succeeded());
    assert_eq!(two.deposits().await, 1);

    // A limit that is given is bounded as well.
    let options = SendOptions {
        gas: Some(u64::MAX),
        ..SendOptions::default()
    };
    let sent = two
        .hub
        .chain()
        .send(&two.wallet, &[two.deposit()], &options, &())
        .await;
    assert!(
        matches!(sent, Err(ChainError::FeeTooHigh { .. })),
        "{sent:?}"
    );
    assert_eq!(two.deposits().await, 1);
}

#[tokio::test]
async fn gas_that_is_named_too_low_to_be_true_is_raised() {
    let fixture = fixture(1).await;
    fixture.nodes[0].always(Fault::Gas(0));
    // The rest of the lie costs a fee and nothing else, and is told as what it is.
    let outcome = included(fixture.send().await.unwrap());
    assert!(outcome.out_of_gas(), "{outcome:?}");
    assert!(outcome.gas_wanted >= 78_000);
    assert_eq!(fixture.deposits().await, 0);
}

/// What a node of the SDK answers that goes from one block to the next.
fn panics_so_often(times: u32) -> Fault {
    let left = AtomicU32::new(times);
    Fault::Lies(Arc::new(move |method, params, answer| {
        let path = params["path"].as_str().unwrap_or_default();
        let is_dry_run = method == "abci_query" && path.ends_with("imulate");
        let less = |left: u32| left.checked_sub(1);
        if !is_dry_run
            || left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
                .is_err()
        {
            return answer;
        }
        let log = "recovered: Block (unix) time must never be empty or negative\nstack:\ngoroutine 1 [running]:\nruntime/debug.Stack()";
        json!({"response": {"code": 111_222, "codespace": "undefined", "log": log, "value": null}})
    }))
}

#[tokio::test]
async fn a_dry_run_that_panics_is_tried_again_and_is_no_refusal() {
    let one = fixture(1).await;
    one.nodes[0].always(panics_so_often(2));
    assert!(included(one.send().await.unwrap()).succeeded());
    assert_eq!(one.deposits().await, 1);

    // Another node answers at once.
    let two = fixture(2).await;
    two.nodes[0].always(panics_so_often(u32::MAX));
    assert!(included(two.send().await.unwrap()).succeeded());

    // Not for ever; and nothing is signed.
    let one = fixture(1).await;
    one.nodes[0].always(panics_so_often(u32::MAX));
    let error = one.send().await.unwrap_err();
    assert!(error.to_string().contains("panics in a dry run"), "{error}");
    assert_eq!(one.nodes[0].calls_of("broadcast_tx_sync"), 0);
}

#[tokio::test]
async fn an_account_without_coins_is_told_what_it_lacks() {
    let fixture = fixture(1).await;
    let stranger = Wallet::from_secret(&[9; 32], "cosmwasm").unwrap();
    let sent = fixture
        .hub
        .chain()
        .send(
            &stranger,
            &[fixture.deposit()],
            &SendOptions::default(),
            &(),
        )
        .await;
    let expected = ChainError::UnknownAccount {
        address: stranger.address().to_owned(),
        denom: FEE_DENOM.to_owned(),
    };
    assert_eq!(sent, Err(expected));
}

#[tokio::test]
async fn what_a_contract_refuses_is_refused_before_it_is_signed() {
    let fixture = fixture(2).await;
    let close = ExecuteMsg::CloseSession {
        session: hub_types::ids::SessionId(9),
    };
    let close = fixture.hub.tell_escrow(&close, vec![]).unwrap();
    let outcome = fixture
        .hub
        .chain()
        .send(&fixture.wallet, &[close], &SendOptions::default(), &())
        .await
        .unwrap();
    let refusal = refused(outcome);
    assert_eq!((refusal.stage, refusal.hash), (Stage::Simulation, None));
    assert!(refusal.reason.contains("session 9"), "{refusal}");
    assert!(!refusal.reason.contains("execute wasm"), "{refusal}");
}

// --- Nodes that are not believed --------------------------------------------------------------------------------------

#[tokio::test]
async fn a_node_of_another_chain_or_of_the_past_is_not_believed() {
    for (fault, complaint) in [
        (
            Fault::OtherChain,
            "belongs to chain another-9, not to hub-embedded-1",
        ),
        (Fault::CatchingUp, "is still catching up"),
        (Fault::Html, "no JSON-RPC"),
        (Fault::Busy, "is busy (HTTP status 429)"),
        (Fault::CutBody, "does not answer"),
        (Fault::Closed, "does not answer"),
        (
            Fault::Slow(Duration::from_secs(2)),
            "does not answer within 500ms",
        ),
        (Fault::Repeats, "a second one"),
    ] {
        // A single call cannot be answered twice.
        if !matches!(fault, Fault::Repeats) {
            let one = fixture(1).await;
            one.nodes[0].always(fault.clone());
            let error = one.hub.chain().status().await.unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }

        let two = fixture(2).await;
        two.nodes[0].always(fault);
        assert!(
            included(two.send().await.unwrap()).succeeded(),
            "{complaint}"
        );
        assert_eq!(two.deposits().await, 1, "{complaint}");
        let health = two.hub.chain().health();
        let said = health[0].complaint.clone().unwrap_or_default();
        assert!(
            said.contains(complaint),
            "{said:?} instead of {complaint:?}"
        );
        assert_eq!(health[1].complaint, None);
    }
}

#[tokio::test]
async fn a_node_that_lags_is_not_believed_and_one_that_claims_the_future_makes_nobody_late() {
    let fixture = fixture(3).await;
    fixture
        .chain
        .advance_to(hub_chain::unix_now())
        .await
        .unwrap();
    fixture.nodes[0].always(Fault::Lags(40));
    fixture.nodes[1].always(Fault::RunsAhead(1_000_000));
    fixture.hub.chain().status().await.unwrap();
    fixture.hub.chain().status().await.unwrap();
    let health = fixture.hub.chain().health();
    assert!(
        health[0]
            .complaint
            .as_ref()
            .unwrap()
            .contains("behind the others"),
        "{health:?}"
    );
    assert_eq!(health[2].complaint, None);
    let done = included(fixture.send().await.unwrap());
    assert!(done.succeeded());
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn lists_of_calls_may_be_answered_in_any_order_or_one_by_one() {
    for fault in [Fault::OutOfOrder, Fault::NoBatches] {
        let fixture = fixture(1).await;
        fixture.nodes[0].always(fault);
        assert!(included(fixture.send().await.unwrap()).succeeded());
        assert_eq!(fixture.deposits().await, 1);
    }
}

#[tokio::test]
async fn one_node_that_lies_about_a_balance_is_outvoted_and_of_two_none_is_believed() {
    let lie = Fault::Lies(Arc::new(|method, _, mut result| {
        if method == "abci_query" {
            result["response"]["value"] = json!("CgcKBTk5OTk5");
        }
        result
    }));
    let question = [hub_chain::Query::balance("cosmwasm1", MONEY)];
    let three = fixture(3).await;
    three.nodes[0].always(lie.clone());
    let reading = three.hub.chain().agreed(&question).await.unwrap();
    assert_eq!(
        (reading.agreed, reading.answers),
        (2, vec![Ok(b"0".to_vec())])
    );

    let two = fixture(2).await;
    two.nodes[0].always(lie);
    let error = two.hub.chain().agreed(&question).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagreement { .. }), "{error}");
}

// --- Between the broadcast and the block --------------------------------------------------------------------------------

#[tokio::test]
async fn a_transaction_is_kept_before_it_leaves_and_happens_once() {
    let fixture = fixture(1).await;
    let kept = Kept::default();
    let options = SendOptions::default();
    let done = fixture
        .hub
        .chain()
        .send(&fixture.wallet, &[fixture.deposit()], &options, &kept)
        .await
        .unwrap();
    let done = included(done);
    let kept = kept.0.lock().unwrap().clone();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].hash, kept[0].sender.as_str()),
        (done.hash, fixture.wallet.address())
    );
    assert_eq!(kept[0].hash, TxHash::of(&kept[0].bytes));
    assert!(kept[0].after < done.height && done.height <= kept[0].until);
    let again: Flight = serde_json::from_str(&serde_json::to_string(&kept[0]).unwrap()).unwrap();
    assert_eq!(again, kept[0]);
    // Whoever finds it after a crash learns the same.
    assert_eq!(included(fixture.hub.chain().resume(&again).await), done);
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn a_connection_that_closes_after_the_transaction_was_taken_loses_nothing() {
    for fault in [
        Fault::TakenThenClosed,
        Fault::CutBody,
        Fault::Html,
        Fault::Busy,
        Fault::Closed,
    ] {
        let fixture = fixture(1).await;
        fixture.nodes[0].once("broadcast_tx_sync", fault);
        assert!(included(fixture.send().await.unwrap()).succeeded());
        assert_eq!(fixture.deposits().await, 1);
    }
}

#[tokio::test]
async fn a_proxy_that_asks_twice_neither_hides_nor_doubles_a_transaction() {
    // The second copy fails for its sequence: the node says so, though the first one is in a block.
    let fixture = fixture(1).await;
    fixture.nodes[0].once("broadcast_tx_sync", Fault::BroadcastsTwice);
    let done = included(fixture.send().await.unwrap());
    assert!(done.succeeded());
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn a_node_that_swallows_a_transaction_is_found_out_and_another_gets_the_same_bytes() {
    let fixture = fixture(2).await;
    fixture.nodes[0].always(Fault::Swallows);
    let kept = Kept::default();
    let options = SendOptions::default();
    let done = fixture
        .hub
        .chain()
        .send(&fixture.wallet, &[fixture.deposit()], &options, &kept)
        .await
        .unwrap();
    let done = included(done);
    assert_eq!(
        kept.0
            .lock()
            .unwrap()
            .iter()
            .map(|one| one.hash)
            .collect::<Vec<_>>(),
        [done.hash]
    );
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn a_node_that_took_a_transaction_and_says_that_it_refused_it_does_not_double_it() {
    for (code, log) in [
        (13, "insufficient fee"),
        (32, "account sequence mismatch, expected 9, got 0"),
    ] {
        let fixture = fixture(2).await;
        fixture.nodes[0].always(Fault::TakenThenRefused(code, log.to_owned()));
        let done = included(fixture.send().await.unwrap());
        assert!(done.succeeded(), "{done:?}");
        assert_eq!(fixture.deposits().await, 1);
    }
}

#[tokio::test]
async fn what_one_node_refuses_another_may_take_and_what_all_refuse_never_happened() {
    let log = "insufficient fees; got: 1 required: 2: insufficient fee";
    let fixture = fixture(2).await;
    fixture.nodes[0].always(Fault::RefusesTx(13, log.to_owned()));
    assert!(included(fixture.send().await.unwrap()).succeeded());
    fixture.nodes[1].always(Fault::RefusesTx(13, log.to_owned()));
    let refusal = refused(fixture.send().await.unwrap());
    assert_eq!((refusal.stage, refusal.code), (Stage::Broadcast, 13));
    assert!(refusal.hash.is_some());
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn a_node_that_restarts_gets_the_same_bytes_again() {
    let fixture = Arc::new(fixture_of(1, Clock::Stopped).await);
    let sending = tokio::spawn({
        let fixture = fixture.clone();
        async move { fixture.send().await }
    });
    while fixture.nodes[0].calls_of("tx") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // In no block yet, and forgotten.
    assert_eq!(fixture.chain.forget_waiting().await.unwrap(), 1);
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        fixture.chain.advance(1).await.unwrap();
        if sending.is_finished() {
            break;
        }
    }
    assert!(included(sending.await.unwrap().unwrap()).succeeded());
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn what_no_block_holds_yet_is_unknown_and_found_later() {
    let fixture = fixture_of(1, Clock::Stopped).await;
    let flight = unknown(fixture.send().await.unwrap());
    assert_eq!(fixture.deposits().await, 0);
    fixture.chain.advance(1).await.unwrap();
    let done = included(fixture.hub.chain().resume(&flight).await);
    assert_eq!((done.hash, done.succeeded()), (flight.hash, true));
    assert_eq!(fixture.deposits().await, 1);
}

#[tokio::test]
async fn what_ran_out_of_blocks_is_dropped_and_only_then_are_new_bytes_signed() {
    let fixture = fixture_of(1, Clock::Stopped).await;
    let flight = unknown(fixture.send().await.unwrap());
    fixture.chain.forget_waiting().await.unwrap();
    let blocks = flight.until - flight.after;
    // The last block that could hold it is not enough: a node announces a block before it finds what is in it.
    fixture.chain.pass_blocks(blocks + 2).await.unwrap();
    assert_eq!(unknown(fixture.hub.chain().resume(&flight).await), flight);
    fixture.chain.pass_blocks(1).await.unwrap();
    let refusal = refused(fixture.hub.chain().resume(&flight).await);
    assert_eq!(
        (refusal.stage, refusal.hash),
        (Stage::Dropped, Some(flight.hash))
    );
    assert_eq!(fixture.deposits().await, 0);
}

#[tokio::test]
async fn a_node_without_index_and_old_blocks_proves_nothing() {
    let fixture = fixture_of(1, Clock::Stopped).await;
    let flight = unknown(fixture.send().await.unwrap());
    fixture.chain.advance(1).await.unwrap();
    assert_eq!(fixture.deposits().await, 1);
    fixture.chain.pass_blocks(30).await.unwrap();
    // It does not find what happened, and its blocks begin later.
    fixture.nodes[0].always(Fault::NoIndex);
    fixture.nodes[0].always(Fault::Pruned);
    let outcome = fixture.hub.chain().resume(&flight).await;
    let Outcome::Unknown(unknown) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(
        unknown.because.contains("name a node with older blocks"),
        "{}",
        unknown.because
    );
    // With the blocks, the index is not needed.
    fixture.nodes[0].honest();
    fixture.nodes[0].always(Fault::NoIndex);
    assert!(included(fixture.hub.chain().resume(&flight).await).succeeded());
}

#[tokio::test]
async fn the_same_bytes_in_two_blocks_are_told_as_what_the_first_did() {
    let fixture = fixture(1).await;
    let done = included(fixture.send().await.unwrap());
    // An index that was written anew shows the later copy alone, which failed for its sequence.
    fixture.nodes[0].always(Fault::ShowsLastInclusionOnly);
    fixture.chain.pass_blocks(3).await.unwrap();
    let kept = Flight {
        hash: done.hash,
        bytes: vec![],
        sender: fixture.wallet.address().to_owned(),
        sequence: 0,
        after: done.height - 1,
        until: done.height + 20,
    };
    assert_eq!(included(fixture.hub.chain().resume(&kept).await), done);
}

#[tokio::test]
async fn a_node_that_claims_that_it_is_done_is_not_believed_against_two_others() {
    let fixture = fixture_of(3, Clock::Stopped).await;
    for node in &fixture.nodes {
        node.always(Fault::Swallows);
    }
    fixture.nodes[0].always(Fault::ClaimsDone);
    let flight = unknown(fixture.send().await.unwrap());
    assert_eq!(fixture.deposits().await, 0);
    for node in &fixture.nodes[1..] {
        node.honest();
    }
    fixture.nodes[0].honest();
    fixture.nodes[0].always(Fault::ClaimsDone);
    fixture
        .chain
        .pass_blocks(flight.until - flight.after + 3)
        .await
        .unwrap();
    assert_eq!(
        refused(fixture.hub.chain().resume(&flight).await).stage,
        Stage::Dropped
    );
}

#[tokio::test]
async fn another_process_that_takes_the_sequence_makes_it_signed_anew_and_both_happen_once() {
    let fixture = Arc::new(fixture_of(2, Clock::Stopped).await);
    let other = connect(&fixture.chain, &fixture.nodes);
    let kept = Kept::default();
    let sending = tokio::spawn({
        let (fixture, kept) = (fixture.clone(), kept.clone());
        async move {
            let options = SendOptions::default();
            fixture
                .hub
                .chain()
                .send(&fixture.wallet, &[fixture.deposit()], &options, &kept)
                .await
        }
    });
    while fixture.nodes.iter().all(|node| node.calls_of("tx") == 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Swallowed by a crash of the node; meanwhile the same account sends something else.
    fixture.chain.forget_waiting().await.unwrap();
    let wallet = fixture.chain.account("caller", vec![]).await.unwrap();
    let message = fixture.deposit();
    let second = tokio::spawn(async move {
        other
            .chain()
            .send(&wallet, &[message], &SendOptions::default(), &())
            .await
    });
    for _ in 0..150 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        fixture.chain.advance(1).await.unwrap();
        if sending.is_finished() && second.is_finished() {
            break;
        }
    }
    assert!(included(sending.await.unwrap().unwrap()).succeeded());
    assert!(included(second.await.unwrap().unwrap()).succeeded());
    assert_eq!(fixture.deposits().await, 2);
}

#[tokio::test]
async fn fifty_transactions_of_one_account_at_once_all_happen_once() {
    let fixture = Arc::new(fixture(3).await);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let fixture = fixture.clone();
            tokio::spawn(async move { fixture.send().await })
        })
        .collect();
    for task in tasks {
        assert!(included(task.await.unwrap().unwrap()).succeeded());
    }
    assert_eq!(fixture.deposits().await, 50);
}

#[tokio::test]
async fn a_chain_by_the_wall_clock_never_runs_ahead_of_it() {
    let clock = Clock::Wall {
        interval: Duration::from_secs(1),
    };
    let fixture = fixture_of(1, clock).await;
    for _ in 0..5 {
        assert!(included(fixture.send().await.unwrap()).succeeded());
    }
    let status = fixture.hub.chain().status().await.unwrap();
    assert!(status.time <= hub_chain::unix_now(), "{status:?}");
    assert_eq!(fixture.deposits().await, 5);
}

// --- Everything at once ---------------------------------------------------------------------------------------------

/// A generator of numbers that needs no crate: the same numbers for the same seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

/// Deposits through three nodes of which two misbehave, in ways that change from one to the next. In the end each deposit
/// that was reported as done was done once, and each other one not at all.
#[tokio::test]
async fn whatever_two_of_three_nodes_do_nothing_is_lost_and_nothing_happens_twice() {
    let faults = [
        Fault::Busy,
        Fault::Html,
        Fault::CutBody,
        Fault::TakenThenClosed,
        Fault::Closed,
        Fault::OutOfOrder,
        Fault::NoBatches,
        Fault::Swallows,
        Fault::TakenThenRefused(32, "account sequence mismatch, expected 9, got 0".into()),
        Fault::TakenThenRefused(13, "insufficient fee".into()),
        Fault::RefusesTx(32, "account sequence mismatch, expected 9, got 0".into()),
        Fault::BroadcastsTwice,
        Fault::NoIndex,
        Fault::Gas(u64::MAX),
        Fault::Lags(60),
        Fault::CatchingUp,
        Fault::OtherChain,
    ];
    let fixture = fixture(3).await;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut done, mut pending) = (0, vec![]);
    for round in 0..60 {
        let honest = numbers.next(3);
        for (place, node) in fixture.nodes.iter().enumerate() {
            node.honest();
            if place != honest {
                node.always(faults[numbers.next(faults.len())].clone());
            }
        }
        fixture
            .chain
            .advance_to(hub_chain::unix_now())
            .await
            .unwrap();
        match fixture.send().await {
            Ok(Outcome::Included(included)) => {
                assert!(included.succeeded(), "round {round}: {included:?}");
                done += 1;
            }
            Ok(Outcome::Unknown(unknown)) => pending.push(unknown.flight),
            Ok(Outcome::Refused(refusal)) => {
                assert_ne!(refusal.stage, Stage::Dropped, "round {round}: {refusal}")
            }
            // Such as two nodes that do not agree about the sequence: nothing left.
            Err(_) => {}
        }
    }
    for node in &fixture.nodes {
        node.honest();
    }
    for flight in pending {
        fixture.chain.pass_blocks(30).await.unwrap();
        if let Outcome::Included(included) = fixture.hub.chain().resume(&flight).await {
            assert!(included.succeeded());
            done += 1;
        }
    }
    assert_eq!(fixture.deposits().await, done);
    assert!(done >= 20, "only {done} of 60 deposits got through");
}
