//! Two billing contracts with their escrows on one registry: what is signed, owned or allowed at one is nothing at the
//! other, though all numbers are the same at both.

use hub_testing::{signing_key, BillingError, EscrowError, Hub, KeyType, Venue};
use hub_types::escrow::{
    self, Books, Credit, ExecuteMsg, NewCeiling, NewSession, SessionSettlement, VoucherKey,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::wire::SigningKey;

use crate::stage::{nothing_settled, Stage, CALL};

/// Both venues with a session 1 of the same caller for the same operator, whose key is attester 1 at both.
struct Twins {
    stage: Stage,
    first: Venue,
    second: Venue,
}

impl Twins {
    fn new(change: impl Fn(NewSession) -> NewSession) -> Self {
        let mut stage = Stage::with_session(100 * CALL, &change);
        let first = stage.hub.venue();
        let second = stage.hub.another_venue();
        stage.hub.turn_to(&second);
        let (caller, operator, money) = (
            stage.caller.clone(),
            stage.operator.clone(),
            stage.money.clone(),
        );
        let session = stage
            .hub
            .open_session(&caller, &operator, &money, 100 * CALL, change);
        let attester = stage
            .hub
            .register_attester(&operator, KeyType::Secp256k1, 1);
        assert_eq!((session, attester.id), (stage.session, stage.attester.id));
        stage.hub.turn_to(&first);
        Self {
            stage,
            first,
            second,
        }
    }
}

/// Attack (cross-chain and cross-contract replay): a receipt and a batch that were paid at one billing are presented to
/// another on the same registry, where session, attester and model have the same numbers and the attester the same key.
/// Defence: the address of the billing contract is in what was signed.
#[test]
fn what_was_paid_at_one_billing_is_worth_nothing_at_another() {
    let mut twins = Twins::new(|session| session);
    let stage = &mut twins.stage;
    let receipt = stage.receipts(1).remove(0);
    let single = stage.hub.sign_receipt(&stage.attester, &receipt, 0);
    let operator = stage.operator.clone();
    stage.hub.billing(&operator, single.clone()).unwrap();
    let batch = stage.batch(stage.receipts(3));
    let many = stage.hub.sign_batch(&stage.attester, &batch);
    stage.hub.billing(&operator, many.clone()).unwrap();

    stage.hub.turn_to(&twins.second);
    for msg in [single, many] {
        let refused = BillingError::SignatureInvalid {
            attester: AttesterId(1),
        };
        assert_eq!(stage.refused(msg), refused);
    }
    assert_eq!(stage.hub.session(SessionId(1)).spent.u128(), 0);
    stage.hub.turn_to(&twins.first);
    assert_eq!(stage.hub.session(SessionId(1)).spent.u128(), 4 * CALL);
}

fn caller_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 1_000)
}

/// Attack (cross-chain and cross-contract replay): a voucher that a caller signed for one billing raises its ceiling at
/// another.
/// Defence: vouchers too are signed for one contract.
#[test]
fn a_voucher_for_one_billing_raises_no_ceiling_at_another() {
    let with_ceiling = |session| NewSession {
        ceiling: Some(NewCeiling {
            key: Some(VoucherKey {
                key_type: KeyType::Ed25519,
                key: caller_key().public_key().as_bytes().into(),
            }),
        }),
        ..session
    };
    let mut twins = Twins::new(with_ceiling);
    let stage = &mut twins.stage;
    let voucher = stage.hub.voucher(&caller_key(), SessionId(1), 10 * CALL);
    stage.hub.turn_to(&twins.second);
    let batch = stage.batch(stage.receipts(3));
    let msg = stage
        .hub
        .sign_batch_with(&stage.attester, &batch, vec![voucher]);
    assert_eq!(
        stage.refused(msg),
        nothing_settled(&[hub_types::billing::Outcome::VoucherMissing])
    );
}

/// Attack (confused deputy): a billing contract that somebody instantiated settles in the escrow of another.
/// Defence: an escrow obeys the billing that instantiated it, and no other, be it the same code on the same registry.
#[test]
fn a_billing_settles_in_no_escrow_but_its_own() {
    let mut twins = Twins::new(|session| session);
    let hub: &mut Hub = &mut twins.stage.hub;
    let books = Books {
        sessions: vec![SessionSettlement {
            session: SessionId(1),
            attester: AttesterId(1),
            replaces: None,
            next_before: 0,
            next_after: 1,
            charge: CALL.into(),
            kept: 0u128.into(),
            ceiling: None,
            paid_week: 0,
            paid_models: 0,
        }],
        credits: vec![Credit {
            account: hub.canonical(&twins.stage.author),
            denom: DenomNumber(1),
            amount: CALL.into(),
        }],
    };
    let settle = ExecuteMsg::Settle {
        books: books.encode(),
    };
    for (here, there) in [(&twins.first, &twins.second), (&twins.second, &twins.first)] {
        hub.turn_to(here);
        let before = hub.snapshot();
        assert_eq!(
            hub.escrow(&there.billing, settle.clone()).unwrap_err(),
            EscrowError::NotTheCollector {
                collector: here.billing.clone()
            }
        );
        before.assert_unchanged(hub);
    }
}

/// Attack (overdraft and double spending): what an account has in one escrow is withdrawn from another as well.
/// Defence: every escrow keeps its own books and its own coins.
#[test]
fn what_is_available_in_one_escrow_is_not_in_another() {
    let mut twins = Twins::new(|session| session);
    let stage = &mut twins.stage;
    let (caller, money) = (stage.caller.clone(), stage.money.clone());
    stage.hub.give(&caller, &money, 50);
    stage.hub.deposit(&caller, &money, 50, None, None).unwrap();
    let withdraw = escrow::ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: None,
        recipient: None,
    };
    stage.hub.turn_to(&twins.second);
    let nothing = EscrowError::NothingAvailable {
        denom: money.checked(),
    };
    assert_eq!(
        stage.hub.escrow(&caller, withdraw.clone()).unwrap_err(),
        nothing
    );
    stage.hub.turn_to(&twins.first);
    stage.hub.escrow(&caller, withdraw.clone()).unwrap();
    assert_eq!(stage.hub.escrow(&caller, withdraw).unwrap_err(), nothing);
    assert_eq!(stage.hub.wallet(&caller, &money), 50);
}
