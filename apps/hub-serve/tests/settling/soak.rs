//! The process dies at random points, thousands of times, while nodes lie: what it owes and is owed stays right.
//!
//! Most lives end in this process: at a write of the books, before or after its commit, or in the middle of a transaction. Some are
//! processes of their own that get a real SIGKILL. All of them share one folder of books and one chain.
//!
//! `HUB_KILLS` lives (default: 40), of which every 20th is a process; `HUB_SEED` repeats a run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use hub_chain::testing::Fault;
use hub_ledger::{
    Admission, Authorized, BatchId, Block, Fact, Kept, Ledger, NewBatch, Observation, Receipts,
    Record, Refusal, Saved, Serial, Work,
};
use hub_serve::ledger::{Answered, Done, Located, Progress, SharedLedger, Store};
use hub_serve::sqlite::Sqlite;
use hub_testing::{signing_key, KeyType};
use hub_types::billing;
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{self, ReleaseResponse, TermsListResponse};
use hub_wire::{sha256, Batch, Call, SignedVoucher, SigningKey, Units};
use serde_json::Value;

use super::{limits, tasks, voucher_key, Fixture, PRICE};

const FOLDER: &str = "HUB_SOAK_FOLDER";

/// Xorshift64.
struct Rng(u64);

impl Rng {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn id(&mut self) -> [u8; 16] {
        let (first, second) = (self.roll(u64::MAX), self.roll(u64::MAX));
        (u128::from(first) << 64 | u128::from(second)).to_be_bytes()
    }
}

/// What is known for good, whatever dies.
#[derive(Default)]
struct Witness {
    /// What every number was signed for, in batches that were committed.
    numbers: BTreeMap<(SessionId, u64), Serial>,
    /// The newest batch whose numbers are among them.
    last_batch: BatchId,
    /// Batches that reached a node.
    sent: BTreeSet<Vec<u8>>,
}

impl Witness {
    fn signed(&mut self, id: BatchId, bytes: &[u8], serials: &[Serial]) {
        let batch = Batch::decode(bytes).unwrap();
        let numbers = batch
            .groups
            .iter()
            .flat_map(|group| (group.sequence..group.end()).map(|number| (group.session, number)));
        for (number, serial) in numbers.zip(serials) {
            let first = *self.numbers.entry(number).or_insert(*serial);
            assert_eq!(
                first, *serial,
                "number {number:?} was signed for two contents"
            );
        }
        self.last_batch = self.last_batch.max(id);
    }
}

/// A store that dies with its process: at a write, before or after the commit.
struct Mortal {
    store: Sqlite,
    dead: Arc<AtomicBool>,
    /// Writes until it dies.
    left: AtomicU64,
    /// Whether the last write reaches the disk.
    commits: bool,
    witness: Arc<Mutex<Witness>>,
}

impl Store for Mortal {
    fn write(&self, records: Vec<Record>, done: Done) {
        // A dead process tells nobody anything: `done` is dropped.
        if self.dead.load(Ordering::SeqCst) {
            return;
        }
        let last = self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        if last {
            self.dead.store(true, Ordering::SeqCst);
            if !self.commits {
                return;
            }
        }
        let batches: Vec<Box<NewBatch>> = records
            .iter()
            .filter_map(|record| match record {
                Record::Batch(new) => Some(new.clone()),
                _ => None,
            })
            .collect();
        let (witness, dead) = (self.witness.clone(), self.dead.clone());
        self.store.write(
            records,
            Box::new(move |result| {
                result.as_ref().expect("a disk");
                for new in batches {
                    let serials: Vec<Serial> =
                        new.receipts.iter().map(|(serial, _)| *serial).collect();
                    witness.lock().unwrap().signed(new.id, &new.bytes, &serials);
                }
                if !last && !dead.load(Ordering::SeqCst) {
                    done(result);
                }
            }),
        );
    }

    fn answer(&self, serial: Serial) -> Result<Option<Answered>, String> {
        self.store.answer(serial)
    }

    fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String> {
        self.store.find(request_id)
    }
}

