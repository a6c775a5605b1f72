//! A server, the chain that it settles on, and callers.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{mpsc, Arc};
use std::time::Duration;

use bytes::Bytes;
use hub_caller::{Caller, Limits, Options, Tally, Trust, TrustedModel};
use hub_engine::{Engine, Meter, Tract};
use hub_ledger::{
    BatchId, Block, Fact, Identity, Kept, Ledger, Observation, Receipts, Record, Serial,
};
use hub_model::Plan;
use hub_serve::app::AskSession;
use hub_serve::books::{Answered, Books, Done, Located, Store};
use hub_serve::metrics::Latency;
use hub_serve::models::{Runner, Served};
use hub_serve::payment::Venue;
use hub_serve::sqlite::Sqlite;
use hub_serve::{Config, Server, Wiring};
use hub_testing::{rates, signing_key, Attester, Hub, KeyType, Money, NewModel};
use hub_types::billing;
use hub_types::escrow::{self, NewCeiling, SessionResponse, VoucherKey};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{self, ReleaseResponse, TermsListResponse};
use hub_wire::SigningKey;

/// What a call of the model costs: 5, 1 for the series that is sent, 10 for the forecast.
pub const PRICE: u128 = 5 + 1 + 10;

pub struct World {
    pub hub: Chain,
    pub clock: Arc<AtomicU64>,
    pub server: Server,
    pub books: Arc<Books>,
    pub attester: Attester,
    pub model: ModelId,
    pub money: Money,
    pub trust: Trust,
    /// Questions that were asked about sessions.
    pub asked: Arc<AtomicU64>,
    /// Whether the disk is full.
    pub full: Arc<AtomicBool>,
    /// Of the books, if they die with this.
    folder: Option<tempfile::TempDir>,
}

type Act = Box<dyn FnOnce(&mut Hub) + Send>;

/// The contracts, which stay on one thread.
#[derive(Clone)]
pub struct Chain {
    work: mpsc::Sender<Act>,
}

impl Chain {
    fn start() -> Self {
        let (work, todo) = mpsc::channel::<Act>();
        std::thread::spawn(move || {
            let mut hub = Hub::new();
            todo.into_iter().for_each(|work| work(&mut hub));
        });
        Self { work }
    }

    pub fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut Hub) -> T + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        let work = Box::new(move |hub: &mut Hub| done.send(act(hub)).unwrap());
        self.work.send(work).unwrap();
        result.recv().expect("the contracts do not panic")
    }
}

/// A disk that can be full.
struct Disk {
    store: Sqlite,
    full: Arc<AtomicBool>,
}

impl Store for Disk {
    fn write(&self, records: Vec<Record>, done: Done) {
        match self.full.load(Ordering::SeqCst) {
            true => done(Err("no space left on device".into())),
            false => self.store.write(records, done),
        }
    }

    fn answer(&self, serial: Serial) -> Result<Option<Answered>, String> {
        self.store.answer(serial)
    }

    fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String> {
        self.store.find(request_id)
    }
}

impl Receipts for Disk {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, String> {
        self.store.waiting(session, limit)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, Kept)>, String> {
        self.store.of_batch(batch)
    }
}

/// A model that takes its time.
struct Slow {
    engine: Tract,
    takes: Duration,
}

impl Engine for Slow {
    fn identity(&self) -> &hub_engine::Identity {
        self.engine.identity()
    }

    fn signature(&self) -> &hub_engine::Signature {
        self.engine.signature()
    }

    fn infer(
        &self,
        inputs: Vec<hub_engine::Tensor>,
        call: &hub_engine::Call,
    ) -> Result<Vec<hub_engine::Tensor>, hub_engine::EngineError> {
        let until = std::time::Instant::now() + self.takes;
        while std::time::Instant::now() < until {
            call.check()?;
            std::thread::sleep(Duration::from_millis(5));
        }
        self.engine.infer(inputs, call)
    }
}

pub fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/volatility-mlp")
}

