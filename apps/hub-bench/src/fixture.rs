//! A server in this process, callers whose calls are signed beforehand, and a chain that stands still.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cosmwasm_std::{Addr, Uint128};
use hub_engine::{Engine, InferRequest, InferResponse, Meter, Pool, PoolLimits, Tract};
use hub_ledger::{Authorized, Block, Fact, Identity, Ledger, Limits, Observation, Saved, Work};
use hub_model::Metering;
use hub_serve::app::App;
use hub_serve::call::Request;
use hub_serve::ledger::{Memory, SharedLedger, Store};
use hub_serve::metrics::Latency;
use hub_serve::models::{Runner, Served};
use hub_serve::payment::{Priced, Standing, Venue};
use hub_serve::sqlite::Sqlite;
use hub_serve::{Config, Server, Wiring};
use hub_types::billing::{AttesterResponse, AttesterStatus};
use hub_types::denom::Denom;
use hub_types::escrow::{Ceiling, Models, SessionResponse, SessionState, VoucherKey};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::price::{Price, Rates};
use hub_types::registry::{
    Metadata, ModelResponse, ReleaseResponse, Status, TermsResponse, Validity,
};
use hub_wire::{call_digest, sha256, BlobId, Call, Purpose, SigningKey, Units};
use hub_x402::{
    encode, CallPayment, PaymentPayload, RequestId, SessionPayment, Signature, VERSION,
};

use crate::models::INPUTS;

/// The block that everybody sees.
const NOW: u64 = 1_800_000_000;
const MODEL: ModelId = ModelId(1);
const RELEASE: ReleaseNumber = ReleaseNumber(1);
const ATTESTER: AttesterId = AttesterId(1);
const CHAIN: &str = "hub-bench-1";

/// Sessions that call, one for each caller.
pub const SESSIONS: u64 = 256;

/// What keeps the books.
#[derive(Clone, Copy)]
pub enum Keeps<'a> {
    /// Nothing that outlives the process.
    Memory,
    /// SQLite in this folder.
    Disk(&'a Path),
}

/// The attester of all books here.
pub fn attester_key() -> SigningKey {
    SigningKey::ed25519_from_seed(&[1; 32])
}

/// Its books.
pub fn identity() -> Identity {
    Identity {
        chain_id: CHAIN.to_owned(),
        billing: vec![7; 32],
        attester: ATTESTER,
        key: attester_key().public_key(),
        receipt_max_age_seconds: 86_400,
    }
}

fn caller_key(session: SessionId) -> SigningKey {
    let mut seed = [2; 32];
    seed[..8].copy_from_slice(&session.0.to_be_bytes());
    SigningKey::ed25519_from_seed(&seed)
}

/// Limits that nothing here meets.
pub fn limits() -> Limits {
    Limits {
        unsettled_receipts: u64::MAX,
        unsettled_receipts_per_session: u64::MAX,
        ..Limits::default()
    }
}

/// What the chain shows: one model at 5 a call and a unit for each element, and sessions with money and a key.
pub fn observation() -> Observation {
    let denom = Denom::Native("uusdc".to_owned());
    let per = |amount: u128| Uint128::new(amount);
    let rates = Rates {
        per_call: per(5),
        per_million_in: per(1_000_000),
        per_million_out: per(1_000_000),
    };
    let mut facts = vec![
        Fact::Model(Box::new(ModelResponse {
            model: MODEL,
            author: Addr::unchecked("author"),
            name: "calibrated".to_owned(),
            metadata: Metadata {
                title: "Calibrated".to_owned(),
                description: String::new(),
                task: String::new(),
                license: "Apache-2.0".to_owned(),
                tags: vec![],
                homepage: None,
            },
            status: Status::Active {},
            active_from: 0,
            latest_release: RELEASE,
            latest_terms: TermsNumber(1),
            offered_to: None,
            registered_at: 0,
        })),
        Fact::Terms(Box::new(TermsResponse {
            model: MODEL,
            terms: TermsNumber(1),
            price: Price::new(denom.clone(), rates),
            operator_bps: 1_000,
            payees: vec![],
            validity: Validity::Interval {
                effective_from: 0,
                superseded_at: None,
            },
        })),
        Fact::Release(Box::new(ReleaseResponse {
            model: MODEL,
            release: RELEASE,
            major: 1,
            minor: 0,
            blob_id: blob_id().to_string(),
            manifest: None,
            publisher: Addr::unchecked("author"),
            published_at: 0,
            claimed_at: 0,
            size: None,
            permanent: None,
            deletable: None,
        })),
        Fact::Attester(Box::new(AttesterResponse {
            attester: ATTESTER,
            operator: Addr::unchecked("operator"),
            key: attester_key().public_key().as_bytes().into(),
            key_type: attester_key().public_key().key_type().into(),
            measurement: None,
            status: AttesterStatus::Active {},
            endpoint: None,
            batches: 0,
        })),
    ];
    for session in (1..=SESSIONS).map(SessionId) {
        let key = caller_key(session).public_key();
        let budget = Uint128::new(u128::from(u64::MAX));
        facts.push(Fact::Session(Box::new(SessionResponse {
            session,
            caller: Addr::unchecked("caller"),
            funder: Addr::unchecked("caller"),
            operator: Addr::unchecked("operator"),
            measurement: None,
            models: Models::Any {},
            max_price: None,
            denom: denom.clone(),
            budget,
            spent: Uint128::zero(),
            kept: Uint128::zero(),
            left: budget,
            ceiling: Some(Ceiling {
                ceiling: budget,
                key: Some(VoucherKey {
                    key_type: key.key_type().into(),
                    key: key.as_bytes().into(),
                }),
            }),
            opened_at: 0,
            ends_at: NOW + 86_400,
            state: SessionState::Open,
            lanes: vec![],
            label: None,
        })));
    }
    Observation {
        block: Block {
            height: 1,
            time: NOW,
        },
        facts,
    }
}