impl Receipts for Mortal {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, String> {
        self.store.waiting(session, limit)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, Kept)>, String> {
        self.store.of_batch(batch)
    }
}

/// What the chain shows, read without a node.
async fn look(fixture: &Fixture, session: SessionId) -> Observation {
    let (model, attester) = (fixture.model, fixture.attester.id);
    let seen = fixture.chain.with(move |hub| {
        let release = ReleaseNumber(1);
        let release: ReleaseResponse = hub
            .query_registry(registry::QueryMsg::Release { model, release })
            .unwrap();
        let terms: TermsListResponse = hub
            .query_registry(registry::QueryMsg::TermsAt { model, time: None })
            .unwrap();
        let own = hub
            .query_billing(billing::QueryMsg::Attester { attester })
            .unwrap();
        let mut facts = vec![
            Fact::Session(Box::new(hub.session(session))),
            Fact::Model(Box::new(hub.model(model))),
            Fact::Release(Box::new(release)),
            Fact::Attester(Box::new(own)),
        ];
        facts.extend(
            terms
                .terms
                .into_iter()
                .map(|one| Fact::Terms(Box::new(one))),
        );
        let block = hub.app.block_info();
        let block = Block {
            height: block.height,
            time: block.time.seconds(),
        };
        Observation { block, facts }
    });
    seen.await.unwrap()
}

/// One call, paid by a voucher without an end. None if the process died before the answer.
async fn call(
    ledger: &SharedLedger,
    voucher: &SignedVoucher,
    model: ModelId,
    request_id: [u8; 16],
    now: u64,
) -> Option<()> {
    let session = voucher.voucher.session;
    let request = Call {
        attester: ledger.read(|ledger| ledger.identity().attester),
        session,
        model,
        request_id,
        expires_at: now + 60,
        request_hash: sha256(&[b"request"]),
    };
    let work = Work {
        model,
        release: ReleaseNumber(1),
        units: Units::new(30, 1),
    };
    let verifier = ledger.read(|ledger| ledger.verifier(session)).unwrap();
    let voucher = verifier.voucher(&voucher.encode()).unwrap();
    let admitted = ledger.change(|ledger| {
        ledger.reserve(&Authorized::otherwise(request), &work, Some(voucher), now)
    });
    let reservation = match admitted {
        Ok(Admission::Reserved(reservation)) => reservation,
        // It is on disk: the process died between the commit and the answer, and gives it now.
        Ok(Admission::Answered { serial }) => {
            return ledger.answer(serial).await.unwrap().map(|_| ());
        }
        Err(Refusal::Running) => return None,
        Err(refusal) => panic!("{refusal}"),
    };
    ledger
        .change(|ledger| ledger.start(reservation, now))
        .unwrap();
    let units = Units::new(30, 1);
    let ended = ledger
        .begin(|ledger| ledger.complete(reservation, units, sha256(&[b"response"]), vec![1], now));
    ended.unwrap().wait().await.ok().map(|_| ())
}

/// What a process of its own is given.
struct Given {
    ledger: Arc<SharedLedger>,
    voucher: SignedVoucher,
    model: ModelId,
    seed: u64,
    now: u64,
}

