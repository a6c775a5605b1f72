//! Two billing contracts with their escrows on one registry: what is signed, owned or allowed at one is nothing at the
//! other, though all numbers are the same at both.

use hub_testing::{signing_key, BillingError, EscrowError, Hub, KeyType, Venue};
use hub_types::escrow::{
    self, Books, Credit, ExecuteMsg, NewCeiling, NewSession, SessionSettlement, VoucherKey,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::time::Week;
use hub_types::wire::SigningKey;

use crate::fixture::{nothing_settled, Fixture, CALL};

/// Both venues with a session 1 of the same caller for the same operator, whose key is attester 1 at both.
struct Twins {
    fixture: Fixture,
    first: Venue,
    second: Venue,
}

impl Twins {
    fn new(change: impl Fn(NewSession) -> NewSession) -> Self {
        let mut fixture = Fixture::with_session(100 * CALL, &change);
        let first = fixture.hub.venue();
        let second = fixture.hub.another_venue();
        fixture.hub.turn_to(&second);
        let (caller, operator, money) = (
            fixture.caller.clone(),
            fixture.operator.clone(),
            fixture.money.clone(),
        );
        let session = fixture
            .hub
            .open_session(&caller, &operator, &money, 100 * CALL, change);
        let attester = fixture
            .hub
            .register_attester(&operator, KeyType::Secp256k1, 1);
        assert_eq!(
            (session, attester.id),
            (fixture.session, fixture.attester.id)
        );
        fixture.hub.turn_to(&first);
        Self {
            fixture,
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
    let fixture = &mut twins.fixture;
    let receipt = fixture.receipts(1).remove(0);
    let single = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let operator = fixture.operator.clone();
    fixture.hub.billing(&operator, single.clone()).unwrap();
    let batch = fixture.batch(fixture.receipts(3));
    let many = fixture.hub.sign_batch(&fixture.attester, &batch);
    fixture.hub.billing(&operator, many.clone()).unwrap();

    fixture.hub.turn_to(&twins.second);
    for msg in [single, many] {
        let refused = BillingError::SignatureInvalid {
            attester: AttesterId(1),
        };
        assert_eq!(fixture.refused(msg), refused);
    }
    assert_eq!(fixture.hub.session(SessionId(1)).spent.u128(), 0);
    fixture.hub.turn_to(&twins.first);
    assert_eq!(fixture.hub.session(SessionId(1)).spent.u128(), 4 * CALL);
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
    let fixture = &mut twins.fixture;
    let voucher = fixture.hub.voucher(&caller_key(), SessionId(1), 10 * CALL);
    fixture.hub.turn_to(&twins.second);
    let batch = fixture.batch(fixture.receipts(3));
    let msg = fixture
        .hub
        .sign_batch_with(&fixture.attester, &batch, vec![voucher]);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[hub_types::billing::Outcome::VoucherMissing])
    );
}

/// Attack (confused deputy): a billing contract that somebody instantiated settles in the escrow of another.
/// Defence: an escrow obeys the billing that instantiated it, and no other, be it the same code on the same registry.
#[test]
fn a_billing_settles_in_no_escrow_but_its_own() {
    let mut twins = Twins::new(|session| session);
    let hub: &mut Hub = &mut twins.fixture.hub;
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
            paid_week: Week(0),
            paid_models: 0,
        }],
        credits: vec![Credit {
            account: hub.canonical(&twins.fixture.author),
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
    let fixture = &mut twins.fixture;
    let (caller, money) = (fixture.caller.clone(), fixture.money.clone());
    fixture.hub.give(&caller, &money, 50);
    fixture
        .hub
        .deposit(&caller, &money, 50, None, None)
        .unwrap();
    let withdraw = escrow::ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: None,
        recipient: None,
    };
    fixture.hub.turn_to(&twins.second);
    let nothing = EscrowError::NothingAvailable {
        denom: money.checked(),
    };
    assert_eq!(
        fixture.hub.escrow(&caller, withdraw.clone()).unwrap_err(),
        nothing
    );
    fixture.hub.turn_to(&twins.first);
    fixture.hub.escrow(&caller, withdraw.clone()).unwrap();
    assert_eq!(fixture.hub.escrow(&caller, withdraw).unwrap_err(), nothing);
    assert_eq!(fixture.hub.wallet(&caller, &money), 50);
}
