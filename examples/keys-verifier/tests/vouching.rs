//! The verifier beside a whole Hub: failure cases first.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use cosmwasm_std::{to_json_binary, Addr, Binary, HexBinary};
use cw_multi_test::{ContractWrapper, Executor};
use hub_testing::{data, rates, signing_key, Hub, KeyType, Mode, NewModel, SigningKey};
use hub_types::billing::{self, AttesterCreated, AttesterResponse};
use hub_types::hash::HashError;
use hub_types::ids::AttesterId;
use hub_types::verifier::{self, Measurement};
use hub_types::wire::{sha256, KeyError};
use keys_verifier::contract;
use keys_verifier::error::ContractError;
use keys_verifier::msg::{Evidence, InstantiateMsg, NamedKey, QueryMsg, Vouched};

struct Panel {
    hub: Hub,
    verifier: Addr,
    operator: Addr,
    /// The attester's.
    key: SigningKey,
}

/// Auditors with keys of both kinds.
fn auditor(place: u64) -> SigningKey {
    match place {
        0 => signing_key(KeyType::Secp256k1, 100),
        place => signing_key(KeyType::Ed25519, 100 + place),
    }
}

fn named(place: u64) -> NamedKey {
    let key = auditor(place).public_key();
    NamedKey {
        name: format!("auditor {place}"),
        key_type: key.key_type().into(),
        key: key.as_bytes().into(),
    }
}

fn report() -> [u8; 32] {
    sha256(&[b"We saw this key made in our rack, and the machine sealed."])
}

fn instantiate(hub: &mut Hub, msg: &InstantiateMsg) -> Result<Addr, ContractError> {
    let code = hub.app.store_code(Box::new(ContractWrapper::new(
        contract::execute,
        contract::instantiate,
        contract::query,
    )));
    let deployer = hub.account("deployer");
    hub.app
        .instantiate_contract(code, deployer, msg, &[], "auditors", None)
        .map_err(|error| error.downcast().unwrap())
}

impl Panel {
    /// Two of three.
    fn new() -> Self {
        let mut hub = Hub::new();
        let msg = InstantiateMsg {
            keys: (0..3).map(named).collect(),
            threshold: 2,
        };
        let verifier = instantiate(&mut hub, &msg).unwrap();
        let operator = hub.account("operator");
        Self {
            hub,
            verifier,
            operator,
            key: signing_key(KeyType::Ed25519, 1),
        }
    }

    fn to_sign(&self, verifier: &Addr, key: &SigningKey, statement: [u8; 32]) -> [u8; 32] {
        let key = key.public_key();
        let query = QueryMsg::ToSign {
            key: key.as_bytes().into(),
            key_type: key.key_type().into(),
            statement: statement.into(),
        };
        let digest: HexBinary = self
            .hub
            .app
            .wrap()
            .query_wasm_smart(verifier, &query)
            .unwrap();
        digest.as_slice().try_into().unwrap()
    }

    /// Signatures of these auditors for the attester's key.
    fn signatures(&self, signers: &[u32]) -> Vec<Vouched> {
        let digest = self.to_sign(&self.verifier, &self.key, report());
        let vouched = |signer: &u32| Vouched {
            signer: *signer,
            signature: auditor(u64::from(*signer)).sign_digest(&digest).into(),
        };
        signers.iter().map(vouched).collect()
    }

    fn register(&mut self, evidence: Binary) -> anyhow::Result<u64> {
        let mut msg = self.hub.registration(&self.operator, &self.key);
        if let billing::ExecuteMsg::RegisterAttester { evidence: none, .. } = &mut msg {
            *none = Some(verifier::Evidence {
                verifier: self.verifier.to_string(),
                evidence,
            });
        }
        let (operator, billing) = (self.operator.clone(), self.hub.billing.clone());
        let before = self.hub.snapshot();
        let response = self.hub.execute(&operator, &billing, &msg, &[]);
        if response.is_err() {
            before.assert_unchanged(&self.hub);
        }
        Ok((data::<AttesterCreated>(&response?).attester).0)
    }

    fn vouch(&mut self, signatures: Vec<Vouched>) -> Result<u64, ContractError> {
        let evidence = Evidence {
            statement: report().into(),
            signatures,
        };
        self.register(to_json_binary(&evidence).unwrap())
            .map_err(|error| error.downcast().unwrap())
    }
}

#[test]
fn thresholds_and_keys_that_mean_nothing_are_refused() {
    let mut hub = Hub::new();
    for (threshold, keys) in [(0, 3), (4, 3), (1, 0), (0, 0), (1, 33), (u32::MAX, 3)] {
        let msg = InstantiateMsg {
            keys: (0..keys).map(named).collect(),
            threshold,
        };
        let error = instantiate(&mut hub, &msg).unwrap_err();
        let keys = msg.keys.len();
        assert_eq!(error, ContractError::Threshold { threshold, keys });
    }
    let msg = InstantiateMsg {
        keys: vec![named(0), named(1), named(0)],
        threshold: 2,
    };
    let error = instantiate(&mut hub, &msg).unwrap_err();
    let name = "auditor 0".to_owned();
    assert_eq!(error, ContractError::Twice { name });
    let anybody = NamedKey {
        name: "anybody".to_owned(),
        key_type: KeyType::Ed25519,
        key: [0; 32].into(),
    };
    let msg = InstantiateMsg {
        keys: vec![anybody],
        threshold: 1,
    };
    let error = instantiate(&mut hub, &msg).unwrap_err();
    assert_eq!(error, ContractError::Key(KeyError::SmallOrder));
}