impl Given {
    /// Opens the books in the folder that the environment names; none if this is no such process.
    async fn open() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        let text = std::fs::read(folder.join("facts.json")).unwrap();
        let given: Value = serde_json::from_slice(&text).unwrap();
        let fact = |name: &str| given[name].clone();
        let model: registry::ModelResponse = serde_json::from_value(fact("model")).unwrap();
        let id = model.model;
        let observation = Observation {
            block: Block {
                height: given["height"].as_u64().unwrap(),
                time: given["time"].as_u64().unwrap(),
            },
            facts: vec![
                Fact::Session(serde_json::from_value(fact("session")).unwrap()),
                Fact::Terms(serde_json::from_value(fact("terms")).unwrap()),
                Fact::Release(serde_json::from_value(fact("release")).unwrap()),
                Fact::Attester(serde_json::from_value(fact("attester")).unwrap()),
                Fact::Model(Box::new(model)),
            ],
        };
        let voucher: Vec<u8> = serde_json::from_value(fact("voucher")).unwrap();
        let now = observation.block.time;
        let (store, saved) = Sqlite::open(&folder).unwrap();
        let identity = saved.identity.clone().unwrap();
        let ledger = Ledger::load(identity, limits(), saved).unwrap();
        let ledger = Arc::new(SharedLedger::new(ledger.value, Arc::new(store)));
        let seen = ledger.begin(|ledger| Ok::<_, ()>(ledger.observe(&observation, now)));
        let seen = seen.unwrap().wait().await;
        seen.unwrap();
        println!("\nready");
        Some(Self {
            ledger,
            voucher: SignedVoucher::decode(&voucher).unwrap(),
            model: id,
            seed: given["seed"].as_u64().unwrap(),
            now,
        })
    }

    /// One call, said before and after. Whether it was answered.
    async fn call(&self, request_id: [u8; 16]) -> bool {
        println!("asked {}", hex::encode(request_id));
        let answered = call(
            &self.ledger,
            &self.voucher,
            self.model,
            request_id,
            self.now,
        )
        .await;
        if answered.is_some() {
            println!("answered {}", hex::encode(request_id));
        }
        answered.is_some()
    }
}

/// Not a test: the process that others kill. It calls and signs until it dies.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the tests below"]
async fn worker() {
    let Some(given) = Given::open().await else {
        return;
    };
    let given = Arc::new(given);
    for caller in 0..3 {
        let given = given.clone();
        let mut rng = Rng::with_seed(given.seed + caller);
        tokio::spawn(async move {
            while given.call(rng.u128(..).to_be_bytes()).await {}
            std::process::abort();
        });
    }
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        given.ledger.sign(&attester_key(), given.now).await.unwrap();
    }
}

/// Not a test: a process whose files cannot grow beyond some size. It calls until a call fails.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the tests below"]
async fn filler() {
    let Some(given) = Given::open().await else {
        return;
    };
    let mut rng = Rng::with_seed(given.seed);
    while given.call(rng.u128(..).to_be_bytes()).await {}
    assert!(
        !given.call(rng.u128(..).to_be_bytes()).await,
        "nothing is answered after a failure"
    );
    println!("full {}", given.ledger.failure().unwrap());
}

/// That of [`Fixture`].
fn attester_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 1)
}

/// Everything that outlives a process.
struct Soak {
    fixture: Fixture,
    folder: tempfile::TempDir,
    rng: Rng,
    session: SessionId,
    voucher: SignedVoucher,
    witness: Arc<Mutex<Witness>>,
    /// Request ids that callers have answers to.
    answered: BTreeSet<[u8; 16]>,
    /// Those that they asked and never heard of.
    lost: BTreeSet<[u8; 16]>,
    deaths: BTreeMap<&'static str, u64>,
}

impl Soak {
    async fn new(seed: u64) -> Self {
        let fixture = Fixture::new(3).await;
        let session = fixture.session_until(u128::from(u64::MAX), 1_000_000).await;
        let ceiling = u128::from(u64::MAX);
        let voucher = fixture
            .chain
            .with(move |hub| hub.voucher(&voucher_key(), session, ceiling));
        let voucher = voucher.await.unwrap();
        Self {
            fixture,
            folder: tempfile::tempdir().unwrap(),
            rng: Rng::with_seed(seed),
            session,
            voucher,
            witness: Arc::default(),
            answered: BTreeSet::new(),
            lost: BTreeSet::new(),
            deaths: BTreeMap::new(),
        }
    }

    /// The books, once the last process has let them go.
    fn open_file(&self) -> (Sqlite, Saved) {
        for _ in 0..1_000 {
            match Sqlite::open(self.folder.path()) {
                Err(reason) if reason.contains("another process") => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                opened => return opened.unwrap(),
            }
        }
        panic!("a dead process holds the books");
    }

