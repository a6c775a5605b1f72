//! The whole loop as an operator runs it: the chain followed over RPC, a model loaded and checked, calls settled by themselves.

use std::path::Path;
use std::time::{Duration, Instant};

use hub_caller::{Caller, Limits, Options, Tally, Trust};
use hub_chain::embedded::{Clock, Embedded, EmbeddedOptions};
use hub_serve::follower::FollowerOptions;
use hub_serve::settler::SettlerOptions;
use hub_serve::{system_clock, Config, Parts, Server, StartError};
use hub_testing::{rates, signing_key, KeyType, NewModel};
use hub_types::billing::KeyType as ChainKeyType;
use hub_types::escrow::{ExecuteMsg, NewCeiling, NewSession, VoucherKey};
use hub_types::ids::{ModelId, SessionId};
use hub_wire::SigningKey;

use crate::world::{body, example, PRICE};

fn key(seed: u64) -> SigningKey {
    signing_key(KeyType::Ed25519, seed)
}

pub struct Chain {
    pub chain: Embedded,
    pub model: ModelId,
    session: SessionId,
    author: String,
    pub trust: Trust,
}

impl Chain {
    /// With the release of the example.
    pub async fn start() -> Self {
        Self::with_release_of(&example()).await
    }

    pub async fn with_release_of(folder: &Path) -> Self {
        let options = EmbeddedOptions {
            clock: Clock::Wall {
                interval: Duration::from_millis(200),
            },
            ..EmbeddedOptions::default()
        };
        let chain = Embedded::start(options).unwrap();
        let plan =
            hub_model::Plan::new(folder, hub_walrus_encode::Options::default(), &()).unwrap();
        let release = plan.new_release(1, 0);
        let made = chain.with(move |hub| {
            let (author, operator, caller) = (
                hub.account("author"),
                hub.account("operator"),
                hub.account("caller"),
            );
            let money = hub.money_native();
            let new = NewModel::named("volatility").price(&money, rates(5, 1_000_000, 10_000_000));
            let model = hub.register_model(&author, new);
            let publish = hub_types::registry::ExecuteMsg::PublishRelease { model, release };
            hub.registry(&author, publish).unwrap();
            let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
            let public = key(7).public_key();
            let session = hub.open_session(&caller, &operator, &money, 10_000, |one| NewSession {
                ceiling: Some(NewCeiling {
                    key: Some(VoucherKey {
                        key_type: ChainKeyType::Ed25519,
                        key: public.as_bytes().into(),
                    }),
                }),
                ..one
            });
            let on = ExecuteMsg::SetAutoPayout {
                denom: money.unchecked(),
                on: true,
            };
            hub.escrow(&author, on).unwrap();
            let trust = Trust {
                chain_id: hub.app.block_info().chain_id,
                billing: hub.billing.to_string(),
                billing_canonical: hub.canonical(&hub.billing).to_vec(),
                operator: operator.to_string(),
                attester: attester.id,
                key: attester.key.public_key(),
                asset: "uusdc".into(),
                model: None,
            };
            (model, session, author.to_string(), trust)
        });
        let (model, session, author, trust) = made.await.unwrap();
        Self {
            chain,
            model,
            session,
            author,
            trust,
        }
    }

    pub fn config(&self, folder: &Path, model_folder: &Path) -> Config {
        let mut config = crate::world::config(&format!(
            "[[models]]\nmodel = \"{}/volatility\"\nfolder = {:?}\n[settle]\nat_receipts = 5\n",
            self.author,
            model_folder.display().to_string()
        ));
        config.data = folder.to_owned();
        config.chain = self.chain.profile().clone();
        config
    }

    pub async fn parts(&self, seed: u64) -> Parts {
        Parts {
            hub: self.chain.hub().unwrap(),
            key: key(seed),
            wallet: Some(self.chain.account("submitter", vec![]).await.unwrap()),
            clock: system_clock(),
            follow: FollowerOptions {
                poll: Duration::from_millis(50),
                ..FollowerOptions::default()
            },
            settle: SettlerOptions {
                poll: Duration::from_millis(50),
                ..SettlerOptions::default()
            },
        }
    }

    pub fn caller(&self) -> Caller {
        self.caller_within(PRICE)
    }

