//! What most tests of billing begin with: a model for sale, a caller with a session, and an attester that it trusts.

use cosmwasm_std::{Addr, Binary};
use cw_multi_test::AppResponse;
use hub_testing::{rates, Attester, BillingError, Hub, KeyType, Money, NewModel};
use hub_types::billing::{ExecuteMsg, Outcome};
use hub_types::escrow::NewSession;
use hub_types::ids::{ModelId, SessionId};
use hub_types::wire::{Batch, Mode, Receipt};

/// What the receipts of [`Hub::receipt`] cost at the fixture's price: 5 a call, 2 per thousand in, 8 per thousand out.
pub const CALL: u128 = 5 + 2_000 + 1_600;

pub struct Fixture {
    pub hub: Hub,
    pub author: Addr,
    pub caller: Addr,
    pub operator: Addr,
    pub stranger: Addr,
    pub money: Money,
    pub model: ModelId,
    pub session: SessionId,
    pub attester: Attester,
}

impl Fixture {
    pub fn new() -> Self {
        Self::with_session(100 * CALL, |session| session)
    }

    pub fn with_session(budget: u128, change: impl FnOnce(NewSession) -> NewSession) -> Self {
        let mut hub = Hub::new();
        let [author, caller, operator, stranger] =
            ["author", "caller", "operator", "stranger"].map(|name| hub.account(name));
        let money = hub.money_native();
        let forecast = NewModel::named("forecast")
            .price(&money, rates(5, 2_000_000, 8_000_000))
            .release([7; 32]);
        let model = hub.register_model(&author, forecast);
        let session = hub.open_session(&caller, &operator, &money, budget, change);
        let attester = hub.register_attester(&operator, KeyType::Secp256k1, 1);
        Self {
            hub,
            author,
            caller,
            operator,
            stranger,
            money,
            model,
            session,
            attester,
        }
    }

    /// Receipts for the fixture's model and session.
    pub fn receipts(&self, count: u64) -> Vec<Receipt> {
        self.hub
            .receipts(&self.attester, self.session, self.model, count, |_, _| {})
    }

    /// An itemised batch of receipts, as [`Hub::batch`].
    pub fn batch(&self, receipts: Vec<Receipt>) -> Batch {
        self.hub.batch(&self.attester, Mode::Itemised, receipts)
    }

    /// Sends a batch, signed by the fixture's attester, as a stranger.
    pub fn send(&mut self, batch: &Batch) -> Result<AppResponse, BillingError> {
        let msg = self.hub.sign_batch(&self.attester, batch);
        self.hub.billing(&self.stranger.clone(), msg)
    }

    /// Sends a receipt, signed by the fixture's attester, as a stranger.
    pub fn send_receipt(
        &mut self,
        receipt: &Receipt,
        sequence: u64,
    ) -> Result<AppResponse, BillingError> {
        let msg = self.hub.sign_receipt(&self.attester, receipt, sequence);
        self.hub.billing(&self.stranger.clone(), msg)
    }

    /// The error of a message that must fail and change nothing.
    #[track_caller]
    pub fn refused(&mut self, msg: ExecuteMsg) -> BillingError {
        let before = self.hub.snapshot();
        let error = self
            .hub
            .billing(&self.stranger.clone(), msg)
            .expect_err("the message is refused");
        before.assert_unchanged(&self.hub);
        error
    }

    /// The error of a batch that must fail and change nothing.
    #[track_caller]
    pub fn refused_batch(&mut self, batch: &Batch) -> BillingError {
        let msg = self.hub.sign_batch(&self.attester, batch);
        self.refused(msg)
    }

    /// Number of the attester's next receipt in the fixture's session.
    pub fn next(&self) -> u64 {
        self.hub.next(self.session, self.attester.id)
    }
}

/// The error of a message of which everything was refused for these reasons.
pub fn nothing_settled(outcomes: &[Outcome]) -> BillingError {
    BillingError::NothingSettled {
        outcomes: outcomes.to_vec(),
    }
}

/// Changes of a ledger, as they are written in tests.
pub fn changes(expected: &[(&str, i128)]) -> Vec<(String, i128)> {
    let mut changes: Vec<_> = expected
        .iter()
        .map(|(entry, change)| ((*entry).to_owned(), *change))
        .collect();
    changes.sort();
    changes
}

/// Attributes of an event, as they are written in tests.
pub fn attributes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// n − s for the s of a compact secp256k1 signature: the other signature of the same message.
pub fn with_high_s(signature: &Binary) -> Binary {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ];
    let mut bytes = signature.to_vec();
    let mut borrow = 0i16;
    for i in (0..32).rev() {
        let digit = i16::from(ORDER[i]) - i16::from(bytes[32 + i]) - borrow;
        borrow = i16::from(digit < 0);
        bytes[32 + i] = (digit + 256 * borrow) as u8;
    }
    bytes.into()
}
