//! A server whose key was made in an enclave: from the document to the receipt that settles.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hub_caller::{Caller, Limits, Options, Tally, Trust};
use hub_chain::embedded::{Clock, Embedded, EmbeddedOptions};
use hub_nitro_testing::NitroChain;
use hub_serve::enclave::{Attestor, Enclave, EnclaveError, Label};
use hub_serve::follower::FollowerOptions;
use hub_serve::settler::SettlerOptions;
use hub_serve::{system_clock, Parts, Server};
use hub_testing::{nitro_chain, rates, signing_key, KeyType, NewModel};
use hub_types::escrow::{NewCeiling, NewSession, VoucherKey};
use hub_wire::sha256;

use crate::fixture::{body, config, example, PRICE};

const IMAGE: &str = "model server 1.0";
const CERTIFICATE: [u8; 32] = [9; 32];

/// A hypervisor under a root of its own.
struct Hypervisor {
    chain: NitroChain,
    image: &'static str,
    /// How old its documents are, seconds.
    age: u64,
    /// What stood in its documents.
    asked: Mutex<Vec<Vec<u8>>>,
}

impl Attestor for Hypervisor {
    fn document(&self, user_data: &[u8]) -> Result<Vec<u8>, String> {
        self.asked.lock().unwrap().push(user_data.to_vec());
        let chain = self.chain.clone().at(hub_chain::unix_now() - self.age);
        let document = chain.document().image(self.image);
        Ok(document.user_data(user_data).build())
    }
}

/// No enclave.
struct Absent;

impl Attestor for Absent {
    fn document(&self, _: &[u8]) -> Result<Vec<u8>, String> {
        Err("/dev/nsm cannot be opened: this is no Nitro Enclave".into())
    }
}

async fn chain() -> Embedded {
    let options = EmbeddedOptions {
        clock: Clock::Wall {
            interval: Duration::from_millis(200),
        },
        start_time: Some(hub_chain::unix_now()),
        ..EmbeddedOptions::default()
    };
    Embedded::start(options).unwrap()
}

fn hypervisor(chain: NitroChain, age: u64) -> Arc<Hypervisor> {
    Arc::new(Hypervisor {
        chain,
        image: IMAGE,
        age,
        asked: Mutex::default(),
    })
}

