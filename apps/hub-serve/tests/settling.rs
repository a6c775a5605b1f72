//! Follower and settler over the real contracts, through nodes that lie: what was earned is paid, once, whatever happens.

#[path = "settling/soak.rs"]
mod soak;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use hub_chain::embedded::{Clock, Embedded, EmbeddedOptions};
use hub_chain::testing::{Fault, StandIn};
use hub_chain::{Chain, Hub};
use hub_ledger::{Admission, Authorized, Identity, Ledger, Limits, Refusal, Saved, Work};
use hub_serve::books::{Books, Memory};
use hub_serve::follower::{Follower, FollowerOptions};
use hub_serve::settler::{Settler, SettlerOptions, Tools};
use hub_testing::{rates, signing_key, Attester, KeyType, NewModel};
use hub_types::escrow::{ExecuteMsg, NewCeiling, VoucherKey};
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_wire::{sha256, Call, SigningKey, Units};
use tokio_util::sync::CancellationToken;

/// What a call costs.
const PRICE: u128 = 1_000;

struct World {
    chain: Embedded,
    nodes: Vec<StandIn>,
    hub: Hub,
    time: Arc<AtomicU64>,
    books: Arc<Books>,
    follower: Follower,
    settler: Settler,
    attester: Attester,
    model: ModelId,
    calls: u64,
}

fn voucher_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 77)
}

fn limits() -> Limits {
    Limits {
        settle_at_receipts: 20,
        settle_after_seconds: 900,
        resend_after_seconds: 5,
        retry_after_seconds: 2,
        confirm_blocks: 1,
        ..Limits::default()
    }
}

impl World {
    async fn new(nodes: usize) -> Self {
        Self::with(nodes, limits(), 100_000_000).await
    }

    async fn with(nodes: usize, limits: Limits, block_gas: u64) -> Self {
        let options = EmbeddedOptions {
            clock: Clock::ByHand,
            start_time: Some(hub_chain::unix_now()),
            block_gas,
            ..EmbeddedOptions::default()
        };
        let chain = Embedded::start(options).unwrap();
        let (attester, model) = chain
            .with(|hub| {
                let (author, operator) = (hub.account("author"), hub.account("operator"));
                let money = hub.money_native();
                let new = NewModel::named("forecast")
                    .price(&money, rates(PRICE, 0, 0))
                    .release([7; 32]);
                let model = hub.register_model(&author, new);
                let opt_in = ExecuteMsg::SetAutoPayout {
                    denom: money.unchecked(),
                    on: true,
                };
                hub.escrow(&author, opt_in).unwrap();
                (hub.register_attester(&operator, KeyType::Ed25519, 1), model)
            })
            .await
            .unwrap();
        let mut stand_ins = vec![];
        for _ in 0..nodes {
            stand_ins.push(StandIn::start(&chain).await);
        }
        let profile = chain.profile();
        let mut settings = profile.settings().unwrap();
        settings.poll = Duration::from_millis(5);
        settings.confirm_timeout = Duration::from_millis(600);
        settings.request_timeout = Duration::from_millis(500);
        settings.cool_down = Duration::from_millis(1);
        let urls: Vec<String> = stand_ins.iter().map(StandIn::url).collect();
        let hub = profile.over(Chain::connect(settings, &urls).unwrap());

        let identity = Identity {
            chain_id: hub.chain().chain_id().to_owned(),
            billing: hub_chain::canonical(hub.billing()).unwrap(),
            attester: attester.id,
            key: attester.key.public_key(),
            receipt_max_age_seconds: hub.check().await.unwrap().receipt_max_age_seconds,
        };
        let ledger = Ledger::load(identity, limits, Saved::default()).unwrap();
        let books = Arc::new(Books::new(ledger.value, Arc::new(Memory::default())));
        let time = Arc::new(AtomicU64::new(0));
        let (follower, settler) = tasks(&chain, &hub, &books, &time, &attester).await;
        follower.watch_model(model, ReleaseNumber(1));
        let world = Self {
            chain,
            nodes: stand_ins,
            hub,
            time,
            books,
            follower,
            settler,
            attester,
            model,
            calls: 0,
        };
        world.follow().await;
        world
    }

    /// Sets the clock to the chain's, and lets the follower look.
    async fn follow(&self) {
        let now = self.chain.with(|hub| hub.now()).await.unwrap();
        self.time.store(now, Ordering::SeqCst);
        self.follower.step().await.unwrap();
    }

    fn now(&self) -> u64 {
        self.time.load(Ordering::SeqCst)
    }