    /// A caller who pays so much a call at the most.
    pub fn caller_within(&self, per_call: u128) -> Caller {
        let limits = Limits {
            per_call,
            total: 10_000,
        };
        let tally = Tally::in_memory(self.session, 0);
        Caller::new(key(7), self.trust.clone(), tally, Options::new(limits)).unwrap()
    }

    async fn wallet_of_author(&self) -> u128 {
        let author = self.author.clone();
        let hub = self.chain.hub().unwrap();
        hub.wallet_balance(&author, "uusdc").await.unwrap().value
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_settled_by_themselves_and_the_author_is_paid_into_the_wallet() {
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = chain.config(folder.path(), &example());
    let server = Server::start(config, chain.parts(1).await).await.unwrap();
    assert_eq!(server.app().models.missing(), []);
    let url = format!("{}/v2/models/{}/infer", server.url(), chain.model);

    let caller = chain.caller();
    let before = chain.wallet_of_author().await;
    let mut answers = vec![];
    for _ in 0..6 {
        answers.push(caller.call(&url, body()).await.unwrap());
    }
    let began = Instant::now();
    let paid = loop {
        let paid = chain.wallet_of_author().await - before;
        if paid >= 5 * PRICE {
            break paid;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the author has {paid}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(paid % PRICE, 0);

    // What the caller is told can be proven: the receipt is a leaf of a batch in a transaction.
    let id = hub_x402::RequestId::from(answers[0].receipt.request_id);
    let began = Instant::now();
    let state = loop {
        let answer = reqwest::get(format!("{}/v1/receipts/{id}", server.url()))
            .await
            .unwrap();
        let state: serde_json::Value = answer.json().await.unwrap();
        if state["receipts"][0]["state"] == "settled" {
            break state["receipts"][0].clone();
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{state}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let batch = &state["batch"];
    assert!(
        batch["tx"].as_str().is_some_and(|tx| tx.len() == 64),
        "{state}"
    );
    let siblings: Vec<[u8; 32]> = batch["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(one.as_str().unwrap(), &mut bytes).unwrap();
            bytes
        })
        .collect();
    let mut root = [0; 32];
    hex::decode_to_slice(batch["root"].as_str().unwrap(), &mut root).unwrap();
    let leaf = answers[0].receipt.encode();
    let (place, size) = (
        batch["place"].as_u64().unwrap(),
        batch["receipts"].as_u64().unwrap(),
    );
    assert!(hub_wire::merkle::verify(
        &root, &leaf, place, size, &siblings
    ));

    // A session that was opened while the server ran is found when it is first named.
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_another_than_the_release_is_not_served_and_says_why() {
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    for name in ["model.onnx", "hub.toml"] {
        std::fs::copy(example().join(name), other.join(name)).unwrap();
    }
    let mut bytes = std::fs::read(other.join("model.onnx")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(other.join("model.onnx"), bytes).unwrap();
    let config = chain.config(&folder.path().join("data"), &other);
    let server = Server::start(config, chain.parts(1).await).await.unwrap();
    let missing = server.app().models.missing();
    assert!(
        missing[0].reason.contains("and the release is"),
        "{missing:?}"
    );
    let ready = reqwest::get(format!("{}/health/ready", server.url()))
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("no_models"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_registered_and_books_of_another_are_refused_with_what_to_do() {
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = chain.config(folder.path(), &example());
    let refused = Server::start(config.clone(), chain.parts(99).await)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(refused, StartError::NotRegistered { .. }),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("hub operator register"),
        "{refused}"
    );

    let first = Server::start(config.clone(), chain.parts(1).await)
        .await
        .unwrap();
    let second = Server::start(config.clone(), chain.parts(1).await)
        .await
        .err()
        .unwrap();
    assert!(
        second.to_string().contains("another process has them open"),
        "{second}"
    );
    first.stop().await;

    let operator = chain.chain.with(|hub| {
        let operator = hub.account("operator");
        hub.register_attester(&operator, KeyType::Ed25519, 2).id
    });
    operator.await.unwrap();
    let other = Server::start(config, chain.parts(2).await)
        .await
        .err()
        .unwrap();
    assert!(
        other.to_string().contains("these books belong to attester"),
        "{other}"
    );
}