async fn enclave(chain: &Embedded, attestor: Arc<dyn Attestor>) -> Enclave {
    let verifier = chain.with(|hub| hub.nitro_verifier.to_string()).await;
    Enclave {
        attestor,
        verifier: verifier.unwrap(),
        certificate: CERTIFICATE,
        endpoint: Some("https://enclave.example.com".into()),
        sign_every: Duration::from_millis(100),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_does_not_hold_registers_nothing_and_costs_no_gas() {
    let chain = chain().await;
    let (hub, wallet) = (
        chain.hub().unwrap(),
        chain.account("operator", vec![]).await.unwrap(),
    );
    let before = hub
        .wallet_balance(wallet.address(), "untrn")
        .await
        .unwrap()
        .value;
    let cases: [(Arc<dyn Attestor>, &str); 3] = [
        (Arc::new(Absent), "no Nitro Enclave"),
        (hypervisor(nitro_chain(), 900), "get a fresh one"),
        (hypervisor(NitroChain::new(66), 0), "root"),
    ];
    for (attestor, why) in cases {
        let error = enclave(&chain, attestor)
            .await
            .register(&hub, &wallet)
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains(why), "{error}");
    }
    // A verifier that is no contract, and one that is no verifier.
    for verifier in ["nobody", hub.escrow()] {
        let enclave = Enclave {
            verifier: verifier.to_owned(),
            ..enclave(&chain, hypervisor(nitro_chain(), 0)).await
        };
        let error = enclave.register(&hub, &wallet).await.err().unwrap();
        assert!(
            matches!(error, EnclaveError::Refused { .. } | EnclaveError::Chain(_)),
            "{error}"
        );
    }
    let attesters = chain.with(|hub| hub.state().attesters.len()).await.unwrap();
    let after = hub
        .wallet_balance(wallet.address(), "untrn")
        .await
        .unwrap()
        .value;
    assert_eq!((attesters, after), (0, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_in_an_enclave_is_registered_labelled_called_and_paid() {
    let chain = chain().await;
    let folder = tempfile::tempdir().unwrap();
    let (hub, wallet) = (
        chain.hub().unwrap(),
        chain.account("operator", vec![]).await.unwrap(),
    );
    let hypervisor = hypervisor(nitro_chain(), 0);
    let enclave = enclave(&chain, hypervisor.clone()).await;

    // Two starts make two keys, each with a document of its own.
    let first = enclave.register(&hub, &wallet).await.unwrap();
    let registered = enclave.register(&hub, &wallet).await.unwrap();
    assert_ne!(first.public_key(), registered.public_key());
    let shown = registered.attester().clone();
    let key = registered.public_key();
    let user_data = hypervisor.asked.lock().unwrap().last().unwrap().clone();
    assert_eq!((user_data.len(), &user_data[2..34]), (68, &CERTIFICATE[..]));
    assert_eq!(user_data[36..], sha256(&[key.as_bytes()]));
    let measurement = chain.with(|hub| hub.measurement_of(IMAGE)).await.unwrap();
    assert_eq!(shown.measurement, Some(measurement.into()));
    assert_eq!(shown.operator.as_str(), wallet.address());
    // The chain shows an enclave below the root of these tests.
    assert_eq!(registered.label(), Label::Simulated);

    // A session that insists on this image.
    let plan =
        hub_model::Plan::new(&example(), hub_walrus_encode::Options::default(), &()).unwrap();
    let (release, operator) = (plan.new_release(1, 0), shown.operator.clone());
    let voucher_key = signing_key(KeyType::Ed25519, 7);
    let public = voucher_key.public_key();
    let (author, session) = chain
        .with(move |hub| {
            let (author, caller) = (hub.account("author"), hub.account("caller"));
            let money = hub.money_native();
            let new = NewModel::named("volatility").price(&money, rates(5, 1_000_000, 10_000_000));
            let model = hub.register_model(&author, new);
            let publish = hub_types::registry::ExecuteMsg::PublishRelease { model, release };
            hub.registry(&author, publish).unwrap();
            let session = hub.open_session(&caller, &operator, &money, 10_000, |one| NewSession {
                measurement: Some(measurement.into()),
                ceiling: Some(NewCeiling {
                    key: Some(VoucherKey {
                        key_type: KeyType::Ed25519,
                        key: public.as_bytes().into(),
                    }),
                }),
                ..one
            });
            (author.to_string(), session)
        })
        .await
        .unwrap();

    // Nothing is due to be settled for a long time: small batches are signed all the same.
    let mut config = config(&format!(
        "[[models]]\nmodel = \"{author}/volatility\"\nfolder = {:?}\n",
        example().display().to_string()
    ));
    config.data = folder.path().to_owned();
    config.chain = chain.profile().clone();
    let quick = Duration::from_millis(50);
    let parts = Parts {
        hub: hub.clone(),
        key: signing_key(KeyType::Ed25519, 99),
        wallet: Some(wallet),
        clock: system_clock(),
        follow: FollowerOptions {
            poll: quick,
            ..FollowerOptions::default()
        },
        settle: SettlerOptions {
            poll: quick,
            ..SettlerOptions::default()
        },
    };
    let server = Server::start_registered(config, parts, registered)
        .await
        .unwrap();
    let trust = Trust {
        chain_id: hub.chain().chain_id().to_owned(),
        billing: hub.billing().to_owned(),
        billing_canonical: hub_chain::canonical(hub.billing()).unwrap(),
        operator: shown.operator.to_string(),
        attester: shown.attester,
        key,
        asset: "uusdc".into(),
        model: None,
    };
    let limits = Limits {
        per_call: PRICE,
        total: 10_000,
    };
    let tally = Tally::in_memory(session, 0);
    let caller = Caller::new(voucher_key, trust, tally, Options::new(limits)).unwrap();
    let url = format!("{}/v2/models/{author}/volatility/infer", server.url());
    let answer = caller.call(&url, body()).await.unwrap();
    assert_eq!((answer.label.as_str(), answer.amount), ("simulated", PRICE));

    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let spent = chain
            .with(move |hub| hub.session(session).spent.u128())
            .await
            .unwrap();
        if spent == PRICE {
            break;
        }
        assert!(Instant::now() < until, "the receipt does not settle");
        tokio::time::sleep(quick).await;
    }
    server.stop().await;
    assert!(folder
        .path()
        .join(format!("attester-{}", shown.attester))
        .join("books")
        .is_dir());
}