    async fn session(&self, budget: u128) -> SessionId {
        self.session_until(budget, 86_400).await
    }

    async fn session_until(&self, budget: u128, lasts: u64) -> SessionId {
        let session = self
            .chain
            .with(move |hub| {
                let (caller, operator) = (hub.account("caller"), hub.account("operator"));
                let money = hub.money_native();
                let expires_at = hub.now() + lasts;
                hub.open_session(&caller, &operator, &money, budget, |mut session| {
                    let key = voucher_key().public_key();
                    session.expires_at = expires_at;
                    session.ceiling = Some(NewCeiling {
                        key: Some(VoucherKey {
                            key_type: KeyType::Ed25519,
                            key: key.as_bytes().into(),
                        }),
                    });
                    session
                })
            })
            .await
            .unwrap();
        self.chain.advance(1).await.unwrap();
        self.follow().await;
        assert!(self.follower.want_session(session).await);
        session
    }

    /// One call of the model, paid by a voucher up to `ceiling`.
    async fn call(&mut self, session: SessionId, ceiling: u128) -> Result<(), Refusal> {
        self.calls += 1;
        let mut request_id = [0; 16];
        request_id[..8].copy_from_slice(&self.calls.to_be_bytes());
        let now = self.now();
        let call = Call {
            attester: self.attester.id,
            session,
            model: self.model,
            request_id,
            expires_at: now + 60,
            request_hash: sha256(&[b"request"]),
        };
        let work = Work {
            model: self.model,
            release: ReleaseNumber(1),
            units: Units::new(30, 1),
        };
        let voucher = self
            .chain
            .with(move |hub| hub.voucher(&voucher_key(), session, ceiling))
            .await
            .unwrap();
        let voucher = self
            .books
            .read(|ledger| ledger.verifier(session))?
            .voucher(&voucher.encode())?;
        let admitted = self.books.change(|ledger| {
            ledger.reserve(&Authorized::otherwise(call), &work, Some(voucher), now)
        })?;
        let Admission::Reserved(reservation) = admitted else {
            panic!("{admitted:?}");
        };
        self.books.change(|ledger| ledger.start(reservation, now))?;
        let ended = self.books.begin(|ledger| {
            ledger.complete(
                reservation,
                Units::new(30, 1),
                sha256(&[b"response"]),
                vec![1],
                now,
            )
        });
        ended.unwrap().wait().await.unwrap();
        Ok(())
    }

    async fn calls(&mut self, session: SessionId, count: u64) {
        for _ in 0..count {
            self.call(session, u128::MAX / 2).await.unwrap();
        }
    }

    /// What the author's wallet, outside the escrow, holds.
    async fn wallet(&self) -> u128 {
        let wallet = self.chain.with(|hub| {
            let author = hub.account("author");
            hub.wallet(&author, &hub.money_native())
        });
        wallet.await.unwrap()
    }

    async fn earned(&self) -> u128 {
        let earned = self
            .chain
            .with(|hub| hub.ledger().get("author earned uusdc"));
        earned.await.unwrap()
    }

    fn unsettled(&self) -> u64 {
        self.books
            .read(|ledger| ledger.health(hub_chain::unix_now()).unsettled)
    }

    /// Rounds of settler and follower, with time between them, until nothing is unsettled.
    async fn settle(&self, rounds: u32) {
        for _ in 0..rounds {
            let _ = self.settler.round(true).await;
            self.chain.advance(3).await.unwrap();
            let now = self.chain.with(|hub| hub.now()).await.unwrap();
            self.time.store(now, Ordering::SeqCst);
            let _ = self.follower.step().await;
            if self.unsettled() == 0 {
                // A second block has to show it before it is archived.
                self.chain.advance(3).await.unwrap();
                let _ = self.follower.step().await;
                return;
            }
        }
        let health = self
            .books
            .read(|ledger| ledger.health(hub_chain::unix_now()));
        panic!(
            "still unsettled: {health:?}, {:?}, {:?}",
            self.settler.counts(),
            self.settler.trouble()
        );
    }

    /// Another process with what the store kept: here the books themselves, and none of the rest.
    async fn restart(&mut self) {
        let (follower, settler) = tasks(
            &self.chain,
            &self.hub,
            &self.books,
            &self.time,
            &self.attester,
        )
        .await;
        follower.watch_model(self.model, ReleaseNumber(1));
        (self.follower, self.settler) = (follower, settler);
    }
}

