//! The client against a real wasmd with a Hub on it: `tests/e2e` and the README say how to run it.

use std::path::PathBuf;
use std::sync::Mutex;

use cosmwasm_std::{coin, Uint128};
use hub_chain::{
    BoxFuture, Chain, ChainError, Flight, Hub, Included, Journal, KeyPath, Message, Outcome,
    Profile, Query, SendOptions, Stage, Wallet, COSMOS_COIN_TYPE,
};
use hub_types::billing::{self, AttesterCreated, BatchResponse, Outcome as GroupOutcome};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{self, ModelRef, Models, NewSession, PayoutResponse, SessionCreated};
use hub_types::price::{Rates, UncheckedPrice};
use hub_types::registry::{
    self, Metadata, ModelCreated, NewRelease, UncheckedPayee, UncheckedTerms,
};
use hub_types::wire::{
    batch_digest, possession_bytes, possession_digest, sha256, BatchBuilder, BlobId, Mode, Purpose,
    Receipt, SigningKey, Units,
};
use serde::Deserialize;

const MONEY: &str = "uusdc";
const RELEASE: u64 = 1;

#[derive(Deserialize)]
struct AccountFile {
    name: String,
    mnemonic: String,
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see hub-chain's README"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn account(name: &str) -> Wallet {
    let file = std::fs::read_to_string(root().join("tests/devnet/accounts.json")).unwrap();
    let accounts: Vec<AccountFile> = serde_json::from_str(&file).unwrap();
    let found = accounts.into_iter().find(|one| one.name == name).unwrap();
    Wallet::from_mnemonic(&found.mnemonic, "wasm", KeyPath::first(COSMOS_COIN_TYPE)).unwrap()
}

#[derive(Default)]
struct Kept(Mutex<Vec<Flight>>);

impl Journal for Kept {
    fn keep<'a>(&'a self, flight: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        self.0.lock().unwrap().push(flight.clone());
        Box::pin(async { Ok(()) })
    }
}

