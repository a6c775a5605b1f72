//! Ed25519 keys for which a chain accepts what nobody signed, and those that only look like them.

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{Api, Binary};
use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use hub_testing::{data, BillingError, EscrowError, Hub, KeyType};
use hub_types::billing::{AttesterCreated, ExecuteMsg};
use hub_types::escrow::{NewCeiling, NewSession, VoucherKey};
use hub_types::ids::AttesterId;
use hub_types::wire::{self, KeyError, PublicKey, Purpose};
use sha2::{Digest, Sha512};

use crate::fixture::{Fixture, CALL};

/// Every encoding that a chain reads as a point of small order.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut found = vec![];
    for point in EIGHT_TORSION {
        let y = point.compress().to_bytes();
        let mut spellings = vec![y];
        // y + p, where it is below 2^255: for 0 and 1.
        if y[0] <= 1 && y[1..31].iter().all(|byte| *byte == 0) && y[31] & 0x7f == 0 {
            let mut with_p = [0xff; 32];
            with_p[0] = 0xed + y[0];
            with_p[31] = 0x7f | y[31];
            spellings.push(with_p);
        }
        for mut bytes in spellings {
            for sign in [0x00, 0x80] {
                bytes[31] = (bytes[31] & 0x7f) | sign;
                let read = CompressedEdwardsY(bytes).decompress().unwrap();
                assert!(read.is_small_order());
                found.push(bytes);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 14);
    found
}

/// The neutral element and 0: under ZIP 215 the signature of every small-order key over everything.
fn anybodys_signature() -> [u8; 64] {
    let mut signature = [0; 64];
    signature[0] = 1;
    signature
}

fn refusal_of(key: &[u8; 32]) -> KeyError {
    PublicKey::new(wire::KeyType::Ed25519, key).unwrap_err()
}

/// Attack (key theft): a stranger signs receipts for an attester whose key is a point of small order, which every chain accepts.
/// Defence: no such key, in none of its fourteen spellings, becomes an attester.
#[test]
fn keys_for_which_anybody_signs_become_no_attesters() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let before = hub.snapshot();
    for key in small_order_encodings() {
        let signature = anybodys_signature();
        for message in [[0; 32], [0xff; 32]] {
            let accepted = MockApi::default().ed25519_verify(&message, &signature, &key);
            assert_eq!(accepted, Ok(true), "the attack is real: {key:?}");
        }
        let msg = ExecuteMsg::RegisterAttester {
            key: key.into(),
            key_type: KeyType::Ed25519,
            possession: signature.into(),
            evidence: None,
            endpoint: None,
        };
        let expected = BillingError::Key(refusal_of(&key));
        assert_eq!(hub.billing(&operator, msg).unwrap_err(), expected);
    }
    before.assert_unchanged(&hub);
}

/// Attack (key theft): a stranger raises the ceiling of a session whose voucher key is a point of small order.
/// Defence: no session is opened with such a key.
#[test]
fn keys_for_which_anybody_signs_limit_no_session() {
    let mut fixture = Fixture::with_session(100 * CALL, |session| session);
    let (caller, money) = (fixture.caller.clone(), fixture.money.clone());
    let hub = &mut fixture.hub;
    hub.give(&caller, &money, 100);
    hub.deposit(&caller, &money, 100, None, None).unwrap();
    let now = hub.now();
    let before = hub.snapshot();
    for key in small_order_encodings() {
        let session = NewSession {
            operator: fixture.operator.to_string(),
            measurement: None,
            models: hub_types::escrow::Models::Listed(vec![hub_types::escrow::ModelRef {
                model: fixture.model,
                release: None,
            }]),
            max_price: None,
            budget: 100_u128.into(),
            expires_at: now + 1_000,
            ceiling: Some(NewCeiling {
                key: Some(VoucherKey {
                    key_type: KeyType::Ed25519,
                    key: key.into(),
                }),
            }),
            label: None,
        };
        let msg = hub_types::escrow::ExecuteMsg::OpenSession {
            denom: money.unchecked(),
            session,
        };
        let expected = EscrowError::VoucherKey(refusal_of(&key));
        assert_eq!(hub.escrow(&caller, msg).unwrap_err(), expected);
    }
    before.assert_unchanged(hub);
}

/// A sound secret whose public key had a point of small order added to it.
struct Mixed {
    secret: Scalar,
    public: [u8; 32],
}

impl Mixed {
    fn new(seed: &str, torsion: &EdwardsPoint) -> Self {
        let secret = wide(&[seed.as_bytes()]);
        let public = (&secret * ED25519_BASEPOINT_TABLE + torsion).compress();
        Self {
            secret,
            public: public.to_bytes(),
        }
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        let nonce = wide(&[b"nonce", &self.public, message]);
        let commitment = (&nonce * ED25519_BASEPOINT_TABLE).compress().to_bytes();
        let challenge = wide(&[&commitment, &self.public, message]);
        let response = nonce + challenge * self.secret;
        [commitment, response.to_bytes()]
            .concat()
            .try_into()
            .unwrap()
    }
}

fn wide(parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// Attack (key theft): a key of mixed order is registered, so that its small part lets a stranger sign for it.
/// Defence: it does not: of the whole key only the holder signs. Such keys are accepted as any other of their holder.
#[test]
fn a_key_of_mixed_order_is_its_holders_alone() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let operator_bytes = hub.canonical(&operator);
    for (attester, torsion) in (1..).zip(&EIGHT_TORSION[1..]) {
        let key = Mixed::new("secret", torsion);
        let public = PublicKey::new(wire::KeyType::Ed25519, &key.public).unwrap();
        let bytes = wire::possession_bytes(&public, &operator_bytes);
        let digest = wire::possession_digest(&hub.tag(Purpose::Attester), &bytes);
        let registration = |possession: Binary| ExecuteMsg::RegisterAttester {
            key: key.public.into(),
            key_type: KeyType::Ed25519,
            possession,
            evidence: None,
            endpoint: None,
        };
        // What passes for a key of small order, and a signature by the sound key that this one was made of.
        let sound = Mixed::new("secret", &EIGHT_TORSION[0]);
        for forged in [anybodys_signature(), sound.sign(&digest)] {
            let error = hub.billing(&operator, registration(forged.into()));
            assert_eq!(error.unwrap_err(), BillingError::PossessionInvalid);
        }
        let possession = key.sign(&digest).into();
        let response = hub.billing(&operator, registration(possession)).unwrap();
        assert_eq!(
            data::<AttesterCreated>(&response).attester,
            AttesterId(attester)
        );
    }
}