pub fn config(change: &str) -> Config {
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[chain]\nchain_id = \"hub-testing-1\"\nrpc = [\"http://127.0.0.1:1\"]\nprefix = \"cosmwasm\"\n\
         gas_price = \"0.025untrn\"\nmax_fee = 1\nregistry = \"r\"\nescrow = \"e\"\nbilling = \"b\"\n{change}"
    );
    Config::parse(&text).unwrap()
}

/// The body of a request: ten candles.
pub fn body() -> Bytes {
    body_of(0.01)
}

pub fn body_of(first: f64) -> Bytes {
    let input = World::input();
    let mut values = vec![0.01; input.1];
    values[0] = first;
    let body = serde_json::json!({"inputs": [{
        "name": input.0, "shape": input.2, "datatype": "FP32", "data": values
    }]});
    body.to_string().into()
}

impl World {
    pub async fn new() -> Self {
        Self::with("").await
    }

    pub async fn with(change: &str) -> Self {
        Self::slow(change, Duration::ZERO).await
    }

    /// Name, elements and shape of the model's input.
    pub fn input() -> (String, usize, Vec<usize>) {
        static INPUT: std::sync::OnceLock<(String, usize, Vec<usize>)> = std::sync::OnceLock::new();
        let input = INPUT.get_or_init(|| {
            let signature = hub_engine::Signature::of_onnx(&example().join("model.onnx")).unwrap();
            let input = &signature.inputs[0];
            let axes = input.shape.as_ref().unwrap().iter();
            let shape: Vec<usize> = axes
                .map(|axis| match axis {
                    hub_engine::Axis::Fixed(size) => *size,
                    _ => 1,
                })
                .collect();
            (input.name.clone(), shape.iter().product(), shape)
        });
        input.clone()
    }

    /// With a model that takes this long.
    pub async fn slow(change: &str, takes: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self::at(folder.path(), change, takes).await;
        world.folder = Some(folder);
        world
    }