    /// Another process opens the books. It dies at its `writes`-th write.
    fn open(&self, writes: u64, commits: bool) -> (Arc<SharedLedger>, Arc<AtomicBool>) {
        let (store, saved) = self.open_file();
        // What a process signed that told nobody.
        for batch in &saved.batches {
            let mut witness = self.witness.lock().unwrap();
            if batch.id > witness.last_batch {
                let kept = store.of_batch(batch.id).unwrap();
                let serials: Vec<Serial> = kept.iter().map(|(_, kept)| kept.serial).collect();
                assert_eq!(
                    serials.len(),
                    batch.amounts.len(),
                    "nobody settled them yet"
                );
                witness.signed(batch.id, &batch.bytes, &serials);
            }
        }
        let identity = self.fixture.ledger.read(|ledger| ledger.identity().clone());
        let opened = Ledger::load(identity, limits(), saved).unwrap();
        let dead = Arc::new(AtomicBool::new(false));
        let store = Mortal {
            store,
            dead: dead.clone(),
            left: AtomicU64::new(writes),
            commits,
            witness: self.witness.clone(),
        };
        if !opened.records.is_empty() {
            store.write(opened.records, Box::new(|_| ()));
        }
        (
            Arc::new(SharedLedger::new(opened.value, Arc::new(store))),
            dead,
        )
    }

    async fn observe(&self, ledger: &SharedLedger) {
        let observation = look(&self.fixture, self.session).await;
        let now = observation.block.time;
        self.fixture.time.store(now, Ordering::SeqCst);
        let _ = ledger.begin(|ledger| Ok::<_, ()>(ledger.observe(&observation, now)));
    }

    /// A few calls, those first that callers never heard of. Whether all were answered.
    async fn calls(&mut self, ledger: &SharedLedger, most: u64) -> bool {
        let now = self.fixture.now();
        let mut ids: Vec<[u8; 16]> = self.lost.iter().copied().take(3).collect();
        ids.extend((0..=self.rng.u64(..most)).map(|_| self.rng.u128(..).to_be_bytes()));
        for id in ids {
            self.lost.insert(id);
            if call(ledger, &self.voucher, self.fixture.model, id, now)
                .await
                .is_none()
            {
                return false;
            }
            self.lost.remove(&id);
            self.answered.insert(id);
        }
        true
    }

    /// Nodes answer truly, and it is noted what they are sent.
    fn nodes_are_honest(&self) {
        for node in &self.fixture.nodes {
            node.honest();
            let witness = self.witness.clone();
            node.always(Fault::Lies(Arc::new(move |method, params, result| {
                if method == "broadcast_tx_sync" {
                    let tx = BASE64_STANDARD.decode(params["tx"].as_str().unwrap_or_default());
                    witness
                        .lock()
                        .unwrap()
                        .sent
                        .extend(batch_in(&tx.unwrap_or_default()));
                }
                result
            })));
        }
    }

    /// Nodes do something wrong: one whatever it likes, the others what any node may.
    fn nodes_misbehave(&mut self) {
        let anything = |kind| match kind {
            0 => Fault::Lags(3),
            1 => Fault::Lies(Arc::new(lanes_ahead)),
            2 => Fault::TakenThenClosed,
            3 => Fault::Swallows,
            4 => Fault::BroadcastsTwice,
            5 => Fault::OutOfOrder,
            6 => Fault::Repeats,
            7 => Fault::NoIndex,
            8 => Fault::ClaimsDone,
            9 => Fault::ShowsLastInclusionOnly,
            10 => Fault::Gas(u64::MAX),
            11 => Fault::OtherChain,
            12 => Fault::RunsAhead(100),
            13 => Fault::CutBody,
            _ => Fault::TakenThenRefused(32, "account sequence mismatch, expected 9, got 0".into()),
        };
        self.nodes_are_honest();
        if self.rng.u64(..4) > 0 {
            let (liar, kind) = (self.rng.u64(..3), self.rng.u64(..15));
            self.fixture.nodes[usize::try_from(liar).unwrap()].always(anything(kind));
        }
    }

    /// Calls alone, until a write kills the process.
    async fn short_life(&mut self) {
        let (writes, commits) = (1 + self.rng.u64(..12), self.rng.u64(..2) == 0);
        let (ledger, dead) = self.open(writes, commits);
        self.observe(&ledger).await;
        while !dead.load(Ordering::SeqCst) {
            if !self.calls(&ledger, 4).await {
                break;
            }
            if self.rng.u64(..6) == 0 {
                let _ = ledger
                    .sign(&self.fixture.attester.key, self.fixture.now())
                    .await;
            }
        }
        *self
            .deaths
            .entry(if commits {
                "after a commit"
            } else {
                "before a commit"
            })
            .or_default() += 1;
    }