async fn send(hub: &Hub, wallet: &Wallet, messages: &[Message]) -> Included {
    let outcome = hub
        .chain()
        .send(wallet, messages, &SendOptions::default(), &())
        .await
        .unwrap();
    match outcome {
        Outcome::Included(included) if included.succeeded() => {
            println!(
                "{} message(s) of {}: block {}, gas {} of {}",
                messages.len(),
                wallet.address(),
                included.height,
                included.gas_used,
                included.gas_wanted
            );
            included
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a node: HUB_RPC and HUB_DEPLOYMENT"]
async fn an_author_is_paid_on_a_real_node() {
    let rpc: Vec<String> = setting("HUB_RPC").split(',').map(str::to_owned).collect();
    let deployment = std::fs::read_to_string(root().join(setting("HUB_DEPLOYMENT"))).unwrap();
    let profile = Profile::of_deployment(&deployment, rpc.clone(), "0.025stake", 250_000).unwrap();
    let hub = profile.connect().unwrap();
    let constants = hub.check().await.unwrap();
    println!(
        "receipts are taken for {} s",
        constants.receipt_max_age_seconds
    );
    let (author, caller, operator, submitter) = (
        account("author"),
        account("caller"),
        account("operator"),
        account("submitter"),
    );

    // A model.
    let run = hub.chain().status().await.unwrap().height;
    let blob_id = BlobId::from_bytes(sha256(&[b"wasmd test", &run.to_be_bytes()]));
    let model = registry::ExecuteMsg::RegisterModel {
        name: format!("rust-client-{run}"),
        metadata: Metadata {
            title: "A model of the Rust client".into(),
            description: String::new(),
            task: "testing".into(),
            license: "Apache-2.0".into(),
            tags: vec![],
            homepage: None,
        },
        terms: UncheckedTerms {
            price: UncheckedPrice {
                denom: UncheckedDenom::Native(MONEY.into()),
                per_call: Uint128::new(1_000),
                per_million_in: Uint128::zero(),
                per_million_out: Uint128::zero(),
            },
            operator_bps: 0,
            payees: vec![UncheckedPayee {
                address: author.address().to_owned(),
                bps: 10_000,
            }],
        },
        release: Some(NewRelease {
            major: 1,
            minor: 0,
            blob_id: blob_id.to_string(),
            manifest: None,
            salt: None,
        }),
    };
    let payout = escrow::ExecuteMsg::SetAutoPayout {
        denom: UncheckedDenom::Native(MONEY.into()),
        on: true,
    };
    let messages = [
        hub.tell_registry(&model).unwrap(),
        hub.tell_escrow(&payout, vec![]).unwrap(),
    ];
    let model: ModelCreated = send(&hub, &author, &messages).await.answer(0).unwrap();

    // An attester.
    let key = SigningKey::ed25519_from_seed(&sha256(&[b"wasmd attester", &run.to_be_bytes()]));
    let possession = possession_bytes(&key.public_key(), operator.canonical());
    let possession = possession_digest(&hub.tag(Purpose::Attester).unwrap(), &possession);
    let register = billing::ExecuteMsg::RegisterAttester {
        key: key.public_key().as_bytes().into(),
        key_type: key.public_key().key_type().into(),
        possession: key.sign_digest(&possession).into(),
        evidence: None,
        endpoint: None,
    };
    let register = [hub.tell_billing(&register).unwrap()];
    let attester: AttesterCreated = send(&hub, &operator, &register).await.answer(0).unwrap();
    let found = hub
        .attester_by_key(key.public_key().as_bytes())
        .await
        .unwrap()
        .value
        .unwrap();
    assert_eq!(found.attester, attester.attester);

    // A deposit that opens a session: kept before it leaves, and found again by what was kept.
    let before = hub
        .wallet_balance(caller.address(), "stake")
        .await
        .unwrap()
        .value;
    let now = hub.chain().status().await.unwrap().time;
    let deposit = escrow::ExecuteMsg::Deposit {
        beneficiary: None,
        session: Some(NewSession {
            operator: operator.address().to_owned(),
            measurement: None,
            models: Models::Listed(vec![ModelRef {
                model: model.model,
                release: None,
            }]),
            max_price: Some(Rates {
                per_call: Uint128::new(1_000),
                per_million_in: Uint128::zero(),
                per_million_out: Uint128::zero(),
            }),
            budget: Uint128::new(50_000),
            expires_at: now + 3_600,
            ceiling: None,
            label: None,
        }),
    };
    let deposit = hub
        .tell_escrow(&deposit, vec![coin(50_000, MONEY)])
        .unwrap();
    let kept = Kept::default();
    let options = SendOptions::default();
    let outcome = hub
        .chain()
        .send(&caller, std::slice::from_ref(&deposit), &options, &kept)
        .await
        .unwrap();
    let Outcome::Included(opened) = outcome.clone() else {
        panic!("{outcome:?}");
    };
    let session: SessionCreated = opened.answer(0).unwrap();
    let flight = kept.0.lock().unwrap()[0].clone();
    assert_eq!(hub.chain().resume(&flight).await, outcome);
    assert_eq!(
        hub.chain().find(flight.hash).await.unwrap(),
        Some(opened.clone())
    );
    let fee = before
        - hub
            .wallet_balance(caller.address(), "stake")
            .await
            .unwrap()
            .value;
    assert_eq!(fee, hub.chain().settings().fee(opened.gas_wanted));
    assert!(fee <= 250_000);
    assert_eq!(
        hub.session(session.session).await.unwrap().value.left,
        Uint128::new(50_000)
    );

    // A fee above the bound is not signed.
    let mut frugal = hub.chain().settings().clone();
    frugal.max_fee = fee / 2;
    let frugal = Chain::connect(frugal, &rpc).unwrap();
    let sent = frugal.send(&caller, &[deposit], &options, &kept).await;
    assert!(
        matches!(sent, Err(ChainError::FeeTooHigh { .. })),
        "{sent:?}"
    );
    assert_eq!(kept.0.lock().unwrap().len(), 1);

    // What a contract refuses costs nothing.
    let close = escrow::ExecuteMsg::CloseSession {
        session: session.session,
    };
    let close = hub.tell_escrow(&close, vec![]).unwrap();
    let outcome = hub
        .chain()
        .send(&submitter, &[close], &options, &kept)
        .await
        .unwrap();
    let Outcome::Refused(refusal) = outcome else {
        panic!("{outcome:?}");
    };
    println!("a stranger closes the session: {refusal}");
    assert_eq!((refusal.stage, refusal.hash), (Stage::Simulation, None));
    assert!(
        !refusal.reason.contains("wasm contract failed"),
        "{refusal}"
    );

    // Twelve calls, settled by somebody without rights, with the payout in the same transaction.
    let mut builder = BatchBuilder::new(attester.attester);
    builder.next(session.session, 0);
    for place in 0u8..12 {
        let receipt = Receipt {
            attester: attester.attester,
            session: session.session,
            blob_id,
            model: model.model,
            release: RELEASE.into(),
            terms: 1.into(),
            request_id: [place; 16],
            issued_at: hub.chain().status().await.unwrap().time,
            units: Units::new(30, 1),
            request_hash: sha256(&[b"request"]),
            response_hash: sha256(&[b"response"]),
        };
        builder.push(receipt).unwrap();
    }
    let (batch, _) = builder.build(Mode::Itemised).unwrap();
    let bytes = batch.encode().unwrap();
    let signature = key.sign_digest(&batch_digest(&hub.tag(Purpose::Batch).unwrap(), &bytes));
    let preview = hub.preview(&bytes, &signature, vec![]).await.unwrap().value;
    assert_eq!(preview.paid, 12);
    let settle = billing::ExecuteMsg::SettleBatch {
        batch: bytes.clone().into(),
        signature: signature.into(),
        vouchers: vec![],
    };
    let payout = escrow::ExecuteMsg::Payout {
        accounts: vec![author.address().to_owned()],
        denom: UncheckedDenom::Native(MONEY.into()),
    };
    let wallet_before = hub
        .wallet_balance(author.address(), MONEY)
        .await
        .unwrap()
        .value;
    let denom = UncheckedDenom::Native(MONEY.into());
    let available = hub
        .balance(author.address(), denom)
        .await
        .unwrap()
        .value
        .available;
    let messages = [
        hub.tell_billing(&settle).unwrap(),
        hub.tell_escrow(&payout, vec![]).unwrap(),
    ];
    let settled = send(&hub, &submitter, &messages).await;
    let response: BatchResponse = settled.answer(0).unwrap();
    assert_eq!(
        response.outcomes_of_groups().collect::<Vec<_>>(),
        [GroupOutcome::Paid]
    );
    let paid: PayoutResponse = settled.answer(1).unwrap();
    assert_eq!(paid.sent.len(), 1);
    assert_eq!(settled.events_of(hub.billing(), "hub_settle").count(), 1);
    let wallet_after = hub
        .wallet_balance(author.address(), MONEY)
        .await
        .unwrap()
        .value;
    assert_eq!(wallet_after - wallet_before, available.u128() + 12_000);
    assert_eq!(
        hub.lanes(attester.attester, &[session.session])
            .await
            .unwrap()
            .value,
        [Some(12)]
    );
    let events = hub.chain().events(settled.height).await.unwrap();
    assert!(events
        .iter()
        .any(|event| event.is(hub.billing(), "hub_settle")));

    // The same batch again would change nothing, and is not sent.
    let again = hub.preview(&bytes, &signature, vec![]).await.unwrap().value;
    assert_eq!(
        again.outcomes_of_groups().collect::<Vec<_>>(),
        [GroupOutcome::Stale]
    );
    assert_eq!(again.batch, None);

    // Reads at one height, by as many nodes as there are.
    let questions = [
        Query::balance(author.address(), MONEY),
        Query::smart(hub.billing(), &billing::QueryMsg::Config {}).unwrap(),
    ];
    let reading = hub.chain().agreed(&questions).await.unwrap();
    assert_eq!(reading.agreed, rpc.len());
    assert_eq!(
        reading.answers[0],
        Ok(wallet_after.to_string().into_bytes())
    );
    let glance = hub
        .glance(UncheckedDenom::Native(MONEY.into()), 30)
        .await
        .unwrap()
        .value;
    assert!(glance.so_far_today.sums.calls >= 12);
}
