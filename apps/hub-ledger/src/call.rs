//! A call, from its price to its receipt.

use hub_types::denom::Denom;
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::price::Rates;
use hub_wire::{
    call_digest, verify_digest, voucher_digest, BlobId, Call, Hash, PublicKey, Receipt,
    SignedVoucher, Units,
};
use thiserror::Error;

use crate::record::Serial;
use crate::refusal::Refusal;

/// What a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The model.
    pub model: ModelId,
    /// Its release.
    pub release: ReleaseNumber,
    /// Input units, exactly, and the most output units that the answer can have.
    pub units: Units,
}

/// What a call costs, whoever pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The weights that run.
    pub blob_id: BlobId,
    /// The terms in force.
    pub terms: TermsNumber,
    /// Denomination of the price.
    pub denom: Denom,
    /// The price.
    pub rates: Rates,
    /// The most that the call can cost, in the smallest unit of `denom`.
    pub amount: u128,
}

/// What a call costs a session, and what that has left. Amounts are in the smallest unit of the offer's denomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Price and terms.
    pub offer: Offer,
    /// Charged on chain, waiting for settlement, or reserved by running calls: what the caller's own tally must cover.
    pub charged: u128,
    /// What was ever reserved for the session.
    pub budget: u128,
    /// What the caller agreed to so far; none for sessions without a ceiling.
    pub ceiling: Option<u128>,
    /// The least ceiling that a voucher has to name before this call runs; none if the present one covers it.
    pub voucher_needed: Option<u128>,
}

/// Checks what callers sign for one session. Taken from the ledger by [`crate::Ledger::verifier`] and used outside its lock: a
/// signature takes longer to check than everything else about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifier {
    pub(crate) attester: AttesterId,
    pub(crate) session: SessionId,
    pub(crate) key: PublicKey,
    pub(crate) call_tag: Hash,
    pub(crate) voucher_tag: Hash,
}

impl Verifier {
    /// The call, if the session's key signed it for this attester.
    ///
    /// # Errors
    ///
    /// [`Refusal::OtherCall`] and [`Refusal::BadSignature`], of a signature that is not 64 bytes long as well.
    pub fn call(&self, call: Call, signature: &[u8]) -> Result<Authorized, Refusal> {
        if call.attester != self.attester {
            return Err(Refusal::OtherCall { what: "attester" });
        }
        if call.session != self.session {
            return Err(Refusal::OtherCall { what: "session" });
        }
        let digest = call_digest(&self.call_tag, &call.encode());
        let holds = <&[u8; 64]>::try_from(signature)
            .is_ok_and(|signature| verify_digest(&self.key, &digest, signature));
        if holds {
            Ok(Authorized {
                call,
                key: Some(self.key),
            })
        } else {
            Err(Refusal::BadSignature {
                session: self.session,
            })
        }
    }

    /// The voucher, if it is of this session and its key signed it. One that is given and does not verify is an error, so that
    /// a caller learns of it and nothing else ever meets it.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadVoucher`].
    pub fn voucher(&self, bytes: &[u8]) -> Result<VerifiedVoucher, Refusal> {
        SignedVoucher::decode(bytes)
            .ok()
            .filter(|signed| self.signed(signed))
            .map(VerifiedVoucher)
            .ok_or(Refusal::BadVoucher {
                session: self.session,
            })
    }

    fn signed(&self, signed: &SignedVoucher) -> bool {
        let digest = voucher_digest(&self.voucher_tag, &signed.voucher.encode());
        signed.voucher.session == self.session
            && verify_digest(&self.key, &digest, &signed.signature)
    }
}

/// A call whose caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorized {
    call: Call,
    /// The key that signed it; none where the caller was recognised otherwise.
    key: Option<PublicKey>,
}

impl Authorized {
    /// A call whose caller the server recognised by other means, such as a bearer token that the session's key once signed. The
    /// server answers for it.
    pub fn otherwise(call: Call) -> Self {
        Self { call, key: None }
    }

    /// The call.
    pub fn call(&self) -> &Call {
        &self.call
    }

    pub(crate) fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }
}

/// A voucher that the session's key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedVoucher(pub(crate) SignedVoucher);

/// Names a call that runs, within this process. It must end in `complete` or `abandon`: until then its price is reserved.
#[must_use = "a reservation that is neither completed nor abandoned keeps its money reserved"]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reservation(pub(crate) u64);

/// What becomes of a call that is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its price is reserved; it may run.
    Reserved(Reservation),
    /// It ran before under the same request id and is paid: give the stored answer.
    Answered {
        /// Its receipt, and the answer beside it if that is kept: ask the store.
        serial: Serial,
    },
}

/// What would become of a call: see [`crate::Ledger::probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It would be reserved and run.
    WouldRun,
    /// It runs already.
    Running,
    /// It ran and is paid.
    Answered {
        /// Its receipt.
        serial: Serial,
    },
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Names the receipt in the store.
    pub serial: Serial,
    /// The receipt, dated by the start of the work.
    pub receipt: Receipt,
    /// What it charges.
    pub amount: u128,
    /// Charged on chain, waiting for settlement (this call included), or reserved.
    pub charged: u128,
    /// What the caller agreed to so far; none for sessions without a ceiling.
    pub ceiling: Option<u128>,
}

/// Why a call was not completed. Its reservation stands: complete it otherwise, or abandon it.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum CompleteError {
    /// Completed or abandoned before, or of another process.
    #[error("no such call is running: it was completed or abandoned before")]
    NotRunning,
    /// [`crate::Ledger::start`] was not called.
    #[error("the call was never started: call `start` when its work begins, since its receipt is dated by that")]
    NotStarted,
    /// More units than were reserved.
    #[error("the call used {} units in and {} out, and at most {} and {} were reserved: state no more than these", found.input, found.output, most.input, most.output)]
    MoreThanReserved {
        /// Units stated.
        found: Units,
        /// Units reserved.
        most: Units,
    },
}