fn blob_id() -> BlobId {
    BlobId::from_bytes([9; 32])
}

/// The time, which stands still.
pub fn now() -> u64 {
    NOW
}

/// Books of this attester that know what the chain shows.
pub fn ledger(keeps: Keeps<'_>) -> SharedLedger {
    let (store, saved): (Arc<dyn Store>, Saved) = match keeps {
        Keeps::Memory => (Arc::new(Memory::default()), Saved::default()),
        Keeps::Disk(folder) => {
            let (store, saved) = Sqlite::open(folder).expect("books on disk");
            (Arc::new(store), saved)
        }
    };
    let opened = Ledger::load(identity(), limits(), saved).expect("books of this attester");
    store.write(opened.records, Box::new(|result| result.expect("a disk")));
    let ledger = SharedLedger::new(opened.value, store);
    let observed = ledger
        .begin(|ledger| Ok::<_, std::convert::Infallible>(ledger.observe(&observation(), NOW)));
    let Ok(_) = observed;
    ledger
}

/// A call of a session that was recognised otherwise than by a signature.
pub fn unsigned(session: SessionId, number: u64) -> (Authorized, Work) {
    let mut request_id = [0; 16];
    request_id[..8].copy_from_slice(&number.to_be_bytes());
    request_id[8..].copy_from_slice(&session.0.to_be_bytes());
    // What real ids look like to an index: in no order.
    let request_id = sha256(&[&request_id])[..16].try_into().expect("16 bytes");
    let call = Call {
        attester: ATTESTER,
        session,
        model: MODEL,
        request_id,
        expires_at: NOW + 60,
        request_hash: sha256(&[b"request"]),
    };
    let work = Work {
        model: MODEL,
        release: RELEASE,
        units: Units::new(INPUTS as u64, 1),
    };
    (Authorized::otherwise(call), work)
}

/// A server in this process with one model.
pub struct Fixture {
    pub server: Server,
    pub served: Arc<Served>,
    engine: Arc<dyn Engine>,
    meter: Meter,
    pool: Pool,
    body: Bytes,
}

fn config(folder: &Path) -> Config {
    let text = format!(
        "listen = \"127.0.0.1:0\"\ndata = {folder:?}\n[chain]\nchain_id = \"{CHAIN}\"\nrpc = [\"http://127.0.0.1:1\"]\nprefix = \"cosmwasm\"\n\
         gas_price = \"0.025untrn\"\nmax_fee = 1\nregistry = \"r\"\nescrow = \"e\"\nbilling = \"b\"\n[settle]\nenabled = false\n"
    );
    Config::parse(&text).expect("a configuration")
}

impl Fixture {
    /// Serves a model file, with its books in memory or in a folder.
    pub async fn new(model: &Path, keeps: Keeps<'_>, folder: &Path) -> Self {
        let engine: Arc<dyn Engine> = Arc::new(Tract::load(model).expect("a model"));
        let meter = || {
            let caps = hub_engine::Caps::default();
            Meter::new(Metering::default(), engine.signature().clone(), caps).expect("a meter")
        };
        let wiring = Wiring {
            venue: Venue {
                network: hub_x402::network(CHAIN),
                billing: "cosmwasm1billing".to_owned(),
                escrow: "cosmwasm1escrow".to_owned(),
                operator: "operator".to_owned(),
                attester: ATTESTER,
                measurement: None,
                label: "operator's word".to_owned(),
            },
            key: attester_key(),
            ledger: Arc::new(ledger(keeps)),
            ask_session: Arc::new(|_| Box::pin(async { false })),
            clock: Arc::new(now),
        };
        let server = Server::listen(config(folder), wiring)
            .await
            .expect("a server");
        let deadline = Duration::from_secs(120);
        let serving = Served {
            model: MODEL,
            release: RELEASE,
            version: "1.0".to_owned(),
            author: "author".to_owned(),
            name: "calibrated".to_owned(),
            title: "Calibrated".to_owned(),
            blob_id: blob_id(),
            runner: Runner::Tensors {
                engine: engine.clone(),
                meter: meter(),
            },
            engine: engine.identity().to_string(),
            deadline,
            latency: Latency::default(),
        };
        server.serve(0, Ok(serving));
        let served = server.app().models.served().remove(0);
        let input = &engine.signature().inputs[0];
        let shape: Vec<i64> = input
            .protocol_shape()
            .iter()
            .map(|size| (*size).max(1))
            .collect();
        let values: Vec<f64> = (0..INPUTS).map(|place| place as f64 / 1_000.0).collect();
        let body = serde_json::json!({"inputs": [{
            "name": input.name, "shape": shape, "datatype": "FP32", "data": values
        }]});
        Self {
            served,
            meter: meter(),
            engine,
            pool: Pool::new(PoolLimits::default()),
            body: body.to_string().into(),
            server,
        }
    }