    /// With its books in a folder.
    pub async fn at(folder: &Path, change: &str, takes: Duration) -> Self {
        let config = config(change);
        let plan = Plan::new(&example(), hub_walrus_encode::Options::default(), &()).unwrap();
        let blob_id = plan.release();
        let hub = Chain::start();
        let (author, operator, money, model, attester, time) = hub.with(move |hub| {
            let (author, operator) = (hub.account("author"), hub.account("operator"));
            let money = hub.money_native();
            let new = NewModel::named("volatility")
                .price(&money, rates(5, 1_000_000, 10_000_000))
                .release(*blob_id.as_bytes());
            let model = hub.register_model(&author, new);
            let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
            (author, operator, money, model, attester, hub.now())
        });
        let (billing, escrow, canonical) = hub.with(|hub| {
            let canonical = hub.canonical(&hub.billing).to_vec();
            (hub.billing.to_string(), hub.escrow.to_string(), canonical)
        });
        let identity = Identity {
            chain_id: hub_testing::CHAIN_ID.to_owned(),
            billing: canonical,
            attester: attester.id,
            key: attester.key.public_key(),
            receipt_max_age_seconds: 86_400,
        };
        let trust = Trust {
            chain_id: identity.chain_id.clone(),
            billing: billing.clone(),
            billing_canonical: identity.billing.clone(),
            operator: operator.to_string(),
            attester: attester.id,
            key: identity.key,
            asset: "uusdc".to_owned(),
            model: Some(TrustedModel {
                model,
                release: ReleaseNumber(1),
                blob_id,
                metering: plan.manifest.metering.clone(),
            }),
        };
        let (store, saved) = Sqlite::open(folder).unwrap();
        let ledger = Ledger::load(identity, config.ledger_limits(), saved).unwrap();
        let full = Arc::new(AtomicBool::new(false));
        let disk = Disk {
            store,
            full: full.clone(),
        };
        disk.write(ledger.records, Box::new(|result| result.unwrap()));
        let books = Arc::new(Books::new(ledger.value, Arc::new(disk)));
        let clock = Arc::new(AtomicU64::new(time));
        let venue = Venue {
            network: hub_x402::network(hub_testing::CHAIN_ID),
            billing,
            escrow,
            operator: operator.to_string(),
            attester: attester.id,
            measurement: None,
            label: "operator's word".to_owned(),
        };
        let asked = Arc::new(AtomicU64::new(0));
        let ask_session: AskSession = {
            let (hub, books, clock, asked) =
                (hub.clone(), books.clone(), clock.clone(), asked.clone());
            Arc::new(move |session| {
                asked.fetch_add(1, Ordering::SeqCst);
                let (seen, height) = hub.with(move |hub| (see_session(hub, session), height(hub)));
                let there = seen.is_some();
                let observation = Observation {
                    block: height,
                    facts: seen.into_iter().collect(),
                };
                let now = clock.load(Ordering::SeqCst);
                let _ = books.change(|ledger| ledger.observe(&observation, now));
                Box::pin(async move { there })
            })
        };
        let time = clock.clone();
        let wiring = Wiring {
            venue,
            key: attester.key.clone(),
            books: books.clone(),
            ask_session,
            clock: Arc::new(move || time.load(Ordering::SeqCst)),
        };
        let server = Server::listen(config, wiring).await.unwrap();
        let engine: Arc<dyn Engine> = Arc::new(Slow {
            engine: Tract::load(&example().join("model.onnx")).unwrap(),
            takes,
        });
        let meter = Meter::new(
            plan.manifest.metering,
            engine.signature().clone(),
            hub_engine::Caps::default(),
        );
        server.serve(
            0,
            Ok(Served {
                model,
                release: ReleaseNumber(1),
                version: "1.0".into(),
                author: author.to_string(),
                name: "volatility".into(),
                title: "Volatility".into(),
                blob_id,
                engine: engine.identity().to_string(),
                runner: Runner::Tensors {
                    engine,
                    meter: meter.unwrap(),
                },
                deadline: Duration::from_secs(10),
                latency: Latency::default(),
            }),
        );
        let world = Self {
            hub,
            clock,
            server,
            books,
            attester,
            model,
            money,
            trust,
            asked,
            full,
            folder: None,
        };
        world.observe(&[]);
        world
    }

    pub fn url(&self) -> String {
        let author = self.hub.with(|hub| hub.account("author"));
        format!("{}/v2/models/{author}/volatility/infer", self.server.url())
    }

    /// Shows the books what the chain shows now, and moves the clock there.
    pub fn observe(&self, sessions: &[SessionId]) {
        let (model, attester, sessions) = (self.model, self.attester.id, sessions.to_vec());
        let (observation, now) = self
            .hub
            .with(move |hub| (see(hub, model, attester, &sessions), hub.now()));
        self.clock.store(now, Ordering::SeqCst);
        let pending = self
            .books
            .begin(|ledger| Ok::<_, std::convert::Infallible>(ledger.observe(&observation, now)));
        assert!(pending.is_ok());
    }

    /// A session with a ceiling and this budget, whose key has this seed.
    pub fn session(&self, caller: &str, budget: u128, seed: u64) -> (SessionId, SigningKey) {
        self.session_with(caller, budget, seed, |session| session)
    }

    pub fn session_with(
        &self,
        caller: &str,
        budget: u128,
        seed: u64,
        change: impl FnOnce(escrow::NewSession) -> escrow::NewSession + Send + 'static,
    ) -> (SessionId, SigningKey) {
        let key = signing_key(KeyType::Ed25519, seed);
        let public = key.public_key();
        let (caller, money) = (caller.to_owned(), self.money.clone());
        let session = self.hub.with(move |hub| {
            let (caller, operator) = (hub.account(&caller), hub.account("operator"));
            hub.open_session(&caller, &operator, &money, budget, |session| {
                change(escrow::NewSession {
                    ceiling: Some(NewCeiling {
                        key: Some(VoucherKey {
                            key_type: KeyType::Ed25519,
                            key: public.as_bytes().into(),
                        }),
                    }),
                    ..session
                })
            })
        });
        (session, key)
    }