#[test]
fn too_few_the_same_one_twice_and_strangers_vouch_for_nothing() {
    let mut panel = Panel::new();
    let (threshold, last) = (2, 2);
    for found in [0, 1] {
        let signers: Vec<u32> = (0..found).collect();
        let signatures = panel.signatures(&signers);
        let found = signatures.len();
        let expected = ContractError::TooFew { found, threshold };
        assert_eq!(panel.vouch(signatures), Err(expected));
    }
    for (signers, signer) in [
        ([1, 1], 1),
        ([2, 0], 0),
        ([0, 3], 3),
        ([0, u32::MAX], u32::MAX),
    ] {
        let signatures = panel.signatures(&signers);
        let expected = ContractError::Signer { signer, last };
        assert_eq!(panel.vouch(signatures), Err(expected), "{signers:?}");
    }
}

#[test]
fn a_signature_counts_for_one_key_statement_verifier_and_signer() {
    let mut panel = Panel::new();
    let twin = InstantiateMsg {
        keys: (0..3).map(named).collect(),
        threshold: 2,
    };
    let twin = instantiate(&mut panel.hub, &twin).unwrap();
    let other_key = signing_key(KeyType::Ed25519, 2);
    let elsewhere = [
        panel.to_sign(&panel.verifier, &other_key, report()),
        panel.to_sign(&panel.verifier, &panel.key, [9; 32]),
        panel.to_sign(&twin, &panel.key, report()),
    ];
    let name = || "auditor 1".to_owned();
    for digest in elsewhere {
        let mut signatures = panel.signatures(&[0, 1]);
        if let Some(second) = signatures.last_mut() {
            second.signature = auditor(1).sign_digest(&digest).into();
        }
        let expected = ContractError::Signature { name: name() };
        assert_eq!(panel.vouch(signatures), Err(expected));
    }
    for signature in [
        panel.signatures(&[2]).remove(0).signature,
        Binary::default(),
        Binary::from([0; 64]),
        Binary::from([7; 65]),
    ] {
        let mut signatures = panel.signatures(&[0, 1]);
        if let Some(second) = signatures.last_mut() {
            second.signature = signature;
        }
        let expected = ContractError::Signature { name: name() };
        assert_eq!(panel.vouch(signatures), Err(expected));
    }
}

#[test]
fn evidence_that_is_none_is_refused_with_a_sentence() {
    let mut panel = Panel::new();
    for nonsense in [
        &b""[..],
        b"{}",
        b"\xff",
        br#"{"statement":"","signatures":[],"more":1}"#,
    ] {
        let error = panel.register(nonsense.into()).unwrap_err();
        assert!(matches!(error.downcast(), Ok(ContractError::Std(_))));
    }
    let short = Evidence {
        statement: vec![7; 31].into(),
        signatures: panel.signatures(&[0, 1]),
    };
    let error = panel.register(to_json_binary(&short).unwrap()).unwrap_err();
    let (field, length) = ("statement", 31);
    assert_eq!(
        error.downcast::<ContractError>().unwrap(),
        HashError { field, length }.into()
    );
}

#[test]
fn enough_of_them_vouch_and_a_session_that_names_what_they_signed_is_served() {
    for signers in [&[0, 1][..], &[1, 2], &[0, 1, 2]] {
        let mut panel = Panel::new();
        let signatures = panel.signatures(signers);
        let attester = panel.vouch(signatures).unwrap();
        let hub = &mut panel.hub;
        let measurement = Measurement::new(&hub.canonical(&panel.verifier), &report());
        let shown: AttesterResponse = hub
            .query_billing(billing::QueryMsg::Attester {
                attester: AttesterId(attester),
            })
            .unwrap();
        assert_eq!(shown.measurement, Some(measurement.into()));

        let (author, caller) = (hub.account("author"), hub.account("caller"));
        let money = hub.money_native();
        let model = NewModel::named("forecast")
            .price(&money, rates(5, 0, 0))
            .release([7; 32]);
        let model = hub.register_model(&author, model);
        let session = hub.open_session(&caller, &panel.operator, &money, 10, |mut session| {
            session.measurement = Some(measurement.into());
            session
        });
        let audited = hub_testing::Attester {
            id: AttesterId(attester),
            operator: panel.operator.clone(),
            key: panel.key.clone(),
        };
        let receipts = hub.receipts(&audited, session, model, 2, |_, _| {});
        let (answer, _) = hub.settle(&audited, Mode::Itemised, receipts);
        assert_eq!(answer.paid, 2);
    }
}