    /// Calls, and settling over nodes that misbehave, until a write or a moment kills the process.
    async fn settling_life(&mut self) {
        let (writes, commits) = (1 + self.rng.u64(..40), self.rng.u64(..2) == 0);
        let (ledger, dead) = self.open(writes, commits);
        self.observe(&ledger).await;
        self.nodes_misbehave();
        self.calls(&ledger, 8).await;
        let Fixture {
            chain,
            hub,
            time,
            attester,
            ..
        } = &self.fixture;
        let (follower, settler) = tasks(chain, hub, &ledger, time, attester).await;
        follower.watch_model(self.fixture.model, ReleaseNumber(1));
        let moment = Duration::from_micros(self.rng.u64(..400_000));
        let round = async {
            let _ = settler.round(true).await;
            chain.advance(3).await.unwrap();
            let now = chain.with(|hub| hub.now()).await.unwrap();
            time.store(now, Ordering::SeqCst);
            let _ = follower.step().await;
        };
        let in_time = tokio::time::timeout(moment, round).await.is_ok();
        let how = match (in_time, dead.load(Ordering::SeqCst)) {
            (_, true) => "in a write while settling",
            (false, false) => "in the middle of settling",
            (true, false) => "after settling",
        };
        *self.deaths.entry(how).or_default() += 1;
        dead.store(true, Ordering::SeqCst);
    }