    pub fn app(&self) -> &Arc<App> {
        self.server.app()
    }

    /// The mean of what a call of the engine takes on one thread, seconds.
    pub fn inference(&self) -> f64 {
        let inputs = || {
            let limits = hub_engine::Limits::default();
            let asked = InferRequest::parse(&self.body, &limits).expect("a request");
            self.engine.signature().admit(asked.inputs).expect("inputs")
        };
        let call = hub_engine::Call::unlimited();
        let run = |times: u32| {
            let inputs: Vec<_> = (0..times).map(|_| inputs()).collect();
            let began = crate::measure::cpu();
            for inputs in inputs {
                self.engine.infer(inputs, &call).expect("an inference");
            }
            (crate::measure::cpu() - began).as_secs_f64() / f64::from(times)
        };
        let once = run(5).max(1e-6);
        run((0.3 / once).clamp(10.0, 20_000.0) as u32)
    }

    /// What a server does that asks for no money: reads the request, runs it in the same pool, writes the answer.
    pub async fn bare(&self) {
        let limits = &self.app().config.request;
        let mut asked = InferRequest::parse(&self.body, limits).expect("a request");
        let signature = self.engine.signature();
        asked.check_outputs(signature).expect("outputs");
        let inputs = signature
            .admit(std::mem::take(&mut asked.inputs))
            .expect("inputs");
        let place = self.pool.place("model", &self.engine).expect("a place");
        let call = hub_engine::Call::within(self.served.deadline);
        let outputs = place.run(inputs, call).await.expect("an inference");
        let answer = InferResponse {
            model_name: self.served.path(),
            model_version: Some("1".to_owned()),
            id: asked.id.clone(),
            outputs: asked.select(outputs),
        };
        answer.to_bytes().expect("an answer");
    }

    /// A metered call, paid and answered.
    pub async fn paid(&self, request: &Request) {
        let answer = self.app().infer(&self.served, request).await;
        answer.expect("a paid answer");
    }

    /// The price of this model's calls, as a 402 has it.
    pub fn priced(&self) -> Priced<'_> {
        let limits = &self.app().config.request;
        let asked = InferRequest::parse(&self.body, limits).expect("a request");
        let inputs = self.engine.signature().admit(asked.inputs).expect("inputs");
        let answer = InferResponse {
            model_name: self.served.path(),
            model_version: Some("1".to_owned()),
            id: None,
            outputs: vec![],
        };
        let quote = self.meter.quote(&self.body, &inputs, None, &answer);
        Priced {
            url: format!("{}{}", self.app().url, self.path()),
            description: &self.served.title,
            mime_type: "application/json",
            request_hash: sha256(&[&self.body]),
            work: Work {
                model: MODEL,
                release: RELEASE,
                units: Units::new(quote.units_in, quote.most_units_out),
            },
        }
    }

    fn path(&self) -> String {
        format!("/v2/models/{}/infer", self.served.path())
    }

    /// Signed requests of each caller, all different. `round` keeps their ids apart from those of other rounds.
    pub fn requests(&self, callers: usize, calls: usize, round: u64) -> Vec<Vec<Request>> {
        let priced = self.priced();
        let app = self.app();
        let offer = app.ledger.read(|ledger| ledger.offer(&priced.work, NOW));
        let offer = offer.expect("an offer");
        let tag = identity().tag(Purpose::Call);
        let fresh = RequestId::from([0; 16]);
        let accepted = app
            .venue
            .requirements(&priced, &offer, fresh, Standing::default());
        let each = calls.div_ceil(callers);
        let callers = 1..=callers as u64;
        callers
            .map(|caller| {
                let session = SessionId(caller);
                let key = caller_key(session);
                let calls = (0..each as u64).map(|number| {
                    let (authorized, _) = unsigned(session, round << 32 | number);
                    let call = Call {
                        request_hash: priced.request_hash,
                        ..*authorized.call()
                    };
                    let signature = key.sign_digest(&call_digest(&tag, &call.encode()));
                    let mut accepted = accepted.clone();
                    accepted.extra.session = Some(session);
                    let payment = PaymentPayload {
                        x402_version: VERSION,
                        resource: None,
                        accepted,
                        payload: SessionPayment {
                            session,
                            call: CallPayment {
                                request_id: RequestId::from(call.request_id),
                                expires_at: call.expires_at,
                                signature: Signature(signature),
                            },
                            voucher: None,
                        },
                    };
                    Request {
                        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
                        path: self.path(),
                        payment: Some(encode(&payment)),
                        body: self.body.clone(),
                        began: Instant::now(),
                    }
                });
                calls.collect()
            })
            .collect()
    }
}