async fn tasks(
    chain: &Embedded,
    hub: &Hub,
    books: &Arc<Books>,
    time: &Arc<AtomicU64>,
    attester: &Attester,
) -> (Follower, Settler) {
    let clock: hub_serve::app::Clock = {
        let time = time.clone();
        Arc::new(move || time.load(Ordering::SeqCst))
    };
    let follower = Follower::new(
        hub.clone(),
        books.clone(),
        clock.clone(),
        FollowerOptions::default(),
    );
    let payees = follower.clone();
    let tools = Tools {
        hub: hub.clone(),
        wallet: chain.account("submitter", vec![]).await.unwrap(),
        key: attester.key.clone(),
        books: books.clone(),
        payees: Arc::new(move || payees.payees()),
        clock,
    };
    let options = SettlerOptions {
        poll: Duration::from_millis(10),
        ..SettlerOptions::default()
    };
    (follower, Settler::new(tools, options))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_is_paid_into_the_wallet_in_the_transaction_that_settles() {
    let mut world = World::new(3).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 19).await;
    world.settler.round(false).await.unwrap();
    assert_eq!(world.earned().await, 0, "nothing is due yet");
    world.calls(session, 1).await;
    world.settler.round(false).await.unwrap();
    assert_eq!(
        (world.earned().await, world.wallet().await),
        (20 * PRICE, 20 * PRICE)
    );
    // The transaction's answer archives nothing: the lanes do, once two blocks show them.
    world.settle(3).await;
    assert_eq!(
        world.settler.counts().get("included"),
        Some(&1),
        "{:?}",
        world.settler.counts()
    );
    assert_eq!(
        world
            .books
            .read(|ledger| ledger.health(hub_chain::unix_now()).batches),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_one_of_three_nodes_does_everything_is_paid_once() {
    for fault in [
        Fault::Busy,
        Fault::Html,
        Fault::CutBody,
        Fault::TakenThenClosed,
        Fault::Swallows,
        Fault::BroadcastsTwice,
        Fault::TakenThenRefused(32, "account sequence mismatch, expected 9, got 0".into()),
        Fault::NoIndex,
        Fault::ClaimsDone,
        Fault::Gas(u64::MAX),
        Fault::OtherChain,
        Fault::OutOfOrder,
        Fault::Repeats,
        Fault::NoBatches,
        // One block behind: it knows no session that was just opened, and no lane that just moved.
        Fault::Lies(Arc::new(|method, params, mut result| {
            let smart = params["path"] == "/cosmwasm.wasm.v1.Query/SmartContractState";
            if method == "abci_query" && smart {
                result["response"]["code"] = 9.into();
                result["response"]["codespace"] = "wasm".into();
                result["response"]["log"] =
                    "session 1 is unknown: query wasm contract failed".into();
            }
            result
        })),
    ] {
        let mut world = World::new(3).await;
        let session = world.session(100 * PRICE).await;
        world.calls(session, 30).await;
        world.nodes[0].always(fault);
        world.settle(12).await;
        assert_eq!(
            (world.earned().await, world.wallet().await),
            (30 * PRICE, 30 * PRICE)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_broadcast_and_answer_pays_once() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 30).await;
    // The node takes the transaction, and nothing is heard of it until the process ends.
    world.nodes[0].once("broadcast_tx_sync", Fault::TakenThenClosed);
    world.nodes[0].always(Fault::NoIndex);
    let _ = world.settler.round(true).await;
    assert_eq!(
        world.settler.counts().get("unknown"),
        Some(&1),
        "{:?}",
        world.settler.counts()
    );
    assert_eq!(world.earned().await, 30 * PRICE);
    world.restart().await;
    world.nodes[0].honest();
    world.settle(6).await;
    assert_eq!(world.earned().await, 30 * PRICE);
    assert_eq!(
        world.settler.counts().get("included"),
        None,
        "nothing had to be sent again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_no_block_takes_is_split() {
    // A batch of 200 needs more gas than a block has; each half of it does not.
    let limits = Limits {
        settle_at_receipts: 200,
        ..limits()
    };
    let mut world = World::with(1, limits, 100_000_000).await;
    let session = world.session(1_000 * PRICE).await;
    world.calls(session, 200).await;
    let once = Arc::new(AtomicU64::new(0));
    let seen = once.clone();
    world.nodes[0].always(Fault::Lies(Arc::new(move |method, params, mut result| {
        let simulated = params["path"] == "/cosmos.tx.v1beta1.Service/Simulate";
        if method == "abci_query" && simulated && seen.fetch_add(1, Ordering::SeqCst) == 0 {
            result["response"]["code"] = 11.into();
            result["response"]["codespace"] = "sdk".into();
            result["response"]["log"] =
                "out of gas in location: ReadFlat; gas of the block: out of gas".into();
        }
        result
    })));
    world.settle(12).await;
    let counts = world.settler.counts();
    assert_eq!(counts.get("too_large"), Some(&1), "{counts:?}");
    assert!(
        counts.get("included").is_some_and(|count| *count >= 2),
        "{counts:?}"
    );
    assert_eq!(world.earned().await, 200 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_in_the_middle_is_seen_at_the_next_block_and_what_was_done_before_is_paid() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 5).await;
    world
        .chain
        .with(move |hub| {
            let caller = hub.account("caller");
            hub.escrow(&caller, ExecuteMsg::CloseSession { session })
                .unwrap();
        })
        .await
        .unwrap();
    world.chain.advance(5).await.unwrap();
    world.follow().await;
    let refused = world.call(session, u128::MAX / 2).await;
    for _ in 0..12 {
        world.chain.advance(5).await.unwrap();
        world.follow().await;
    }
    let later = world.call(session, u128::MAX / 2).await.unwrap_err();
    assert!(matches!(later, Refusal::SessionEnded { .. }), "{later:?}");
    // The end of the session makes what waits due, whatever its number.
    world.settler.round(false).await.unwrap();
    let paid = if refused.is_ok() { 6 } else { 5 };
    assert_eq!(world.earned().await, paid * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_of_25_hours_leaves_no_receipt_behind_and_stops_nothing_after_it() {
    let mut world = World::new(1).await;
    let session = world.session_until(100 * PRICE, 10 * 86_400).await;
    world.calls(session, 5).await;
    world.chain.advance(25 * 3_600).await.unwrap();
    world.follow().await;
    world.chain.advance(5).await.unwrap();
    world.follow().await;
    // The contracts here refuse receipts of more than a day: those are consumed, and said to be.
    for _ in 0..6 {
        let _ = world.settler.round(true).await;
        world.chain.advance(5).await.unwrap();
        world.follow().await;
    }
    assert_eq!((world.unsettled(), world.earned().await), (0, 0));
    world.calls(session, 3).await;
    world.settle(6).await;
    assert_eq!(world.earned().await, 3 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_are_set_again_are_followed_and_calls_under_both_are_paid() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 5).await;
    let model = world.model;
    world
        .chain
        .with(move |hub| {
            let author = hub.account("author");
            let terms = hub_testing::terms(
                &hub.money_native(),
                rates(PRICE, 0, 0),
                0,
                &[(&author, 10_000)],
            );
            hub.set_terms(&author, model, terms);
        })
        .await
        .unwrap();
    for _ in 0..30 {
        world.chain.advance(5).await.unwrap();
        world.follow().await;
    }
    world.calls(session, 5).await;
    world.settle(6).await;
    assert_eq!(world.earned().await, 10 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_above_the_bound_are_not_paid_and_receipts_wait() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 30).await;
    world.nodes[0].always(Fault::Gas(u64::MAX));
    let error = world.settler.round(true).await.unwrap_err();
    assert!(error.to_string().contains("max_fee"), "{error}");
    assert_eq!(world.settler.counts().get("fee_too_high"), Some(&1));
    assert_eq!((world.unsettled(), world.earned().await), (30, 0));
    world.nodes[0].honest();
    world.settle(6).await;
    assert_eq!(world.earned().await, 30 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_falls_silent_is_said_to_and_calls_stop_until_it_speaks() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.nodes[0].always(Fault::Closed);
    assert!(world.follower.step().await.is_err());
    assert!(world
        .follower
        .trouble()
        .unwrap()
        .contains("does not answer"));
    world.time.fetch_add(21, Ordering::SeqCst);
    let refusal = world.call(session, u128::MAX / 2).await.unwrap_err();
    assert!(matches!(refusal, Refusal::StaleBlock { .. }), "{refusal:?}");
    world.nodes[0].honest();
    world.chain.advance(21).await.unwrap();
    world.follow().await;
    assert_eq!(world.follower.trouble(), None);
    world.call(session, u128::MAX / 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_settles_what_waits() {
    let mut world = World::new(1).await;
    let session = world.session(100 * PRICE).await;
    world.calls(session, 7).await;
    let stop = CancellationToken::new();
    let (supervised, running) = world.settler.run(stop.clone());
    let running = tokio::spawn(running);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(world.earned().await, 0, "nothing is due");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (world.earned().await, supervised.failures()),
        (7 * PRICE, 0)
    );
}