    /// A caller that checks everything, with no limit of its own.
    pub fn caller(&self, session: SessionId, key: &SigningKey) -> Caller {
        self.caller_with(session, key, self.trust.clone())
    }

    pub fn caller_with(&self, session: SessionId, key: &SigningKey, trust: Trust) -> Caller {
        self.caller_of(session, key, trust, |options| options)
    }

    pub fn caller_of(
        &self,
        session: SessionId,
        key: &SigningKey,
        trust: Trust,
        change: impl FnOnce(Options) -> Options,
    ) -> Caller {
        let options = change(Options::new(Limits {
            per_call: u128::MAX,
            total: u128::MAX,
        }));
        let clock = self.clock.clone();
        Caller::new(key.clone(), trust, Tally::in_memory(session, 0), options)
            .unwrap()
            .with_clock(move || clock.load(Ordering::SeqCst))
    }

    /// Signs what waits, settles it, and shows the books the next two blocks.
    pub async fn settle(&self, sessions: &[SessionId]) {
        let now = self.clock.load(Ordering::SeqCst);
        let signed = self.books.sign(&self.attester.key, now).await.unwrap();
        assert!(signed.is_some(), "no receipts wait");
        let outgoing = self.books.read(|ledger| ledger.to_send(now));
        assert!(!outgoing.is_empty(), "nothing is to be sent");
        self.hub.with(move |hub| {
            let operator = hub.account("operator");
            for batch in outgoing {
                let message = billing::ExecuteMsg::SettleBatch {
                    batch: batch.bytes.into(),
                    signature: batch.signature.into(),
                    vouchers: batch
                        .vouchers
                        .iter()
                        .map(|one| one.encode().into())
                        .collect(),
                };
                hub.billing(&operator, message).unwrap();
            }
        });
        for _ in 0..2 {
            self.hub.with(|hub| hub.advance(5));
            self.observe(sessions);
        }
    }

    pub fn on_chain(&self, session: SessionId) -> SessionResponse {
        self.hub.with(move |hub| {
            hub.query_escrow(escrow::QueryMsg::Session { session })
                .unwrap()
        })
    }

    /// Charged, waiting or reserved, by the books.
    pub fn charged(&self, session: SessionId) -> u128 {
        self.books
            .read(|ledger| ledger.standing(session))
            .map_or(0, |standing| standing.charged)
    }
}

fn height(hub: &Hub) -> Block {
    let block = hub.app.block_info();
    Block {
        height: block.height,
        time: block.time.seconds(),
    }
}

fn see_session(hub: &Hub, session: SessionId) -> Option<Fact> {
    let found: SessionResponse = hub
        .query_escrow(escrow::QueryMsg::Session { session })
        .ok()?;
    Some(Fact::Session(Box::new(found)))
}

fn see(hub: &Hub, model: ModelId, attester: AttesterId, sessions: &[SessionId]) -> Observation {
    let release: ReleaseResponse = hub
        .query_registry(registry::QueryMsg::Release {
            model,
            release: ReleaseNumber(1),
        })
        .unwrap();
    let attester = hub
        .query_billing(billing::QueryMsg::Attester { attester })
        .unwrap();
    let mut facts = vec![
        Fact::Model(Box::new(hub.model(model))),
        Fact::Release(Box::new(release)),
        Fact::Attester(Box::new(attester)),
    ];
    let terms: TermsListResponse = hub
        .query_registry(registry::QueryMsg::TermsAt { model, time: None })
        .unwrap();
    facts.extend(
        terms
            .terms
            .into_iter()
            .map(|terms| Fact::Terms(Box::new(terms))),
    );
    facts.extend(
        sessions
            .iter()
            .filter_map(|session| see_session(hub, *session)),
    );
    Observation {
        block: height(hub),
        facts,
    }
}