    /// Starts a process of its own with the books. It runs this test once it says that it is ready.
    async fn start(&mut self, test: &str, shell: &str) -> (Child, impl Iterator<Item = String>) {
        // Whoever had the books before has closed them, and what is done with is archived.
        let (ledger, _) = self.open(u64::MAX, true);
        self.observe(&ledger).await;
        drop(ledger);
        let seen = look(&self.fixture, self.session).await;
        let mut given = serde_json::json!({
            "height": seen.block.height, "time": seen.block.time, "seed": self.rng.u64(..1 << 40),
            "voucher": self.voucher.encode(),
        });
        for fact in seen.facts {
            match fact {
                Fact::Session(one) => given["session"] = serde_json::to_value(one).unwrap(),
                Fact::Model(one) => given["model"] = serde_json::to_value(one).unwrap(),
                Fact::Release(one) => given["release"] = serde_json::to_value(one).unwrap(),
                Fact::Attester(one) => given["attester"] = serde_json::to_value(one).unwrap(),
                Fact::Terms(one) => given["terms"] = serde_json::to_value(one).unwrap(),
            }
        }
        std::fs::write(self.folder.path().join("facts.json"), given.to_string()).unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args([test, "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut output = output.lines().map_while(Result::ok);
        assert!(
            output.any(|line| line == "ready"),
            "the process opens the books"
        );
        (child, output)
    }

    /// What a process said that it was asked and answered, and what else it said last.
    fn read(&mut self, output: impl Iterator<Item = String>) -> Option<String> {
        let mut last = None;
        for line in output {
            // The last line may be cut.
            let id = |hex_id: &str| <[u8; 16]>::try_from(hex::decode(hex_id).ok()?).ok();
            let (what, text) = line.split_once(' ').unwrap_or_default();
            match (what, id(text)) {
                ("asked", Some(id)) => {
                    self.lost.insert(id);
                }
                ("answered", Some(id)) => {
                    self.lost.remove(&id);
                    self.answered.insert(id);
                }
                ("full", _) => last = Some(text.to_owned()),
                _ => (),
            }
        }
        last
    }

    /// A process of its own, and SIGKILL.
    async fn process(&mut self) {
        let (mut child, output) = self.start("soak::worker", "").await;
        std::thread::sleep(Duration::from_micros(self.rng.u64(..30_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        self.read(output);
        *self.deaths.entry("by SIGKILL").or_default() += 1;
    }

    /// What a caller was told is on disk.
    fn check_answers(&self, ids: impl Iterator<Item = [u8; 16]>) {
        let (store, _) = self.open_file();
        for id in ids {
            let found = store.find(id).unwrap();
            assert_eq!(
                found.len(),
                1,
                "an answer without one record: {}",
                hex::encode(id)
            );
        }
    }

    /// Honest nodes, until everything is settled; then everything is compared.
    async fn end(&mut self) {
        self.nodes_are_honest();
        let (ledger, _) = self.open(u64::MAX, true);
        self.observe(&ledger).await;
        // Whoever never got an answer asks once more.
        while !self.lost.is_empty() {
            assert!(self.calls(&ledger, 1).await);
        }
        self.fixture.ledger = ledger.clone();
        self.fixture.restart().await;
        for _ in 0..10 {
            // What nodes said wrongly may hold a batch back for a while.
            self.fixture.chain.advance(10).await.unwrap();
            self.fixture.follow().await;
            if self.fixture.unsettled() == 0 {
                break;
            }
            let _ = self.fixture.settler.round(true).await;
        }
        self.fixture.settle(20).await;
        // What the ledger knows by now is on its way to the disk.
        let (written, barrier) = tokio::sync::oneshot::channel();
        let done = Box::new(move |result| written.send(result).unwrap());
        ledger.store().write(vec![], done);
        barrier.await.unwrap().unwrap();

        let charged = self.answered.len() as u128;
        let session = self.session;
        let spent = self
            .fixture
            .chain
            .with(move |hub| hub.session(session).spent.u128());
        assert_eq!(
            spent.await.unwrap(),
            charged * PRICE,
            "every answer is charged once"
        );
        assert_eq!(
            self.fixture.earned().await,
            charged * PRICE,
            "and paid once"
        );
        for id in &self.answered {
            let found = ledger.find(*id).await.unwrap();
            let [located] = &found[..] else {
                panic!("an answer without one record: {}", hex::encode(id));
            };
            let done = Progress::Done("paid".to_owned());
            let passed = Progress::Done("passed".to_owned());
            assert!(
                [done, passed].contains(&located.progress),
                "{:?}",
                located.progress
            );
        }
        let witness = self.witness.lock().unwrap();
        assert_eq!(
            witness.numbers.len() as u128,
            charged,
            "one number for each receipt"
        );
        let path = self.folder.path().join("books.sqlite");
        let on_disk = rusqlite::Connection::open(path).unwrap();
        let mut ask = on_disk.prepare("SELECT bytes FROM batches").unwrap();
        let stored: BTreeSet<Vec<u8>> = ask
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(
            !witness.sent.is_empty() && witness.sent.is_subset(&stored),
            "a batch left that is on no disk"
        );
    }
}

/// The batch in a transaction, whose messages are JSON.
fn batch_in(tx: &[u8]) -> Option<Vec<u8>> {
    let name = b"\"batch\":\"";
    let begin = tx.windows(name.len()).position(|part| part == name)? + name.len();
    let length = tx[begin..].iter().position(|byte| *byte == b'"')?;
    BASE64_STANDARD.decode(&tx[begin..begin + length]).ok()
}

/// Shows every lane of a session further than it is: whoever believes it takes receipts for settled that are not.
fn lanes_ahead(method: &str, params: &Value, mut result: Value) -> Value {
    if method != "abci_query" || params["path"] != "/cosmwasm.wasm.v1.Query/SmartContractState" {
        return result;
    }
    let value = result["response"]["value"].as_str().unwrap_or_default();
    let mut bytes = BASE64_STANDARD.decode(value).unwrap_or_default();
    // The digits of `"next":` go up: the length of the message stays as it is.
    let name = b"\"next\":";
    let Some(begin) = bytes.windows(name.len()).position(|part| part == name) else {
        return result;
    };
    for byte in bytes[begin + name.len()..]
        .iter_mut()
        .skip_while(|byte| **byte == b'"')
    {
        match byte {
            b'0'..=b'8' => *byte += 1,
            b'9' => (),
            _ => break,
        }
    }
    result["response"]["value"] = BASE64_STANDARD.encode(bytes).into();
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_points_under_nodes_that_lie_it_loses_nothing_and_signs_nothing_twice() {
    let setting = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let (kills, seed) = (setting("HUB_KILLS", 40), setting("HUB_SEED", 1));
    let mut soak = Soak::new(seed).await;
    for life in 1..=kills {
        let before = soak.answered.clone();
        match life {
            _ if life % 20 == 0 => soak.process().await,
            _ if life % 3 == 0 => soak.settling_life().await,
            _ => soak.short_life().await,
        }
        let new: Vec<[u8; 16]> = soak.answered.difference(&before).copied().collect();
        soak.check_answers(new.into_iter());
        if life % 1_000 == 0 {
            eprintln!(
                "{life} of {kills} lives, {} calls answered, {:?}",
                soak.answered.len(),
                soak.deaths
            );
        }
    }
    soak.end().await;
    println!(
        "seed {seed}: {kills} lives ended {:?}; {} calls answered, charged and paid once; {} batches reached a node",
        soak.deaths,
        soak.answered.len(),
        soak.witness.lock().unwrap().sent.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_ends_calls_and_loses_none_that_was_answered() {
    let mut soak = Soak::new(7).await;
    // Files that would grow beyond 4 000 blocks of 512 bytes get an error instead of a signal.
    let (mut child, output) = soak
        .start("soak::filler", "trap '' XFSZ; ulimit -f 4000;")
        .await;
    let said = soak.read(output);
    assert!(child.wait().unwrap().success());
    let said = said.expect("the disk fills up");
    assert!(
        said.contains("free the disk and start the server again"),
        "{said}"
    );
    assert!(soak.answered.len() > 20, "{}", soak.answered.len());
    assert_eq!(soak.lost.len(), 2, "two calls were asked and not answered");
    let answered: Vec<[u8; 16]> = soak.answered.iter().copied().collect();
    soak.check_answers(answered.into_iter());
    let (store, _) = soak.open_file();
    for id in &soak.lost {
        assert_eq!(store.find(*id).unwrap(), [], "nothing was charged for it");
    }
    drop(store);
    // With room again, the same calls are answered, and all is paid once.
    soak.nodes_misbehave();
    soak.settling_life().await;
    soak.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_restored_from_a_backup_sign_nothing_and_take_no_calls() {
    let mut soak = Soak::new(8).await;
    let (ledger, _) = soak.open(u64::MAX, true);
    soak.observe(&ledger).await;
    assert!(soak.calls(&ledger, 3).await);
    drop(ledger);
    let backup = tempfile::tempdir().unwrap();
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        for name in ["books.sqlite", "books.sqlite-wal", "books.sqlite-shm"] {
            let _ = std::fs::remove_file(to.join(name));
            if from.join(name).exists() {
                std::fs::copy(from.join(name), to.join(name)).unwrap();
            }
        }
    };
    drop(soak.open_file());
    copy(soak.folder.path(), backup.path());
    soak.end().await;

    // The server ends, the disk is lost, the backup put in its place.
    let memory = Arc::new(SharedLedger::new(
        Ledger::load(
            soak.fixture.ledger.read(|ledger| ledger.identity().clone()),
            limits(),
            Saved::default(),
        )
        .unwrap()
        .value,
        Arc::new(hub_serve::ledger::Memory::default()),
    ));
    soak.fixture.ledger = memory;
    soak.fixture.restart().await;
    drop(soak.open_file());
    copy(backup.path(), soak.folder.path());
    let (ledger, _) = soak.open(u64::MAX, true);
    for _ in 0..2 {
        soak.fixture.chain.advance(5).await.unwrap();
        soak.observe(&ledger).await;
    }
    let now = soak.fixture.now();
    let refusal = ledger.read(|ledger| ledger.ready(now)).unwrap_err();
    assert_eq!(refusal.code(), "rolled_back", "{refusal}");
    let refused = ledger.sign(&attester_key(), now).await.unwrap_err();
    assert!(refused.contains("Retire attester"), "{refused}");
    assert_eq!(ledger.read(|ledger| ledger.to_send(now)), []);
}
